//! The life of jobs: create, add, seal, discard, steer, prune.

use std::collections::HashMap;

use jiff::Timestamp;
use ticket_core::Error;
use ticket_core::model::Version;

use super::values::{self, Result, conflict, json, nanos, no_job};
use super::writer::{Write, clean};
use crate::model::{
    Confirmed, Event, JobAccount, JobId, JobState, Listed, LookedAgain, NewJob, Seen, Step,
};
use crate::store::About;

/// How often an id at random may be in use.
const ATTEMPTS: usize = 20;

impl Write<'_> {
    pub(super) fn create(&self, job: &NewJob) -> Result<JobId> {
        let (change, guards) = (json(&job.change)?, json(&job.guards)?);
        let erasure = job.erasure.as_ref().map(json).transpose()?;
        for _ in 0..ATTEMPTS {
            let id = JobId::random();
            let created = self.execute(
                "INSERT INTO job
                    (id, change, state, created_at, created_by, guards, awaits_confirmation, erasure,
                        priority)
                    VALUES (?1, ?2, 'loading', ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING",
                (
                    id.as_str(),
                    &change,
                    self.now,
                    &job.created_by,
                    &guards,
                    job.awaits_confirmation,
                    &erasure,
                    job.priority,
                ),
            )?;
            if created > 0 {
                return Ok(id);
            }
        }
        Err(Error::config("no id is free for another job; prune old jobs").into())
    }

    /// The number and the state of a job.
    pub(super) fn job(&self, id: &JobId) -> Result<(i64, JobState)> {
        let sql = "SELECT number, state FROM job WHERE id = ?1";
        let found = self.first(sql, [id.as_str()], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?))
        })?;
        let (number, state) = found.ok_or_else(|| no_job(id))?;
        Ok((number, values::state(&state)?))
    }

    /// The state of the job with this number.
    pub(super) fn state(&self, job: i64) -> Result<JobState> {
        let sql = "SELECT state FROM job WHERE number = ?1";
        let name = self.first(sql, [job], |row| row.get::<_, String>(0))?;
        values::state(&name.unwrap_or_default())
    }

    /// The number of a job that is loading.
    fn loading(&self, id: &JobId) -> Result<i64> {
        match self.job(id)? {
            (job, JobState::Loading) => Ok(job),
            (_, state) => Err(conflict(format!(
                "job {id} is {state}: its list is complete"
            ))),
        }
    }

    pub(super) fn add(&self, id: &JobId, tickets: &[Listed]) -> Result<()> {
        let job = self.loading(id)?;
        let sql = "SELECT last_seq FROM job WHERE number = ?1 AND NOT is_closed";
        let last = self.first(sql, [job], |row| row.get::<_, Option<i64>>(0))?;
        let Some(mut last) = last else {
            return Err(conflict(format!("the list of job {id} is complete")));
        };
        let mut accounts = self.added_accounts(job)?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO ticket (job, seq, account, id, version, people)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for ticket in tickets {
            let seq = i64::try_from(ticket.seq).unwrap_or(i64::MAX);
            if last.is_some_and(|last| seq <= last) {
                let message = format!("place {seq} of the list comes after a later one");
                return Err(Error::invalid_input(message).into());
            }
            last = Some(seq);
            let next = i64::try_from(accounts.len()).unwrap_or(i64::MAX);
            let account = match accounts.get_mut(ticket.account.as_str()) {
                Some(account) => account,
                None => accounts.entry(ticket.account.clone()).or_insert(Added {
                    number: next,
                    first: seq,
                    last: None,
                }),
            };
            account.last = Some(seq);
            let version = ticket.version.as_ref().map(Version::as_str);
            let people = Some(&ticket.people).filter(|people| !people.is_empty());
            let people = people.map(json).transpose()?;
            let id = ticket.id.as_str();
            insert.execute((job, seq, account.number, id, version, people))?;
        }
        for (name, account) in accounts {
            self.execute(
                "INSERT INTO job_account (job, number, name, next_seq, last_seq)
                    SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?5 IS NOT NULL
                    ON CONFLICT (job, number) DO UPDATE SET last_seq = excluded.last_seq",
                (job, account.number, name, account.first, account.last),
            )?;
        }
        self.execute(
            "UPDATE job SET tickets = tickets + ?2, last_seq = ?3 WHERE number = ?1",
            (job, tickets.len(), last),
        )?;
        Ok(())
    }

    /// The accounts of a job that is loading, none of which has changed yet.
    fn added_accounts(&self, job: i64) -> Result<HashMap<String, Added>> {
        let sql = "SELECT name, number, next_seq FROM job_account WHERE job = ?1";
        let accounts = self.all(sql, [job], |row| {
            let account = Added {
                number: row.get(1)?,
                first: row.get(2)?,
                last: None,
            };
            Ok((row.get(0)?, account))
        })?;
        Ok(accounts.into_iter().collect())
    }

    pub(super) fn see(&self, id: &JobId, seen: &[(u64, Seen)]) -> Result<()> {
        let job = self.loading(id)?;
        for (seq, seen) in seen {
            let sql = "UPDATE ticket SET seen = ?3 WHERE job = ?1 AND seq = ?2";
            self.execute(sql, (job, seq.cast_signed(), json(seen)?))?;
        }
        Ok(())
    }

    pub(super) fn looked_again(&self, id: &JobId, looks: &[(u64, LookedAgain)]) -> Result<()> {
        let (job, _) = self.job(id)?;
        let sql = "SELECT 1 FROM job WHERE number = ?1 AND erasure IS NOT NULL";
        if self.first(sql, [job], |_| Ok(()))?.is_none() {
            return Err(conflict(format!("job {id} is no erasure")));
        }
        for (seq, looked) in looks {
            let sql = "UPDATE ticket SET looked_again = ?3
                WHERE job = ?1 AND seq = ?2 AND outcome IS NOT NULL";
            if self.execute(sql, (job, seq.cast_signed(), json(looked)?))? == 0 {
                return Err(conflict(format!(
                    "the ticket at place {seq} has no outcome"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn seal(
        &self,
        id: &JobId,
        accounts: &[JobAccount],
        digest: Option<&str>,
    ) -> Result<()> {
        let job = self.loading(id)?;
        for account in accounts {
            self.execute(
                "UPDATE job_account SET key = ?3, chunk = ?4, about = ?5
                    WHERE job = ?1 AND name = ?2",
                (
                    job,
                    &account.name,
                    &account.key,
                    account.chunk.max(1),
                    json(&About::of(account))?,
                ),
            )?;
        }
        let sql = "SELECT name FROM job_account WHERE job = ?1 AND key IS NULL LIMIT 1";
        if let Some(name) = self.first(sql, [job], |row| row.get::<_, String>(0))? {
            let message = format!("the job has tickets of the account {name}, which is not named");
            return Err(Error::invalid_input(message).into());
        }
        self.number_tickets(job)?;
        self.execute(
            "UPDATE job SET sealed_at = ?2, digest = ?3, held_from = ?4,
                    state = CASE WHEN tickets = 0 THEN 'completed'
                        WHEN awaits_confirmation THEN 'awaiting_confirmation' ELSE 'ready' END
                WHERE number = ?1",
            (job, self.now, digest, self.held_from(job)?),
        )?;
        Ok(())
    }

    /// The place of the first ticket after the canary.
    fn held_from(&self, job: i64) -> Result<Option<i64>> {
        let sql = "SELECT cast(guards ->> 'canary' AS INTEGER) FROM job WHERE number = ?1";
        let canary = self.first(sql, [job], |row| row.get::<_, Option<i64>>(0))?;
        let Some(tickets) = canary.flatten() else {
            return Ok(None);
        };
        let sql = "SELECT seq FROM ticket WHERE job = ?1 ORDER BY seq LIMIT 1 OFFSET ?2";
        self.first(sql, (job, tickets), |row| row.get(0))
    }

    pub(super) fn confirm(&self, id: &JobId, confirmed: &Confirmed) -> Result<()> {
        let (job, state) = self.job(id)?;
        if state != JobState::AwaitingConfirmation {
            return Err(conflict(format!(
                "job {id} is {state}, so it cannot be confirmed"
            )));
        }
        let sql = "UPDATE job SET state = 'ready', confirmed = ?2 WHERE number = ?1";
        self.execute(sql, (job, json(confirmed)?))?;
        Ok(())
    }

    pub(super) fn note(&self, id: &JobId, event: &Event) -> Result<()> {
        let (job, _) = self.job(id)?;
        self.execute(
            "INSERT INTO event SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM event WHERE job = ?1",
            (job, json(event)?),
        )?;
        Ok(())
    }

    pub(super) fn close_list(&self, id: &JobId) -> Result<()> {
        let job = self.loading(id)?;
        self.number_tickets(job)
    }

    /// Tells tickets from repetitions, and counts both.
    fn number_tickets(&self, job: i64) -> Result<()> {
        let sql = "UPDATE job SET is_closed = 1 WHERE number = ?1 AND NOT is_closed";
        if self.execute(sql, [job])? == 0 {
            return Ok(());
        }
        let tickets = self.execute(
            "INSERT INTO place SELECT job, account, id, min(seq) FROM ticket WHERE job = ?1
                GROUP BY account, id",
            [job],
        )?;
        let repeated = self.execute(
            "INSERT INTO repeated SELECT job, ticket.seq, place.seq
                FROM ticket JOIN place USING (job, account, id)
                WHERE job = ?1 AND place.seq < ticket.seq
                    AND ?2 < (SELECT tickets FROM job WHERE number = ?1)",
            (job, tickets),
        )?;
        if repeated > 0 {
            self.execute(
                "DELETE FROM ticket WHERE job = ?1
                    AND seq IN (SELECT seq FROM repeated WHERE job = ?1)",
                [job],
            )?;
        }
        self.execute(
            "UPDATE job_account SET (tickets, last_seq) =
                    (SELECT count(*), max(seq) FROM place WHERE job = ?1 AND account = number)
                WHERE job = ?1",
            [job],
        )?;
        self.execute(
            "UPDATE job SET tickets = ?2, repeated = ?3 WHERE number = ?1",
            (job, tickets, repeated),
        )?;
        Ok(())
    }

    pub(super) fn discard(&self, id: &JobId) -> Result<()> {
        let job = self.loading(id)?;
        self.execute("DELETE FROM job WHERE number = ?1", [job])?;
        Ok(())
    }

    pub(super) fn steer(&self, id: &JobId, step: Step) -> Result<JobState> {
        let (job, state) = self.job(id)?;
        let next = match (step, state) {
            (Step::Pause, JobState::Ready | JobState::Paused) => JobState::Paused,
            (Step::Resume, JobState::Ready | JobState::Paused) => JobState::Ready,
            (Step::Cancel, JobState::Cancelled) => return Ok(state),
            (
                Step::Cancel,
                JobState::AwaitingConfirmation
                | JobState::Ready
                | JobState::Paused
                | JobState::Cancelling,
            ) => JobState::Cancelling,
            (Step::Release, JobState::Ready | JobState::Paused) => {
                let sql = "UPDATE job SET held_from = NULL WHERE number = ?1";
                self.execute(sql, [job])?;
                return Ok(state);
            }
            (step, state) => {
                let step = match step {
                    Step::Pause => "paused",
                    Step::Resume => "resumed",
                    Step::Cancel => "cancelled",
                    Step::Release => "released",
                };
                return Err(conflict(format!(
                    "job {id} is {state}, so it cannot be {step}"
                )));
            }
        };
        let sql = "UPDATE job SET state = ?2, held_from = iif(?2 = 'cancelling', NULL, held_from)
            WHERE number = ?1 AND state <> ?2";
        self.execute(sql, (job, next.as_str()))?;
        if step == Step::Resume {
            self.execute(
                "UPDATE account SET suspended_because = NULL, suspended_until = NULL
                    WHERE suspended_because IS NOT NULL
                        AND key IN (SELECT key FROM job_account WHERE job = ?1)",
                [job],
            )?;
        }
        if step == Step::Cancel {
            self.leave_undone(job)?;
            return self.state(job);
        }
        Ok(next)
    }

    pub(super) fn prioritize(&self, id: &JobId, priority: i16) -> Result<()> {
        let (job, _) = self.job(id)?;
        let sql = "UPDATE job SET priority = ?2 WHERE number = ?1";
        self.execute(sql, (job, priority))?;
        Ok(())
    }

    pub(super) fn prune(&self, before: Timestamp) -> Result<Vec<JobId>> {
        let jobs = self.all(
            "SELECT number, id FROM job
                WHERE created_at < ?1 AND state IN
                    ('loading', 'awaiting_confirmation', 'completed', 'cancelled')
                ORDER BY number",
            [nanos(before)],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )?;
        let mut pruned = Vec::with_capacity(jobs.len());
        for (job, id) in jobs {
            // Those that still count stay without their job, and without what it was about.
            let sql = "UPDATE call SET tickets = '[]', job_account = NULL WHERE job = ?1";
            self.execute(sql, [job])?;
            self.execute("DELETE FROM job WHERE number = ?1", [job])?;
            pruned.push(id.parse::<JobId>()?);
        }
        if !pruned.is_empty() {
            clean(self.connection, self.now)?;
        }
        Ok(pruned)
    }
}

/// An account of a list that grows.
struct Added {
    number: i64,
    /// The place of its first ticket.
    first: i64,
    /// The place of the last one that was added just now.
    last: Option<i64>,
}
