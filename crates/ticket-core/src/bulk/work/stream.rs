//! The work as a stream: ids are taken as they arrive, several calls are on their way at once.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::Fuse;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::task::{self, JoinError};
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use super::{Asked, Flight, Work, begin};
use crate::bulk::{BulkOptions, Deed, Landing, Outcome as _, Settled};
use crate::model::ticket::TicketId;
use crate::provider::context::{CallContext, SendState, WaitEnded};
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::ticket_provider::TicketProvider;

/// Does it to all tickets as their ids arrive: a stream of what became of them, in the order of completion.
pub(crate) fn run<D: Deed, S>(
    provider: Arc<dyn TicketProvider>,
    context: CallContext,
    ids: S,
    options: BulkOptions,
) -> impl Stream<Item = Settled<D::Outcome>> + Send + Unpin + use<D, S>
where
    S: Stream + Send,
    S::Item: Into<TicketId> + Send,
{
    let work = Work::<D>::new(provider, context, options);
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
        let context = self.context.clone();
        let mut abandoned = pin!(async {
            match &context.stop {
                Some(stop) => stop.abandoned().await,
                None => std::future::pending().await,
            }
        });
        let mut ended = pin!(context.end());
        let mut hesitated = false;
        poll_fn(|cx| {
            if !self.flights.is_empty() && abandoned.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Abandoned);
            }
            if self.end.is_none() && ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Ended);
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
        let state = Arc::new(SendState::default());
        let call = begin::<D>(
            &self.provider,
            ids,
            self.context.clone(),
            Arc::clone(&state),
        );
        let mut call = Box::pin(call.in_current_span().with_current_subscriber());
        // Begun here, so that calls stand in line for the quota in the order of the list: tasks begin in any.
        let task = match call.as_mut().now_or_never() {
            Some(landing) => self.flying.spawn(std::future::ready(landing)),
            None => self.flying.spawn(call),
        };
        self.flights.insert(task.id(), Flight { asked, state });
        true
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
        let may_be_sent = flight.state.may_be_sent();
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

    /// Ends the work where that was asked for.
    fn look_at_the_clock(&mut self) {
        let why = match self.context.ended() {
            Some(WaitEnded::Stopped) => "the work was stopped before its turn",
            Some(WaitEnded::Deadline) => "the deadline came before its turn",
            None => return,
        };
        if self.end.is_none() {
            let error = Error::new(ErrorKind::Cancelled, why);
            self.end = Some(error.in_operation(self.provider.info().id, D::OPERATION));
        }
    }
}
