//! The transactions of the ledger.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::Duration;

use jiff::Timestamp;
use ticket_core::{Error, ErrorKind, Operation, Outcome, Result};

use super::quota::Account;
use super::rows::{CallRow, Calls, JobRow, TicketRow, count};
use crate::clock::{later, until};
use crate::ledger::{BEAT, LOST_AFTER, MARGIN};
use crate::model::{
    AccountState, CallId, Claim, Ended, Job, JobCall, JobId, JobState, JobTicket, NewCall, NewJob,
    Step, Taken, Which, Work, WorkerId,
};

#[derive(Debug)]
pub(super) struct State {
    pub(super) now: Timestamp,
    pub(super) jobs: HashMap<JobId, JobRow>,
    pub(super) calls: Calls,
    accounts: BTreeMap<String, Account>,
    workers: BTreeMap<WorkerId, Worker>,
    jobs_created: u64,
    workers_begun: u64,
    calls_taken: u64,
}

/// A worker that has not finished.
#[derive(Debug)]
struct Worker {
    job: JobId,
    lost_at: Timestamp,
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

// Jobs.
impl State {
    pub(super) fn create(&mut self, job: NewJob) -> JobId {
        let mut id = JobId::random();
        while self.jobs.contains_key(&id) {
            id = JobId::random();
        }
        self.jobs_created += 1;
        let row = JobRow::new(
            id.clone(),
            self.jobs_created,
            job.change,
            job.created_by,
            self.now,
        );
        self.jobs.insert(id.clone(), row);
        id
    }

    pub(super) fn job(&self, id: &JobId) -> Result<&JobRow> {
        self.jobs.get(id).ok_or_else(|| no_job(id))
    }

    fn job_mut(&mut self, id: &JobId) -> Result<&mut JobRow> {
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

    pub(super) fn steer(&mut self, id: &JobId, step: Step) -> Result<JobState> {
        use JobState::{Cancelled, Cancelling, Paused, Ready};
        let Self { jobs, accounts, .. } = self;
        let job = jobs.get_mut(id).ok_or_else(|| no_job(id))?;
        job.state = match (step, job.state) {
            (Step::Pause, Ready | Paused) => Paused,
            (Step::Resume, Ready | Paused) => Ready,
            (Step::Cancel, Ready | Paused | Cancelling) => Cancelling,
            (Step::Cancel, Cancelled) => Cancelled,
            (step, state) => {
                let step = match step {
                    Step::Pause => "paused",
                    Step::Resume => "resumed",
                    Step::Cancel => "cancelled",
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
    fn leave_rest(&mut self, id: &JobId) -> Result<JobState> {
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
            let is_idle = job.state.is_over() || job.state == JobState::Loading;
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

// Workers.
impl State {
    pub(super) fn workers_of(&self, job: &JobId) -> u64 {
        let workers = self.workers.values();
        count(workers.filter(|worker| worker.job == *job && worker.lost_at > self.now))
    }

    pub(super) fn begin(&mut self, id: &JobId) -> Result<WorkerId> {
        if self.job(id)?.state == JobState::Loading {
            return Err(conflict(format!("the list of job {id} is not complete")));
        }
        self.workers_begun += 1;
        let worker = WorkerId(self.workers_begun);
        let job = id.clone();
        let lost_at = later(self.now, LOST_AFTER);
        self.workers.insert(worker, Worker { job, lost_at });
        self.leave_rest(id)?;
        Ok(worker)
    }

    /// The worker's job, if the worker is not lost.
    fn job_of(&self, worker: WorkerId) -> Result<JobId> {
        let live = self
            .workers
            .get(&worker)
            .filter(|worker| worker.lost_at > self.now);
        let job = live.map(|worker| worker.job.clone());
        job.ok_or_else(|| conflict(format!("worker {} is lost", worker.0)))
    }

    pub(super) fn beat(&mut self, worker: WorkerId) -> Result<JobState> {
        let job = self.job_of(worker)?;
        let lost_at = later(self.now, LOST_AFTER);
        if let Some(worker) = self.workers.get_mut(&worker) {
            worker.lost_at = lost_at;
        }
        self.leave_rest(&job)
    }

    pub(super) fn finish(&mut self, worker: WorkerId) {
        if let Some(Worker { job, .. }) = self.workers.remove(&worker) {
            let _ = self.leave_rest(&job);
        }
    }

    pub(super) fn claim(&mut self, worker: WorkerId, name: &str) -> Result<Claim> {
        let id = self.job_of(worker)?;
        let state = self.leave_rest(&id)?;
        let Self {
            now,
            jobs,
            calls,
            accounts,
            workers,
            ..
        } = self;
        let now = *now;
        let job = jobs.get_mut(&id).ok_or_else(|| no_job(&id))?;
        if state.is_over() {
            return Ok(Claim::Nothing);
        }
        if state == JobState::Paused {
            return Ok(Claim::Stopped(state));
        }
        let (mut places, mut waits, mut has_others) = (Vec::new(), None, false);
        let account = job.account(name);
        let chunk = account.map_or(1, |account| account.chunk);
        let suspension = account.and_then(|account| accounts.get(&account.key)?.suspension(now));
        for seq in job.open_of(name) {
            let Some(ticket) = job.tickets.get(&seq) else {
                continue;
            };
            let is_claimed = is_claimed(ticket, workers, now);
            if is_claimed && ticket.claimed_by == Some(worker) {
                continue;
            }
            has_others = true;
            if state == JobState::Cancelling && !ticket.is_in_doubt(calls) {
                continue;
            }
            let wait = if is_claimed {
                BEAT
            } else {
                until(now, ticket.not_before)
            };
            if wait.is_zero() {
                places.push(seq);
            } else {
                waits = Some(waits.map_or(wait, |least| wait.min(least)));
            }
            if places.len() == chunk {
                break;
            }
        }
        if !has_others {
            return Ok(Claim::Nothing);
        }
        if places.is_empty() && waits.is_none() {
            return Ok(Claim::Stopped(state));
        }
        if let Some(why) = suspension {
            return Ok(Claim::Suspended(why.clone()));
        }
        let mut claimed = Vec::with_capacity(places.len());
        for seq in places {
            if let Some(ticket) = job.tickets.get_mut(&seq) {
                ticket.claimed_by = Some(worker);
                claimed.push(ticket.to_claimed(seq, calls, now));
            }
        }
        match waits {
            Some(wait) if claimed.is_empty() => Ok(Claim::Later(wait)),
            _ => Ok(Claim::Tickets(claimed)),
        }
    }

    pub(super) fn put_back(&mut self, worker: WorkerId, name: &str, wait: Duration) -> Result<()> {
        let id = self.job_of(worker)?;
        let not_before = later(self.now, wait);
        let job = self.job_mut(&id)?;
        for seq in job.open_of(name).collect::<Vec<_>>() {
            let ticket = job.tickets.get_mut(&seq);
            let Some(ticket) = ticket.filter(|ticket| ticket.claimed_by == Some(worker)) else {
                continue;
            };
            ticket.claimed_by = None;
            ticket.not_before = not_before;
        }
        self.leave_rest(&id)?;
        Ok(())
    }

    pub(super) fn settle(&mut self, worker: WorkerId, outcomes: Vec<(u64, Outcome)>) -> Result<()> {
        let id = self.job_of(worker)?;
        let now = self.now;
        let job = self.job_mut(&id)?;
        for (seq, _) in &outcomes {
            let ticket = job.tickets.get(seq);
            if !ticket
                .is_some_and(|ticket| ticket.is_decided() || ticket.claimed_by == Some(worker))
            {
                let worker = worker.0;
                return Err(conflict(format!(
                    "worker {worker} does not have ticket {seq}"
                )));
            }
        }
        for (seq, outcome) in outcomes {
            job.decide(seq, outcome, now);
        }
        job.end_if_decided();
        self.leave_rest(&id)?;
        Ok(())
    }
}

// Calls.
impl State {
    pub(super) fn account(&mut self, key: &str) -> &mut Account {
        self.accounts.entry(key.to_owned()).or_default()
    }

    pub(super) fn take(&mut self, call: NewCall) -> Result<Taken> {
        if let Some(work) = &call.work {
            self.allows(work, call.operation)?;
        }
        let Self {
            now,
            jobs,
            calls,
            accounts,
            ..
        } = self;
        let account = accounts.entry(call.account.clone()).or_default();
        if let Some(refused) = account.refuses(&call, calls, *now) {
            return Ok(refused);
        }
        self.calls_taken += 1;
        let id = CallId(self.calls_taken);
        let expires_at = later(*now, call.longest.saturating_add(MARGIN));
        account.insert(id, expires_at, &call.limits);
        if let Some(work) = call.work.as_ref().filter(|_| call.operation.is_write())
            && let Some(job) = jobs.get_mut(&work.job)
        {
            for ticket in &call.tickets {
                let seq = job.place(&work.account, ticket);
                if let Some(ticket) = seq.and_then(|seq| job.tickets.get_mut(&seq)) {
                    ticket.writes.push(id);
                }
            }
        }
        let row = CallRow {
            account: call.account,
            operation: call.operation,
            requests: call.requests,
            tickets: call.tickets,
            work: call.work,
            taken_at: *now,
            expires_at,
            ended: None,
        };
        calls.insert(id, row);
        Ok(Taken::Slot(id))
    }

    /// Fails unless the work may make this call now.
    fn allows(&self, work: &Work, operation: Operation) -> Result<()> {
        let refuse = |why: String| Err(Error::new(ErrorKind::Cancelled, why));
        let state = self.job(&work.job)?.state;
        if self.job_of(work.worker).ok().as_ref() != Some(&work.job) {
            return refuse(format!("worker {} is lost", work.worker.0));
        }
        match state {
            JobState::Ready => Ok(()),
            // What is in doubt is looked at.
            JobState::Cancelling if !operation.is_write() => Ok(()),
            state => refuse(format!("job {} is {state}", work.job)),
        }
    }

    pub(super) fn end(&mut self, id: CallId, ended: Ended) {
        let Self {
            now,
            jobs,
            calls,
            accounts,
            ..
        } = self;
        let Some(call) = calls.get_mut(&id).filter(|call| call.ended.is_none()) else {
            return;
        };
        let at = (ended != Ended::Unsent).then_some(*now);
        if let Some(account) = accounts.get_mut(&call.account) {
            account.ended(id, call.expires_at, at);
        }
        if at.is_some() {
            call.ended = Some((ended, *now));
            return;
        }
        let Some(call) = calls.remove(&id) else {
            return;
        };
        let Some(work) = &call.work else { return };
        let Some(job) = jobs.get_mut(&work.job) else {
            return;
        };
        for ticket in &call.tickets {
            let seq = job.place(&work.account, ticket);
            if let Some(ticket) = seq.and_then(|seq| job.tickets.get_mut(&seq)) {
                ticket.writes.retain(|write| *write != id);
            }
        }
    }

    pub(super) fn accounts(&self) -> Vec<AccountState> {
        let is_lost = |call: &&CallRow| {
            let worker = call.work.as_ref().map(|work| work.worker);
            worker.is_some_and(|worker| self.job_of(worker).is_err())
        };
        let accounts = self.accounts.iter().map(|(key, account)| AccountState {
            key: key.clone(),
            in_flight: count(account.in_flight(&self.calls, self.now)),
            lost: count(account.in_flight(&self.calls, self.now).filter(is_lost)),
            closed_until: account.closed_until.filter(|time| *time > self.now),
            suspended: account.suspension(self.now).cloned(),
        });
        accounts.collect()
    }
}

/// Whether a worker that is not lost has the ticket.
fn is_claimed(ticket: &TicketRow, workers: &BTreeMap<WorkerId, Worker>, now: Timestamp) -> bool {
    let worker = ticket.claimed_by.and_then(|worker| workers.get(&worker));
    worker.is_some_and(|worker| worker.lost_at > now)
}

fn no_job(id: &JobId) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no job {id}"))
}

fn conflict(message: String) -> Error {
    Error::new(ErrorKind::Conflict, message)
}
