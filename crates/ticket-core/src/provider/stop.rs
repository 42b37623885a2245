//! Ending work early, in order: first nothing new, then not even the answers on their way.

use std::sync::Arc;

use tokio::sync::watch;

/// How much is still wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum StopLevel {
    #[default]
    Continue,
    Finish,
    Abandon,
}

/// Asks running work to end. Clones are the same request; it cannot be taken back.
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
    /// Nothing is asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begin nothing new, wait for what is on its way.
    pub fn finish(&self) {
        self.at_least(StopLevel::Finish);
    }

    /// Wait for nothing.
    pub fn abandon(&self) {
        self.at_least(StopLevel::Abandon);
    }

    /// Whether nothing new may begin.
    pub fn is_finishing(&self) -> bool {
        *self.level.borrow() >= StopLevel::Finish
    }

    /// Returns once nothing new may begin.
    pub async fn finishing(&self) {
        self.reached(StopLevel::Finish).await;
    }

    /// Returns once nothing more is waited for.
    pub async fn abandoned(&self) {
        self.reached(StopLevel::Abandon).await;
    }

    fn at_least(&self, level: StopLevel) {
        self.level.send_modify(|now| *now = level.max(*now));
    }

    async fn reached(&self, level: StopLevel) {
        let mut watched = self.level.subscribe();
        // It cannot fail: `self` holds the sender.
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
