//! What a reply means when it is not what was asked for. The only place that reads Roundup's error texts.

use ticket_core::{Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Refusal;

/// What a 401 says, as plain text (observed).
const WRONG_LOGIN: &str = "Invalid Login";

/// Refuses a reply that is an error, or another success than the documented one.
pub(crate) fn check(response: &HttpResponse, documented: u16) -> Result<()> {
    if response.is_success() {
        return response.expect_confirmed(&[documented]);
    }
    let kind = kind_of_status(response.status());
    let text = response.text();
    if response.status() == 401 && text.starts_with(WRONG_LOGIN) {
        return Err(response.rejection(kind, message_of(kind), &text));
    }
    // What is not in Roundup's own form is somebody else's: a gateway's 404 says nothing about an issue.
    let Ok(refusal) = response.json::<Refusal>() else {
        return Err(response.foreign());
    };
    Err(response.rejection(kind, message_of(kind), &refusal.error.msg))
}

/// A success that does not confirm what was asked for: it may or may not have been done.
pub(crate) fn unconfirmed(response: &HttpResponse) -> Error {
    let message = "the reply does not confirm what was asked for";
    response.error_of(ErrorKind::BadResponse, message)
}

fn message_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused",
        ErrorKind::Unauthenticated => {
            "the login is not accepted; see ROUNDUP_LOGIN and ROUNDUP_PASSWORD"
        }
        ErrorKind::Forbidden => "the user's roles do not allow this",
        ErrorKind::NotFound => "there is no such issue",
        ErrorKind::Conflict => "somebody else has changed the issue",
        ErrorKind::RateLimited => "too many requests",
        ErrorKind::Unavailable => "the tracker is out of service",
        ErrorKind::Server => "the tracker failed",
        _ => "the tracker refused",
    }
}
