//! Interprets replies that are not a success. Only this file reads the vendor's messages.
//!
//! The vendor documents statuses, but no error bodies: any body may stand there, and a failure may come with
//! a 200 (inferred).

use std::time::Duration;

use serde_json::value::RawValue;
use ticket_core::{Effect, Error, ErrorKind, Operation, Result};
use ticket_http::{HttpResponse, kind_of_status};

use crate::wire::{Verdict, is_success};

/// "API calls exceeded the limit of 25 in 5 second(s)" (page `delete-tickets`): no wait is given, so it is
/// the window (inferred).
const WINDOW: Duration = Duration::from_secs(5);

/// Corrects the effect where it does not follow from the class of the status.
///
/// * 3xx: none. A redirect leads to a sign-in page or another host, so this server did nothing.
/// * 408 and 499: unknown. Intermediaries send them after the request has reached the vendor.
/// * 409 and 429 stay as they are, none: a call over the limit is not made (page `delete-tickets`), and
///   by its usual meaning a 409 was rejected (inferred).
pub(crate) fn with_effect_of_status(error: Error) -> Error {
    match error.status() {
        Some(300..=399) => error.with_effect(Effect::None),
        Some(408 | 499) => error.with_effect(Effect::Unknown),
        _ => error,
    }
}

/// The kind of a status. Beside the usual ones, 499 is an intermediary's timeout.
fn kind_of(status: u16) -> ErrorKind {
    match status {
        499 => ErrorKind::Timeout,
        status => kind_of_status(status),
    }
}

/// Rejects a 2xx other than the one that the vendor documents: 202, say, only promises that it will be done.
fn check_documented(response: &HttpResponse, documented: u16) -> Result<()> {
    let status = response.status();
    if !response.is_success() || status == documented {
        return Ok(());
    }
    let message = format!("HTTP {status} does not confirm the call; only {documented} does");
    Err(response.error_of(ErrorKind::BadResponse, &message))
}

/// An answer that is not in the vendor's form: a gateway's, a firewall's or a sign-in page's. It says nothing about a
/// ticket, a key or an account, and whoever gave it did nothing.
fn of_another_server(response: &HttpResponse) -> Error {
    let message = "this is not the vendor's answer; check the base URL, and for a gateway, firewall or sign-in page \
                   on the way";
    response
        .rejection(ErrorKind::BadResponse, message, &response.text())
        .with_effect(Effect::None)
}

/// Rejects a reply that is, or contains, an error. Every call documents 200.
pub(crate) fn check(response: &HttpResponse, operation: Operation) -> Result<()> {
    check_documented(response, 200)?;
    if !response.is_success() {
        // A body that is no JSON object is judged by the status.
        let verdict = response.json::<Verdict>().ok();
        return Err(classify(response, verdict.as_ref(), operation));
    }
    response.expect_object()?;
    if !response.may_contain_key(Verdict::TELLING) {
        return Ok(());
    }
    let verdict = response.json::<Verdict>()?;
    // What became of each ticket is in the lists, whatever is said of the call as a whole.
    let has_told = operation == Operation::Delete && verdict.has_lists();
    if verdict.has_reason() || !(verdict.is_success() || has_told) {
        let message = "the vendor refused, although with status 200";
        let error = response.rejection(ErrorKind::InvalidInput, message, &words(&verdict));
        return Err(error.with_effect(verdict.effect(operation)));
    }
    Ok(())
}

impl Verdict {
    /// Whether it says that it failed. One that says nothing is judged by whoever reads the body.
    fn is_success(&self) -> bool {
        let status = given(self.status.as_deref());
        status.is_none_or(|status| is_success(&status))
    }

    /// Whether it says so plainly, in a text: "Failure", "Error". Any other text may be said of what was done in
    /// part or is still to be done, and what is no text was not written by whoever refuses.
    fn is_failure(&self) -> bool {
        let status = self.status.as_deref().map(RawValue::get);
        let status = status.unwrap_or_default().to_ascii_lowercase();
        ["\"fail", "\"error"]
            .iter()
            .any(|no| status.starts_with(no))
    }

    fn has_reason(&self) -> bool {
        let reasons = [
            &self.reason_for_failure,
            &self.exception_type,
            &self.exception_message,
        ];
        reasons
            .into_iter()
            .any(|reason| given(reason.as_deref()).is_some())
    }

    /// Whether it has the form of the vendor's core API: a reason, or a status in words. Frameworks put the number of
    /// the HTTP status there.
    fn is_the_vendors(&self) -> bool {
        let status = self.status.as_deref().map(RawValue::get);
        self.has_reason() || status.is_some_and(|status| status.starts_with('"'))
    }

    fn has_lists(&self) -> bool {
        self.successful_ids.is_some() && self.failed_ids.is_some()
    }

    /// A refusal has no effect where it says plainly that it failed, and names nothing that was done.
    fn effect(&self, operation: Operation) -> Effect {
        let names_a_new_ticket = operation == Operation::Create
            && [&self.id, &self.ticket_id]
                .into_iter()
                .any(|id| given(id.as_deref()).is_some());
        if !self.is_failure() || names_a_new_ticket || operation == Operation::Delete {
            return Effect::Unknown;
        }
        Effect::None
    }
}

/// A value that says something: no empty text.
fn given(value: Option<&RawValue>) -> Option<String> {
    value.map(text).filter(|text| !text.trim().is_empty())
}

fn classify(response: &HttpResponse, verdict: Option<&Verdict>, operation: Operation) -> Error {
    let lacks_field = |verdict: &&Verdict| {
        if !matches!(operation, Operation::Create | Operation::Update) {
            return false;
        }
        let exception = verdict.exception_type.as_deref().map(text);
        exception.is_some_and(|exception| exception.to_ascii_lowercase().contains("mandatory"))
    };
    let kind = match verdict.filter(lacks_field) {
        // The core API answers 500 for a field that is missing (inferred for this one).
        Some(_) => ErrorKind::InvalidInput,
        None => kind_of(response.status()),
    };
    if is_another_servers(response, kind, verdict, operation) {
        return of_another_server(response);
    }
    let words = verdict.map_or_else(|| response.text(), words);
    let error = response.rejection(kind, message_of(kind, operation), &words);
    match kind {
        ErrorKind::InvalidInput => error.with_effect(Effect::None),
        ErrorKind::RateLimited if error.retry_after().is_none() => error.with_retry_after(WINDOW),
        _ => error,
    }
}

/// Whether a rejection is not the vendor's. It documents 400, 401, 404, 429 and 500 without a body, so these may have
/// any that is not a web page. It documents a 404 for a wrong address only: the address of a create and of a delete names
/// no ticket, so theirs is another server's, and so is an undocumented 403, unless they have the form of the vendor's
/// core API (inferred).
fn is_another_servers(
    response: &HttpResponse,
    kind: ErrorKind,
    verdict: Option<&Verdict>,
    operation: Operation,
) -> bool {
    if verdict.is_some_and(Verdict::is_the_vendors) {
        return false;
    }
    match kind {
        ErrorKind::Forbidden => true,
        ErrorKind::NotFound if matches!(operation, Operation::Create | Operation::Delete) => true,
        ErrorKind::Unauthenticated
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::InvalidInput => response.is_html() || response.status() == 405,
        _ => false,
    }
}

/// The first reason that is given.
fn words(verdict: &Verdict) -> String {
    [
        &verdict.exception_message,
        &verdict.reason_for_failure,
        &verdict.message,
    ]
    .into_iter()
    .find_map(|reason| given(reason.as_deref()))
    .unwrap_or_default()
}

/// A text; anything else as its JSON.
fn text(json: &RawValue) -> String {
    serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned())
}

fn message_of(kind: ErrorKind, operation: Operation) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => {
            "the request was refused; the account may lack a field or value of it, or require more"
        }
        ErrorKind::Unauthenticated => {
            "the keys are not accepted; see LEADSQUARED_ACCESS_KEY and LEADSQUARED_SECRET_KEY, and whether \
             LEADSQUARED_BASE_URL is of their region"
        }
        // When it is sent is not documented; these are the conditions that the page `delete-tickets` names.
        ErrorKind::Forbidden => {
            "not allowed; check that the Service CRM APIs are enabled, the IP whitelist, and that the keys are an \
             admin user's"
        }
        // Their addresses name no ticket.
        ErrorKind::NotFound if matches!(operation, Operation::Create | Operation::Delete) => {
            "there is no such address; check the base URL and the org id"
        }
        ErrorKind::NotFound => {
            "no such ticket or no such address; check the base URL and the org id too"
        }
        ErrorKind::RateLimited => "too many calls",
        ErrorKind::Timeout => "the vendor, or a server on the way, gave up waiting",
        ErrorKind::Unavailable => "the vendor is out of service",
        ErrorKind::Server => "the vendor failed",
        _ => "the vendor refused",
    }
}
