//! Interprets replies that are not a success.
//!
//! RT's errors are `{"message": "…"}` (observed). What RT says inside a 200 is read in
//! `said.rs`.

use ticket_core::{Effect, Error, ErrorKind, Operation, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Refusal;

/// Rejects a reply whose status is not the observed one.
pub(crate) fn check(response: &HttpResponse, expected: u16, operation: Operation) -> Result<()> {
    if response.is_success() {
        return response.expect_confirmed(&[expected]);
    }
    let refusal = response.expect_object().and_then(|()| response.json());
    let words: Option<Refusal> = refusal.ok();
    let words = words.map(|refusal| refusal.message);
    Err(classify(response, words.as_deref(), operation))
}

fn classify(response: &HttpResponse, words: Option<&str>, operation: Operation) -> Error {
    let status = response.status();
    let kind = match (status, words) {
        // A comment on a ticket that does not exist (observed), and one without the right to see it (observed).
        (400, Some("Message could not be recorded")) => ErrorKind::NotFound,
        (400, Some("Permission Denied")) => ErrorKind::Forbidden,
        _ => kind_of_status(status),
    };
    if is_another_servers(status, kind, words) {
        return response.foreign();
    }
    let words = words.map_or_else(|| response.text(), str::to_owned);
    let error = response.rejection(kind, message_of(kind, status, operation), &words);
    match kind {
        // Refused before anything was done.
        ErrorKind::NotFound | ErrorKind::Forbidden => error.with_effect(Effect::None),
        _ => error,
    }
}

/// RT's own words for a status, as far as it has one form of words for it. Its other refusals have words of their own.
fn is_another_servers(status: u16, kind: ErrorKind, words: Option<&str>) -> bool {
    match (status, words) {
        (401, Some(words)) => words != "Unauthorized",
        (404, Some(words)) => {
            words != "Not Found" && words != "Resource does not exist; use POST to create"
        }
        (405, _) => true,
        (_, Some(_)) => false,
        // Without RT's form.
        (_, None) => matches!(
            kind,
            ErrorKind::Unauthenticated
                | ErrorKind::Forbidden
                | ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::InvalidInput
        ),
    }
}

fn message_of(kind: ErrorKind, status: u16, operation: Operation) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused",
        ErrorKind::Unauthenticated => {
            "the token or the password is not accepted; see RT_TOKEN, RT_USER and RT_PASSWORD"
        }
        // An unknown queue is refused like one without the right (observed).
        ErrorKind::Forbidden if operation == Operation::Create => {
            "the account may not create tickets in this queue, or there is no such queue"
        }
        ErrorKind::Forbidden => "the account does not have the right to do this",
        ErrorKind::NotFound => "no such ticket",
        ErrorKind::Conflict if status == 412 => "the ticket no longer has this version",
        ErrorKind::Conflict => "the ticket's state does not allow this",
        ErrorKind::RateLimited => "too many calls",
        ErrorKind::Timeout => "the vendor, or a server on the way, gave up waiting",
        ErrorKind::Unavailable => "the vendor is out of service",
        // Observed: it answers so to a delete of a deleted ticket, and without the right to delete.
        ErrorKind::Server if operation == Operation::Delete => {
            "the vendor failed, or the ticket is deleted already, or the account may not delete it"
        }
        // Observed for an attachment that does not exist.
        ErrorKind::Server if operation == Operation::Download => {
            "the vendor failed, or there is no such file"
        }
        ErrorKind::Server => "the vendor failed",
        _ => "the vendor refused",
    }
}
