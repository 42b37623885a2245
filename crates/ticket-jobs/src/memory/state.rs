//! The transactions of the ledger.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use jiff::Timestamp;
use ticket_core::{Error, ErrorKind, Outcome, Result};

use super::quota::Account;
use super::rows::{Calls, JobRow, TicketRow};
use crate::model::{
    CallId, Confirmed, Job, JobCall, JobId, JobState, JobTicket, NewJob, Step, Which, WorkerId,
};

#[derive(Debug)]
pub(super) struct State {
    pub(super) now: Timestamp,
    pub(super) jobs: HashMap<JobId, JobRow>,
    pub(super) calls: Calls,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) workers: BTreeMap<WorkerId, Worker>,
    jobs_created: u64,
    pub(super) workers_begun: u64,
    pub(super) calls_taken: u64,
}

/// A worker that has not finished.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) job: JobId,
    pub(super) lost_at: Timestamp,
    /// The accounts of which it has claimed, or tried to.
    pub(super) accounts: BTreeSet<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            now: Timestamp::MIN,
            jobs: HashMap::new(),
            calls: BTreeMap::new(),
            accounts: BTreeMap::new(),
            workers: BTreeMap::new(),
            jobs_created: 0,
            workers_begun: 0,
            calls_taken: 0,
        }
    }
}

impl State {
    pub(super) fn create(&mut self, job: NewJob) -> JobId {
        let mut id = JobId::random();
        while self.jobs.contains_key(&id) {
            id = JobId::random();
        }
        self.jobs_created += 1;
        let row = JobRow::new(id.clone(), self.jobs_created, job, self.now);
        self.jobs.insert(id.clone(), row);
        id
    }

    pub(super) fn job(&self, id: &JobId) -> Result<&JobRow> {
        self.jobs.get(id).ok_or_else(|| no_job(id))
    }

    pub(super) fn job_mut(&mut self, id: &JobId) -> Result<&mut JobRow> {
        self.jobs.get_mut(id).ok_or_else(|| no_job(id))
    }

    /// The job, which must be loading.
    pub(super) fn loading(&mut self, id: &JobId) -> Result<&mut JobRow> {
        let job = self.job_mut(id)?;
        match job.state {
            JobState::Loading => Ok(job),
            state => Err(conflict(format!(
                "job {id} is {state}; its list is complete"
            ))),
        }
    }

    pub(super) fn jobs(&self) -> Vec<Job> {
        let mut rows: Vec<_> = self.jobs.values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.number));
        let jobs = rows.into_iter();
        jobs.map(|row| row.to_job(self.workers_of(&row.id)))
            .collect()
    }

    pub(super) fn confirm(&mut self, id: &JobId, confirmed: Confirmed) -> Result<()> {
        let job = self.job_mut(id)?;
        if job.state != JobState::AwaitingConfirmation {
            let state = job.state;
            return Err(conflict(format!(
                "job {id} is {state} and cannot be confirmed"
            )));
        }
        job.confirmed = Some(confirmed);
        job.state = JobState::Ready;
        Ok(())
    }

    pub(super) fn steer(&mut self, id: &JobId, step: Step) -> Result<JobState> {
        use JobState::{AwaitingConfirmation, Cancelled, Cancelling, Paused, Ready};
        let Self { jobs, accounts, .. } = self;
        let job = jobs.get_mut(id).ok_or_else(|| no_job(id))?;
        job.state = match (step, job.state) {
            (Step::Pause, Ready | Paused) => Paused,
            (Step::Resume, Ready | Paused) => Ready,
            (Step::Cancel, AwaitingConfirmation | Ready | Paused | Cancelling) => {
                job.held_from = None;
                Cancelling
            }
            (Step::Cancel, Cancelled) => Cancelled,
            (Step::Release, Ready | Paused) => {
                job.held_from = None;
                job.state
            }
            (step, state) => {
                let step = match step {
                    Step::Pause => "paused",
                    Step::Resume => "resumed",
                    Step::Cancel => "cancelled",
                    Step::Release => "released",
                };
                return Err(conflict(format!(
                    "job {id} is {state} and cannot be {step}"
                )));
            }
        };
        if step == Step::Resume {
            for key in job.keys() {
                if let Some(account) = accounts.get_mut(key) {
                    account.suspended = None;
                }
            }
        }
        self.leave_rest(id)
    }

    /// If the job is cancelling, leaves undone what nobody has and what is not in doubt. Returns the job's state.
    pub(super) fn leave_rest(&mut self, id: &JobId) -> Result<JobState> {
        let Self {
            now,
            jobs,
            calls,
            workers,
            ..
        } = self;
        let job = jobs.get_mut(id).ok_or_else(|| no_job(id))?;
        if job.state == JobState::Cancelling {
            let is_left = |ticket: &TicketRow| {
                !is_claimed(ticket, workers, *now) && !ticket.is_in_doubt(calls)
            };
            let places = job.open();
            let left = places.filter(|seq| job.tickets.get(seq).is_some_and(is_left));
            for seq in left.collect::<Vec<_>>() {
                let error = Error::new(ErrorKind::Cancelled, "the job was cancelled");
                job.decide(seq, Outcome::Unattempted(error), *now);
            }
            job.end_if_decided();
        }
        Ok(job.state)
    }

    pub(super) fn tickets(
        &self,
        id: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        Ok(self.job(id)?.list(which, after, limit, &self.calls))
    }

    pub(super) fn calls(
        &self,
        id: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        self.job(id)?;
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let calls = self.calls.range((after, Bound::Unbounded));
        let calls = calls.filter(|(_, call)| call.is_of(id));
        Ok(calls
            .map(|(call, row)| row.to_call(*call))
            .take(limit)
            .collect())
    }

    pub(super) fn prune(&mut self, before: Timestamp) -> Vec<JobId> {
        let is_old = |job: &JobRow| {
            let is_idle = job.state.is_over()
                || matches!(
                    job.state,
                    JobState::Loading | JobState::AwaitingConfirmation
                );
            is_idle && job.created_at < before
        };
        let removed = self.jobs.extract_if(|_, job| is_old(job));
        let removed: Vec<_> = removed.map(|(id, _)| id).collect();
        let Self {
            now,
            jobs,
            calls,
            accounts,
            workers,
            ..
        } = self;
        workers.retain(|_, worker| jobs.contains_key(&worker.job));
        calls.retain(|id, call| {
            let is_needed = call
                .work
                .as_ref()
                .is_some_and(|work| jobs.contains_key(&work.job));
            let Some(account) = accounts.get_mut(&call.account) else {
                return is_needed;
            };
            let stays = is_needed || account.counts(call, *now);
            if !stays {
                account.ended(*id, call.over_at(), None);
            }
            stays
        });
        removed
    }
}

/// Whether a worker that is not lost has the ticket.
pub(super) fn is_claimed(
    ticket: &TicketRow,
    workers: &BTreeMap<WorkerId, Worker>,
    now: Timestamp,
) -> bool {
    let worker = ticket.claimed_by.and_then(|worker| workers.get(&worker));
    worker.is_some_and(|worker| worker.lost_at > now)
}

pub(super) fn no_job(id: &JobId) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no job {id}"))
}

pub(super) fn conflict(message: String) -> Error {
    Error::new(ErrorKind::Conflict, message)
}
