//! Deletes, also those repeated after their answer was lost: what is said of a ticket is true, although the vendor's
//! "not found" says little.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use ticket_core::{CallContext, Change, Effect, ErrorKind, Outcome, TicketProvider as _, Tickets};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, TicketSeed, Vendor};

use common::{client, connected};

#[tokio::test]
async fn closed_and_foreign_tickets_look_missing_and_stay() {
    let (sandbox, provider) = connected().await;
    let closed = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("closed").closed());
    let foreign = sandbox.add_ticket(
        Vendor::Sweeppea,
        TicketSeed::new("foreign").owned_by_other(),
    );
    for id in [closed, foreign] {
        let report = provider
            .delete(&CallContext::new(), &[id.as_str().into()])
            .await
            .unwrap();
        let Some(Outcome::NotFound(error)) = report.outcome(&id.as_str().into()) else {
            panic!("{report:?}");
        };
        assert!(
            error.vendor_message().unwrap().contains("Already Closed"),
            "{error}"
        );
        assert!(sandbox.exists(Vendor::Sweeppea, &id));
    }
}

#[tokio::test]
async fn a_locked_ticket_is_a_conflict_about_that_ticket() {
    let (sandbox, provider) = connected().await;
    let id = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("locked").locked());
    let report = provider
        .delete(&CallContext::new(), &[id.as_str().into()])
        .await
        .unwrap();
    let error = report
        .outcome(&id.as_str().into())
        .unwrap()
        .error()
        .unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert!(sandbox.exists(Vendor::Sweeppea, &id));
}

/// Deletes this ticket with this fault to the first attempt; what is said, whether it is there, what was called.
async fn deleted(seed: TicketSeed, fault: Fault) -> (Outcome, bool, Vec<Endpoint>) {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.add_ticket(Vendor::Sweeppea, seed);
    sandbox.inject(Rule::new(fault));
    let tickets = Tickets::new(client(&sandbox));
    let report = tickets.delete([id.as_str()]).await;
    let outcome = report.outcome(&id.as_str().into()).unwrap().clone();
    let calls = sandbox
        .journal()
        .into_iter()
        .filter_map(|call| call.endpoint);
    (
        outcome,
        sandbox.exists(Vendor::Sweeppea, &id),
        calls.collect(),
    )
}

#[tokio::test]
async fn a_ticket_whose_deletion_was_not_confirmed_is_unknown_whatever_a_read_finds() {
    let (outcome, exists, calls) = deleted(TicketSeed::new("spam"), Fault::LostResponse).await;
    assert_eq!((Change::Delete.word(&outcome), exists), ("unknown", false));
    assert_eq!(calls, [Endpoint::Delete, Endpoint::Delete, Endpoint::Get]);
}

#[tokio::test]
async fn a_closed_ticket_is_not_taken_for_a_deleted_one() {
    let closed = TicketSeed::new("spam").closed();
    let (outcome, exists, _) = deleted(closed, Fault::Status(503)).await;
    assert_eq!((Change::Delete.word(&outcome), exists), ("unknown", true));
    let words = outcome.error().unwrap().to_string();
    assert!(words.contains("Already Closed"), "{words}");
}
