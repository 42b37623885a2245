//! Ends running work early, in two steps: start nothing new, then stop waiting for replies.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::SeqCst;

use tokio::sync::Notify;

const FINISH: u8 = 1;
const ABANDON: u8 = 2;

/// Asks running work to stop. All clones share the request; it cannot be undone.
///
/// ```
/// use ticket_core::Stop;
///
/// let stop = Stop::new();
/// let held_by_the_work = stop.clone();
/// stop.finish();
/// assert!(held_by_the_work.is_finishing());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How far the work is asked to stop: 0, [`FINISH`] or [`ABANDON`].
    level: AtomicU8,
    /// Wakes waiting work in the order in which it began to wait, so that a run can be repeated. (A `watch` channel
    /// wakes in random order.)
    raised: Notify,
}

impl Stop {
    /// Creates a stop that is not requested yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Start nothing new, and wait for requests in flight.
    pub fn finish(&self) {
        self.at_least(FINISH);
    }

    /// Stop waiting for requests in flight, too.
    pub fn abandon(&self) {
        self.at_least(ABANDON);
    }

    /// Whether [`finish`](Self::finish) or [`abandon`](Self::abandon) was called.
    pub fn is_finishing(&self) -> bool {
        self.state.level.load(SeqCst) >= FINISH
    }

    /// Waits until [`finish`](Self::finish) or [`abandon`](Self::abandon) is called.
    pub async fn finishing(&self) {
        self.reached(FINISH).await;
    }

    /// Waits until [`abandon`](Self::abandon) is called.
    pub async fn abandoned(&self) {
        self.reached(ABANDON).await;
    }

    fn at_least(&self, level: u8) {
        self.state.level.fetch_max(level, SeqCst);
        self.state.raised.notify_waiters();
    }

    async fn reached(&self, level: u8) {
        loop {
            let mut raised = pin!(self.state.raised.notified());
            // Before the level is read, so that no change is missed.
            raised.as_mut().enable();
            if self.state.level.load(SeqCst) >= level {
                return;
            }
            raised.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn abandoning_is_finishing_too_and_nothing_takes_it_back() {
        let stop = Stop::new();
        assert!(stop.finishing().now_or_never().is_none());
        stop.finish();
        assert!(stop.finishing().now_or_never().is_some());
        assert!(stop.abandoned().now_or_never().is_none());
        stop.abandon();
        stop.finish();
        assert!(stop.is_finishing());
        assert!(stop.abandoned().now_or_never().is_some());
    }
}
