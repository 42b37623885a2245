//! Parses times of vendors.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Parses a vendor's time. A text without a time zone is read in `zone`. `None` if the text is not a valid
/// time, such as `0000-00-00 00:00:00`.
///
/// ```
/// use jiff::tz::{TimeZone, offset};
/// use ticket_http::timestamp;
///
/// let jakarta = TimeZone::fixed(offset(7));
/// let time = timestamp("2026-04-28 21:05:09", &jakarta).unwrap();
/// assert_eq!(time.to_string(), "2026-04-28T14:05:09Z");
/// assert_eq!(timestamp("2026-04-28T14:05:09Z", &jakarta), Some(time));
/// assert_eq!(timestamp("0000-00-00 00:00:00", &jakarta), None);
/// ```
pub fn timestamp(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse() {
        return Some(timestamp);
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}
