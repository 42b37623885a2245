//! The order of the calls: takes tickets as they arrive and keeps several calls in flight.

use std::any::Any;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::stream::{BoxStream, Fuse};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::task::{self, JoinError};
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use super::asked::{Asked, distinct};
use super::called::Called;
use super::engine::{Engine, InFlight};
use super::notice::Notice;
use super::options::Room;
use super::settled::Settled;
use crate::provider::context::{SendState, WaitEnded};
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::outcome::Outcome;

type Input<'a> = Fuse<BoxStream<'a, Asked>>;

/// The events that the engine waits for.
enum Event {
    /// The deadline or a stop: nothing more may be sent.
    Ended,
    Abandoned,
    Replied(Result<(task::Id, Called), JoinError>),
    /// A batch is full, or the input has ended.
    Arrived,
    /// No call is in flight and no ticket is ready.
    Idle,
    /// A pause is over.
    Resumed,
}

impl Engine {
    /// Runs the change as a stream of outcomes, in the order of completion.
    pub(super) fn run(
        self,
        tickets: BoxStream<'_, Asked>,
    ) -> BoxStream<'_, Settled<Box<dyn Any + Send>>> {
        // Boxed and in chunks, so that the engine is not moved for each ticket.
        let work = Box::new((self, tickets.fuse()));
        let chunks = stream::unfold(work, |mut work| async move {
            let (engine, input) = &mut *work;
            let settled = engine.next(input).await?;
            Some((stream::iter(settled), work))
        });
        chunks.flatten().boxed()
    }

    /// The next settled tickets, at least one; `None` once all are settled.
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
                self.settle_waiting();
                if !self.settled.is_empty() {
                    continue;
                }
            } else {
                while self.has_room() && self.dispatch(input.is_done()) {}
            }
            let is_idle =
                self.in_flight.is_empty() && self.batch.is_empty() && self.again.is_empty();
            if input.is_done() && is_idle && self.held.is_empty() {
                return None;
            }
            if self.is_time_to_look(input.is_done()) {
                self.fill_with_looks();
            }
            match self.event(input).await {
                // The next iteration looks at the reason and at the tickets that arrived.
                Event::Ended | Event::Arrived | Event::Resumed => {}
                Event::Abandoned => self.abandon().await,
                Event::Replied(joined) => self.join(joined),
                Event::Idle => {
                    self.dispatch(true);
                }
            }
        }
    }

    /// Waits for the next event. If several are ready, the order of the checks below decides.
    async fn event(&mut self, input: &mut Input<'_>) -> Event {
        let context = self.context.clone();
        let mut abandoned = pin!(async {
            match &context.stop {
                Some(stop) => stop.abandoned().await,
                None => std::future::pending().await,
            }
        });
        let mut ended = pin!(context.end());
        let wake_at = self.wake_at(input.is_done());
        let mut resumed = pin!(async {
            match wake_at {
                Some(time) => tokio::time::sleep_until(time).await,
                None => std::future::pending().await,
            }
        });
        let mut hesitated = false;
        // The keys are `Send` but not `Sync`, so the closure takes the whole engine instead of references to
        // its fields.
        let engine = self;
        poll_fn(move |cx| {
            if !engine.in_flight.is_empty() && abandoned.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Abandoned);
            }
            if engine.end.is_none() && ended.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Ended);
            }
            // Before the replies, so that a slow reader does not delay the next call.
            let mut has_room = !input.is_done() && engine.batch.len() < engine.max_batch;
            while has_room {
                let Poll::Ready(asked) = input.poll_next_unpin(cx) else {
                    break;
                };
                if let Some(asked) = asked {
                    engine.arrive(asked);
                }
                has_room = !input.is_done() && engine.batch.len() < engine.max_batch;
                if !has_room {
                    return Poll::Ready(Event::Arrived);
                }
            }
            if let Poll::Ready(Some(joined)) = engine.tasks.poll_join_next_with_id(cx) {
                return Poll::Ready(Event::Replied(joined));
            }
            if wake_at.is_some() {
                return resumed.as_mut().poll(cx).map(|()| Event::Resumed);
            }
            // A batch that is not full must not wait forever. But tokio's cooperative budget can make a ready
            // input look pending, so the input is polled once more.
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

    /// When there is something to do that waits; `None` if nothing waits for a time.
    fn wake_at(&self, input_is_done: bool) -> Option<Instant> {
        if !self.in_flight.is_empty() {
            return None;
        }
        let waits = !self.batch.is_empty() || !self.again.is_empty();
        if waits {
            return self.patience.paused_until();
        }
        let look_at = self
            .next_look()
            .filter(|_| self.is_time_to_look(input_is_done));
        look_at.map(|at| {
            self.patience
                .paused_until()
                .map_or(at, |until| until.max(at))
        })
    }

    /// Whether another call may be made: one at a time while the vendor does not answer.
    pub(super) fn has_room(&self) -> bool {
        let calls = self.in_flight.len();
        let is_careful = self.patience.is_careful();
        let room = self.room.as_ref().and_then(|Room(room)| room());
        let most = room.map_or(self.concurrency.get(), |room| {
            room.min(self.concurrency.get())
        });
        calls < most && !(is_careful && calls > 0)
    }

    /// Makes one call if a batch is full or, `with_less`, not empty. Returns whether it made one.
    fn dispatch(&mut self, with_less: bool) -> bool {
        if self.patience.paused_until().is_some() {
            return false;
        }
        // While the vendor does not answer, every second attempt is for tickets that did not fail before: they
        // may be fine.
        let is_fresh_first = self.patience.is_careful() && self.patience.is_turn_of_fresh();
        let is_ready = self.batch.len() >= self.max_batch || (with_less && !self.batch.is_empty());
        let part = match self.again.pop_front() {
            Some(part) if is_fresh_first && is_ready => {
                self.again.push_front(part);
                std::mem::take(&mut self.batch).into()
            }
            Some(part) => part,
            None if self.batch.len() >= self.max_batch || with_less => {
                std::mem::take(&mut self.batch).into()
            }
            None => return false,
        };
        let part = self.one_job_of(part);
        let asked = &part.asked;
        if asked.is_empty() {
            return false;
        }
        let targets = distinct(asked.iter().map(|asked| asked.target.clone()).collect());
        let state = Arc::new(SendState::default());
        let mut context = self.context.clone();
        context.send_state = Some(Arc::clone(&state));
        if asked
            .iter()
            .any(|asked| asked.earlier_attempt() == Effect::Unknown)
        {
            context.earlier_attempt = Effect::Unknown;
        }
        let (provider, change) = (Arc::clone(&self.provider), Arc::clone(&self.change));
        let teller = Arc::clone(&self.teller);
        let purges = Arc::clone(&self.purges);
        let call = async move {
            if let Some(state) = &context.send_state {
                state.begin();
            }
            let tell = |notice: &Notice| teller.tell(notice);
            let call = change.call(&*provider, &context, &targets, &purges, &tell);
            call.await
        };
        let mut call = Box::pin(call.in_current_span().with_current_subscriber());
        // Polled here first, so that calls queue for the quota in the order of the list: tasks start in any
        // order.
        let task = match call.as_mut().now_or_never() {
            Some(result) => self.tasks.spawn(std::future::ready(result)),
            None => self.tasks.spawn(call),
        };
        let call = InFlight {
            part,
            state,
            is_look: false,
        };
        self.in_flight.insert(task.id(), call);
        true
    }

    /// Handles the end of a call.
    fn join(&mut self, joined: Result<(task::Id, Called), JoinError>) {
        match joined {
            Ok((task, called)) => match self.in_flight.remove(&task) {
                Some(call) if call.is_look => self.on_look(call.part.asked, called),
                Some(call) => self.on_reply(call.part, called),
                None => {}
            },
            // A panic of the provider continues in the caller's task.
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => {
                if let Some(call) = self.in_flight.remove(&error.id()) {
                    self.leave(call);
                }
            }
        }
    }

    /// Aborts the calls in flight. Replies that have already arrived still count.
    async fn abandon(&mut self) {
        self.tasks.abort_all();
        while let Some(joined) = self.tasks.join_next_with_id().await {
            self.join(joined);
        }
    }

    /// Settles the tickets of an aborted call.
    fn leave(&mut self, call: InFlight) {
        let error = Error::new(ErrorKind::Cancelled, "stopped before the vendor replied")
            .in_operation(&self.provider.info().id, self.change.operation())
            .with_effect(Effect::Unknown);
        let may_be_sent = call.state.may_be_sent();
        self.send_whole(call.part.other);
        for mut asked in call.part.asked {
            if asked.earlier_attempt() == Effect::Unknown {
                self.settle_unknown(asked);
                continue;
            }
            let error = error.clone().on_ticket(&asked.target.id);
            let outcome = if may_be_sent {
                Outcome::Unknown(self.purges.told(error, &asked.target.id))
            } else {
                let error = error.with_context("stopped before this ticket was sent");
                self.unattempted(&mut asked, error)
            };
            self.settle(asked, outcome);
        }
    }

    /// Stops the change after the deadline or a stop.
    pub(super) fn end_in_time(&mut self) {
        if self.end.is_none() {
            let why = match self.context.ended() {
                Some(WaitEnded::Stopped) => {
                    self.look_after_stop();
                    "stopped before this ticket was sent"
                }
                Some(WaitEnded::Deadline) => "the deadline passed before this ticket was sent",
                None => return,
            };
            let error = Error::new(ErrorKind::Cancelled, why);
            self.end = Some(error.in_operation(&self.provider.info().id, self.change.operation()));
        }
    }
}
