//! Keeps an account's calls within its quotas: which call may be sent now, which call waits, and for what.
//!
//! Retries are in `Retry`, time limits of attempts in `Timeout`.

mod adaptive;
mod held;
mod line;
mod refusal;
mod slots;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

pub use self::line::Waiting;
pub use self::slots::{CallIntent, NoSlot, Slot, Slots, WaitReason};

pub(crate) use self::held::Held;

use self::adaptive::{Adaptive, CEILING};
use self::held::{Kept, Permits, Taken};
use self::line::{FirstInLine, Line, Wait};
use self::refusal::{Refused, called_off, too_late};
pub(crate) use self::slots::LONGEST;

use self::slots::InProcess;
use crate::provider::context::{CallContext, WaitEnded};
use crate::provider::error::{Effect, Error, Result};
use crate::provider::learned;
use crate::provider::limit::{Limit, Quota};
use crate::provider::operation::Operation;

/// How long the account pauses after a rate-limit reply without `Retry-After`, if it has no window.
const USUAL_PAUSE: Duration = Duration::from_secs(1);

/// Upper bound of a pause that the vendor asks for, unless the longest window is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// After how long at most an external store is asked again. Its time may run ahead of tokio's, which stands still while the
/// machine sleeps.
const ASK_AGAIN: Duration = Duration::from_secs(15);

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
    /// Notified when the account is paused, and when a call ends that a learned limit counted: the head of the queue must ask
    /// again how long to wait.
    closed: Notify,
    in_flight: AtomicUsize,
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
            closed: Notify::new(),
            in_flight: AtomicUsize::new(0),
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

    /// The quotas that count this call, the learned ones too.
    fn quotas(&self, intent: &CallIntent<'_>) -> Vec<Quota> {
        let learned = intent.learned.map(|one| one.quotas(intent.operation()));
        let declared = self.windows(intent.operation()).copied();
        declared.chain(learned.unwrap_or_default()).collect()
    }

    /// Whether the call needs no slot.
    fn is_unlimited(&self, intent: &CallIntent<'_>) -> bool {
        intent.learned.is_none() && self.unlimited.load(Relaxed)
    }

    /// How many calls are made at once at first where that [adapts](Self#calls-at-once).
    pub const FIRST_AT_ONCE: usize = adaptive::START;

    /// How many calls of this operation may be in flight at once now, if that [adapts](Self#calls-at-once) to how the
    /// vendor answers. `None` if a window covers the operation.
    pub fn at_once(&self, operation: Operation) -> Option<usize> {
        let is_adaptive = self.windows(operation).next().is_none();
        is_adaptive.then(|| self.adaptive.limit())
    }

    /// What decides how many of these calls are made at once; `None` if windows or callers do.
    fn adaptive_for(&self, operation: Operation, context: &CallContext) -> Option<&Adaptive> {
        let decides = context.one_of_many && self.windows(operation).next().is_none();
        decides.then_some(&self.adaptive)
    }

    /// The current state, for progress displays.
    pub fn status(&self) -> PaceStatus {
        let waiting = self.line.waiting();
        let elsewhere = Waiting {
            reason: WaitReason::Concurrency,
            until: None,
        };
        PaceStatus {
            in_flight: self.in_flight.load(Relaxed),
            waiting,
            blocked_by: (*self.line.blocked_by()).or((waiting > 0).then_some(elsewhere)),
        }
    }

    /// Waits until the call may be sent, at most until the deadline or stop of its context. The call is in
    /// flight until the slot is dropped.
    pub(crate) async fn acquire(
        &self,
        provider: &str,
        intent: &CallIntent<'_>,
        context: &CallContext,
    ) -> Result<Held<'_>> {
        let (operation, requests) = (intent.operation(), intent.requests);
        let refuse = |error: Error| Err(error.in_operation(provider, operation));
        if let Some(error) = self
            .windows(operation)
            .find_map(|quota| too_many(quota, requests))
        {
            return refuse(error);
        }
        match context.ended() {
            Some(WaitEnded::Stopped) => {
                return refuse(called_off("cancelled; nothing was sent"));
            }
            Some(WaitEnded::Deadline) => return refuse(too_late(None, &[])),
            None => {}
        }
        let adaptive = self.adaptive_for(operation, context);
        if let Some(slot) = self.pass_at_once(intent, adaptive) {
            return Ok(slot);
        }
        Box::pin(self.acquire_in_turn(provider, intent, context, adaptive)).await
    }

    async fn acquire_in_turn<'a>(
        &'a self,
        provider: &str,
        intent: &CallIntent<'_>,
        context: &CallContext,
        adaptive: Option<&'a Adaptive>,
    ) -> Result<Held<'a>> {
        let operation = intent.operation();
        let refuse = |error: Error| Err(error.in_operation(provider, operation));
        let mut intent = *intent;
        intent.at_once = adaptive.and_then(|_| NonZeroUsize::new(CEILING));
        let mut wait = Wait::new(&self.line, provider, operation);
        let passed = context
            .wait_for(self.pass(&intent, context, adaptive, &mut wait))
            .await;
        match passed {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(Refused::TooLate(blocked_by))) => {
                refuse(too_late(Some(blocked_by), &self.quotas(&intent)))
            }
            Ok(Err(Refused::NoSlots(error))) => {
                refuse(error.with_effect(Effect::None).not_attempted())
            }
            Err(WaitEnded::Deadline) => refuse(too_late(wait.blocked_by(), &self.quotas(&intent))),
            Err(WaitEnded::Stopped) => refuse(called_off(
                "cancelled while waiting for the quota; nothing was sent",
            )),
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
        self.closed.notify_one();
        wait
    }

    /// Takes a slot without waiting, if no call is waiting and the quota allows it. This is the usual case.
    fn pass_at_once<'a>(
        &'a self,
        intent: &CallIntent<'_>,
        adaptive: Option<&'a Adaptive>,
    ) -> Option<Held<'a>> {
        let Store::InProcess(slots) = &self.slots else {
            return None;
        };
        let operation = intent.operation();
        let permits = self.gates(operation).map(Semaphore::try_acquire);
        let mut permits = Permits::of(permits.collect::<Result<_, _>>().ok()?);
        if let Some(adaptive) = adaptive {
            let permit = adaptive.gate().try_acquire().ok()?;
            permits.place = Some(adaptive.place(permit));
        }
        if self.is_unlimited(intent) {
            return Some(Held::new(self, Taken::NOTHING, permits, operation));
        }
        let _turn = self.queue_head.try_acquire().ok()?;
        let slots = in_process(slots, intent).ok()?;
        Some(Held::new(self, slots, permits, operation))
    }

    /// Waits for the concurrency limits, then for a slot. A busy endpoint does not delay other endpoints, and
    /// a call that waits for a concurrency limit is not in the queue.
    async fn pass<'a>(
        &'a self,
        intent: &CallIntent<'_>,
        context: &CallContext,
        adaptive: Option<&'a Adaptive>,
        wait: &mut Wait<'_>,
    ) -> Result<Held<'a>, Refused> {
        let operation = intent.operation();
        let mut permits = Permits::default();
        for gate in self.gates(operation) {
            permits.of_limits.extend(permit(gate, wait).await);
        }
        if let Some(adaptive) = adaptive {
            let permit = permit(adaptive.gate(), wait).await;
            permits.place = permit.map(|permit| adaptive.place(permit));
        }
        if self.is_unlimited(intent) {
            return Ok(Held::new(self, Taken::NOTHING, permits, operation));
        }
        // Where nobody waits, calls ask a store together, so that it can record them together.
        let mut answer = match &self.slots {
            Store::External(_) if self.queue_head.available_permits() > 0 => {
                match self.take(intent).await {
                    Err(NoSlot::Wait { reason, at_least }) => Some((reason, at_least)),
                    Err(NoSlot::Failed(error)) => return Err(Refused::NoSlots(error)),
                    Ok(slots) => return Ok(Held::new(self, slots, permits, operation)),
                }
            }
            _ => None,
        };
        let _turn = if let Ok(turn) = self.queue_head.try_acquire() {
            Some(turn)
        } else {
            // No queued call is sent before the head of the queue.
            let first = (*self.line.blocked_by()).unwrap_or(Waiting {
                reason: WaitReason::Quota,
                until: None,
            });
            first.ends_within(context)?;
            wait.begin(first);
            answer = None;
            self.queue_head.acquire().await.ok()
        };
        let first_in_line = FirstInLine(&self.line);
        loop {
            let (reason, at_least) = match answer.take() {
                Some(wait) => wait,
                None => match self.take(intent).await {
                    // There is no await from here on, so a taken slot cannot be lost.
                    Ok(slots) => return Ok(Held::new(self, slots, permits, operation)),
                    Err(NoSlot::Wait { reason, at_least }) => (reason, at_least),
                    Err(NoSlot::Failed(error)) => return Err(Refused::NoSlots(error)),
                },
            };
            // A wait of zero would loop without a pause.
            let at_least = at_least.max(Duration::from_millis(1));
            let blocked_by = Waiting {
                reason,
                until: Instant::now().checked_add(at_least),
            };
            blocked_by.ends_within(context)?;
            wait.begin(blocked_by);
            first_in_line.waits_for(blocked_by);
            let pause = match &self.slots {
                Store::InProcess(_) => at_least,
                Store::External(_) => at_least.min(ASK_AGAIN),
            };
            let _ = tokio::time::timeout(pause, self.closed.notified()).await;
        }
    }

    /// Asks for the slots of this call.
    async fn take(&self, intent: &CallIntent<'_>) -> Result<Taken<'_>, NoSlot> {
        match &self.slots {
            Store::InProcess(slots) => in_process(slots, intent),
            Store::External(slots) => {
                let learned = learned_place(intent)?;
                let taken = slots.take(intent).await;
                if let Err(NoSlot::Wait { reason, .. }) = &taken {
                    if *reason == WaitReason::Concurrency && intent.at_once.is_some() {
                        self.adaptive.crowded();
                    }
                }
                let kept = Kept::External(taken?);
                Ok(Taken { kept, learned })
            }
        }
    }

    /// The concurrency limits of this operation, in the order in which a call takes them.
    fn gates(&self, operation: Operation) -> impl Iterator<Item = &Semaphore> {
        let covers = move |index: usize| {
            let limit = self.limits.get(index);
            limit.is_some_and(|limit| limit.covers(operation))
        };
        let gates = self.gates.iter().filter(move |(index, _)| covers(*index));
        gates.map(|(_, gate)| gate)
    }
}

/// Takes the slots of this call, if they are free now.
fn in_process<'a>(slots: &'a InProcess, intent: &CallIntent<'_>) -> Result<Taken<'a>, NoSlot> {
    let learned = learned_place(intent)?;
    let (operation, requests) = (intent.operation(), intent.requests);
    slots.try_take(operation, requests)?;
    let kept = Kept::InProcess(slots, operation, requests);
    Ok(Taken { kept, learned })
}

/// Takes a place of this call in the limits that the vendor's replies told.
fn learned_place(intent: &CallIntent<'_>) -> Result<Option<learned::Place>, NoSlot> {
    let learned = intent.learned;
    let place = learned.map(|learned| learned.take(intent.operation(), intent.requests));
    place.transpose().map_err(|at_least| NoSlot::Wait {
        reason: WaitReason::Quota,
        at_least,
    })
}

/// Why a window can never hold so many requests.
fn too_many(quota: &Quota, requests: usize) -> Option<Error> {
    match quota.calls {
        0 => Some(Error::config("the quota allows no calls")),
        calls if usize::try_from(calls).is_ok_and(|calls| calls < requests) => {
            let message = format!("the call makes {requests} requests, the quota allows {quota}");
            Some(Error::invalid_input(message))
        }
        _ => None,
    }
}

/// Waits for a permit of a concurrency limit.
async fn permit<'a>(limit: &'a Semaphore, wait: &mut Wait<'_>) -> Option<SemaphorePermit<'a>> {
    if let Ok(permit) = limit.try_acquire() {
        return Some(permit);
    }
    wait.begin(Waiting {
        reason: WaitReason::Concurrency,
        until: None,
    });
    // This cannot fail: the semaphore is never closed.
    limit.acquire().await.ok()
}
