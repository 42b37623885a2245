//! The span of a request: what the conventions ask for, and no word about what it carries.

use ticket_core::ErrorKind;
use ticket_http::{HttpClient, HttpConfig, HttpRequest};
use ticket_testkit::LogCapture;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::server::{Answer, Server, refusing, reply};

/// What the caller got: a status, or a kind of error.
type Outcome = Result<u16, ErrorKind>;

/// Sends it; gives what the caller got, and the span as it stood when it was closed.
async fn span_of(request: HttpRequest<'_>) -> (Outcome, String) {
    let log = LogCapture::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.writer())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let result = request.send().await;
    drop(guard);
    let log = log.text();
    // hyper's own events are in between.
    let mut spans = log.lines().filter_map(|line| {
        let (_, span) = line.split_once("DEBUG http_request{")?;
        Some(span.split_once("}: ticket_http::span: close")?.0.to_owned())
    });
    let span = spans.next();
    assert_eq!(spans.next(), None, "{log}");
    let result = result.map(|reply| reply.status());
    let result = result.map_err(|error| error.kind());
    (result, span.unwrap_or_default())
}

fn request(client: &HttpClient) -> HttpRequest<'_> {
    client.put(&["t", "hidden-id"]).query("q", "hidden-query")
}

#[tokio::test]
async fn a_request_has_one_span_with_the_fields_of_the_conventions_and_no_other() {
    type Case = (Outcome, fn() -> Answer, &'static str);
    let answers: [Case; 5] = [
        (
            Ok(200),
            || reply(200, "text/plain", "hidden-reply"),
            "http.response.status_code=200",
        ),
        (
            Ok(404),
            || reply(404, "text/plain", "hidden-reply"),
            "http.response.status_code=404 error.type=404 otel.status_code=\"ERROR\"",
        ),
        (
            Err(ErrorKind::BadResponse),
            || reply(302, "text/plain", "hidden-reply"),
            "http.response.status_code=302 error.type=\"bad_response\" otel.status_code=\"ERROR\"",
        ),
        (
            // A status came, and then the connection broke.
            Err(ErrorKind::Unavailable),
            || Answer::SendAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhid".to_vec()),
            "http.response.status_code=200 error.type=\"unavailable\" otel.status_code=\"ERROR\"",
        ),
        (
            Err(ErrorKind::Unavailable),
            || Answer::SendAndClose(Vec::new()),
            "error.type=\"unavailable\" otel.status_code=\"ERROR\"",
        ),
    ];
    for (expected, answer, end) in answers {
        let server = Server::start(move |_| answer()).await;
        let (result, span) = span_of(request(&server.client())).await;
        assert_eq!(result, expected);
        let port = server.address.port();
        assert_eq!(
            span,
            format!(
                "otel.name=\"PUT\" otel.kind=\"client\" http.request.method=\"PUT\" \
                 server.address=\"127.0.0.1\" server.port={port} url.template=/t/{{}} {end}"
            )
        );
        assert_eq!(server.targets(), ["/t/hidden-id?q=hidden-query"]);
    }
}

#[tokio::test]
async fn failed_connect_has_a_span_and_unsent_request_has_none() {
    let (address, _taken) = refusing();
    let url = format!("http://{address}");
    let client = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap();
    // It was tried.
    let (result, span) = span_of(request(&client)).await;
    assert_eq!(result, Err(ErrorKind::Connect));
    assert!(
        span.ends_with("error.type=\"connect\" otel.status_code=\"ERROR\""),
        "{span}"
    );
    // It was not.
    let (result, span) = span_of(client.get(&["t", ".."])).await;
    assert_eq!(result, Err(ErrorKind::InvalidInput));
    assert_eq!(span, "");
}

#[tokio::test]
async fn an_ipv6_address_is_named_without_brackets() {
    let client = HttpClient::new("http://[::1]:1/x", &HttpConfig::default(), &[]).unwrap();
    let (_, span) = span_of(request(&client)).await;
    assert!(
        span.contains("server.address=\"::1\" server.port=1 url.template=/t/{} "),
        "{span}"
    );
}
