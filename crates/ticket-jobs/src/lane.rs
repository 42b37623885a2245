//! The work on the tickets of one account: claims them, changes them, records the outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Notice, Settled};
use ticket_core::provider::Concurrency;
use ticket_core::{CallContext, Effect, Error, ErrorKind, Outcome, Result, TicketRef, Tickets};
use tokio::sync::{Notify, mpsc};

use crate::check::{Checks, Reads};
use crate::claims::{Claims, Found, comes_last};
use crate::failures::Failures;
use crate::going::Going;
use crate::jobs::JobOutcome;
use crate::ledger::Ledger;
use crate::model::{Claim, Claimed, Event, EventKind, JobState, Step, Suspension, Work};
use crate::poison;
use crate::rules::Rules;
use crate::slots::label;
use crate::turn::{Turn, is_the_accounts};
use crate::{unasked, words};

/// How many outcomes may wait to be recorded.
const WAITING: usize = 4_096;

/// How many outcomes are recorded at once.
const TOGETHER: usize = 1_000;

/// How long to wait at most until tickets of others are asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The work on the tickets of one account.
pub(crate) struct Lane {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) tickets: Tickets,
    /// The key of the account's quota.
    pub(crate) key: String,
    /// The change, and what is checked before it.
    pub(crate) rules: Arc<Rules>,
    pub(crate) work: Work,
    pub(crate) context: CallContext,
    pub(crate) options: BulkOptions,
    pub(crate) outcomes: mpsc::Sender<Result<JobOutcome>>,
    pub(crate) going: Going,
    /// How many tickets of the job may fail.
    pub(crate) failures: Arc<Failures>,
    /// In a worker of a fleet, which has more to do than this.
    pub(crate) turn: Option<Turn>,
    /// What the vendor changed besides.
    pub(crate) unasked: Arc<unasked::Told>,
}

/// How a lane ended.
#[derive(Debug)]
pub(crate) struct LaneEnd {
    /// Why it ended before the tickets did, if it did.
    pub(crate) reason: Option<Error>,
    /// After which time the account is to be tried again, where it did not answer.
    pub(crate) pause: Option<Duration>,
}

/// Tickets that were attempted and stay open, by their places.
pub(crate) type Left = BTreeMap<u64, Settled<u64>>;

impl Lane {
    pub(crate) async fn work(self) -> Result<LaneEnd> {
        let mut left = Left::new();
        let mut reason = None;
        loop {
            let found = Arc::new(Mutex::new(Found::default()));
            let claims = Claims {
                ledger: Arc::clone(&self.ledger),
                work: self.work.clone(),
                going: self.going.clone(),
                turn: self.turn.clone(),
                found: Arc::clone(&found),
            };
            let fresh = claims.stream();
            self.apply(fresh, Effect::None, &mut left).await?;
            let Found {
                doubts,
                last,
                failed,
            } = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
            if let Some(error) = failed {
                return Err(error);
            }
            self.apply_to_doubts(doubts, &mut left).await?;
            if self.is_over() || !left.is_empty() {
                break;
            }
            match last {
                // A worker of a fleet works on something else in the meantime.
                Some(Claim::Later(wait))
                    if self.turn.is_none() && self.going.wait(wait.min(ASK_AGAIN)).await => {}
                Some(Claim::Stopped(state)) => {
                    reason = Some(stopped(state));
                    break;
                }
                Some(Claim::Suspended(why)) => {
                    reason = Some(self.as_told(&suspended(&why)));
                    break;
                }
                // Also at tickets that are held back: the job says so.
                _ => break,
            }
        }
        let reason = reason.or_else(|| self.reason());
        self.conclude(left, reason).await
    }

    /// Whether the lane claims nothing more.
    fn is_over(&self) -> bool {
        self.going.is_over() || self.turn.as_ref().is_some_and(Turn::is_over)
    }

    /// Why the work ended early, if it did.
    fn reason(&self) -> Option<Error> {
        let ended = self.going.reason().map(|error| self.as_told(error));
        let stopped = || Error::new(ErrorKind::Cancelled, "stopped before this ticket was sent");
        ended.or_else(|| self.going.is_over().then(stopped))
    }

    /// The error as it may be told and recorded: of an erasure, without any text of somebody else's.
    pub(crate) fn as_told(&self, error: &Error) -> Error {
        if self.rules.is_erasure {
            words::told(error)
        } else {
            error.clone()
        }
    }

    /// Changes tickets that were claimed before, those in doubt last. Returns why the work ended early, if it did.
    pub(crate) async fn apply_to(self, claimed: Vec<Claimed>) -> Result<Option<Error>> {
        let mut left = Left::new();
        let (doubts, fresh): (Vec<_>, Vec<_>) = claimed.into_iter().partition(comes_last);
        let fresh = stream::iter(fresh).boxed();
        self.apply(fresh, Effect::None, &mut left).await?;
        self.apply_to_doubts(doubts, &mut left).await?;
        let reason = self.reason();
        Ok(self.conclude(left, reason).await?.reason)
    }

    /// Changes or looks at tickets in doubt, once no earlier call about them can act any more. Those whose calls were lost
    /// with their processes come one by one, and are given up in the end.
    async fn apply_to_doubts(&self, doubts: Vec<Claimed>, left: &mut Left) -> Result<()> {
        let (mut given_up, mut others) = (Vec::new(), Vec::new());
        for one in doubts {
            match poison::given_up(&one) {
                Some(outcome) => given_up.push(Settled::new(one.seq, one.id, outcome)),
                None => others.push(one),
            }
        }
        if !given_up.is_empty() {
            self.record(given_up, left).await?;
        }
        let doubts = others;
        if doubts.is_empty() || self.going.is_over() {
            return Ok(());
        }
        let wait = doubts.iter().filter_map(|claimed| claimed.in_doubt).max();
        if !self.going.wait(wait.unwrap_or_default()).await {
            return Ok(());
        }
        let (alone, together): (Vec<_>, Vec<_>) = doubts.into_iter().partition(poison::is_suspect);
        if !together.is_empty() {
            let together = stream::iter(together).boxed();
            self.apply(together, Effect::Unknown, left).await?;
        }
        for one in alone {
            if self.going.is_over() {
                break;
            }
            let earlier = one.in_doubt.map_or(Effect::None, |_| Effect::Unknown);
            self.apply(stream::iter([one]).boxed(), earlier, left)
                .await?;
        }
        Ok(())
    }

    /// Changes these tickets and records their outcomes.
    async fn apply(
        &self,
        claimed: BoxStream<'static, Claimed>,
        earlier_attempt: Effect,
        left: &mut Left,
    ) -> Result<()> {
        let Work {
            job,
            worker,
            account,
        } = &self.work;
        let context = self
            .context
            .clone()
            .work(label(job, *worker, account))
            .earlier_attempt(earlier_attempt);
        let mut account = self.tickets.with(context);
        if self
            .options
            .concurrency
            .and_then(Concurrency::fixed)
            .is_none()
        {
            // What is read before each change as well.
            account = account.for_many();
        }
        let (sender, mut settled) = mpsc::channel(WAITING);
        let targets = self.checks(&account, sender.clone()).pass(claimed);
        let has_held = Arc::new(Notify::new());
        let notify = self.listener(Arc::clone(&has_held));
        let options = self.options.clone().notify(notify);
        let mut work = account.apply(self.rules.change.clone(), targets, &options);
        // Outcomes are recorded beside the calls, so that these do not wait for the disk.
        let calls = async move {
            while let Some(settled) = work.next().await {
                // Without an end: the quota allows no call before the deadline.
                if let Outcome::Unattempted(error) = &settled.outcome {
                    self.going.end(error.clone());
                }
                if sender.send(settled).await.is_err() {
                    return;
                }
            }
            // The checks have one as well.
            drop((work, sender));
        };
        let record = async {
            let mut together = Vec::new();
            loop {
                tokio::select! {
                    biased;
                    received = settled.recv_many(&mut together, TOGETHER) => {
                        if received == 0 {
                            return self.record_unasked(true).await;
                        }
                        // Before the outcomes: their call is not made again.
                        self.record_unasked(false).await?;
                        self.record(std::mem::take(&mut together), left).await?;
                    }
                    () = has_held.notified() => self.stop_at_too_many().await?,
                }
            }
        };
        let (calls, record) = (pin!(calls), pin!(record));
        match futures_util::future::select(calls, record).await {
            futures_util::future::Either::Left(((), record)) => record.await,
            futures_util::future::Either::Right((recorded, _)) => recorded,
        }
    }

    /// Listens to what happens beside the outcomes.
    fn listener(&self, has_held: Arc<Notify>) -> impl Fn(&str, &Notice) + Send + Sync + 'static {
        let (going, failures) = (self.going.clone(), Arc::clone(&self.failures));
        let account = self.work.account.clone();
        let (tickets, unasked) = (self.tickets.clone(), Arc::clone(&self.unasked));
        let is_erasure = self.rules.is_erasure;
        move |_, notice| match notice {
            Notice::Ended(reason) => going.end(reason.clone()),
            Notice::Unasked(others) => unasked.add(others, tickets.info(), is_erasure),
            Notice::Held(id) => {
                failures.hold(&account, id);
                has_held.notify_one();
            }
            _ => {}
        }
    }

    /// Records what was told of tickets that nobody asked for.
    async fn record_unasked(&self, is_end: bool) -> Result<()> {
        let Some(unasked) = self.unasked.take(is_end) else {
            return Ok(());
        };
        let mut event = Event::new(self.ledger.now(), EventKind::Unasked);
        event.unasked = Some(unasked);
        self.ledger.note(&self.work.job, event).await
    }

    /// The checks before the change of tickets that are claimed.
    fn checks(&self, account: &Tickets, refused: mpsc::Sender<Settled<u64>>) -> Checks {
        Checks {
            rules: Arc::clone(&self.rules),
            ledger: Arc::clone(&self.ledger),
            work: self.work.clone(),
            tickets: account.clone(),
            options: self.options.clone(),
            going: self.going.clone(),
            refused,
            reads: Reads::new(),
        }
    }

    /// Stops the job if too many of its tickets have failed.
    async fn stop_at_too_many(&self) -> Result<()> {
        match self.failures.too_many(&*self.ledger).await? {
            Some(error) => self.give_up(error).await,
            None => Ok(()),
        }
    }

    /// Stops the job: too many of its tickets failed.
    async fn give_up(&self, error: Error) -> Result<()> {
        let mut event = Event::new(self.ledger.now(), EventKind::TooManyFailures);
        event.detail = Some(error.message().to_owned());
        self.going.end(error);
        let job = &self.work.job;
        self.ledger.note(job, event).await?;
        // One that is being cancelled ends by itself.
        let _ = self.ledger.steer(job, Step::Pause).await;
        self.going.stop();
        Ok(())
    }

    /// Records outcomes, and tells those that are recorded. The others are told at the end: another worker may follow.
    async fn record(&self, settled: Vec<Settled<u64>>, left: &mut Left) -> Result<()> {
        let ended_early = self.going.is_over();
        let is_recorded = |one: &Settled<u64>| {
            let is_attempted = !matches!(one.outcome, Outcome::Unattempted(_));
            is_attempted && (is_final(&one.outcome, ended_early) || self.gives_up(one))
        };
        let places = settled.iter().filter(|one| is_recorded(one));
        let places: BTreeSet<_> = places.map(|one| one.key).collect();
        let account = &self.work.account;
        let has_failures = self.failures.note(account, &settled, &places);
        let mut told = Vec::with_capacity(settled.len());
        let mut recorded = Vec::new();
        for mut one in settled {
            if self.rules.is_erasure {
                one.outcome = words::without_texts(one.outcome);
            }
            if let Outcome::Unattempted(_) = &one.outcome {
                // As are those that nobody came to.
                continue;
            }
            if places.contains(&one.key) {
                recorded.push((one.key, one.outcome.clone()));
                told.push(one);
            } else {
                left.insert(one.key, one);
            }
        }
        if !recorded.is_empty() {
            let is_success = recorded.iter().any(|(_, outcome)| outcome.is_done());
            self.ledger.settle(self.work.worker, recorded).await?;
            if let Some(turn) = &self.turn {
                turn.settled(places.into_iter(), is_success);
            }
        }
        // After the outcomes: of several workers, the last one sees the failures of all.
        if has_failures {
            self.stop_at_too_many().await?;
        }
        for one in told {
            let ticket = TicketRef::new(self.work.account.clone(), one.id);
            self.tell(one.key, ticket, one.outcome, true).await?;
        }
        Ok(())
    }

    /// Whether a ticket that could be tried again is not: a fleet has done so for long enough.
    fn gives_up(&self, one: &Settled<u64>) -> bool {
        let is_the_accounts = one.outcome.error().is_some_and(is_the_accounts);
        let gives_up = |turn: &Turn| turn.gives_up(one.key, self.ledger.now());
        !is_the_accounts && self.turn.as_ref().is_some_and(gives_up)
    }

    pub(crate) async fn tell(
        &self,
        seq: u64,
        ticket: TicketRef,
        outcome: Outcome,
        recorded: bool,
    ) -> Result<()> {
        let outcome = JobOutcome {
            seq,
            ticket,
            outcome,
            recorded,
        };
        let dropped = |_| Error::new(ErrorKind::Cancelled, "nobody waits for the job any more");
        self.outcomes.send(Ok(outcome)).await.map_err(dropped)
    }
}

/// Whether this outcome is the last word about the ticket.
fn is_final(outcome: &Outcome, ended_early: bool) -> bool {
    match outcome {
        // A check that failed for a passing reason is made again, also of a ticket in doubt.
        Outcome::Unknown(error) if error.message().starts_with(words::PERHAPS_CHANGED) => {
            let check = Outcome::Failed(error.clone().with_effect(Effect::None));
            !ended_early && !check.is_left_to_do()
        }
        Outcome::Unknown(_) => !ended_early,
        outcome => !outcome.is_left_to_do(),
    }
}

fn stopped(state: JobState) -> Error {
    Error::new(ErrorKind::Cancelled, format!("the job is {state}"))
}

fn suspended(why: &Suspension) -> Error {
    let message = format!("the account makes no calls: {}", why.because);
    let error = Error::new(ErrorKind::QuotaExhausted, message);
    match why.until {
        Some(until) => error.with_available_at(until),
        None => error,
    }
}
