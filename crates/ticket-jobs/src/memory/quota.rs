//! The slots of an account: which call may be sent now.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ticket_core::provider::{Limit, Quota};

use super::rows::{CallRow, Calls};
use crate::clock::{later, until};
use crate::model::{CallId, NewCall, Suspension, Taken};

/// After which time a call that waits for others in flight asks again: they may end at any moment.
const ASK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) closed_until: Option<Timestamp>,
    pub(super) suspended: Option<Suspension>,
    /// Its calls, by the time at which each was over or will be at the latest. Those after now are in flight.
    slots: BTreeSet<(Timestamp, CallId)>,
    /// The longest window in which calls of this account counted.
    longest: Duration,
}

impl Account {
    /// Why the call may not be sent now, if it may not.
    pub(super) fn refuses(&self, call: &NewCall, calls: &Calls, now: Timestamp) -> Option<Taken> {
        if let Some(until_then) = self.closed_until.filter(|time| *time > now) {
            return Some(Taken::Closed(until(now, until_then)));
        }
        let covers = |limit: &&Limit| limit.covers(call.operation);
        let covering = || call.limits.iter().filter(covers);
        if covering().any(|limit| self.is_busy(limit, calls, now)) {
            return Some(Taken::Busy(ASK_AGAIN));
        }
        let waits = covering().flat_map(|limit| {
            let windows = limit.windows.iter();
            windows.map(|quota| self.wait(limit, *quota, call.requests, calls, now))
        });
        let wait = waits.max().filter(|wait| !wait.is_zero());
        wait.map(Taken::Full)
    }

    fn is_busy(&self, limit: &Limit, calls: &Calls, now: Timestamp) -> bool {
        limit.max_concurrent.is_some_and(|most| {
            let in_flight = self.over_after(now, calls);
            in_flight
                .filter(|(_, call)| limit.covers(call.operation))
                .count()
                >= most.get()
        })
    }

    /// Lower bound of the wait for so many slots in this window; zero if they are free now.
    fn wait(
        &self,
        limit: &Limit,
        quota: Quota,
        requests: usize,
        calls: &Calls,
        now: Timestamp,
    ) -> Duration {
        let allowed = usize::try_from(quota.calls).unwrap_or(usize::MAX);
        let Some(free) = allowed.checked_sub(requests) else {
            return quota.window;
        };
        let counting = self.over_after(earlier(now, quota.window), calls);
        let counting = counting.filter(|(_, call)| limit.covers(call.operation));
        // The latest first: the first one that does not fit beside those after it has to leave the window.
        let mut counted: usize = 0;
        for (over_at, call) in counting.rev() {
            counted = counted.saturating_add(call.requests);
            if counted > free {
                return until(now, later(over_at.min(now), quota.window));
            }
        }
        Duration::ZERO
    }

    /// How many requests count now in this window.
    pub(super) fn used(
        &self,
        limit: &Limit,
        window: Duration,
        calls: &Calls,
        now: Timestamp,
    ) -> u64 {
        let counting = self.over_after(earlier(now, window), calls);
        let counting = counting.filter(|(_, call)| limit.covers(call.operation));
        let requests = counting.map(|(_, call)| u64::try_from(call.requests).unwrap_or(u64::MAX));
        requests.fold(0, u64::saturating_add)
    }

    /// The calls that were over after this time, or may not be over yet.
    fn over_after<'a>(
        &'a self,
        time: Timestamp,
        calls: &'a Calls,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, &'a CallRow)> {
        let after = (Bound::Excluded((time, CallId(u64::MAX))), Bound::Unbounded);
        let slots = self.slots.range(after);
        slots.filter_map(|(over_at, call)| Some((*over_at, calls.get(call)?)))
    }

    pub(super) fn in_flight<'a>(
        &'a self,
        calls: &'a Calls,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a CallRow> {
        self.over_after(now, calls).map(|(_, call)| call)
    }

    pub(super) fn insert(&mut self, id: CallId, over_at: Timestamp, limits: &[Limit]) {
        let windows = limits.iter().flat_map(|limit| &limit.windows);
        self.longest = windows
            .map(|quota| quota.window)
            .fold(self.longest, Duration::max);
        self.slots.insert((over_at, id));
    }

    /// The call was over at another time than expected; `None`: it was never sent.
    pub(super) fn ended(&mut self, id: CallId, expected: Timestamp, at: Option<Timestamp>) {
        self.slots.remove(&(expected, id));
        self.slots.extend(at.map(|at| (at, id)));
    }

    /// Whether the call counts in the longest window.
    pub(super) fn counts(&self, call: &CallRow, now: Timestamp) -> bool {
        call.over_at() > earlier(now, self.longest)
    }

    /// Its suspension, unless that is over.
    pub(super) fn suspension(&self, now: Timestamp) -> Option<&Suspension> {
        let holds = |why: &&Suspension| why.until.is_none_or(|until| until > now);
        self.suspended.as_ref().filter(holds)
    }
}

/// `wait` before `time`; the earliest time there is if that is too early.
fn earlier(time: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    time.checked_sub(wait).unwrap_or(Timestamp::MIN)
}
