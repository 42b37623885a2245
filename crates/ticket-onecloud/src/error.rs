//! Interprets replies that are not a success. Only this file reads the vendor's messages.
//!
//! OneCloud answers 401 for an expired token, for an exhausted quota and for bad credentials alike, and may
//! put an error into a 200: the body decides, then the status.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use ticket_core::{Error, ErrorKind, Result};
use ticket_http::{HttpResponse, Reply, kind_of_status};

use crate::wire::{self, Envelope};

/// Rejects a reply that is, or contains, an error. Every call documents 200 (pages `tiketget`, `tiketfind`,
/// `tiketcreate`, `tiketremove`, `tiketconversations`, `authenticationtoken`).
pub(crate) fn check(response: &HttpResponse) -> Result<()> {
    if response.is_success() {
        response.expect_confirmed(&[200])?;
    }
    // Every reply is an object, that of an error too.
    let object = response.expect_object();
    if response.is_success() && (object.is_err() || !response.may_contain_key(Envelope::TELLING)) {
        return object;
    }
    // A body that is no JSON object is judged by the status here, and as a body by whoever reads it.
    let envelope = object.and_then(|()| response.json::<Envelope>()).ok();
    match envelope.and_then(|envelope| reported(response, &envelope)) {
        Some(error) => Err(error),
        None if response.is_success() => Ok(()),
        None => Err(by_status(response)),
    }
}

/// Refuses a login that was not accepted.
pub(crate) fn check_login(response: &HttpResponse) -> Result<()> {
    check(response).map_err(|error| {
        let kind = error.kind();
        let message = match kind {
            ErrorKind::Unauthenticated => {
                "the login is not accepted; see ONECLOUD_EMAIL, ONECLOUD_PASSWORD and ONECLOUD_SITE_ID"
            }
            _ if is_about_the_call(kind) => {
                "the login is refused; see ONECLOUD_BASE_URL, ONECLOUD_EMAIL, ONECLOUD_PASSWORD and ONECLOUD_SITE_ID"
            }
            _ => return error,
        };
        let words = error.vendor_message().unwrap_or_default();
        response.rejection(ErrorKind::Unauthenticated, message, words)
    })
}

/// What kept a token from being got, said so that nobody takes it for an answer to the call that wants the
/// token: a vault without the secret is no vendor without the ticket.
pub(crate) fn without_token(error: Error) -> Error {
    if !is_about_the_call(error.kind()) {
        return error;
    }
    let message = format!("no token can be got: {error}");
    Error::new(ErrorKind::Unauthenticated, message).with_source(error)
}

/// Whether an error of this kind is read as an answer about the ticket or the arguments.
fn is_about_the_call(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidInput
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Unsupported
    )
}

/// Confirms a removal: an empty object (page `tiketremove`), and nothing else.
pub(crate) fn confirm_removed(response: &HttpResponse) -> Result<()> {
    if response.json::<Map<String, Value>>()?.is_empty() {
        return Ok(());
    }
    let message = "the vendor's reply does not confirm the removal";
    Err(response.error_of(ErrorKind::BadResponse, message))
}

/// Rejects a created ticket that has no id of its own.
pub(crate) fn confirm_created(response: &HttpResponse) -> Result<Reply<wire::CreatedTicket>> {
    let created = response.reply::<wire::CreatedTicket>()?;
    if created.value.ticket_id.as_str() == "0" {
        let message = "the vendor's reply names no new ticket";
        return Err(response.error_of(ErrorKind::BadResponse, message));
    }
    Ok(created)
}

/// The error that the body reports, if it does.
fn reported(response: &HttpResponse, envelope: &Envelope) -> Option<Error> {
    let text = |value: &Value, key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    if text(&envelope.meta, "status").eq_ignore_ascii_case("error") {
        let code = envelope.records.get("errorCode").and_then(number);
        return Some(by_words(
            response,
            code,
            &text(&envelope.records, "userMessage"),
        ));
    }
    if envelope.response_code.is_null() {
        return None;
    }
    let code = number(&envelope.response_code);
    let words = envelope.response_status.as_str().unwrap_or_default();
    // The pages print "Success"; other words beside 200 are let pass, but not those for a failure or for what is
    // still to be done (inferred).
    let lower = words.trim_start().to_ascii_lowercase();
    let contradicts = [
        "fail",
        "error",
        "queue",
        "pending",
        "accept",
        "processing",
        "schedule",
    ]
    .iter()
    .any(|word| lower.starts_with(word));
    (code != Some(200) || contradicts).then(|| by_words(response, code, words))
}

/// A code, which is a number on some pages and a text on others.
fn number(code: &Value) -> Option<u16> {
    match code {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64()?.try_into().ok(),
    }
}

/// The error of an envelope with the vendor's `words` (page `tiketget` and its sisters print two of them,
/// both with 401; the same words with another code are about something else).
fn by_words(response: &HttpResponse, code: Option<u16>, words: &str) -> Error {
    let lower = words.to_ascii_lowercase();
    // Who answers 5xx has failed, whatever its body says of tokens and tickets.
    let status = code
        .filter(|code| (400..=599).contains(code) && response.status() < 500)
        .or_else(|| (!response.is_success()).then(|| response.status()));
    if status == Some(401) && lower.contains("expired token") {
        let message =
            "the token has expired; get a new one, or configure a login or a source that renews it";
        return response.rejection(ErrorKind::TokenExpired, message, words);
    }
    if status == Some(401) && (lower.contains("time limit reached") || lower.contains("try again"))
    {
        let message = "the quota is used up; a new token does not help";
        return response.rejection(ErrorKind::QuotaExhausted, message, words);
    }
    let kind = status.map_or(ErrorKind::BadResponse, kind_of_status);
    response.rejection(kind, message_of(kind), words)
}

/// The error of a reply whose body is not the vendor's envelope.
///
/// The vendor documents a 401 with the envelope only (page `tiketget`), so one without it is another server's. It does
/// not document a 404, so that of an unknown ticket may have any body that is not a web page.
fn by_status(response: &HttpResponse) -> Error {
    let kind = kind_of_status(response.status());
    let is_another_servers = match kind {
        ErrorKind::Unauthenticated | ErrorKind::Forbidden => true,
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::InvalidInput => {
            response.is_html() || response.status() == 405
        }
        _ => false,
    };
    if is_another_servers {
        return response.foreign();
    }
    response.rejection(kind, message_of(kind), &response.text())
}

fn message_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthenticated => "the token is not accepted; see ONECLOUD_TOKEN or the login",
        ErrorKind::NotFound => "there is no such ticket, or the base URL is wrong",
        ErrorKind::RateLimited => "too many calls",
        ErrorKind::Timeout => "the vendor, or a server on the way, gave up waiting",
        ErrorKind::Unavailable => "the vendor is out of service",
        ErrorKind::Server => "the vendor failed",
        ErrorKind::BadResponse => "the vendor reports an error without saying which",
        _ => "the vendor refused",
    }
}

/// Says of an exhausted quota when the vendor takes calls again, where its words and its clock tell.
pub(crate) fn with_time(error: Error, response: &HttpResponse, zone: &TimeZone) -> Error {
    let words = error
        .vendor_message()
        .filter(|_| error.kind() == ErrorKind::QuotaExhausted);
    match words.and_then(|words| available_at(words, response.date()?, zone)) {
        Some(time) => error.with_available_at(time),
        None => error,
    }
}

/// The start of "try again tomorrow at 18:00 - 06:00", said at `date` by the vendor's clock. That the words mean the zone of
/// the account and that calls are allowed in this window, not outside it, is inferred: the vendor does not say.
fn available_at(words: &str, date: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let (_, window) = words.split_once("tomorrow")?;
    let mut times = window
        .split(|c: char| !(c.is_ascii_digit() || c == ':'))
        .filter_map(time_of_day);
    let (start, _end) = (times.next()?, times.next()?);
    let today = date.to_zoned(zone.clone()).date();
    let start = today.tomorrow().ok()?.to_datetime(start);
    Some(start.to_zoned(zone.clone()).ok()?.timestamp())
}

fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use jiff::tz::offset;

    use super::*;

    #[test]
    fn exhausted_quota_is_available_again_tomorrow_in_the_accounts_zone() {
        let read = |words, date: &str, hours| {
            let zone = TimeZone::fixed(offset(hours));
            let time = available_at(words, date.parse().unwrap(), &zone)?;
            Some(time.to_string())
        };
        let words = "time limit reached please try again tomorrow at 18:00 - 06:00";
        for (date, hours, expected) in [
            ("2026-03-05T08:00:00Z", 7, "2026-03-06T11:00:00Z"),
            // Where the account is, the next day has begun.
            ("2026-03-05T20:00:00Z", 7, "2026-03-07T11:00:00Z"),
            ("2026-03-05T20:00:00Z", 0, "2026-03-06T18:00:00Z"),
            ("2026-12-31T12:00:00Z", -3, "2027-01-01T21:00:00Z"),
        ] {
            assert_eq!(read(words, date, hours).as_deref(), Some(expected));
        }
        for words in [
            "try again at 18:00 - 06:00",
            "18:00 - 06:00 tomorrow",
            "tomorrow at 18:00",
            "tomorrow at 99:00 - 06:00 :: 1:2:3",
            "try again tomorrow",
            "",
        ] {
            assert_eq!(read(words, "2026-03-05T08:00:00Z", 7), None, "{words}");
        }
    }
}
