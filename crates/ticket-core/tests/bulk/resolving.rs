//! Many tickets marked as solved.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::Settled;
use ticket_core::model::{RawValue, Status};
use ticket_core::provider::{Capabilities, MockTicketProvider};
use ticket_core::{Change, Effect, ErrorKind, Operation, Outcome, ProviderInfo, Ticket, Tickets};

use crate::at_once;
use crate::common::{Fake, error};

#[tokio::test(start_paused = true)]
async fn resolve_has_one_outcome_per_ticket() {
    let fake = Fake::new(1).answering(|call| match call.ids.concat().as_str() {
        _ if call.operation == Operation::Get => Ok(()),
        "gone" => Err(error(ErrorKind::NotFound, Effect::None)),
        "lost" => Err(error(ErrorKind::Timeout, Effect::Unknown)),
        "locked" => Err(error(ErrorKind::Conflict, Effect::None)),
        _ => Ok(()),
    });
    let log = fake.log();
    let ids = stream::iter(["a", "gone", "lost", "locked"]);
    let work = fake
        .bare()
        .apply(Change::Resolve, ids.enumerate(), &at_once(1));
    let settled: Vec<Settled<usize>> = work.collect().await;
    let words: Vec<_> = settled
        .iter()
        .map(|settled| Change::Resolve.word(&settled.outcome))
        .collect();
    // What is unknown is looked at, and once more at the end.
    assert_eq!(words, ["resolved", "not_found", "failed", "unknown"]);
    assert_eq!(log.ids(), ["a", "gone", "lost", "lost", "locked", "lost"]);
}

/// What is said of a ticket that a repeated resolve did not find, and which is then read like this; not at all
/// where there is nothing to read.
async fn resolved_again(look: Option<Result<Option<Status>, ErrorKind>>) -> Outcome {
    let capabilities = Capabilities::none().resolve();
    let capabilities = match look {
        Some(_) => capabilities.get(),
        None => capabilities,
    };
    let mut provider = MockTicketProvider::new();
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", capabilities));
    provider
        .expect_resolve()
        .times(1)
        .returning(|_, _| Err(error(ErrorKind::NotFound, Effect::Unknown)));
    provider
        .expect_get()
        .times(usize::from(look.is_some())..=2 * usize::from(look.is_some()))
        .returning(move |_, id| {
            let status = look.clone().unwrap();
            let mut ticket = Ticket::new(id, RawValue::NULL.to_owned());
            ticket.status = status.map_err(|kind| error(kind, Effect::None))?;
            Ok(ticket)
        });
    let tickets = Tickets::bare(Arc::new(provider));
    let mut work = tickets.apply(Change::Resolve, stream::iter([((), "a")]), &at_once(1));
    work.next().await.unwrap().outcome
}

#[tokio::test(start_paused = true)]
async fn retried_resolve_with_not_found_is_settled_by_a_get() {
    for (look, word) in [
        (Some(Ok(Some(Status::Resolved))), "already_resolved"),
        (Some(Ok(Some(Status::Closed))), "already_resolved"),
        (Some(Ok(Some(Status::Open))), "unknown"),
        (Some(Ok(None)), "unknown"),
        (Some(Err(ErrorKind::NotFound)), "unknown"),
        (None, "unknown"),
    ] {
        let outcome = resolved_again(look.clone()).await;
        assert_eq!(Change::Resolve.word(&outcome), word, "{look:?}");
    }
}
