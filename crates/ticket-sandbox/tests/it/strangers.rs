//! Requests from others on the same machine: web pages, clients without credentials, clients that never finish.

use std::time::Duration;

use ticket_sandbox::{Sandbox, Vendor, credentials};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::client::{Answer, exchange};

async fn status(sandbox: &Sandbox, line: &str, headers: &str) -> u16 {
    let token = credentials::ONECLOUD_TOKEN;
    let request = format!(
        "{line} HTTP/1.1\r\n{headers}connection: close\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let answer = exchange(sandbox, request.as_bytes()).await.unwrap();
    Answer::parse(&answer).0.status
}

#[tokio::test]
async fn foreign_host_or_any_origin_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let port = sandbox.address().port();
    let other = port.wrapping_add(1);
    let refused = [
        "host: evil.example\r\n".to_owned(),
        format!("host: evil.example:{port}\r\n"),
        format!("host: 127.0.0.1:{other}\r\n"),
        "host: 127.0.0.1\r\n".to_owned(),
        "host: localhost\r\n".to_owned(),
        format!("host: localhost.evil.example:{port}\r\n"),
        format!("host: 127.0.0.1:{port}\r\nhost: evil.example\r\n"),
        format!("host: 127.0.0.1:{port}\r\norigin: http://evil.example\r\n"),
        format!("host: 127.0.0.1:{port}\r\norigin: http://127.0.0.1:{port}\r\n"),
        "origin: null\r\n".to_owned(),
    ];
    for headers in &refused {
        for line in [
            "DELETE /onecloud/api/ticketrz/121",
            "GET /control/journal",
            "POST /control/reset",
        ] {
            let status = status(&sandbox, line, headers).await;
            assert_eq!(status, 403, "{line} {headers}");
        }
    }
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
    assert_eq!(sandbox.journal(), []);
    for host in ["127.0.0.1", "localhost", "LocalHost", "[::1]"] {
        let headers = format!("host: {host}:{port}\r\n");
        for line in ["GET /onecloud/api/ticketrz/121", "GET /control/journal"] {
            assert_eq!(status(&sandbox, line, &headers).await, 200, "{host}");
        }
    }
}

#[tokio::test]
async fn body_without_credentials_may_only_be_small() {
    for (authorization, size, expected) in [
        ("Bearer wrong".to_owned(), 64 * 1024, 403),
        ("Bearer wrong".to_owned(), 64 * 1024 + 1, 413),
        (
            format!("Bearer {}", credentials::SWEEPPEA_API_KEY),
            64 * 1024 + 1,
            400,
        ),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let request = format!(
            "POST /sweeppea/tickets/delete HTTP/1.1\r\nconnection: close\r\n\
             authorization: {authorization}\r\ncontent-length: {size}\r\n\r\n{}",
            "x".repeat(size)
        );
        // The server does not read what it has refused, and the connection may be reset before the answer is read.
        let _ = exchange(&sandbox, request.as_bytes()).await;
        let seen = sandbox.journal().remove(0);
        assert_eq!(seen.status, Some(expected), "{authorization} {size}");
        assert_eq!(seen.body.len(), if expected == 413 { 0 } else { size });
    }
}

#[tokio::test(start_paused = true)]
async fn request_that_is_never_finished_ends_the_connection() {
    let sandbox = Sandbox::start().await.unwrap();
    for half in [
        "GET /onecloud/api/tick",
        "POST /sweeppea/tickets/delete HTTP/1.1\r\ncontent-length: 9\r\n\r\n{\"Case",
    ] {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        let end = stream.read(&mut [0]).await;
        assert!(matches!(end, Ok(0) | Err(_)));
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(30), "{waited:?}");
    }
    assert_eq!(sandbox.journal(), []);
}

/// Time between requests is not limited, nor is the time of an answer.
#[tokio::test(start_paused = true)]
async fn idle_connection_is_kept() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    for _ in 0..3 {
        let get = b"GET /nobody HTTP/1.1\r\n\r\n";
        stream.write_all(get).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        tokio::time::advance(Duration::from_secs(3600)).await;
    }
    assert_eq!(sandbox.journal().len(), 3);
}
