//! Properties of reading replies, each case over a real socket: nothing that the vendor sends is lost, and
//! nothing that anybody sends is too odd.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use proptest::prelude::*;
use ticket_core::model::{PageRequest, Person};
use ticket_core::{
    CallContext, Effect, ErrorKind, NewComment, NewTicket, Operation, TicketPatch,
    TicketProvider as _,
};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_testkit::property::{
    JsonPatterns, any_body, any_extras, any_json, any_text, check, check_any_reply,
};
use ticket_testkit::{Call, Loopback, Reply, Scripted};

const PATTERNS: JsonPatterns = JsonPatterns {
    keys: "Status|Id|Fields|SchemaName|Value|LeadId|Total|ConversationList|Text|Html|CreatedBy|CreatedOn|\
           RelatedActivityType|RelatedTicketId|SuccessfulIds|FailedIds|Message|ReasonForFailure|ExceptionType",
    values: "\"Success\"|\"Failure\"",
};

fn connect(base_url: &str) -> LeadSquared {
    LeadSquared::new(&LeadSquaredConfig::new(base_url, "1", "a key", "a secret")).unwrap()
}

fn answer(server: &Loopback<Scripted>, body: impl AsRef<[u8]>) {
    server.answer_next(Reply::json_text(200, body));
}

fn id() -> impl Strategy<Value = String> {
    "[1-9][0-9]{0,8}|\"[1-9][0-9]{0,18}\""
}

/// Every operation.
fn calls() -> [Call; 8] {
    [
        Call::Get("143".into()),
        Call::Create(new_ticket()),
        Call::Update("143".into(), TicketPatch::new().subject("Call back")),
        Call::Resolve("143".into()),
        Call::delete(["143"]),
        Call::messages("143"),
        Call::Comment("143".into(), NewComment::internal("Seen.")),
        Call::Comment("143".into(), NewComment::inbound("Please.")),
    ]
}

#[test]
fn raw_of_a_ticket_is_the_reply_to_the_byte() {
    let strategy = (id(), any_text(), any_extras(), any_extras(), any_extras());
    check(connect, &strategy, async |server, provider, value| {
        let (id, title, [first, second, third]) = (value.0, value.1, [value.2, value.3, value.4]);
        let reply = format!(
            "{{ \"Id\":{id}{first} , \"Fields\":[{{\"SchemaName\":\"Title\",\"Value\":{title}{second}}} ]{third}\n}}"
        );
        answer(server, format!("\n {reply}\r\n"));
        let ticket = provider
            .get(&CallContext::new(), &"143".into())
            .await
            .unwrap();
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
        connect,
        &(id(), any_extras()),
        async |server, provider, (id, extras)| {
            let reply = format!("{{ \"Status\":\"Success\",\"Id\" :{id}{extras} }}");
            answer(server, &reply);
            let created = provider
                .create(&CallContext::new(), &new_ticket())
                .await
                .unwrap();
            prop_assert_eq!(created.raw.get(), reply);
            prop_assert_eq!(created.id.as_str(), id.trim_matches('"'));
            Ok(())
        },
    );
}

#[test]
fn raw_of_a_message_is_its_row_to_the_byte() {
    let rows = prop::collection::vec((id(), any_text(), any_extras()), 0..4);
    check(connect, &rows, async |server, provider, rows| {
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
            server,
            format!("{{\"ConversationList\":[ {list} ],\"Total\":7}}"),
        );
        let page = provider
            .messages(&CallContext::new(), &"143".into(), &PageRequest::first())
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

#[test]
fn no_reply_is_too_odd_to_be_an_error() {
    check_any_reply(any_body(PATTERNS), connect, &calls());
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
    let status = any_json(PATTERNS).prop_filter("a refusal", is_refusal);
    let replies = (status, any_json(PATTERNS), any_json(PATTERNS));
    check(
        connect,
        &replies,
        async |server, provider, (status, message, reason)| {
            let body = format!(
                r#"{{"Status":{status},"Id":null,"RelatedTicketId":"143","Fields":[],"ConversationList":[],"Message":{message},"ReasonForFailure":{reason}}}"#
            );
            for call in calls() {
                answer(server, &body);
                let error = call.on(provider).await.unwrap_err();
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
