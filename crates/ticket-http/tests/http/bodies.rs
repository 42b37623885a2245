//! Bodies: bounded while they are read, whatever the server announces.

use std::fmt::Write as _;

use ticket_core::{Effect, ErrorKind};
use ticket_http::HttpConfig;

use crate::server::{Answer, Server, reply, with_headers};

const LIMIT: usize = 1000;

fn limited() -> HttpConfig {
    HttpConfig::default().max_body_bytes(LIMIT)
}

/// A reply of `size` bytes in chunks of at most 100.
fn chunked(status: u16, size: usize) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Any\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut left = size;
    while left > 0 {
        let length = left.min(100);
        write!(text, "{length:x}\r\n{}\r\n", "x".repeat(length)).unwrap();
        left -= length;
    }
    text += "0\r\n\r\n";
    text.into_bytes()
}

/// A reply of `size` bytes that ends with the connection.
fn endless(status: u16, size: usize) -> Vec<u8> {
    format!("HTTP/1.1 {status} Any\r\n\r\n{}", "x".repeat(size)).into_bytes()
}

fn announced(status: u16, size: usize) -> Vec<u8> {
    match reply(status, "text/plain", "x".repeat(size)) {
        Answer::Send(bytes) => bytes,
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn a_success_over_the_bound_is_an_error_of_unknown_effect() {
    for form in [announced, chunked, endless] {
        let server = Server::start(move |_| Answer::SendAndClose(form(200, LIMIT + 1))).await;
        let client = server.client_with(&limited());
        let error = client.post(&["t"]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert_eq!(error.effect(), Effect::Unknown);
        assert_eq!(
            error.to_string(),
            "the reply is larger than the limit of 1000 bytes (HTTP 200)"
        );
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_body_at_the_bound_is_read() {
    for form in [announced, chunked, endless] {
        let server = Server::start(move |_| Answer::SendAndClose(form(200, LIMIT))).await;
        let reply = server
            .client_with(&limited())
            .get(&["t"])
            .send()
            .await
            .unwrap();
        assert_eq!(reply.body().len(), LIMIT);
    }
}

#[tokio::test]
async fn an_error_status_over_the_bound_is_cut_and_keeps_its_meaning() {
    for form in [announced, chunked, endless] {
        let server = Server::start(move |_| Answer::SendAndClose(form(404, 100 * LIMIT))).await;
        let reply = server
            .client_with(&limited())
            .get(&["t"])
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 404);
        assert_eq!(reply.body(), "x".repeat(LIMIT).as_bytes());
    }
}

#[tokio::test]
async fn an_announced_size_over_the_bound_is_refused_without_reading() {
    // The body never comes, so reading it would end in a timeout.
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n";
    let server = Server::start(|_| Answer::SendAndHang(head.to_vec())).await;
    let error = server
        .client_with(&limited())
        .get(&["t"])
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
    assert!(
        error.to_string().contains("larger than the limit"),
        "{error}"
    );
}

#[tokio::test]
async fn body_limit_applies_to_an_injected_client() {
    let server = Server::start(|_| Answer::SendAndClose(chunked(200, LIMIT + 1))).await;
    let own = limited().client(reqwest::Client::builder().no_proxy().build().unwrap());
    let error = server
        .client_with(&own)
        .get(&["t"])
        .send()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("larger than the limit"),
        "{error}"
    );
}

#[tokio::test]
async fn a_compressed_reply_is_an_error_that_names_the_coding_and_never_shows_the_bytes() {
    let gzip = b"\x1f\x8b\x08\x00bomb";
    for (status, coding, named, kind, effect) in [
        (200, "gzip", "gzip", ErrorKind::BadResponse, Effect::Unknown),
        (201, "br", "br", ErrorKind::BadResponse, Effect::Unknown),
        (
            404,
            "x-gzip, identity",
            "x-gzip",
            ErrorKind::BadResponse,
            Effect::None,
        ),
        // An outage stays one.
        (
            503,
            "deflate",
            "deflate",
            ErrorKind::Unavailable,
            Effect::Unknown,
        ),
        (429, "zstd", "zstd", ErrorKind::RateLimited, Effect::None),
        // Compressed without a word.
        (
            200,
            "identity",
            "gzip",
            ErrorKind::BadResponse,
            Effect::Unknown,
        ),
        (403, "", "gzip", ErrorKind::BadResponse, Effect::None),
    ] {
        let headers = [("content-encoding", coding)];
        let server = Server::start(move |_| with_headers(status, &headers, gzip)).await;
        let error = server.client().delete(&["t"]).send().await.unwrap_err();
        let told = format!(
            "the reply is compressed with {named} although `identity` was asked for (HTTP {status})"
        );
        assert_eq!(error.to_string(), told);
        assert_eq!(
            (error.kind(), error.effect()),
            (kind, effect),
            "{status} {coding}"
        );
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.vendor_message(), None);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_reply_coded_as_identity_is_read() {
    for coding in ["identity", "Identity", "", " identity , identity"] {
        let headers = [("content-encoding", coding)];
        let server = Server::start(move |_| with_headers(200, &headers, "{}")).await;
        let reply = server.client().get(&["t"]).send().await.unwrap();
        assert_eq!(reply.body(), b"{}", "{coding}");
    }
}
