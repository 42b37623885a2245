//! Interprets replies that are not a success. Only this file reads Zendesk's messages.

use serde_json::Value;
use ticket_core::{Effect, Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Refusal;

/// What the address of a request names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// A ticket, a file or a job, which may not exist.
    Record,
    /// An address that every Zendesk has.
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
    let Some((name, words)) = told.ok().and_then(words_of) else {
        return response.foreign();
    };
    let kind = match response.status() {
        // An address that no Zendesk has is a wrong base URL, or another server's.
        404 if names == Names::Nothing || name != "RecordNotFound" => return response.foreign(),
        400 | 422 => ErrorKind::InvalidInput,
        status => kind_of_status(status),
    };
    let message = match name.as_str() {
        "IdempotentRequestError" => "the idempotency key was used for another ticket",
        "TooManyJobs" => "too many jobs of the account are queued or running",
        _ => message_of(kind),
    };
    let error = response.rejection(kind, message, &words);
    match kind {
        ErrorKind::InvalidInput | ErrorKind::Conflict => error.with_effect(Effect::None),
        _ => error,
    }
}

/// The name of an error in Zendesk's form, and its words; `None` for a body of another form.
///
/// The forms are `{"error": "RecordNotFound", "description": ".."}` and `{"error": {"title": "..", "message": ".."}}`
/// (recordings). Some have only `error`, in words.
fn words_of(told: Refusal) -> Option<(String, String)> {
    // Servers on the way repeat the status and the path in theirs.
    if told.status.is_some() || told.path.is_some() {
        return None;
    }
    let (name, first) = match told.error? {
        Value::String(name) => (name, told.description),
        Value::Object(error) => {
            let text = |name: &str| Some(error.get(name)?.as_str()?.to_owned());
            (text("title")?, text("message"))
        }
        _ => return None,
    };
    let mut words = Vec::from_iter(first);
    let details = told.details.as_ref().and_then(Value::as_object);
    let details = details.into_iter().flat_map(|details| details.values());
    let details = details.filter_map(Value::as_array).flatten();
    words
        .extend(details.filter_map(|detail| Some(detail.get("description")?.as_str()?.to_owned())));
    if words.is_empty() {
        words.push(name.clone());
    }
    Some((name, words.join("; ")))
}

fn message_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused",
        ErrorKind::Unauthenticated => {
            "the credentials are not accepted; see ZENDESK_EMAIL with ZENDESK_API_TOKEN, or ZENDESK_OAUTH_TOKEN"
        }
        ErrorKind::Forbidden => "the account lacks the right to do this",
        ErrorKind::NotFound => "not found",
        ErrorKind::Conflict => "the ticket was changed in the meantime",
        ErrorKind::RateLimited => "too many calls",
        ErrorKind::Timeout => "Zendesk, or a server on the way, gave up waiting",
        ErrorKind::Unavailable => "Zendesk is out of service",
        ErrorKind::Server => "Zendesk failed",
        _ => "Zendesk refused",
    }
}
