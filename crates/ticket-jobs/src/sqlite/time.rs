//! The ledger's time: it follows the clock that counts since the machine's start, also while the machine sleeps. The wall
//! clock is asked once for each start of the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::values::nanos;
use crate::clock::Clock;

/// Tells the time in nanoseconds. Clones share the latest time that was told.
#[derive(Clone, Debug)]
pub(super) struct Time {
    source: Source,
    latest: Arc<AtomicI64>,
}

#[derive(Clone, Debug)]
enum Source {
    /// What to add to the time since the machine's start.
    SinceBoot(i64),
    /// There is no such time on this platform.
    WallClock,
    Given(Clock),
}

/// This start of the machine, and how long ago it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Boot {
    pub(super) id: String,
    pub(super) ago: i64,
}

impl Time {
    /// The time of a clock that its owner answers for.
    pub(super) fn given(clock: Clock) -> Self {
        Self::new(Source::Given(clock), i64::MIN)
    }

    /// The time of this ledger, inside a transaction. The first process after a start of the machine ties it to the wall
    /// clock; it never begins before the latest time in the ledger.
    pub(super) fn of_ledger(
        connection: &Connection,
        boot: Option<&Boot>,
        wall_clock: i64,
    ) -> rusqlite::Result<Self> {
        let Some(boot) = boot else {
            return Ok(Self::new(Source::WallClock, latest(connection)?));
        };
        let sql = "SELECT booted_for, time_then FROM store WHERE boot_id = ?1 AND booted_for <= ?2";
        let anchor: Option<(i64, i64)> = connection
            .query_row(sql, (&boot.id, boot.ago), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let (ago, then) = if let Some(anchor) = anchor {
            anchor
        } else {
            let now = latest(connection)?.max(wall_clock);
            let sql = "UPDATE store SET boot_id = ?1, booted_for = ?2, time_then = ?3";
            connection.execute(sql, (&boot.id, boot.ago, now))?;
            (boot.ago, now)
        };
        Ok(Self::new(Source::SinceBoot(then.saturating_sub(ago)), then))
    }

    fn new(source: Source, latest: i64) -> Self {
        Self {
            source,
            latest: Arc::new(AtomicI64::new(latest)),
        }
    }

    /// The time of the given clock. It may follow the runtime's clock, so it is asked in a task.
    pub(super) fn given_now(&self) -> Option<i64> {
        match &self.source {
            Source::Given(clock) => Some(nanos(clock.now())),
            Source::SinceBoot(_) | Source::WallClock => None,
        }
    }

    /// The time now, or that of the given clock, but never before one that was told.
    pub(super) fn now(&self, given: Option<i64>) -> i64 {
        let now = given.unwrap_or_else(|| match &self.source {
            Source::SinceBoot(offset) => since_boot().saturating_add(*offset),
            Source::WallClock => wall_clock(),
            Source::Given(_) => i64::MIN,
        });
        self.latest.fetch_max(now, Ordering::Relaxed).max(now)
    }

    /// Whether a test's clock is asked.
    pub(super) const fn is_given(&self) -> bool {
        matches!(self.source, Source::Given(_))
    }
}

/// The latest time in the ledger.
fn latest(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT max(
        coalesce((SELECT time_then FROM store), 0),
        coalesce((SELECT max(created_at) FROM job), 0),
        coalesce((SELECT max(max(beat_at), max(coalesce(ended_at, 0))) FROM worker), 0),
        coalesce((SELECT max(taken_at) FROM call), 0),
        coalesce((SELECT max(ended_at) FROM call), 0))";
    connection.query_row(sql, [], |row| row.get(0))
}

pub(super) fn wall_clock() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the wall clock; tests give the ledger a clock"
    )]
    nanos(Timestamp::now())
}

impl Boot {
    /// This start of the machine, where the platform tells.
    pub(super) fn current() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(Self {
            id: id.trim().to_owned(),
            ago: since_boot(),
        })
    }
}

/// The time since the machine's start, with the time that it slept.
#[cfg(target_os = "linux")]
fn since_boot() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(time.tv_nsec)
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> i64 {
    wall_clock()
}

#[cfg(test)]
mod tests {
    use super::super::schema::{STEPS, migrate};
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn boot(id: &str, seconds_ago: i64) -> Boot {
        Boot {
            id: id.to_owned(),
            ago: seconds_ago * SECOND,
        }
    }

    /// What the ledger's time is when it is opened at this time after this start, with the wall clock at this second.
    fn opened(connection: &Connection, boot: &Boot, wall_clock: i64) -> i64 {
        let time = Time::of_ledger(connection, Some(boot), wall_clock * SECOND).unwrap();
        let Source::SinceBoot(offset) = time.source else {
            panic!("{time:?}");
        };
        (boot.ago + offset) / SECOND
    }

    #[test]
    fn time_follows_the_machine_and_not_the_wall_clock_until_the_next_start() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, 0, STEPS).unwrap();
        assert_eq!(opened(&connection, &boot("a", 50), 1_000_000), 1_000_000);
        // The wall clock is set back an hour, and forward a year.
        assert_eq!(opened(&connection, &boot("a", 60), 996_410), 1_000_010);
        assert_eq!(opened(&connection, &boot("a", 70), 32_536_020), 1_000_020);
        let sql = "INSERT INTO job (id, change, state, created_at) VALUES ('1', '', '', ?1)";
        connection.execute(sql, [1_000_020 * SECOND]).unwrap();
        // Started anew: as the wall clock says, but never before the latest time in the ledger.
        assert_eq!(opened(&connection, &boot("b", 5), 996_500), 1_000_020);
        assert_eq!(opened(&connection, &boot("c", 5), 2_000_000), 2_000_000);
        assert_eq!(opened(&connection, &boot("c", 6), 1), 2_000_001);
    }

    #[test]
    fn time_never_goes_back() {
        let clock = Arc::new(AtomicI64::new(7));
        let asked = Arc::clone(&clock);
        let read = move || super::super::values::time(asked.load(Ordering::Relaxed));
        let time = Time::given(Clock::new(read));
        assert_eq!(time.now(time.given_now()), 7);
        clock.store(3, Ordering::Relaxed);
        assert_eq!(time.now(time.given_now()), 7);
        clock.store(9, Ordering::Relaxed);
        assert_eq!(time.now(time.given_now()), 9);
    }
}
