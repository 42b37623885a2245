//! Properties of reading replies, each case over a real socket: nothing that the vendor sends is lost, and
//! nothing that anybody sends is too odd.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use ticket_core::{
    Effect, Error, ErrorKind, NewComment, NewTicket, Operation, PageRequest, Person, TicketId,
    TicketPatch, TicketProvider as _,
};
use ticket_leadsquared::LeadSquared;
use ticket_sandbox::Sandbox;
use tokio::runtime::Runtime;

use common::{answer, connected};

/// JSON as text, so that numbers and escapes which no type can hold are among it.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "null|true|false|-0|1\\.10|1e999|12345678901234567890123|143|\"\\\\ud800\"|\"Success\"|\"Failure\"|\"143\"",
        ".*".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec((key(), inner), 0..6).prop_map(|pairs| object(&pairs)),
        ]
    })
}

/// The vendor's keys, so that what is odd is found deep inside too.
fn key() -> impl Strategy<Value = String> {
    "Status|Id|Fields|SchemaName|Value|LeadId|Total|ConversationList|Text|Html|CreatedBy|CreatedOn|\
     RelatedActivityType|RelatedTicketId|SuccessfulIds|FailedIds|Message|ReasonForFailure|ExceptionType"
}

fn object(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(key, value)| format!("\"{key}\" :{value}"))
        .collect();
    format!("{{\n{}}}", pairs.join(","))
}

/// Keys that are not modelled, with any values.
fn extras() -> impl Strategy<Value = String> {
    prop::collection::vec(("x[a-zA-Z]{0,5}", any_json()), 0..3).prop_map(|pairs| {
        let pairs = pairs
            .iter()
            .map(|(key, value)| format!(",\t\"{key}\":{value}"));
        pairs.collect()
    })
}

fn id() -> impl Strategy<Value = String> {
    "[1-9][0-9]{0,8}|\"[1-9][0-9]{0,18}\""
}

fn text() -> impl Strategy<Value = String> {
    ".*".prop_map(|text| serde_json::to_string(&text).unwrap())
}

/// Runs a property against one sandbox.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a closure is written in place"
)]
fn check<S: Strategy>(
    strategy: &S,
    property: impl AsyncFn(&Sandbox, &LeadSquared, S::Value) -> Result<(), TestCaseError>,
) {
    let runtime = Runtime::new().unwrap();
    let (sandbox, provider) = runtime.block_on(connected());
    let config = ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(strategy, |value| {
            runtime.block_on(property(&sandbox, &provider, value))
        })
        .unwrap();
}

#[test]
fn raw_of_a_ticket_is_the_reply_to_the_byte() {
    let strategy = (id(), text(), extras(), extras(), extras());
    check(&strategy, async |sandbox, provider, value| {
        let (id, title, [first, second, third]) = (value.0, value.1, [value.2, value.3, value.4]);
        let reply = format!(
            "{{ \"Id\":{id}{first} , \"Fields\":[{{\"SchemaName\":\"Title\",\"Value\":{title}{second}}} ]{third}\n}}"
        );
        answer(sandbox, 200, format!("\n {reply}\r\n"));
        let ticket = provider.get(&"143".into()).await.unwrap();
        prop_assert_eq!(ticket.raw.get(), reply);
        prop_assert_eq!(ticket.id.as_str(), id.trim_matches('"'));
        let title: String = serde_json::from_str(&title).unwrap();
        prop_assert_eq!(ticket.subject.unwrap_or_default(), title);
        Ok(())
    });
}

#[test]
fn raw_of_a_new_ticket_is_the_reply_to_the_byte() {
    check(
        &(id(), extras()),
        async |sandbox, provider, (id, extras)| {
            let reply = format!("{{ \"Status\":\"Success\",\"Id\" :{id}{extras} }}");
            answer(sandbox, 200, &reply);
            let created = provider.create(&new_ticket()).await.unwrap();
            prop_assert_eq!(created.raw.get(), reply);
            prop_assert_eq!(created.id.as_str(), id.trim_matches('"'));
            Ok(())
        },
    );
}

#[test]
fn raw_of_a_message_is_its_row_to_the_byte() {
    let rows = prop::collection::vec((id(), text(), extras()), 0..4);
    check(&rows, async |sandbox, provider, rows| {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(id, text, extras)| {
                let row = format!("{{ \"Id\":{id} ,\"Text\":{text}{extras}\t}}");
                (row, id, text)
            })
            .collect();
        let list: Vec<_> = rows.iter().map(|(row, ..)| row.as_str()).collect();
        let list = list.join(" , ");
        answer(
            sandbox,
            200,
            format!("{{\"ConversationList\":[ {list} ],\"Total\":7}}"),
        );
        let page = provider
            .messages(&"143".into(), &PageRequest::first())
            .await
            .unwrap();
        prop_assert_eq!((page.items.len(), page.total), (rows.len(), Some(7)));
        for (message, (row, id, text)) in page.items.iter().zip(rows) {
            prop_assert_eq!(message.raw.get(), row);
            prop_assert_eq!(message.id.as_deref(), Some(id.trim_matches('"')));
            let text: String = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(message.body.trim(), text.trim());
        }
        Ok(())
    });
}

fn new_ticket() -> NewTicket {
    NewTicket::new("No call back").requester(Person::with_id("45b5fded"))
}

/// The answer to every operation in turn.
async fn call_each(
    sandbox: &Sandbox,
    provider: &LeadSquared,
    status: u16,
    body: &[u8],
) -> Vec<Error> {
    let id = TicketId::new("143");
    let patch = TicketPatch::new().subject("Call back");
    let mut errors = Vec::new();
    let next = || answer(sandbox, status, body);
    next();
    errors.extend(provider.get(&id).await.err());
    next();
    errors.extend(provider.create(&new_ticket()).await.err());
    next();
    errors.extend(provider.update(&id, &patch).await.err());
    next();
    errors.extend(provider.resolve(&id).await.err());
    next();
    errors.extend(provider.delete(std::slice::from_ref(&id)).await.err());
    next();
    errors.extend(provider.messages(&id, &PageRequest::first()).await.err());
    next();
    errors.extend(
        provider
            .comment(&id, &NewComment::internal("Seen."))
            .await
            .err(),
    );
    next();
    errors.extend(
        provider
            .comment(&id, &NewComment::inbound("Please."))
            .await
            .err(),
    );
    errors
}

#[test]
fn no_reply_is_too_odd_to_be_an_error() {
    let body = prop_oneof![
        4 => any_json().prop_map(String::into_bytes),
        1 => (any_json(), any::<prop::sample::Index>()).prop_map(|(json, end)| {
            let end = end.index(json.len());
            json.into_bytes().into_iter().take(end).collect()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ];
    let status = prop::sample::select(vec![200, 200, 200, 201, 400, 404, 429, 500, 503]);
    check(
        &(status, body),
        async |sandbox, provider, (status, body)| {
            let errors = call_each(sandbox, provider, status, &body).await;
            if status >= 400 {
                prop_assert_eq!(errors.len(), 8);
            }
            for error in errors {
                let words = error.to_string();
                prop_assert!(!words.chars().any(char::is_control), "{}", words);
                prop_assert_eq!(error.status(), Some(status));
                let write = error.operation().unwrap().is_write();
                if error.kind() == ErrorKind::BadResponse && write {
                    prop_assert_eq!(error.effect(), Effect::Unknown);
                }
            }
            Ok(())
        },
    );
}

#[test]
fn any_status_but_success_is_a_refusal_whatever_is_beside_it() {
    // An empty text says nothing, as null does.
    let is_refusal = |status: &String| {
        let text = serde_json::from_str::<String>(status).ok();
        let text = text.map(|text| text.to_ascii_lowercase());
        status != "null"
            && text.as_deref() != Some("success")
            && !text.is_some_and(|text| text.trim().is_empty())
    };
    let status = any_json().prop_filter("a refusal", is_refusal);
    let replies = (status, any_json(), any_json());
    check(
        &replies,
        async |sandbox, provider, (status, message, reason)| {
            let body = format!(
                r#"{{"Status":{status},"Id":null,"RelatedTicketId":"143","Fields":[],"ConversationList":[],"Message":{message},"ReasonForFailure":{reason}}}"#
            );
            let errors = call_each(sandbox, provider, 200, body.as_bytes()).await;
            prop_assert_eq!(errors.len(), 8);
            for error in errors {
                prop_assert_eq!(error.kind(), ErrorKind::InvalidInput);
                // Which tickets of a batch it did not refuse, nobody says; and who writes something else there may
                // not have meant a refusal.
                let lower = status.to_ascii_lowercase();
                let plain = lower.starts_with("\"fail") || lower.starts_with("\"error");
                let unclear = error.operation().is_some_and(Operation::is_write) && !plain;
                let unknown = unclear || error.operation() == Some(Operation::Delete);
                prop_assert_eq!(error.effect() == Effect::Unknown, unknown);
            }
            Ok(())
        },
    );
}
