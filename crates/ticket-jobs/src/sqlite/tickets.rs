//! The tickets of a job, page by page.

use rusqlite::Row;
use ticket_core::TicketId;
use ticket_core::model::Version;

use super::read::Read;
use super::values::{Result, from_json, time};
use crate::model::{Archived, CallId, JobId, JobTicket, Seen, Which};
use crate::store;

impl Read<'_> {
    pub(super) fn tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        let job = self.number(job)?;
        let after = after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = first_mentions(which);
        let mut rows = self.all(&sql, (job, after, limit), ticket_row)?;
        if which == Which::Named {
            let sql = later_mentions();
            rows.extend(self.all(&sql, (job, after, limit), ticket_row)?);
            rows.sort_by_key(|row| row.repeated_at.unwrap_or(row.seq));
            rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        rows.into_iter().map(TicketRow::read).collect()
    }
}

const COLUMNS: &str = "t.seq, name, t.id, outcome, error, decided_at, outcome IS NULL
    AND EXISTS (SELECT 1 FROM doubt WHERE doubt.job = t.job AND doubt.seq = t.seq),
    version, seen, archived_at, archived_sha256, attempts, last_call,
    people, looked_again";

/// The tickets of a job after a place. `CROSS JOIN` keeps the order of the list, so that a page costs its rows alone.
pub(super) fn first_mentions(which: Which) -> String {
    let is_open = if which == Which::Open {
        "AND outcome IS NULL"
    } else {
        ""
    };
    format!(
        "SELECT {COLUMNS}, NULL FROM ticket t
            CROSS JOIN job_account a ON a.job = t.job AND a.number = t.account
            WHERE t.job = ?1 AND t.seq > ?2 {is_open} ORDER BY t.seq LIMIT ?3"
    )
}

/// The repetitions of a job after a place.
pub(super) fn later_mentions() -> String {
    format!(
        "SELECT {COLUMNS}, r.seq FROM repeated r
            CROSS JOIN ticket t ON t.job = r.job AND t.seq = r.of_seq
            CROSS JOIN job_account a ON a.job = t.job AND a.number = t.account
            WHERE r.job = ?1 AND r.seq > ?2 ORDER BY r.seq LIMIT ?3"
    )
}

struct TicketRow {
    seq: u64,
    account: String,
    id: TicketId,
    outcome: Option<String>,
    error: Option<String>,
    decided_at: Option<i64>,
    in_doubt: bool,
    version: Option<String>,
    seen: Option<String>,
    archived: Option<(i64, String)>,
    attempts: u64,
    last_call: Option<u64>,
    people: Option<String>,
    looked_again: Option<String>,
    repeated_at: Option<u64>,
}

fn ticket_row(row: &Row<'_>) -> rusqlite::Result<TicketRow> {
    let archived_at: Option<i64> = row.get(9)?;
    let archived: Option<String> = row.get(10)?;
    Ok(TicketRow {
        seq: row.get(0)?,
        account: row.get(1)?,
        id: TicketId::new(row.get_ref(2)?.as_str()?),
        outcome: row.get(3)?,
        error: row.get(4)?,
        decided_at: row.get(5)?,
        in_doubt: row.get(6)?,
        version: row.get(7)?,
        seen: row.get(8)?,
        archived: archived_at.zip(archived),
        attempts: row.get(11)?,
        last_call: row.get(12)?,
        people: row.get(13)?,
        looked_again: row.get(14)?,
        repeated_at: row.get(15)?,
    })
}

impl TicketRow {
    fn read(self) -> Result<JobTicket> {
        let outcome = self.outcome.as_deref();
        let outcome = outcome.map(|name| store::outcome(name, self.error.as_deref()));
        let seen = self.seen.as_deref();
        let seen = seen.map(|seen| from_json::<Seen>("how a ticket was seen", seen));
        let people = self.people.as_deref();
        let people = people.map(|people| from_json::<Vec<_>>("whose a ticket is", people));
        let looked = self.looked_again.as_deref();
        let looked = looked.map(|looked| from_json("how a ticket was looked at again", looked));
        Ok(JobTicket {
            seq: self.repeated_at.unwrap_or(self.seq),
            repeats: self.repeated_at.map(|_| self.seq),
            account: self.account,
            id: self.id,
            outcome: outcome.transpose()?,
            decided_at: self.decided_at.map(time),
            in_doubt: self.in_doubt,
            version: self.version.map(Version::new),
            seen: seen.transpose()?,
            archived: self.archived.map(|(at, sha256)| Archived {
                at: time(at),
                sha256,
            }),
            attempts: self.attempts,
            last_call: self.last_call.map(CallId),
            people: people.transpose()?.unwrap_or_default(),
            looked_again: looked.transpose()?,
        })
    }
}
