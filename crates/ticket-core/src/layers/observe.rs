//! `Observe`: what happens, for logs and traces. No secret, no ticket text.

use futures_core::future::BoxFuture;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::error::{Result, bounded};
use crate::layer::{Call, Layer, Reply};
use crate::operation::Request;

/// A tracing span per operation, with OpenTelemetry's field names where it has one.
///
/// The span `ticket_operation` has the fields `otel.kind`, `ticket.provider`, `ticket.operation`,
/// `ticket.id` or `ticket.count`, and after a failure `error.type` (the kind), `ticket.effect` and
/// `http.response.status_code`. Nothing else: the list is closed, so that no text or secret can slip in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observe;

impl Layer for Observe {
    async fn call<'a, T: Reply>(
        &'a self,
        call: Call<'a>,
        next: impl Fn() -> BoxFuture<'a, Result<T>> + Send + Sync + 'a,
    ) -> Result<T> {
        let span = tracing::info_span!(
            "ticket_operation",
            otel.kind = "client",
            ticket.provider = call.info().id,
            ticket.operation = call.operation().as_str(),
            ticket.id = Empty,
            ticket.count = Empty,
            ticket.effect = Empty,
            error.type = Empty,
            http.response.status_code = Empty,
        );
        match call.request() {
            // Refused only later, so it may be anything.
            Request::Get(id)
            | Request::Update(id, _)
            | Request::Resolve(id)
            | Request::Messages(id, _)
            | Request::Comment(id, _) => {
                span.record("ticket.id", bounded(id.as_str(), 64));
            }
            Request::Delete(ids) => {
                span.record("ticket.count", ids.len());
            }
            Request::List(_) | Request::Create(_) => {}
        }
        let result = next().instrument(span.clone()).await;
        let _entered = span.enter();
        match &result {
            Ok(_) => tracing::debug!("answered"),
            Err(error) => {
                span.record("error.type", error.kind().as_str());
                span.record("ticket.effect", error.effect().as_str());
                if let Some(status) = error.status() {
                    span.record("http.response.status_code", status);
                }
                tracing::debug!("failed");
            }
        }
        result
    }
}
