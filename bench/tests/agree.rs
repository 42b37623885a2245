//! The contestants are compared because they do the same. Here is what the server saw of each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failure here is a failed test, in helpers too"
)]

use serde_json::{Value, json};
use ticket_bench::server::{Seen, serve};
use ticket_bench::{Call, Contestant, Hyper, Omnitrack, Provider, Reqwest, ReqwestPerCall, Stack};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const BEARER: &str = "authorization: Bearer k3y-of-the-benchmark";
const JSON: &str = "content-type: application/json";

/// The bare server, and what it saw.
struct Listener {
    address: String,
    seen: UnboundedReceiver<Seen>,
}

impl Listener {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, seen) = unbounded_channel();
        tokio::spawn(serve(listener, Some(sender), std::time::Duration::ZERO));
        Self { address, seen }
    }

    /// The one request that a call makes: its line, what its headers tell, its body as JSON.
    async fn of(
        &mut self,
        contestant: impl Contestant,
        call: Call,
    ) -> (String, Vec<String>, Value) {
        contestant.call(call).await.unwrap();
        let Seen {
            line,
            headers,
            body,
        } = self.seen.try_recv().expect("no request was made");
        assert!(self.seen.try_recv().is_err(), "more than one request");
        let body = match body.len() {
            0 => Value::Null,
            _ => serde_json::from_slice(&body).unwrap(),
        };
        (line, headers, body)
    }
}

/// Lets everybody make the call and compares what the server saw with what the vendor documents.
async fn everybody_sends(call: Call, line: &str, headers: &[&str], body: Value) {
    let mut server = Listener::start().await;
    let headers = headers.iter().map(ToString::to_string).collect();
    let expected = (line.to_owned(), headers, body);
    let address = server.address.clone();
    let address = address.as_str();
    let provider = Provider::new(address).unwrap();
    assert_eq!(server.of(provider, call).await, expected, "provider");
    let stack = Stack::new(address).unwrap();
    assert_eq!(server.of(stack, call).await, expected, "stack");
    let reqwest = Reqwest::new(address);
    assert_eq!(server.of(reqwest, call).await, expected, "reqwest");
    let per_call = ReqwestPerCall::new(address);
    assert_eq!(server.of(per_call, call).await, expected, "per call");
    let hyper = Hyper::new(address);
    assert_eq!(server.of(hyper, call).await, expected, "hyper");
    let omnitrack = Omnitrack::new(address);
    assert_eq!(server.of(omnitrack, call).await, expected, "omnitrack");
}

#[tokio::test]
async fn everybody_deletes_one_ticket_alike() {
    let body = json!({"CaseId": "2531581"});
    let line = "POST /tickets/delete";
    everybody_sends(Call::SweeppeaDelete, line, &[BEARER, JSON], body).await;
}

#[tokio::test]
async fn everybody_deletes_a_hundred_tickets_alike() {
    let ids: Vec<String> = (1..=100).map(|id| id.to_string()).collect();
    let body = json!({"TicketIds": ids});
    let headers = [
        JSON,
        "x-lsq-access-key: k3y-of-the-benchmark",
        "x-lsq-secret-key: k3y-of-the-benchmark",
    ];
    let line = "PUT /api/tenants/22824/tickets/trash";
    everybody_sends(Call::LeadsquaredDelete, line, &headers, body).await;
}

#[tokio::test]
async fn everybody_gets_a_ticket_alike() {
    let line = "GET /api/ticketrz/1234";
    everybody_sends(Call::OnecloudGet, line, &[BEARER], Value::Null).await;
    let line = "GET /api/ticketrz/1";
    everybody_sends(Call::OnecloudGetShort, line, &[BEARER], Value::Null).await;
}

#[tokio::test]
async fn everybody_lists_ten_thousand_tickets_alike() {
    let line = "GET /api/ticketrz?limit=10000";
    everybody_sends(Call::OnecloudList, line, &[BEARER], Value::Null).await;
}
