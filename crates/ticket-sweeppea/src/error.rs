//! Interprets replies that are not a success. Only this file reads the vendor's messages.
//!
//! `Response` decides, not the status alone; a 403 may be a bad key. The vendor's wordings have changed
//! over time, so messages are matched loosely and in any case.

use ticket_core::{Effect, Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Verdict;

/// Rejects a reply that is, or contains, an error. A success has the `documented` status and says `"Response": true`.
/// Returns what the reply says of itself.
pub(crate) fn check(response: &HttpResponse, documented: u16) -> Result<Verdict> {
    if response.is_success() {
        response.expect_confirmed(&[documented])?;
    }
    let verdict = response.expect_object().and_then(|()| response.json());
    let verdict: Verdict = match verdict {
        Ok(verdict) => verdict,
        Err(error) if response.is_success() => return Err(error),
        Err(_) => return Err(in_another_form(response)),
    };
    // `Code` equals the status where it is given.
    let contradicts = if response.is_success() {
        verdict.response && verdict.code.is_some_and(|code| code != documented)
    } else {
        verdict.response || verdict.code.is_some_and(|code| code != response.status())
    };
    if contradicts {
        let message = "the vendor's reply says both success and failure, or two codes";
        let words = verdict.message.unwrap_or_default();
        return Err(response
            .rejection(kind_of_contradiction(response), message, &words)
            .with_effect(Effect::Unknown));
    }
    if verdict.response {
        return Ok(verdict);
    }
    Err(classify(response, verdict))
}

/// A server that failed has failed, whatever its body says.
fn kind_of_contradiction(response: &HttpResponse) -> ErrorKind {
    match response.status() {
        500..=599 => kind_of_status(response.status()),
        _ => ErrorKind::BadResponse,
    }
}

/// What the reply to a delete says (page `support/delete.md`).
const DELETED: &str = "Ticket Deleted Successfully";

/// Confirms a deletion. Wordings other than the documented one are accepted if they say that the ticket is deleted,
/// since the vendor has changed its wordings before.
pub(crate) fn confirm_deleted(response: &HttpResponse, verdict: Verdict) -> Result<()> {
    let words = verdict.message.unwrap_or_default();
    if words == DELETED {
        return Ok(());
    }
    let lower = words.to_ascii_lowercase();
    let qualified = [
        "not ", "n't ", "cannot", "will ", "to be ", "queue", "pending", "schedule", "fail",
        "error",
    ];
    if lower.contains("deleted") && !qualified.iter().any(|word| lower.contains(word)) {
        return Ok(());
    }
    let message = "the vendor's reply does not confirm the deletion";
    Err(response.rejection(ErrorKind::BadResponse, message, &words))
}

fn classify(response: &HttpResponse, verdict: Verdict) -> Error {
    let words = verdict.message.unwrap_or_default();
    let lower = words.to_ascii_lowercase();
    // Inside a 200 the code stands for the status.
    let status = if response.is_success() {
        verdict.code.unwrap_or_default()
    } else {
        response.status()
    };
    let kind = match status {
        // A bad key comes with a 403 (page `support/delete.md`), as do real refusals.
        403 if lower.contains("invalid api token") => ErrorKind::Unauthenticated,
        // That the vendor says so is documented, its words are not (inferred).
        403 if lower.contains("quota") || lower.contains("limit") => ErrorKind::QuotaExhausted,
        // "Cannot update closed ticket" (page `support/update.md`).
        400 if lower.contains("closed ticket") => ErrorKind::Conflict,
        status => kind_of_status(status),
    };
    response.rejection(kind, message_of(kind), &words)
}

/// The error of a reply that is not in the vendor's form, which all its refusals have. A rate limit, an outage and a
/// request that cannot be read are what their status says, whoever states them.
fn in_another_form(response: &HttpResponse) -> Error {
    let kind = kind_of_status(response.status());
    let is_another_servers = match kind {
        ErrorKind::Conflict | ErrorKind::InvalidInput => {
            response.is_html() || response.status() == 405
        }
        ErrorKind::RateLimited
        | ErrorKind::Timeout
        | ErrorKind::Unavailable
        | ErrorKind::Server => false,
        _ => true,
    };
    if is_another_servers {
        return response.foreign();
    }
    response.rejection(kind, message_of(kind), &response.text())
}

fn message_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused",
        ErrorKind::Unauthenticated => "the API key is not accepted; see SWEEPPEA_API_KEY",
        ErrorKind::Forbidden => "the account does not allow this",
        ErrorKind::NotFound => "not found",
        ErrorKind::Conflict => "the ticket is locked or closed",
        ErrorKind::QuotaExhausted => "the account's quota of calls is used up",
        ErrorKind::RateLimited => "too many calls",
        ErrorKind::Timeout => "the vendor, or a server on the way, gave up waiting",
        ErrorKind::Unavailable => "the vendor is busy or out of service",
        ErrorKind::Server => "the vendor failed",
        ErrorKind::BadResponse => "the vendor reports a failure without saying which",
        _ => "the vendor refused",
    }
}
