//! Values as rows hold them.

use std::time::Duration;

use jiff::Timestamp;

/// No wait and no window of a ledger is longer: about 126 years.
const LONGEST: i64 = 4_000_000_000_000_000_000;

pub(crate) fn nanos(time: Timestamp) -> i64 {
    let nanos = time.as_nanosecond();
    i64::try_from(nanos.clamp(i64::MIN.into(), i64::MAX.into())).unwrap_or_default()
}

pub(crate) fn time(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanos.into()).unwrap_or(Timestamp::MAX)
}

/// A duration in nanoseconds.
pub(crate) fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).map_or(LONGEST, |nanos| nanos.min(LONGEST))
}

pub(crate) fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(nanos.max(0).unsigned_abs())
}

/// A number of rows, a place or an id, as the database counts.
pub(crate) fn int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// A number of the database that is not negative.
pub(crate) fn uint(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
