//! Where the slots of an account's windows are kept: the trait, and the slots of one process.
//!
//! Not for whose turn it is: the pacer asks for one waiting call at a time.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::time::Instant;

use crate::provider::error::Error;
use crate::provider::quota::{Quota, Quotas};

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// A free call of the quota.
    Quota,
    /// The end of the pause that the vendor asked for.
    Closed,
    /// The end of a call that is on its way, since only so many may be.
    Concurrency,
}

impl WaitReason {
    /// The reason in `snake_case`, as events and the command print it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Closed => "closed",
            Self::Concurrency => "concurrency",
        }
    }
}

/// Why there is no slot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NoSlot {
    /// There will be none for `at_least` so long: ask again then.
    Wait {
        /// What stands in the way.
        reason: WaitReason,
        /// The least time that it will take.
        at_least: Duration,
    },
    /// Nobody can say, since the store cannot be asked. The call fails with this error and is not sent.
    Failed(Error),
}

/// Where the slots of an account's windows are kept. [`Pacer::new`](crate::Pacer::new) keeps them in this
/// process; a store that several processes share can take its place.
///
/// A slot belongs to a call from before it is sent until one window after it has ended. Which slot is given back is
/// not said: each is as good as the others that this process took. A process that dies gives none back, so a shared
/// store lets them expire, no sooner than one window after the longest time that a call may take.
pub trait Slots: Debug + Send + Sync + 'static {
    /// Takes a slot in every window, or in none.
    ///
    /// Asked for one call at a time. A future that is dropped has taken nothing, or gives it back itself.
    ///
    /// # Errors
    ///
    /// Says why there is none, and when to ask again.
    fn take(&self) -> BoxFuture<'_, Result<(), NoSlot>>;

    /// A call has ended, answered or not: its slots are free one window from now. Called in destructors, so it
    /// must not block.
    fn give_back(&self);

    /// The vendor refused a call for its quota: no slot for so long from now. A longer pause that runs already
    /// stays. Must not block.
    fn close_for(&self, wait: Duration);
}

/// The slots of an account that one process uses alone.
#[derive(Debug)]
pub(super) struct InProcess {
    windows: Vec<Quota>,
    /// How many calls a window may need to know of, and how old ones.
    needed: usize,
    longest: Duration,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    in_flight: usize,
    /// When the latest calls ended, the oldest first; no more of them than the window with the most calls, and soon none
    /// that are older than the longest window.
    ended: VecDeque<Instant>,
    closed_until: Option<Instant>,
}

impl InProcess {
    pub(super) fn new(quotas: &Quotas) -> Self {
        let windows = quotas.windows.clone();
        Self {
            needed: windows.iter().map(calls).max().unwrap_or_default(),
            longest: windows
                .iter()
                .map(|quota| quota.window)
                .max()
                .unwrap_or_default(),
            windows,
            ledger: Mutex::default(),
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls that have ended it remembers.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.ledger().ended.len()
    }

    pub(super) fn try_take(&self) -> Result<(), NoSlot> {
        let mut ledger = self.ledger();
        let now = Instant::now();
        if let Some(until) = ledger.closed_until.filter(|until| *until > now) {
            return Err(NoSlot::Wait {
                reason: WaitReason::Closed,
                at_least: until.duration_since(now),
            });
        }
        let waits = self.windows.iter().map(|quota| ledger.wait(*quota, now));
        if let Some(at_least) = waits.max().filter(|wait| !wait.is_zero()) {
            let reason = WaitReason::Quota;
            return Err(NoSlot::Wait { reason, at_least });
        }
        ledger.in_flight += 1;
        Ok(())
    }
}

impl Slots for InProcess {
    fn take(&self) -> BoxFuture<'_, Result<(), NoSlot>> {
        Box::pin(std::future::ready(self.try_take()))
    }

    fn give_back(&self) {
        let mut ledger = self.ledger();
        let now = Instant::now();
        ledger.in_flight = ledger.in_flight.saturating_sub(1);
        ledger.ended.push_back(now);
        let is_old = |ended: &Instant| now.duration_since(*ended) >= self.longest;
        // Two at a time, so that memory shrinks again and no single call pays for it.
        for _ in 0..2 {
            if ledger.ended.len() > self.needed || ledger.ended.front().is_some_and(is_old) {
                ledger.ended.pop_front();
            }
        }
    }

    fn close_for(&self, wait: Duration) {
        let mut ledger = self.ledger();
        let until = Instant::now().checked_add(wait);
        ledger.closed_until = ledger.closed_until.max(until);
    }
}

impl Ledger {
    /// How long until there is a slot in this window, at least; zero where there is one now.
    fn wait(&self, quota: Quota, now: Instant) -> Duration {
        let unused = calls(&quota).saturating_sub(self.in_flight);
        if unused == 0 {
            // Were one given back this moment, it would be free a window later.
            return quota.window;
        }
        // There is a slot unless the `unused` latest calls have all ended within the window.
        let decisive = self.ended.len().checked_sub(unused);
        decisive
            .and_then(|index| self.ended.get(index))
            .map_or(Duration::ZERO, |ended| {
                quota.window.saturating_sub(now.duration_since(*ended))
            })
    }
}

fn calls(quota: &Quota) -> usize {
    usize::try_from(quota.calls).unwrap_or(usize::MAX)
}
