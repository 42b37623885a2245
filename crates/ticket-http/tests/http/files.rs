//! Files: sent as a whole body, and read as they arrive.

use std::io::Write as _;

use futures_util::StreamExt as _;
use ticket_core::model::Attachment;
use ticket_core::{Effect, ErrorKind};
use ticket_http::HttpConfig;

use crate::server::{Answer, Server, reply, with_headers};

#[tokio::test]
async fn file_body_is_sent_with_its_length_and_without_a_form() {
    let mut stored = tempfile::NamedTempFile::new().unwrap();
    stored.write_all(b"from the disk").unwrap();
    let server = Server::start(|_| reply(201, "application/json", "{}")).await;
    let client = server.client();
    for (file, bytes) in [
        (Attachment::new("a.txt", *b"from memory"), "from memory"),
        (Attachment::from_path(stored.path()), "from the disk"),
    ] {
        let request = client.post(&["uploads.json"]).query("filename", "a b.txt");
        assert_eq!(request.file(file, 13).send().await.unwrap().status(), 201);
        let seen = server.seen();
        let seen = seen.last().unwrap();
        assert_eq!(seen.target(), "/uploads.json?filename=a%20b.txt");
        assert_eq!(
            seen.header("content-type"),
            Some("application/octet-stream")
        );
        assert_eq!(
            seen.header("content-length"),
            Some(bytes.len().to_string().as_str())
        );
        assert_eq!(seen.body, bytes);
    }
}

#[tokio::test]
async fn file_body_over_the_limit_is_not_sent() {
    let server = Server::start(|_| reply(201, "application/json", "{}")).await;
    let client = server.client();
    let file = Attachment::new("a.txt", *b"12345");
    let error = client.post(&["u"]).file(file, 4).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::InvalidInput, Effect::None)
    );
    assert!(error.message().contains("5 bytes, at most 4"), "{error}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn download_has_no_bound_and_keeps_any_bytes() {
    // Compressed, as a reply with text must not be.
    let bytes = [b"\x1f\x8b".to_vec(), vec![7; 100_000]].concat();
    let sent = bytes.clone();
    let server = Server::start(move |_| reply(200, "application/gzip", &sent)).await;
    let client = server.client_with(&HttpConfig::default().max_body_bytes(1000));
    let (response, download) = client.get(&["files", "1"]).download().await.unwrap();
    assert_eq!((response.status(), response.body().len()), (200, 0));
    assert_eq!(response.header("content-type"), Some("application/gzip"));
    assert_eq!(download.read(200_000).await.unwrap(), Some(bytes));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn refused_download_has_its_body_in_the_response() {
    let server =
        Server::start(|_| with_headers(404, &[("content-type", "text/plain")], "none")).await;
    let (response, download) = server.client().get(&["f"]).download().await.unwrap();
    assert_eq!((response.status(), response.body()), (404, &b"none"[..]));
    assert_eq!(download.read(10).await.unwrap(), Some(Vec::new()));
}

#[tokio::test]
async fn download_that_is_cut_off_ends_with_an_error() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let server = Server::start(|_| Answer::SendAndClose(cut.to_vec())).await;
    let (response, download) = server.client().get(&["f"]).download().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut parts = download.into_stream();
    let mut read = Vec::new();
    let error = loop {
        match parts.next().await {
            Some(Ok(part)) => read.extend(part),
            Some(Err(error)) => break error,
            None => panic!("the download ended as if it were complete"),
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(read, b"half");
}

#[tokio::test]
async fn redirected_download_is_not_followed() {
    let server = Server::start(|_| with_headers(302, &[("location", "/login")], "")).await;
    let error = server
        .client()
        .get(&["f"])
        .download()
        .await
        .map(drop)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
    assert_eq!(server.seen().len(), 1);
}
