//! `ticket_write`: one ticket, and nothing that deletes.

use serde_json::json;
use ticket_mcp::Policy;
use ticket_sandbox::{Fault, Rule, Vendor};

use crate::desk::{Desk, ERAS, Era, Person};

fn writes() -> Policy {
    Policy::default().allow_writes(true)
}

#[tokio::test]
async fn one_ticket_is_created_commented_on_updated_and_resolved() {
    for era in ERAS {
        let desk = Desk::open().await;
        let client = desk.client(writes(), era, Person::Absent).await;
        let create = json!({ "action": "create", "account": "redmine", "subject": "Printer on fire", "description": "Again." });
        let told = client.call("ticket_write", create).await.ok();
        assert_eq!(told["outcome"], "created");
        let ticket = told["ticket"].as_str().unwrap();
        let (_, id) = ticket.split_once(':').unwrap();
        for arguments in [
            json!({ "action": "comment", "ticket": ticket, "text": "A note" }),
            json!({ "action": "update", "ticket": ticket, "subject": "Printer was on fire" }),
            json!({ "action": "resolve", "ticket": ticket }),
        ] {
            client.call("ticket_write", arguments).await.ok();
        }
        let record = desk.sandbox.ticket(Vendor::Redmine, id).unwrap();
        assert_eq!(record.subject, "Printer was on fire");
        assert!(record.closed);
        assert!(
            record
                .messages
                .iter()
                .any(|message| message.text == "A note")
        );
        client.leave().await;
    }
}

#[tokio::test]
async fn status_that_is_a_delete_with_some_vendors_cannot_be_set() {
    let desk = Desk::open().await;
    let before = desk.all();
    let rt = format!("rt:{}", desk.ids(Vendor::Rt)[0]);
    let client = desk.client(writes(), Era::Discover, Person::Absent).await;
    for status in ["deleted", "Deleted", "rejected", ""] {
        let update = json!({ "action": "update", "ticket": rt, "status": status });
        let (kind, _) = client.call("ticket_write", update).await.refusal();
        assert_eq!(kind, "invalid_input", "{status}");
    }
    assert_eq!((desk.all(), desk.writes()), (before, 0));
}

#[tokio::test]
async fn write_whose_answer_is_lost_is_told_as_unknown_and_not_repeated() {
    let desk = Desk::open().await;
    desk.sandbox
        .inject(Rule::new(Fault::LostResponse).endpoint(ticket_sandbox::Endpoint::Create));
    let before = desk.ids(Vendor::Redmine).len();
    let client = desk.client(writes(), Era::Discover, Person::Absent).await;
    let create = json!({ "action": "create", "account": "redmine", "subject": "Once" });
    let told = client.call("ticket_write", create).await;
    assert!(told.refused);
    assert_eq!(told.value["error"]["effect"], "unknown", "{}", told.value);
    assert!(
        told.value["error"]["hint"]
            .as_str()
            .unwrap()
            .contains("may have succeeded")
    );
    assert_eq!(
        desk.ids(Vendor::Redmine).len(),
        before + 1,
        "it was created once"
    );
    assert_eq!(desk.audit.entries()[0]["effect"], "unknown");
}
