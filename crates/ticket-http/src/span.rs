//! The tracing span of a request, with the field names of OpenTelemetry's conventions for HTTP clients. The
//! list of fields is closed: a query, a header or a body is never recorded, and of the path below the base URL only the
//! words: an id, and whatever else may be one, is `{}`.

use std::fmt;

use reqwest::Method;
use ticket_core::Result;
use tracing::Span;
use tracing::field::Empty;

use crate::base::Base;
use crate::response::HttpResponse;

/// The longest word of a path.
const LONGEST_WORD: usize = 24;

/// Creates the span of a request that is about to be sent to this path, which begins with that of the base URL.
pub(crate) fn begin(method: &Method, base: &Base, path: &str) -> Span {
    tracing::debug_span!(
        "http_request",
        otel.name = method.as_str(),
        otel.kind = "client",
        http.request.method = method.as_str(),
        server.address = base.host.as_str(),
        server.port = base.port,
        url.template = %Template(path.strip_prefix(&base.path).unwrap_or_default()),
        http.response.status_code = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// A path in which only words are shown. It is formatted only if somebody is interested.
struct Template<'p>(&'p str);

impl fmt::Display for Template<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut segments = self.0.split('/').skip(1).peekable();
        if segments.peek().is_none() {
            return f.write_str("/");
        }
        for segment in segments {
            let is_word = segment.len() <= LONGEST_WORD
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'_'));
            let is_version = segment.len() <= 4
                && segment.contains('.')
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.');
            f.write_str("/")?;
            f.write_str(if is_word || is_version { segment } else { "{}" })?;
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_a_path_are_shown() {
        for (path, shown) in [
            ("", "/"),
            ("/", "/"),
            ("/tickets/ListTickets", "/tickets/ListTickets"),
            ("/REST/2.0/ticket/121", "/REST/2.0/ticket/{}"),
            ("/issues/121.json", "/issues/{}"),
            ("/issues.json", "/issues.json"),
            (
                "/api/tenants/123/tickets/ABC-1/update",
                "/api/tenants/{}/tickets/{}/update",
            ),
            ("/users/ann%40example.com", "/users/{}"),
            ("/users/ann@example.com", "/users/{}"),
            ("/t/192.0.2.1", "/t/{}"),
            ("/t/abcdefghijklmnopqrstuvwxyz", "/t/{}"),
        ] {
            assert_eq!(Template(path).to_string(), shown);
        }
    }
}
