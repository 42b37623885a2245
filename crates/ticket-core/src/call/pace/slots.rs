//! Storage of the slots of an account's windows: the trait, and the in-process implementation.
//!
//! The order of waiting calls is in the pacer, which asks for one call at a time.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::time::Instant;

use crate::model::names::names;
use crate::provider::error::Error;
use crate::provider::learned::LearnedLimits;
use crate::provider::limit::{Limit, Quota};
use crate::provider::operation::{Operation, Request};

/// How long a call may take, unless it is told otherwise.
pub(crate) const LONGEST: Duration = Duration::from_secs(35);

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitReason {
    /// The quota has no free call.
    Quota,
    /// The vendor asked for a pause.
    Closed,
    /// The concurrency limit is reached.
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
    /// No slot is free for at least `at_least`. Ask again then.
    Wait {
        /// What the call waits for.
        reason: WaitReason,
        /// Lower bound of the wait.
        at_least: Duration,
    },
    /// The store cannot be reached. The call fails with this error and is not sent.
    Failed(Error),
}

/// A call that is about to be sent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallIntent<'a> {
    /// The operation with its arguments.
    pub request: Request<'a>,
    /// How many requests the call may make.
    pub requests: usize,
    /// The [work](crate::CallContext::work) that the call is a part of.
    pub work: Option<&'a str>,
    /// How long the call may take after it is sent.
    pub longest: Duration,
    /// How many calls that change something the account may have in flight at once, of all processes together, where
    /// [no window decides](crate::call::Pacer#calls-at-once). `None`: there is no such number.
    pub at_once: Option<NonZeroUsize>,
    /// The limits that the vendor's replies told, which the pacer keeps by itself.
    pub(crate) learned: Option<&'a LearnedLimits>,
}

impl<'a> CallIntent<'a> {
    /// A call of one request that is no part of other work and may take 35 seconds.
    pub const fn new(request: Request<'a>) -> Self {
        Self {
            request,
            requests: 1,
            work: None,
            longest: LONGEST,
            at_once: None,
            learned: None,
        }
    }

    /// The operation.
    pub const fn operation(&self) -> Operation {
        self.request.operation()
    }
}

/// Storage of the slots of an account's windows. [`Pacer::new`](crate::call::Pacer::new) keeps them in this
/// process. Implement this trait to share them between processes, or to record each call before it is sent.
pub trait Slots: Debug + Send + Sync + 'static {
    /// Takes a slot for each of the call's requests in every window that counts calls of this operation, or takes none.
    /// The call is sent once this returns a [`Slot`], and is never sent without.
    ///
    /// While slots are free, several calls may ask at once; after [`NoSlot::Wait`], one call at a time asks again. A
    /// dropped future must have taken nothing, or give it back itself.
    ///
    /// # Errors
    ///
    /// Returns why no slot is free, and when to ask again.
    fn take<'a>(
        &'a self,
        intent: &'a CallIntent<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Slot>, NoSlot>>;

    /// Gives out no slot for `wait` from now, because the vendor rate-limited a call. A longer pause that is
    /// already running stays. Must not block.
    fn close_for(&self, wait: Duration);
}

/// The slots of one call in flight. They are free one window after the call has ended.
///
/// Dropped without [`end`](Self::end), the call was cancelled, and its request may still reach the vendor: a shared store
/// then counts it as in flight for as long as a call may take, as it does after a crash of this process.
pub trait Slot: Debug + Send + Sync + 'static {
    /// Reports that the call has ended, with this error or without one. The reply is not used before the future ends. The
    /// report must not depend on it: it may be dropped.
    fn end(self: Box<Self>, error: Option<&Error>) -> BoxFuture<'static, ()>;
}

/// The slots of an account that only this process uses.
#[derive(Debug)]
pub(super) struct InProcess {
    /// The limits that have windows.
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
    /// How many ended calls the windows need to know, and how old these may be.
    needed: usize,
    longest: Duration,
    in_flight: usize,
    /// When the latest calls ended, the oldest first. At most `needed` entries; entries older than `longest`
    /// are removed over time.
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

    /// How many ended calls it remembers.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        let counts = &self.state().counts;
        counts.iter().map(|count| count.ended.len()).sum()
    }

    pub(super) fn try_take(&self, operation: Operation, requests: usize) -> Result<(), NoSlot> {
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
            windows.map(|quota| count.wait(*quota, requests, now))
        });
        if let Some(at_least) = waits.max().filter(|wait| !wait.is_zero()) {
            let reason = WaitReason::Quota;
            return Err(NoSlot::Wait { reason, at_least });
        }
        self.each(&mut state, operation, |count| count.in_flight += requests);
        Ok(())
    }

    /// Calls `with` for the count of each limit that covers the operation.
    fn each(&self, state: &mut State, operation: Operation, mut with: impl FnMut(&mut Count)) {
        for (limit, count) in self.limits.iter().zip(&mut state.counts) {
            if limit.covers(operation) {
                with(count);
            }
        }
    }
}

impl InProcess {
    /// A call of this operation has ended, with or without a reply.
    pub(super) fn give_back(&self, operation: Operation, requests: usize) {
        let mut state = self.state();
        let now = Instant::now();
        self.each(&mut state, operation, |count| {
            (0..requests).for_each(|_| count.end(now));
        });
    }

    pub(super) fn close_for(&self, wait: Duration) {
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

    /// A request has ended.
    fn end(&mut self, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.ended.push_back(now);
        let is_old = |ended: &Instant| now.duration_since(*ended) >= self.longest;
        // Remove two entries per call, so that memory shrinks and the cost per call is bounded.
        for _ in 0..2 {
            if self.ended.len() > self.needed || self.ended.front().is_some_and(is_old) {
                self.ended.pop_front();
            }
        }
    }

    /// Lower bound of the wait for so many slots in this window; zero if they are free now.
    fn wait(&self, quota: Quota, requests: usize, now: Instant) -> Duration {
        // How many requests may count in the window before these.
        let free = calls(&quota).checked_sub(self.in_flight + requests);
        let Some(free) = free else {
            // A slot that is given back now is free one window later.
            return quota.window;
        };
        // The slots are free unless more than `free` of the latest calls ended within the window.
        let decisive = self.ended.len().checked_sub(free + 1);
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
