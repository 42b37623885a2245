//! How long a bulk change waits for a vendor that does not answer.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::provider::error::{Error, ErrorKind};

/// The first pause after a failed call. It doubles with each further one.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause, unless the vendor asks for a longer one.
const LONGEST: Duration = Duration::from_secs(60);

/// How long the change waits for the first success: a vendor that never answered is more likely a wrong address
/// than an outage, and somebody is still there to see it.
const BEFORE_FIRST_SUCCESS: Duration = Duration::from_secs(60);

/// How many calls in a row, retries included, may fail to connect before the first success: a wrong address, or no
/// network.
const MAX_UNCONNECTED: u32 = 2;

/// How many calls in a row may fail without patience.
const MAX_FAILURES: u32 = 5;

/// Pauses that grow while the vendor does not answer, and the end of patience.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    successes: u64,
    /// Whether the vendor has answered at all.
    is_there: bool,
    last_success: Instant,
    failures: u32,
    pause: Option<(Duration, Instant)>,
    pauses: u32,
}

/// What a failed call leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Wait {
    /// The change pauses already, or does not pause.
    Already,
    /// A pause begins.
    Until(Instant),
    /// The change ends, and why.
    GiveUp(String),
}

impl Patience {
    pub(super) fn new(now: Instant, limit: Duration) -> Self {
        Self {
            limit,
            successes: 0,
            is_there: false,
            last_success: now,
            failures: 0,
            pause: None,
            pauses: 0,
        }
    }

    /// Whether the next attempt after a pause is for tickets that did not fail before.
    pub(super) fn is_turn_of_fresh(&self) -> bool {
        self.pauses % 2 == 0
    }

    /// The vendor answered a read, which is no success of the change.
    pub(super) fn answered(&mut self) {
        self.is_there = true;
    }

    /// The vendor answered. Returns whether this ends a pause.
    pub(super) fn succeeded(&mut self) -> bool {
        self.successes += 1;
        self.is_there = true;
        self.failures = 0;
        self.last_success = Instant::now();
        self.pause.take().is_some()
    }

    pub(super) fn successes(&self) -> u64 {
        self.successes
    }

    /// Whether only one call at a time is made, to see whether the vendor answers again.
    pub(super) fn is_careful(&self) -> bool {
        self.pause.is_some()
    }

    /// The end of the current pause; `None` if calls may be made.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        let (_, until) = self.pause?;
        (until > Instant::now()).then_some(until)
    }

    /// Whether there is no patience: a call that fails is not made again.
    pub(super) fn is_none(&self) -> bool {
        self.limit.is_zero()
    }

    /// A call failed for want of an answer.
    pub(super) fn failed(&mut self, error: &Error, deadline: Option<Instant>) -> Wait {
        self.failures += 1;
        let is_unconnected = !self.is_there && error.kind() == ErrorKind::Connect;
        let most = if self.is_none() {
            Some(MAX_FAILURES)
        } else {
            is_unconnected.then_some(MAX_UNCONNECTED)
        };
        if most.is_some_and(|most| self.failures >= most) {
            return Wait::GiveUp(format!("{} calls in a row failed", self.failures));
        }
        if self.is_none() {
            return Wait::Already;
        }
        let now = Instant::now();
        let length = match self.pause {
            Some((_, until)) if until > now => return Wait::Already,
            Some((length, _)) => (length * 2).min(LONGEST),
            None => FIRST,
        };
        let asked = error.retry_after().unwrap_or_default();
        let until = now + length.max(asked);
        let limit = if self.is_there {
            self.limit
        } else {
            self.limit.min(BEFORE_FIRST_SUCCESS)
        };
        if until > self.last_success + limit {
            let silent = now.duration_since(self.last_success);
            if asked > silent.max(length) {
                let asked = asked.as_secs();
                return Wait::GiveUp(format!("the vendor asks to wait {asked} s"));
            }
            let silent = silent.as_secs();
            return Wait::GiveUp(format!("no call has succeeded for {silent} s"));
        }
        if deadline.is_some_and(|deadline| deadline <= until) {
            return Wait::GiveUp("the deadline would pass before the next call".to_owned());
        }
        self.pause = Some((length, until));
        self.pauses = self.pauses.wrapping_add(1);
        Wait::Until(until)
    }

    /// Pauses until an exhausted quota is available again: before the deadline, or without one within the
    /// limit.
    pub(super) fn quota(&mut self, error: &Error, deadline: Option<Instant>) -> Option<Instant> {
        let now = Instant::now();
        let available = error.available_at()?;
        let wait = available.duration_since(local_clock());
        let wait = Duration::try_from(wait).unwrap_or_default();
        if wait.is_zero() {
            // The clocks differ, or the vendor is wrong: it is asked again as in an outage.
            return match self.failed(error, deadline) {
                Wait::Until(until) => Some(until),
                Wait::Already => self.paused_until(),
                Wait::GiveUp(_) => None,
            };
        }
        let until = now.checked_add(wait)?;
        let latest = deadline.unwrap_or(now + self.limit);
        if until >= latest {
            return None;
        }
        // This silence is no outage.
        self.last_success = until;
        self.pause = Some((FIRST, until));
        Some(until)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the vendor names a time of day, which only a clock can be compared with"
)]
fn local_clock() -> Timestamp {
    Timestamp::now()
}
