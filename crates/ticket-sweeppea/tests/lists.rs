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
use ticket_core::{CallContext, ErrorKind, Ticket, TicketProvider as _, TicketQuery, Tickets};
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
    assert_eq!(sandbox.journal().len(), 2 + 2);

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

#[tokio::test]
async fn a_list_that_ends_before_its_total_or_ignores_the_page_is_an_error() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"TotalTickets":45,"Tickets":[]}}"#,
    );
    let error = provider
        .list(&CallContext::new(), &TicketQuery::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
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
