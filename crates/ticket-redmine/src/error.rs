//! Interprets replies that are not a success. Only this file reads Redmine's messages.
//!
//! Most refusals of Redmine have no body (observed for 401, 403, 404 and 406). Wrong values are a 422 with a list of texts.

use ticket_core::{Effect, Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Refusal;

/// What the address of a request names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// A ticket, a file or a project, which may not exist.
    Entry,
    /// An address that every Redmine has.
    Nothing,
}

/// Rejects a reply that does not have the `documented` status.
pub(crate) fn check(response: &HttpResponse, documented: u16, names: Names) -> Result<()> {
    if response.is_success() {
        return response.expect_confirmed(&[documented]);
    }
    Err(classify(response, names))
}

fn classify(response: &HttpResponse, names: Names) -> Error {
    let told = response
        .expect_object()
        .and_then(|()| response.json::<Refusal>());
    let told = told.ok();
    let errors = told.as_ref().and_then(|told| told.errors.as_ref());
    let kind = match (response.status(), errors) {
        // The only refusal without a reason: the ticket was changed in the meantime (observed with `lock_version`).
        (422, Some(errors)) if errors.is_empty() => ErrorKind::Conflict,
        (422, _) => ErrorKind::InvalidInput,
        (status, _) => kind_of_status(status),
    };
    if is_another_servers(response, kind, names, errors.is_some()) {
        return response.foreign();
    }
    let words = errors.map(|errors| errors.join("; "));
    let words = words.or_else(|| told.and_then(|told| told.error));
    let words = words.unwrap_or_else(|| response.text());
    let error = response.rejection(kind, message_of(kind), &words);
    match kind {
        ErrorKind::InvalidInput | ErrorKind::Conflict => error.with_effect(Effect::None),
        _ => error,
    }
}

/// Whether a rejection is not Redmine's: it has neither Redmine's list of reasons nor, where Redmine sends none, an empty
/// body.
fn is_another_servers(
    response: &HttpResponse,
    kind: ErrorKind,
    names: Names,
    has_errors: bool,
) -> bool {
    let is_empty = response.body().is_empty();
    match kind {
        // The addresses that name no entry are always there.
        ErrorKind::NotFound => names == Names::Nothing || !(is_empty || has_errors),
        ErrorKind::Unauthenticated | ErrorKind::Forbidden => !(is_empty || has_errors),
        ErrorKind::InvalidInput => match response.status() {
            // Rails' own words.
            400 => response.is_html() || response.expect_json().is_err(),
            406 => !is_empty,
            _ => !has_errors,
        },
        ErrorKind::Conflict => response.is_html(),
        ErrorKind::RateLimited
        | ErrorKind::Timeout
        | ErrorKind::Unavailable
        | ErrorKind::Server => false,
        _ => true,
    }
}

fn message_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused",
        ErrorKind::Unauthenticated => {
            "the key or the password is not accepted, or the REST web service is disabled; see REDMINE_API_KEY"
        }
        ErrorKind::Forbidden => "the account lacks the right to do this, or to see the ticket",
        ErrorKind::NotFound => "not found",
        ErrorKind::Conflict => "the ticket was changed in the meantime",
        ErrorKind::RateLimited => "too many calls for a server in front of Redmine",
        ErrorKind::Timeout => "Redmine, or a server on the way, gave up waiting",
        ErrorKind::Unavailable => "Redmine is out of service",
        ErrorKind::Server => "Redmine failed",
        _ => "Redmine refused",
    }
}
