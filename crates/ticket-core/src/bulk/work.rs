//! The work on many tickets of one account: what is sent when, and what is said of each ticket.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::Fuse;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use super::{BulkOptions, Deed, Landing, Outcome as _, Settled};
use crate::check::check_id;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::patience::{Course, Patience};
use crate::provider::TicketProvider;
use crate::ticket::TicketId;

/// Does it to all tickets as their ids arrive: a stream of what became of them, in the order of completion.
pub(crate) fn run<D: Deed, S>(
    provider: Arc<dyn TicketProvider>,
    ids: S,
    options: BulkOptions,
) -> impl Stream<Item = Settled<D::Outcome>> + Send + Unpin + use<D, S>
where
    S: Stream + Send,
    S::Item: Into<TicketId> + Send,
{
    let work = Work::<D>::new(provider, options);
    let input = Input {
        ids: Box::pin(ids.map(Into::into).fuse()),
        taken: 0,
    };
    Box::pin(stream::unfold(
        (work, input),
        |(mut work, mut input)| async move {
            let settled = work.next(&mut input).await?;
            Some((settled, (work, input)))
        },
    ))
}

/// Does it to these tickets, each given once and no more than one call may name, in the caller's own task: what became
/// of each, in the order asked.
pub(crate) async fn run_here<D: Deed>(
    provider: Arc<dyn TicketProvider>,
    ids: Vec<TicketId>,
) -> Vec<(TicketId, D::Outcome)> {
    if ids.is_empty() {
        return Vec::new();
    }
    let first = if ids.iter().all(|id| check_id(id).is_ok()) {
        // The usual case: nothing to leave out, and mostly nothing to put right.
        let call = begin::<D>(&provider, ids.clone(), Patience::default());
        match call.await {
            Ok(outcomes) if outcomes.iter().map(|(id, _)| id).eq(&ids) => return outcomes,
            landing => Some(landing),
        }
    } else {
        None
    };
    Box::pin(Work::<D>::new(provider, BulkOptions::default()).finish_here(ids, first)).await
}

/// One call.
fn begin<D: Deed>(
    provider: &Arc<dyn TicketProvider>,
    ids: Vec<TicketId>,
    patience: Patience,
) -> impl Future<Output = Landing<D::Outcome>> + Send + use<D> {
    let provider = Arc::clone(provider);
    let begun = Arc::clone(&patience.course);
    patience.scope(async move {
        begun.begin();
        D::call(provider, ids).await
    })
}

/// The ids, as they arrive.
struct Input<S> {
    ids: Pin<Box<Fuse<S>>>,
    /// How many have arrived.
    taken: usize,
}

impl<S: Stream<Item = TicketId>> Input<S> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Asked>> {
        self.ids.poll_next_unpin(cx).map(|id| {
            let id = id?;
            let index = self.taken;
            self.taken += 1;
            Some(Asked { index, id })
        })
    }

    fn is_done(&self) -> bool {
        self.ids.is_done()
    }
}

/// A ticket that was asked for.
#[derive(Clone, Debug)]
struct Asked {
    index: usize,
    id: TicketId,
}

/// A call on its way.
struct Flight {
    asked: Vec<Asked>,
    course: Arc<Course>,
}

/// Where the work stands.
struct Work<D: Deed> {
    provider: Arc<dyn TicketProvider>,
    options: BulkOptions,
    max_batch: usize,
    /// What arrived and fills a batch.
    batch: Vec<Asked>,
    /// Parts of batches that were refused as a whole.
    halves: VecDeque<Vec<Asked>>,
    /// Tasks of their own: whoever reads the outcomes slowly must not keep an answer from being heard.
    flying: JoinSet<Landing<D::Outcome>>,
    flights: HashMap<task::Id, Flight>,
    /// Answers that were not taken yet.
    settled: VecDeque<Settled<D::Outcome>>,
    /// How many calls in a row have failed because the vendor was out of reach.
    failures: u32,
    /// How many tickets in a row were refused by themselves, after their batch had been.
    refusals: usize,
    /// Why nothing more is tried.
    end: Option<Error>,
}

/// What is worth waking up for.
enum Event<O> {
    /// Nothing more is to be sent.
    Ended,
    Abandoned,
    Landed(Result<(task::Id, Landing<O>), JoinError>),
    Arrived(Option<Asked>),
    /// Nothing is on its way and nothing arrives.
    Idle,
}

impl<D: Deed> Work<D> {
    fn new(provider: Arc<dyn TicketProvider>, options: BulkOptions) -> Self {
        Self {
            max_batch: D::max_batch(&*provider),
            provider,
            options,
            batch: Vec::new(),
            halves: VecDeque::new(),
            flying: JoinSet::new(),
            flights: HashMap::new(),
            settled: VecDeque::new(),
            failures: 0,
            refusals: 0,
            end: None,
        }
    }

    async fn next<S: Stream<Item = TicketId>>(
        &mut self,
        input: &mut Input<S>,
    ) -> Option<Settled<D::Outcome>> {
        loop {
            if let Some(settled) = self.settled.pop_front() {
                return Some(settled);
            }
            self.look_at_the_clock();
            if self.end.is_some() {
                self.leave_untried();
                if !self.settled.is_empty() {
                    continue;
                }
            } else {
                self.launch(input.is_done());
            }
            if input.is_done() && self.flights.is_empty() && self.settled.is_empty() {
                return None;
            }
            if !self.settled.is_empty() {
                // Refused before they were sent.
                continue;
            }
            match self.event(input).await {
                // Why is looked at when the loop begins anew.
                Event::Ended => {}
                Event::Abandoned => self.abandon().await,
                Event::Landed(joined) => self.join(joined),
                Event::Arrived(asked) => self.batch.extend(asked),
                Event::Idle => {
                    self.take_off(true);
                }
            }
        }
    }

    /// Waits for the next thing to happen; the first of these in this order.
    async fn event<S: Stream<Item = TicketId>>(
        &mut self,
        input: &mut Input<S>,
    ) -> Event<D::Outcome> {
        let stop = self.options.stop.clone();
        let deadline = self.options.deadline;
        let mut abandoned = pin!(stop.abandoned());
        let mut finishing = pin!(stop.finishing());
        let mut late = pin!(async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        });
        let mut hesitated = false;
        poll_fn(|cx| {
            if !self.flights.is_empty() && abandoned.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Abandoned);
            }
            if self.end.is_none() {
                let ended = finishing.as_mut().poll(cx).is_ready();
                if ended || late.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Event::Ended);
                }
            }
            // Before the answers, so that the next call is not kept waiting by whoever reads them.
            let has_room = !input.is_done() && self.batch.len() < self.max_batch;
            if has_room {
                if let Poll::Ready(asked) = input.poll_next(cx) {
                    return Poll::Ready(Event::Arrived(asked));
                }
            }
            if let Poll::Ready(Some(joined)) = self.flying.poll_join_next_with_id(cx) {
                return Poll::Ready(Event::Landed(joined));
            }
            if has_room {
                // A batch that is not full must not wait for ever. But tokio makes busy tasks pause now and
                // then, and the next id may be there right after: so it is asked for once more.
                if self.flights.is_empty() && !self.batch.is_empty() {
                    if hesitated {
                        return Poll::Ready(Event::Idle);
                    }
                    hesitated = true;
                    cx.waker().wake_by_ref();
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Sends as much as may be on its way at once.
    fn launch(&mut self, input_is_done: bool) {
        while self.flights.len() < self.options.concurrency.get() && self.take_off(input_is_done) {}
    }

    /// Begins one call, if there is enough for it: a full batch, or any that is not empty.
    fn take_off(&mut self, with_less: bool) -> bool {
        let asked = match self.halves.pop_front() {
            Some(half) => half,
            None if self.batch.len() >= self.max_batch || with_less => {
                std::mem::take(&mut self.batch)
            }
            None => return false,
        };
        // An id that cannot be one is refused by itself, not together with its whole batch.
        let (asked, ids) = self.sendable(asked);
        if ids.is_empty() {
            return false;
        }
        let course = Arc::new(Course::default());
        let patience = Patience {
            course: Arc::clone(&course),
            deadline: self.options.deadline,
            stop: Some(self.options.stop.clone()),
        };
        let call = begin::<D>(&self.provider, ids, patience);
        let mut call = Box::pin(call.in_current_span().with_current_subscriber());
        // Begun here, so that calls stand in line for the quota in the order of the list: tasks begin in any.
        let task = match call.as_mut().now_or_never() {
            Some(landing) => self.flying.spawn(std::future::ready(landing)),
            None => self.flying.spawn(call),
        };
        self.flights.insert(task.id(), Flight { asked, course });
        true
    }

    /// Does it to these tickets, one call after the other; `landing` is what came of a first one.
    async fn finish_here(
        mut self,
        ids: Vec<TicketId>,
        landing: Option<Landing<D::Outcome>>,
    ) -> Vec<(TicketId, D::Outcome)> {
        let asked = ids.into_iter().enumerate();
        let asked = asked.map(|(index, id)| Asked { index, id }).collect();
        match landing {
            Some(landing) => self.land(asked, landing),
            None => self.halves.push_back(asked),
        }
        self.leave_untried();
        while let Some(asked) = self.halves.pop_front() {
            let (asked, ids) = self.sendable(asked);
            if !ids.is_empty() {
                let landing = begin::<D>(&self.provider, ids, Patience::default()).await;
                self.land(asked, landing);
            }
            self.leave_untried();
        }
        let mut settled = Vec::from(self.settled);
        settled.sort_unstable_by_key(|settled| settled.index);
        let settled = settled.into_iter();
        settled
            .map(|settled| (settled.id, settled.outcome))
            .collect()
    }

    /// Settles what cannot be sent; the rest, and its ids without repetitions.
    fn sendable(&mut self, asked: Vec<Asked>) -> (Vec<Asked>, Vec<TicketId>) {
        let mut kept = Vec::with_capacity(asked.len());
        for asked in asked {
            match check_id(&asked.id) {
                Ok(()) => kept.push(asked),
                Err(error) => {
                    let error = error.in_operation(self.provider.info().id, D::OPERATION);
                    self.settle(asked, D::Outcome::from_error(error));
                }
            }
        }
        let ids = distinct(kept.iter().map(|asked| asked.id.clone()).collect());
        (kept, ids)
    }

    /// Takes the end of a call.
    fn join(&mut self, joined: Result<(task::Id, Landing<D::Outcome>), JoinError>) {
        match joined {
            Ok((task, landing)) => {
                if let Some(flight) = self.flights.remove(&task) {
                    self.land(flight.asked, landing);
                }
            }
            // A provider that panics does so in the caller's task.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => {
                if let Some(flight) = self.flights.remove(&error.id()) {
                    self.leave(flight);
                }
            }
        }
    }

    /// Takes the answer to a call.
    fn land(&mut self, asked: Vec<Asked>, landing: Landing<D::Outcome>) {
        match landing {
            Ok(outcomes) => {
                self.failures = 0;
                self.refusals = 0;
                self.read(asked, outcomes);
            }
            Err(error) => self.crash(asked, &error),
        }
    }

    /// Takes what is said of each ticket. It was asked in this order, but for ids that came twice.
    fn read(&mut self, asked: Vec<Asked>, outcomes: Vec<(TicketId, D::Outcome)>) {
        let in_order = asked.len() == outcomes.len()
            && asked
                .iter()
                .zip(&outcomes)
                .all(|(asked, (id, _))| asked.id == *id);
        if in_order {
            for (asked, (_, outcome)) in asked.into_iter().zip(outcomes) {
                self.settle(asked, outcome);
            }
            return;
        }
        let outcomes: HashMap<_, _> = outcomes.into_iter().collect();
        for asked in asked {
            let outcome = match outcomes.get(&asked.id) {
                Some(outcome) => outcome.clone(),
                None => D::Outcome::from_error(self.not_mentioned(&asked.id)),
            };
            self.settle(asked, outcome);
        }
    }

    /// Takes the failure of a call as a whole.
    fn crash(&mut self, asked: Vec<Asked>, error: &Error) {
        let refused = error.effect() == Effect::None;
        let several = asked
            .iter()
            .any(|other| Some(&other.id) != asked.first().map(|first| &first.id));
        let is_invalid = error.kind() == ErrorKind::InvalidInput && refused;
        if is_invalid && several && self.refusals < 2 * self.max_batch {
            // One of them may be at fault for all. Not so once every single one of two batches was.
            let mut first = asked;
            let second = first.split_off(first.len() / 2);
            self.halves.extend([first, second]);
            return;
        }
        if is_invalid && !several {
            self.refusals += 1;
        }
        let untried = error.is_untried() && refused;
        for asked in asked {
            let error = error.clone().on_ticket(&asked.id);
            let outcome = if untried {
                D::Outcome::unattempted(error)
            } else {
                D::Outcome::from_error(error)
            };
            self.settle(asked, outcome);
        }
        if error.kind().is_retryable() {
            self.failures += u32::from(!untried);
        } else {
            // The vendor was within reach.
            self.failures = 0;
        }
        let account_is_at_fault = matches!(
            error.kind(),
            ErrorKind::Unauthenticated
                | ErrorKind::TokenExpired
                | ErrorKind::QuotaExhausted
                | ErrorKind::Config
                | ErrorKind::Unsupported
        );
        if account_is_at_fault {
            self.end(
                error.because("not tried, since an earlier call failed for the whole account"),
            );
        } else if self.failures >= self.options.give_up_after.get() {
            let calls = self.failures;
            self.end(error.because(&format!("not tried, since {calls} calls in a row failed")));
        }
    }

    /// Tries nothing more; the first reason stays.
    fn end(&mut self, reason: Error) {
        if self.end.is_none() {
            tracing::warn!(
                ticket.provider = self.provider.info().id,
                ticket.operation = D::OPERATION.as_str(),
                error.type = reason.kind().as_str(),
                "the rest is not tried"
            );
            self.end = Some(reason);
        }
    }

    /// Answers for what has not been sent.
    fn leave_untried(&mut self) {
        let Some(reason) = self.end.clone() else {
            return;
        };
        let waiting: Vec<_> = self
            .halves
            .drain(..)
            .flatten()
            .chain(self.batch.drain(..))
            .collect();
        for asked in waiting {
            let error = reason.clone().on_ticket(&asked.id);
            self.settle(asked, D::Outcome::unattempted(error));
        }
    }

    /// Waits no longer for what is on its way. What has been answered by now is heard.
    async fn abandon(&mut self) {
        self.flying.abort_all();
        while let Some(joined) = self.flying.join_next_with_id().await {
            self.join(joined);
        }
    }

    /// Answers for a call that was not waited for.
    fn leave(&mut self, flight: Flight) {
        let error = Error::new(ErrorKind::Cancelled, "the answer was not waited for")
            .in_operation(self.provider.info().id, D::OPERATION)
            .with_effect(Effect::Unknown);
        let may_be_sent = flight.course.may_be_sent();
        for asked in flight.asked {
            let error = error.clone().on_ticket(&asked.id);
            let outcome = if may_be_sent {
                D::Outcome::from_error(error)
            } else {
                D::Outcome::unattempted(error.because("the work was stopped before its turn"))
            };
            self.settle(asked, outcome);
        }
    }

    fn settle(&mut self, asked: Asked, outcome: D::Outcome) {
        self.settled
            .push_back(Settled::new(asked.index, asked.id, outcome));
    }

    /// Ends the work where that was asked for.
    fn look_at_the_clock(&mut self) {
        let is_late = |deadline: Instant| deadline <= Instant::now();
        let why = if self.options.stop.is_finishing() {
            "the work was stopped before its turn"
        } else if self.options.deadline.is_some_and(is_late) {
            "the deadline came before its turn"
        } else {
            return;
        };
        if self.end.is_none() {
            let error = Error::new(ErrorKind::Cancelled, why);
            self.end = Some(error.in_operation(self.provider.info().id, D::OPERATION));
        }
    }

    fn not_mentioned(&self, id: &TicketId) -> Error {
        let message = "the provider's report does not mention this ticket";
        Error::new(ErrorKind::BadResponse, message)
            .in_operation(self.provider.info().id, D::OPERATION)
            .on_ticket(id)
    }
}

/// Each id once, in the order of its first appearance.
pub(crate) fn distinct(mut ids: Vec<TicketId>) -> Vec<TicketId> {
    if !is_ascending(&ids) {
        let mut seen = HashSet::with_capacity(ids.len());
        ids.retain(|id| seen.insert(id.clone()));
    }
    ids
}

/// Whether each id stands behind the one before, as most lists are sorted: then none comes twice, and no table is needed
/// to tell.
fn is_ascending(ids: &[TicketId]) -> bool {
    let order = |id: &TicketId| id.as_str().len();
    ids.is_sorted_by(|one, next| (order(one), one) < (order(next), next))
}
