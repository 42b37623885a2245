//! What a reply means when it is not what was asked for. The only place that reads the vendor's error texts.
//!
//! `Response` decides, not the status alone; a 403 may be a bad key. The vendor's wordings have changed
//! over time, so messages are matched loosely and in any case.

use ticket_core::{Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Verdict;

/// Refuses a reply that is, or holds, an error. A success says `"Response": true`.
pub(crate) fn check(response: &HttpResponse) -> Result<()> {
    if response.is_success() {
        response.refuse_list()?;
        let verdict: Verdict = response.json()?;
        return if verdict.response {
            Ok(())
        } else {
            Err(classify(response, Some(verdict)))
        };
    }
    Err(classify(response, response.json().ok()))
}

fn classify(response: &HttpResponse, verdict: Option<Verdict>) -> Error {
    let Some(verdict) = verdict else {
        let kind = kind_of_status(response.status());
        if kind == ErrorKind::NotFound {
            // The vendor says so in its own form; this is some server's word about the address.
            let message = "there is no such address; check the base URL";
            return response.error_of(ErrorKind::BadResponse, message);
        }
        return response.refusal(kind, message_of(kind), &response.text());
    };
    let words = verdict.message.unwrap_or_default();
    let lower = words.to_ascii_lowercase();
    // Inside a 200 the code stands for the status.
    let status = if response.is_success() {
        verdict.code.filter(|code| (400..=599).contains(code))
    } else {
        Some(response.status())
    };
    let kind = match status {
        Some(403) if is_about_the_key(&lower) => ErrorKind::Unauthenticated,
        // That the vendor says so is documented, its words are not (inferred).
        Some(403) if lower.contains("quota") => ErrorKind::QuotaExhausted,
        // "Cannot update closed ticket" (page `support/update.md`).
        Some(400) if lower.contains("closed ticket") => ErrorKind::Conflict,
        Some(status) => kind_of_status(status),
        None => ErrorKind::BadResponse,
    };
    response.refusal(kind, message_of(kind), &words)
}

/// "Invalid API Token" comes with a 403 (page `support/delete.md`), as do real refusals.
fn is_about_the_key(words: &str) -> bool {
    words.contains("invalid api token") || words.contains("bearer token")
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
        ErrorKind::Unavailable => "the vendor is busy or out of service",
        ErrorKind::Server => "the vendor failed",
        ErrorKind::BadResponse => "the vendor reports a failure without saying which",
        _ => "the vendor refused",
    }
}
