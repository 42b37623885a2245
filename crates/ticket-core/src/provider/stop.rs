//! Ends running work early, in two steps: start nothing new, then stop waiting for replies.

use std::sync::Arc;

use tokio::sync::watch;

/// How far the work is asked to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum StopLevel {
    #[default]
    Continue,
    Finish,
    Abandon,
}

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
    level: Arc<watch::Sender<StopLevel>>,
}

impl Stop {
    /// Creates a stop that is not requested yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Start nothing new, and wait for requests in flight.
    pub fn finish(&self) {
        self.at_least(StopLevel::Finish);
    }

    /// Stop waiting for requests in flight, too.
    pub fn abandon(&self) {
        self.at_least(StopLevel::Abandon);
    }

    /// Whether [`finish`](Self::finish) or [`abandon`](Self::abandon) was called.
    pub fn is_finishing(&self) -> bool {
        *self.level.borrow() >= StopLevel::Finish
    }

    /// Waits until [`finish`](Self::finish) or [`abandon`](Self::abandon) is called.
    pub async fn finishing(&self) {
        self.reached(StopLevel::Finish).await;
    }

    /// Waits until [`abandon`](Self::abandon) is called.
    pub async fn abandoned(&self) {
        self.reached(StopLevel::Abandon).await;
    }

    fn at_least(&self, level: StopLevel) {
        self.level.send_modify(|now| *now = level.max(*now));
    }

    async fn reached(&self, level: StopLevel) {
        let mut watched = self.level.subscribe();
        // This cannot fail: `self` holds the sender.
        let _ = watched.wait_for(|now| *now >= level).await;
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
