//! Whatever is answered, nothing of it is lost, no decoder panics, and a list is not taken for an object.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use proptest::prelude::*;
use secrecy::SecretString;
use ticket_core::model::PageRequest;
use ticket_core::{CallContext, Effect, Error, ErrorKind, TicketProvider as _, TicketQuery};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_testkit::property::{
    JsonPatterns, any_body, any_extras, any_json, check, check_any_reply, check_result,
};
use ticket_testkit::{Call, Reply};

use common::{answer, connected, new_ticket};

const PATTERNS: JsonPatterns = JsonPatterns {
    keys: "Id|Subject|StatusId|data|type|total|_meta|records|status|errorCode|userMessage|ticketId|\
           response_code|response_status|token|[A-Za-z_]{0,12}",
    values: "\"ERROR\"|\"Success\"|\"200\"|200|\"message\"",
};

fn connect(base_url: &str) -> OneCloud {
    OneCloud::new(&OneCloudConfig::new(base_url, "a token")).unwrap()
}

#[test]
fn raw_loses_nothing() {
    check(connect, &any_extras(), async |server, provider, extras| {
        let text = format!("{{ \"Id\":\"1\",\"Subject\" :\"a subject\"{extras} }}");
        let reply = |body: &str| server.answer_next(Reply::json_text(200, body));
        reply(&text);
        let ticket = provider
            .get(&CallContext::new(), &"1".into())
            .await
            .unwrap();
        prop_assert_eq!(ticket.raw.get(), &text);
        reply(&format!(r#"{{"total":1,"data":[{text}]}}"#));
        let page = provider
            .list(&CallContext::new(), &TicketQuery::new())
            .await
            .unwrap();
        prop_assert_eq!(page.items[0].raw.get(), &text);
        reply(&format!(
            r#"{{"data":[{text},{{"type":"message","data":[{text}]}}]}}"#
        ));
        let page = PageRequest::first();
        let page = provider
            .messages(&CallContext::new(), &"1".into(), &page)
            .await
            .unwrap();
        let raw: Vec<_> = page.items.iter().map(|it| it.raw.get()).collect();
        prop_assert_eq!(raw, [&text, &text]);
        Ok(())
    });
}

#[test]
fn no_reply_makes_a_decoder_panic() {
    let calls = [
        Call::Get("1".into()),
        Call::List(TicketQuery::new()),
        Call::Create(new_ticket()),
        Call::delete(["1"]),
        Call::messages("1"),
    ];
    let bodies = || {
        let reply = |json: String| {
            format!(
                r#"{{"Id":{json},"data":[{json}],"_meta":{{"status":{json}}},"ticketId":{json},"token":{json}}}"#
            )
        };
        let refusal =
            |json: String| format!(r#"{{"_meta":{{"status":"ERROR"}},"records":{json}}}"#);
        prop_oneof![
            2 => any_body(PATTERNS),
            1 => any_json(PATTERNS).prop_map(reply).prop_map(String::into_bytes),
            1 => any_json(PATTERNS).prop_map(refusal).prop_map(String::into_bytes),
        ]
    };
    check_any_reply(bodies(), connect, &calls);
    check(connect, &bodies(), async |server, provider, body| {
        server.answer_next(Reply::json_text(200, body));
        let password = SecretString::from("a password");
        let token = provider.authenticate("x", &password, "1").await;
        check_result(200, &token, "authenticate")
    });
}

/// serde would take the items for the fields, by their order.
#[tokio::test]
async fn a_list_in_the_place_of_an_object_is_none() {
    let (sandbox, provider) = connected().await;
    let refused = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::BadResponse, "{error}");
        error.effect()
    };
    let row = |fields: usize| format!("[\"121\"{}]", ",null".repeat(fields - 1));
    let first = PageRequest::first();
    answer(&sandbox, 200, "[1,[]]");
    let list = provider
        .list(&CallContext::new(), &TicketQuery::new())
        .await;
    refused(list.unwrap_err());
    answer(&sandbox, 200, r#"[[{"Id":"1"}]]"#);
    let messages = provider
        .messages(&CallContext::new(), &"121".into(), &first)
        .await;
    refused(messages.unwrap_err());
    // In the place of a row it costs that row.
    answer(&sandbox, 200, format!(r#"{{"data":[{}]}}"#, row(13)));
    let list = provider
        .list(&CallContext::new(), &TicketQuery::new())
        .await;
    let list = list.unwrap();
    assert_eq!((list.items.len(), list.gaps.len()), (0, 1));
    for body in [
        format!(r#"{{"data":[{}]}}"#, row(9)),
        r#"{"data":[[[{"Id":"1"}]]]}"#.to_owned(),
    ] {
        answer(&sandbox, 200, body);
        let page = provider
            .messages(&CallContext::new(), &"121".into(), &first)
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.gaps.len()), (0, 1));
    }
    // A user of several sites gets a list of them in the place of a token.
    answer(&sandbox, 200, r#"["1691"]"#);
    let password = SecretString::from("a password");
    refused(provider.authenticate("x", &password, "").await.unwrap_err());
    let envelope = r#"[{"status":"ERROR"},{"errorCode":404,"userMessage":"_meta"}]"#;
    answer(&sandbox, 200, envelope);
    let error = provider
        .delete(&CallContext::new(), &["121".into()])
        .await
        .unwrap_err();
    assert_eq!(refused(error), Effect::Unknown);
    answer(&sandbox, 500, envelope);
    let error = provider
        .delete(&CallContext::new(), &["121".into()])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    answer(&sandbox, 404, "[]");
    let error = provider
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
