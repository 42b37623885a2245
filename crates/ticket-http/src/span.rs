//! The tracing span of a request, with the field names of OpenTelemetry's conventions for HTTP clients. The
//! list of fields is closed: a path, a query, a header or a body is never recorded.

use reqwest::Method;
use ticket_core::Result;
use tracing::Span;
use tracing::field::Empty;

use crate::base::Base;
use crate::response::HttpResponse;

/// Creates the span of a request that is about to be sent.
pub(crate) fn begin(method: &Method, base: &Base) -> Span {
    tracing::debug_span!(
        "http_request",
        otel.name = method.as_str(),
        otel.kind = "client",
        http.request.method = method.as_str(),
        server.address = base.host.as_str(),
        server.port = base.port,
        http.response.status_code = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// Records how the request ended.
pub(crate) fn end(span: &Span, result: &Result<HttpResponse>) {
    let status = match result {
        Ok(response) => Some(response.status()),
        Err(error) => error.status(),
    };
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    match result {
        Ok(response) if response.status() >= 400 => {
            span.record("error.type", tracing::field::display(response.status()));
        }
        Ok(_) => return,
        Err(error) => {
            span.record("error.type", error.kind().as_str());
        }
    }
    span.record("otel.status_code", "ERROR");
}
