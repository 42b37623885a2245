//! Domain field ↔ wire field ↔ refused, as a table each way.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "helpers of tests may panic, and tables are long"
)]

mod common;

use serde_json::{Value, json};
use ticket_core::model::{Attachment, PageRequest, Person, Priority, State};
use ticket_core::{
    CallContext, Effect, ErrorKind, NewTicket, Ticket, TicketProvider as _, TicketQuery,
};
use ticket_onecloud::wire;

use common::{answer, connected};

/// A ticket with every required field, each under a value of its own.
fn base() -> NewTicket {
    NewTicket::new("a subject")
        .description("a description")
        .category("a category")
        .requester(Person::named("a name").email("a@example.com"))
}

#[tokio::test]
async fn each_field_of_a_new_ticket_is_carried_under_its_wire_name_or_refused() {
    let person = || Person::named("a name").email("a@example.com");
    let carried: [(NewTicket, &str, &str); 6] = [
        (base(), "subject", "a subject"),
        (base().description("x"), "content", "x"),
        (base().category("x"), "category", "x"),
        (base().requester(person().name("x")), "fullName", "x"),
        (base().requester(person().email("x")), "contact", "x"),
        (base().custom("coordinate", "1,2"), "coordinate", "1,2"),
    ];
    let (sandbox, provider) = connected().await;
    for (ticket, name, value) in carried {
        provider.create(&CallContext::new(), &ticket).await.unwrap();
        let sent = sandbox.journal().last().unwrap().json().unwrap();
        let mut expected = json!({
            "subject": "a subject", "content": "a description", "category": "a category",
            "fullName": "a name", "contact": "a@example.com",
        });
        expected[name] = json!(value);
        assert_eq!(sent, expected, "{name}");
    }
    let unlike = |change: fn(&mut NewTicket)| {
        let mut ticket = base();
        change(&mut ticket);
        ticket
    };
    let refused = [
        (base().requester(person().id("x")), "requester_id"),
        (base().requester(person().phone("x")), "requester_phone"),
        (base().priority(Priority::Low), "priority"),
        (base().assignee("x"), "assignee"),
        (base().tag("x"), "tags"),
        (base().custom("file", "x"), "file"),
        (
            base().attachment(Attachment::new("x", *b"x")),
            "attachments",
        ),
        // Required.
        (unlike(|it| it.subject.clear()), "subject"),
        (unlike(|it| it.description = None), "description"),
        (unlike(|it| it.category = None), "category"),
        (unlike(|it| it.requester = None), "requester_name"),
        (base().requester(Person::named("x")), "requester_email"),
    ];
    let sent = sandbox.journal().len();
    for (ticket, field) in refused {
        let error = provider
            .create(&CallContext::new(), &ticket)
            .await
            .unwrap_err();
        let kind = match field {
            "attachments" => ErrorKind::Unsupported,
            _ => ErrorKind::InvalidInput,
        };
        assert_eq!((error.kind(), error.effect()), (kind, Effect::None));
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{error} names {field}"
        );
    }
    assert_eq!(sandbox.journal().len(), sent);
}

#[tokio::test]
async fn each_filter_of_a_list_is_carried_under_its_wire_name_or_refused() {
    let (sandbox, provider) = connected().await;
    let empty = r#"{"limit":20,"offset":0,"count":0,"total":0,"data":[]}"#;
    let page = PageRequest::first;
    for (page, query) in [
        (page(), ""),
        (page().limit(7), "?limit=7"),
        (
            page().at(ticket_core::model::Cursor::new("40")),
            "?offset=40",
        ),
        (
            page().limit(7).at(ticket_core::model::Cursor::new("40")),
            "?limit=7&offset=40",
        ),
    ] {
        answer(&sandbox, 200, empty);
        provider
            .list(&CallContext::new(), &TicketQuery::new().page(page))
            .await
            .unwrap();
        assert_eq!(
            sandbox.journal().last().unwrap().path,
            format!("/onecloud/api/ticketrz{query}")
        );
    }
    let sent = sandbox.journal().len();
    for (query, field) in [
        (TicketQuery::new().state(State::Open), "`state`"),
        (TicketQuery::new().search("x"), "`search`"),
        (TicketQuery::new().priority(Priority::Low), "`priority`"),
        (TicketQuery::new().category("x"), "`category`"),
        (
            TicketQuery::new().page(page().at(ticket_core::model::Cursor::new("x"))),
            "`cursor`",
        ),
    ] {
        let error = provider
            .list(&CallContext::new(), &query)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(field), "{error} names {field}");
    }
    assert_eq!(sandbox.journal().len(), sent);
}

type Read = fn(&Ticket) -> String;

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

fn person(person: Option<&Person>) -> String {
    person.map_or(String::new(), |person| {
        format!("{:?}/{:?}", person.id, person.name)
    })
}

#[tokio::test]
async fn each_wire_field_of_a_ticket_lands_in_its_domain_field() {
    let table: &[(&str, &str, Read, &str)] = &[
        ("Subject", "x", |it| text(it.subject.as_ref()), "x"),
        ("Content", "x", |it| text(it.description.as_ref()), "x"),
        ("Description", "x", |it| text(it.description.as_ref()), "x"),
        (
            "StatusId",
            "TS7",
            |it| it.status.as_ref().unwrap().to_string(),
            "closed",
        ),
        (
            "StatusId",
            "TS1",
            |it| it.status.as_ref().unwrap().to_string(),
            "TS1",
        ),
        (
            "PriorityId",
            "TP1",
            |it| it.priority.as_ref().unwrap().to_string(),
            "low",
        ),
        (
            "PriorityId",
            "TP9",
            |it| it.priority.as_ref().unwrap().to_string(),
            "TP9",
        ),
        ("CategoryId", "332", |it| text(it.category.as_ref()), "332"),
        (
            "Requestor",
            "7",
            |it| person(it.requester.as_ref()),
            "Some(\"7\")/None",
        ),
        (
            "Assignee",
            "7",
            |it| person(it.assignee.as_ref()),
            "Some(\"7\")/None",
        ),
        (
            "AssigneeList",
            "7",
            |it| person(it.assignee.as_ref()),
            "Some(\"7\")/None",
        ),
        (
            "AssigneeTextList",
            "x",
            |it| person(it.assignee.as_ref()),
            "None/Some(\"x\")",
        ),
        (
            "CreateDate",
            "2017-07-10 07:08:46",
            |it| it.created_at.unwrap().to_string(),
            "2017-07-10T00:08:46Z",
        ),
        (
            "ModifyDate",
            "2017-07-10 07:08:46",
            |it| it.updated_at.unwrap().to_string(),
            "2017-07-10T00:08:46Z",
        ),
        (
            "CloseDate",
            "2017-07-10 07:08:46",
            |it| it.closed_at.unwrap().to_string(),
            "2017-07-10T00:08:46Z",
        ),
        (
            "DueDate",
            "2017-07-10 07:08:46",
            |it| it.due_at.unwrap().to_string(),
            "2017-07-10T00:08:46Z",
        ),
        (
            "DueDate",
            "2020-01-01 12:00:00+00:00",
            |it| it.due_at.unwrap().to_string(),
            "2020-01-01T12:00:00Z",
        ),
        (
            "DueDate",
            "0000-00-00 00:00:00",
            |it| format!("{:?}", it.due_at),
            "None",
        ),
        ("Subject", "", |it| format!("{:?}", it.subject), "None"),
    ];
    let (sandbox, provider) = connected().await;
    for (name, value, read, expected) in table {
        answer(&sandbox, 200, json!({"Id": "1", *name: value}).to_string());
        let ticket = provider
            .get(&CallContext::new(), &"1".into())
            .await
            .unwrap();
        assert_eq!(read(&ticket), *expected, "{name}");
    }
}

#[tokio::test]
async fn of_two_wire_fields_the_better_one_is_read() {
    let (sandbox, provider) = connected().await;
    let body = r#"{"Id":"1","Content":"a","Description":"b","Assignee":"1","AssigneeList":"2"}"#;
    answer(&sandbox, 200, body);
    let ticket = provider
        .get(&CallContext::new(), &"1".into())
        .await
        .unwrap();
    assert_eq!(text(ticket.description.as_ref()), "a");
    assert_eq!(person(ticket.assignee.as_ref()), "Some(\"1\")/None");
}

#[tokio::test]
async fn each_wire_field_of_a_row_lands_in_its_domain_field() {
    let table: &[(&str, &str, Read, &str)] = &[
        ("Subject", "x", |it| text(it.subject.as_ref()), "x"),
        ("Description", "x", |it| text(it.description.as_ref()), "x"),
        (
            "Requestor",
            "x",
            |it| person(it.requester.as_ref()),
            "None/Some(\"x\")",
        ),
        (
            "Assignee",
            "x",
            |it| person(it.assignee.as_ref()),
            "None/Some(\"x\")",
        ),
        ("Category", "x", |it| text(it.category.as_ref()), "x"),
        (
            "Status",
            "Closed",
            |it| format!("{:?}", it.status),
            "Some(Closed)",
        ),
        (
            "Status",
            "Open",
            |it| format!("{:?}", it.status),
            "Some(Open)",
        ),
        (
            "Status",
            "On Hold",
            |it| format!("{:?}", it.status),
            "Some(Other(\"On Hold\"))",
        ),
        (
            "Priority",
            "Low",
            |it| format!("{:?}", it.priority),
            "Some(Low)",
        ),
        (
            "Priority",
            "Mild",
            |it| format!("{:?}", it.priority),
            "Some(Other(\"Mild\"))",
        ),
        ("Tags", "a, b", |it| format!("{:?}", it.tags), "[\"a, b\"]"),
        ("Tags", "", |it| format!("{:?}", it.tags), "[]"),
        (
            "CreateDate",
            "2017-07-10 07:08:46",
            |it| it.created_at.unwrap().to_string(),
            "2017-07-10T00:08:46Z",
        ),
        (
            "ModifyDate",
            "2017-07-10 07:08:46",
            |it| it.updated_at.unwrap().to_string(),
            "2017-07-10T00:08:46Z",
        ),
        (
            "DueDate",
            "2017-07-10 07:08:46",
            |it| it.due_at.unwrap().to_string(),
            "2017-07-10T00:08:46Z",
        ),
    ];
    let (sandbox, provider) = connected().await;
    for (name, value, read, expected) in table {
        let body = json!({"total": 1, "data": [{"Id": "1", *name: value}]});
        answer(&sandbox, 200, body.to_string());
        let page = provider
            .list(&CallContext::new(), &TicketQuery::new())
            .await
            .unwrap();
        assert_eq!(read(&page.items[0]), *expected, "{name}");
    }
}

/// The printed body of a recorded exchange.
fn printed(exchange: &str) -> Value {
    serde_json::from_str::<Value>(exchange).unwrap()["response"]["body"].take()
}

/// A field that is read cannot be an object; one that is not read may be anything.
#[tokio::test]
async fn each_field_that_the_vendor_prints_is_read_under_its_name() {
    let (sandbox, provider) = connected().await;
    let ticket = printed(include_str!("contract/get-ok.json"));
    let names: Vec<_> = ticket.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 55);
    for name in names {
        let mut odd = ticket.clone();
        odd[name] = json!({});
        answer(&sandbox, 200, odd.to_string());
        // An odd value is absent, and `raw` keeps it.
        let sent = odd.to_string();
        match provider.get_ticket("1").await {
            Ok(found) => assert!(name != "Id" && found.raw.get() == sent, "{name}"),
            Err(error) => assert!(
                name == "Id" && error.to_string().contains("`Id`"),
                "{error}"
            ),
        }
        odd[name] = Value::Null;
        answer(&sandbox, 200, odd.to_string());
        let absent = provider.get_ticket("1").await;
        assert_eq!(absent.is_ok(), name != "Id", "{name}");
    }

    let list = printed(include_str!("contract/list-ok.json"));
    for name in list["data"][0].as_object().unwrap().keys() {
        let mut odd = list["data"][0].clone();
        odd[name] = json!({});
        answer(&sandbox, 200, json!({"data": [odd]}).to_string());
        let found = provider.find_tickets(&wire::FindTickets::new()).await;
        let row = found.unwrap().value.data.remove(0);
        let raw = row.map(|row| row.raw.get().to_owned());
        assert_eq!(raw, (name != "Id").then(|| odd.to_string()), "{name}");
    }
}
