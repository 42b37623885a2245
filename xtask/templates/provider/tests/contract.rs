//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use ticket_acme::{Acme, AcmeConfig};
use ticket_testkit::Call;
use ticket_testkit::contract::{Contract, Recording};

/// What each file must give: the result of a success, or the vendor's words.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("get-ok", TICKET),
];

const TICKET: &str = r#"{
    "id": "17", "subject": "Card refused", "description": "The till says: declined.", "status": "open",
    "raw": "the reply"
}"#;
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let connect = |base_url: &str| Acme::new(&AcmeConfig::new(base_url, "<key>")).unwrap();
    let contract = Contract::new(FOLDER).secrets(&["<key>"]);
    contract
        .assert(CASES, connect, async |acme, recording| {
            call(recording).on(acme).await
        })
        .await;
}

/// The call of a recording, with values of its own: the file must ask for just this.
fn call(recording: &Recording) -> Call {
    match recording.operation.as_str() {
        "get" => Call::Get("17".into()),
        other => panic!("no such operation: {other}"),
    }
}
