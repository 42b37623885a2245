//! Keeps an account's calls within its quotas: who may be sent now, who waits, and for what.
//!
//! Not for repeating what was refused (`Retry`), nor for how long the vendor may take (`Timeout`).

mod line;
mod refusal;
mod slots;
#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

pub use self::line::Waiting;
pub use self::slots::{NoSlot, Slots, WaitReason};

use self::line::{FirstInLine, Wait};
use self::refusal::{Refused, called_off, too_late};
use self::slots::InProcess;
use crate::provider::context::{CallContext, WaitEnded};
use crate::provider::error::{Effect, Error, Result};
use crate::provider::limit::{Limit, Quota};
use crate::provider::operation::Operation;

/// How long the account is closed after a refusal that names no time, where there is no window to go by.
const USUAL_PAUSE: Duration = Duration::from_secs(1);

/// No vendor closes the account for longer than this, or than its longest window.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Keeps the calls of one account within its quotas. All handles of the account share one (`Arc`).
///
/// A call takes a slot in every window before it is sent, and each slot is free again one window **after the call
/// has ended**: answered, timed out, or given up by dropping its future. Calls wait for their slot in the
/// order in which they came. A vendor that refuses a call for its quota all the same closes the account for
/// everyone, for as long as it says (one hour or the longest window at most); where it does not say, for the
/// shortest window, or one second where there is none.
///
/// # What is promised
///
/// The vendor never counts more calls in a window than the quota allows, whether it counts by a sliding window,
/// by a fixed one, with a token bucket, or counts refused calls too. This holds as long as
///
/// * nobody else uses the account's quota,
/// * the vendor counts a call between its sending and its answer,
/// * a call that was given up on its way is counted, if at all, no later after that moment than any later call
///   needs to get there. There is no allowance for a request that lingers somewhere.
///
/// The price is a part of the rate: with answers after `latency`, about `latency / (window + latency)` of it.
///
/// ```
/// use std::time::Duration;
/// use ticket_core::{Limit, Pacer, Quota};
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
    slots: Arc<dyn Slots>,
    /// The same slots where they are this process's own, and need not be waited for.
    own_slots: Option<Arc<InProcess>>,
    /// Whether the slots need not be asked: there are no windows, and the vendor has never refused a call.
    unlimited: AtomicBool,
    /// The limits on calls at once, by their place among all limits: those on some operations first, so that a call
    /// that waits for its endpoint takes no place among all calls.
    gates: Vec<(usize, Semaphore)>,
    /// Whoever holds it is first in line, and alone asks for a slot.
    queue_head: Semaphore,
    /// What the first in line waits for.
    blocked_by: Mutex<Option<Waiting>>,
    /// The account was closed: the first in line must ask again how long it takes.
    closed: Notify,
    in_flight: AtomicUsize,
    waiting: AtomicUsize,
}

/// How an account stands with its quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaceStatus {
    /// How many calls are on their way.
    pub in_flight: usize,
    /// How many calls wait to be sent.
    pub waiting: usize,
    /// What the first of them waits for.
    pub blocked_by: Option<Waiting>,
}

impl Pacer {
    /// Keeps within these limits, as long as this is the account's only pacer. Windows of no length are none.
    pub fn new(limits: impl Into<Vec<Limit>>) -> Self {
        let limits = limits.into();
        let slots = Arc::new(InProcess::new(&limits));
        let unlimited = limits.iter().all(|limit| limit.windows.is_empty());
        Self {
            own_slots: Some(Arc::clone(&slots)),
            ..Self::build(limits, slots, unlimited)
        }
    }

    /// Keeps within these limits, with slots kept elsewhere: `slots` decides about the windows, and those of
    /// `limits` are for messages.
    ///
    /// How many calls may run at once is still kept by each process alone. Start from the provider's own
    /// [`limits`](crate::ProviderInfo::limits) and change their windows, so that this stays.
    pub fn with_slots(limits: impl Into<Vec<Limit>>, slots: Arc<dyn Slots>) -> Self {
        Self::build(limits.into(), slots, false)
    }

    fn build(limits: Vec<Limit>, slots: Arc<dyn Slots>, unlimited: bool) -> Self {
        let mut gates: Vec<_> = limits.iter().enumerate().collect();
        gates.sort_by_key(|(_, limit)| limit.operations.is_empty());
        let gates = gates.into_iter().filter_map(|(index, limit)| {
            let calls = limit.max_concurrent?.get().min(Semaphore::MAX_PERMITS);
            Some((index, Semaphore::new(calls)))
        });
        Self {
            gates: gates.collect(),
            limits,
            slots,
            own_slots: None,
            unlimited: AtomicBool::new(unlimited),
            queue_head: Semaphore::new(1),
            blocked_by: Mutex::default(),
            closed: Notify::new(),
            in_flight: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        }
    }

    /// The limits kept.
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

    /// What stands in the way right now, for progress displays.
    pub fn status(&self) -> PaceStatus {
        let waiting = self.waiting.load(Relaxed);
        let elsewhere = Waiting {
            reason: WaitReason::Concurrency,
            until: None,
        };
        PaceStatus {
            in_flight: self.in_flight.load(Relaxed),
            waiting,
            blocked_by: (*self.blocked_by()).or((waiting > 0).then_some(elsewhere)),
        }
    }

    /// Waits until the call may be sent, until the deadline or stop of its context. The call is in flight as long as the slot lives.
    pub(crate) async fn acquire(
        &self,
        provider: &'static str,
        operation: Operation,
        context: &CallContext,
    ) -> Result<Slot<'_>> {
        let refuse = |error: Error| Err(error.in_operation(provider, operation));
        if self.windows(operation).any(|quota| quota.calls == 0) {
            return refuse(Error::config("the quota allows no calls"));
        }
        match context.ended() {
            Some(WaitEnded::Stopped) => {
                return refuse(called_off(
                    "called off before it was sent; nothing was sent",
                ));
            }
            Some(WaitEnded::Deadline) => return refuse(too_late(None, [])),
            None => {}
        }
        if let Some(slot) = self.pass_at_once(operation) {
            return Ok(slot);
        }
        Box::pin(self.acquire_in_turn(provider, operation, context)).await
    }

    async fn acquire_in_turn(
        &self,
        provider: &'static str,
        operation: Operation,
        context: &CallContext,
    ) -> Result<Slot<'_>> {
        let refuse = |error: Error| Err(error.in_operation(provider, operation));
        let mut wait = Wait::new(self, provider, operation);
        let passed = context
            .wait_for(self.pass(operation, context, &mut wait))
            .await;
        match passed {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(Refused::TooLate(blocked_by))) => {
                refuse(too_late(Some(blocked_by), self.windows(operation)))
            }
            Ok(Err(Refused::NoSlots(error))) => refuse(error.with_effect(Effect::None)),
            Err(WaitEnded::Deadline) => {
                refuse(too_late(wait.blocked_by(), self.windows(operation)))
            }
            Err(WaitEnded::Stopped) => refuse(called_off(
                "called off while waiting for a free call of the quota; nothing was sent",
            )),
        }
    }

    /// The vendor refused a call for its quota: closes the account for everyone. Says for how long.
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
        self.slots.close_for(wait);
        // From now on the slots are asked: rarer than it is worth to undo.
        self.unlimited.store(false, Relaxed);
        self.closed.notify_one();
        wait
    }

    /// A slot, where nothing and nobody stands in the way: the usual case, without waiting for anything.
    fn pass_at_once(&self, operation: Operation) -> Option<Slot<'_>> {
        let own_slots = self.own_slots.as_ref()?;
        let permits = self.gates(operation).map(Semaphore::try_acquire);
        let permits = permits.collect::<Result<_, _>>().ok()?;
        if self.unlimited.load(Relaxed) {
            return Some(Slot::new(self, operation, permits, false));
        }
        let _turn = self.queue_head.try_acquire().ok()?;
        own_slots.try_take(operation).ok()?;
        Some(Slot::new(self, operation, permits, true))
    }

    /// Through all that may stand in the way. A busy endpoint holds up no other one, and who waits for the end of
    /// other calls does not hold the head of the queue.
    async fn pass<'a>(
        &'a self,
        operation: Operation,
        context: &CallContext,
        wait: &mut Wait<'_>,
    ) -> Result<Slot<'a>, Refused> {
        let mut permits = Vec::new();
        for gate in self.gates(operation) {
            permits.extend(permit(gate, wait).await);
        }
        if self.unlimited.load(Relaxed) {
            return Ok(Slot::new(self, operation, permits, false));
        }
        let _turn = if let Ok(turn) = self.queue_head.try_acquire() {
            Some(turn)
        } else {
            // Nobody in the line is sent before its first.
            let first = (*self.blocked_by()).unwrap_or(Waiting {
                reason: WaitReason::Quota,
                until: None,
            });
            first.ends_within(context)?;
            wait.begin(first);
            self.queue_head.acquire().await.ok()
        };
        let first_in_line = FirstInLine(self);
        loop {
            let (reason, at_least) = match self.slots.take(operation).await {
                // No await from here on, so that nothing taken can be lost.
                Ok(()) => return Ok(Slot::new(self, operation, permits, true)),
                Err(NoSlot::Wait { reason, at_least }) => (reason, at_least),
                Err(NoSlot::Failed(error)) => return Err(Refused::NoSlots(error)),
            };
            // To wait for nothing would be to ask without end.
            let at_least = at_least.max(Duration::from_millis(1));
            let blocked_by = Waiting {
                reason,
                until: Instant::now().checked_add(at_least),
            };
            blocked_by.ends_within(context)?;
            wait.begin(blocked_by);
            first_in_line.waits_for(blocked_by);
            let _ = tokio::time::timeout(at_least, self.closed.notified()).await;
        }
    }

    /// What limits how many calls of this operation run at once, in the order in which it is passed.
    fn gates(&self, operation: Operation) -> impl Iterator<Item = &Semaphore> {
        let covers = move |index: usize| {
            let limit = self.limits.get(index);
            limit.is_some_and(|limit| limit.covers(operation))
        };
        let gates = self.gates.iter().filter(move |(index, _)| covers(*index));
        gates.map(|(_, gate)| gate)
    }

    fn blocked_by(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.blocked_by
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call in flight. Dropping it says that the call has ended, however it did.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    pacer: &'a Pacer,
    operation: Operation,
    /// Whether it was taken from the slots.
    counted: bool,
    /// Released after the slot, so that whoever gets them finds it given back.
    _permits: Vec<SemaphorePermit<'a>>,
}

impl<'a> Slot<'a> {
    fn new(
        pacer: &'a Pacer,
        operation: Operation,
        permits: Vec<SemaphorePermit<'a>>,
        counted: bool,
    ) -> Self {
        pacer.in_flight.fetch_add(1, Relaxed);
        Self {
            pacer,
            operation,
            counted,
            _permits: permits,
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.pacer.in_flight.fetch_sub(1, Relaxed);
        if self.counted {
            self.pacer.slots.give_back(self.operation);
        }
    }
}

/// Waits until one of so many may go.
async fn permit<'a>(limit: &'a Semaphore, wait: &mut Wait<'_>) -> Option<SemaphorePermit<'a>> {
    if let Ok(permit) = limit.try_acquire() {
        return Some(permit);
    }
    wait.begin(Waiting {
        reason: WaitReason::Concurrency,
        until: None,
    });
    // It cannot fail: nobody closes it.
    limit.acquire().await.ok()
}
