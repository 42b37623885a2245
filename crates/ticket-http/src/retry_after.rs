//! `retry-after`: seconds, or a date relative to the reply's own date, because the two clocks differ.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// Upper bound of a wait. Longer waits and numbers that overflow are reduced to it.
const MAX_WAIT: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The wait that `value` asks for. `date` is the reply's `date` header; `now`, the local clock, is used only
/// without it.
///
/// A wait of nothing is none: a server that has just refused a call and says "now" has nothing to say about when
/// it takes the next one.
pub(crate) fn wait(
    value: &str,
    date: Option<&str>,
    now: impl FnOnce() -> Timestamp,
) -> Option<Duration> {
    let value = value.trim();
    let digits = value.strip_prefix('-').unwrap_or(value);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if digits.len() < value.len() {
            return None;
        }
        // This fails only on overflow.
        let seconds = digits.parse().map_or(MAX_WAIT, Duration::from_secs);
        return Some(seconds.min(MAX_WAIT)).filter(|wait| !wait.is_zero());
    }
    let until = http_date(value)?;
    let from = date.and_then(http_date).unwrap_or_else(now);
    let wait = Duration::try_from(until.duration_since(from)).ok()?;
    Some(wait.min(MAX_WAIT)).filter(|wait| !wait.is_zero())
}

/// A date in one of the three forms of RFC 9110, section 5.6.7.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    // Some servers send a wrong weekday; the date decides.
    const FIXDATE: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    FIXDATE.parse_timestamp(text).ok().or_else(|| {
        ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
            .into_iter()
            .find_map(|form| DateTime::strptime(form, text).ok())
            .and_then(|time| time.to_zoned(TimeZone::UTC).ok())
            .map(|time| time.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn no_clock() -> Timestamp {
        panic!("the local clock was asked")
    }

    fn seconds(value: &str) -> Option<u64> {
        wait(value, Some(DATE), no_clock).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_seconds_are_bounded() {
        let year = 31_622_400;
        for (value, expected) in [
            ("60", Some(60)),
            (" 5 ", Some(5)),
            ("0", None),
            ("000", None),
            ("-0", None),
            ("-1", None),
            ("31622401", Some(year)),
            ("18446744073709551615", Some(year)),
            ("99999999999999999999999999", Some(year)),
            ("", None),
            ("-", None),
            ("soon", None),
            ("1.5", None),
            ("0x10", None),
            ("+5", None),
        ] {
            assert_eq!(seconds(value), expected, "{value:?}");
        }
    }

    #[test]
    fn retry_after_date_is_relative_to_the_date_of_the_reply() {
        for (value, expected) in [
            ("Sun, 06 Nov 1994 08:51:07 GMT", Some(90)),
            ("Sunday, 06-Nov-94 08:51:07 GMT", Some(90)),
            ("Sun Nov  6 08:51:07 1994", Some(90)),
            ("Mon, 06 Nov 1994 08:51:07 GMT", Some(90)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None),
            ("Thu, 01 Jan 9998 00:00:00 GMT", Some(31_622_400)),
            ("Sat, 01 Jan 99999 00:00:00 GMT", None),
            ("Sun, 31 Nov 1994 08:51:07 GMT", None),
            ("Sun, 06 Nov", None),
        ] {
            assert_eq!(seconds(value), expected, "{value:?}");
        }
    }

    #[test]
    fn retry_after_date_without_reply_date_uses_the_local_clock() {
        let now = || DATE.parse().unwrap_or_else(|_| http_date(DATE).unwrap());
        for date in [None, Some("yesterday")] {
            let wait = wait("Sun, 06 Nov 1994 08:49:38 GMT", date, now);
            assert_eq!(wait, Some(Duration::from_secs(1)));
        }
    }
}
