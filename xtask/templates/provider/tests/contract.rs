//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal what stands here.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod vendor;

use serde_json::Value;
use ticket_core::{Status, TicketProvider as _};
use ticket_acme::{Acme, AcmeConfig};

use vendor::Vendor;

/// Answers with the exchange once, lets `call` be made, and holds the request against the file.
async fn replay<T>(file: &str, call: impl AsyncFn(&Acme) -> T) -> T {
    let exchange: Value = serde_json::from_str(file).unwrap();
    let request = &exchange["request"];
    let vendor = Vendor::start().await;
    vendor.answer_once(&exchange["response"]);
    let config = AcmeConfig::new(vendor.base_url(), "<key>");
    let result = call(&Acme::new(&config).unwrap()).await;
    let sent = vendor.requests();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].method, request["method"].as_str().unwrap());
    assert_eq!(sent[0].path, request["path"].as_str().unwrap());
    for (name, value) in request["headers"].as_object().unwrap() {
        assert_eq!(sent[0].header(name), value.as_str(), "{name}");
    }
    result
}

#[tokio::test]
async fn a_ticket_is_read() {
    let file = include_str!("contract/get-ok.json");
    let ticket = replay(file, async |acme| acme.get(&"17".into()).await)
        .await
        .unwrap();
    assert_eq!(ticket.id.as_str(), "17");
    assert_eq!(ticket.subject.as_deref(), Some("Card refused"));
    assert_eq!(ticket.status, Some(Status::Open));
}
