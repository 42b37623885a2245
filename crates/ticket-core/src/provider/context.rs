//! The context of one call: how long it may wait to be sent, and the effect of earlier attempts.
//!
//! The time limit of a sent request is in `Timeout`.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use tokio::time::Instant;

use crate::provider::error::Effect;
use crate::provider::stop::Stop;

/// The context of one call; the first argument of every operation. By default, a call waits without a limit
/// and has no earlier attempt.
///
/// Layers get it from [`Call`](crate::call::Call) and pass it, changed or unchanged, to the inner layers.
///
/// ```
/// use std::time::Duration;
/// use ticket_core::{CallContext, Result, Stop, Ticket, Tickets};
/// use tokio::time::Instant;
///
/// async fn get_soon(tickets: &Tickets, stop: &Stop) -> Result<Ticket> {
///     let context = CallContext::new()
///         .deadline(Instant::now() + Duration::from_secs(2))
///         .stop(stop.clone());
///     tickets.with(context).get("121").await
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CallContext {
    /// No attempt is sent at or after this time. A wait that cannot end before it fails at once.
    pub deadline: Option<Instant>,
    /// No attempt is sent after [`Stop::finish`].
    pub stop: Option<Stop>,
    /// The effect of attempts before this call, for example by a process that was killed. After
    /// [`Effect::Unknown`], a delete that finds no ticket proves nothing by itself: the ticket is read.
    pub earlier_attempt: Effect,
    /// Lets the vendor detect a repeated create, if the vendor [keeps keys](crate::provider::Support::keeps_keys_for); otherwise it
    /// is ignored. Use each key for one create only. Default: a random one for each create, which its repeats share.
    ///
    /// With a key of your own, another process can repeat the create after a crash, within the time that the vendor keeps it.
    pub idempotency_key: Option<Arc<str>>,
    /// Names the work that the call is a part of, for whoever [records](crate::call::Slots) calls.
    pub work: Option<Arc<str>>,
    /// Whether it is one of many calls, of which as many are made at once as the account answers well.
    pub(crate) one_of_many: bool,
    pub(crate) send_state: Option<Arc<SendState>>,
}

impl CallContext {
    /// The default context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the deadline: no attempt is sent at or after it.
    #[must_use]
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the stop: no attempt is sent once it is requested.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Sets the effect of attempts before this call.
    #[must_use]
    pub fn earlier_attempt(mut self, effect: Effect) -> Self {
        self.earlier_attempt = effect;
        self
    }

    /// Sets the key by which the vendor detects a repeated create.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<Arc<str>>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Names the work that the call is a part of.
    #[must_use]
    pub fn work(mut self, name: impl Into<Arc<str>>) -> Self {
        self.work = Some(name.into());
        self
    }

    /// Whether `moment` is at or after the deadline.
    pub(crate) fn is_late_at(&self, moment: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= moment)
    }

    /// Why nothing may be sent any more; `None` while sending is allowed.
    pub(crate) fn ended(&self) -> Option<WaitEnded> {
        if self.stop.as_ref().is_some_and(Stop::is_finishing) {
            Some(WaitEnded::Stopped)
        } else if self.deadline.is_some() && self.is_late_at(Instant::now()) {
            Some(WaitEnded::Deadline)
        } else {
            None
        }
    }

    /// Waits for `event`, and drops it at the deadline or stop. `event` is not polled after them.
    pub(crate) async fn wait_for<F: Future>(&self, event: F) -> Result<F::Output, WaitEnded> {
        if let Some(ended) = self.ended() {
            return Err(ended);
        }
        let mut event = pin!(event);
        // The event is usually ready, so no timer or listener is needed.
        match event.as_mut().now_or_never() {
            Some(output) => Ok(output),
            None => Box::pin(self.wait_long_for(event)).await,
        }
    }

    async fn wait_long_for<F: Future>(&self, event: Pin<&mut F>) -> Result<F::Output, WaitEnded> {
        let (ended, event) = (pin!(self.end()), event);
        match select(ended, event).await {
            Either::Left((ended, _)) => Err(ended),
            Either::Right((output, _)) => Ok(output),
        }
    }

    /// Waits for the deadline or the stop, whichever comes first; forever if there is neither.
    pub(crate) async fn end(&self) -> WaitEnded {
        let stopped = async {
            match &self.stop {
                Some(stop) => stop.finishing().await,
                None => std::future::pending().await,
            }
        };
        let late = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        match select(pin!(stopped), pin!(late)).await {
            Either::Left(_) => WaitEnded::Stopped,
            Either::Right(_) => WaitEnded::Deadline,
        }
    }
}

/// Why nothing more may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitEnded {
    /// The deadline has passed.
    Deadline,
    /// A stop was requested.
    Stopped,
}

/// Whether a call was sent, for a bulk change that stops waiting for it.
#[derive(Debug, Default)]
pub(crate) struct SendState(AtomicU8);

impl SendState {
    const BEGUN: u8 = 1;
    const HELD_BACK: u8 = 2;
    const SENT: u8 = 3;

    /// Marks the call as started. From now on it counts as sent, unless a layer holds it back.
    pub(crate) fn begin(&self) {
        self.0.store(Self::BEGUN, Relaxed);
    }

    /// Marks the call as held back by a layer. It has no effect once an earlier attempt was sent.
    pub(crate) fn hold_back(&self) {
        let _ = self
            .0
            .compare_exchange(Self::BEGUN, Self::HELD_BACK, Relaxed, Relaxed);
    }

    /// Marks the call as sent.
    pub(crate) fn send(&self) {
        self.0.store(Self::SENT, Relaxed);
    }

    /// Whether the call may have reached the vendor. Final once the call has ended.
    pub(crate) fn may_be_sent(&self) -> bool {
        matches!(self.0.load(Relaxed), Self::BEGUN | Self::SENT)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_its_event_the_deadline_or_the_stop_whichever_is_first() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let stop = Stop::new();
        let context = CallContext::new()
            .deadline(start + 2 * second)
            .stop(stop.clone());
        let wait = |seconds| context.wait_for(tokio::time::sleep(seconds * second));
        assert_eq!(wait(1).await, Ok(()));
        assert_eq!(wait(3).await, Err(WaitEnded::Deadline));
        assert_eq!(start.elapsed(), 2 * second);
        let ready = context.wait_for(std::future::ready(()));
        assert_eq!(ready.await, Err(WaitEnded::Deadline));
        stop.finish();
        assert_eq!(wait(1).await, Err(WaitEnded::Stopped));
        let default = CallContext::new();
        assert_eq!(default.wait_for(std::future::ready(7)).await, Ok(7));
    }

    #[test]
    fn only_a_call_that_was_held_back_throughout_is_known_to_be_unsent() {
        let state = SendState::default();
        assert!(!state.may_be_sent());
        state.begin();
        assert!(state.may_be_sent());
        state.hold_back();
        assert!(!state.may_be_sent());
        state.send();
        state.hold_back();
        assert!(state.may_be_sent());
    }
}
