//! The work on many tickets of one account: what is sent when, and what is said of each ticket.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::stream::{Fuse, FuturesUnordered};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::Instant;

use super::{BulkOptions, Deed, Outcome as _, Settled};
use crate::check::check_id;
use crate::error::{Effect, Error, ErrorKind, Result};
use crate::patience::Patience;
use crate::provider::TicketProvider;
use crate::ticket::TicketId;

/// Does it to all tickets as their ids arrive: a stream of what became of them, in the order of completion.
pub(crate) fn run<D: Deed, S>(
    provider: Arc<dyn TicketProvider>,
    ids: S,
    options: BulkOptions,
) -> impl Stream<Item = Settled<D::Outcome>> + Send + use<D, S>
where
    S: Stream + Send,
    S::Item: Into<TicketId> + Send,
{
    let work = Work::<D> {
        max_batch: D::max_batch(&*provider).max(1),
        provider,
        options,
        batch: Vec::new(),
        halves: VecDeque::new(),
        flying: FuturesUnordered::new(),
        flights: HashMap::new(),
        next_flight: 0,
        settled: VecDeque::new(),
        failures: 0,
        end: None,
    };
    let input = Input {
        ids: Box::pin(ids.map(Into::into).fuse()),
        taken: 0,
    };
    stream::unfold((work, input), |(mut work, mut input)| async move {
        let settled = work.next(&mut input).await?;
        Some((settled, (work, input)))
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

type Landing<O> = (u64, Result<HashMap<TicketId, O>>);

/// Where the work stands.
struct Work<D: Deed> {
    provider: Arc<dyn TicketProvider>,
    options: BulkOptions,
    max_batch: usize,
    /// What arrived and fills a batch.
    batch: Vec<Asked>,
    /// Parts of batches that were refused as a whole.
    halves: VecDeque<Vec<Asked>>,
    flying: FuturesUnordered<BoxFuture<'static, Landing<D::Outcome>>>,
    /// What each call that is on its way is about.
    flights: HashMap<u64, Vec<Asked>>,
    next_flight: u64,
    /// Answers that were not taken yet.
    settled: VecDeque<Settled<D::Outcome>>,
    /// How many calls in a row have failed because the vendor was out of reach.
    failures: u32,
    /// Why nothing more is tried.
    end: Option<Error>,
}

/// What is worth waking up for.
enum Event<O> {
    /// Nothing more is to be sent.
    Ended,
    Abandoned,
    Landed(Landing<O>),
    Arrived(Option<Asked>),
    /// Nothing is on its way and nothing arrives.
    Idle,
}

impl<D: Deed> Work<D> {
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
                Event::Abandoned => self.abandon(),
                Event::Landed((flight, result)) => self.land(flight, result),
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
            if let Poll::Ready(Some(landing)) = self.flying.poll_next_unpin(cx) {
                return Poll::Ready(Event::Landed(landing));
            }
            if !input.is_done() && self.batch.len() < self.max_batch {
                if let Poll::Ready(asked) = input.poll_next(cx) {
                    return Poll::Ready(Event::Arrived(asked));
                }
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
        let flight = self.next_flight;
        self.next_flight += 1;
        let patience = Patience {
            deadline: self.options.deadline,
            stop: Some(self.options.stop.clone()),
        };
        let call = patience.scope(D::call(Arc::clone(&self.provider), ids));
        self.flying
            .push(call.map(move |result| (flight, result)).boxed());
        self.flights.insert(flight, asked);
        true
    }

    /// Settles what cannot be sent; the rest, and its ids without repetitions.
    fn sendable(&mut self, asked: Vec<Asked>) -> (Vec<Asked>, Vec<TicketId>) {
        let mut ids = Vec::with_capacity(asked.len());
        let mut seen = HashSet::with_capacity(asked.len());
        let mut kept = Vec::with_capacity(asked.len());
        for asked in asked {
            match check_id(&asked.id) {
                Ok(()) => {
                    if seen.insert(asked.id.clone()) {
                        ids.push(asked.id.clone());
                    }
                    kept.push(asked);
                }
                Err(error) => {
                    let error = error.in_operation(self.provider.info().id, D::OPERATION);
                    self.settle(asked, D::Outcome::from_error(error));
                }
            }
        }
        (kept, ids)
    }

    /// Takes the answer to a call.
    fn land(&mut self, flight: u64, result: Result<HashMap<TicketId, D::Outcome>>) {
        let asked = self.flights.remove(&flight).unwrap_or_default();
        match result {
            Ok(outcomes) => {
                self.failures = 0;
                for asked in asked {
                    let outcome = match outcomes.get(&asked.id) {
                        Some(outcome) => outcome.clone(),
                        None => D::Outcome::from_error(self.not_mentioned(&asked.id)),
                    };
                    self.settle(asked, outcome);
                }
            }
            Err(error) => self.crash(asked, &error),
        }
    }

    /// Takes the failure of a call as a whole.
    fn crash(&mut self, asked: Vec<Asked>, error: &Error) {
        let refused = error.effect() == Effect::None;
        let several = asked
            .iter()
            .any(|other| Some(&other.id) != asked.first().map(|first| &first.id));
        if error.kind() == ErrorKind::InvalidInput && refused && several {
            // One of them may be at fault for all.
            let mut first = asked;
            let second = first.split_off(first.len() / 2);
            self.halves.extend([first, second]);
            return;
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
        if error.kind().is_retryable() && !untried {
            self.failures += 1;
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

    /// Waits no longer for what is on its way.
    fn abandon(&mut self) {
        self.flying = FuturesUnordered::new();
        let flights = std::mem::take(&mut self.flights);
        for asked in flights.into_values().flatten() {
            let error = Error::new(ErrorKind::Cancelled, "the answer was not waited for")
                .in_operation(self.provider.info().id, D::OPERATION)
                .with_effect(Effect::Unknown)
                .on_ticket(&asked.id);
            self.settle(asked, D::Outcome::from_error(error));
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
