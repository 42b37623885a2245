//! A ledger in memory that is wrong in one way.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ticket_core::provider::Limit;
use ticket_core::{Effect, Error, ErrorKind, Operation, Outcome, Result, TicketId};
use ticket_jobs::{
    AccountState, CallId, Claim, Claimed, Clock, Confirmed, Ended, Event, Guards, Job, JobAccount,
    JobCall, JobId, JobState, JobTicket, LOST_AFTER, Ledger, Listed, LookedAgain, MemoryLedger,
    NewCall, NewJob, Offer, Seen, Step, Suspension, Taken, Which, Work, WorkerId,
};

use crate::flaws::Flaw;

#[derive(Debug)]
pub(crate) struct Flawed {
    flaw: Flaw,
    clock: Clock,
    begun_at: Timestamp,
    right: MemoryLedger,
    notes: Mutex<Notes>,
}

/// What the ledger that is right does not tell.
#[derive(Debug, Default)]
struct Notes {
    /// The job of each worker, and when it was last heard.
    workers: HashMap<WorkerId, (JobId, Timestamp)>,
    claimed: Vec<(WorkerId, Vec<Claimed>)>,
    calls: HashMap<CallId, (NewCall, Timestamp)>,
    ended: HashMap<CallId, Ended>,
    refused: HashSet<TicketId>,
    listed: HashSet<(JobId, String, TicketId)>,
    outcomes: HashMap<(JobId, u64), Outcome>,
    closed: HashMap<String, Timestamp>,
    suspended: HashMap<String, Suspension>,
    /// From which place on the tickets of a job wait.
    held_from: HashMap<JobId, u64>,
}

const REFUSED: Ended = Ended::Failed {
    kind: ErrorKind::RateLimited,
    effect: Effect::None,
    status: None,
};

fn plus(time: Timestamp, wait: Duration) -> Timestamp {
    time.checked_add(SignedDuration::try_from(wait).unwrap())
        .unwrap()
}

impl Flawed {
    pub(crate) fn new(flaw: Flaw, clock: Clock) -> Self {
        Self {
            flaw,
            right: MemoryLedger::with_clock(clock.clone()),
            begun_at: clock.now(),
            clock,
            notes: Mutex::default(),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    fn job_of(&self, worker: WorkerId) -> Option<JobId> {
        Some(self.notes().workers.get(&worker)?.0.clone())
    }

    /// Whether the worker was not heard of for so long.
    fn is_silent(&self, worker: WorkerId, time: Duration) -> bool {
        let heard = self.notes().workers.get(&worker).map(|(_, heard)| *heard);
        heard.is_some_and(|heard| plus(heard, time) <= self.clock.now())
    }

    async fn hear(&self, worker: WorkerId) {
        if self.has(Flaw::LosesEarly)
            && self.is_silent(
                worker,
                LOST_AFTER.checked_sub(Duration::from_secs(1)).unwrap(),
            )
        {
            self.right.finish(worker).await.unwrap();
        }
    }

    /// Whether a job of a higher priority, which is ready, has open tickets at an account of the same key.
    async fn has_higher(&self, job: &JobId, account: &str) -> Result<bool> {
        let job = self.right.job(job).await?;
        let key = job.accounts.iter().find(|one| one.name == account);
        let Some(key) = key.map(|one| one.key.as_str()) else {
            return Ok(false);
        };
        let is_higher = |other: &Job| {
            let mut accounts = other.accounts.iter();
            let has_open = accounts.any(|one| one.key == key && one.open > 0);
            other.priority > job.priority && other.state == JobState::Ready && has_open
        };
        Ok(self.right.jobs().await?.iter().any(is_higher))
    }

    fn open_calls(&self, is_one: impl Fn(&NewCall) -> bool) -> Vec<CallId> {
        let notes = self.notes();
        let open = notes
            .calls
            .iter()
            .filter(|(id, _)| !notes.ended.contains_key(id));
        open.filter(|(_, (call, _))| is_one(call))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Makes the call of something that the ledger should not allow.
    async fn allow(
        &self,
        taken: Result<Taken>,
        call: NewCall,
        state: Option<JobState>,
    ) -> Result<Taken> {
        let Some(work) = call.work.clone() else {
            return taken;
        };
        let is_state = match state {
            Some(state) => self.right.job(&work.job).await?.state == state,
            None => true,
        };
        if taken.is_err() && is_state {
            return self.right.take(NewCall { work: None, ..call }).await;
        }
        taken
    }

    fn limits(&self, limit: &mut Limit) {
        let milli = Duration::from_millis(1);
        match self.flaw {
            Flaw::KeepsOneWindow => limit.windows.truncate(1),
            Flaw::ForgetsOperations => limit.operations.clear(),
            Flaw::NeverBusy => limit.max_concurrent = None,
            Flaw::OpensEarly => {
                for quota in &mut limit.windows {
                    quota.window = quota.window.checked_sub(milli).unwrap();
                }
            }
            Flaw::ForgetsOldCalls => {
                for quota in &mut limit.windows {
                    quota.window = quota.window.min(Duration::from_secs(3600));
                }
            }
            _ => {}
        }
    }

    /// The worker's tickets are somebody else's: a new worker's that settles them.
    async fn settle_anyway(&self, job: &JobId, outcomes: Vec<(u64, Outcome)>) -> Result<()> {
        let worker = self.right.begin(job).await?;
        for account in self.right.job(job).await?.accounts {
            while let Claim::Tickets(_) = self.right.claim(worker, &account.name).await? {}
        }
        let _ = self.right.settle(worker, outcomes).await;
        self.right.finish(worker).await
    }

    /// The calls of a job that name a ticket.
    fn naming(&self, job: &JobId, ticket: &JobTicket) -> Vec<(CallId, Operation, Option<Ended>)> {
        let notes = self.notes();
        let is_its = |call: &NewCall| {
            let work = call.work.as_ref();
            let is_there =
                work.is_some_and(|work| work.job == *job && work.account == ticket.account);
            is_there && call.tickets.contains(&ticket.id)
        };
        let calls = notes.calls.iter().filter(|(_, (call, _))| is_its(call));
        calls
            .map(|(id, (call, _))| (*id, call.operation, notes.ended.get(id).cloned()))
            .collect()
    }

    fn as_counted(&self, job: &JobId, ticket: &mut JobTicket) {
        let naming = self.naming(job, ticket);
        let is_unsent = |ended: &Option<Ended>| *ended == Some(Ended::Unsent);
        let unsent = || naming.iter().filter(|(.., ended)| is_unsent(ended));
        match self.flaw {
            Flaw::CountsWritesAlone => {
                let is_write = |operation: Operation| operation.is_write();
                let sent = naming.iter().filter(|(.., ended)| !is_unsent(ended));
                let writes = sent.filter(|(_, operation, _)| is_write(*operation));
                ticket.attempts = writes.map(|_| 1).sum();
            }
            Flaw::KeepsUnsent => ticket.attempts += unsent().map(|_| 1).sum::<u64>(),
            Flaw::ForgetsEarlierCall if unsent().any(|(id, ..)| Some(*id) > ticket.last_call) => {
                ticket.last_call = None;
            }
            _ => {}
        }
    }

    fn as_told(&self, mut job: Job) -> Job {
        match self.flaw {
            Flaw::CompletesEmpty if job.tickets == 0 => job.state = JobState::Ready,
            Flaw::CompletesEarly if !job.counts.is_empty() && job.state == JobState::Ready => {
                job.state = JobState::Completed;
            }
            Flaw::ForgetsGuards => job.guards = Guards::default(),
            Flaw::HoldsCancelled
                if matches!(job.state, JobState::Cancelling | JobState::Cancelled) =>
            {
                job.held_from = self.notes().held_from.get(&job.id).copied();
            }
            Flaw::Miscounts => {
                if let Some(count) = job.counts.values_mut().next() {
                    *count -= 1;
                }
            }
            _ => {}
        }
        job
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Ledger for Flawed {
    fn now(&self) -> Timestamp {
        if self.has(Flaw::TimeStandsStill) {
            return self.begun_at;
        }
        self.right.now()
    }

    async fn create(&self, mut job: NewJob) -> Result<JobId> {
        let canary = &mut job.guards.canary;
        match self.flaw {
            Flaw::NeverHolds => *canary = None,
            Flaw::ReleasesOneMore => *canary = canary.map(|tickets| tickets.saturating_add(1)),
            _ => {}
        }
        if self.has(Flaw::ForgetsPriority) {
            job.priority = 0;
        }
        if self.has(Flaw::ForgetsErasure) {
            job.erasure = None;
        }
        self.right.create(job).await
    }

    async fn add(&self, job: &JobId, mut tickets: Vec<Listed>) -> Result<()> {
        if self.has(Flaw::DropsRepetitions) {
            let listed = &mut self.notes().listed;
            tickets.retain(|one| listed.insert((job.clone(), one.account.clone(), one.id.clone())));
        }
        if self.has(Flaw::DropsVersions) {
            for ticket in &mut tickets {
                ticket.version = None;
            }
        }
        if self.has(Flaw::ForgetsPeople) {
            for ticket in &mut tickets {
                ticket.people.clear();
            }
        }
        let added = self.right.add(job, tickets).await;
        if self.has(Flaw::AddsLate) {
            Ok(())
        } else {
            added
        }
    }

    async fn close_list(&self, job: &JobId) -> Result<()> {
        if self.has(Flaw::NeverCloses) {
            return self.right.job(job).await.map(|_| ());
        }
        self.right.close_list(job).await
    }

    async fn see(&self, job: &JobId, seen: Vec<(u64, Seen)>) -> Result<()> {
        if self.has(Flaw::ForgetsSeen) {
            return self.right.see(job, Vec::new()).await;
        }
        let recorded = self.right.see(job, seen).await;
        if self.has(Flaw::SeesLate) {
            return self.right.job(job).await.map(|_| ());
        }
        recorded
    }

    async fn seal(
        &self,
        job: &JobId,
        accounts: Vec<JobAccount>,
        digest: Option<String>,
    ) -> Result<()> {
        self.right.seal(job, accounts, digest).await?;
        let held_from = self.right.job(job).await?.held_from;
        let held_from = held_from.map(|place| (job.clone(), place));
        self.notes().held_from.extend(held_from);
        Ok(())
    }

    async fn confirm(&self, job: &JobId, mut confirmed: Confirmed) -> Result<()> {
        if self.has(Flaw::DropsApproval) {
            confirmed.approval = None;
        }
        let done = self.right.confirm(job, confirmed).await;
        if self.has(Flaw::ConfirmsAgain) && done.is_err() {
            let is_confirmed = self.right.job(job).await?.confirmed.is_some();
            return if is_confirmed { Ok(()) } else { done };
        }
        done
    }

    async fn archived(&self, worker: WorkerId, entries: Vec<(u64, String)>) -> Result<()> {
        if self.has(Flaw::ForgetsArchived) {
            return self.right.archived(worker, Vec::new()).await;
        }
        let archived = self.right.archived(worker, entries.clone()).await;
        match (self.flaw, &archived) {
            (Flaw::LostWorkerArchives, Err(_)) if self.is_silent(worker, LOST_AFTER) => Ok(()),
            (Flaw::ArchivesInParts, Err(_)) => {
                for one in entries {
                    let _ = self.right.archived(worker, vec![one]).await;
                }
                archived
            }
            _ => archived,
        }
    }

    async fn looked_again(&self, job: &JobId, mut looks: Vec<(u64, LookedAgain)>) -> Result<()> {
        match self.flaw {
            Flaw::LooksOnce => {
                for ticket in self.right.tickets(job, Which::Named, None, 100).await? {
                    let is_again = ticket.looked_again.is_some();
                    looks.retain(|(seq, _)| !is_again || *seq != ticket.seq);
                }
            }
            Flaw::LooksInParts => {
                for one in looks {
                    self.right.looked_again(job, vec![one]).await?;
                }
                return Ok(());
            }
            _ => {}
        }
        let recorded = self.right.looked_again(job, looks).await;
        if self.has(Flaw::LooksAtAll) {
            return self.right.job(job).await.map(|_| ());
        }
        recorded
    }

    async fn note(&self, job: &JobId, event: Event) -> Result<()> {
        self.right.note(job, event).await
    }

    async fn events(&self, job: &JobId) -> Result<Vec<Event>> {
        let mut events = self.right.events(job).await?;
        if self.has(Flaw::ReversesEvents) {
            events.reverse();
        }
        Ok(events)
    }

    async fn discard(&self, job: &JobId) -> Result<()> {
        if self.has(Flaw::KeepsDiscarded) {
            return Ok(());
        }
        self.right.discard(job).await
    }

    async fn job(&self, job: &JobId) -> Result<Job> {
        let read = self.right.job(job).await;
        if self.has(Flaw::InventsJobs) {
            return read.map_err(|error| Error::new(ErrorKind::Conflict, error.to_string()));
        }
        read.map(|job| self.as_told(job))
    }

    async fn jobs(&self) -> Result<Vec<Job>> {
        let mut jobs = self.right.jobs().await?;
        if self.has(Flaw::ListsOldestFirst) {
            jobs.reverse();
        }
        Ok(jobs.into_iter().map(|job| self.as_told(job)).collect())
    }

    async fn steer(&self, job: &JobId, step: Step) -> Result<JobState> {
        if self.has(Flaw::CancelsClaimed) && step == Step::Cancel {
            let workers: Vec<_> = self.notes().workers.keys().copied().collect();
            for worker in workers {
                if self.job_of(worker).as_ref() == Some(job) {
                    self.right.finish(worker).await?;
                }
            }
        }
        if self.has(Flaw::CancelsDoubt) && step == Step::Cancel {
            let open = self.right.tickets(job, Which::Open, None, 100).await?;
            let error = Error::new(ErrorKind::Cancelled, "cancelled");
            let outcomes = open
                .iter()
                .map(|one| (one.seq, Outcome::Unattempted(error.clone())));
            self.settle_anyway(job, outcomes.collect()).await?;
            return Ok(self.right.job(job).await?.state);
        }
        let state = self.right.job(job).await?.state;
        match (self.flaw, step, state) {
            (Flaw::KeepsUnconfirmed, Step::Cancel, JobState::AwaitingConfirmation) => {
                return Err(Error::new(ErrorKind::Conflict, "it is not confirmed"));
            }
            (Flaw::NeverReleases, Step::Release, JobState::Ready | JobState::Paused) => {
                return Ok(state);
            }
            _ => {}
        }
        let steered = self.right.steer(job, step).await;
        if self.has(Flaw::StaysSuspended) && step == Step::Resume {
            let suspended = self.notes().suspended.clone();
            for (key, why) in suspended {
                self.right.suspend(&key, Some(why)).await?;
            }
        }
        if self.has(Flaw::ResumesCancelled) && step == Step::Resume && steered.is_err() {
            return Ok(JobState::Ready);
        }
        steered
    }

    async fn prioritize(&self, job: &JobId, priority: i16) -> Result<()> {
        let priority = match self.flaw {
            Flaw::KeepsPriority => self.right.job(job).await?.priority,
            _ => priority,
        };
        self.right.prioritize(job, priority).await
    }

    async fn offers(&self, accounts: &[String], limit: usize) -> Result<Vec<Offer>> {
        let mut offers = match self.flaw {
            Flaw::OffersSuspended => {
                let suspended = self.notes().suspended.clone();
                for key in suspended.keys() {
                    self.right.suspend(key, None).await?;
                }
                let offers = self.right.offers(accounts, limit).await?;
                for (key, why) in suspended {
                    self.right.suspend(&key, Some(why)).await?;
                }
                offers
            }
            _ => self.right.offers(accounts, limit).await?,
        };
        if self.has(Flaw::OffersLeastFirst) {
            offers.reverse();
        }
        Ok(offers)
    }

    async fn begin(&self, job: &JobId) -> Result<WorkerId> {
        if self.has(Flaw::BeginsUnconfirmed) {
            let nobody = Confirmed::new(self.clock.now(), "nobody");
            let _ = self.right.confirm(job, nobody).await;
        }
        let worker = self.right.begin(job).await?;
        let heard = (job.clone(), self.clock.now());
        self.notes().workers.insert(worker, heard);
        Ok(worker)
    }

    async fn beat(&self, worker: WorkerId) -> Result<JobState> {
        self.hear(worker).await;
        if self.has(Flaw::ForgetsBeats)
            && let Some(job) = self.job_of(worker)
        {
            return Ok(self.right.job(&job).await?.state);
        }
        let state = self.right.beat(worker).await?;
        if let Some((_, heard)) = self.notes().workers.get_mut(&worker) {
            *heard = self.clock.now();
        }
        Ok(state)
    }

    async fn finish(&self, worker: WorkerId) -> Result<()> {
        if self.has(Flaw::KeepsAfterFinish) {
            return Ok(());
        }
        self.right.finish(worker).await
    }

    async fn claim(&self, worker: WorkerId, account: &str) -> Result<Claim> {
        self.hear(worker).await;
        let job = self.job_of(worker);
        if let Some(job) = job.as_ref().filter(|_| self.has(Flaw::GivesNoDoubt)) {
            let state = self.right.job(job).await?.state;
            if state == JobState::Cancelling {
                return Ok(Claim::Stopped(state));
            }
        }
        if let Some(job) = job.as_ref().filter(|_| self.has(Flaw::WaitsForIdle))
            && self.has_higher(job, account).await?
        {
            return Ok(Claim::Later(Duration::from_secs(1)));
        }
        let priorities = if self.has(Flaw::GoesByTurns) {
            self.right.jobs().await?
        } else {
            Vec::new()
        };
        for job in &priorities {
            self.right.prioritize(&job.id, 0).await?;
        }
        let claim = self.right.claim(worker, account).await;
        for job in &priorities {
            self.right.prioritize(&job.id, job.priority).await?;
        }
        let mut claim = claim?;
        if let Claim::Tickets(tickets) = &mut claim {
            match self.flaw {
                Flaw::ClaimsBackwards => tickets.reverse(),
                Flaw::DoubtsAll => {
                    for ticket in tickets.iter_mut() {
                        ticket.in_doubt.get_or_insert_default();
                    }
                }
                Flaw::ForgetsPutBack => {
                    for ticket in tickets.iter_mut() {
                        ticket.put_back = None;
                    }
                }
                Flaw::ForgetsLostCalls => {
                    for ticket in tickets.iter_mut() {
                        ticket.lost_calls = 0;
                    }
                }
                Flaw::ForgetsVendorJobs => {
                    for ticket in tickets.iter_mut() {
                        ticket.accepted = None;
                    }
                }
                Flaw::ForgetsExpiry => {
                    for ticket in tickets.iter_mut() {
                        ticket.in_doubt = ticket.in_doubt.map(|_| Duration::ZERO);
                    }
                }
                _ => {}
            }
            if let Some(job) = job.filter(|_| self.has(Flaw::ClaimsOfAll)) {
                for other in self.right.job(&job).await?.accounts {
                    if let Claim::Tickets(more) = self.right.claim(worker, &other.name).await? {
                        tickets.extend(more);
                    }
                }
            }
            self.notes().claimed.push((worker, tickets.clone()));
        }
        match (self.flaw, &claim, self.job_of(worker)) {
            (Flaw::HeldIsNothing, Claim::Held, _) => return Ok(Claim::Nothing),
            (Flaw::SuspensionHidesCanary, Claim::Held, Some(job)) => {
                let accounts = self.right.job(&job).await?.accounts;
                let key = accounts.into_iter().find(|one| one.name == account);
                let why = key.and_then(|one| self.notes().suspended.get(&one.key).cloned());
                return Ok(why.map_or(claim, Claim::Suspended));
            }
            _ => {}
        }
        if self.has(Flaw::ClaimsTwice) && matches!(claim, Claim::Later(_)) {
            let notes = self.notes();
            let latest = notes.claimed.last();
            return Ok(latest.map_or(claim, |(_, tickets)| Claim::Tickets(tickets.clone())));
        }
        Ok(claim)
    }

    async fn put_back(&self, worker: WorkerId, account: &str, wait: Duration) -> Result<()> {
        self.hear(worker).await;
        match self.flaw {
            Flaw::KeepsPutBack => return Ok(()),
            Flaw::CountsGivenBack if wait.is_zero() => {
                let wait = Duration::from_nanos(1);
                return self.right.put_back(worker, account, wait).await;
            }
            Flaw::PutsBackAtOnce => {
                return self.right.put_back(worker, account, Duration::ZERO).await;
            }
            Flaw::PutsBackAll => {
                if let Some(job) = self.job_of(worker) {
                    for account in self.right.job(&job).await?.accounts {
                        self.right.put_back(worker, &account.name, wait).await?;
                    }
                }
            }
            Flaw::PutBackEndsDoubt => {
                let is_its = |work: &Work| work.worker == worker;
                for call in self.open_calls(|call| call.work.as_ref().is_some_and(is_its)) {
                    self.right.end(call, Ended::Unsent).await?;
                }
            }
            _ => {}
        }
        self.right.put_back(worker, account, wait).await
    }

    async fn settle(&self, worker: WorkerId, mut outcomes: Vec<(u64, Outcome)>) -> Result<()> {
        self.hear(worker).await;
        let job = self.job_of(worker);
        match self.flaw {
            Flaw::SettlesInParts => {
                for one in outcomes {
                    self.right.settle(worker, vec![one]).await?;
                    tokio::task::yield_now().await;
                }
                return Ok(());
            }
            Flaw::ForgetsErrors => {
                for (_, outcome) in &mut outcomes {
                    if let Outcome::Failed(error) = outcome {
                        *error = Error::new(error.kind(), "it failed");
                    }
                }
            }
            _ => {}
        }
        let settled = self.right.settle(worker, outcomes.clone()).await;
        match (self.flaw, settled, job) {
            (Flaw::ReplacesOutcomes, settled, Some(job)) => {
                let outcomes = outcomes
                    .into_iter()
                    .map(|(seq, outcome)| ((job.clone(), seq), outcome));
                self.notes().outcomes.extend(outcomes);
                settled
            }
            (Flaw::LostWorkerSettles, Err(_), Some(job)) => {
                self.settle_anyway(&job, outcomes).await
            }
            (Flaw::SettlesForOthers, Err(_), Some(_)) => {
                let others: Vec<_> = self.notes().workers.keys().copied().collect();
                for other in others {
                    let _ = self.right.settle(other, outcomes.clone()).await;
                }
                Ok(())
            }
            (_, settled, _) => settled,
        }
    }

    async fn take(&self, mut call: NewCall) -> Result<Taken> {
        if let Some(work) = &call.work {
            self.hear(work.worker).await;
        }
        let asked = call.clone();
        call.limits.iter_mut().for_each(|limit| self.limits(limit));
        match self.flaw {
            Flaw::ForgetsIntents => call.work = None,
            Flaw::CountsCalls => call.requests = 1,
            Flaw::OneAccount => "all".clone_into(&mut call.account),
            Flaw::CountsJobsAlone if call.work.is_none() => call.account.push_str(" alone"),
            Flaw::DoubtsReads if call.operation == Operation::Get => {
                call.operation = Operation::Delete;
            }
            Flaw::ReopensEarly => {
                let closed = self.notes().closed.get(&call.account).copied();
                let now = self.clock.now();
                if let Some(closed) = closed.filter(|closed| *closed > now) {
                    let wait = Duration::try_from(closed.duration_since(now)).unwrap();
                    return Ok(Taken::Closed(wait));
                }
            }
            Flaw::FreesTheDead => {
                let workers: Vec<_> = self.notes().workers.keys().copied().collect();
                let dead = workers
                    .into_iter()
                    .filter(|worker| self.is_silent(*worker, LOST_AFTER));
                let dead: HashSet<_> = dead.collect();
                let is_dead = |work: &Work| dead.contains(&work.worker);
                for call in self.open_calls(|call| call.work.as_ref().is_some_and(is_dead)) {
                    self.right.end(call, Ended::Unsent).await?;
                }
            }
            Flaw::LooksThenTakes => {
                let looked = self.right.take(call.clone()).await?;
                let Taken::Slot(id, _) = looked else {
                    return Ok(looked);
                };
                self.right.end(id, Ended::Unsent).await?;
                tokio::task::yield_now().await;
                call.limits.clear();
            }
            _ => {}
        }
        let taken = self.right.take(call.clone()).await;
        let taken = match self.flaw {
            Flaw::SendsWhilePaused => {
                self.allow(taken, call.clone(), Some(JobState::Paused))
                    .await
            }
            Flaw::SendsWhileCancelling => {
                self.allow(taken, call.clone(), Some(JobState::Cancelling))
                    .await
            }
            Flaw::LostWorkerTakes => self.allow(taken, call.clone(), None).await,
            _ => taken,
        }?;
        match (self.flaw, taken) {
            (Flaw::RecordsRefused, Taken::Full(_)) => {
                self.right
                    .take(NewCall {
                        limits: Vec::new(),
                        ..call.clone()
                    })
                    .await?;
            }
            (Flaw::CountsStarts, Taken::Slot(id, _)) => self.right.end(id, Ended::Answered).await?,
            (Flaw::DoubtsByIdAlone, Taken::Slot(..)) => {
                if let Some(work) = &call.work {
                    for account in self.right.job(&work.job).await?.accounts {
                        let work = Work {
                            account: account.name,
                            ..work.clone()
                        };
                        let call = NewCall {
                            work: Some(work),
                            limits: Vec::new(),
                            ..call.clone()
                        };
                        self.right.take(call).await?;
                    }
                }
            }
            _ => {}
        }
        if let Taken::Slot(id, _) = taken {
            self.notes().calls.insert(id, (asked, self.clock.now()));
        }
        Ok(taken)
    }

    async fn end(&self, call: CallId, ended: Ended) -> Result<()> {
        let noted = self.notes().calls.get(&call).cloned();
        let before = self.notes().ended.insert(call, ended.clone());
        match self.flaw {
            Flaw::CountsUnsent if ended == Ended::Unsent => {
                return self.right.end(call, REFUSED).await;
            }
            Flaw::EndsAgain if before.is_some() => return Ok(()),
            Flaw::RefusalEndsDoubt if ended.is_without_effect() => {
                let tickets = noted.into_iter().flat_map(|(call, _)| call.tickets);
                self.notes().refused.extend(tickets);
            }
            Flaw::ForgetsLateEnds
                if noted.is_some_and(|(_, taken)| plus(taken, LOST_AFTER) <= self.clock.now()) =>
            {
                return Ok(());
            }
            _ => {}
        }
        self.right.end(call, ended).await
    }

    async fn close(&self, account: &str, wait: Duration) -> Result<()> {
        if self.has(Flaw::ReopensEarly) {
            let until = plus(self.clock.now(), wait);
            self.notes().closed.insert(account.to_owned(), until);
            return Ok(());
        }
        self.right.close(account, wait).await
    }

    async fn suspend(&self, account: &str, why: Option<Suspension>) -> Result<()> {
        if self.has(Flaw::NeverSuspends) {
            return Ok(());
        }
        match &why {
            Some(why) => self
                .notes()
                .suspended
                .insert(account.to_owned(), why.clone()),
            None => self.notes().suspended.remove(account),
        };
        self.right.suspend(account, why).await
    }

    async fn tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        let after = after.map(|seq| seq + u64::from(self.has(Flaw::SkipsInPages)));
        let mut tickets = self.right.tickets(job, which, after, limit).await?;
        for ticket in &mut tickets {
            self.as_counted(job, ticket);
        }
        let notes = self.notes();
        for ticket in &mut tickets {
            if let Some(outcome) = notes.outcomes.get(&(job.clone(), ticket.seq)) {
                ticket.outcome = Some(outcome.clone());
            }
            if notes.refused.contains(&ticket.id) {
                ticket.in_doubt = false;
            }
            if self.has(Flaw::CancelKeepsTickets)
                && matches!(ticket.outcome, Some(Outcome::Unattempted(_)))
            {
                ticket.outcome = None;
            }
        }
        Ok(tickets)
    }

    async fn calls(
        &self,
        job: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        let mut calls = self.right.calls(job, after, limit).await?;
        if self.has(Flaw::MixesJobs) {
            for other in self.right.jobs().await? {
                if other.id != *job {
                    calls.extend(self.right.calls(&other.id, after, limit).await?);
                }
            }
            calls.sort_by_key(|call| call.id);
            calls.truncate(limit);
        }
        let notes = self.notes();
        for call in &mut calls {
            match (self.flaw, notes.ended.get(&call.id)) {
                (Flaw::ForgetsTickets, _) => call.tickets.clear(),
                (Flaw::EndsAgain, Some(Ended::Failed { kind, .. })) => call.kind = Some(*kind),
                (Flaw::EndsAgain, Some(_)) => call.kind = None,
                _ => {}
            }
        }
        Ok(calls)
    }

    async fn accounts(&self) -> Result<Vec<AccountState>> {
        let mut accounts = self.right.accounts().await?;
        if self.has(Flaw::NeverLost) {
            for account in &mut accounts {
                account.lost = 0;
            }
        }
        Ok(accounts)
    }

    async fn used(&self, account: &str, limit: &Limit, window: Duration) -> Result<u64> {
        let used = self.right.used(account, limit, window).await?;
        Ok(if self.has(Flaw::UsesNothing) { 0 } else { used })
    }

    async fn verify(&self, job: &JobId) -> Result<Vec<String>> {
        let mut found = self.right.verify(job).await?;
        if self.has(Flaw::FindsGhosts) {
            found.push("a ticket has no row".to_owned());
        }
        Ok(found)
    }

    async fn prune(&self, before: Timestamp) -> Result<Vec<JobId>> {
        if self.has(Flaw::PrunesAll) {
            for job in self.right.jobs().await? {
                let _ = self.right.steer(&job.id, Step::Cancel).await;
            }
        }
        if self.has(Flaw::PrunesSlots) {
            for call in self.open_calls(|call| call.work.is_some()) {
                self.right.end(call, Ended::Unsent).await?;
            }
        }
        self.right.prune(before).await
    }
}
