//! What is read: jobs, tickets, calls, accounts.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, Params, Row};
use ticket_core::provider::{Limit, VendorJob};
use ticket_core::{Change, Effect, ErrorKind, Operation};

use super::calls::operations;
use super::process::Process;
use super::values::{self, Result, from_json, no_job, span, time};
use crate::ledger::LOST_AFTER;
use crate::model::{
    AccountState, CallId, Confirmed, Erasure, Event, Guards, Job, JobAccount, JobCall, JobId,
    Suspension, WorkerId,
};
use crate::store::{About, named};

/// A transaction that reads.
pub(super) struct Read<'a> {
    pub(super) connection: &'a Connection,
    pub(super) process: &'a Process,
    /// The ledger's time, in nanoseconds.
    pub(super) now: i64,
}

/// The first row, if there is one.
pub(super) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    Ok(rows.next()?.map(read).transpose()?)
}

pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

const JOBS: &str =
    "SELECT number, id, change, state, created_at, created_by, tickets, repeated, guards, sealed_at, digest, confirmed,
        held_from, erasure, priority FROM job";

impl Read<'_> {
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        first(self.connection, sql, params, read)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        all(self.connection, sql, params, read)
    }

    pub(super) fn job(&self, id: &JobId) -> Result<Job> {
        let sql = format!("{JOBS} WHERE id = ?1");
        let row = self.first(&sql, [id.as_str()], job_row)?;
        self.with_rows(row.ok_or_else(|| no_job(id))?)
    }

    pub(super) fn jobs(&self) -> Result<Vec<Job>> {
        let rows = self.all(&format!("{JOBS} ORDER BY number DESC"), [], job_row)?;
        rows.into_iter().map(|row| self.with_rows(row)).collect()
    }

    /// The number of a job.
    pub(super) fn number(&self, id: &JobId) -> Result<i64> {
        let sql = "SELECT number FROM job WHERE id = ?1";
        let number = self.first(sql, [id.as_str()], |row| row.get(0))?;
        number.ok_or_else(|| no_job(id))
    }

    fn with_rows(&self, row: JobRow) -> Result<Job> {
        let counted = self.all(
            "SELECT account, outcome, n FROM count WHERE job = ?1",
            [row.number],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let mut counts = BTreeMap::new();
        let mut settled = BTreeMap::<i64, u64>::new();
        for (account, outcome, n) in counted {
            let (account, outcome, n): (i64, String, u64) = (account, outcome, n);
            *counts.entry(outcome).or_default() += n;
            *settled.entry(account).or_default() += n;
        }
        let accounts = self.all(
            "SELECT name, key, chunk, tickets, number, about FROM job_account
                WHERE job = ?1 AND key IS NOT NULL ORDER BY number",
            [row.number],
            |row| {
                let tickets: u64 = row.get(3)?;
                let settled = settled.get(&row.get(4)?).copied();
                let mut account = JobAccount::new(
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get(2)?,
                );
                account.tickets = tickets;
                account.open = tickets.saturating_sub(settled.unwrap_or_default());
                Ok((account, row.get::<_, Option<String>>(5)?))
            },
        )?;
        let with_about = |(mut account, about): (JobAccount, Option<String>)| {
            let about = about.map(|about| from_json::<About>("an account", &about));
            let about = about.transpose()?.unwrap_or_default();
            about.tell(&mut account);
            Ok(account)
        };
        let accounts = accounts
            .into_iter()
            .map(with_about)
            .collect::<Result<_>>()?;
        let workers = self.all(
            "SELECT beat_at, process FROM worker WHERE job = ?1 AND ended_at IS NULL",
            [row.number],
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?)),
        )?;
        let workers = workers.iter();
        let alive = workers.filter(|(beat_at, process)| !self.is_lost(*beat_at, process));
        let confirmed = row.confirmed.as_deref();
        let confirmed = confirmed.map(|text| from_json::<Confirmed>("a confirmation", text));
        let erasure = row.erasure.as_deref();
        let erasure = erasure.map(|text| from_json::<Erasure>("an erasure", text));
        Ok(Job {
            id: row.id.parse()?,
            change: from_json::<Change>("a change", &row.change)?,
            guards: from_json::<Guards>("guards", &row.guards)?,
            erasure: erasure.transpose()?,
            priority: row.priority,
            state: values::state(&row.state)?,
            created_at: time(row.created_at),
            created_by: row.created_by,
            sealed_at: row.sealed_at.map(time),
            digest: row.digest,
            confirmed: confirmed.transpose()?,
            held_from: row.held_from,
            tickets: row.tickets,
            open: row.tickets.saturating_sub(counts.values().sum()),
            repeated: row.repeated,
            counts,
            accounts,
            workers: u64::try_from(alive.count()).unwrap_or(u64::MAX),
        })
    }

    /// Whether a worker that last told that it is alive at this time is gone.
    pub(super) fn is_lost(&self, beat_at: i64, process: &str) -> bool {
        beat_at <= self.now.saturating_sub(span(LOST_AFTER)) || self.process.is_gone(process)
    }

    pub(super) fn calls(
        &self,
        job: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        let job = self.number(job)?;
        let after = after.map_or(0, |after| after.0.cast_signed());
        let rows = self.all(
            "SELECT call.id, key, operation, tickets, worker, taken_at, expires_at, ended_at, kind,
                    effect, status, accepted, requests
                FROM call JOIN account ON account.number = call.account
                WHERE job = ?1 AND call.id > ?2 ORDER BY call.id LIMIT ?3",
            (job, after, i64::try_from(limit).unwrap_or(i64::MAX)),
            |row| {
                let texts: [Option<String>; 4] =
                    [row.get(2)?, row.get(3)?, row.get(8)?, row.get(9)?];
                let call = JobCall {
                    id: CallId(row.get(0)?),
                    account: row.get(1)?,
                    operation: Operation::Get,
                    requests: row.get(12)?,
                    tickets: Vec::new(),
                    worker: row.get::<_, Option<u64>>(4)?.map(WorkerId),
                    taken_at: time(row.get(5)?),
                    expires_at: time(row.get(6)?),
                    ended_at: row.get::<_, Option<i64>>(7)?.map(time),
                    kind: None,
                    effect: None,
                    status: row.get(10)?,
                    accepted: row.get::<_, Option<String>>(11)?.map(VendorJob::stored),
                };
                Ok((call, texts))
            },
        )?;
        let with_texts = |(call, texts): (JobCall, [Option<String>; 4])| {
            let [operation, tickets, kind, effect] = texts;
            let operation = operation.unwrap_or_default();
            let kind_named =
                |name: String| named("a kind of error", ErrorKind::ALL, ErrorKind::as_str, &name);
            let effect_named =
                |name: String| named("an effect", Effect::ALL, Effect::as_str, &name);
            Ok(JobCall {
                operation: named(
                    "an operation",
                    Operation::ALL,
                    Operation::as_str,
                    &operation,
                )?,
                tickets: from_json("the tickets of a call", &tickets.unwrap_or_default())?,
                kind: kind.map(kind_named).transpose()?,
                effect: effect.map(effect_named).transpose()?,
                ..call
            })
        };
        rows.into_iter().map(with_texts).collect()
    }

    pub(super) fn events(&self, job: &JobId) -> Result<Vec<Event>> {
        let job = self.number(job)?;
        let sql = "SELECT event FROM event WHERE job = ?1 ORDER BY number";
        let events = self.all(sql, [job], |row| row.get::<_, String>(0))?;
        let events = events.iter();
        events.map(|event| from_json("an event", event)).collect()
    }

    pub(super) fn used(&self, account: &str, limit: &Limit, window: Duration) -> Result<u64> {
        let sql = format!(
            "SELECT coalesce(sum(requests), 0) FROM call
                WHERE account = (SELECT number FROM account WHERE key = ?1) AND acts_until > ?2 {}",
            operations(limit)
        );
        let begin = self.now.saturating_sub(span(window));
        let used = self.first(&sql, (account, begin), |row| row.get(0))?;
        Ok(used.unwrap_or_default())
    }

    pub(super) fn accounts(&self) -> Result<Vec<AccountState>> {
        let accounts = self.all(
            "SELECT number, key, closed_until, suspended_because, suspended_until
                FROM account ORDER BY key",
            [],
            |row| {
                let because: Option<String> = row.get(3)?;
                let until: Option<i64> = row.get(4)?;
                let closed_until: i64 = row.get(2)?;
                let is_over = until.is_some_and(|until| until <= self.now);
                let suspended = because.map(|because| Suspension {
                    because,
                    until: until.map(time),
                });
                let state = AccountState {
                    key: row.get(1)?,
                    in_flight: 0,
                    lost: 0,
                    closed_until: (closed_until > self.now).then(|| time(closed_until)),
                    suspended: suspended.filter(|_| !is_over),
                };
                Ok((row.get::<_, i64>(0)?, state))
            },
        )?;
        let with_calls = |(number, mut state): (i64, AccountState)| {
            let calls = self.all(
                "SELECT beat_at, process, lost FROM call LEFT JOIN worker ON worker.id = call.worker
                    WHERE account = ?1 AND call.ended_at IS NULL AND expires_at > ?2",
                (number, self.now),
                |row| {
                    let worker: [Option<i64>; 2] = [row.get(0)?, row.get(2)?];
                    Ok((worker, row.get::<_, Option<String>>(1)?))
                },
            )?;
            for (worker, process) in calls {
                state.in_flight += 1;
                if let ([Some(beat_at), Some(lost)], Some(process)) = (worker, process) {
                    state.lost += u64::from(lost != 0 || self.is_lost(beat_at, &process));
                }
            }
            Ok(state)
        };
        accounts.into_iter().map(with_calls).collect()
    }
}

struct JobRow {
    number: i64,
    id: String,
    change: String,
    state: String,
    created_at: i64,
    created_by: Option<String>,
    tickets: u64,
    repeated: u64,
    guards: String,
    sealed_at: Option<i64>,
    digest: Option<String>,
    confirmed: Option<String>,
    held_from: Option<u64>,
    erasure: Option<String>,
    priority: i16,
}

fn job_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    Ok(JobRow {
        number: row.get(0)?,
        id: row.get(1)?,
        change: row.get(2)?,
        state: row.get(3)?,
        created_at: row.get(4)?,
        created_by: row.get(5)?,
        tickets: row.get(6)?,
        repeated: row.get(7)?,
        guards: row.get(8)?,
        sealed_at: row.get(9)?,
        digest: row.get(10)?,
        confirmed: row.get(11)?,
        held_from: row.get(12)?,
        erasure: row.get(13)?,
        priority: row.get(14)?,
    })
}
