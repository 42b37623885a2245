//! The model that schedules are held against: the list of all that happened. Each question is answered by going through
//! the whole list, by the words of the contract.

use std::time::Duration;

use jiff::Timestamp;
use ticket_core::provider::Limit;
use ticket_core::{Operation, TicketId};

use super::schedule::Plan;
use crate::clock::{later, until};

use crate::ledger::LOST_AFTER;
use crate::model::{CallId, Ended, JobState, PutBack, Step, WorkerId};

#[derive(Debug)]
pub(super) enum Event {
    Began(WorkerId, usize),
    Beat(WorkerId),
    Finished(WorkerId),
    /// A worker claimed of an account, or tried to.
    Came(WorkerId, usize),
    Claimed(WorkerId, Vec<u64>),
    PutBack(WorkerId, usize, Duration),
    Settled(usize, u64, &'static str),
    Taken(Call),
    Ended(CallId, Ended),
    Closed(usize, Duration),
    Suspended(usize, Option<Timestamp>),
    Resumed(usize),
    Steered(usize, Step),
    Pruned(usize),
    Confirmed(usize),
    Archived(usize, Vec<u64>),
    Prioritized(usize, i16),
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) id: CallId,
    /// The index of the account.
    pub(super) account: usize,
    pub(super) operation: Operation,
    pub(super) requests: usize,
    pub(super) tickets: Vec<TicketId>,
    pub(super) expires_at: Timestamp,
    pub(super) work: Option<(usize, WorkerId)>,
    pub(super) late: bool,
}

/// A distinct ticket of a job.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) seq: u64,
    /// The index of the account.
    pub(super) account: usize,
    pub(super) id: TicketId,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) now: Timestamp,
    pub(super) events: Vec<(Timestamp, Event)>,
    /// The distinct tickets of each job.
    pub(super) jobs: Vec<Vec<Ticket>>,
    /// The limits of each account.
    pub(super) limits: Vec<Vec<Limit>>,
    /// The plan of each job; the usual one beyond.
    pub(super) plans: Vec<Plan>,
}

impl Model {
    pub(super) fn add(&mut self, event: Event) {
        self.events.push((self.now, event));
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().map(|(_, event)| event)
    }

    pub(super) fn job_of(&self, worker: WorkerId) -> Option<usize> {
        self.events().find_map(|event| match event {
            Event::Began(who, job) if *who == worker => Some(*job),
            _ => None,
        })
    }

    /// Whether the worker missed its beats.
    pub(super) fn is_lost(&self, worker: WorkerId) -> bool {
        let mut seen = Timestamp::MIN;
        for (at, event) in &self.events {
            if matches!(event, Event::Began(who, _) | Event::Beat(who) if *who == worker) {
                seen = *at;
            }
        }
        later(seen, LOST_AFTER) <= self.now
    }

    pub(super) fn is_live(&self, worker: WorkerId) -> bool {
        let is_end = |event: &Event| matches!(event, Event::Finished(who) if *who == worker);
        !self.is_lost(worker) && !self.events().any(is_end)
    }

    pub(super) fn workers(&self) -> Vec<WorkerId> {
        let began = self.events().filter_map(|event| match event {
            Event::Began(worker, _) => Some(*worker),
            _ => None,
        });
        began.collect()
    }

    pub(super) fn live_workers(&self, job: usize) -> u64 {
        let workers = self.workers().into_iter();
        let live =
            workers.filter(|worker| self.is_live(*worker) && self.job_of(*worker) == Some(job));
        live.map(|_| 1).sum()
    }

    /// Whether a worker of the job that is not lost has claimed of the account, or tried to.
    fn is_attended(&self, job: usize, account: usize) -> bool {
        let came = |worker: WorkerId| {
            let mut events = self.events();
            events.any(|event| matches!(event, Event::Came(who, place) if (*who, *place) == (worker, account)))
        };
        let workers = self.workers().into_iter();
        let mut of_job = workers.filter(|worker| self.job_of(*worker) == Some(job));
        of_job.any(|worker| came(worker) && self.is_live(worker))
    }

    /// Which worker has the ticket, and before when nobody gets it.
    pub(super) fn holder(&self, job: usize, ticket: &Ticket) -> (Option<WorkerId>, Timestamp) {
        let (mut holder, mut not_before) = (None, Timestamp::MIN);
        for (at, event) in &self.events {
            match event {
                Event::Claimed(worker, seqs)
                    if self.job_of(*worker) == Some(job) && seqs.contains(&ticket.seq) =>
                {
                    holder = Some(*worker);
                }
                Event::PutBack(worker, account, wait)
                    if holder == Some(*worker) && *account == ticket.account =>
                {
                    holder = None;
                    not_before = later(*at, *wait);
                }
                _ => {}
            }
        }
        (holder.filter(|worker| self.is_live(*worker)), not_before)
    }

    /// How often the ticket was put back to be tried later, and when first.
    pub(super) fn put_back(&self, job: usize, ticket: &Ticket) -> Option<PutBack> {
        let (mut holder, mut put_back) = (None, None::<PutBack>);
        for (at, event) in &self.events {
            match event {
                Event::Claimed(worker, seqs)
                    if self.job_of(*worker) == Some(job) && seqs.contains(&ticket.seq) =>
                {
                    holder = Some(*worker);
                }
                Event::PutBack(worker, account, wait)
                    if holder == Some(*worker) && *account == ticket.account =>
                {
                    holder = None;
                    if !wait.is_zero() {
                        let (times, since) = (0, *at);
                        put_back.get_or_insert(PutBack { times, since }).times += 1;
                    }
                }
                _ => {}
            }
        }
        put_back
    }

    pub(super) fn outcome(&self, job: usize, seq: u64) -> Option<&'static str> {
        self.events().find_map(|event| match event {
            Event::Settled(of, place, outcome) if (*of, *place) == (job, seq) => Some(*outcome),
            _ => None,
        })
    }

    pub(super) fn open(&self, job: usize) -> impl Iterator<Item = &Ticket> {
        let tickets = self.jobs.get(job).into_iter().flatten();
        tickets.filter(move |ticket| self.outcome(job, ticket.seq).is_none())
    }

    /// How long the calls that leave the ticket in doubt may still act; `None` if it is not in doubt.
    pub(super) fn in_doubt(&self, job: usize, ticket: &Ticket) -> Option<Duration> {
        let acts_for = |call: &Call| match self.end(call.id) {
            None => Some(until(self.now, call.expires_at)),
            Some((ended, _)) if ended.is_without_effect() => None,
            Some(_) => Some(Duration::ZERO),
        };
        if self.outcome(job, ticket.seq).is_some() {
            return None;
        }
        let writes = self.naming(job, ticket);
        let writes = writes.filter(|call| call.operation.is_write());
        writes.filter_map(acts_for).max()
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.events().filter_map(|event| match event {
            Event::Taken(call) => Some(call),
            _ => None,
        })
    }

    /// How and when a call ended first.
    pub(super) fn end(&self, id: CallId) -> Option<(Ended, Timestamp)> {
        self.events.iter().find_map(|(at, event)| match event {
            Event::Ended(call, ended) if *call == id => Some((ended.clone(), *at)),
            _ => None,
        })
    }

    /// The calls of an account that were sent, and until when each is or was on its way.
    pub(super) fn sent(&self, account: usize) -> impl Iterator<Item = (&Call, Timestamp)> {
        let calls = self.calls().filter(move |call| call.account == account);
        calls.filter_map(|call| match self.end(call.id) {
            None => Some((call, call.expires_at)),
            Some((Ended::Unsent, _)) => None,
            Some((_, at)) => Some((call, at)),
        })
    }

    /// The calls of an account that are in flight, or may be.
    pub(super) fn in_flight(&self, account: usize) -> impl Iterator<Item = &Call> {
        let sent = self.sent(account).map(|(call, _)| call);
        sent.filter(|call| self.end(call.id).is_none() && call.expires_at > self.now)
    }

    pub(super) fn is_busy(&self, account: usize, operation: Operation) -> bool {
        self.covering(account, operation).any(|limit| {
            let calls = self
                .in_flight(account)
                .filter(|call| limit.covers(call.operation));
            limit
                .max_concurrent
                .is_some_and(|most| calls.count() >= most.get())
        })
    }

    fn covering(&self, account: usize, operation: Operation) -> impl Iterator<Item = &Limit> {
        let limits = self.limits.get(account).into_iter().flatten();
        limits.filter(move |limit| limit.covers(operation))
    }

    /// Whether a window has no room for so many requests at this time, if calls in flight end now.
    fn is_full_at(
        &self,
        account: usize,
        operation: Operation,
        requests: usize,
        time: Timestamp,
    ) -> bool {
        self.covering(account, operation).any(|limit| {
            limit.windows.iter().any(|quota| {
                let counts = |(call, over_at): &(&Call, Timestamp)| {
                    let over_at = if time > self.now {
                        (*over_at).min(self.now)
                    } else {
                        *over_at
                    };
                    limit.covers(call.operation) && later(over_at, quota.window) > time
                };
                let counting = self.sent(account).filter(counts);
                let counting: usize = counting.map(|(call, _)| call.requests).sum();
                counting + requests > usize::try_from(quota.calls).unwrap_or(usize::MAX)
            })
        })
    }

    /// `None` if the windows have room now; else the latest time at which they have room if calls in flight end now.
    pub(super) fn full(
        &self,
        account: usize,
        operation: Operation,
        requests: usize,
    ) -> Option<Duration> {
        if !self.is_full_at(account, operation, requests, self.now) {
            return None;
        }
        let windows = self
            .covering(account, operation)
            .flat_map(|limit| &limit.windows);
        let times = windows.flat_map(|quota| {
            let sent = self.sent(account);
            sent.map(|(_, over_at)| later(over_at.min(self.now), quota.window))
        });
        let times = times.filter(|time| *time > self.now);
        let free = times.filter(|time| !self.is_full_at(account, operation, requests, *time));
        Some(
            free.min()
                .map_or(Duration::MAX, |time| until(self.now, time)),
        )
    }

    pub(super) fn closed_until(&self, account: usize) -> Option<Timestamp> {
        let closed = self.events.iter().filter_map(|(at, event)| match event {
            Event::Closed(which, wait) if *which == account => Some(later(*at, *wait)),
            _ => None,
        });
        closed.max().filter(|time| *time > self.now)
    }

    pub(super) fn is_suspended(&self, account: usize) -> bool {
        let mut suspended = None;
        for event in self.events() {
            match event {
                Event::Suspended(which, until) if *which == account => suspended = Some(*until),
                Event::Resumed(which) if *which == account => suspended = None,
                Event::Steered(job, Step::Resume) if self.has_account(*job, account) => {
                    suspended = None;
                }
                _ => {}
            }
        }
        suspended.is_some_and(|until| until.is_none_or(|until| until > self.now))
    }

    pub(super) fn priority(&self, job: usize) -> i16 {
        let changes = self.events().filter_map(|event| match event {
            Event::Prioritized(which, priority) if *which == job => Some(*priority),
            _ => None,
        });
        changes.last().unwrap_or_default()
    }

    /// The open tickets of an account that do not wait for the canary.
    pub(super) fn within_reach(&self, job: usize, account: usize) -> impl Iterator<Item = &Ticket> {
        let held_from = self.held_from(job).unwrap_or(u64::MAX);
        self.open(job)
            .filter(move |ticket| ticket.account == account && ticket.seq < held_from)
    }

    /// Whether nobody has the ticket, and it is not to be tried later.
    pub(super) fn is_free(&self, job: usize, ticket: &Ticket) -> bool {
        let (holder, not_before) = self.holder(job, ticket);
        holder.is_none() && not_before <= self.now
    }

    /// Whether another job goes first at this account.
    pub(super) fn is_outranked(&self, job: usize, account: usize) -> bool {
        let goes_first = |other: usize| {
            let competes = |ticket: &Ticket| {
                self.holder(other, ticket).0.is_some() || self.is_free(other, ticket)
            };
            self.priority(other) > self.priority(job)
                && !self.is_pruned(other)
                && self.state(other) == JobState::Ready
                && self.is_attended(other, account)
                && self.within_reach(other, account).any(competes)
        };
        (0..self.jobs.len()).any(goes_first)
    }

    pub(super) fn has_account(&self, job: usize, account: usize) -> bool {
        let mut tickets = self.jobs.get(job).into_iter().flatten();
        tickets.any(|ticket| ticket.account == account)
    }

    /// The steps that people took of a job.
    fn steps(&self, job: usize) -> impl Iterator<Item = Step> {
        self.events().filter_map(move |event| match event {
            Event::Steered(which, step) if *which == job => Some(*step),
            _ => None,
        })
    }

    pub(super) fn state(&self, job: usize) -> JobState {
        let awaits = |plan: &Plan| plan.awaits_confirmation;
        let awaits = self.plans.get(job).is_some_and(awaits);
        let state = match self.steps(job).filter(|step| *step != Step::Release).last() {
            Some(Step::Cancel) => JobState::Cancelling,
            Some(Step::Pause) => JobState::Paused,
            _ if awaits && !self.is_confirmed(job) => JobState::AwaitingConfirmation,
            _ => JobState::Ready,
        };
        match (self.open(job).next(), state) {
            (Some(_), state) => state,
            (None, JobState::Cancelling) => JobState::Cancelled,
            (None, _) => JobState::Completed,
        }
    }

    pub(super) fn is_confirmed(&self, job: usize) -> bool {
        self.events()
            .any(|event| matches!(event, Event::Confirmed(which) if *which == job))
    }

    /// The place of the first ticket that waits for the canary.
    pub(super) fn held_from(&self, job: usize) -> Option<u64> {
        let ends = |step: Step| matches!(step, Step::Release | Step::Cancel);
        if self.steps(job).any(ends) {
            return None;
        }
        let canary = usize::try_from(self.plans.get(job)?.canary?).ok()?;
        Some(self.jobs.get(job)?.get(canary)?.seq)
    }

    /// The time and the number of the event by which the ticket was last archived.
    pub(super) fn archived(&self, job: usize, seq: u64) -> Option<(Timestamp, usize)> {
        let events = self.events.iter().enumerate();
        let mut archived = events.filter_map(|(number, (at, event))| match event {
            Event::Archived(which, seqs) if *which == job && seqs.contains(&seq) => {
                Some((*at, number))
            }
            _ => None,
        });
        archived.next_back()
    }

    /// The calls about a ticket that were sent, or may yet be.
    pub(super) fn naming<'a>(
        &'a self,
        job: usize,
        ticket: &'a Ticket,
    ) -> impl Iterator<Item = &'a Call> {
        self.calls().filter(move |call| {
            let is_the_jobs = call.work.is_some_and(|(of, _)| of == job);
            let is_there = call.account == ticket.account && call.tickets.contains(&ticket.id);
            let is_unsent = matches!(self.end(call.id), Some((Ended::Unsent, _)));
            is_the_jobs && is_there && !is_unsent
        })
    }

    pub(super) fn is_pruned(&self, job: usize) -> bool {
        self.events()
            .any(|event| matches!(event, Event::Pruned(which) if *which == job))
    }

    /// The most requests that the vendor counted in a window of this account above its quota, if there were any: each
    /// call counts at its beginning, or as late as it can.
    pub(super) fn vendor_counted_too_many(&self, account: usize) -> Option<String> {
        let taken = self.events.iter().filter_map(|(at, event)| match event {
            Event::Taken(call) => Some((call.id, *at)),
            _ => None,
        });
        let taken: Vec<_> = taken.collect();
        let arrival = |(call, over_at): (&Call, Timestamp)| {
            let start = taken
                .iter()
                .find(|(id, _)| *id == call.id)
                .map(|(_, at)| *at);
            let at = if call.late {
                over_at.min(call.expires_at)
            } else {
                start?
            };
            Some((at, call.operation, call.requests))
        };
        let arrivals: Vec<_> = self.sent(account).filter_map(arrival).collect();
        for limit in self.limits.get(account)? {
            let counted = || {
                arrivals
                    .iter()
                    .filter(|(_, operation, _)| limit.covers(*operation))
            };
            for quota in &limit.windows {
                for (end, ..) in counted() {
                    let within = |at: Timestamp| at <= *end && later(at, quota.window) > *end;
                    let requests = counted().filter(|(at, ..)| within(*at));
                    let requests: usize = requests.map(|(.., requests)| *requests).sum();
                    if u32::try_from(requests).is_ok_and(|requests| requests > quota.calls) {
                        return Some(format!("{requests} requests, where {quota} are allowed"));
                    }
                }
            }
        }
        None
    }
}
