//! What happened: the journal, and which request deleted which ticket.

use hyper::Request;
use hyper::body::Bytes;
use serde_json::json;
use ticket_sandbox::{Fault, Rule, Sandbox, TicketFault, TicketSeed, Vendor};

use crate::in_process::{delete, request};

#[tokio::test]
async fn every_deletion_names_its_request() {
    let sandbox = Sandbox::builder().in_process();
    let path = "/api/tenants/22824/tickets/trash";
    let ids = json!({ "TicketIds": ["160", "9", "162"] });
    let batch = request(Vendor::LeadSquared, "PUT", path, &ids);
    sandbox.send(batch).await.unwrap();
    sandbox.inject(Rule::new(Fault::LostResponse));
    let lost = sandbox.send(delete(Vendor::LeadSquared, "161")).await;
    lost.unwrap_err();
    sandbox
        .send(delete(Vendor::LeadSquared, "161"))
        .await
        .unwrap();

    let deletions = sandbox.deletions(Vendor::LeadSquared);
    let expected = [("160", 1), ("162", 1), ("161", 2)];
    let expected = expected.map(|(id, sequence)| (id.to_owned(), sequence));
    assert_eq!(deletions, expected);
    assert_eq!(sandbox.deletions(Vendor::OneCloud), []);
    let seen = sandbox.deleted_by(Vendor::LeadSquared, "161").unwrap();
    assert_eq!((seen.sequence, seen.fault), (2, Some(Fault::LostResponse)));
    for (vendor, id) in [(Vendor::LeadSquared, "9"), (Vendor::OneCloud, "161")] {
        assert_eq!(sandbox.deleted_by(vendor, id), None);
    }
}

#[tokio::test]
async fn deletion_through_a_merged_id_names_the_ticket_that_is_gone() {
    let sandbox = Sandbox::builder().in_process();
    let merged = TicketFault::MergedInto(Some("1212".to_owned()));
    sandbox.set_ticket_fault(Vendor::OneCloud, "121", merged);
    sandbox.send(delete(Vendor::OneCloud, "121")).await.unwrap();
    assert_eq!(sandbox.deleted_by(Vendor::OneCloud, "121"), None);
    assert!(sandbox.deleted_by(Vendor::OneCloud, "1212").is_some());
}

#[tokio::test]
async fn later_deletion_of_an_id_that_was_given_out_again_is_the_latest() {
    let sandbox = Sandbox::builder().seed_tickets(false).in_process();
    for _ in 0..2 {
        sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new("A").id("7"));
        sandbox.send(delete(Vendor::OneCloud, "7")).await.unwrap();
    }
    assert_eq!(sandbox.deletions(Vendor::OneCloud).len(), 2);
    let latest = sandbox.deleted_by(Vendor::OneCloud, "7").unwrap();
    assert_eq!(latest.sequence, 2);
}

#[tokio::test]
async fn full_journal_drops_the_oldest_entries_and_counts_them() {
    let sandbox = Sandbox::builder().journal_bytes(100_000).in_process();
    let body = "x".repeat(10_000);
    for _ in 0..30 {
        let request = Request::post("/nobody").body(Bytes::from(body.clone()));
        sandbox.send(request.unwrap()).await.unwrap();
    }
    let journal = sandbox.journal();
    let dropped = sandbox.journal_dropped();
    assert!((1..10).contains(&journal.len()), "{}", journal.len());
    assert_eq!(dropped + journal.len() as u64, 30);
    let sequences: Vec<_> = journal.iter().map(|seen| seen.sequence).collect();
    assert_eq!(sequences, (dropped + 1..=30).collect::<Vec<_>>());
    assert_eq!(sandbox.journal_after(29).len(), 1);
    assert_eq!(sandbox.journal_after(30).len(), 0);
    assert_eq!(sandbox.journal_after(dropped), journal);

    let control = Request::get("/control/journal?after=28").body(Bytes::new());
    let answer = sandbox.send(control.unwrap()).await.unwrap();
    assert_eq!(answer.headers()["x-journal-dropped"], dropped.to_string());
    let entries: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(entries[0]["sequence"], 29);
}

#[tokio::test]
async fn newest_entry_is_kept_whatever_its_size() {
    let sandbox = Sandbox::builder().journal_bytes(0).in_process();
    for id in ["121", "1212"] {
        sandbox.send(delete(Vendor::OneCloud, id)).await.unwrap();
    }
    let journal = sandbox.journal();
    assert_eq!((journal.len(), journal[0].sequence), (1, 2));
}
