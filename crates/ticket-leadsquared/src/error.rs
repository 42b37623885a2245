//! What a reply means when it is not what was asked for. The only place that reads the vendor's error texts.
//!
//! The vendor documents statuses, but no error bodies: any body may stand there, and a failure may come with
//! a 200 (inferred).

use std::time::Duration;

use serde_json::value::RawValue;
use ticket_core::{Effect, Error, ErrorKind, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::Verdict;

/// "API calls exceeded the limit of 25 in 5 second(s)" (page `delete-tickets`): no wait is given, so it is
/// the window (inferred).
const WINDOW: Duration = Duration::from_secs(5);

/// Refuses a reply that is, or holds, an error.
pub(crate) fn check(response: &HttpResponse) -> Result<()> {
    // A body that is no JSON object is judged by the status here, and as a body by whoever reads it.
    let verdict = response.json::<Verdict>().ok();
    if !response.is_success() {
        return Err(classify(response, verdict.as_ref()));
    }
    match verdict {
        Some(verdict) if is_refusal(&verdict) => {
            let message = "the vendor refused, although with status 200";
            Err(response.refusal(ErrorKind::InvalidInput, message, &words(&verdict)))
        }
        _ => Ok(()),
    }
}

/// Whether the body says that it failed. One that says nothing is judged by whoever reads it.
fn is_refusal(verdict: &Verdict) -> bool {
    let status = verdict.status.as_deref().map(text);
    status.is_some_and(|status| !status.eq_ignore_ascii_case("success"))
}

fn classify(response: &HttpResponse, verdict: Option<&Verdict>) -> Error {
    let lacks_field = |verdict: &&Verdict| {
        let exception = verdict.exception_type.as_deref().map(text);
        exception.is_some_and(|exception| exception.to_ascii_lowercase().contains("mandatory"))
    };
    let kind = match verdict.filter(lacks_field) {
        // The core API answers 500 for a field that is missing (inferred for this one).
        Some(_) => ErrorKind::InvalidInput,
        None => kind_of_status(response.status()),
    };
    let words = verdict.map_or_else(|| response.text(), words);
    let error = response.refusal(kind, message_of(kind), &words);
    match kind {
        ErrorKind::InvalidInput => error.with_effect(Effect::None),
        ErrorKind::RateLimited if error.retry_after().is_none() => error.with_retry_after(WINDOW),
        _ => error,
    }
}

/// The first reason that is given.
fn words(verdict: &Verdict) -> String {
    let Verdict {
        status: _,
        reason_for_failure,
        message,
        exception_type: _,
        exception_message,
    } = verdict;
    [exception_message, reason_for_failure, message]
        .into_iter()
        .filter_map(|reason| reason.as_deref().map(text))
        .find(|reason| !reason.trim().is_empty())
        .unwrap_or_default()
}

/// A text; anything else as its JSON.
fn text(json: &RawValue) -> String {
    serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned())
}

fn message_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused; the account may require more fields",
        ErrorKind::Unauthenticated => {
            "the keys are not accepted; see LEADSQUARED_ACCESS_KEY and LEADSQUARED_SECRET_KEY"
        }
        ErrorKind::NotFound => {
            "no such ticket or no such address; check the base URL and the org id too"
        }
        ErrorKind::RateLimited => "too many calls",
        ErrorKind::Unavailable => "the vendor is out of service",
        ErrorKind::Server => "the vendor failed",
        _ => "the vendor refused",
    }
}
