//! Domain field ↔ wire field ↔ refused, as a table each way.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use serde_json::{Value, json};
use ticket_core::model::{
    Attachment, Cursor, Direction, PageRequest, Person, Priority, State, Status,
};
use ticket_core::provider::Field;
use ticket_core::{
    CallContext, Effect, NewTicket, Ticket, TicketPatch, TicketProvider as _, TicketQuery,
};
use ticket_sandbox::Sandbox;
use ticket_sweeppea::wire::{CreateTicket, UpdateTicket};

use common::{answer, connected};

fn last_body(sandbox: &Sandbox) -> Value {
    sandbox.journal().last().unwrap().json().unwrap()
}

fn base() -> NewTicket {
    NewTicket::new("a subject")
        .description("a description")
        .priority(Priority::Medium)
}

#[tokio::test]
async fn each_field_of_a_new_ticket_is_carried_under_its_wire_name_or_refused() {
    let (sandbox, provider) = connected().await;
    let created = r#"{"Response":true,"Data":{"CaseNumber":"2650478"}}"#;
    for (ticket, name, value) in [
        (base(), "Title", json!("a subject")),
        (base().description("x"), "Description", json!("x")),
        (base().priority(Priority::Low), "Priority", json!(1)),
        (base().priority(Priority::High), "Priority", json!(3)),
        (
            base().priority(Priority::from_name("2")),
            "Priority",
            json!(2),
        ),
        (base().assignee("x"), "AssignTo", json!("x")),
    ] {
        answer(&sandbox, 201, created);
        provider.create(&CallContext::new(), &ticket).await.unwrap();
        let mut expected =
            json!({"Title": "a subject", "Description": "a description", "Priority": 2});
        expected[name] = value;
        assert_eq!(last_body(&sandbox), expected, "{name}");
    }
    let sent = sandbox.journal().len();
    for (ticket, field) in [
        (base().requester(Person::with_id("x")), Field::RequesterId),
        (base().requester(Person::named("x")), Field::RequesterName),
        (
            base().requester(Person::default().email("x")),
            Field::RequesterEmail,
        ),
        (
            base().requester(Person::default().phone("x")),
            Field::RequesterPhone,
        ),
        (base().category("x"), Field::Category),
        (base().tag("x"), Field::Tags),
        (
            base().attachment(Attachment::new("x", *b"x")),
            Field::Attachments,
        ),
        (base().priority(Priority::Urgent), Field::Priority),
    ] {
        let error = provider
            .create(&CallContext::new(), &ticket)
            .await
            .unwrap_err();
        assert_eq!(error.effect(), Effect::None);
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{error} names {field}"
        );
    }
    assert_eq!(sandbox.journal().len(), sent);
}

#[tokio::test]
async fn each_field_of_a_patch_is_carried_under_its_wire_name_or_refused() {
    let (sandbox, provider) = connected().await;
    let updated = r#"{"Response":true,"Ticket":{"CaseNumber":"2650478"}}"#;
    for (patch, expected) in [
        (
            TicketPatch::new().subject("x"),
            json!({"CaseId": "2650478", "Title": "x"}),
        ),
        (
            TicketPatch::new().description("x"),
            json!({"CaseId": "2650478", "Description": "x"}),
        ),
    ] {
        answer(&sandbox, 200, updated);
        provider
            .update(&CallContext::new(), &"2650478".into(), &patch)
            .await
            .unwrap();
        assert_eq!(last_body(&sandbox), expected);
    }
    let sent = sandbox.journal().len();
    for (patch, field) in [
        (TicketPatch::new().status(Status::Closed), "`status`"),
        (TicketPatch::new().priority(Priority::Low), "`priority`"),
        (TicketPatch::new().category("x"), "`category`"),
        (TicketPatch::new().assignee("x"), "`assignee`"),
        (
            TicketPatch::new().attachment(Attachment::new("x", *b"x")),
            "`attachments`",
        ),
        (TicketPatch::new().custom("Pin", "x"), "`Pin`"),
        (TicketPatch::new(), "nothing to change"),
    ] {
        let error = provider
            .update(&CallContext::new(), &"2650478".into(), &patch)
            .await
            .unwrap_err();
        assert_eq!(error.effect(), Effect::None);
        assert!(error.to_string().contains(field), "{error} names {field}");
    }
    assert_eq!(sandbox.journal().len(), sent);
}

#[tokio::test]
async fn each_filter_of_a_list_is_carried_under_its_wire_name_or_refused() {
    let (sandbox, provider) = connected().await;
    let empty = r#"{"Response":true,"Data":{"TotalTickets":0,"Tickets":[]}}"#;
    let all = TicketQuery::new;
    let at = |cursor: &str| PageRequest::first().at(Cursor::new(cursor));
    for (query, function, expected) in [
        (all(), "fetchOpenTickets", json!({"page": 1})),
        (
            all().state(State::Open),
            "fetchOpenTickets",
            json!({"page": 1}),
        ),
        (
            all().state(State::Closed),
            "fetchClosedTickets",
            json!({"page": 1}),
        ),
        (
            all().search("x"),
            "fetchOpenTickets",
            json!({"page": 1, "search": "x"}),
        ),
        (
            all().category("x"),
            "fetchOpenTickets",
            json!({"page": 1, "platform": "x"}),
        ),
        (
            all().priority(Priority::High),
            "fetchOpenTickets",
            json!({"page": 1, "priority": 3}),
        ),
        (
            all().page(at("open:7:120")),
            "fetchOpenTickets",
            json!({"page": 7}),
        ),
        (
            all().page(at("closed:7:120")),
            "fetchClosedTickets",
            json!({"page": 7}),
        ),
    ] {
        answer(&sandbox, 200, empty);
        provider.list(&CallContext::new(), &query).await.unwrap();
        assert_eq!(last_body(&sandbox), expected);
        assert_eq!(
            sandbox.journal().last().unwrap().path,
            format!("/sweeppea/tickets/{function}")
        );
    }
    let sent = sandbox.journal().len();
    for (query, field) in [
        (all().page(PageRequest::first().limit(7)), "`limit`"),
        (all().priority(Priority::Urgent), "`priority`"),
        (all().page(at("")), "`cursor`"),
        (all().page(at("open:0:0")), "`cursor`"),
        (all().page(at("open:1")), "`cursor`"),
        (all().page(at("elsewhere:1:0")), "`cursor`"),
        (all().state(State::Closed).page(at("open:1:0")), "`cursor`"),
    ] {
        let error = provider
            .list(&CallContext::new(), &query)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(field), "{error} names {field}");
    }
    assert_eq!(sandbox.journal().len(), sent);
}

#[tokio::test]
async fn each_wire_field_of_a_ticket_lands_in_its_domain_field() {
    type Read = fn(&Ticket) -> Option<String>;
    let requester: Read = |it| it.requester.as_ref().and_then(|it| it.name.clone());
    let table: &[(&str, Value, Read, Option<&str>)] = &[
        ("Subject", json!("x"), |it| it.subject.clone(), Some("x")),
        (
            "Description",
            json!("<p>x</p>"),
            |it| it.description.clone(),
            Some("<p>x</p>"),
        ),
        (
            "Status",
            json!(false),
            |it| it.status.as_ref().map(ToString::to_string),
            Some("open"),
        ),
        (
            "Status",
            json!(true),
            |it| it.status.as_ref().map(ToString::to_string),
            Some("closed"),
        ),
        (
            "Priority",
            json!(1),
            |it| it.priority.as_ref().map(ToString::to_string),
            Some("low"),
        ),
        (
            "Priority",
            json!(3),
            |it| it.priority.as_ref().map(ToString::to_string),
            Some("high"),
        ),
        (
            "Priority",
            json!(9),
            |it| it.priority.as_ref().map(ToString::to_string),
            Some("9"),
        ),
        (
            "ResourceAffected",
            json!("General"),
            |it| it.category.clone(),
            Some("General"),
        ),
        (
            "AccountInfo",
            json!({"FullName": "x"}),
            requester,
            Some("x"),
        ),
        (
            "AccountInfo",
            json!({"Email": "x"}),
            |it| it.requester.as_ref()?.email.clone(),
            Some("x"),
        ),
        (
            "AccountInfo",
            json!({"MobileNumber": "x"}),
            |it| it.requester.as_ref()?.phone.clone(),
            Some("x"),
        ),
        (
            "Date",
            json!("2026-01-26T12:32:29.600Z"),
            |it| Some(it.created_at?.to_string()),
            Some("2026-01-26T12:32:29.6Z"),
        ),
        (
            "CloseDate",
            json!("2026-01-26T12:32:29.600Z"),
            |it| Some(it.closed_at?.to_string()),
            Some("2026-01-26T12:32:29.6Z"),
        ),
        (
            "CloseDate",
            Value::Null,
            |it| Some(it.closed_at?.to_string()),
            None,
        ),
    ];
    let (sandbox, provider) = connected().await;
    for (name, value, read, expected) in table {
        answer(
            &sandbox,
            200,
            json!({"Response": true, "Data": {"CaseNumber": "X", *name: value}}).to_string(),
        );
        let ticket = provider
            .get(&CallContext::new(), &"X".into())
            .await
            .unwrap();
        assert_eq!(read(&ticket).as_deref(), *expected, "{name}");
    }
}

#[tokio::test]
async fn each_wire_field_of_a_row_lands_in_its_domain_field() {
    type Read = fn(&Ticket) -> Option<String>;
    let table: &[(&str, Value, Read, &str)] = &[
        ("Subject", json!("x"), |it| it.subject.clone(), "x"),
        (
            "Priority",
            json!(2),
            |it| it.priority.as_ref().map(ToString::to_string),
            "medium",
        ),
        (
            "Priority",
            json!(-300),
            |it| it.priority.as_ref().map(ToString::to_string),
            "-300",
        ),
        (
            "ResourceAffected",
            json!("api"),
            |it| it.category.clone(),
            "api",
        ),
        (
            "Date",
            json!("2026-01-26T12:32:29.600Z"),
            |it| Some(it.created_at?.to_string()),
            "2026-01-26T12:32:29.6Z",
        ),
    ];
    let (sandbox, provider) = connected().await;
    for (name, value, read, expected) in table {
        let row = json!({"CaseNumber": "X", *name: value});
        let list = json!({"Response": true, "Data": {"TotalTickets": 1, "Tickets": [row]}});
        for (state, status) in [(State::Open, Status::Open), (State::Closed, Status::Closed)] {
            answer(&sandbox, 200, list.to_string());
            let query = TicketQuery::new().state(state);
            let page = provider.list(&CallContext::new(), &query).await.unwrap();
            let ticket = &page.items[0];
            assert_eq!(read(ticket).as_deref(), Some(*expected), "{name}");
            assert_eq!((ticket.id.as_str(), &ticket.status), ("X", &Some(status)));
        }
    }
}

#[tokio::test]
async fn each_wire_field_of_a_note_lands_in_its_domain_field() {
    let (sandbox, provider) = connected().await;
    let note = json!({"Id": "n7", "Date": "2025-01-26T11:00:00.000Z", "Note": "Investigating"});
    let ticket = json!({"CaseNumber": "X", "Notes": [note]});
    let reply = json!({"Response": true, "Data": ticket}).to_string();
    answer(&sandbox, 200, reply);
    let page = provider
        .messages(&CallContext::new(), &"X".into(), &PageRequest::first())
        .await
        .unwrap();
    let message = &page.items[0];
    assert_eq!(last_body(&sandbox), json!({"caseNumber": "X"}));
    assert_eq!(message.id.as_deref(), Some("n7"));
    assert_eq!(message.body, "Investigating");
    assert_eq!(message.direction, Some(Direction::Internal));
    let written = message.created_at.map(|time| time.to_string());
    assert_eq!(written.as_deref(), Some("2025-01-26T11:00:00Z"));
    assert!(message.author.is_none());
}

/// The domain needs the key only; the rest is for users of the native client.
#[tokio::test]
async fn each_wire_field_of_a_written_ticket_is_read() {
    let (sandbox, client) = connected().await;
    let ticket = json!({
        "CaseNumber": "X", "Subject": "s", "Description": "d", "Priority": 300, "Status": "Open",
        "AssignedTo": {"FullName": "Admin User", "Email": "support@example.com"},
        "CreationDate": "2026-01-26T12:32:29.600Z",
    });
    let reply = json!({"Response": true, "Data": ticket}).to_string();
    answer(&sandbox, 201, reply);
    let created = client.create_ticket(&CreateTicket::new("s", "d", 3)).await;
    let created = created.unwrap().value;
    assert_eq!(created.case_number.as_str(), "X");
    assert_eq!(created.subject.as_deref(), Some("s"));
    assert_eq!(
        (created.priority, created.status),
        (Some(300), Some("Open".to_owned()))
    );
    let admin = created.assigned_to.unwrap();
    assert_eq!(admin.full_name.as_deref(), Some("Admin User"));
    assert_eq!(admin.email.as_deref(), Some("support@example.com"));
    let filed = created.creation_date.map(|time| time.to_string());
    assert_eq!(filed.as_deref(), Some("2026-01-26T12:32:29.6Z"));

    let ticket = json!({
        "CaseNumber": "X", "Subject": "s", "Description": "d", "Priority": 300, "Status": false,
    });
    let reply = json!({"Response": true, "Ticket": ticket}).to_string();
    answer(&sandbox, 200, reply);
    let updated = client.update_ticket(&UpdateTicket::new("X")).await;
    let updated = updated.unwrap().value;
    assert_eq!(updated.subject.as_deref(), Some("s"));
    assert_eq!(updated.description.as_deref(), Some("d"));
    assert_eq!((updated.priority, updated.status), (Some(300), Some(false)));

    let ticket = json!({
        "CaseNumber": "X", "Subject": "s", "Status": true, "CloseDate": "2026-01-26T12:05:35.534Z",
        "ClosedBy": "John Doe",
    });
    let reply = json!({"Response": true, "Data": ticket}).to_string();
    answer(&sandbox, 200, reply);
    let resolved = client.resolve_ticket("X").await.unwrap().value;
    assert_eq!(resolved.subject.as_deref(), Some("s"));
    assert_eq!(
        (resolved.status, resolved.closed_by.as_deref()),
        (Some(true), Some("John Doe"))
    );
    let closed = resolved.close_date.map(|time| time.to_string());
    assert_eq!(closed.as_deref(), Some("2026-01-26T12:05:35.534Z"));
}
