//! What is read. Each is one statement, so what it tells belongs together.

mod tickets;

use std::collections::BTreeMap;
use std::time::Duration;

use ticket_core::Result;
use ticket_core::provider::Limit;
use ticket_jobs::store::{self, About, from_json, no_job};
use ticket_jobs::{AccountState, Event, Job, JobAccount, JobId, LOST_AFTER, Suspension};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::ledger::{PostgresLedger, get};
use crate::pool::Again::Always;
use crate::take::operations;
use crate::values::{span, time, uint};

const JOBS: &str = "
    SELECT id, change, state, created_at, created_by, tickets, repeated, guards, sealed_at, digest, confirmed,
        held_from, erasure, priority,
        (SELECT json_agg(json_build_array(name, key, chunk, a.tickets, open, about) ORDER BY a.number)::text
            FROM tickets.job_account a WHERE a.job = job.number AND key IS NOT NULL) AS accounts,
        (SELECT json_object_agg(outcome, n)::text FROM (
            SELECT outcome, sum(n) AS n FROM tickets.settled s WHERE s.job = job.number GROUP BY outcome) AS s)
            AS counts,
        (SELECT count(*) FROM tickets.worker w
            WHERE w.job = job.number AND ended_at IS NULL AND beat_at > $1) AS workers
        FROM tickets.job";

/// An account as the statement above tells it: name, key, chunk, tickets, open, about.
type AccountRow = (String, String, usize, u64, u64, Option<String>);

impl PostgresLedger {
    /// A worker that did not tell after this time that it is alive is lost.
    fn lost_before(&self) -> i64 {
        self.time().now().saturating_sub(span(LOST_AFTER))
    }

    pub(crate) async fn read_job(&self, id: &JobId) -> Result<Job> {
        let sql = format!("{JOBS} WHERE id = $2");
        let lost_before = self.lost_before();
        let params = [
            (&lost_before as _, Type::INT8),
            (&id.as_str() as _, Type::TEXT),
        ];
        let rows = self.rows(Always, &sql, &params).await?;
        job(rows.first().ok_or_else(|| no_job(id))?)
    }

    pub(crate) async fn read_jobs(&self) -> Result<Vec<Job>> {
        let sql = format!("{JOBS} ORDER BY number DESC");
        let lost_before = self.lost_before();
        let rows = self
            .rows(Always, &sql, &[(&lost_before, Type::INT8)])
            .await?;
        rows.iter().map(job).collect()
    }

    /// Fails if there is no such job.
    pub(crate) async fn exists(&self, id: &JobId) -> Result<()> {
        let sql = "SELECT 1 FROM tickets.job WHERE id = $1";
        let params = [(&id.as_str() as _, Type::TEXT)];
        let rows = self.rows(Always, sql, &params).await?;
        rows.first().map(|_| ()).ok_or_else(|| no_job(id))
    }

    pub(crate) async fn read_events(&self, id: &JobId) -> Result<Vec<Event>> {
        let sql = "SELECT event FROM tickets.event
            WHERE job = (SELECT number FROM tickets.job WHERE id = $1) ORDER BY number";
        let params = [(&id.as_str() as _, Type::TEXT)];
        let rows = self.rows(Always, sql, &params).await?;
        if rows.is_empty() {
            self.exists(id).await?;
        }
        let events = rows.iter();
        events
            .map(|row| from_json("an event", get(row, "event")?))
            .collect()
    }

    pub(crate) async fn read_accounts(&self) -> Result<Vec<AccountState>> {
        let (now, lost_before) = (self.time().now(), self.lost_before());
        let rows = self
            .rows(
                Always,
                "SELECT key, closed_until, suspended_because, suspended_until, at, in_flight, lost
                    FROM (SELECT *, greatest(last_now, $1) AS at FROM tickets.account) AS account
                    CROSS JOIN LATERAL (
                        SELECT count(*) AS in_flight, count(*) FILTER (WHERE w.lost OR w.beat_at <= $2) AS lost
                            FROM tickets.call LEFT JOIN tickets.worker w ON w.id = call.worker
                            WHERE call.account = account.number AND acts_until > at AND call.ended_at IS NULL)
                        AS calls
                    ORDER BY key COLLATE \"C\"",
                &[(&now, Type::INT8), (&lost_before, Type::INT8)],
            )
            .await?;
        rows.iter().map(account).collect()
    }

    pub(crate) async fn read_used(
        &self,
        key: &str,
        limit: &Limit,
        window: Duration,
    ) -> Result<u64> {
        let row = self
            .row(
                Always,
                "SELECT coalesce(sum(requests), 0)::bigint FROM tickets.account
                    JOIN tickets.call ON call.account = account.number
                        AND acts_until > greatest(last_now, $2) - $3
                    WHERE key = $1 AND ($4 = '' OR operation = ANY (string_to_array($4, ',')))",
                &[
                    (&key, Type::TEXT),
                    (&self.time().now(), Type::INT8),
                    (&span(window), Type::INT8),
                    (&operations(limit), Type::TEXT),
                ],
            )
            .await?;
        Ok(uint(row.try_get(0).unwrap_or_default()))
    }
}

fn job(row: &Row) -> Result<Job> {
    let id: &str = get(row, "id")?;
    let mut job = Job::new(
        id.parse()?,
        from_json("a change", get(row, "change")?)?,
        store::state(get(row, "state")?)?,
        time(get(row, "created_at")?),
    );
    job.guards = from_json("guards", get(row, "guards")?)?;
    let erasure: Option<&str> = get(row, "erasure")?;
    let erasure = erasure.map(|text| from_json("an erasure", text));
    job.erasure = erasure.transpose()?;
    job.priority = get(row, "priority")?;
    job.created_by = get(row, "created_by")?;
    job.sealed_at = get::<Option<i64>>(row, "sealed_at")?.map(time);
    job.digest = get(row, "digest")?;
    let confirmed: Option<&str> = get(row, "confirmed")?;
    let confirmed = confirmed.map(|text| from_json("a confirmation", text));
    job.confirmed = confirmed.transpose()?;
    job.held_from = get::<Option<i64>>(row, "held_from")?.map(uint);
    job.tickets = uint(get(row, "tickets")?);
    job.repeated = uint(get(row, "repeated")?);
    job.counts = counts(row)?;
    job.open = job.tickets.saturating_sub(job.counts.values().sum());
    job.accounts = accounts(row)?;
    job.workers = uint(get(row, "workers")?);
    Ok(job)
}

fn counts(row: &Row) -> Result<BTreeMap<String, u64>> {
    let counts: Option<&str> = get(row, "counts")?;
    counts.map_or_else(|| Ok(BTreeMap::new()), |counts| from_json("counts", counts))
}

fn accounts(row: &Row) -> Result<Vec<JobAccount>> {
    let accounts: Option<&str> = get(row, "accounts")?;
    let accounts: Vec<AccountRow> =
        accounts.map_or_else(|| Ok(Vec::new()), |text| from_json("accounts", text))?;
    let accounts = accounts.into_iter();
    accounts
        .map(|(name, key, chunk, tickets, open, about)| {
            let mut account = JobAccount::new(name, key, chunk);
            account.tickets = tickets;
            account.open = open;
            let about = about.map(|about| from_json::<About>("an account", &about));
            about.transpose()?.unwrap_or_default().tell(&mut account);
            Ok(account)
        })
        .collect()
}

fn account(row: &Row) -> Result<AccountState> {
    let now: i64 = get(row, "at")?;
    let until: Option<i64> = get(row, "suspended_until")?;
    let is_over = until.is_some_and(|until| until <= now);
    let because: Option<String> = get(row, "suspended_because")?;
    let suspended = because.map(|because| Suspension {
        because,
        until: until.map(time),
    });
    let closed_until: i64 = get(row, "closed_until")?;
    Ok(AccountState {
        key: get(row, "key")?,
        in_flight: uint(get(row, "in_flight")?),
        lost: uint(get(row, "lost")?),
        closed_until: (closed_until > now).then(|| time(closed_until)),
        suspended: suspended.filter(|_| !is_over),
    })
}
