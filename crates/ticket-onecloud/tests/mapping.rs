//! Domain field ↔ wire field ↔ refused, as a table each way; and that nothing is lost or panics in between.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "helpers of tests may panic, and tables are long"
)]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use ticket_core::{
    Attachment, Effect, Field, NewTicket, PageRequest, Person, Priority, State, Ticket,
    TicketProvider as _, TicketQuery,
};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};

async fn connected() -> (Sandbox, OneCloud) {
    let sandbox = Sandbox::start().await.unwrap();
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
    let provider = OneCloud::new(&config).unwrap();
    (sandbox, provider)
}

fn answer(sandbox: &Sandbox, body: impl Into<Vec<u8>>) {
    sandbox.inject(Rule::new(Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    }));
}

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
        provider.create(&ticket).await.unwrap();
        let sent = sandbox.journal().last().unwrap().json().unwrap();
        let mut expected = json!({
            "subject": "a subject", "content": "a description", "category": "a category",
            "fullName": "a name", "contact": "a@example.com",
        });
        expected[name] = json!(value);
        assert_eq!(sent, expected, "{name}");
    }
    let refused = [
        (base().requester(person().id("x")), Field::RequesterId),
        (base().requester(person().phone("x")), Field::RequesterPhone),
        (base().priority(Priority::Low), Field::Priority),
        (base().assignee("x"), Field::Assignee),
        (base().tag("x"), Field::Tags),
        (
            base().attachment(Attachment::new("x", *b"x")),
            Field::Attachments,
        ),
    ];
    let sent = sandbox.journal().len();
    for (ticket, field) in refused {
        let error = provider.create(&ticket).await.unwrap_err();
        assert_eq!(error.effect(), Effect::None);
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
        (page().at(ticket_core::Cursor::new("40")), "?offset=40"),
        (
            page().limit(7).at(ticket_core::Cursor::new("40")),
            "?limit=7&offset=40",
        ),
    ] {
        answer(&sandbox, empty);
        provider.list(&TicketQuery::new().page(page)).await.unwrap();
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
            TicketQuery::new().page(page().at(ticket_core::Cursor::new("x"))),
            "`cursor`",
        ),
    ] {
        let error = provider.list(&query).await.unwrap_err();
        assert!(error.to_string().contains(field), "{error} names {field}");
    }
    assert_eq!(sandbox.journal().len(), sent);
}

#[tokio::test]
async fn each_wire_field_of_a_ticket_lands_in_its_domain_field() {
    fn text(text: Option<&String>) -> String {
        text.cloned().unwrap_or_default()
    }
    fn person(person: Option<&Person>) -> String {
        person.map_or(String::new(), |person| {
            format!("{:?}/{:?}", person.id, person.name)
        })
    }
    type Read = fn(&Ticket) -> String;
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
        answer(&sandbox, json!({"Id": "1", *name: value}).to_string());
        let ticket = provider.get(&"1".into()).await.unwrap();
        assert_eq!(read(&ticket), *expected, "{name}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map("[A-Za-z_]{0,12}", inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

/// Runs `check` on seeded random inputs, in one runtime.
fn property<T: std::fmt::Debug>(
    cases: u32,
    inputs: impl Strategy<Value = T>,
    check: &impl AsyncFn(&Sandbox, &OneCloud, T),
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sandbox, provider) = runtime.block_on(connected());
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            ..Config::default()
        },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    runner
        .run(&inputs, |input| {
            runtime.block_on(check(&sandbox, &provider, input));
            Ok(())
        })
        .unwrap();
}

#[test]
fn raw_loses_nothing() {
    let rest = btree_map("x[A-Za-z]{0,8}", any_json(), 0..8);
    property(300, rest, &async |sandbox, provider, rest| {
        let mut body = json!(rest);
        body["Id"] = json!("1");
        body["Subject"] = json!("a subject");
        let text = body.to_string();
        answer(sandbox, text.clone());
        let ticket = provider.get(&"1".into()).await.unwrap();
        assert_eq!(ticket.raw.get(), text);
        answer(sandbox, format!(r#"{{"total":1,"data":[{text}]}}"#));
        let page = provider.list(&TicketQuery::new()).await.unwrap();
        assert_eq!(page.items[0].raw.get(), text);
        answer(
            sandbox,
            format!(r#"{{"data":[{text},{{"type":"message","data":[{text}]}}]}}"#),
        );
        let page = provider
            .messages(&"1".into(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!(
            page.items.iter().map(|it| it.raw.get()).collect::<Vec<_>>(),
            [&text, &text]
        );
    });
}

#[test]
fn no_reply_makes_a_decoder_panic() {
    let body = prop_oneof![
        any_json().prop_map(|json| json.to_string().into_bytes()),
        vec(any::<u8>(), 0..64),
        any_json().prop_map(|json| {
            json!({"Id": json, "data": [json], "_meta": {"status": json}, "ticketId": json})
                .to_string()
                .into_bytes()
        }),
        any_json().prop_map(
            |json| json!({"_meta": {"status": "ERROR"}, "records": json})
                .to_string()
                .into_bytes()
        ),
    ];
    property(300, body, &async |sandbox, provider, body| {
        for operation in 0..5 {
            answer(sandbox, body.clone());
            let effect = match operation {
                0 => provider.get(&"1".into()).await.map(drop),
                1 => provider.list(&TicketQuery::new()).await.map(drop),
                2 => provider.create(&base()).await.map(drop),
                3 => provider.delete(&["1".into()]).await.map(drop),
                _ => provider
                    .messages(&"1".into(), &PageRequest::first())
                    .await
                    .map(drop),
            };
            if let Err(error) = effect {
                assert_eq!(error.to_string().lines().count(), 1);
            }
        }
    });
}

/// serde would take the items for the fields, by their order.
#[tokio::test]
async fn a_list_in_the_place_of_a_row_is_no_row() {
    let (sandbox, provider) = connected().await;
    let row = |fields: usize| format!("[\"121\"{}]", ",null".repeat(fields - 1));
    answer(&sandbox, format!(r#"{{"data":[{}]}}"#, row(13)));
    let list = provider.list(&TicketQuery::new()).await.map(drop);
    answer(&sandbox, format!(r#"{{"data":[{}]}}"#, row(9)));
    let page = PageRequest::first();
    let messages = provider.messages(&"121".into(), &page).await.map(drop);
    for answer in [list, messages] {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ticket_core::ErrorKind::BadResponse);
    }
}
