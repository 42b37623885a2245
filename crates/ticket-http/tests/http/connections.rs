//! Connections that are not made, lost or silent: what the caller is told, and that nothing is sent twice.

use std::collections::HashSet;
use std::sync::Mutex;
use std::task::{Context, Waker};
use std::time::Duration;

use ticket_core::{Effect, Error, ErrorKind, Operation};
use ticket_http::{HttpClient, HttpConfig};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::server::{Answer, Server, refusing, reply};

/// Long enough for a busy computer to send and receive all that is going to be.
const SOON: Duration = Duration::from_secs(2);

fn impatient() -> HttpConfig {
    HttpConfig::default().timeout(SOON)
}

#[tokio::test]
async fn a_connection_idle_for_longer_than_servers_keep_it_is_not_used_again() {
    let server = Server::agreeable().await;
    let client = server.client();
    for (path, idle) in [("1", 0), ("2", 3900), ("3", 4100)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_millis(idle)).await;
        tokio::time::resume();
        client.get(&[path]).send().await.unwrap();
    }
    let seen = server.seen();
    let connections: Vec<_> = seen.iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}

fn assert_lost(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(error.effect(), Effect::Unknown);
    let told = |operation| error.clone().in_operation("x", operation).to_string();
    assert!(told(Operation::Delete).contains("may have acted"));
    assert!(!told(Operation::Get).contains("may have acted"));
}

#[tokio::test]
async fn a_refused_connection_has_no_effect() {
    let (address, _taken) = refusing();
    let client =
        HttpClient::new(&format!("http://{address}"), &HttpConfig::default(), &[]).unwrap();
    let error = client.post(&["t"]).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.effect(), Effect::None);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("no connection to {address}, nothing was sent: ")),
        "{text}"
    );
    assert!(text.contains("refused"), "{text}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named() {
    // A label of more than 63 characters is in no name server, and none is asked for it.
    let host = format!("{}.invalid", "x".repeat(64));
    let config = HttpConfig::default().allow_plain_http(true);
    let own = config.client(reqwest::Client::builder().no_proxy().build().unwrap());
    let client = HttpClient::new(&format!("http://{host}"), &own, &[]).unwrap();
    let error = client.post(&["t"]).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::Unknown)
    );
    assert!(error.to_string().contains(&format!("{host}:80")), "{error}");
    assert!(error.to_string().contains("check the host name"), "{error}");
}

#[tokio::test]
async fn a_connection_lost_after_the_request_is_unknown() {
    let server = Server::start(|_| Answer::SendAndClose(Vec::new())).await;
    let error = server.client().post(&["t"]).send().await.unwrap_err();
    assert_lost(&error);
    assert_eq!(error.status(), None);
    assert_eq!(server.targets(), ["/t"]);
}

#[tokio::test]
async fn a_used_connection_lost_after_the_request_is_unknown_and_nothing_is_sent_again() {
    let server = Server::start(|seen| match seen.target() {
        "/first" => reply(200, "application/json", "{}"),
        _ => Answer::SendAndClose(Vec::new()),
    })
    .await;
    let client = server.client();
    client.get(&["first"]).send().await.unwrap();
    for request in [client.delete(&["second"]), client.post(&["third"]).json(&1)] {
        let error = request.send().await.unwrap_err();
        assert_lost(&error);
        client.get(&["first"]).send().await.unwrap();
    }
    assert_eq!(
        server.targets(),
        ["/first", "/second", "/first", "/third", "/first"]
    );
    let connections: Vec<_> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(
        connections,
        [0, 0, 1, 1, 2],
        "the connection was used before"
    );
}

/// A server that answers one request on each connection, and closes it when the next one comes.
async fn once_each() -> Server {
    let used = Mutex::new(HashSet::new());
    Server::start(move |seen| {
        if used.lock().unwrap().insert(seen.connection) {
            reply(200, "application/json", "{}")
        } else {
            Answer::SendAndClose(Vec::new())
        }
    })
    .await
}

#[tokio::test]
async fn after_two_losses_no_connection_is_reused_for_a_minute() {
    for own in [false, true] {
        let server = once_each().await;
        let mut config = HttpConfig::default();
        if own {
            config = config.client(reqwest::Client::builder().no_proxy().build().unwrap());
        }
        let client = server.client_with(&config);
        let send = async |count: usize| {
            let mut lost = 0;
            for _ in 0..count {
                match client.delete(&["t"]).send().await {
                    Ok(_) => {}
                    Err(error) => {
                        assert_lost(&error);
                        lost += 1;
                    }
                }
            }
            lost
        };
        assert_eq!(send(4).await, 2);
        let before = server.seen().len();
        assert_eq!(send(50).await, 0, "own: {own}");
        let seen = server.seen().split_off(before);
        let connections: HashSet<_> = seen.iter().map(|seen| seen.connection).collect();
        assert_eq!((seen.len(), connections.len()), (50, 50));
        for seen in seen {
            assert_eq!(seen.header("connection"), Some("close"));
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(61)).await;
        tokio::time::resume();
        let before = server.seen().len();
        assert_eq!(send(20).await, 2);
        assert_eq!(server.seen()[before].header("connection"), None);
        assert_eq!(server.seen().len(), 74, "nothing is sent twice");
    }
}

#[tokio::test]
async fn losses_of_new_connections_do_not_end_reuse() {
    let server = Server::start(|seen| match seen.target() {
        "/lost" => Answer::SendAndClose(Vec::new()),
        _ => reply(200, "application/json", "{}"),
    })
    .await;
    let client = server.client();
    for _ in 0..5 {
        assert_lost(&client.delete(&["lost"]).send().await.unwrap_err());
    }
    client.get(&["1"]).send().await.unwrap();
    client.get(&["2"]).send().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[5].connection, seen[6].connection);
}

#[tokio::test]
async fn a_reset_connection_is_unknown_whether_or_not_the_request_was_read() {
    for reads in [0, 1] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut byte = [0; 1];
            for _ in 0..reads {
                stream.read_exact(&mut byte).await.unwrap();
            }
            stream.set_zero_linger().unwrap();
            drop(stream);
            listener
        });
        let client = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap();
        let error = client.post(&["t"]).json(&1).send().await.unwrap_err();
        assert_lost(&error);
        // Nobody else knocked.
        let mut waiting = Context::from_waker(Waker::noop());
        let another = server.await.unwrap().poll_accept(&mut waiting);
        assert!(another.is_pending(), "{another:?}");
    }
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_it_was_idle_is_replaced() {
    let server = Server::start(|_| match reply(200, "application/json", "{}") {
        Answer::Send(bytes) => Answer::SendAndClose(bytes),
        _ => unreachable!(),
    })
    .await;
    let client = server.client();
    for id in ["1", "2", "3"] {
        client.delete(&[id]).send().await.unwrap();
        // Whoever waits for another connection has heard of the close meanwhile.
        server.client().get(&["meanwhile"]).send().await.unwrap();
    }
    let targets: Vec<_> = server.targets();
    let deleted = targets.iter().filter(|target| *target != "/meanwhile");
    assert_eq!(deleted.collect::<Vec<_>>(), ["/1", "/2", "/3"]);
}

#[tokio::test]
async fn bytes_after_a_reply_are_ignored() {
    let server = Server::start(|seen| {
        let Answer::Send(mut bytes) = reply(200, "text/plain", seen.target()) else {
            unreachable!()
        };
        bytes.extend_from_slice(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        Answer::Send(bytes)
    })
    .await;
    let client = server.client();
    for id in ["1", "2", "3"] {
        let reply = client.delete(&[id]).send().await.unwrap();
        assert_eq!(reply.body(), format!("/{id}").as_bytes());
    }
    assert_eq!(server.targets(), ["/1", "/2", "/3"]);
}

#[tokio::test]
async fn truncated_reply_has_unknown_effect() {
    for half in [
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"a\"",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\"",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{\"a\r\n",
    ] {
        let server = Server::start(move |_| Answer::SendAndClose(half.into())).await;
        let error = server.client().delete(&["t"]).send().await.unwrap_err();
        assert_lost(&error);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn error_status_is_kept_when_the_body_is_lost() {
    for rest in ["close", "hang"] {
        let half = b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 10\r\n\r\n{\"a\"";
        let server = Server::start(move |_| match rest {
            "close" => Answer::SendAndClose(half.to_vec()),
            _ => Answer::SendAndHang(half.to_vec()),
        })
        .await;
        let reply = server
            .client_with(&impatient())
            .post(&["t"])
            .send()
            .await
            .unwrap();
        assert_eq!((reply.status(), reply.body()), (429, &b"{\"a\""[..]));
        let error = reply.error("refused");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(error.effect(), Effect::None);
    }
}

#[tokio::test]
async fn a_silent_server_is_a_timeout_of_unknown_effect() {
    let own = || reqwest::Client::builder().no_proxy().build().unwrap();
    let mut silences = Vec::new();
    for config in [impatient(), impatient().client(own())] {
        for sent in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
        ] {
            let server = Server::start(move |_| Answer::SendAndHang(sent.into())).await;
            let client = server.client_with(&config);
            let sending = tokio::spawn(async move { client.post(&["t"]).send().await });
            silences.push((server, sending));
        }
    }
    for (server, sending) in silences {
        let error = sending.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(error.effect(), Effect::Unknown);
        assert!(error.to_string().contains("within 2 s"), "{error}");
        assert_eq!(server.targets(), ["/t"]);
    }
}

#[tokio::test]
async fn a_reply_that_is_no_http_is_a_bad_response_of_unknown_effect() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(1000));
    for (bytes, told) in [
        ("SSH-2.0-OpenSSH_9.9\r\n\r\n", "invalid HTTP version"),
        ("HTTP/1.1 abc OK\r\n\r\n", "invalid HTTP status"),
        ("HTTP/1.1 200 OK\r\n: x\r\n\r\n", "invalid HTTP header"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "content-length",
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
            "hunk",
        ),
        (&many, "too large"),
    ] {
        let bytes = bytes.to_owned();
        let server = Server::start(move |_| Answer::SendAndClose(bytes.clone().into())).await;
        let error = server.client().post(&["t"]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse, "{error}");
        assert_eq!(error.effect(), Effect::Unknown);
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use secrecy::SecretString;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// What a server without TLS reads, and what the client makes of its `answer`.
    async fn handshake(config: &HttpConfig, answer: &'static [u8]) -> (Vec<u8>, Error) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            stream.read_buf(&mut read).await.unwrap();
            let _ = stream.write_all(answer).await;
            let _ = stream.read_to_end(&mut read).await;
            read
        });
        let key = [("x-api-key", SecretString::from("s3cret"))];
        let client = HttpClient::new(&format!("https://localhost:{port}"), config, &key).unwrap();
        let error = client.post(&["t"]).send().await.unwrap_err();
        (server.await.unwrap(), error)
    }

    #[tokio::test]
    async fn a_failed_handshake_has_no_effect_and_shows_no_credentials() {
        let hurried = HttpConfig::default().connect_timeout(SOON);
        for (config, answer) in [
            (&hurried, &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]),
            (&hurried, b""),
            // Who has little time in all still learns that there was no connection.
            (&impatient(), b""),
        ] {
            let (read, error) = handshake(config, answer).await;
            assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
            assert_eq!(error.effect(), Effect::None);
            assert!(!read.is_empty());
            assert!(!String::from_utf8_lossy(&read).contains("s3cret"));
        }
    }
}
