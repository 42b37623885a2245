//! What workers do: begin, beat, claim, put back, finish. How they settle is in `settle.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use ticket_core::TicketId;
use ticket_core::model::Version;
use ticket_core::provider::VendorJob;

use super::values::{self, Result, conflict, from_json, left, span, time};
use super::writer::Write;
use crate::ledger::{BEAT, LOST_AFTER};
use crate::model::{Claim, Claimed, JobId, JobState, PutBack, Suspension, WorkerId};

/// A job as its workers need it.
pub(super) struct Working {
    pub(super) job: i64,
    pub(super) state: JobState,
}

impl Write<'_> {
    pub(super) fn begin(&mut self, id: &JobId) -> Result<WorkerId> {
        let (job, state) = self.job(id)?;
        if matches!(state, JobState::Loading | JobState::AwaitingConfirmation) {
            return Err(conflict(format!(
                "job {id} is {state}, so it cannot be worked on"
            )));
        }
        let now = self.now;
        let process = self.process.name()?.to_owned();
        self.execute(
            "INSERT INTO worker (job, process, began_at, beat_at) VALUES (?1, ?2, ?3, ?3)",
            (job, process, now),
        )?;
        let id = self.connection.last_insert_rowid();
        self.leave_undone(job)?;
        Ok(WorkerId(id.unsigned_abs()))
    }

    pub(super) fn beat(&self, worker: WorkerId) -> Result<JobState> {
        let working = self.working(worker)?;
        self.execute(
            "UPDATE worker SET beat_at = ?2 WHERE id = ?1",
            (worker.0, self.now),
        )?;
        if working.state == JobState::Cancelling {
            self.leave_undone(working.job)?;
            return self.state(working.job);
        }
        Ok(working.state)
    }

    pub(super) fn finish(&self, worker: WorkerId) -> Result<()> {
        let sql = "SELECT job FROM worker WHERE id = ?1 AND ended_at IS NULL AND job IS NOT NULL";
        let Some(job) = self.first(sql, [worker.0], |row| row.get(0))? else {
            return Ok(());
        };
        self.end_worker(job, worker.0, self.now, false)?;
        self.leave_undone(job)
    }

    /// The job that a worker works on.
    pub(super) fn working(&self, worker: WorkerId) -> Result<Working> {
        let working = self.find_working(worker)?;
        working.ok_or_else(|| {
            conflict("this worker is lost: it was not heard of for too long, or has finished")
        })
    }

    /// The job that a worker works on, unless it is lost or has finished.
    pub(super) fn find_working(&self, worker: WorkerId) -> Result<Option<Working>> {
        let sql = "SELECT job.number, job.state FROM worker JOIN job ON job.number = worker.job
            WHERE worker.id = ?1 AND ended_at IS NULL AND beat_at > ?2";
        let found = self.first(sql, (worker.0, self.lost_before()), |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?))
        })?;
        found
            .map(|(job, state)| {
                let state = values::state(&state)?;
                Ok(Working { job, state })
            })
            .transpose()
    }

    fn lost_before(&self) -> i64 {
        self.now.saturating_sub(span(LOST_AFTER))
    }

    fn end_worker(&self, job: i64, worker: u64, at: i64, lost: bool) -> Result<()> {
        self.execute(
            "UPDATE worker SET ended_at = ?2, lost = ?3 WHERE id = ?1",
            (worker, at, lost),
        )?;
        self.execute(
            "UPDATE claim INDEXED BY claim_worker SET worker = NULL, not_before = 0
                WHERE job = ?1 AND worker = ?2",
            (job, worker),
        )?;
        Ok(())
    }

    /// Frees what the lost workers of a job have.
    pub(super) fn free_lost(&self, job: i64, but: Option<WorkerId>) -> Result<()> {
        let sql = "SELECT id, beat_at, process FROM worker
            WHERE job = ?1 AND ended_at IS NULL AND id IS NOT ?2";
        let workers = self.all(sql, (job, but.map(|worker| worker.0)), |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
        })?;
        for (worker, beat_at, process) in workers {
            if beat_at <= self.lost_before() || self.process.is_gone(&process) {
                self.end_worker(job, worker, self.now, true)?;
            }
        }
        Ok(())
    }

    pub(super) fn claim(&self, worker: WorkerId, account: &str) -> Result<Claim> {
        let Working { job, state } = self.working(worker)?;
        self.execute(
            "UPDATE worker SET accounts = json_insert(accounts, '$[#]', number) FROM job_account
                WHERE id = ?1 AND job_account.job = ?2 AND name = ?3
                    AND NOT EXISTS (SELECT 1 FROM json_each(accounts) WHERE value = number)",
            (worker.0, job, account),
        )?;
        if state == JobState::Paused {
            return Ok(Claim::Stopped(state));
        }
        self.free_lost(job, Some(worker))?;
        self.leave_undone(job)?;
        let found = self.first(
            "SELECT job_account.number, key, chunk, next_seq, job_account.last_seq, held_from
                FROM job_account JOIN job ON job.number = job
                WHERE job = ?1 AND name = ?2",
            (job, account),
            |row| {
                Ok(Account {
                    number: row.get(0)?,
                    key: row.get(1)?,
                    chunk: row.get(2)?,
                    next_seq: row.get(3)?,
                    last_seq: row.get(4)?,
                    held_from: row.get(5)?,
                })
            },
        )?;
        let Some(account) = found else {
            return Ok(Claim::Nothing);
        };
        let suspended = self.suspended(&account.key)?;
        let is_outranked = self.is_outranked(job, &account.key)?;
        if suspended.is_none() && !is_outranked {
            let tickets = match self.claim_again(job, worker, account.number)? {
                tickets if tickets.is_empty() => self.claim_next(job, worker, &account)?,
                tickets => tickets,
            };
            if !tickets.is_empty() {
                return Ok(Claim::Tickets(tickets));
            }
        }
        self.claim_later(job, worker, &account, suspended, is_outranked)
    }

    /// Why an account is suspended now.
    fn suspended(&self, key: &str) -> Result<Option<Suspension>> {
        let sql = "SELECT suspended_because, suspended_until FROM account
            WHERE key = ?1 AND suspended_because IS NOT NULL
                AND (suspended_until IS NULL OR suspended_until > ?2)";
        self.first(sql, (key, self.now), |row| {
            let until: Option<i64> = row.get(1)?;
            Ok(Suspension {
                because: row.get(0)?,
                until: until.map(time),
            })
        })
    }

    /// Claims the first tickets that were claimed before and are free again.
    fn claim_again(&self, job: i64, worker: WorkerId, account: i64) -> Result<Vec<Claimed>> {
        if self
            .free_from(job, account)?
            .is_none_or(|from| from > self.now)
        {
            return Ok(Vec::new());
        }
        let sql = "SELECT first_seq, last_seq, put_back, put_back_since FROM claim
            WHERE job = ?1 AND account = ?2 AND worker IS NULL AND not_before <= ?3
            ORDER BY first_seq LIMIT 1";
        let range = self.first(sql, (job, account, self.now), |row| {
            let put_back = PutBack {
                times: row.get(2)?,
                since: time(row.get(3)?),
            };
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, put_back))
        })?;
        let Some((first, last, put_back)) = range else {
            return Ok(Vec::new());
        };
        self.execute(
            "UPDATE claim SET worker = ?4 WHERE job = ?1 AND account = ?2 AND first_seq = ?3",
            (job, account, first, worker.0),
        )?;
        let mut tickets = self.open_tickets(job, account, first, last, i64::MAX)?;
        if put_back.times > 0 {
            for ticket in &mut tickets {
                ticket.put_back = Some(put_back);
            }
        }
        Ok(tickets)
    }

    /// When the first of the free claims may be claimed.
    fn free_from(&self, job: i64, account: i64) -> Result<Option<i64>> {
        let sql = "SELECT not_before FROM claim
            WHERE job = ?1 AND worker IS NULL AND account = ?2 ORDER BY not_before LIMIT 1";
        self.first(sql, (job, account), |row| row.get(0))
    }

    /// Claims the first tickets that nobody had yet.
    fn claim_next(&self, job: i64, worker: WorkerId, account: &Account) -> Result<Vec<Claimed>> {
        let Account { number, chunk, .. } = *account;
        let free_until = account.free_until();
        if account.next_seq > free_until {
            return Ok(Vec::new());
        }
        let tickets = self.open_tickets(job, number, account.next_seq, free_until, chunk)?;
        let seqs = || tickets.iter().map(|ticket| ticket.seq.cast_signed());
        let (first, last) = (seqs().next(), seqs().next_back());
        let is_last = i64::try_from(tickets.len()).is_ok_and(|count| count < chunk);
        let next = last.filter(|_| !is_last).unwrap_or(free_until) + 1;
        self.execute(
            "UPDATE job_account SET next_seq = ?3 WHERE job = ?1 AND number = ?2",
            (job, number, next),
        )?;
        if let (Some(first), Some(last)) = (first, last) {
            self.execute(
                "INSERT INTO claim (job, account, first_seq, last_seq, open, worker)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (job, number, first, last, tickets.len(), worker.0),
            )?;
        }
        Ok(tickets)
    }

    fn open_tickets(
        &self,
        job: i64,
        account: i64,
        first: i64,
        last: i64,
        limit: i64,
    ) -> Result<Vec<Claimed>> {
        let tickets = self.all(
            "SELECT seq, id, version, seen, ifnull((
                    SELECT iif(call.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM doubt
                        WHERE doubt.job = ticket.job AND doubt.seq = ticket.seq AND doubt.call = call.id),
                        attempts / 2, 0)
                    FROM call WHERE call.id = last_call), 0)
                FROM ticket WHERE job = ?1 AND seq BETWEEN ?3 AND ?4 AND account = ?2 AND outcome IS NULL
                ORDER BY seq LIMIT ?5",
            (job, account, first, last, limit),
            |row| {
                let version: Option<String> = row.get(2)?;
                let seen: Option<String> = row.get(3)?;
                let claimed = Claimed {
                    seq: row.get(0)?,
                    id: TicketId::new(row.get_ref(1)?.as_str()?),
                    version: version.map(Version::new),
                    seen: None,
                    put_back: None,
                    in_doubt: None,
                    accepted: None,
                    lost_calls: row.get(4)?,
                };
                Ok((claimed, seen))
            },
        )?;
        let with_seen = |(mut claimed, seen): (Claimed, Option<String>)| {
            claimed.seen = seen
                .map(|seen| from_json("how a ticket was seen", &seen))
                .transpose()?;
            Ok(claimed)
        };
        let mut tickets = tickets
            .into_iter()
            .map(with_seen)
            .collect::<Result<Vec<_>>>()?;
        // The longest of the calls that may have changed it.
        let doubts = self.all(
            "SELECT seq, max(iif(ended_at IS NULL, expires_at, 0)),
                    count(*) FILTER (WHERE ended_at IS NULL AND worker IS NOT NULL)
                FROM doubt JOIN call ON call.id = doubt.call
                WHERE doubt.job = ?1 AND seq BETWEEN ?2 AND ?3 GROUP BY seq",
            (job, first, last),
            |row| {
                let doubt = (row.get::<_, i64>(1)?, row.get::<_, u32>(2)?);
                Ok((row.get::<_, u64>(0)?, doubt))
            },
        )?;
        let doubts: BTreeMap<_, _> = doubts.into_iter().collect();
        for ticket in &mut tickets {
            let Some((acts_until, lost_calls)) = doubts.get(&ticket.seq) else {
                continue;
            };
            ticket.in_doubt = Some(left(self.now, *acts_until));
            ticket.lost_calls = ticket.lost_calls.max(*lost_calls);
        }
        if !doubts.is_empty() {
            let accepted = self.all(
                "SELECT seq, accepted FROM doubt JOIN call ON call.id = doubt.call
                    WHERE doubt.job = ?1 AND seq BETWEEN ?2 AND ?3 AND accepted IS NOT NULL
                    ORDER BY call.id",
                (job, first, last),
                |row| {
                    Ok((
                        row.get::<_, u64>(0)?,
                        VendorJob::stored(row.get_ref(1)?.as_str()?),
                    ))
                },
            )?;
            // Of several, the last one.
            let accepted: BTreeMap<_, _> = accepted.into_iter().collect();
            for ticket in &mut tickets {
                ticket.accepted = accepted.get(&ticket.seq).cloned();
            }
        }
        Ok(tickets)
    }

    /// When to claim again, if there was nothing to claim.
    fn claim_later(
        &self,
        job: i64,
        worker: WorkerId,
        account: &Account,
        suspended: Option<Suspension>,
        is_outranked: bool,
    ) -> Result<Claim> {
        let is_untouched = self.is_untouched(job, account)?;
        let free_from = self.free_from(job, account.number)?;
        let sql = "SELECT 1 FROM claim
            WHERE job = ?1 AND account = ?2 AND worker IS NOT NULL AND worker <> ?3 LIMIT 1";
        let others = self.first(sql, (job, account.number, worker.0), |_| Ok(()))?;
        if let Some(why) = suspended
            && (is_untouched || free_from.is_some() || others.is_some())
        {
            return Ok(Claim::Suspended(why));
        }
        // A job that goes first may be done at any moment.
        let free = if is_outranked {
            (is_untouched || free_from.is_some()).then_some(BEAT)
        } else {
            free_from.map(|from| left(self.now, from))
        };
        let wait = free.into_iter().chain(others.map(|()| BEAT)).min();
        Ok(match wait {
            Some(wait) => Claim::Later(wait),
            None if account.is_held() => Claim::Held,
            None => Claim::Nothing,
        })
    }

    /// Whether an account has tickets that nobody had yet and that are not held back.
    fn is_untouched(&self, job: i64, account: &Account) -> Result<bool> {
        if !account.is_held() {
            return Ok(account.next_seq <= account.last_seq);
        }
        let sql = "SELECT 1 FROM ticket
            WHERE job = ?1 AND seq BETWEEN ?3 AND ?4 AND account = ?2 LIMIT 1";
        let places = (account.next_seq, account.free_until());
        let found = self.first(sql, (job, account.number, places.0, places.1), |_| Ok(()))?;
        Ok(found.is_some())
    }

    pub(super) fn archived(&self, worker: WorkerId, entries: &[(u64, String)]) -> Result<()> {
        let Working { job, .. } = self.working(worker)?;
        for (seq, sha256) in entries {
            let archived = self.execute(
                "UPDATE ticket SET archived_at = ?4, archived_sha256 = ?5
                    WHERE job = ?1 AND seq = ?2 AND outcome IS NULL
                        AND EXISTS (SELECT 1 FROM claim WHERE claim.job = ?1
                            AND claim.account = ticket.account AND worker = ?3
                            AND ?2 BETWEEN first_seq AND last_seq)",
                (job, seq.cast_signed(), worker.0, self.now, sha256),
            )?;
            if archived == 0 {
                return Err(conflict(format!(
                    "this worker does not have the ticket at place {seq}"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn put_back(&self, worker: WorkerId, account: &str, wait: Duration) -> Result<()> {
        let Working { job, .. } = self.working(worker)?;
        self.execute(
            "UPDATE claim SET worker = NULL, not_before = ?4, put_back = put_back + ?5,
                    put_back_since = iif(put_back = 0, ?6, put_back_since)
                WHERE job = ?1 AND worker = ?2
                    AND account = (SELECT number FROM job_account WHERE job = ?1 AND name = ?3)",
            (
                job,
                worker.0,
                account,
                self.now.saturating_add(span(wait)),
                !wait.is_zero(),
                self.now,
            ),
        )?;
        self.leave_undone(job)
    }
}

/// An account of a job.
struct Account {
    number: i64,
    key: String,
    chunk: i64,
    next_seq: i64,
    last_seq: i64,
    /// Tickets from here on wait for the canary's end.
    held_from: Option<i64>,
}

impl Account {
    /// Whether some of its tickets wait for the canary's end.
    fn is_held(&self) -> bool {
        self.held_from.is_some_and(|from| from <= self.last_seq)
    }

    /// The last place that can be claimed.
    fn free_until(&self) -> i64 {
        let held = self.held_from.map_or(i64::MAX, |from| from - 1);
        self.last_seq.min(held)
    }
}
