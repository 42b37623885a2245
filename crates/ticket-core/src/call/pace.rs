//! Keeps an account's calls within its quotas. How a call gets its turn is in `pace/turn.rs`.
//!
//! Retries are in `Retry`, time limits of attempts in `Timeout`.

mod adaptive;
mod held;
mod line;
mod refusal;
mod slots;
#[cfg(test)]
mod tests;
mod turn;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::Semaphore;

pub use self::line::Waiting;
pub use self::slots::{CallIntent, NoSlot, Slot, Slots, WaitReason};

pub(crate) use self::slots::LONGEST;

use self::adaptive::Adaptive;
use self::line::Line;
use self::slots::InProcess;
use crate::provider::limit::{Limit, Quota};
use crate::provider::operation::Operation;

/// How long the account pauses after a rate-limit reply without `Retry-After`, if it has no window.
const USUAL_PAUSE: Duration = Duration::from_secs(1);

/// Upper bound of a pause that the vendor asks for, unless the longest window is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Keeps the calls of one account within its quotas. All handles of the account share one pacer (`Arc`).
///
/// A call takes a slot in every window for each [request](crate::ProviderInfo::requests) that it may make, before it is
/// sent. Each slot is free again one window **after the call
/// has ended**: with a reply, by a timeout, or because its future was dropped. Calls get their slots in the
/// order of their arrival. If the vendor still rate-limits a call, all calls of the account pause for the
/// time that the vendor asks for (at most one hour or the longest window); if it asks for none, for the
/// shortest window, or one second if there is no window.
///
/// # Guarantees
///
/// The vendor never counts more calls in a window than the quota allows, with a sliding window, a fixed
/// window or a token bucket, and whether or not it counts rejected calls. This holds as long as
///
/// * no other program uses the account's quota, or the vendor's replies [tell](crate::provider::LearnedLimits) what is left,
/// * the vendor counts a call between its request and its reply,
/// * a dropped or timed-out call that is still in transit arrives before any later call. There is no
///   allowance for a request that a proxy delays.
///
/// This costs a part of the rate: about `latency / (window + latency)`.
///
/// # Learned limits
///
/// Where a provider [learns](crate::ProviderInfo::learned) limits from the vendor's replies, a call waits for these too, so that
/// the tighter limit holds. With [`Slots`] that several processes share, each process keeps what its own replies told.
///
/// # Calls at once
///
/// Where no window covers an operation, the pacer finds out how many calls of bulk changes and
/// [other work of many calls](crate::Tickets::for_many) the account answers well: 4 at once at first,
/// one more after each full round of calls, at most 32. A rate-limit reply, a vendor out of service and a timeout halve the
/// number. If most replies take half as long again as before, the number goes back to where that began, and is halved
/// if that does not help. What led to trouble is not tried again for 32 rounds.
///
/// A [fixed number](crate::provider::Concurrency::Fixed) of the caller holds instead, and single calls do not wait. With [`Slots`] that several
/// processes share, all of them together send at most 32 calls at once that change something.
///
/// ```
/// use std::time::Duration;
/// use ticket_core::call::Pacer;
/// use ticket_core::provider::{Limit, Quota};
///
/// let limit = Limit::new()
///     .window(Quota::new(25, Duration::from_secs(5)))
///     .window(Quota::new(10_000, Duration::from_secs(86_400)));
/// let pacer = Pacer::new([limit]);
/// assert_eq!(pacer.status().waiting, 0);
/// ```
#[derive(Debug)]
pub struct Pacer {
    limits: Vec<Limit>,
    slots: Store,
    /// Whether slots are skipped: there are no windows, and the vendor has never rate-limited a call.
    unlimited: AtomicBool,
    /// The concurrency limits, by their index in `limits`. Limits on some operations come first, so that a
    /// call that waits for its endpoint does not occupy a place of the account-wide limit.
    gates: Vec<(usize, Semaphore)>,
    /// The calls at once of operations without a window.
    adaptive: Adaptive,
    /// Its holder is the head of the queue. Only the head asks for a slot.
    queue_head: Semaphore,
    line: Line,
}

/// Where the slots are kept.
#[derive(Debug)]
enum Store {
    /// In this process: taking one does not wait.
    InProcess(InProcess),
    External(Arc<dyn Slots>),
}

/// The state of an account's pacer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaceStatus {
    /// How many calls are in flight.
    pub in_flight: usize,
    /// How many calls wait to be sent.
    pub waiting: usize,
    /// What the first waiting call waits for.
    pub blocked_by: Option<Waiting>,
}

impl Pacer {
    /// Creates a pacer for these limits. It must be the account's only pacer. Windows of zero length are
    /// ignored.
    pub fn new(limits: impl Into<Vec<Limit>>) -> Self {
        let limits = limits.into();
        let slots = InProcess::new(&limits);
        let unlimited = limits.iter().all(|limit| limit.windows.is_empty());
        Self::build(limits, Store::InProcess(slots), unlimited)
    }

    /// Creates a pacer with external slots: `slots` decides about the windows; the windows of `limits` appear
    /// only in messages.
    ///
    /// Each process still keeps the concurrency limits on its own. To keep them, start from the provider's
    /// [`limits`](crate::ProviderInfo::limits) and change their windows.
    pub fn with_slots(limits: impl Into<Vec<Limit>>, slots: Arc<dyn Slots>) -> Self {
        Self::build(limits.into(), Store::External(slots), false)
    }

    fn build(limits: Vec<Limit>, slots: Store, unlimited: bool) -> Self {
        let mut gates: Vec<_> = limits.iter().enumerate().collect();
        gates.sort_by_key(|(_, limit)| limit.operations.is_empty());
        let gates = gates.into_iter().filter_map(|(index, limit)| {
            let calls = limit.max_concurrent?.get().min(Semaphore::MAX_PERMITS);
            Some((index, Semaphore::new(calls)))
        });
        Self {
            gates: gates.collect(),
            adaptive: Adaptive::new(),
            limits,
            slots,
            unlimited: AtomicBool::new(unlimited),
            queue_head: Semaphore::new(1),
            line: Line::default(),
        }
    }

    /// The limits that this pacer keeps.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// The windows in which calls of this operation count.
    fn windows(&self, operation: Operation) -> impl Iterator<Item = &Quota> {
        let limits = self.limits.iter();
        limits
            .filter(move |limit| limit.covers(operation))
            .flat_map(|limit| &limit.windows)
    }

    /// How many calls are made at once at first where that [adapts](Self#calls-at-once).
    pub const FIRST_AT_ONCE: usize = adaptive::START;

    /// How many calls of this operation may be in flight at once now, if that [adapts](Self#calls-at-once) to how the
    /// vendor answers. `None` if a window covers the operation.
    pub fn at_once(&self, operation: Operation) -> Option<usize> {
        let is_adaptive = self.windows(operation).next().is_none();
        is_adaptive.then(|| self.adaptive.limit())
    }

    /// The current state, for progress displays.
    pub fn status(&self) -> PaceStatus {
        let waiting = self.line.waiting();
        let elsewhere = Waiting {
            reason: WaitReason::Concurrency,
            until: None,
        };
        PaceStatus {
            in_flight: self.line.in_flight(),
            waiting,
            blocked_by: (*self.line.blocked_by()).or((waiting > 0).then_some(elsewhere)),
        }
    }

    /// Pauses the account after the vendor rate-limited a call. Returns the length of the pause.
    pub(crate) fn close_for(&self, retry_after: Option<Duration>) -> Duration {
        let windows = || {
            let quotas = self.limits.iter().flat_map(|limit| &limit.windows);
            quotas.map(|quota| quota.window)
        };
        let longest = windows().fold(LONGEST_PAUSE, Duration::max);
        let wait = retry_after
            .or_else(|| windows().min())
            .unwrap_or(USUAL_PAUSE)
            .min(longest);
        match &self.slots {
            Store::InProcess(slots) => slots.close_for(wait),
            Store::External(slots) => slots.close_for(wait),
        }
        // From now on, calls take slots. This is rare, so it is never undone.
        self.unlimited.store(false, Relaxed);
        self.line.wake_first();
        wait
    }
}
