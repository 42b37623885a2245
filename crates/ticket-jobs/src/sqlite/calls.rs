//! Calls and the quotas that they count in: take, end, close, suspend.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use ticket_core::provider::{Limit, Quota};
use ticket_core::{Error, ErrorKind, Operation, TicketId};

use super::values::{Result, from_json, json, left, nanos, span, time};
use super::writer::Write;
use crate::ledger::MARGIN;
use crate::model::{CallId, Ended, JobState, NewCall, Suspension, Taken, Work};

/// How long to wait where so many calls are in flight that no other may be.
const BUSY_MILLIS: std::ops::Range<u64> = 20..100;

impl Write<'_> {
    pub(super) fn take(&self, call: &NewCall) -> Result<Taken> {
        let job = call
            .work
            .as_ref()
            .map(|work| self.job_of(work, call.operation));
        let job = job.transpose()?;
        let account = self.account(&call.account)?;
        if account.closed_until > self.now {
            return Ok(Taken::Closed(left(self.now, account.closed_until)));
        }
        let limits = || {
            let limits = call.limits.iter();
            limits.filter(|limit| limit.covers(call.operation))
        };
        let mut longest_window = 0;
        let mut wait = None;
        for limit in limits() {
            for quota in limit.windows.iter().filter(|quota| !quota.window.is_zero()) {
                longest_window = longest_window.max(span(quota.window));
                wait = wait.max(self.full_for(&account, limit, quota, call.requests)?);
            }
        }
        if let Some(wait) = wait {
            return Ok(Taken::Full(wait));
        }
        for limit in limits() {
            if self.is_busy(&account, limit)? {
                let wait = Duration::from_millis(fastrand::u64(BUSY_MILLIS));
                return Ok(Taken::Busy(wait));
            }
        }
        if longest_window > account.longest_window {
            let sql = "UPDATE account SET longest_window = ?2 WHERE number = ?1";
            self.execute(sql, (account.number, longest_window))?;
        }
        let expires_at = self.now.saturating_add(span(call.longest + MARGIN));
        let tickets = json(&call.tickets)?;
        let job_account = match (job, &call.work) {
            (Some(job), Some(work)) => {
                let sql = "SELECT number FROM job_account WHERE job = ?1 AND name = ?2";
                self.first(sql, (job, &work.account), |row| row.get(0))?
            }
            _ => None,
        };
        self.execute(
            "INSERT INTO call
                (account, job, worker, operation, requests, tickets, taken_at, expires_at,
                    acts_until, job_account)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)",
            (
                account.number,
                job,
                call.work.as_ref().map(|work| work.worker.0),
                call.operation.as_str(),
                call.requests,
                &tickets,
                self.now,
                expires_at,
                job_account,
            ),
        )?;
        let id = self.connection.last_insert_rowid();
        if let (Some(job), Some(account)) = (job, job_account) {
            self.name_tickets(id, job, account, call.operation, &tickets)?;
        }
        Ok(Taken::Slot(CallId(id.unsigned_abs()), time(self.now)))
    }

    /// The job that a call is a part of, if it still may be made.
    fn job_of(&self, work: &Work, operation: Operation) -> Result<i64> {
        let (job, _) = self.job(&work.job)?;
        let cancelled = |message: String| Err(Error::new(ErrorKind::Cancelled, message).into());
        match self.find_working(work.worker)? {
            Some(working) if working.job == job => match working.state {
                JobState::Ready => Ok(job),
                // What is in doubt is still looked at.
                JobState::Cancelling if !operation.is_write() => Ok(job),
                state => cancelled(format!("job {} is {state}; nothing was sent", work.job)),
            },
            _ => cancelled("this worker is lost or has finished; nothing was sent".to_owned()),
        }
    }

    /// Records that a call names these tickets, and that they are in doubt if it is a write.
    fn name_tickets(
        &self,
        call: i64,
        job: i64,
        account: i64,
        operation: Operation,
        tickets: &str,
    ) -> Result<()> {
        self.execute(
            "UPDATE ticket SET attempts = attempts + 1, last_call = ?1
                WHERE job = ?2 AND seq IN (SELECT seq FROM json_each(?4) CROSS JOIN place
                    ON place.job = ?2 AND place.account = ?3 AND place.id = json_each.value)",
            (call, job, account, tickets),
        )?;
        if operation.is_write() {
            self.execute(
                "INSERT OR IGNORE INTO doubt SELECT ?2, seq, ?1
                    FROM json_each(?4) CROSS JOIN place
                        ON place.job = ?2 AND place.account = ?3 AND place.id = json_each.value
                    CROSS JOIN ticket USING (job, seq)
                    WHERE outcome IS NULL",
                (call, job, account, tickets),
            )?;
        }
        Ok(())
    }

    /// Takes back that a call names its tickets: it was not sent.
    fn forget_tickets(&self, call: CallId, job: i64) -> Result<()> {
        let named = self.all(
            "SELECT DISTINCT ticket.seq, ticket.id, last_call IS call.id AND attempts > 1
                FROM call CROSS JOIN json_each(call.tickets)
                CROSS JOIN place ON place.job = call.job AND place.account = call.job_account
                    AND place.id = json_each.value
                CROSS JOIN ticket ON ticket.job = place.job AND ticket.seq = place.seq
                WHERE call.id = ?1",
            [call.0],
            |row| {
                let id = TicketId::new(row.get_ref(1)?.as_str()?);
                Ok((row.get::<_, i64>(0)?, id, row.get::<_, bool>(2)?))
            },
        )?;
        let sql = "UPDATE ticket SET attempts = attempts - 1, last_call = nullif(last_call, ?3)
            WHERE job = ?1 AND seq = ?2";
        for (seq, ..) in &named {
            self.execute(sql, (job, seq, call.0))?;
        }
        let named_before = named.into_iter().filter(|(.., before)| *before);
        let named_before = named_before.map(|(seq, id, _)| (id, seq));
        self.find_last_calls(call, job, named_before.collect())
    }

    /// Finds the last call before this one that names each of these tickets. Almost always it is among the latest.
    fn find_last_calls(
        &self,
        before: CallId,
        job: i64,
        mut tickets: HashMap<TicketId, i64>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, tickets FROM call WHERE job = ?1 AND id < ?2
                AND job_account = (SELECT job_account FROM call WHERE id = ?2)
                ORDER BY id DESC",
        )?;
        let mut calls = statement.query((job, before.0))?;
        while !tickets.is_empty()
            && let Some(call) = calls.next()?
        {
            let id: i64 = call.get(0)?;
            let named: Vec<TicketId> =
                from_json("the tickets of a call", &call.get::<_, String>(1)?)?;
            for seq in named.iter().filter_map(|ticket| tickets.remove(ticket)) {
                let sql = "UPDATE ticket SET last_call = ?3 WHERE job = ?1 AND seq = ?2";
                self.execute(sql, (job, seq, id))?;
            }
        }
        Ok(())
    }

    fn account(&self, key: &str) -> Result<Account> {
        let sql = "SELECT number, longest_window, closed_until FROM account WHERE key = ?1";
        let found = self.first(sql, [key], |row| {
            Ok(Account {
                number: row.get(0)?,
                longest_window: row.get(1)?,
                closed_until: row.get(2)?,
            })
        })?;
        if let Some(account) = found {
            return Ok(account);
        }
        self.execute("INSERT INTO account (key) VALUES (?1)", [key])?;
        Ok(Account {
            number: self.connection.last_insert_rowid(),
            longest_window: 0,
            closed_until: 0,
        })
    }

    /// For how long at least a window has no room for so many requests. A call in flight counts as one that ends now.
    fn full_for(
        &self,
        account: &Account,
        limit: &Limit,
        quota: &Quota,
        requests: usize,
    ) -> Result<Option<Duration>> {
        let requests = i64::try_from(requests).unwrap_or(i64::MAX);
        let calls = i64::from(quota.calls);
        if requests > calls {
            return Ok(Some(quota.window));
        }
        let window = span(quota.window);
        let begin = self.now.saturating_sub(window);
        let operations = operations(limit);
        let sql = format!(
            "SELECT coalesce(sum(requests), 0) FROM call
                WHERE account = ?1 AND acts_until > ?2 {operations}"
        );
        let used = self.first(&sql, (account.number, begin), |row| row.get::<_, i64>(0))?;
        let mut too_many = used.unwrap_or_default().saturating_add(requests) - calls;
        if too_many <= 0 {
            return Ok(None);
        }
        let sql = format!(
            "SELECT acts_until, requests FROM call
                WHERE account = ?1 AND acts_until > ?2 {operations}
                ORDER BY acts_until"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query((account.number, begin))?;
        let mut free_at = self.now;
        while let Some(row) = rows.next()? {
            free_at = row.get::<_, i64>(0)?.min(self.now);
            too_many -= row.get::<_, i64>(1)?;
            if too_many <= 0 {
                break;
            }
        }
        // More than zero, since it counts only what ended after the window's begin.
        Ok(Some(left(self.now, free_at.saturating_add(window))))
    }

    /// Whether a limit allows no further call in flight.
    fn is_busy(&self, account: &Account, limit: &Limit) -> Result<bool> {
        let Some(most) = limit.max_concurrent else {
            return Ok(false);
        };
        let sql = format!(
            "SELECT count(*) FROM call
                WHERE account = ?1 AND ended_at IS NULL AND expires_at > ?2 {}",
            operations(limit)
        );
        let open = self.first(&sql, (account.number, self.now), |row| {
            row.get::<_, usize>(0)
        })?;
        Ok(open.unwrap_or_default() >= most.get())
    }

    pub(super) fn end(&self, call: CallId, ended: &Ended) -> Result<()> {
        let sql = "SELECT job FROM call WHERE id = ?1 AND ended_at IS NULL";
        let Some(job) = self.first(sql, [call.0], |row| row.get::<_, Option<i64>>(0))? else {
            return Ok(());
        };
        let (kind, effect, status, accepted) = match ended {
            Ended::Answered | Ended::Unsent => (None, None, None, None),
            Ended::Accepted { job, status } => (None, None, *status, Some(job.as_str())),
            Ended::Failed {
                kind,
                effect,
                status,
            } => (Some(kind.as_str()), Some(effect.as_str()), *status, None),
        };
        if *ended == Ended::Unsent {
            if let Some(job) = job {
                self.forget_tickets(call, job)?;
            }
            self.execute("DELETE FROM call WHERE id = ?1", [call.0])?;
        } else {
            self.execute(
                "UPDATE call SET ended_at = ?2, acts_until = ?2, kind = ?3, effect = ?4, status = ?5,
                        accepted = ?6
                    WHERE id = ?1",
                (call.0, self.now, kind, effect, status, accepted),
            )?;
        }
        if ended.is_without_effect()
            && let Some(job) = job
        {
            // What another call may have changed stays in doubt through that one.
            self.execute(
                "DELETE FROM doubt WHERE job = ?1 AND call = ?2",
                (job, call.0),
            )?;
            self.leave_undone(job)?;
        }
        Ok(())
    }

    pub(super) fn close(&self, account: &str, wait: Duration) -> Result<()> {
        let account = self.account(account)?;
        self.execute(
            "UPDATE account SET closed_until = max(closed_until, ?2) WHERE number = ?1",
            (account.number, self.now.saturating_add(span(wait))),
        )?;
        Ok(())
    }

    pub(super) fn suspend(&self, account: &str, why: Option<&Suspension>) -> Result<()> {
        let account = self.account(account)?;
        let until = why.and_then(|why| why.until).map(nanos);
        self.execute(
            "UPDATE account SET suspended_because = ?2, suspended_until = ?3 WHERE number = ?1",
            (account.number, why.map(|why| &why.because), until),
        )?;
        Ok(())
    }
}

struct Account {
    number: i64,
    longest_window: i64,
    closed_until: i64,
}

/// The condition that a call's operation is one of a limit's.
pub(super) fn operations(limit: &Limit) -> String {
    let mut condition = String::new();
    for (index, operation) in limit.operations.iter().enumerate() {
        let before = if index == 0 {
            "AND operation IN ("
        } else {
            ","
        };
        let _ = write!(condition, "{before}'{operation}'");
    }
    if !condition.is_empty() {
        condition.push(')');
    }
    condition
}
