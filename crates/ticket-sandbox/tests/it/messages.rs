//! What is written on tickets: OneCloud's conversations, LeadSquared's conversations and comments.

use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Fault, MessageKind, Rule, Sandbox, Vendor};

use crate::client::{leadsquared, onecloud};

async fn conversation(sandbox: &Sandbox, id: &str) -> Value {
    let path = format!("/api/ticket/conversations/{id}");
    let answer = onecloud(sandbox, "GET", &path, Value::Null).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

#[tokio::test]
async fn the_text_of_a_new_onecloud_ticket_is_its_first_message() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({
        "fullName": "Agung Januar", "contact": "agung@email.com", "category": "Request",
        "subject": "Subscribe", "content": "How to do it?",
    });
    onecloud(&sandbox, "POST", "/api/ticket/create", body).await;
    let added = sandbox.add_message(
        Vendor::OneCloud,
        "515090",
        MessageKind::Outgoing,
        "Like this.",
    );
    let reply = conversation(&sandbox, "515090").await;
    assert_eq!(reply["response_code"], "200");
    assert_eq!(reply["response_status"], "Success");
    assert_eq!(reply["type"], "message");
    assert_eq!(reply["ticketId"], "515090");
    let messages = reply["data"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    for message in messages {
        let keys = message.as_object().unwrap();
        assert_eq!(keys.len(), 45);
        for (key, value) in keys {
            let is_number = ["Processing", "Modifier"].contains(&key.as_str());
            let fits = match value {
                Value::Number(_) => is_number,
                Value::Array(_) => key == "Contents",
                Value::String(_) | Value::Null => !is_number,
                _ => false,
            };
            assert!(fits, "{key}: {value}");
        }
        assert_eq!(message["Contents"][0]["BodyText"], message["Content"]);
    }
    let [question, answer] = messages.as_slice() else {
        panic!("two messages");
    };
    assert_eq!(question["Incoming"], "1");
    assert_eq!(question["Content"], "How to do it?");
    assert_eq!(question["FromName"], "Agung Januar");
    assert_eq!(
        (&answer["Incoming"], &answer["FromName"]),
        (&json!("0"), &Value::Null)
    );
    assert_eq!(answer["Id"], json!(added));

    let record = sandbox.ticket(Vendor::OneCloud, "515090").unwrap();
    let kept: Vec<_> = record
        .messages
        .iter()
        .map(|it| (it.kind, it.text.as_str()))
        .collect();
    assert_eq!(
        kept,
        [
            (MessageKind::Incoming, "How to do it?"),
            (MessageKind::Outgoing, "Like this."),
        ]
    );
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(seen.endpoint, Some(Endpoint::Messages));
    assert!(!seen.is_write && !seen.took_effect);
}

#[tokio::test]
async fn onecloud_nested_messages_setting_nests_later_messages() {
    let builder = Sandbox::builder().onecloud_nested_messages(true);
    let sandbox = builder.start().await.unwrap();
    let flat = conversation(&sandbox, "121").await;
    assert_eq!(flat["data"].as_array().unwrap().len(), 1);
    for text in ["two", "three"] {
        sandbox.add_message(Vendor::OneCloud, "121", MessageKind::Outgoing, text);
    }
    let nested = conversation(&sandbox, "121").await;
    assert_eq!(nested["data"][0], flat["data"][0]);
    let wrapper = &nested["data"][1];
    assert_eq!(
        (&wrapper["type"], &wrapper["ticketId"]),
        (&json!("message"), &json!("121"))
    );
    assert_eq!(wrapper["data"][0]["Content"], "two");
    assert_eq!(wrapper["data"][1]["Content"], "three");
    assert_eq!(nested["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_onecloud_ticket_can_be_without_messages_and_an_unknown_one_is_not_found() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.add_tickets(Vendor::OneCloud, 1);
    assert_eq!(
        conversation(&sandbox, "515090").await,
        json!({
            "response_code": "200", "response_status": "Success", "type": "message",
            "ticketId": "515090", "data": [],
        })
    );
    let path = "/api/ticket/conversations/999";
    let unknown = onecloud(&sandbox, "GET", path, Value::Null).await;
    assert_eq!((unknown.status, unknown.text()), (404, ""));
    sandbox.exhaust_quota();
    let refused = onecloud(&sandbox, "GET", path, Value::Null).await;
    assert_eq!(refused.json()["records"]["errorCode"], 401);
}

async fn filtered(sandbox: &Sandbox, id: u64, kinds: &[&str]) -> Value {
    let body = json!({ "TicketId": id, "OrgId": 22824, "ActivityType": kinds });
    let answer = leadsquared(sandbox, "POST", "/conversation/filter", body).await;
    assert_eq!(answer.status, 200);
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(
        (seen.endpoint, seen.is_write),
        (Some(Endpoint::Messages), false)
    );
    answer.json()
}

#[tokio::test]
async fn leadsquared_gives_the_kinds_of_conversation_asked_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let reply = filtered(&sandbox, 143, &["InboundEmail"]).await;
    let date = reply["ConversationList"][0]["CreatedOn"].as_str().unwrap();
    assert_eq!(date.len(), "2024-08-28T12:38:36.198".len());
    assert_eq!(
        reply,
        json!({
            "Total": 1, "Conversations": null,
            "ConversationList": [{
                "RelatedActivityType": "InboundEmail", "Html": "<p>Example message</p>",
                "Text": "Example message", "Attachments": [], "CreatedOn": date, "Id": 131,
                "CreatedBy": "a443f7b7-d1fd-11ec-993a-06f221480cd8",
            }],
        })
    );
    let both = filtered(&sandbox, 143, &["OutboundEmail", "InboundEmail"]).await;
    assert_eq!(both["Total"], 2);
    for (id, kinds) in [
        (143, vec!["PortalOutbound"]),
        (143, vec![]),
        (999, vec!["InboundEmail"]),
    ] {
        assert_eq!(
            filtered(&sandbox, id, &kinds).await,
            json!({ "Total": 0, "Conversations": null, "ConversationList": [] })
        );
    }
}

#[tokio::test]
async fn the_leadsquared_filter_wants_numbers_and_known_kinds() {
    let sandbox = Sandbox::start().await.unwrap();
    for (key, value) in [
        ("TicketId", json!("143")),
        ("OrgId", json!("22824")),
        ("OrgId", json!(1)),
        ("ActivityType", json!("InboundEmail")),
        ("ActivityType", json!(["CreateInternalNote"])),
        ("ActivityType", Value::Null),
    ] {
        let mut body = json!({ "TicketId": 143, "OrgId": 22824, "ActivityType": ["InboundEmail"] });
        body[key] = value;
        let answer = leadsquared(&sandbox, "POST", "/conversation/filter", body).await;
        assert_eq!((answer.status, answer.text()), (400, ""), "{key}");
    }
}

fn written(sandbox: &Sandbox, id: &str) -> Vec<(MessageKind, String)> {
    let record = sandbox.ticket(Vendor::LeadSquared, id).unwrap();
    let messages = record.messages.into_iter();
    messages
        .map(|message| (message.kind, message.text))
        .collect()
}

#[tokio::test]
async fn a_portal_activity_becomes_a_conversation() {
    let sandbox = Sandbox::start().await.unwrap();
    let path = "/ticket/160/portal/activity";
    let body = |text: &str| json!({ "Text": text, "Direction": "INBOUND" });
    for (number, text) in [("1", "First"), ("2", "a < b")] {
        let answer = leadsquared(&sandbox, "POST", path, body(text)).await;
        assert_eq!(
            (answer.status, answer.json()),
            (
                200,
                json!({ "Id": number, "Status": "Success", "Message": null })
            )
        );
        let seen = sandbox.journal().pop().unwrap();
        assert_eq!(seen.endpoint, Some(Endpoint::Comment));
        assert!(seen.is_write && seen.took_effect);
    }
    let list = filtered(&sandbox, 160, &["PortalInbound"]).await["ConversationList"].clone();
    assert_eq!(list[0]["Text"], "First");
    assert_eq!(
        (&list[1]["Text"], &list[1]["Html"]),
        (&json!("a < b"), &json!("<p>a &lt; b</p>"))
    );

    for (path, body, status) in [
        (path, json!({ "Text": "x", "Direction": "OUTBOUND" }), 400),
        (path, json!({ "Text": "x" }), 400),
        (path, json!({ "Direction": "INBOUND" }), 400),
        ("/ticket/999/portal/activity", body("x"), 404),
        ("/tickets/160/portal/activity", body("x"), 404),
    ] {
        let answer = leadsquared(&sandbox, "POST", path, body.clone()).await;
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(!sandbox.journal().pop().unwrap().took_effect);
    }
    let empty = leadsquared(&sandbox, "POST", path, body("")).await;
    assert_eq!(
        (empty.status, empty.json()),
        (
            200,
            json!({ "Id": null, "Status": "Failure", "Message": "Text is empty" })
        )
    );
    assert_eq!(written(&sandbox, "160").len(), 2);
}

fn note() -> Value {
    json!({
        "TextPart": "Resolve this ticket ASAP.", "ActivityType": "CreateInternalNote",
        "StorageType": "Permament", "RelatedTicketId": 143,
    })
}

#[tokio::test]
async fn an_internal_note_is_kept_and_is_no_conversation() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = leadsquared(&sandbox, "POST", "/internalnote/upload", note()).await;
    assert_eq!(
        (answer.status, answer.json()),
        (
            200,
            json!({
                "Message": "Activity Created", "RelatedTicketId": "143", "RelatedOrgId": "22824",
                "RelatedChannelMonitoringRequestId": 0,
            })
        )
    );
    let kept = written(&sandbox, "143").pop();
    assert_eq!(
        kept,
        Some((MessageKind::Note, "Resolve this ticket ASAP.".to_owned()))
    );
    let kinds = [
        "InboundEmail",
        "OutboundEmail",
        "PortalInbound",
        "PortalOutbound",
    ];
    assert_eq!(filtered(&sandbox, 143, &kinds).await["Total"], 2);
}

#[tokio::test]
async fn internal_note_requires_misspelt_storage_type_and_numeric_id() {
    let sandbox = Sandbox::start().await.unwrap();
    for (key, value, status) in [
        ("StorageType", json!("Permanent"), 400),
        ("ActivityType", json!("InternalNote"), 400),
        ("RelatedTicketId", json!("143"), 400),
        ("RelatedTicketId", json!(999), 404),
        ("TextPart", json!(""), 400),
        ("TextPart", Value::Null, 400),
    ] {
        let mut body = note();
        body[key] = value;
        let answer = leadsquared(&sandbox, "POST", "/internalnote/upload", body).await;
        assert_eq!((answer.status, answer.text()), (status, ""), "{key}");
    }
    assert_eq!(written(&sandbox, "143").len(), 2);
    assert!(sandbox.journal().iter().all(|seen| !seen.took_effect));
}

#[tokio::test]
async fn failed_comment_exists_only_if_it_took_effect() {
    let sandbox = Sandbox::start().await.unwrap();
    let rule = |fault| Rule::new(fault).endpoint(Endpoint::Comment);
    sandbox.inject(rule(Fault::StatusAfterEffect(500)));
    sandbox.inject(rule(Fault::Status(500)));
    for there in [3, 3] {
        let answer = leadsquared(&sandbox, "POST", "/internalnote/upload", note()).await;
        assert_eq!((answer.status, answer.text()), (500, ""));
        assert_eq!(written(&sandbox, "143").len(), there);
    }
}

#[tokio::test]
async fn every_leadsquared_call_counts_against_the_limit() {
    let sandbox = Sandbox::start().await.unwrap();
    for _ in 0..25 {
        filtered(&sandbox, 143, &[]).await;
    }
    let refused = leadsquared(&sandbox, "POST", "/internalnote/upload", note()).await;
    assert_eq!(refused.status, 429);
    assert_eq!(written(&sandbox, "143").len(), 2);
}
