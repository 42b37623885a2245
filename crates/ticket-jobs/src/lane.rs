//! The work on the tickets of one account: claims them, changes them, records the outcomes.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Settled};
use ticket_core::{
    CallContext, Change, DeleteTarget, Effect, Error, ErrorKind, Outcome, Result, TicketRef,
    Tickets,
};
use tokio::sync::mpsc;

use crate::ledger::Ledger;
use crate::model::{Claim, Claimed, JobState, Suspension, Work};
use crate::run::{JobOutcome, open_tickets};
use crate::slots::label;

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
    pub(crate) change: Change,
    pub(crate) work: Work,
    pub(crate) context: CallContext,
    pub(crate) options: BulkOptions,
    pub(crate) outcomes: mpsc::Sender<Result<JobOutcome>>,
}

/// What the claims of a lane found.
#[derive(Debug, Default)]
struct Found {
    /// Tickets in doubt, which are looked at last.
    doubts: Vec<Claimed>,
    /// The claim that gave no tickets.
    last: Option<Claim>,
    failed: Option<Error>,
}

/// What a lane leaves open.
#[derive(Debug, Default)]
struct Left {
    tickets: HashSet<u64>,
    /// Why the work ended early.
    reason: Option<Error>,
}

impl Lane {
    pub(crate) async fn work(self) -> Result<()> {
        let mut left = Left::default();
        loop {
            let found = Arc::new(Mutex::new(Found::default()));
            let ended = Arc::new(AtomicBool::new(false));
            let fresh = self.claims(&found, &ended);
            self.apply(fresh, Effect::None, &ended, &mut left).await?;
            let Found {
                doubts,
                last,
                failed,
            } = std::mem::take(&mut *locked(&found));
            if let Some(error) = failed {
                return Err(error);
            }
            self.apply_to_doubts(doubts, &ended, &mut left).await?;
            if ended.load(Ordering::Relaxed) || !left.tickets.is_empty() {
                break;
            }
            match last {
                Some(Claim::Later(wait)) if self.wait(wait.min(ASK_AGAIN)).await => {}
                Some(Claim::Stopped(state)) => {
                    left.reason = Some(stopped(state));
                    break;
                }
                Some(Claim::Suspended(why)) => {
                    left.reason = Some(suspended(&why));
                    break;
                }
                _ => break,
            }
        }
        let (worker, account) = (self.work.worker, &self.work.account);
        self.ledger
            .put_back(worker, account, Duration::ZERO)
            .await?;
        self.tell_open(left).await
    }

    /// Changes tickets that were claimed before, those in doubt last.
    pub(crate) async fn apply_to(self, claimed: Vec<Claimed>) -> Result<()> {
        let (mut left, ended) = (Left::default(), Arc::new(AtomicBool::new(false)));
        let (doubts, fresh): (Vec<_>, Vec<_>) = claimed
            .into_iter()
            .partition(|claimed| claimed.in_doubt.is_some());
        let fresh = stream::iter(fresh).boxed();
        self.apply(fresh, Effect::None, &ended, &mut left).await?;
        self.apply_to_doubts(doubts, &ended, &mut left).await
    }

    /// Changes or looks at tickets in doubt, once no earlier call about them can act any more.
    async fn apply_to_doubts(
        &self,
        doubts: Vec<Claimed>,
        ended: &Arc<AtomicBool>,
        left: &mut Left,
    ) -> Result<()> {
        if doubts.is_empty() || ended.load(Ordering::Relaxed) {
            return Ok(());
        }
        let wait = doubts.iter().filter_map(|claimed| claimed.in_doubt).max();
        if !self.wait(wait.unwrap_or_default()).await {
            return Ok(());
        }
        let doubts = stream::iter(doubts).boxed();
        self.apply(doubts, Effect::Unknown, ended, left).await
    }

    /// The tickets that this worker claims, as long as the work goes on.
    fn claims(
        &self,
        found: &Arc<Mutex<Found>>,
        ended: &Arc<AtomicBool>,
    ) -> BoxStream<'static, Claimed> {
        let (ledger, work) = (Arc::clone(&self.ledger), self.work.clone());
        let stop = self.context.stop.clone();
        let (found, ended) = (Arc::clone(found), Arc::clone(ended));
        let claims = stream::unfold((), move |()| {
            let (ledger, work) = (Arc::clone(&ledger), work.clone());
            let (found, ended, stop) = (Arc::clone(&found), Arc::clone(&ended), stop.clone());
            async move {
                let is_stopped = stop.is_some_and(|stop| stop.is_finishing());
                if is_stopped || ended.load(Ordering::Relaxed) {
                    return None;
                }
                let claim = ledger.claim(work.worker, &work.account).await;
                let mut found = locked(&found);
                match claim {
                    Ok(Claim::Tickets(claimed)) => {
                        let (doubts, fresh): (Vec<_>, Vec<_>) = claimed
                            .into_iter()
                            .partition(|claimed| claimed.in_doubt.is_some());
                        found.doubts.extend(doubts);
                        Some((stream::iter(fresh), ()))
                    }
                    Ok(last) => {
                        found.last = Some(last);
                        None
                    }
                    Err(error) => {
                        found.failed = Some(error);
                        None
                    }
                }
            }
        });
        claims.flatten().boxed()
    }

    /// Changes these tickets and records their outcomes.
    async fn apply(
        &self,
        claimed: BoxStream<'static, Claimed>,
        earlier_attempt: Effect,
        ended: &Arc<AtomicBool>,
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
        let tickets = claimed.map(|claimed| {
            let mut target = DeleteTarget::new(claimed.id);
            target.version = claimed.version;
            (claimed.seq, target)
        });
        let account = self.tickets.with(context);
        let mut work = account.apply(self.change.clone(), tickets, &self.options);
        let (sender, mut settled) = mpsc::channel(WAITING);
        // Outcomes are recorded beside the calls, so that these do not wait for the disk.
        let calls = async {
            while let Some(settled) = work.next().await {
                if let Outcome::Unattempted(_) = &settled.outcome {
                    ended.store(true, Ordering::Relaxed);
                }
                if sender.send(settled).await.is_err() {
                    return;
                }
            }
            drop(sender);
        };
        let record = async {
            let mut together = Vec::new();
            while settled.recv_many(&mut together, TOGETHER).await > 0 {
                self.record(std::mem::take(&mut together), ended, left)
                    .await?;
            }
            Ok(())
        };
        let (calls, record) = (pin!(calls), pin!(record));
        match futures_util::future::select(calls, record).await {
            futures_util::future::Either::Left(((), record)) => record.await,
            futures_util::future::Either::Right((recorded, _)) => recorded,
        }
    }

    /// Records outcomes, and tells all of them.
    async fn record(
        &self,
        settled: Vec<Settled<u64>>,
        ended: &AtomicBool,
        left: &mut Left,
    ) -> Result<()> {
        let ended_early = ended.load(Ordering::Relaxed)
            || self
                .context
                .stop
                .as_ref()
                .is_some_and(ticket_core::Stop::is_finishing);
        let mut recorded = Vec::new();
        for one in &settled {
            if is_final(&one.outcome, ended_early) {
                recorded.push((one.key, one.outcome.clone()));
            } else {
                left.tickets.insert(one.key);
                self.note_account(&one.outcome, left).await?;
            }
        }
        if !recorded.is_empty() {
            self.ledger.settle(self.work.worker, recorded).await?;
        }
        for Settled {
            key, id, outcome, ..
        } in settled
        {
            let recorded = !left.tickets.contains(&key);
            let ticket = TicketRef::new(self.work.account.clone(), id);
            self.tell(key, ticket, outcome, recorded).await?;
        }
        Ok(())
    }

    /// Keeps why the work ended, and suspends the account for others if it is at fault.
    async fn note_account(&self, outcome: &Outcome, left: &mut Left) -> Result<()> {
        let Some(error) = outcome.error() else {
            return Ok(());
        };
        if left.reason.is_some() || !matches!(outcome, Outcome::Unattempted(_)) {
            return Ok(());
        }
        left.reason = Some(error.clone());
        let is_the_accounts = matches!(
            error.kind(),
            ErrorKind::Unauthenticated | ErrorKind::TokenExpired | ErrorKind::QuotaExhausted
        );
        if is_the_accounts {
            let why = Suspension {
                because: error.to_string(),
                until: error.available_at(),
            };
            self.ledger.suspend(&self.key, Some(why)).await?;
        }
        Ok(())
    }

    /// Tells of the tickets that this run did not come to.
    async fn tell_open(&self, left: Left) -> Result<()> {
        let Some(reason) = left.reason else {
            return Ok(());
        };
        let mut open = pin!(open_tickets(&*self.ledger, &self.work));
        while let Some((seq, ticket, in_doubt)) = open.try_next().await? {
            if left.tickets.contains(&seq) {
                continue;
            }
            let outcome = if in_doubt {
                let message = "an earlier run may have changed it, and it was not looked at yet";
                let error = Error::new(ErrorKind::Cancelled, message);
                Outcome::Unknown(error.with_effect(Effect::Unknown).on_ticket(&ticket.id))
            } else {
                Outcome::Unattempted(reason.clone().on_ticket(&ticket.id))
            };
            self.tell(seq, ticket, outcome, false).await?;
        }
        Ok(())
    }

    async fn tell(
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

    /// Waits. Returns whether the work goes on.
    async fn wait(&self, time: Duration) -> bool {
        let ended = async {
            match &self.context.stop {
                Some(stop) => stop.finishing().await,
                None => std::future::pending().await,
            }
        };
        let time = match self.context.deadline {
            Some(deadline) => {
                time.min(deadline.saturating_duration_since(tokio::time::Instant::now()))
            }
            None => time,
        };
        tokio::select! {
            biased;
            () = ended => false,
            () = tokio::time::sleep(time) => true,
        }
    }
}

/// Whether this outcome is the last word about the ticket.
fn is_final(outcome: &Outcome, ended_early: bool) -> bool {
    match outcome {
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

fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
