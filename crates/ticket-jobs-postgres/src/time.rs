//! The ledger's time between two answers of the database, and whether the database's clock was set forward.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use ticket_jobs::Clock;

use crate::values::nanos;

/// How much more than the time of this machine the database's may advance before its clock counts as set forward.
const JUMP: i64 = 500_000_000;

/// An answer that took longer tells too little about the database's clock.
const SLOW: i64 = 1_000_000_000;

/// Tells the time in nanoseconds. It never goes back.
#[derive(Debug)]
pub(crate) struct Time {
    source: Source,
    latest: AtomicI64,
}

#[derive(Debug)]
enum Source {
    /// What to add to the time since this machine's start: at least and at most.
    Database(Mutex<Option<(i64, i64)>>),
    Given(Clock),
}

impl Time {
    /// The database's time, or that of a clock that its owner answers for.
    pub(crate) fn of(clock: Option<Clock>) -> Self {
        Self {
            source: clock.map_or_else(|| Source::Database(Mutex::default()), Source::Given),
            latest: AtomicI64::new(i64::MIN),
        }
    }

    /// The time of the given clock.
    pub(crate) fn given(&self) -> Option<i64> {
        match &self.source {
            Source::Given(clock) => Some(self.latest(nanos(clock.now()))),
            Source::Database(_) => None,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        let now = match &self.source {
            Source::Given(clock) => nanos(clock.now()),
            Source::Database(offset) => {
                let offset = *offset.lock().unwrap_or_else(PoisonError::into_inner);
                let (least, _) = offset.unwrap_or_default();
                since_boot().saturating_add(least)
            }
        };
        self.latest(now)
    }

    fn latest(&self, now: i64) -> i64 {
        self.latest.fetch_max(now, Ordering::Relaxed).max(now)
    }

    /// The database told this time, between these times of this machine. Returns whether its clock was set forward since the
    /// last time.
    pub(crate) fn heard(&self, sent: i64, told: i64, received: i64) -> bool {
        let Source::Database(offset) = &self.source else {
            return false;
        };
        let (least, most) = (told.saturating_sub(received), told.saturating_sub(sent));
        let mut offset = offset.lock().unwrap_or_else(PoisonError::into_inner);
        let jumped = offset.is_some_and(|(_, before)| least > before.saturating_add(JUMP));
        if jumped || offset.is_none() || received.saturating_sub(sent) < SLOW {
            *offset = Some((least, most));
        }
        jumped
    }
}

/// The time since the machine's start, with the time that it slept.
#[cfg(target_os = "linux")]
pub(crate) fn since_boot() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(time.tv_nsec)
}

/// The time since the first call, without the time that the machine slept: after that, the database's clock seems to be set
/// forward, which closes accounts for a window and does no other harm.
#[cfg(not(target_os = "linux"))]
pub(crate) fn since_boot() -> i64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks this machine's clock; tests give the ledger a clock"
    )]
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    i64::try_from(BEGUN.elapsed().as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn clock_that_is_set_forward_is_noticed_and_a_slow_answer_is_none() {
        let time = Time::of(None);
        assert!(!time.heard(0, 100 * SECOND, 1));
        assert!(!time.heard(SECOND, 101 * SECOND + JUMP, SECOND + 1));
        // An answer that took long may be as old as its question.
        assert!(!time.heard(2 * SECOND, 110 * SECOND, 12 * SECOND));
        assert!(time.heard(3 * SECOND, 105 * SECOND, 3 * SECOND));
        // Noticed once.
        assert!(!time.heard(4 * SECOND, 106 * SECOND, 4 * SECOND));
        // Set back: the database's own time stands still.
        assert!(!time.heard(5 * SECOND, 50 * SECOND, 5 * SECOND));
    }

    #[test]
    fn time_never_goes_back() {
        let time = Time::of(None);
        let now = since_boot();
        time.heard(now, now + 100 * SECOND, now);
        let first = time.now();
        assert!(first >= now + 100 * SECOND);
        time.heard(now, now, now);
        assert_eq!(time.now(), first);
    }
}
