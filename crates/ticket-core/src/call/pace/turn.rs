//! How a call gets its turn: which call may be sent now, which call waits, and for what.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::adaptive::{Adaptive, CEILING};
use super::held::{Held, Kept, Permits, Taken};
use super::line::{FirstInLine, Wait, Waiting};
use super::refusal::{Refused, called_off, too_late};
use super::slots::{CallIntent, InProcess, NoSlot, WaitReason};
use super::{Pacer, Store};
use crate::provider::context::{CallContext, WaitEnded};
use crate::provider::error::{Effect, Error, Result};
use crate::provider::learned;
use crate::provider::limit::Quota;
use crate::provider::operation::Operation;

/// After how long at most an external store is asked again. Its time may run ahead of tokio's, which stands still while the
/// machine sleeps.
const ASK_AGAIN: Duration = Duration::from_secs(15);

impl Pacer {
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

    /// What decides how many of these calls are made at once; `None` if windows or callers do.
    fn adaptive_for(&self, operation: Operation, context: &CallContext) -> Option<&Adaptive> {
        let decides = context.one_of_many && self.windows(operation).next().is_none();
        decides.then_some(&self.adaptive)
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
            return Some(Held::new(&self.line, Taken::NOTHING, permits, operation));
        }
        let _turn = self.queue_head.try_acquire().ok()?;
        let slots = in_process(slots, intent).ok()?;
        Some(Held::new(&self.line, slots, permits, operation))
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
            return Ok(Held::new(&self.line, Taken::NOTHING, permits, operation));
        }
        // Where nobody waits, calls ask a store together, so that it can record them together.
        let mut answer = match &self.slots {
            Store::External(_) if self.queue_head.available_permits() > 0 => {
                match self.take(intent).await {
                    Err(NoSlot::Wait { reason, at_least }) => Some((reason, at_least)),
                    Err(NoSlot::Failed(error)) => return Err(Refused::NoSlots(error)),
                    Ok(slots) => return Ok(Held::new(&self.line, slots, permits, operation)),
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
                    Ok(slots) => return Ok(Held::new(&self.line, slots, permits, operation)),
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
            let _ = tokio::time::timeout(pause, self.line.woken()).await;
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
