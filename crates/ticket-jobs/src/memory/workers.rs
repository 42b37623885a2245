//! Workers: what they claim, put back and settle.

use std::collections::BTreeSet;
use std::time::Duration;

use ticket_core::{Outcome, Result};

use super::rows::count;
use super::state::{State, Worker, conflict, is_claimed, no_job};
use crate::clock::{later, until};
use crate::ledger::{BEAT, LOST_AFTER};
use crate::model::{Archived, Claim, JobId, JobState, PutBack, WorkerId};

impl State {
    pub(super) fn workers_of(&self, job: &JobId) -> u64 {
        let workers = self.workers.values();
        count(workers.filter(|worker| worker.job == *job && worker.lost_at > self.now))
    }

    pub(super) fn begin(&mut self, id: &JobId) -> Result<WorkerId> {
        match self.job(id)?.state {
            JobState::Loading => {
                return Err(conflict(format!("the list of job {id} is not complete")));
            }
            JobState::AwaitingConfirmation => {
                return Err(conflict(format!("job {id} is not confirmed")));
            }
            _ => {}
        }
        self.workers_begun += 1;
        let worker = WorkerId(self.workers_begun);
        let job = id.clone();
        let lost_at = later(self.now, LOST_AFTER);
        let accounts = BTreeSet::new();
        let begun = Worker {
            job,
            lost_at,
            accounts,
        };
        self.workers.insert(worker, begun);
        self.leave_rest(id)?;
        Ok(worker)
    }

    /// The worker's job, if the worker is not lost.
    pub(super) fn job_of(&self, worker: WorkerId) -> Result<JobId> {
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
        if let Some(worker) = self.workers.get_mut(&worker) {
            worker.accounts.insert(name.to_owned());
        }
        let state = self.leave_rest(&id)?;
        let is_outranked = self.is_outranked(self.job(&id)?, name);
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
        let mut is_held = false;
        let held_from = job.held_from;
        let account = job.account(name);
        let chunk = account.map_or(1, |account| account.chunk.max(1));
        let suspension = account.and_then(|account| accounts.get(&account.key)?.suspension(now));
        for seq in job.open_of(name) {
            let Some(ticket) = job.tickets.get(&seq) else {
                continue;
            };
            let is_claimed = is_claimed(ticket, workers, now);
            if is_claimed && ticket.claimed_by == Some(worker) {
                continue;
            }
            if held_from.is_some_and(|from| seq >= from) {
                is_held = true;
                break;
            }
            has_others = true;
            if state == JobState::Cancelling && !ticket.is_in_doubt(calls) {
                continue;
            }
            let wait = if is_claimed || is_outranked {
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
            return Ok(if is_held { Claim::Held } else { Claim::Nothing });
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
        let (now, not_before) = (self.now, later(self.now, wait));
        let job = self.job_mut(&id)?;
        for seq in job.open_of(name).collect::<Vec<_>>() {
            let ticket = job.tickets.get_mut(&seq);
            let Some(ticket) = ticket.filter(|ticket| ticket.claimed_by == Some(worker)) else {
                continue;
            };
            ticket.claimed_by = None;
            ticket.not_before = not_before;
            if !wait.is_zero() {
                let put_back = ticket.put_back.get_or_insert(PutBack {
                    times: 0,
                    since: now,
                });
                put_back.times += 1;
            }
        }
        self.leave_rest(&id)?;
        Ok(())
    }

    pub(super) fn archived(&mut self, worker: WorkerId, entries: Vec<(u64, String)>) -> Result<()> {
        let id = self.job_of(worker)?;
        let at = self.now;
        let job = self.job_mut(&id)?;
        for (seq, _) in &entries {
            let ticket = job.tickets.get(seq);
            if ticket.is_none_or(|ticket| ticket.claimed_by != Some(worker)) {
                let worker = worker.0;
                return Err(conflict(format!(
                    "worker {worker} does not have ticket {seq}"
                )));
            }
        }
        for (seq, sha256) in entries {
            job.archive(seq, Archived { at, sha256 });
        }
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
