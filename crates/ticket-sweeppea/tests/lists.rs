//! Lists: two of the vendor's as one, page by page to their true end.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use ticket_core::model::{Cursor, PageRequest, State, Status};
use ticket_core::{CallContext, Page, Ticket, TicketProvider as _, TicketQuery, Tickets};
use ticket_sandbox::{Sandbox, TicketSeed, Vendor};
use ticket_sweeppea::Sweeppea;

use common::{answer, client, connected};

async fn all(provider: Sweeppea, query: TicketQuery) -> Vec<Ticket> {
    Tickets::new(provider)
        .list_all(query)
        .try_collect()
        .await
        .unwrap()
}

#[tokio::test]
async fn all_tickets_are_the_open_ones_then_the_closed_ones_in_one_stream() {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    let provider = client(&sandbox);
    // Whole pages and parts of one: 40 open tickets, 21 closed ones.
    sandbox.add_tickets(Vendor::Sweeppea, 40);
    for _ in 0..21 {
        sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("closed").closed());
    }
    let tickets = all(provider.clone(), TicketQuery::new()).await;
    let ids: BTreeSet<_> = tickets.iter().map(|ticket| ticket.id.to_string()).collect();
    let truth: BTreeSet<_> = sandbox.ticket_ids(Vendor::Sweeppea).into_iter().collect();
    assert_eq!((tickets.len(), &ids), (61, &truth));
    let closed = |ticket: &Ticket| ticket.status == Some(Status::Closed);
    assert!(!tickets[..40].iter().any(closed) && tickets[40..].iter().all(closed));
    // The second page of open tickets is full, so a third one is read.
    assert_eq!(sandbox.journal().len(), 3 + 2);

    let open = all(provider.clone(), TicketQuery::new().state(State::Open)).await;
    assert_eq!(open.len(), 40);
    let closed = all(
        provider,
        TicketQuery::new().state(State::Closed).search("closed"),
    )
    .await;
    assert_eq!(closed.len(), 21);
}

#[tokio::test]
async fn a_list_goes_on_until_the_total_has_arrived_whatever_a_page_holds() {
    let (sandbox, provider) = connected().await;
    // Pages of 2 although the vendor says 20.
    for page in 1..=3 {
        let row = |n: u32| format!(r#"{{"CaseNumber":"{page}-{n}"}}"#);
        let body = format!(
            r#"{{"Response":true,"Data":{{"TotalTickets":5,"Limit":20,"Tickets":[{},{}]}}}}"#,
            row(1),
            row(2)
        );
        answer(&sandbox, 200, &body);
    }
    let tickets = all(provider, TicketQuery::new().state(State::Open)).await;
    assert_eq!(tickets.len(), 6);
    assert_eq!(sandbox.journal().len(), 3);
}

/// A page of a list, answered with so many rows and these other keys.
async fn page(cursor: &str, state: Option<State>, rows: usize, keys: &str) -> Page<Ticket> {
    let (sandbox, provider) = connected().await;
    answer(&sandbox, 200, list_of(rows, keys));
    let mut query = TicketQuery::new().page(PageRequest::first().at(Cursor::new(cursor)));
    query.state = state;
    provider.list(&CallContext::new(), &query).await.unwrap()
}

fn list_of(rows: usize, keys: &str) -> String {
    let rows: Vec<_> = (1..=rows)
        .map(|n| format!(r#"{{"CaseNumber":"{n}"}}"#))
        .collect();
    format!(
        r#"{{"Response":true,"Data":{{{keys}"Tickets":[{}]}}}}"#,
        rows.join(",")
    )
}

#[tokio::test]
async fn a_full_page_is_followed_by_another_whatever_the_totals_say() {
    let open = Some(State::Open);
    for (cursor, rows, keys, next) in [
        // Full: 20 rows.
        (
            "open:1:0",
            20,
            r#""TotalTickets":20,"#,
            Some("open:2:20:20"),
        ),
        (
            "open:1:0",
            20,
            r#""TotalTickets":5,"TotalPages":1,"#,
            Some("open:2:20:5"),
        ),
        (
            "open:1:0",
            20,
            r#""TotalTickets":0,"TotalPages":3,"#,
            Some("open:2:20:0"),
        ),
        (
            "open:1:0",
            20,
            r#""TotalTickets":"many","#,
            Some("open:2:20"),
        ),
        (
            "open:2:20",
            25,
            r#""TotalTickets":45,"#,
            Some("open:3:45:45"),
        ),
        // Not full, but more is promised.
        (
            "open:2:20",
            3,
            r#""TotalTickets":45,"#,
            Some("open:3:23:45"),
        ),
        (
            "open:2:20",
            3,
            r#""TotalTickets":23,"TotalPages":4,"#,
            Some("open:3:23:23"),
        ),
        ("open:2:20", 3, "", Some("open:3:23")),
        // The end.
        ("open:2:20", 3, r#""TotalTickets":23,"TotalPages":2,"#, None),
        ("open:3:40", 0, r#""TotalTickets":40,"TotalPages":2,"#, None),
        ("open:3:40", 0, "", None),
    ] {
        let page = page(cursor, open, rows, keys).await;
        let next_page = page.next.as_ref().map(Cursor::as_str);
        assert_eq!(next_page, next, "{cursor} {rows} {keys}");
        assert_eq!(page.gaps, Vec::<String>::new(), "{cursor} {rows} {keys}");
    }
}

#[tokio::test]
async fn a_list_whose_rows_do_not_add_up_to_its_total_has_a_gap() {
    for (cursor, rows, total, told) in [
        (
            "open:3:40",
            0,
            45,
            "the list of open tickets has 40 rows, but the vendor states a total of 45",
        ),
        (
            "open:1:0",
            0,
            7,
            "the list of open tickets has 0 rows, but the vendor states a total of 7",
        ),
        (
            "closed:2:20",
            3,
            22,
            "the list of closed tickets has 23 rows, but the vendor states a total of 22",
        ),
    ] {
        let keys = format!(r#""TotalTickets":{total},"#);
        let page = page(cursor, None, rows, &keys).await;
        assert_eq!(page.gaps, [told], "{cursor}");
        // Then come the closed ones.
        let next = page.next.as_ref().map(Cursor::as_str);
        assert_eq!(next, cursor.starts_with("open").then_some("closed:1:0"));
        assert_eq!(page.total, None);
    }
}

#[tokio::test]
async fn a_page_behind_the_last_may_be_refused() {
    let (sandbox, provider) = connected().await;
    let refused = |status: u16| {
        let body = format!(r#"{{"Response":false,"Message":"Invalid page","Code":{status}}}"#);
        answer(&sandbox, status, body);
    };
    let at = |cursor: &str| {
        let page = PageRequest::first().at(Cursor::new(cursor));
        TicketQuery::new().state(State::Open).page(page)
    };
    let context = CallContext::new();
    for status in [400, 404] {
        for (cursor, total, gaps) in [
            ("open:2:20:20", Some(20), 0),
            ("open:2:20", None, 0),
            ("open:2:20:5", Some(5), 1),
        ] {
            refused(status);
            let page = provider.list(&context, &at(cursor)).await.unwrap();
            assert_eq!((page.items.len(), page.next), (0, None));
            assert_eq!((page.total, page.gaps.len()), (total, gaps), "{cursor}");
        }
        // The first page, and one on which more is promised.
        for cursor in ["open:1:0", "open:2:20:45"] {
            refused(status);
            let error = provider.list(&context, &at(cursor)).await.unwrap_err();
            assert_eq!(error.status(), Some(status), "{cursor}");
        }
    }
    for (status, body) in [(404, "<html>"), (403, ""), (500, "")] {
        answer(&sandbox, status, body);
        provider
            .list(&context, &at("open:2:20:20"))
            .await
            .unwrap_err();
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_page_is_an_error() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"TotalTickets":45,"Page":7,"Tickets":[{"CaseNumber":"1"}]}}"#,
    );
    let error = provider
        .list(&CallContext::new(), &TicketQuery::new())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("another page"), "{error}");
}

#[tokio::test]
async fn a_row_without_a_readable_key_is_told_as_a_gap_and_odd_values_are_absent() {
    let (sandbox, provider) = connected().await;
    let query = TicketQuery::new().state(State::Open);
    for row in [
        "null",
        "7",
        "[]",
        "{}",
        r#"["1",null]"#,
        r#"{"CaseNumber":null}"#,
        r#"{"CaseNumber":1.5}"#,
    ] {
        let body = format!(
            r#"{{"Response":true,"Data":{{"TotalTickets":2,"Tickets":[{row},{{"CaseNumber":"B"}}]}}}}"#
        );
        answer(&sandbox, 200, body);
        let page = provider.list(&CallContext::new(), &query).await.unwrap();
        assert_eq!(page.items[0].id.as_str(), "B");
        assert_eq!((page.items.len(), page.total), (1, Some(2)));
        assert_eq!(page.gaps, ["a row of the page has no readable id"], "{row}");
    }
    for odd in [
        r#""""#,
        r#""2025-01-26T10:00:00""#,
        r#""0001-01-01T00:00:00Z""#,
        "1737885600000",
        "{}",
        "1e999",
    ] {
        let row = format!(r#"{{"CaseNumber":"A","Date":{odd},"Subject":{odd},"Priority":{{}}}}"#);
        answer(
            &sandbox,
            200,
            format!(r#"{{"Response":true,"Data":{{"TotalTickets":1,"Tickets":[{row}]}}}}"#),
        );
        let page = provider.list(&CallContext::new(), &query).await.unwrap();
        assert_eq!((page.items.len(), page.gaps.len()), (1, 0), "{odd}");
        assert_eq!(page.items[0].created_at, None, "{odd}");
        assert_eq!(page.items[0].raw.get(), row);
    }
}

#[tokio::test]
async fn the_total_of_one_list_is_not_told_as_that_of_both() {
    let (_sandbox, provider) = connected().await;
    assert_eq!(
        provider
            .list(&CallContext::new(), &TicketQuery::new())
            .await
            .unwrap()
            .total,
        None
    );
    let open = provider
        .list(&CallContext::new(), &TicketQuery::new().state(State::Open))
        .await
        .unwrap();
    assert!(open.total.is_some());
}

#[tokio::test]
async fn a_list_without_a_total_ends_with_its_first_empty_page() {
    let (sandbox, client) = connected().await;
    let query = TicketQuery::new().state(State::Open);
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"Tickets":[{"CaseNumber":"1"}]}}"#,
    );
    let page = client.list(&CallContext::new(), &query).await.unwrap();
    assert_eq!((page.items.len(), page.total), (1, None));
    assert_eq!(page.next, Some(Cursor::new("open:2:1")));
    answer(&sandbox, 200, r#"{"Response":true,"Data":{"Tickets":[]}}"#);
    let query = query.page(PageRequest::first().at(page.next.unwrap()));
    let page = client.list(&CallContext::new(), &query).await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
}
