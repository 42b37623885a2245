//! The vendors' date. It starts at the date of Sweeppea's documented sample and advances with tokio's clock, so
//! replies do not depend on the real date, and a paused clock stops it.

use jiff::Timestamp;
use tokio::time::Instant;

/// 2026-01-26T12:32:29.600Z.
const BEGINNING: Timestamp = Timestamp::constant(1_769_430_749, 600_000_000);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Date(Timestamp);

impl Date {
    pub(crate) fn at(now: Instant, start: Instant) -> Self {
        let elapsed = now.saturating_duration_since(start);
        Self(BEGINNING.saturating_add(elapsed).unwrap_or(BEGINNING))
    }

    /// `2026-01-26T12:32:29.600Z`, as Sweeppea writes it.
    pub(crate) fn utc_millis(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// `2026-01-26 12:32:29`, as OneCloud writes it.
    pub(crate) fn spaced(self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `2026-01-26T12:32:29Z`.
    pub(crate) fn utc(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Seconds since 1970.
    pub(crate) fn epoch(self) -> i64 {
        self.0.as_second()
    }

    /// The seconds since 1970 of a time such as `2026-01-26T12:32:29Z`, or of the beginning of a day.
    pub(crate) fn epoch_of(text: &str) -> Option<i64> {
        let time = text.parse::<Timestamp>();
        let time = time.or_else(|_| format!("{text}T00:00:00Z").parse());
        Some(time.ok()?.as_second())
    }

    /// This time, or one second after `earlier` if that is later. As [`utc`](Self::utc).
    pub(crate) fn second_after(self, earlier: &str) -> Option<String> {
        let earliest = earlier.parse::<Timestamp>().ok()?.as_second() + 1;
        let earliest = Timestamp::from_second(earliest).ok()?;
        Some(Self(self.0.max(earliest)).utc())
    }

    /// `2026-01-26`.
    pub(crate) fn day(self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }

    /// `2026-01-26T12:32:29.600`, as LeadSquared writes it on messages.
    pub(crate) fn zoneless_millis(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
    }

    /// `2026-01-26T12:32:29`, as LeadSquared writes it on tickets.
    pub(crate) fn zoneless(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }
}

/// Durations in JSON: seconds, with fractions.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(time.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}
