//! Carries out a schedule on a ledger, and holds what the ledger says against the model.

use std::collections::BTreeMap;
use std::time::Duration;

use ticket_core::{Change, ErrorKind, Operation, Outcome, Result, TicketId};

use super::bench::{Bench, CaseResult, fails, same, wrong};
use super::model::{Call, Event, Model, Ticket};
use super::schedule::{ACCOUNTS, Act, ENDS, OPERATIONS, STEPS, Schedule, limits, outcome};
use crate::clock::{later, until};
use crate::ledger::MARGIN;
use crate::model::{
    Claim, Claimed, Ended, JobAccount, JobId, JobState, Listed, NewCall, NewJob, Step, Suspension,
    Taken, Which, Work, WorkerId,
};

/// How many workers work at once.
const WORKERS: u64 = 3;

/// What happened in schedules.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) steps: u64,
    pub(super) calls: u64,
    pub(super) refused: u64,
    pub(super) doubts: u64,
    pub(super) lost: u64,
    pub(super) over: u64,
}

impl Seen {
    pub(super) fn add(&mut self, more: Self) {
        self.steps += more.steps;
        self.calls += more.calls;
        self.refused += more.refused;
        self.doubts += more.doubts;
        self.lost += more.lost;
        self.over += more.over;
    }
}

pub(super) struct Replay<'a> {
    bench: &'a Bench,
    model: Model,
    jobs: Vec<JobId>,
    /// Every mention in each job's list: its place, and that of the first mention.
    lists: Vec<Vec<(u64, u64)>>,
    seen: Seen,
}

impl<'a> Replay<'a> {
    /// Makes the jobs and carries out each step.
    pub(super) async fn run(bench: &'a Bench, schedule: &Schedule) -> CaseResult<Seen> {
        let mut replay = Self {
            bench,
            model: Model {
                now: bench.clock.now(),
                limits: schedule
                    .limits
                    .iter()
                    .map(|choice| limits(*choice))
                    .collect(),
                ..Model::default()
            },
            jobs: Vec::new(),
            lists: Vec::new(),
            seen: Seen::default(),
        };
        for tickets in &schedule.jobs {
            replay.load(tickets, schedule.chunk).await?;
        }
        for act in &schedule.steps {
            let done = replay.act(act, schedule.chunk).await;
            let checked = match done {
                Ok(()) => replay.compare().await,
                error => error,
            };
            checked.map_err(|mut wrong| {
                wrong.what = format!("{act:?}: {}", wrong.what);
                wrong
            })?;
            replay.seen.steps += 1;
        }
        replay.finish()
    }

    async fn load(&mut self, tickets: &[(usize, u8)], chunk: usize) -> CaseResult {
        let ledger = &self.bench.ledger;
        let job = ledger.create(NewJob::new(Change::Delete)).await?;
        let (mut listed, mut distinct, mut list) = (Vec::new(), Vec::<Ticket>::new(), Vec::new());
        let mut accounts: Vec<JobAccount> = Vec::new();
        for (seq, (account, id)) in (0_u64..).zip(tickets) {
            let id = TicketId::from(id.to_string());
            let (name, key) = named(*account);
            if accounts.iter().all(|account| account.name != name) {
                accounts.push(JobAccount::new(name, key, chunk));
            }
            let mut first = distinct.iter();
            let first = first.find(|ticket| ticket.account == *account && ticket.id == id);
            list.push((seq, first.map_or(seq, |ticket| ticket.seq)));
            if first.is_none() {
                let (account, id) = (*account, id.clone());
                distinct.push(Ticket { seq, account, id });
            }
            listed.push(Listed {
                seq,
                account: name.to_owned(),
                id,
                version: None,
            });
        }
        ledger.add(&job, listed).await?;
        ledger.seal(&job, accounts).await?;
        self.jobs.push(job);
        self.lists.push(list);
        self.model.jobs.push(distinct);
        Ok(())
    }

    fn id(&self, job: usize) -> CaseResult<JobId> {
        let id = self.jobs.get(job).cloned();
        id.map_or_else(|| wrong("a job was chosen", "a job", job), Ok)
    }

    /// One of the latest workers.
    fn worker(&self, number: usize) -> Option<(WorkerId, usize)> {
        let workers = self.model.workers();
        let among = workers.len().min(5);
        let index = workers.len().checked_sub(1 + number.checked_rem(among)?)?;
        let worker = *workers.get(index)?;
        let job = self.model.job_of(worker)?;
        Some((worker, job))
    }

    async fn act(&mut self, act: &Act, chunk: usize) -> CaseResult {
        self.model.now = self.bench.clock.now();
        let ledger = &self.bench.ledger;
        match act {
            Act::Begin(job) => self.begin(*job).await,
            Act::Beat(number) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let beat = ledger.beat(worker).await;
                if self.is_refused(worker, job, &beat)? {
                    return Ok(());
                }
                self.model.add(Event::Beat(worker));
                let state = ledger.job(&self.id(job)?).await?.state;
                same("the state that a beat tells", beat?, state)
            }
            Act::Finish(number) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let was_live = self.model.is_live(worker);
                let finished = ledger.finish(worker).await;
                if was_live && !self.model.is_pruned(job) {
                    finished?;
                    self.model.add(Event::Finished(worker));
                    return self.is_swept(job).await;
                }
                Ok(())
            }
            Act::Claim(number, account) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let claim = ledger.claim(worker, named(*account).0).await;
                if self.is_refused(worker, job, &claim)? {
                    return Ok(());
                }
                self.claimed(worker, job, *account, claim?, chunk)?;
                self.is_swept(job).await
            }
            Act::PutBack(number, account, wait) => {
                let Some((worker, job)) = self.worker(*number) else {
                    return Ok(());
                };
                let wait = Duration::from_secs(*wait);
                let done = ledger.put_back(worker, named(*account).0, wait).await;
                if self.is_refused(worker, job, &done)? {
                    return Ok(());
                }
                done?;
                self.model.add(Event::PutBack(worker, *account, wait));
                self.is_swept(job).await
            }
            Act::Settle {
                worker,
                tickets,
                stray,
                outcome,
            } => self.settle(*worker, *tickets, *stray, *outcome).await,
            Act::Take { .. } => self.take(act).await,
            Act::End(number, end) => self.end(*number, *end).await,
            Act::Close(account, wait) => {
                let wait = Duration::from_secs(*wait);
                ledger.close(named(*account).1, wait).await?;
                self.model.add(Event::Closed(*account, wait));
                Ok(())
            }
            Act::Suspend(account, wait) => {
                let until = wait.map(|wait| later(self.model.now, Duration::from_secs(wait)));
                let because = "the key is revoked".to_owned();
                let why = Suspension { because, until };
                ledger.suspend(named(*account).1, Some(why)).await?;
                self.model.add(Event::Suspended(*account, until));
                Ok(())
            }
            Act::Resume(account) => {
                ledger.suspend(named(*account).1, None).await?;
                self.model.add(Event::Resumed(*account));
                Ok(())
            }
            Act::Steer(job, step) => self.steer(*job, *step).await,
            Act::Wait(time) => {
                self.bench.advance(Duration::from_millis(*time));
                self.model.now = self.bench.clock.now();
                Ok(())
            }
            Act::Prune => self.prune().await,
        }
    }

    /// Whether the ledger refused a worker that is lost or has finished, or whose job is gone. Nobody else may be.
    fn is_refused<T: std::fmt::Debug>(
        &mut self,
        worker: WorkerId,
        job: usize,
        result: &Result<T>,
    ) -> CaseResult<bool> {
        let is_pruned = self.model.is_pruned(job);
        if self.model.is_live(worker) && !is_pruned {
            return Ok(false);
        }
        self.seen.lost += 1;
        match result {
            Err(error) if is_pruned || error.kind() == ErrorKind::Conflict => Ok(true),
            other => wrong(
                "a worker that is lost or has finished was heard",
                ErrorKind::Conflict,
                other,
            ),
        }
    }

    async fn begin(&mut self, job: usize) -> CaseResult {
        let workers: u64 = (0..self.jobs.len())
            .map(|job| self.model.live_workers(job))
            .sum();
        if workers >= WORKERS {
            return Ok(());
        }
        let begun = self.bench.ledger.begin(&self.id(job)?).await;
        let is_pruned = self.model.is_pruned(job);
        match begun {
            Ok(worker) if !is_pruned && !self.model.workers().contains(&worker) => {
                self.model.add(Event::Began(worker, job));
                Ok(())
            }
            // Whether a worker can begin on what is over is the ledger's choice.
            Err(_) if is_pruned || self.model.state(job).is_over() => Ok(()),
            other => wrong("a worker began", "a new id", other),
        }
    }

    fn claimed(
        &mut self,
        worker: WorkerId,
        job: usize,
        account: usize,
        claim: Claim,
        chunk: usize,
    ) -> CaseResult {
        let model = &self.model;
        let state = model.state(job);
        let of_account = model.open(job).filter(|ticket| ticket.account == account);
        let others = of_account.filter(|ticket| model.holder(job, ticket).0 != Some(worker));
        let others: Vec<_> = others.collect();
        let is_wanted = |ticket: &&&Ticket| {
            state != JobState::Cancelling || model.in_doubt(job, ticket).is_some()
        };
        let wanted: Vec<_> = others.iter().filter(is_wanted).collect();
        let is_free = |ticket: &&&&Ticket| {
            let (holder, not_before) = model.holder(job, ticket);
            holder.is_none() && not_before <= model.now
        };
        let free: Vec<_> = wanted.iter().filter(is_free).collect();
        let stops = state == JobState::Paused || state == JobState::Cancelling || state.is_over();
        let is_suspended = model.is_suspended(account) && !others.is_empty();
        let found = format!("{claim:?}");
        let is_right = match claim {
            Claim::Nothing => {
                others.is_empty()
                    || state.is_over()
                    || (state == JobState::Cancelling && wanted.is_empty())
            }
            Claim::Stopped(told) => {
                stops && told == state && (state != JobState::Cancelling || wanted.is_empty())
            }
            Claim::Suspended(_) => is_suspended && state != JobState::Paused,
            Claim::Later(wait) => {
                let held = wanted
                    .iter()
                    .any(|ticket| model.holder(job, ticket).0.is_some());
                let waits = wanted
                    .iter()
                    .map(|ticket| until(model.now, model.holder(job, ticket).1));
                let is_bound = held || waits.min().is_none_or(|least| wait <= least);
                free.is_empty()
                    && !others.is_empty()
                    && !wait.is_zero()
                    && is_bound
                    && state != JobState::Paused
            }
            Claim::Tickets(tickets) => {
                let is_free = |claimed: &Claimed| {
                    free.iter().any(|ticket| {
                        let is_it = ticket.seq == claimed.seq && ticket.id == claimed.id;
                        is_it && model.in_doubt(job, ticket) == claimed.in_doubt
                    })
                };
                let seqs: Vec<_> = tickets.iter().map(|ticket| ticket.seq).collect();
                let is_right = !is_suspended
                    && state != JobState::Paused
                    && (1..=chunk).contains(&seqs.len())
                    && seqs.is_sorted_by(|one, next| one < next)
                    && seqs.first().copied() == free.first().map(|ticket| ticket.seq)
                    && tickets.iter().all(is_free);
                if is_right {
                    let doubts = tickets.iter().filter(|ticket| ticket.in_doubt.is_some());
                    self.seen.doubts += doubts.map(|_| 1).sum::<u64>();
                    self.model.add(Event::Claimed(worker, seqs));
                    return Ok(());
                }
                false
            }
        };
        if is_right {
            return Ok(());
        }
        let free: Vec<_> = free
            .iter()
            .map(|ticket| (ticket.seq, model.in_doubt(job, ticket)))
            .collect();
        let expected = format!(
            "of a job that is {state}, suspended: {is_suspended}, at most {chunk} of {free:?}"
        );
        wrong("a claim", expected, found)
    }

    async fn settle(
        &mut self,
        number: usize,
        tickets: u8,
        stray: Option<u64>,
        what: usize,
    ) -> CaseResult {
        let Some((worker, job)) = self.worker(number) else {
            return Ok(());
        };
        let held = self
            .model
            .open(job)
            .filter(|ticket| self.model.holder(job, ticket).0 == Some(worker));
        let mut seqs: Vec<_> = chosen(tickets, held.map(|ticket| ticket.seq).collect());
        let list = self.model.jobs.get(job);
        let stray = stray.filter(|seq| list.into_iter().flatten().any(|ticket| ticket.seq == *seq));
        let is_had = |seq: u64| {
            let mut open = self.model.open(job);
            let ticket = open.find(|ticket| ticket.seq == seq);
            ticket.is_none_or(|ticket| self.model.holder(job, ticket).0 == Some(worker))
        };
        let has_all = stray.is_none_or(is_had);
        seqs.extend(stray);
        let outcome = outcome(what);
        let outcomes = seqs.iter().map(|seq| (*seq, outcome.clone())).collect();
        let settled = self.bench.ledger.settle(worker, outcomes).await;
        if self.is_refused(worker, job, &settled)? {
            return Ok(());
        }
        match settled {
            Ok(()) => {
                seqs.retain(|seq| {
                    self.model.outcome(job, *seq).is_none() && (has_all || Some(*seq) != stray)
                });
                for seq in seqs {
                    self.model.add(Event::Settled(job, seq, outcome.as_str()));
                }
                self.is_swept(job).await
            }
            // Whether this is an error is the ledger's choice.
            Err(error) if !has_all && error.kind() == ErrorKind::Conflict => Ok(()),
            other => wrong("a worker settled what it has", "success", other),
        }
    }

    async fn take(&mut self, act: &Act) -> CaseResult {
        let Act::Take {
            worker,
            account,
            operation,
            requests,
            tickets,
            longest,
            late,
        } = act
        else {
            return Ok(());
        };
        let work = match worker {
            Some(number) => match self.worker(*number) {
                Some(work) => Some(work),
                None => return Ok(()),
            },
            None => None,
        };
        let (name, key) = named(*account);
        let operation = *OPERATIONS.get(*operation).unwrap_or(&Operation::Get);
        let job = work.map_or(0, |(_, job)| job);
        let ids = self.model.jobs.get(job).into_iter().flatten();
        let ids = ids
            .filter(|ticket| ticket.account == *account)
            .map(|ticket| ticket.id.clone());
        let ids = chosen(*tickets, ids.collect());
        let longest = Duration::from_secs(*longest);
        let call = NewCall {
            account: key.to_owned(),
            limits: self.model.limits.get(*account).cloned().unwrap_or_default(),
            operation,
            requests: *requests,
            tickets: ids.clone(),
            longest,
            work: match work {
                Some((worker, job)) => Some(Work {
                    job: self.id(job)?,
                    worker,
                    account: name.to_owned(),
                }),
                None => None,
            },
        };
        let taken = self.bench.ledger.take(call).await;
        if let Some((worker, job)) = work {
            let is_pruned = self.model.is_pruned(job);
            let makes_calls = match self.model.state(job) {
                JobState::Ready => true,
                JobState::Cancelling => !operation.is_write(),
                _ => false,
            };
            if !self.model.is_live(worker) || is_pruned || !makes_calls {
                self.seen.refused += 1;
                return match taken {
                    Err(_) if is_pruned => Ok(()),
                    taken => fails(
                        "a lost worker or a job that makes no call took a slot",
                        taken,
                        ErrorKind::Cancelled,
                    ),
                };
            }
        }
        let model = &self.model;
        let closed = model
            .closed_until(*account)
            .map(|time| until(model.now, time));
        let full = model.full(*account, operation, *requests);
        let is_busy = model.is_busy(*account, operation);
        let taken = taken?;
        let is_right = match taken {
            Taken::Closed(wait) => closed == Some(wait),
            Taken::Busy(wait) => closed.is_none() && is_busy && !wait.is_zero(),
            Taken::Full(wait) => {
                closed.is_none() && !wait.is_zero() && full.is_some_and(|least| wait <= least)
            }
            Taken::Slot(id) => {
                let is_free = closed.is_none() && !is_busy && full.is_none();
                let call = Call {
                    id,
                    account: *account,
                    operation,
                    requests: *requests,
                    tickets: ids,
                    expires_at: later(model.now, longest + MARGIN),
                    work: work.map(|(worker, job)| (job, worker)),
                    late: *late,
                };
                if is_free && model.calls().all(|call| call.id != id) {
                    self.model.add(Event::Taken(call));
                    self.seen.calls += 1;
                    return Ok(());
                }
                false
            }
        };
        self.seen.refused += 1;
        if is_right {
            return Ok(());
        }
        let expected = format!("closed: {closed:?}, busy: {is_busy}, full: {full:?}");
        wrong("a call was to be sent", expected, taken)
    }

    async fn end(&mut self, number: usize, end: usize) -> CaseResult {
        let calls: Vec<_> = self.model.calls().cloned().collect();
        let among = calls.len().min(6);
        let index = number
            .checked_rem(among)
            .and_then(|back| calls.len().checked_sub(1 + back));
        let Some(call) = index.and_then(|index| calls.get(index)) else {
            return Ok(());
        };
        let ended = *ENDS.get(end).unwrap_or(&Ended::Answered);
        let has_job = call.work.is_some_and(|(job, _)| !self.model.is_pruned(job));
        let is_over = self.model.end(call.id).is_some();
        if !has_job && !is_over && call.expires_at <= self.model.now {
            // Whether the row is still there is the ledger's choice.
            return Ok(());
        }
        self.bench.ledger.end(call.id, ended).await?;
        self.model.add(Event::Ended(call.id, ended));
        Ok(())
    }

    async fn steer(&mut self, job: usize, step: usize) -> CaseResult {
        let step = *STEPS.get(step).unwrap_or(&Step::Resume);
        let id = self.id(job)?;
        let state = self.model.state(job);
        let steered = self.bench.ledger.steer(&id, step).await;
        if self.model.is_pruned(job) {
            return fails(
                "a job that is gone was steered",
                steered,
                ErrorKind::NotFound,
            );
        }
        let is_allowed = match step {
            Step::Cancel => state != JobState::Completed,
            _ => matches!(state, JobState::Ready | JobState::Paused),
        };
        if !is_allowed {
            return fails(
                "a step that the state does not allow",
                steered,
                ErrorKind::Conflict,
            );
        }
        self.model.add(Event::Steered(job, step));
        let told = steered?;
        same(
            "the state that a step tells",
            told,
            self.bench.ledger.job(&id).await?.state,
        )?;
        self.is_swept(job).await
    }

    async fn prune(&mut self) -> CaseResult {
        let mut expected = Vec::new();
        for job in 0..self.jobs.len() {
            if self.model.state(job).is_over() && !self.model.is_pruned(job) {
                expected.push((self.id(job)?, job));
            }
        }
        let mut removed = self
            .bench
            .ledger
            .prune(later(self.model.now, Duration::from_secs(1)))
            .await?;
        removed.sort();
        let mut ids: Vec<_> = expected.iter().map(|(id, _)| id.clone()).collect();
        ids.sort();
        same("the jobs that were removed", removed, ids)?;
        for (_, job) in expected {
            self.model.add(Event::Pruned(job));
        }
        Ok(())
    }

    /// Takes over which tickets of a cancelling job were left undone. They must be open, claimed by nobody, and not in
    /// doubt.
    async fn take_over(&mut self, job: usize) -> CaseResult {
        if self.model.state(job) != JobState::Cancelling {
            return Ok(());
        }
        let tickets = self
            .bench
            .ledger
            .tickets(&self.id(job)?, Which::Named, None, 100)
            .await?;
        let is_left = |seq: u64| {
            let of_ledger = tickets.iter().find(|ticket| ticket.seq == seq);
            matches!(
                of_ledger.and_then(|ticket| ticket.outcome.as_ref()),
                Some(Outcome::Unattempted(_))
            )
        };
        let model = &self.model;
        let left = model.open(job).filter(|ticket| {
            let nobodys = model.holder(job, ticket).0.is_none();
            nobodys && model.in_doubt(job, ticket).is_none() && is_left(ticket.seq)
        });
        for seq in left.map(|ticket| ticket.seq).collect::<Vec<_>>() {
            self.model.add(Event::Settled(job, seq, "unattempted"));
        }
        Ok(())
    }

    /// Of a job that is cancelling and of which nobody has claimed tickets, only those in doubt are open.
    async fn is_swept(&mut self, job: usize) -> CaseResult {
        self.take_over(job).await?;
        let model = &self.model;
        let is_held = model
            .open(job)
            .any(|ticket| model.holder(job, ticket).0.is_some());
        if model.state(job) != JobState::Cancelling || is_held {
            return Ok(());
        }
        let is_left = |ticket: &&Ticket| model.in_doubt(job, ticket).is_none();
        let left: Vec<_> = model
            .open(job)
            .filter(is_left)
            .map(|ticket| ticket.seq)
            .collect();
        same(
            "tickets of a cancelling job that nobody has and that are not in doubt",
            left,
            Vec::new(),
        )
    }

    /// Holds all that the ledger tells against the model.
    async fn compare(&mut self) -> CaseResult {
        for job in 0..self.jobs.len() {
            if self.model.is_pruned(job) {
                let gone = self.bench.ledger.job(&self.id(job)?).await;
                fails("a removed job was read", gone, ErrorKind::NotFound)?;
                continue;
            }
            self.take_over(job).await?;
            self.compare_job(job).await?;
        }
        self.compare_accounts().await
    }

    async fn compare_job(&self, job: usize) -> CaseResult {
        let (model, ledger, id) = (&self.model, &self.bench.ledger, self.id(job)?);
        let mut expected = Vec::new();
        for (seq, first) in self.lists.get(job).into_iter().flatten() {
            let outcome = model.outcome(job, *first);
            let ticket = model.open(job).find(|ticket| ticket.seq == *first);
            let in_doubt = ticket.is_some_and(|ticket| model.in_doubt(job, ticket).is_some());
            expected.push((*seq, (first != seq).then_some(*first), outcome, in_doubt));
        }
        let tickets = ledger.tickets(&id, Which::Named, None, 100).await?;
        let tickets: Vec<_> = tickets
            .iter()
            .map(|ticket| {
                let outcome = ticket.outcome.as_ref().map(Outcome::as_str);
                (ticket.seq, ticket.repeats, outcome, ticket.in_doubt)
            })
            .collect();
        same(
            "the tickets: place, first place, outcome, doubt",
            tickets,
            expected,
        )?;

        let read = ledger.job(&id).await?;
        let mut counts = BTreeMap::new();
        for ticket in model.jobs.get(job).into_iter().flatten() {
            if let Some(outcome) = model.outcome(job, ticket.seq) {
                *counts.entry(outcome.to_owned()).or_default() += 1;
            }
        }
        let open: u64 = model.open(job).map(|_| 1).sum();
        let expected = (model.state(job), open, counts, model.live_workers(job));
        let found = (read.state, read.open, read.counts, read.workers);
        same(
            "the job: state, open tickets, counts, workers",
            found,
            expected,
        )?;
        same(
            "it is over exactly if no ticket is open",
            read.state.is_over(),
            open == 0,
        )?;

        let of_job = |call: &&Call| call.work.is_some_and(|(of, _)| of == job);
        let expected: Vec<_> = model
            .calls()
            .filter(of_job)
            .filter(|call| !matches!(model.end(call.id), Some((Ended::Unsent, _))))
            .map(|call| (call.id, model.end(call.id).map(|(_, at)| at)))
            .collect();
        let calls = ledger.calls(&id, None, 100).await?;
        let calls: Vec<_> = calls.iter().map(|call| (call.id, call.ended_at)).collect();
        same("the calls of the job, and when they ended", calls, expected)?;
        same("`verify`", ledger.verify(&id).await?, Vec::new())
    }

    async fn compare_accounts(&self) -> CaseResult {
        let accounts = self.bench.ledger.accounts().await?;
        for (account, (_, key)) in ACCOUNTS.iter().enumerate() {
            let model = &self.model;
            let found = accounts.iter().find(|account| account.key == *key);
            let found = found.map_or((0, None, false, 0), |account| {
                let is_suspended = account.suspended.is_some();
                (
                    account.in_flight,
                    account.closed_until,
                    is_suspended,
                    account.lost,
                )
            });
            let in_flight: u64 = model.in_flight(account).map(|_| 1).sum();
            let expected = (
                in_flight,
                model.closed_until(account),
                model.is_suspended(account),
            );
            same(
                &format!("{key}: calls in flight, closed until, suspended"),
                (found.0, found.1, found.2),
                expected,
            )?;
            let lost = model.in_flight(account).filter_map(|call| call.work);
            let lost: u64 = lost
                .filter(|(_, worker)| model.is_lost(*worker))
                .map(|_| 1)
                .sum();
            let gone = model.in_flight(account).filter_map(|call| call.work);
            let gone =
                gone.filter(|(job, worker)| !model.is_live(*worker) || model.is_pruned(*job));
            let gone: u64 = gone.map(|_| 1).sum();
            if !(lost..=gone).contains(&found.3) {
                return wrong(
                    format!("{key}: calls of lost workers"),
                    lost..=gone,
                    found.3,
                );
            }
        }
        Ok(())
    }

    fn finish(mut self) -> CaseResult<Seen> {
        for (account, (_, key)) in ACCOUNTS.iter().enumerate() {
            if let Some(found) = self.model.vendor_counted_too_many(account) {
                return wrong(
                    format!("what the vendor counted at {key}"),
                    "no window above its quota",
                    found,
                );
            }
        }
        let over = (0..self.jobs.len()).filter(|job| self.model.state(*job).is_over());
        self.seen.over += over.map(|_| 1).sum::<u64>();
        Ok(self.seen)
    }
}

/// The name and the key of an account.
fn named(account: usize) -> (&'static str, &'static str) {
    *ACCOUNTS.get(account).unwrap_or(&ACCOUNTS[0])
}

/// Those whose bit is set; all if none is.
fn chosen<T: Clone>(bits: u8, all: Vec<T>) -> Vec<T> {
    let is_set = |index: usize| bits >> (index % 8) & 1 == 1;
    let some = all.iter().enumerate().filter(|(index, _)| is_set(*index));
    let some: Vec<_> = some.map(|(_, one)| one.clone()).collect();
    if some.is_empty() { all } else { some }
}
