//! Calls: which are sent, and how they end.

use std::time::Duration;

use ticket_core::{ErrorKind, Operation};

use super::{Replay, chosen, named};
use crate::clock::{later, until};
use crate::ledger::MARGIN;
use crate::model::{Ended, JobState, NewCall, Taken, Work, WorkerId};
use crate::suite::bench::{CaseResult, fails, wrong};
use crate::suite::model::{Call, Event};
use crate::suite::schedule::{ENDS, OPERATIONS, Take};

impl Replay<'_> {
    pub(super) async fn take(&mut self, take: &Take) -> CaseResult {
        let work = match take.worker {
            Some(number) => match self.worker(number) {
                Some(work) => Some(work),
                None => return Ok(()),
            },
            None => None,
        };
        let call = self.call(take, work)?;
        let taken = self.bench.ledger.take(call.clone()).await;
        if let Some((worker, job)) = work {
            let is_pruned = self.model.is_pruned(job);
            let makes_calls = match self.model.state(job) {
                JobState::Ready => true,
                JobState::Cancelling => !call.operation.is_write(),
                _ => false,
            };
            if !self.model.is_live(worker) || is_pruned || !makes_calls {
                self.seen.refused += 1;
                let what = "a lost worker or a job that makes no call took a slot";
                return match taken {
                    Err(_) if is_pruned => Ok(()),
                    taken => fails(what, taken, ErrorKind::Cancelled),
                };
            }
        }
        self.taken(taken?, take, call, work)
    }

    fn call(&self, take: &Take, work: Option<(WorkerId, usize)>) -> CaseResult<NewCall> {
        let (name, key) = named(take.account);
        let job = work.map_or(0, |(_, job)| job);
        let tickets = self.model.jobs.get(job).into_iter().flatten();
        let tickets = tickets.filter(|ticket| ticket.account == take.account);
        let ids = tickets.map(|ticket| ticket.id.clone()).collect();
        let limits = self.model.limits.get(take.account);
        Ok(NewCall {
            account: key.to_owned(),
            limits: limits.cloned().unwrap_or_default(),
            operation: *OPERATIONS.get(take.operation).unwrap_or(&Operation::Get),
            requests: take.requests,
            tickets: chosen(take.tickets, ids),
            longest: Duration::from_secs(take.longest),
            work: match work {
                Some((worker, job)) => Some(Work {
                    job: self.id(job)?,
                    worker,
                    account: name.to_owned(),
                }),
                None => None,
            },
        })
    }

    /// Holds what became of a call that the job and its worker may make against the limits.
    fn taken(
        &mut self,
        taken: Taken,
        take: &Take,
        call: NewCall,
        work: Option<(WorkerId, usize)>,
    ) -> CaseResult {
        let (model, account) = (&self.model, take.account);
        let closed = model.closed_until(account);
        let closed = closed.map(|time| until(model.now, time));
        let full = model.full(account, call.operation, call.requests);
        let is_busy = model.is_busy(account, call.operation);
        if let Taken::Full(wait) | Taken::Closed(wait) = taken {
            self.told = wait;
        }
        let is_right = match taken {
            Taken::Closed(wait) => closed == Some(wait),
            Taken::Busy(wait) => closed.is_none() && is_busy && !wait.is_zero(),
            Taken::Full(wait) => {
                closed.is_none() && !wait.is_zero() && full.is_some_and(|least| wait <= least)
            }
            Taken::Slot(id, _) => {
                let is_free = closed.is_none() && !is_busy && full.is_none();
                is_free && model.calls().all(|call| call.id != id)
            }
        };
        if !is_right {
            let expected = format!("closed: {closed:?}, busy: {is_busy}, full: {full:?}");
            return wrong("a call was to be sent", expected, taken);
        }
        if let Taken::Slot(id, _) = taken {
            self.seen.calls += 1;
            let call = Call {
                id,
                account,
                operation: call.operation,
                requests: call.requests,
                tickets: call.tickets,
                expires_at: later(model.now, call.longest + MARGIN),
                work: work.map(|(worker, job)| (job, worker)),
                late: take.late,
            };
            self.model.add(Event::Taken(call));
        } else {
            self.seen.refused += 1;
        }
        Ok(())
    }

    pub(super) async fn end(&mut self, number: usize, end: usize) -> CaseResult {
        let calls: Vec<_> = self.model.calls().cloned().collect();
        let among = calls.len().min(6);
        let index = number
            .checked_rem(among)
            .and_then(|back| calls.len().checked_sub(1 + back));
        let Some(call) = index.and_then(|index| calls.get(index)) else {
            return Ok(());
        };
        let ended = ENDS.get(end).cloned().unwrap_or(Ended::Answered);
        let has_job = call.work.is_some_and(|(job, _)| !self.model.is_pruned(job));
        let is_over = self.model.end(call.id).is_some();
        if !has_job && !is_over && call.expires_at <= self.model.now {
            // Whether the row is still there is the ledger's choice.
            return Ok(());
        }
        self.bench.ledger.end(call.id, ended.clone()).await?;
        self.model.add(Event::Ended(call.id, ended));
        Ok(())
    }
}
