//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal both the file and the table below.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use ticket_core::TicketQuery;
use ticket_core::model::{Cursor, PageRequest};
use ticket_pear::{Pear, PearConfig};
use ticket_testkit::Call;
use ticket_testkit::contract::{Contract, Recording};

/// What each file must give: the result of a success, or all of a failure.
#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    ("delete-not-found",          "not_found, effect none: no such ticket"),
    ("delete-ok",                 "17 deleted"),
    ("get-not-found",             "not_found, effect none: no such ticket"),
    ("get-ok",                    TICKET),
    ("get-rate-limited",          "rate_limited, effect none, retry after 30 s: too many calls"),
    ("get-wrong-key",             "unauthenticated, effect none: unknown key"),
    ("list-last-page",            LAST_PAGE),
    ("list-ok",                   PAGE),
    ("list-refused",              "invalid_input, effect none: no such cursor"),
    ("list-says-nothing-of-next", "bad_response, effect none: "),
];

const TICKET: &str = r#"{
    "id": "17", "subject": "Card refused", "description": "The till says: declined.", "status": "open",
    "raw": "the reply"
}"#;
const LAST_PAGE: &str = r#"{
    "items": [
        { "id": "17", "subject": "Card refused", "description": "The till says: declined.", "status": "open",
          "raw": "/tickets/0" }
    ]
}"#;
const PAGE: &str = r#"{
    "items": [
        { "id": "17", "subject": "Card refused", "description": "The till says: declined.", "status": "open",
          "raw": "/tickets/0" },
        { "id": "18", "subject": "Card refused", "description": "The till says: declined.", "status": "open",
          "raw": "/tickets/1" }
    ],
    "next": "c2"
}"#;
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

#[tokio::test]
async fn every_recorded_exchange_is_sent_and_understood() {
    let connect =
        |base_url: &str| Pear::new(&PearConfig::new(base_url, "ann@example.com", "<key>")).unwrap();
    let contract = Contract::new(FOLDER).secrets(&["<key>"]);
    contract
        .assert(CASES, connect, async |pear, recording| {
            call(recording).on(pear).await
        })
        .await;
}

/// The call of a recording, with values of its own: the file must ask for just this.
fn call(recording: &Recording) -> Call {
    let at = |cursor| TicketQuery::new().page(PageRequest::first().at(Cursor::new(cursor)));
    match recording.name().as_str() {
        "list-ok" => Call::List(at("c1")),
        "list-refused" => Call::List(at("nonsense")),
        name if name.starts_with("list-") => Call::List(TicketQuery::new()),
        name if name.starts_with("get-") => Call::Get("17".into()),
        name if name.starts_with("delete-") => Call::delete(["17"]),
        other => panic!("no such recording: {other}"),
    }
}
