//! What is read from each field of the vendor's replies.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ticket_core::model::{PageRequest, Status};
use ticket_core::{CallContext, TicketProvider as _};
use ticket_leadsquared::LeadSquared;
use ticket_sandbox::Sandbox;

use crate::common::{answer, config};

/// The keys of the domain's JSON that a reply fills, beside those that `bare` fills.
fn filled(bare: &Value, value: &Value) -> Vec<(String, Value)> {
    let bare = bare.as_object().unwrap();
    let value = value.as_object().unwrap().iter();
    value
        .filter(|(key, value)| *key != "raw" && bare.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Every key of the domain's JSON is in the table or among those that the vendor does not document.
fn covers(bare: &Value, read: &[(&'static str, Value)], undocumented: &[&'static str]) {
    let mut known: BTreeSet<&str> = read.iter().map(|(key, _)| *key).collect();
    known.extend(undocumented);
    known.extend(["id", "raw"]);
    let all: BTreeSet<&str> = bare
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(known, all);
}

/// A reply with this one field.
fn field(name: &str, value: impl Into<Value>) -> Value {
    json!({"Id": 143, "Fields": [{"SchemaName": name, "Value": value.into()}]})
}

/// Replies that fill one field of the domain's, with it and its value.
fn ticket_rows() -> Vec<(Value, &'static str, Value)> {
    let person = json!({"id": "G", "name": null, "email": null, "phone": null});
    vec![
        (field("Title", "T"), "subject", json!("T")),
        (field("Description", "D"), "description", json!("D")),
        (field("Type", "General"), "category", json!("General")),
        (field("Status", "Open"), "status", json!("open")),
        (field("Status", "ON HOLD"), "status", json!("on_hold")),
        (field("Status", "Resolved"), "status", json!("resolved")),
        (field("Status", "Closed"), "status", json!("closed")),
        (field("Status", "Solved"), "status", json!("resolved")),
        (field("Status", "Done"), "status", json!("closed")),
        (field("Status", "Waiting"), "status", json!("Waiting")),
        (field("Priority", "Low"), "priority", json!("low")),
        (field("Priority", "Medium"), "priority", json!("medium")),
        (field("Priority", "High"), "priority", json!("high")),
        (field("Priority", "Urgent"), "priority", json!("urgent")),
        (field("Priority", "P0"), "priority", json!("P0")),
        (
            field("DueDate", "2024-08-29T10:36:23"),
            "due_at",
            json!("2024-08-29T05:06:23Z"),
        ),
        (
            field("DueDate", "2024-08-29T10:36:23.5Z"),
            "due_at",
            json!("2024-08-29T10:36:23.5Z"),
        ),
        (
            json!({"Id": "143", "LeadId": "G", "Fields": []}),
            "requester",
            person,
        ),
    ]
}

#[tokio::test]
async fn each_field_of_a_reply_is_read_into_one_field_or_stays_in_raw() {
    let kept = [
        field("Title", ""),
        field("title", "another field"),
        field("Title", Value::Null),
        field("DueDate", "tomorrow"),
        field("TicketKey", "#143"),
        field("Channel", "Chat"),
        field("CcEmails", "cc@example.com"),
        field("Tags", "a,b"),
        field("SubType", "Refund"),
        field("CustomData.SRC_CS_2", "Online"),
        json!({"Id": "143", "LeadId": "", "TicketId": "03913666", "Fields": [], "Association": 1}),
    ];
    let sandbox = Sandbox::start().await.unwrap();
    let config = config(&sandbox)
        .resolved_status("Solved")
        .closed_status("Done")
        .time_zone("Asia/Kolkata");
    let provider = LeadSquared::new(&config).unwrap();
    let read = async |wire: &Value| {
        answer(&sandbox, 200, wire.to_string());
        let ticket = provider
            .get(&CallContext::new(), &"143".into())
            .await
            .unwrap();
        assert_eq!(ticket.raw.get(), wire.to_string());
        serde_json::to_value(&ticket).unwrap()
    };
    let bare = read(&json!({"Id": "143", "Fields": []})).await;
    assert_eq!(bare["id"], "143");
    let rows = ticket_rows();
    for (wire, key, value) in &rows {
        let expected = [((*key).to_owned(), value.clone())];
        assert_eq!(filled(&bare, &read(wire).await), expected, "{wire}");
    }
    for wire in &kept {
        assert_eq!(filled(&bare, &read(wire).await), [], "{wire}");
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(_, key, value)| (key, value))
        .collect();
    let undocumented = ["assignee", "tags", "created_at", "updated_at", "closed_at"];
    covers(&bare, &rows, &undocumented);
}

#[tokio::test]
async fn the_accounts_own_names_of_statuses_come_before_the_usual_ones() {
    let sandbox = Sandbox::start().await.unwrap();
    for (resolved, closed, name, status) in [
        ("Closed", "Archived", "Closed", Status::Resolved),
        ("Closed", "Archived", "archived", Status::Closed),
        ("Solved", "Resolved", "Resolved", Status::Closed),
        // One name for both says more of the ticket as the later state.
        ("Closed", "Closed", "Closed", Status::Closed),
    ] {
        let config = config(&sandbox)
            .resolved_status(resolved)
            .closed_status(closed);
        let provider = LeadSquared::new(&config).unwrap();
        answer(&sandbox, 200, field("Status", name).to_string());
        let ticket = provider
            .get(&CallContext::new(), &"143".into())
            .await
            .unwrap();
        assert_eq!(ticket.status, Some(status), "{resolved}, {closed}: {name}");
    }
}

#[tokio::test]
async fn each_field_of_a_message_is_read_into_one_field_or_stays_in_raw() {
    let person = json!({"id": "G", "name": null, "email": null, "phone": null});
    let of = |name: &str, value: &str| json!({"Id": 131, name: value});
    let rows: Vec<(Value, &str, Value)> = vec![
        (
            of("RelatedActivityType", "InboundEmail"),
            "direction",
            json!("inbound"),
        ),
        (
            of("RelatedActivityType", "PortalInbound"),
            "direction",
            json!("inbound"),
        ),
        (
            of("RelatedActivityType", "OutboundEmail"),
            "direction",
            json!("outbound"),
        ),
        (
            of("RelatedActivityType", "PortalOutbound"),
            "direction",
            json!("outbound"),
        ),
        (of("Text", "T"), "body", json!("T")),
        (of("Html", "<p>H</p>"), "body", json!("<p>H</p>")),
        (
            json!({"Id": 131, "Text": "T", "Html": "<p>H</p>"}),
            "body",
            json!("T"),
        ),
        (
            json!({"Id": 131, "Text": "\r\n", "Html": "<p>H</p>"}),
            "body",
            json!("<p>H</p>"),
        ),
        (
            json!({"Id": 131, "Text": null, "Html": "<p>H</p>"}),
            "body",
            json!("<p>H</p>"),
        ),
        (of("CreatedBy", "G"), "author", person),
        (
            of("CreatedOn", "2024-08-28T12:38:36.198"),
            "created_at",
            json!("2024-08-28T07:08:36.198Z"),
        ),
    ];
    let kept = [
        of("RelatedActivityType", "Telepathy"),
        of("CreatedBy", ""),
        of("CreatedOn", "yesterday"),
        json!({"Id": "131", "Attachments": [{"Name": "a.png"}], "Channel": 7}),
    ];
    let sandbox = Sandbox::start().await.unwrap();
    let provider = LeadSquared::new(&config(&sandbox).time_zone("Asia/Kolkata")).unwrap();
    let read = async |wire: &Value| {
        let reply =
            json!({"Total": 2, "Conversations": null, "ConversationList": [{"Id": 7}, wire]});
        answer(&sandbox, 200, reply.to_string());
        let page = provider
            .messages(&CallContext::new(), &"143".into(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.total), (2, Some(2)));
        assert_eq!(page.items[0].id.as_deref(), Some("7"));
        assert_eq!(page.items[1].raw.get(), wire.to_string());
        serde_json::to_value(&page.items[1]).unwrap()
    };
    let bare = read(&json!({"Id": 131})).await;
    assert_eq!((&bare["id"], &bare["body"]), (&json!("131"), &json!("")));
    for (wire, key, value) in &rows {
        let expected = [((*key).to_owned(), value.clone())];
        assert_eq!(filled(&bare, &read(wire).await), expected, "{wire}");
    }
    for wire in &kept {
        assert_eq!(filled(&bare, &read(wire).await), [], "{wire}");
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(_, key, value)| (key, value))
        .collect();
    covers(&bare, &rows, &[]);
}
