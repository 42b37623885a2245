//! Whether connections are reused: not after a server has closed several of them under us.
//!
//! A server that closes idle connections without saying so makes a request that is sent at that moment be lost, with
//! unknown effect. Without reuse the next ones are safe.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many losses within [`WINDOW`] end the reuse of connections.
const LOSSES: u32 = 2;

const WINDOW: Duration = Duration::from_secs(60);

/// How long no connection is reused at first, and at most: each time it helps only for so long, it doubles.
const PAUSE: Duration = Duration::from_secs(60);
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// Counts the losses of one client.
#[derive(Debug, Default)]
pub(crate) struct Reuse(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the latest reply was complete, and its connection became idle.
    idle_since: Option<Instant>,
    /// The losses since the first one of this window.
    losses: u32,
    first_loss: Option<Instant>,
    /// The end of the latest pause, and its length.
    paused_until: Option<Instant>,
    pause: Duration,
}

impl Reuse {
    /// Whether a request may be sent on a connection that was used before.
    pub(crate) fn is_allowed(&self) -> bool {
        let until = self.state().paused_until;
        until.is_none_or(|until| until <= Instant::now())
    }

    /// A reply was read to its end.
    pub(crate) fn on_reply(&self) {
        self.state().idle_since = Some(Instant::now());
    }

    /// A connection was lost before the reply began. It counts if it may have been one that had been idle, that is
    /// within `kept` after a reply.
    pub(crate) fn on_loss(&self, kept: Duration) {
        let now = Instant::now();
        let mut state = self.state();
        let since = |time: Option<Instant>| time.map(|time| now.saturating_duration_since(time));
        let may_be_reused = since(state.idle_since).is_some_and(|idle| idle <= kept);
        // Requests that were on their way when the pause began are lost for the same reason.
        let is_paused = state.paused_until.is_some_and(|until| now < until);
        if is_paused || !may_be_reused {
            return;
        }
        if since(state.first_loss).is_none_or(|first| first > WINDOW) {
            state.first_loss = Some(now);
            state.losses = 0;
        }
        state.losses += 1;
        if state.losses < LOSSES {
            return;
        }
        let helped_for_long = since(state.paused_until).is_none_or(|rest| rest > state.pause);
        state.pause = if helped_for_long {
            PAUSE
        } else {
            (state.pause * 2).min(MAX_PAUSE)
        };
        state.paused_until = Some(now + state.pause);
        state.first_loss = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Duration = Duration::from_secs(4);

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    fn lose(reuse: &Reuse) {
        reuse.on_reply();
        reuse.on_loss(KEPT);
    }

    #[tokio::test(start_paused = true)]
    async fn second_loss_within_a_minute_ends_reuse_for_a_minute() {
        let reuse = Reuse::default();
        lose(&reuse);
        assert!(reuse.is_allowed());
        pass(59).await;
        lose(&reuse);
        assert!(!reuse.is_allowed());
        pass(59).await;
        assert!(!reuse.is_allowed());
        pass(1).await;
        assert!(reuse.is_allowed());
    }

    #[tokio::test(start_paused = true)]
    async fn rare_losses_and_losses_of_new_connections_do_not_count() {
        let reuse = Reuse::default();
        for _ in 0..5 {
            lose(&reuse);
            pass(61).await;
        }
        reuse.on_loss(KEPT);
        reuse.on_loss(KEPT);
        assert!(reuse.is_allowed());
        let unused = Reuse::default();
        unused.on_loss(KEPT);
        unused.on_loss(KEPT);
        assert!(unused.is_allowed());
    }

    #[tokio::test(start_paused = true)]
    async fn pause_doubles_during_losses_and_resets_after_a_calm() {
        let reuse = Reuse::default();
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            // Of those that are lost together, all but two are the pause's own.
            for _ in 0..5 {
                lose(&reuse);
            }
            pass(minutes * 60 - 1).await;
            assert!(!reuse.is_allowed(), "{minutes}");
            pass(1).await;
            assert!(reuse.is_allowed(), "{minutes}");
        }
        pass(3601).await;
        lose(&reuse);
        lose(&reuse);
        pass(60).await;
        assert!(reuse.is_allowed());
    }
}
