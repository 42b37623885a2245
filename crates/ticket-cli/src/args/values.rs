//! Reads the values of arguments: times, counts, rates and fields. Each error says what is expected.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{self, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use tickets::provider::{Concurrency, Quota};

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| !timeout.is_zero())
        .ok_or_else(|| "must be a number of seconds above 0, such as 20 or 0.5".to_owned())
}

/// A time that may be nothing.
pub(super) fn patience(text: &str) -> Result<Duration, String> {
    match text {
        "0" => Ok(Duration::ZERO),
        text => duration(text),
    }
}

/// A time that may be nothing, rounded up to whole seconds.
pub(super) fn whole_seconds(text: &str) -> Result<Duration, String> {
    let time = patience(text)?;
    let more = u64::from(time.subsec_nanos() > 0);
    Ok(Duration::from_secs(time.as_secs().saturating_add(more)))
}

/// A time in seconds, or with units. A day has 24 hours.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(duration) = seconds(text) {
        return Ok(duration);
    }
    let span: Option<jiff::Span> = text.parse().ok();
    span.and_then(|span| {
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        Duration::try_from(span.to_duration(days).ok()?).ok()
    })
    .filter(|duration| !duration.is_zero())
    .ok_or_else(|| {
        "must be a time above 0: seconds such as 90 or 0.5, or with units, such as 90s, 30m, 4h, 1h30m or 2d"
            .to_owned()
    })
}

/// A time, a day in UTC, or a time ago.
#[expect(
    clippy::disallowed_methods,
    reason = "a time ago is before the command starts"
)]
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    moment_before(Timestamp::now(), text)
}

fn moment_before(now: Timestamp, text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<jiff::civil::Date>() {
        let midnight = day.to_zoned(jiff::tz::TimeZone::UTC);
        return midnight
            .map(|midnight| midnight.timestamp())
            .map_err(|error| error.to_string());
    }
    let ago = duration(text)
        .ok()
        .and_then(|ago| now.checked_sub(ago).ok());
    ago.ok_or_else(|| {
        "must be a day such as 2026-11-28 (in UTC), a time such as 2026-11-28T09:00:00Z, or a time ago such as 12h or 30d"
            .to_owned()
    })
}

/// A time that is to come: of a day in the local time zone, or in full.
#[expect(
    clippy::disallowed_methods,
    reason = "a time to come is after the command starts"
)]
pub(super) fn until(text: &str) -> Result<Zoned, String> {
    let zone = TimeZone::try_system().map_err(|error| {
        format!("the local time zone is unknown ({error}); the variable TZ can name it")
    });
    until_after(&Timestamp::now().to_zoned(zone?), text)
}

fn until_after(now: &Zoned, text: &str) -> Result<Zoned, String> {
    let in_zone = |time: DateTime| {
        let zoned = time.to_zoned(now.time_zone().clone());
        zoned.map_err(|error| error.to_string())
    };
    let time: Zoned = if let Ok(time) = text.parse::<Timestamp>() {
        time.to_zoned(now.time_zone().clone())
    } else if let Ok(time) = civil::Time::strptime("%H:%M", text) {
        let today = in_zone(now.date().to_datetime(time))?;
        if today > *now {
            today
        } else {
            let tomorrow = now.date().tomorrow().map_err(|error| error.to_string())?;
            in_zone(tomorrow.to_datetime(time))?
        }
    } else if let Ok(time) = text.parse::<DateTime>() {
        in_zone(time)?
    } else {
        let message =
            "must be a time of day such as 06:00, or a full time such as 2026-11-30T06:00:00Z";
        return Err(message.to_owned());
    };
    if time <= *now {
        return Err("is past".to_owned());
    }
    Ok(time)
}

/// The standard library's message for 0 is about its types.
pub(super) fn count<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| "must be a whole number above 0".to_owned())
}

pub(super) fn concurrency(text: &str) -> Result<Concurrency, String> {
    text.parse()
        .map_err(|_| "must be a whole number above 0, or auto".to_owned())
}

pub(super) fn rate(text: &str) -> Result<Quota, String> {
    text.parse()
        .map_err(|_| "must be calls and seconds above 0, such as 25/5 or 10000/86400".to_owned())
}

pub(super) fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().into(), value.into())),
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn timeout_of_zero_or_less_is_refused() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "0", "-1", "NaN", "1e30", "soon"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moment_is_a_day_a_time_or_a_time_ago() {
        let now = "2026-11-28T12:00:00Z".parse().unwrap();
        let moment = |text| moment_before(now, text).map(|time| time.to_string());
        assert_eq!(moment("2026-11-28"), Ok("2026-11-28T00:00:00Z".to_owned()));
        assert_eq!(
            moment("2026-11-28T10:00:00+01:00"),
            Ok("2026-11-28T09:00:00Z".to_owned())
        );
        assert_eq!(moment("30d"), Ok("2026-10-29T12:00:00Z".to_owned()));
        for wrong in ["", "yesterday", "2026-13-01", "28.11.2026", "0"] {
            let refused = moment(wrong);
            assert!(refused.is_err_and(|why| why.contains("30d")), "{wrong}");
        }
    }

    #[test]
    fn until_is_the_next_such_time_of_the_local_zone_or_a_full_time() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // An hour before the clocks go back at 03:00.
        let now: Timestamp = "2026-10-24T22:30:00Z".parse().unwrap();
        let now = now.to_zoned(zone);
        let until = |text| until_after(&now, text).map(|time| time.timestamp().to_string());
        for (text, expected) in [
            ("00:31", "2026-10-24T22:31:00Z"),
            ("06:00", "2026-10-25T05:00:00Z"),
            ("6:00", "2026-10-25T05:00:00Z"),
            // This minute is over, as is today's midnight.
            ("00:30", "2026-10-25T23:30:00Z"),
            ("00:00", "2026-10-25T23:00:00Z"),
            ("23:59", "2026-10-25T22:59:00Z"),
            ("2026-10-26T06:00", "2026-10-26T05:00:00Z"),
            ("2026-10-26 06:00:30", "2026-10-26T05:00:30Z"),
            ("2026-10-26T06:00:00Z", "2026-10-26T06:00:00Z"),
            ("2026-10-26T06:00:00-05:00", "2026-10-26T11:00:00Z"),
        ] {
            assert_eq!(until(text), Ok(expected.to_owned()), "{text}");
        }
        for wrong in ["", "6", "24:00", "06:60", "soon", "4h", "06:00Z", "0600"] {
            let refused = until(wrong);
            assert!(refused.is_err_and(|why| why.contains("06:00")), "{wrong}");
        }
        for past in ["2026-10-24T22:30:00Z", "2026-10-25T00:30", "2026-10-24"] {
            assert_eq!(until(past), Err("is past".to_owned()), "{past}");
        }
    }

    #[test]
    fn deadline_is_read_in_seconds_or_with_units() {
        for (text, expected) in [
            ("90", 90.0),
            ("0.5", 0.5),
            ("90s", 90.0),
            ("30m", 1800.0),
            ("4h", 14_400.0),
            ("1h30m", 5400.0),
            ("1h 30m", 5400.0),
            ("2d", 172_800.0),
            ("1.5h", 5400.0),
            ("500ms", 0.5),
            ("2 hours", 7200.0),
            ("PT4H", 14_400.0),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_secs_f64(expected)),
                "{text}"
            );
        }
        for wrong in [
            "", "0", "0s", "-1h", "1h ago", "NaN", "1e30", "soon", "1 month", "1y", "90x", "h",
            "4h30",
        ] {
            let refused = duration(wrong);
            assert!(refused.is_err_and(|why| why.contains("1h30m")), "{wrong}");
        }
    }

    #[test]
    fn count_of_zero_or_less_is_refused() {
        assert_eq!(count::<NonZeroU32>("3").map(NonZeroU32::get), Ok(3));
        for wrong in ["", "0", "-1", "1.5", "4294967296", "many"] {
            let refused = count::<NonZeroU32>(wrong);
            assert_eq!(
                refused,
                Err("must be a whole number above 0".to_owned()),
                "{wrong}"
            );
        }
    }

    #[test]
    fn rate_is_read_as_calls_per_seconds() {
        assert_eq!(rate("25/5"), Ok(Quota::new(25, Duration::from_secs(5))));
        for wrong in ["", "25", "0/5", "25/0", "-1/5", "25/5/5", "a/b"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn field_value_with_equals_sign_is_kept() {
        assert_eq!(field("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(field("a="), Ok(("a".to_owned(), String::new())));
        for wrong in ["a", "=b", ""] {
            assert!(field(wrong).is_err(), "{wrong}");
        }
    }
}
