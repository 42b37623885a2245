//! When work on a job starts no new requests any more: after `--deadline`, or at the time of day of `--until`.

use std::time::Duration;

use jiff::{Timestamp, Zoned};
use tokio::time::Instant;

use crate::args::WorkOptions;
use crate::clock;

/// How often the machine's clock is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The end that `--deadline` and `--until` set.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// By tokio's clock, which stands still while the machine sleeps.
    deadline: Option<Instant>,
    until: Option<Zoned>,
    /// When that is by tokio's clock, if the machine does not sleep until then.
    until_at: Option<Instant>,
}

impl End {
    /// The end that these options set; `None` if they set none, or one that overflows.
    pub(crate) fn of(options: &WorkOptions) -> Option<Self> {
        let until = options.until.clone();
        Self::after(options.deadline, until, clock::now())
    }

    fn after(deadline: Option<Duration>, until: Option<Zoned>, now: Timestamp) -> Option<Self> {
        let after = |time| Instant::now().checked_add(time);
        let left = until
            .as_ref()
            .map(|until| until.timestamp().duration_since(now));
        let left = left.map(|left| Duration::try_from(left).unwrap_or_default());
        let end = Self {
            deadline: deadline.and_then(after),
            until_at: left.and_then(after),
            until,
        };
        end.first().is_some().then_some(end)
    }

    /// The earlier of the two by tokio's clock.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.deadline.into_iter().chain(self.until_at).min()
    }

    /// Whether it is still to come by tokio's clock, so that calls that wait do not know of it.
    pub(crate) fn is_ahead(&self) -> bool {
        self.first().is_some_and(|first| first > Instant::now())
    }

    /// Waits for the end, and returns what is said then.
    pub(crate) async fn reached(&self) -> String {
        self.reached_by(clock::now).await
    }

    /// The same with this clock of the machine, which may be ahead of tokio's after a sleep, or is set forward.
    async fn reached_by(&self, clock: impl Fn() -> Timestamp) -> String {
        loop {
            let now = Instant::now();
            let is_over = |time: &Instant| *time <= now;
            if let Some(until) = &self.until
                && (until.timestamp() <= clock() || self.until_at.as_ref().is_some_and(is_over))
            {
                return format!("it is {}", until.strftime("%Y-%m-%d %H:%M %Z"));
            }
            if self.deadline.as_ref().is_some_and(is_over) {
                return "deadline reached".to_owned();
            }
            let first = self.first().map_or(LOOK, |first| first.duration_since(now));
            tokio::time::sleep(first.min(LOOK)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::tz::TimeZone;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// What is said at the end and when, if the machine sleeps for so long a minute after the start.
    async fn told(deadline: Option<Duration>, until: Option<Duration>, slept: Duration) -> String {
        let start: Timestamp = "2026-11-30T05:00:00Z".parse().unwrap();
        let until = until.map(|until| (start + until).to_zoned(TimeZone::UTC));
        let begun = Instant::now();
        let end = End::after(deadline, until, start).unwrap();
        let clock = || {
            let passed = begun.elapsed();
            let slept = if passed > Duration::from_secs(60) {
                slept
            } else {
                Duration::ZERO
            };
            start + SignedDuration::try_from(passed + slept).unwrap()
        };
        let words = end.reached_by(clock).await;
        format!("{words}, after {} s", begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_at_the_time_of_day_also_if_the_machine_slept_until_then() {
        let at_six = "it is 2026-11-30 06:00 UTC";
        for (deadline, until, slept, expected) in [
            (
                None,
                Some(HOUR),
                Duration::ZERO,
                format!("{at_six}, after 3600 s"),
            ),
            (None, Some(HOUR), 2 * HOUR, format!("{at_six}, after 61 s")),
            (
                None,
                Some(HOUR),
                HOUR / 2,
                format!("{at_six}, after 1800 s"),
            ),
            (
                Some(2 * HOUR),
                Some(HOUR),
                2 * HOUR,
                format!("{at_six}, after 61 s"),
            ),
            (
                Some(HOUR / 2),
                Some(HOUR),
                Duration::ZERO,
                "deadline reached, after 1800 s".to_owned(),
            ),
        ] {
            assert_eq!(told(deadline, until, slept).await, expected);
        }
    }
}
