//! Every recorded exchange, replayed over a real socket: what is sent must equal the file, and what is
//! concluded must equal what stands here.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod vendor;

use std::time::Duration;

use serde_json::Value;
use ticket_core::{
    Cursor, DeleteOutcome, ErrorKind, PageRequest, Status, TicketProvider as _, TicketQuery,
};
use ticket_pear::{Pear, PearConfig};

use vendor::Vendor;
use vendor::api::EMAIL;

/// Answers with the exchange once, lets `call` be made, and holds the request against the file.
async fn replay<T>(file: &str, call: impl AsyncFn(&Pear) -> T) -> T {
    let exchange: Value = serde_json::from_str(file).unwrap();
    let request = &exchange["request"];
    let vendor = Vendor::start().await;
    vendor.answer_once(&exchange["response"]);
    let config = PearConfig::new(vendor.base_url(), EMAIL, "<key>");
    let result = call(&Pear::new(&config).unwrap()).await;
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
    let ticket = replay(file, async |pear| pear.get(&"17".into()).await)
        .await
        .unwrap();
    assert_eq!(ticket.id.as_str(), "17");
    assert_eq!(ticket.subject.as_deref(), Some("Card refused"));
    assert_eq!(ticket.status, Some(Status::Open));
}

#[tokio::test]
async fn a_refusal_is_told_in_the_vendors_words() {
    for (file, kind, words) in [
        (
            include_str!("contract/get-wrong-key.json"),
            ErrorKind::Unauthenticated,
            "unknown key",
        ),
        (
            include_str!("contract/get-not-found.json"),
            ErrorKind::NotFound,
            "no such ticket",
        ),
        (
            include_str!("contract/get-rate-limited.json"),
            ErrorKind::RateLimited,
            "too many calls",
        ),
    ] {
        let error = replay(file, async |pear| pear.get(&"17".into()).await)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.vendor_message(), Some(words));
        let wait = (kind == ErrorKind::RateLimited).then_some(Duration::from_secs(30));
        assert_eq!(error.retry_after(), wait);
    }
}

#[tokio::test]
async fn a_page_says_where_the_next_one_begins() {
    let file = include_str!("contract/list-ok.json");
    let query = at("c1");
    let page = replay(file, async |pear| pear.list(&query).await)
        .await
        .unwrap();
    let ids: Vec<_> = page.items.iter().map(|ticket| ticket.id.as_str()).collect();
    assert_eq!(ids, ["17", "18"]);
    assert_eq!(page.next, Some(Cursor::new("c2")));
}

#[tokio::test]
async fn the_last_page_has_no_next_one() {
    let file = include_str!("contract/list-last-page.json");
    let page = replay(file, async |pear| pear.list(&TicketQuery::new()).await)
        .await
        .unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
}

#[tokio::test]
async fn a_page_that_does_not_say_whether_it_is_the_last_is_no_answer() {
    let file = include_str!("contract/list-says-nothing-of-next.json");
    let error = replay(file, async |pear| pear.list(&TicketQuery::new()).await)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
}

#[tokio::test]
async fn a_cursor_of_nobodys_is_refused() {
    let file = include_str!("contract/list-refused.json");
    let query = at("nonsense");
    let error = replay(file, async |pear| pear.list(&query).await)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_ticket_is_deleted_or_not_found() {
    for (file, is_deleted) in [
        (include_str!("contract/delete-ok.json"), true),
        (include_str!("contract/delete-not-found.json"), false),
    ] {
        let report = replay(file, async |pear| pear.delete(&["17".into()]).await)
            .await
            .unwrap();
        let (_, outcome) = report.into_iter().next().unwrap();
        assert_eq!(matches!(outcome, DeleteOutcome::Deleted), is_deleted);
        assert_eq!(matches!(outcome, DeleteOutcome::NotFound(_)), !is_deleted);
    }
}

fn at(cursor: &str) -> TicketQuery {
    TicketQuery::new().page(PageRequest::first().at(Cursor::new(cursor)))
}
