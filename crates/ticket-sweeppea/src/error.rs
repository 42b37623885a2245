//! What a reply means when it is not what was asked for. The only place that reads the vendor's error texts.
//!
//! `Response` decides, not the status alone; a 403 may be a bad key. The vendor's wordings have changed
//! over time, so messages are matched loosely and in any case.

use ticket_core::{Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Verdict;

/// Refuses a reply that is, or holds, an error. A success says `"Response": true`.
pub(crate) fn check(response: &HttpResponse) -> Result<()> {
    let verdict = response.expect_object().and_then(|()| response.json());
    match verdict {
        Ok(Verdict {
            response: true,
            code,
            ..
        }) if response.is_success() => match code {
            None | Some(200..=299) => Ok(()),
            Some(_) => Err(response.error_of(
                ErrorKind::BadResponse,
                "the vendor's reply says both success and failure",
            )),
        },
        Ok(verdict) => Err(classify(response, verdict)),
        Err(error) if response.is_success() => Err(error),
        Err(_) => Err(of_another_server(response)),
    }
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

/// The vendor's refusals have its own form. Any other is a gateway's or a firewall's, and says nothing about a
/// ticket, a key or an account.
fn of_another_server(response: &HttpResponse) -> Error {
    let (kind, message) = match kind_of_status(response.status()) {
        ErrorKind::NotFound => (
            ErrorKind::BadResponse,
            "there is no such address; check the base URL",
        ),
        kind @ (ErrorKind::Unauthenticated | ErrorKind::Forbidden) => (
            kind,
            "refused, but not in the vendor's own form; check the base URL, and for a firewall on the way",
        ),
        kind => (kind, message_of(kind)),
    };
    response.rejection(kind, message, &response.text())
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
