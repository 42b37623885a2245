//! The tickets and the calls of a job, page by page.

use ticket_core::model::Version;
use ticket_core::provider::VendorJob;
use ticket_core::{Effect, ErrorKind, Operation, Result, TicketId};
use ticket_jobs::store::{self, from_json, named};
use ticket_jobs::{Archived, CallId, JobCall, JobId, JobTicket, PersonHash, Seen, Which, WorkerId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::ledger::{PostgresLedger, get};
use crate::pool::Again::Always;
use crate::values::{int, time, uint};

const COLUMNS: &str =
    "name, t.id, outcome, error, decided_at, version, seen, archived_at, archived_sha256,
    attempts, last_call, people, looked_again, doubts IS NOT NULL OR a.presumed IS NOT NULL AND t.seq >= a.next_seq AS in_doubt";

/// The tickets of a job after a place, along the index of places, so that a page costs its rows alone.
fn first_mentions(which: Which) -> String {
    let is_open = match which {
        Which::Open => "AND outcome IS NULL",
        Which::Named => "",
    };
    format!(
        "SELECT t.seq, NULL::bigint AS of_seq, {COLUMNS} FROM tickets.job
            JOIN tickets.ticket t ON t.job = job.number
            JOIN tickets.job_account a ON a.job = t.job AND a.number = t.account
            WHERE job.id = $1 AND t.seq > $2 {is_open} ORDER BY t.seq LIMIT $3"
    )
}

/// The repetitions of a job after a place.
fn later_mentions() -> String {
    format!(
        "SELECT r.seq, r.of_seq, {COLUMNS} FROM tickets.job
            JOIN tickets.repeated r ON r.job = job.number
            JOIN tickets.ticket t ON t.job = r.job AND t.seq = r.of_seq
            JOIN tickets.job_account a ON a.job = t.job AND a.number = t.account
            WHERE job.id = $1 AND r.seq > $2 ORDER BY r.seq LIMIT $3"
    )
}

impl PostgresLedger {
    pub(crate) async fn read_tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        let sql = match which {
            Which::Open => first_mentions(which),
            Which::Named => format!(
                "SELECT * FROM (({}) UNION ALL ({})) AS named ORDER BY seq LIMIT $3",
                first_mentions(which),
                later_mentions()
            ),
        };
        let rows = self
            .rows(
                Always,
                &sql,
                &[
                    (&job.as_str(), Type::TEXT),
                    (&after.map_or(-1, int), Type::INT8),
                    (&int(limit), Type::INT8),
                ],
            )
            .await?;
        if rows.is_empty() {
            self.exists(job).await?;
        }
        rows.iter().map(ticket).collect()
    }

    pub(crate) async fn read_calls(
        &self,
        job: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        let rows = self
            .rows(
                Always,
                "SELECT call.id, key, operation, call.tickets, worker, taken_at, expires_at, ended_at, kind,
                        effect, status, accepted, requests
                    FROM tickets.job JOIN tickets.call ON call.job = job.number
                    JOIN tickets.account ON account.number = call.account
                    WHERE job.id = $1 AND call.id > $2 ORDER BY call.id LIMIT $3",
                &[
                    (&job.as_str(), Type::TEXT),
                    (&after.map_or(0, |after| int(after.0)), Type::INT8),
                    (&int(limit), Type::INT8),
                ],
            )
            .await?;
        if rows.is_empty() {
            self.exists(job).await?;
        }
        rows.iter().map(call).collect()
    }
}

fn ticket(row: &Row) -> Result<JobTicket> {
    let seq = uint(get(row, "seq")?);
    let outcome: Option<&str> = get(row, "outcome")?;
    let error: Option<&str> = get(row, "error")?;
    let outcome = outcome
        .map(|name| store::outcome(name, error))
        .transpose()?;
    let archived: Option<String> = get(row, "archived_sha256")?;
    let archived_at: Option<i64> = get(row, "archived_at")?;
    let seen: Option<&str> = get(row, "seen")?;
    let people: Option<&str> = get(row, "people")?;
    let people = people.map(|people| from_json::<Vec<PersonHash>>("whose a ticket is", people));
    let looked: Option<&str> = get(row, "looked_again")?;
    let looked = looked.map(|looked| from_json("how a ticket was looked at again", looked));
    let in_doubt: bool = get(row, "in_doubt")?;
    Ok(JobTicket {
        seq,
        repeats: get::<Option<i64>>(row, "of_seq")?.map(uint),
        account: get(row, "name")?,
        id: TicketId::new(get::<&str>(row, "id")?),
        in_doubt: in_doubt && outcome.is_none(),
        outcome,
        decided_at: get::<Option<i64>>(row, "decided_at")?.map(time),
        version: get::<Option<&str>>(row, "version")?.map(Version::new),
        seen: seen
            .map(|seen| from_json::<Seen>("how a ticket was seen", seen))
            .transpose()?,
        archived: archived_at.zip(archived).map(|(at, sha256)| Archived {
            at: time(at),
            sha256,
        }),
        attempts: uint(get::<i32>(row, "attempts")?.into()),
        last_call: get::<Option<i64>>(row, "last_call")?.map(|id| CallId(uint(id))),
        people: people.transpose()?.unwrap_or_default(),
        looked_again: looked.transpose()?,
    })
}

fn call(row: &Row) -> Result<JobCall> {
    let tickets: Vec<&str> = get(row, "tickets")?;
    let operation = get(row, "operation")?;
    let kind: Option<&str> = get(row, "kind")?;
    let kind = kind.map(|kind| named("a kind of error", ErrorKind::ALL, ErrorKind::as_str, kind));
    let effect: Option<&str> = get(row, "effect")?;
    let effect = effect.map(|effect| named("an effect", Effect::ALL, Effect::as_str, effect));
    let status: Option<i32> = get(row, "status")?;
    Ok(JobCall {
        id: CallId(uint(get(row, "id")?)),
        account: get(row, "key")?,
        operation: named("an operation", Operation::ALL, Operation::as_str, operation)?,
        requests: uint(get(row, "requests")?),
        tickets: tickets.into_iter().map(TicketId::new).collect(),
        worker: get::<Option<i64>>(row, "worker")?.map(|id| WorkerId(uint(id))),
        taken_at: time(get(row, "taken_at")?),
        expires_at: time(get(row, "expires_at")?),
        ended_at: get::<Option<i64>>(row, "ended_at")?.map(time),
        kind: kind.transpose()?,
        effect: effect.transpose()?,
        status: status.and_then(|status| status.try_into().ok()),
        accepted: get::<Option<&str>>(row, "accepted")?.map(VendorJob::stored),
    })
}
