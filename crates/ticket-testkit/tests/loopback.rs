//! The server: what it notes, what it answers, and how it goes wrong. The faults are held by the suite too, of which
//! every case with a fault fails where the server does not play it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use serde_json::json;
use ticket_conformance::{Fault, FaultTarget};
use ticket_testkit::{Loopback, Reply, Request, TicketStore, VendorApi};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(Debug, Default)]
struct Desk {
    tickets: TicketStore,
}

impl VendorApi for Desk {
    fn answer(&mut self, request: &Request) -> Reply {
        match (request.method.as_str(), &*request.segments()) {
            ("GET", ["tickets"]) => {
                let after = request.query("after").unwrap_or_default();
                Reply::json(
                    200,
                    &json!({ "tickets": self.tickets.len(), "after": after }),
                )
            }
            ("DELETE", ["tickets", id]) => match self.tickets.remove(id) {
                Some(_) => Reply::empty(204),
                None => self.error(404, "no such ticket"),
            },
            _ => self.error(404, "no such address"),
        }
    }
}

/// Sends bytes and gives all that came back.
async fn exchange<V: VendorApi>(server: &Loopback<V>, request: &str) -> std::io::Result<String> {
    let base_url = server.base_url();
    let mut stream = TcpStream::connect(base_url.strip_prefix("http://").unwrap()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn requests_are_answered_and_noted() {
    let server = Loopback::start(Desk::default()).await.unwrap();
    let id = server.with_vendor(|desk| desk.tickets.add(|id| json!({ "id": id })));
    let get = "GET /tickets?after=a%20b HTTP/1.1\r\nX-Key: one\r\n\r\n";
    let answer = exchange(&server, get).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.ends_with(r#"{"after":"a b","tickets":1}"#),
        "{answer}"
    );
    let delete = format!("DELETE /tickets/{id} HTTP/1.1\r\n\r\n");
    for status in ["204", "404"] {
        let answer = exchange(&server, &delete).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
    let seen = server.requests();
    assert_eq!(seen[0].header("x-key"), Some("one"));
    let effects: Vec<_> = seen.iter().map(|seen| seen.took_effect).collect();
    assert_eq!(effects, [false, true, false]);
}

#[tokio::test]
async fn a_chunked_body_is_read_whole() {
    let server = Loopback::scripted().await.unwrap();
    let request = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n\
        5\r\n{\"a\":\r\nB\r\n\"\r\n\r\n1234\"}\r\n0\r\n\r\n";
    exchange(&server, request).await.unwrap();
    assert_eq!(server.requests()[0].text(), "{\"a\":\"\r\n\r\n1234\"}");
}

#[tokio::test]
async fn scripted_answers_wait_in_line_and_can_be_forgotten() {
    let server = Loopback::scripted().await.unwrap();
    for status in [200, 201, 202] {
        server.answer_next(Reply::empty(status));
    }
    for status in [200, 201] {
        let answer = exchange(&server, "GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert!(answer.contains(&format!(" {status} ")), "{answer}");
    }
    server.forget_answers();
    let answer = exchange(&server, "GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(answer.contains(" 501 "), "{answer}");
}

#[tokio::test]
async fn a_fault_hits_one_request_and_says_the_truth_about_its_effect() {
    for (fault, is_deleted, part) in [
        (Fault::ConnectionReset, false, ""),
        (Fault::LostResponse, true, ""),
        (Fault::Status(500), false, " 500 "),
        (Fault::StatusAfterEffect(500), true, " 500 "),
        (Fault::Truncated, true, "content-length: 2\r\n"),
        (Fault::Empty, true, " 200 "),
        (Fault::WebPage { status: 200 }, false, "<html>"),
        (
            Fault::Redirect { status: 302 },
            false,
            "location: /elsewhere",
        ),
    ] {
        let server = Loopback::start(Desk::default()).await.unwrap();
        let id = server.with_vendor(|desk| desk.tickets.add(|id| json!({ "id": id })));
        server.inject(fault.clone(), FaultTarget::NextWrite);
        let delete = format!("DELETE /tickets/{id} HTTP/1.1\r\n\r\n");
        let answer = exchange(&server, &delete).await.unwrap_or_default();
        assert!(answer.contains(part), "{fault:?}: {answer}");
        assert_eq!(answer.is_empty(), part.is_empty(), "{fault:?}: {answer}");
        assert_eq!(server.requests()[0].took_effect, is_deleted, "{fault:?}");
        let left = server.with_vendor(|desk| desk.tickets.len());
        assert_eq!(left == 0, is_deleted, "{fault:?}");
        let answer = exchange(&server, "GET /tickets HTTP/1.1\r\n\r\n").await;
        assert!(answer.unwrap().contains(" 200 "), "{fault:?}");
    }
}

#[tokio::test]
async fn connections_are_refused_and_accepted_again_on_the_same_port() {
    let server = Loopback::scripted().await.unwrap();
    let base_url = server.base_url();
    server.refuse_connections();
    while exchange(&server, "GET / HTTP/1.1\r\n\r\n").await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.accept_connections().await.unwrap();
    assert_eq!(server.base_url(), base_url);
    exchange(&server, "GET / HTTP/1.1\r\n\r\n").await.unwrap();
}

#[tokio::test]
async fn fault_hits_the_request_that_it_is_meant_for_and_passes_others() {
    let list = "GET /tickets HTTP/1.1\r\n\r\n";
    for (target, passed, hit) in [
        (
            FaultTarget::NextWrite,
            list,
            "DELETE /tickets/1 HTTP/1.1\r\n\r\n",
        ),
        (
            FaultTarget::NextRead,
            "DELETE /tickets/1 HTTP/1.1\r\n\r\n",
            list,
        ),
    ] {
        let server = Loopback::start(Desk::default()).await.unwrap();
        server.with_vendor(|desk| desk.tickets.add(|id| json!({ "id": id })));
        server.inject(Fault::Status(503), target);
        let answer = exchange(&server, passed).await.unwrap();
        assert!(!answer.contains(" 503 "), "{target:?}: {answer}");
        let answer = exchange(&server, hit).await.unwrap();
        assert!(answer.contains(" 503 "), "{target:?}: {answer}");
        server.inject(Fault::Status(503), target);
        server.withdraw_faults();
        let answer = exchange(&server, hit).await.unwrap();
        assert!(!answer.contains(" 503 "), "{target:?}: {answer}");
        let statuses: Vec<_> = server.requests().iter().map(|seen| seen.status).collect();
        assert_eq!(statuses[1], Some(503), "{target:?}");
    }
}
