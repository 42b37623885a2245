//! When which call is made: tickets are taken as they arrive, several calls are on their way at once.

use std::any::Any;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::stream::{BoxStream, Fuse};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::task::{self, JoinError};
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use super::engine::{Asked, CallResult, Engine, InFlight};
use super::{Settled, distinct};
use crate::provider::context::{SendState, WaitEnded};
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::outcome::Outcome;

type Input<'a> = Fuse<BoxStream<'a, Asked>>;

/// What is worth waking up for.
enum Event {
    /// Nothing more is to be sent.
    Ended,
    Abandoned,
    Replied(Result<(task::Id, CallResult), JoinError>),
    /// A batch is full, or nothing more arrives.
    Arrived,
    /// Nothing is on its way and nothing arrives.
    Idle,
}

impl Engine {
    /// The work as a stream of outcomes, in the order of completion.
    pub(super) fn run(
        self,
        tickets: BoxStream<'_, Asked>,
    ) -> BoxStream<'_, Settled<Box<dyn Any + Send>>> {
        // Boxed and in chunks: the engine is not moved for every single ticket.
        let work = Box::new((self, tickets.fuse()));
        let chunks = stream::unfold(work, |mut work| async move {
            let (engine, input) = &mut *work;
            let settled = engine.next(input).await?;
            Some((stream::iter(settled), work))
        });
        chunks.flatten().boxed()
    }

    /// What was settled next: at least one ticket, or nothing once all are.
    async fn next(
        &mut self,
        input: &mut Input<'_>,
    ) -> Option<VecDeque<Settled<Box<dyn Any + Send>>>> {
        loop {
            if !self.settled.is_empty() {
                return Some(std::mem::take(&mut self.settled));
            }
            self.end_in_time();
            if self.end.is_some() {
                self.settle_unattempted();
                if !self.settled.is_empty() {
                    continue;
                }
            } else {
                self.fill(input.is_done());
            }
            if input.is_done() && self.in_flight.is_empty() {
                return None;
            }
            match self.event(input).await {
                // Why is looked at when the loop begins anew, and so is what has arrived.
                Event::Ended | Event::Arrived => {}
                Event::Abandoned => self.abandon().await,
                Event::Replied(joined) => self.join(joined),
                Event::Idle => {
                    self.dispatch(true);
                }
            }
        }
    }

    /// Waits for the next thing to happen; the first of these in this order.
    async fn event(&mut self, input: &mut Input<'_>) -> Event {
        let context = self.context.clone();
        let mut abandoned = pin!(async {
            match &context.stop {
                Some(stop) => stop.abandoned().await,
                None => std::future::pending().await,
            }
        });
        let mut ended = pin!(context.end());
        let mut hesitated = false;
        // The keys of the tickets are `Send` only: the engine is moved in as a whole, not borrowed by its parts.
        let engine = self;
        poll_fn(move |cx| {
            if !engine.in_flight.is_empty() && abandoned.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Abandoned);
            }
            if engine.end.is_none() && ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Ended);
            }
            // Before the answers, so that the next call is not kept waiting by whoever reads them.
            let mut has_room = !input.is_done() && engine.batch.len() < engine.max_batch;
            while has_room {
                let Poll::Ready(asked) = input.poll_next_unpin(cx) else {
                    break;
                };
                engine.batch.extend(asked);
                has_room = !input.is_done() && engine.batch.len() < engine.max_batch;
                if !has_room {
                    return Poll::Ready(Event::Arrived);
                }
            }
            if let Poll::Ready(Some(joined)) = engine.tasks.poll_join_next_with_id(cx) {
                return Poll::Ready(Event::Replied(joined));
            }
            // A batch that is not full must not wait for ever. But tokio makes busy tasks pause now and then, and
            // the next ticket may be there right after: so it is asked for once more.
            if has_room && engine.in_flight.is_empty() && !engine.batch.is_empty() {
                if hesitated {
                    return Poll::Ready(Event::Idle);
                }
                hesitated = true;
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await
    }

    /// Makes as many calls as may be on their way at once.
    fn fill(&mut self, input_is_done: bool) {
        while self.in_flight.len() < self.concurrency.get() && self.dispatch(input_is_done) {}
    }

    /// Makes one call, if there is enough for it: a full batch, or any that is not empty.
    fn dispatch(&mut self, with_less: bool) -> bool {
        let asked = match self.splits.pop_front() {
            Some(part) => part,
            None if self.batch.len() >= self.max_batch || with_less => {
                std::mem::take(&mut self.batch)
            }
            None => return false,
        };
        if asked.is_empty() {
            return false;
        }
        let targets = distinct(asked.iter().map(|asked| &asked.target));
        let state = Arc::new(SendState::default());
        let mut context = self.context.clone();
        context.send_state = Some(Arc::clone(&state));
        let (provider, change) = (Arc::clone(&self.provider), Arc::clone(&self.change));
        let call = async move {
            if let Some(state) = &context.send_state {
                state.begin();
            }
            change.call(&*provider, &context, &targets).await
        };
        let mut call = Box::pin(call.in_current_span().with_current_subscriber());
        // Polled here first, so that calls stand in line for the quota in the order of the list: tasks begin in any.
        let task = match call.as_mut().now_or_never() {
            Some(result) => self.tasks.spawn(std::future::ready(result)),
            None => self.tasks.spawn(call),
        };
        self.in_flight.insert(task.id(), InFlight { asked, state });
        true
    }

    /// Takes the end of a call.
    fn join(&mut self, joined: Result<(task::Id, CallResult), JoinError>) {
        match joined {
            Ok((task, result)) => {
                if let Some(call) = self.in_flight.remove(&task) {
                    self.on_reply(call.asked, result);
                }
            }
            // A provider that panics does so in the caller's task.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => {
                if let Some(call) = self.in_flight.remove(&error.id()) {
                    self.leave(call);
                }
            }
        }
    }

    /// Waits no longer for what is on its way. What has been answered by now is heard.
    async fn abandon(&mut self) {
        self.tasks.abort_all();
        while let Some(joined) = self.tasks.join_next_with_id().await {
            self.join(joined);
        }
    }

    /// Answers for a call that was not waited for.
    fn leave(&mut self, call: InFlight) {
        let error = Error::new(ErrorKind::Cancelled, "the answer was not waited for")
            .in_operation(self.provider.info().id, self.change.operation())
            .with_effect(Effect::Unknown);
        let may_be_sent = call.state.may_be_sent();
        for asked in call.asked {
            let error = error.clone().on_ticket(&asked.target.id);
            let outcome = if may_be_sent {
                Outcome::Unknown(error)
            } else {
                Outcome::Unattempted(error.with_context("the work was stopped before its turn"))
            };
            self.settle(asked, outcome);
        }
    }

    /// Ends the work once the deadline or the stop has come.
    fn end_in_time(&mut self) {
        let why = match self.context.ended() {
            Some(WaitEnded::Stopped) => "the work was stopped before its turn",
            Some(WaitEnded::Deadline) => "the deadline came before its turn",
            None => return,
        };
        if self.end.is_none() {
            let error = Error::new(ErrorKind::Cancelled, why);
            self.end = Some(error.in_operation(self.provider.info().id, self.change.operation()));
        }
    }
}
