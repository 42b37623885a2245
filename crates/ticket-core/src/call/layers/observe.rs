//! `Observe`: spans and events for logs and traces, without secrets and ticket texts.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::call::layer::{Call, Layer, Next, Reply};
use crate::provider::error::{Error, Result, bounded};
use crate::provider::operation::Request;

/// How many tickets of a delete are named.
const NAMED: usize = 2;

/// A tracing span per operation, with OpenTelemetry's field names where it has one.
///
/// These tables list everything that the standard layers write. The lists are closed: no ticket text, no
/// vendor message and no secret is recorded.
///
/// | Span | Level | Fields |
/// |---|---|---|
/// | `ticket_operation` | info | `otel.kind` (`internal`), `ticket.account` (if it [has a name](crate::call::StackOptions::account)), `ticket.provider`, `ticket.operation`, `ticket.id` or (for a delete) `ticket.count` and `ticket.ids` (the first two, separated by blanks); on failure those below |
/// | `ticket_attempt` | debug | `otel.kind` (`internal`), `http.request.resend_count` (from the second attempt on); on failure those below |
///
/// | Event | Level | Fields |
/// |---|---|---|
/// | `answered`, `failed` | debug | none: they are on the span |
/// | `waits to be sent` | debug | `ticket.provider`, `ticket.operation`, `wait.reason`, `wait.estimate_ms` (where it is known) |
/// | `waits no longer` | debug | `ticket.provider`, `ticket.operation`, `wait.ms` |
/// | `the vendor says that there are too many calls` | warn | `ticket.provider`, `ticket.operation`, `wait.estimate_ms` |
/// | `retrying` | info | `ticket.provider`, `ticket.operation`, `error.type`, `http.response.status_code` (where there was a reply), `retry.attempts` (so far), `retry.max_attempts`, `retry.wait_ms` |
/// | `giving up` | warn | `ticket.provider`, `ticket.operation`, `error.type`, `retry.attempts`, `retry.reason` |
/// | `the rest is not tried` (of [`Tickets::apply`](crate::Tickets::apply)) | warn | `ticket.provider`, `ticket.operation`, `error.type` |
///
/// The span of a failure has `error.type` (the [kind](crate::ErrorKind)), `ticket.effect`,
/// `http.response.status_code` (where there was a reply) and `otel.status_code` (`ERROR`). A delete with a
/// reply is not a failure, even if some of its tickets failed. Names that end in `_ms` and `.ms` are
/// milliseconds; an id has at most 64 characters, control characters escaped; `wait.reason` is a
/// [`WaitReason`](crate::call::WaitReason); `retry.reason` is `attempts`, `retry_after`, `deadline`, `budget` or
/// `stopped`.
///
/// The spans are internal. `ticket-http` adds OpenTelemetry's HTTP client span for each request of an
/// attempt.
#[derive(Clone, Debug, Default)]
pub struct Observe {
    account: Option<Arc<str>>,
}

impl Observe {
    /// Names the account in its spans.
    pub fn of_account(name: impl Into<Arc<str>>) -> Self {
        Self {
            account: Some(name.into()),
        }
    }
}

impl Layer for Observe {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let span = tracing::info_span!(
            "ticket_operation",
            otel.kind = "internal",
            ticket.account = self.account.as_deref(),
            ticket.provider = &*call.info().id,
            ticket.operation = call.operation().as_str(),
            ticket.id = Empty,
            ticket.count = Empty,
            ticket.ids = Empty,
            ticket.effect = Empty,
            error.type = Empty,
            http.response.status_code = Empty,
            otel.status_code = Empty,
        );
        match call.request() {
            // No subscriber is interested.
            _ if span.is_none() => {}
            // The id is not checked yet, so it may hold any text.
            Request::Get(id)
            | Request::Update(id, _)
            | Request::Resolve(id)
            | Request::Restore(id)
            | Request::Messages(id, _)
            | Request::Attachments(id, _)
            | Request::Comment(id, _) => {
                span.record("ticket.id", bounded(id.as_str(), 64));
            }
            Request::Delete(targets) | Request::Purge(targets) | Request::Job(_, targets) => {
                span.record("ticket.count", targets.len());
                let ids = targets.iter().take(NAMED);
                let ids: Vec<_> = ids.map(|one| bounded(one.id.as_str(), 64)).collect();
                span.record("ticket.ids", ids.join(" "));
            }
            Request::List(_) | Request::Create(_) | Request::Download(_) => {}
        }
        let result = next.call(call).instrument(span.clone()).await;
        let _entered = span.enter();
        match &result {
            Ok(_) => tracing::debug!("answered"),
            Err(error) => {
                record_failure(&span, error);
                tracing::debug!("failed");
            }
        }
        result
    }
}

/// Records an error on its span, which must have been created with these fields.
pub(super) fn record_failure(span: &Span, error: &Error) {
    span.record("error.type", error.kind().as_str());
    span.record("ticket.effect", error.effect().as_str());
    if let Some(status) = error.status() {
        span.record("http.response.status_code", status);
    }
    span.record("otel.status_code", "ERROR");
}
