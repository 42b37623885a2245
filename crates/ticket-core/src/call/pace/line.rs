//! The calls that wait and those in flight: counters and events that show why a call is delayed.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::slots::WaitReason;
use crate::provider::operation::Operation;

/// What a call waits for, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// What it waits for.
    pub reason: WaitReason,
    /// The earliest time at which it can be sent, by tokio's clock. Absent if unknown.
    pub until: Option<Instant>,
}

/// The calls that wait, and those in flight.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// How many wait.
    waiting: AtomicUsize,
    /// What the first of them waits for.
    blocked_by: Mutex<Option<Waiting>>,
    in_flight: AtomicUsize,
    /// Notified when the account is paused, and when a call ends that a learned limit counted: the first call must ask again
    /// how long to wait.
    changed: Notify,
}

impl Line {
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Relaxed)
    }

    pub(super) fn blocked_by(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.blocked_by
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Relaxed)
    }

    /// A call is sent.
    pub(super) fn send(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// A call is in flight no longer.
    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    /// The first call may have less to wait for, or more.
    pub(super) fn wake_first(&self) {
        self.changed.notify_one();
    }

    /// Until the first call has to ask again how long to wait.
    pub(super) async fn woken(&self) {
        self.changed.notified().await;
    }
}

/// The whole wait of one call. It ends when this is dropped.
///
/// Its events have the fields `ticket.provider`, `ticket.operation`, `wait.reason` and `wait.estimate_ms`, or
/// `wait.ms` when it ends. The list is closed, as in `Observe`.
pub(super) struct Wait<'a> {
    line: &'a Line,
    provider: &'a str,
    operation: Operation,
    begun: Option<(Instant, Waiting)>,
}

impl<'a> Wait<'a> {
    pub(super) fn new(line: &'a Line, provider: &'a str, operation: Operation) -> Self {
        Self {
            line,
            provider,
            operation,
            begun: None,
        }
    }

    /// The call is blocked, for the first time or for another reason than before.
    pub(super) fn begin(&mut self, blocked_by: Waiting) {
        if let Some((_, latest)) = &mut self.begun {
            *latest = blocked_by;
            return;
        }
        let now = Instant::now();
        self.begun = Some((now, blocked_by));
        self.line.waiting.fetch_add(1, Relaxed);
        tracing::debug!(
            ticket.provider = self.provider,
            ticket.operation = self.operation.as_str(),
            wait.reason = blocked_by.reason.as_str(),
            wait.estimate_ms = blocked_by
                .until
                .map(|until| millis(until.duration_since(now))),
            "waits to be sent"
        );
    }

    /// What the call waits for. For a queued call, this is what the head of the queue waits for.
    pub(super) fn blocked_by(&self) -> Option<Waiting> {
        let (_, own) = self.begun?;
        match own.reason {
            WaitReason::Concurrency => Some(own),
            WaitReason::Quota | WaitReason::Closed => (*self.line.blocked_by()).or(Some(own)),
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Some((begun, _)) = self.begun else {
            return;
        };
        self.line.waiting.fetch_sub(1, Relaxed);
        tracing::debug!(
            ticket.provider = self.provider,
            ticket.operation = self.operation.as_str(),
            wait.ms = millis(begun.elapsed()),
            "waits no longer"
        );
    }
}

/// Publishes what the head of the queue waits for, until this is dropped.
pub(super) struct FirstInLine<'a>(pub(super) &'a Line);

impl FirstInLine<'_> {
    pub(super) fn waits_for(&self, blocked_by: Waiting) {
        *self.0.blocked_by() = Some(blocked_by);
    }
}

impl Drop for FirstInLine<'_> {
    fn drop(&mut self) {
        *self.0.blocked_by() = None;
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
