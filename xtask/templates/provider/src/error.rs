//! What a reply means when it is not what was asked for. The only place that reads the vendor's error texts.

use ticket_core::{Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Refusal;

/// Refuses a reply that is an error.
pub(crate) fn check(response: &HttpResponse) -> Result<()> {
    if response.is_success() {
        return Ok(());
    }
    let kind = kind_of_status(response.status());
    // To be done: what tells the vendor's errors from those of a gateway that happen to have a `message`?
    // What is not in the vendor's own form is somebody else's: a gateway's 404 says nothing about a ticket.
    let Ok(refusal) = response.json::<Refusal>() else {
        return Err(response.foreign());
    };
    Err(response.rejection(kind, message_of(kind), &refusal.message))
}

/// A success that is not the documented one: it may or may not have been done.
pub(crate) fn unconfirmed(response: &HttpResponse) -> Error {
    let message = "the reply does not confirm what was asked for";
    response.error_of(ErrorKind::BadResponse, message)
}

fn message_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused",
        ErrorKind::Unauthenticated => "the API key is not accepted; see ACME_API_KEY",
        ErrorKind::Forbidden => "the account does not allow this",
        ErrorKind::NotFound => "there is no such ticket",
        ErrorKind::RateLimited => "too many calls",
        ErrorKind::Unavailable => "the vendor is busy or out of service",
        ErrorKind::Server => "the vendor failed",
        _ => "the vendor refused",
    }
}
