//! Domain field ↔ wire field ↔ refused, as a table each way; and that nothing is lost or panics in between.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use ticket_core::{
    Attachment, Cursor, Effect, Field, NewTicket, PageRequest, Person, Priority, State, Status,
    Ticket, TicketPatch, TicketProvider as _, TicketQuery,
};
use ticket_sandbox::credentials::SWEEPPEA_API_KEY;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};

async fn connected() -> (Sandbox, Sweeppea) {
    let sandbox = Sandbox::builder()
        .sweeppea_quota(None)
        .start()
        .await
        .unwrap();
    let config = SweeppeaConfig::new(SWEEPPEA_API_KEY).base_url(sandbox.base_url(Vendor::Sweeppea));
    let provider = Sweeppea::new(&config).unwrap();
    (sandbox, provider)
}

fn answer(sandbox: &Sandbox, body: impl Into<Vec<u8>>) {
    sandbox.inject(Rule::new(Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    }));
}

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
        (base().assignee("x"), "AssignTo", json!("x")),
    ] {
        answer(&sandbox, created);
        provider.create(&ticket).await.unwrap();
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
        answer(&sandbox, updated);
        provider.update(&"2650478".into(), &patch).await.unwrap();
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
            .update(&"2650478".into(), &patch)
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
        answer(&sandbox, empty);
        provider.list(&query).await.unwrap();
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
        let error = provider.list(&query).await.unwrap_err();
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
            json!({"Response": true, "Data": {"CaseNumber": "X", *name: value}}).to_string(),
        );
        let ticket = provider.get(&"X".into()).await.unwrap();
        assert_eq!(read(&ticket).as_deref(), *expected, "{name}");
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
    check: &impl AsyncFn(&Sandbox, &Sweeppea, T),
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
        let mut ticket = json!(rest);
        ticket["CaseNumber"] = json!("ABC1234");
        let row = ticket.to_string();
        ticket["Notes"] = json!([rest]);
        let text = json!({"Response": true, "Data": ticket, "Telemetry": rest}).to_string();
        answer(sandbox, text.clone());
        assert_eq!(
            provider.get(&"ABC1234".into()).await.unwrap().raw.get(),
            text
        );
        answer(sandbox, text);
        let page = provider
            .messages(&"ABC1234".into(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!(page.items[0].raw.get(), json!(rest).to_string());
        answer(
            sandbox,
            format!(r#"{{"Response":true,"Data":{{"Tickets":[{row}]}}}}"#),
        );
        let page = provider.list(&TicketQuery::new()).await.unwrap();
        assert_eq!(page.items[0].raw.get(), row);
    });
}

#[test]
fn no_reply_makes_a_decoder_panic() {
    let body = prop_oneof![
        any_json().prop_map(|json| json.to_string().into_bytes()),
        vec(any::<u8>(), 0..64),
        any_json().prop_map(|json| json!({"Response": true, "Data": json, "Ticket": json}).to_string().into_bytes()),
        any_json().prop_map(|json| json!({"Response": true, "Data": {"CaseNumber": json, "Tickets": [json], "Notes": json}}).to_string().into_bytes()),
        any_json().prop_map(|json| json!({"Response": false, "Message": json, "Code": json}).to_string().into_bytes()),
    ];
    property(300, body, &async |sandbox, provider, body| {
        for operation in 0..7 {
            answer(sandbox, body.clone());
            let result = match operation {
                0 => provider.get(&"1".into()).await.map(drop),
                1 => provider.list(&TicketQuery::new()).await.map(drop),
                2 => provider.create(&base()).await.map(drop),
                3 => {
                    provider
                        .update(&"1".into(), &TicketPatch::new().subject("x"))
                        .await
                }
                4 => provider.resolve(&"1".into()).await,
                5 => provider.delete(&["1".into()]).await.map(drop),
                _ => provider
                    .messages(&"1".into(), &PageRequest::first())
                    .await
                    .map(drop),
            };
            if let Err(error) = result {
                assert_eq!(error.to_string().lines().count(), 1);
            }
        }
    });
}
