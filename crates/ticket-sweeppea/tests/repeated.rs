//! A delete that is repeated after its answer was lost: what is said of the ticket is true, although the vendor's
//! "not found" says little.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use secrecy::SecretString;
use ticket_core::{DeleteOutcome, Tickets};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, TicketSeed, Vendor, credentials};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};

/// Deletes this ticket with this fault to the first attempt; what is said, whether it is there, what was called.
async fn deleted(seed: TicketSeed, fault: Fault) -> (DeleteOutcome, bool, Vec<Endpoint>) {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.add_ticket(Vendor::Sweeppea, seed);
    sandbox.inject(Rule::new(fault));
    let key = SecretString::from(credentials::SWEEPPEA_API_KEY);
    let config = SweeppeaConfig::new(key).base_url(sandbox.base_url(Vendor::Sweeppea));
    let tickets = Tickets::new(Sweeppea::new(&config).unwrap());
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
async fn a_ticket_whose_deletion_was_not_confirmed_is_looked_for() {
    let (outcome, exists, calls) = deleted(TicketSeed::new("spam"), Fault::LostResponse).await;
    assert_eq!((outcome.as_str(), exists), ("already_gone", false));
    assert_eq!(calls, [Endpoint::Delete, Endpoint::Delete, Endpoint::Get]);
}

#[tokio::test]
async fn a_closed_ticket_is_not_taken_for_a_deleted_one() {
    let closed = TicketSeed::new("spam").closed();
    let (outcome, exists, _) = deleted(closed, Fault::Status(503)).await;
    assert_eq!((outcome.as_str(), exists), ("failed", true));
    let words = outcome.error().unwrap().to_string();
    assert!(words.contains("Already Closed"), "{words}");
}
