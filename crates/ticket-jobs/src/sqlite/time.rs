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
