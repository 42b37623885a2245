//! Properties of reading replies, each case over a real socket: nothing that the vendor sends is lost, and
//! nothing that anybody sends is too odd.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use proptest::prelude::*;
use ticket_core::model::PageRequest;
use ticket_core::{CallContext, TicketPatch, TicketProvider as _, TicketQuery};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};
use ticket_testkit::property::{
    JsonPatterns, any_body, any_extras, any_json, check, check_any_reply,
};
use ticket_testkit::{Call, Reply};

use common::new_ticket;

const PATTERNS: JsonPatterns = JsonPatterns {
    keys: "Response|Data|Ticket|Tickets|CaseNumber|CaseId|Notes|Message|Code|[A-Za-z_]{0,12}",
    values: "true|false|401|\"ABC1234\"",
};

fn connect(base_url: &str) -> Sweeppea {
    Sweeppea::new(&SweeppeaConfig::new("a key").base_url(base_url)).unwrap()
}

#[test]
fn raw_loses_nothing() {
    check(connect, &any_extras(), async |server, provider, extras| {
        let reply = |body: &str| server.answer_next(Reply::json_text(200, body));
        let row = format!("{{ \"CaseNumber\" :\"ABC1234\"{extras} }}");
        let note = format!("{{ \"NoteId\" :1{extras} }}");
        let text = format!(
            "{{\"Response\":true , \"Data\":{{ \"CaseNumber\":\"ABC1234\",\"Notes\":[{note}]{extras}}}{extras} }}"
        );
        reply(&text);
        let ticket = provider
            .get(&CallContext::new(), &"ABC1234".into())
            .await
            .unwrap();
        prop_assert_eq!(ticket.raw.get(), &text);
        reply(&text);
        let page = PageRequest::first();
        let page = provider
            .messages(&CallContext::new(), &"ABC1234".into(), &page)
            .await
            .unwrap();
        prop_assert_eq!(page.items[0].raw.get(), &note);
        reply(&format!(
            r#"{{"Response":true,"Data":{{"Tickets":[{row}]}}}}"#
        ));
        let page = provider
            .list(&CallContext::new(), &TicketQuery::new())
            .await
            .unwrap();
        prop_assert_eq!(page.items[0].raw.get(), &row);
        Ok(())
    });
}

#[test]
fn no_reply_makes_a_decoder_panic() {
    let calls = [
        Call::Get("1".into()),
        Call::List(TicketQuery::new()),
        Call::Create(new_ticket()),
        Call::Update("1".into(), TicketPatch::new().subject("x")),
        Call::Resolve("1".into()),
        Call::delete(["1"]),
        Call::messages("1"),
    ];
    let reply = |json: String| format!(r#"{{"Response":true,"Data":{json},"Ticket":{json}}}"#);
    let data = |json: String| {
        format!(
            r#"{{"Response":true,"Data":{{"CaseNumber":{json},"Tickets":[{json}],"Notes":{json}}}}}"#
        )
    };
    let refusal = |json: String| format!(r#"{{"Response":false,"Message":{json},"Code":{json}}}"#);
    let bodies = prop_oneof![
        2 => any_body(PATTERNS),
        1 => any_json(PATTERNS).prop_map(reply).prop_map(String::into_bytes),
        1 => any_json(PATTERNS).prop_map(data).prop_map(String::into_bytes),
        1 => any_json(PATTERNS).prop_map(refusal).prop_map(String::into_bytes),
    ];
    check_any_reply(bodies, connect, &calls);
}
