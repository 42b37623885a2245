//! Where the slots of an account's windows are kept: the trait, and the slots of one process.
//!
//! Not for whose turn it is: the pacer asks for one waiting call at a time.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::time::Instant;

use crate::model::names::names;
use crate::provider::error::Error;
use crate::provider::limit::{Limit, Quota};
use crate::provider::operation::Operation;

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

names!(WaitReason {
    Quota => "quota",
    Closed => "closed",
    Concurrency => "concurrency",
});

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
    /// Takes a slot in every window in which calls of this operation count, or in none.
    ///
    /// Asked for one call at a time. A future that is dropped has taken nothing, or gives it back itself.
    ///
    /// # Errors
    ///
    /// Says why there is none, and when to ask again.
    fn take(&self, operation: Operation) -> BoxFuture<'_, Result<(), NoSlot>>;

    /// A call of this operation has ended, answered or not: its slots are free one window from now. Called in destructors, so it
    /// must not block.
    fn give_back(&self, operation: Operation);

    /// The vendor refused a call for its quota: no slot for so long from now. A longer pause that runs already
    /// stays. Must not block.
    fn close_for(&self, wait: Duration);
}

/// The slots of an account that one process uses alone.
#[derive(Debug)]
pub(super) struct InProcess {
    /// Those with windows.
    limits: Vec<Limit>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// In the order of the limits.
    counts: Vec<Count>,
    closed_until: Option<Instant>,
}

/// The calls that count in the windows of one limit.
#[derive(Debug)]
struct Count {
    /// How many calls that have ended a window may need to know of, and how old ones.
    needed: usize,
    longest: Duration,
    in_flight: usize,
    /// When the latest calls ended, the oldest first; no more of them than the window with the most calls, and soon none
    /// that are older than the longest window.
    ended: VecDeque<Instant>,
}

impl InProcess {
    pub(super) fn new(limits: &[Limit]) -> Self {
        let windowed = limits.iter().filter(|limit| !limit.windows.is_empty());
        let limits: Vec<_> = windowed.cloned().collect();
        let counts = limits.iter().map(Count::new).collect();
        Self {
            limits,
            state: Mutex::new(State {
                counts,
                closed_until: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls that have ended it remembers.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        let counts = &self.state().counts;
        counts.iter().map(|count| count.ended.len()).sum()
    }

    pub(super) fn try_take(&self, operation: Operation) -> Result<(), NoSlot> {
        let mut state = self.state();
        let now = Instant::now();
        if let Some(until) = state.closed_until.filter(|until| *until > now) {
            return Err(NoSlot::Wait {
                reason: WaitReason::Closed,
                at_least: until.duration_since(now),
            });
        }
        let covering = self.limits.iter().zip(&state.counts);
        let covering = covering.filter(|(limit, _)| limit.covers(operation));
        let waits = covering.flat_map(|(limit, count)| {
            let windows = limit.windows.iter();
            windows.map(|quota| count.wait(*quota, now))
        });
        if let Some(at_least) = waits.max().filter(|wait| !wait.is_zero()) {
            let reason = WaitReason::Quota;
            return Err(NoSlot::Wait { reason, at_least });
        }
        self.each(&mut state, operation, |count| count.in_flight += 1);
        Ok(())
    }

    /// Does it with the count of each limit that covers the operation.
    fn each(&self, state: &mut State, operation: Operation, mut with: impl FnMut(&mut Count)) {
        for (limit, count) in self.limits.iter().zip(&mut state.counts) {
            if limit.covers(operation) {
                with(count);
            }
        }
    }
}

impl Slots for InProcess {
    fn take(&self, operation: Operation) -> BoxFuture<'_, Result<(), NoSlot>> {
        Box::pin(std::future::ready(self.try_take(operation)))
    }

    fn give_back(&self, operation: Operation) {
        let mut state = self.state();
        let now = Instant::now();
        self.each(&mut state, operation, |count| count.end(now));
    }

    fn close_for(&self, wait: Duration) {
        let mut state = self.state();
        let until = Instant::now().checked_add(wait);
        state.closed_until = state.closed_until.max(until);
    }
}

impl Count {
    fn new(limit: &Limit) -> Self {
        let windows = || limit.windows.iter();
        Self {
            needed: windows().map(calls).max().unwrap_or_default(),
            longest: windows()
                .map(|quota| quota.window)
                .max()
                .unwrap_or_default(),
            in_flight: 0,
            ended: VecDeque::new(),
        }
    }

    /// A call has ended.
    fn end(&mut self, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.ended.push_back(now);
        let is_old = |ended: &Instant| now.duration_since(*ended) >= self.longest;
        // Two at a time, so that memory shrinks again and no single call pays for it.
        for _ in 0..2 {
            if self.ended.len() > self.needed || self.ended.front().is_some_and(is_old) {
                self.ended.pop_front();
            }
        }
    }

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
