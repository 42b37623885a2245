//! What goes wrong: nothing is silently not found.

use std::num::NonZeroU32;

use futures_util::StreamExt as _;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, TicketSeed, Vendor, WrongTotal};
use tickets::find::Find;
use tickets::{CallContext, ErrorKind, Stop, Tickets};

use crate::{account, asked, config, of, sandbox, search};

/// Tickets of Ann at Sweeppea, which must be read one by one.
async fn sweeppea(tickets: usize) -> (Sandbox, Tickets, Vec<String>) {
    let sandbox = sandbox().await;
    let vendor = Vendor::Sweeppea;
    let add = |_| sandbox.add_ticket(vendor, of(vendor, "ann@example.com"));
    let ids = (0..tickets).map(add).collect();
    let account = account(&sandbox, vendor);
    (sandbox, account, ids)
}

fn ann() -> Find {
    Find::new().requester("ann@example.com")
}

fn on(endpoint: Endpoint, fault: Fault) -> Rule {
    Rule::new(fault).endpoint(endpoint)
}

#[tokio::test]
async fn ticket_that_cannot_be_read_is_told_and_the_others_are_found() {
    let (sandbox, account, ids) = sweeppea(3).await;
    for (status, kind) in [(500, ErrorKind::Server), (404, ErrorKind::NotFound)] {
        sandbox.inject(on(Endpoint::Get, Fault::Status(status)).skip(1));
        let searched = search(&ann(), &account).await;
        assert_eq!((searched.ids().len(), searched.counts.undecided), (2, 1));
        let [error] = &searched.errors[..] else {
            panic!("{:?}", searched.errors);
        };
        assert_eq!(error.kind(), kind);
        let undecided = error.ticket().unwrap().as_str().to_owned();
        let mut all = searched.ids();
        all.push(&undecided);
        all.sort_unstable();
        assert_eq!(all, ids);
        let counts = searched.counts;
        assert_eq!((counts.listed, counts.read, counts.found), (3, 2, 2));
    }
}

#[tokio::test]
async fn conversation_that_cannot_be_read_is_told() {
    let sandbox = sandbox().await;
    let vendor = Vendor::OneCloud;
    let ids = [0, 1].map(|_| sandbox.add_ticket(vendor, of(vendor, "ann@example.com")));
    sandbox.inject(on(Endpoint::Messages, Fault::TruncatedJson));
    let searched = search(&ann(), &account(&sandbox, vendor)).await;
    assert_eq!(searched.ids(), [&ids[1]]);
    assert_eq!(searched.errors[0].ticket().unwrap().as_str(), ids[0]);
    assert_eq!(
        (searched.counts.conversations, searched.counts.undecided),
        (1, 1)
    );
}

#[tokio::test]
async fn page_that_fails_ends_the_search_after_what_was_found_before() {
    for vendor in [Vendor::Rt, Vendor::OneCloud] {
        let sandbox = sandbox().await;
        for _ in 0..5 {
            sandbox.add_ticket(vendor, TicketSeed::new("needle"));
        }
        sandbox.inject(on(Endpoint::List, Fault::Status(500)).skip(1));
        let two = NonZeroU32::MIN.saturating_add(1);
        let account = tickets::connect(&config(&sandbox, vendor).page_size(two)).unwrap();
        let searched = search(&Find::new().subject("needle"), &account).await;
        assert_eq!(searched.ids().len(), 2, "{vendor:?}");
        let [error] = &searched.errors[..] else {
            panic!("{:?}", searched.errors);
        };
        assert_eq!((error.kind(), error.ticket()), (ErrorKind::Server, None));
        assert_eq!(searched.counts.undecided, 0);
        assert_eq!(asked(&sandbox, Endpoint::List), 2);
    }
}

#[tokio::test]
async fn list_that_fails_is_the_last_of_several() {
    let sandbox = sandbox().await;
    sandbox.inject(on(Endpoint::List, Fault::Status(500)));
    let find = ann().requester("bob@example.com");
    let searched = search(&find, &account(&sandbox, Vendor::Rt)).await;
    assert_eq!(searched.errors.len(), 1);
    assert_eq!(searched.errors[0].kind(), ErrorKind::Server);
    assert_eq!(asked(&sandbox, Endpoint::List), 1);
}

#[tokio::test]
async fn list_that_contradicts_itself_is_incomplete() {
    for vendor in [Vendor::OneCloud, Vendor::Rt] {
        let sandbox = sandbox().await;
        for _ in 0..3 {
            sandbox.add_ticket(vendor, TicketSeed::new("needle"));
        }
        sandbox.inject(on(Endpoint::List, Fault::WrongTotal(WrongTotal::TooLarge)).always());
        let find = Find::new().subject("needle");
        let searched = search(&find, &account(&sandbox, vendor)).await;
        assert_eq!(searched.ids().len(), 3, "{vendor:?}");
        assert_eq!(
            searched.errors[0].kind(),
            ErrorKind::Incomplete,
            "{vendor:?}"
        );
        assert_eq!(searched.errors[0].ticket(), None);
    }
}

#[tokio::test]
async fn search_ends_when_nothing_can_be_read_any_more() {
    let (sandbox, account, _) = sweeppea(20).await;
    sandbox.inject(on(Endpoint::Get, Fault::Status(500)).skip(2).always());
    let searched = search(&ann(), &account).await;
    assert_eq!(searched.ids().len(), 2);
    let (last, of_tickets) = searched.errors.split_last().unwrap();
    assert_eq!((last.kind(), last.ticket()), (ErrorKind::Server, None));
    assert!(
        last.message().starts_with("the search ended early: "),
        "{last}"
    );
    assert_eq!(of_tickets.len(), 4);
    assert!(of_tickets.iter().all(|error| error.ticket().is_some()));
    assert_eq!(searched.counts.undecided, 5);
    // One at a time, by the vendor's rule.
    assert_eq!(asked(&sandbox, Endpoint::Get), 2 + 5);
}

#[tokio::test]
async fn key_that_is_refused_ends_the_search_at_once() {
    let (sandbox, account, _) = sweeppea(5).await;
    sandbox.inject(on(Endpoint::Get, Fault::Status(401)).always());
    let searched = search(&ann(), &account).await;
    let [error] = &searched.errors[..] else {
        panic!("{:?}", searched.errors);
    };
    assert_eq!(
        (error.kind(), error.ticket()),
        (ErrorKind::Unauthenticated, None)
    );
    assert_eq!(asked(&sandbox, Endpoint::Get), 1);
}

#[tokio::test]
async fn stop_ends_the_search_and_nothing_more_is_sent() {
    let (sandbox, account, _) = sweeppea(5).await;
    let stop = Stop::new();
    let account = account.with(CallContext::new().stop(stop.clone()));
    let mut search = ann().run(&account);
    assert!(sandbox.journal().is_empty());
    let progress = search.progress();
    search.next().await.unwrap().unwrap();
    assert_eq!(progress.counts().found, 1);
    stop.finish();
    let sent = asked(&sandbox, Endpoint::Get);
    let error = search.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.ticket()), (ErrorKind::Cancelled, None));
    assert!(search.next().await.is_none());
    assert_eq!(asked(&sandbox, Endpoint::Get), sent);
    assert_eq!(progress.counts().found, 1);
}
