//! Whether the host of an account can be reached, and what its clock says. No credentials are sent.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{Timestamp, tz::TimeZone};
use ticket_core::{Error, ErrorKind};
use ticket_http::{HttpClient, HttpConfig};

use super::check::{Check, Level};

/// How long one step may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A file that no API has, so that nothing is asked of the vendor's programs.
const FILE: &str = "robots.txt";

/// How many headers are recorded at most.
const MOST_HEADERS: usize = 60;

/// How much a clock may be wrong: what is signed, or asked with times, is refused a few minutes off.
const TOLERANCE: i64 = 60;

/// What the host answered.
pub(super) struct Reached {
    pub(super) checks: Vec<Check>,
    pub(super) status: Option<u16>,
    /// The headers of the reply, with the values of those that say nothing of the account.
    pub(super) headers: BTreeMap<String, Option<String>>,
}

/// Asks the host for a file that need not exist.
pub(super) async fn reach(base_url: &str) -> Reached {
    let mut reached = Reached {
        checks: Vec::new(),
        status: None,
        headers: BTreeMap::new(),
    };
    let config = HttpConfig::default().timeout(LIMIT);
    let asked = match HttpClient::new(base_url, &config, &[]) {
        Ok(client) => client.get(&[FILE]).send().await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(reply) => {
            let how = if base_url.starts_with("https:") {
                " over TLS"
            } else {
                ""
            };
            let status = reply.status();
            reached.status = Some(status);
            let headers = reply.header_names().take(MOST_HEADERS);
            let headers = headers.map(|name| (name.to_owned(), harmless(name, reply.header(name))));
            reached.headers = headers.collect();
            let message = format!("the host answers{how} (HTTP {status} for {FILE})");
            reached
                .checks
                .push(Check::new("reachability", Level::Ok, message));
            reached.checks.push(clock(reply.header("date"), now()));
        }
        // It answers, if not to this.
        Err(error) if error.status().is_some() => {
            let message = format!("the host answers ({})", error.message());
            reached
                .checks
                .push(Check::new("reachability", Level::Ok, message));
            reached.checks.push(clock(None, now()));
        }
        Err(error) => reached.checks.push(unreached(base_url, error).await),
    }
    reached
}

#[allow(
    clippy::disallowed_methods,
    reason = "this computer's clock is what is compared, and what a filter goes by"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// The value of a header that says of which kind the server is, and nothing of the account or of what was asked. Of a media
/// type and of a server's name only the first word.
fn harmless(name: &str, value: Option<&str>) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/+-.,_* ".contains(c);
    let value = match name {
        "content-type" => value?.split(';').next(),
        "server" => value?.split([' ', '(']).next(),
        "connection" | "content-encoding" | "transfer-encoding" | "vary" => value,
        _ => None,
    }?;
    let value = value.trim();
    (value.len() <= 60 && value.chars().all(is_plain)).then(|| value.to_owned())
}

/// At which step the connection failed.
async fn unreached(base_url: &str, error: Error) -> Check {
    let wrong = |message: String| Check::new("reachability", Level::Wrong, message);
    let Some((host, port)) = host(base_url).filter(|_| error.kind() == ErrorKind::Connect) else {
        return wrong(error.message().to_owned());
    };
    let addresses = tokio::time::timeout(LIMIT, tokio::net::lookup_host((&*host, port))).await;
    let addresses: Vec<_> = match addresses {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        return wrong(format!(
            "DNS: the name {host} has no address; {}",
            error.message()
        ));
    }
    let connected = tokio::net::TcpStream::connect(&*addresses);
    match tokio::time::timeout(LIMIT, connected).await {
        Ok(Ok(_)) => wrong(format!(
            "TLS: port {port} is open, but no secure connection is made; {}",
            error.message()
        )),
        Ok(Err(why)) => wrong(format!(
            "TCP: no connection to port {port}: {why}; {}",
            error.message()
        )),
        Err(_) => wrong(format!(
            "TCP: no connection to port {port} in {} s; {}",
            LIMIT.as_secs(),
            error.message()
        )),
    }
}

/// The host and the port of an address.
fn host(base_url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = base_url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let usual = if scheme.eq_ignore_ascii_case("https") {
        443
    } else {
        80
    };
    if let Some((address, port)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        let port = port.strip_prefix(':').and_then(|port| port.parse().ok());
        return Some((address.to_owned(), port.unwrap_or(usual)));
    }
    Some(match authority.split_once(':') {
        Some((host, port)) => (host.to_owned(), port.parse().ok()?),
        None => (authority.to_owned(), usual),
    })
}

/// Compares the vendor's clock with ours.
fn clock(date: Option<&str>, now: Timestamp) -> Check {
    let theirs = date.and_then(|date| rfc2822::parse(date).ok());
    let Some(theirs) = theirs else {
        let message = "the reply does not tell the vendor's time";
        return Check::new("clock", Level::Note, message);
    };
    let theirs = theirs.with_time_zone(TimeZone::UTC).timestamp();
    let ahead = now.as_second().saturating_sub(theirs.as_second());
    let (level, message) = match ahead {
        0 => (Level::Ok, "the same time as the vendor's".to_owned()),
        1.. => (Level::Ok, format!("{ahead} s ahead of the vendor's")),
        _ => (Level::Ok, format!("{} s behind the vendor's", -ahead)),
    };
    if ahead.abs() > TOLERANCE {
        return Check::new(
            "clock",
            Level::Wrong,
            format!("this computer's clock is {message}"),
        );
    }
    Check::new("clock", level, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_that_is_wrong_by_more_than_a_minute_is_told() {
        let now: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
        for (date, level, words) in [
            (
                Some("Sun, 29 Nov 2026 10:00:00 GMT"),
                Level::Ok,
                "the same time",
            ),
            (
                Some("Sun, 29 Nov 2026 09:59:30 GMT"),
                Level::Ok,
                "30 s ahead of",
            ),
            (
                Some("Sun, 29 Nov 2026 10:01:00 GMT"),
                Level::Ok,
                "60 s behind",
            ),
            (
                Some("Sun, 29 Nov 2026 10:01:01 GMT"),
                Level::Wrong,
                "61 s behind",
            ),
            (
                Some("Sun, 29 Nov 2026 08:00:00 GMT"),
                Level::Wrong,
                "7200 s ahead of",
            ),
            (Some("yesterday"), Level::Note, "does not tell"),
            (None, Level::Note, "does not tell"),
        ] {
            let check = clock(date, now);
            assert_eq!(check.level, level, "{date:?}");
            assert!(check.message.contains(words), "{check:?}");
        }
    }

    #[test]
    fn value_of_a_header_is_recorded_only_if_it_says_nothing_of_the_account() {
        for (name, value, expected) in [
            (
                "content-type",
                "application/json; charset=utf-8",
                Some("application/json"),
            ),
            ("server", "nginx/1.25 (Acme Ltd)", Some("nginx/1.25")),
            ("vary", "Accept, Origin", Some("Accept, Origin")),
            ("set-cookie", "session=s3cret", None),
            ("location", "https://acme.example/login", None),
            ("x-request-id", "7f3a", None),
            ("content-type", "text/html\u{1b}", None),
            ("server", &"x".repeat(61), None),
        ] {
            assert_eq!(harmless(name, Some(value)).as_deref(), expected, "{name}");
        }
        assert_eq!(harmless("server", None), None);
    }

    #[test]
    fn host_of_an_address_is_what_is_connected_to() {
        for (address, expected) in [
            ("https://api.example.com/v1", Some(("api.example.com", 443))),
            ("http://127.0.0.1:8080", Some(("127.0.0.1", 8080))),
            ("http://[::1]:81/x", Some(("::1", 81))),
            ("https://me:s3cret@example.com", Some(("example.com", 443))),
            ("example.com", None),
            ("https://example.com:x", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(host(address), expected, "{address}");
        }
    }
}
