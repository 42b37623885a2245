//! Replies: what is read from them, and what is told when that fails.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use ticket_core::{Effect, ErrorKind};
use ticket_http::{HttpResponse, Reply, WireId};

use crate::server::{Answer, Server, reply, with_headers};

/// The reply to one request, given the server's answer.
async fn received(answer: impl Fn() -> Answer + Send + Sync + 'static) -> HttpResponse {
    let server = Server::start(move |_| answer()).await;
    let reply = server.client().get(&["t"]).send().await.unwrap();
    assert_eq!(server.seen().len(), 1);
    reply
}

async fn json(body: &'static (impl AsRef<[u8]> + Sync + ?Sized)) -> HttpResponse {
    received(move || reply(200, "application/json", body)).await
}

#[derive(Debug, Deserialize)]
struct List {
    #[serde(rename = "Data")]
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    tickets: Vec<Ticket>,
    #[serde(default)]
    counts: BTreeMap<String, u8>,
    raw: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct Ticket {
    priority: u8,
    kind: Option<Kind>,
    mixed: Option<Mixed>,
}

#[derive(Debug, Deserialize)]
enum Kind {
    Open,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Mixed {
    Number(u8),
}

#[tokio::test]
async fn json_is_read() {
    let reply = json(
        "\u{feff} {\"Data\":{\"tickets\":[{\"priority\":3,\"kind\":\"Open\",\"mixed\":1}],\
         \"counts\":{\"a\":1},\"raw\":{\"b\":  1.0}}}\r\n",
    )
    .await;
    let list: List = reply.json().unwrap();
    assert_eq!(list.data.tickets[0].priority, 3);
    assert!(matches!(list.data.tickets[0].kind, Some(Kind::Open)));
    assert!(matches!(list.data.tickets[0].mixed, Some(Mixed::Number(1))));
    assert_eq!(list.data.counts["a"], 1);
    assert_eq!(list.data.raw.unwrap().get(), "{\"b\":  1.0}");
    let reply = reply.reply::<List>().unwrap();
    assert!(reply.raw.get().starts_with("{\"Data\""));
}

#[tokio::test]
async fn a_json_error_names_the_field_and_never_the_value() {
    for (body, told) in [
        (
            r#"{"Data":{"tickets":[{"priority":1},{"priority":"s3cret"}]}}"#,
            "`Data.tickets[1].priority` in the reply: expected a whole number, found string",
        ),
        (
            r#"{"Data":{"tickets":[{"priority":"s3cret, expected s3cret at line 1"}]}}"#,
            "`Data.tickets[0].priority` in the reply: expected a whole number, found string",
        ),
        (
            r#"{"Data":{"tickets":[{"priority":11733}]}}"#,
            "`Data.tickets[0].priority` in the reply: expected a whole number, found another value",
        ),
        (
            r#"{"Data":{"tickets":[{"kind":"Open"}]}}"#,
            "`Data.tickets[0]` in the reply lacks the field `priority`",
        ),
        (
            r#"{"Data":{"tickets":[{"priority":1,"priority":2}]}}"#,
            "`Data.tickets[0]` in the reply has the field `priority` twice",
        ),
        (
            r#"{"Data":{"tickets":[{"priority":1,"kind":"s3cret"}]}}"#,
            "`Data.tickets[0].kind` in the reply: expected `Open`, found another text",
        ),
        (
            r#"{"Data":{"tickets":[{"priority":1,"mixed":"s3cret"}]}}"#,
            "`Data.tickets[0].mixed` in the reply: not what the vendor documents",
        ),
        (
            r#"{"Data":{"tickets":[],"counts":{"s3cret@example.com":"s3cret"}}}"#,
            "`Data.counts.?` in the reply: expected a whole number, found string",
        ),
        (
            r#"["s3cret"]"#,
            "`[0]` in the reply: expected an object, found string",
        ),
        (r#""s3cret""#, "the reply: expected an object, found string"),
        (r#"{"Data":"#, "the reply's JSON is cut off"),
        (
            r#"{"Data":{"tickets":[{"priority":1"#,
            "the reply's JSON is cut off",
        ),
        (
            r#"{"Data":{"tickets":[]}} s3cret"#,
            "the reply is not JSON (line 1, column 25)",
        ),
        ("s3cret", "the reply is not JSON (line 1, column 1)"),
        ("", "the reply has an empty body"),
        (" \r\n", "the reply has an empty body"),
        (
            "<!doctype html><p>s3cret",
            "the reply is an HTML page, not the vendor's JSON",
        ),
    ] {
        let error = json(body).await.json::<List>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert_eq!(error.effect(), Effect::Unknown);
        assert_eq!(error.status(), Some(200));
        assert!(error.message().starts_with(told), "{body}: {error}");
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("s3cret") && !text.contains("11733"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_reply_that_is_kept_fails_with_the_same_words() {
    for (body, told) in [
        ("", "the reply has an empty body"),
        ("<html>", "the reply is an HTML page, not the vendor's JSON"),
        ("{\"a\":", "the reply's JSON is cut off"),
        ("{} s3cret", "the reply is not JSON (line 1, column 4)"),
    ] {
        let error = json(body).await.reply::<IgnoredAny>().unwrap_err();
        assert_eq!(error.message(), told);
    }
    let page = received(|| reply(200, "Text/HTML; charset=utf-8", "Sorry")).await;
    assert!(
        page.reply::<IgnoredAny>()
            .unwrap_err()
            .to_string()
            .contains("HTML page")
    );
}

#[derive(Debug, Deserialize)]
struct Subject {
    subject: String,
}

#[tokio::test]
async fn half_a_surrogate_pair_costs_a_character_and_not_the_reply() {
    let body = r#"{"rows":[{"subject":"cut \ud83d","other":"\udc00"},{"subject":"\ud83d\ude00 \\ud83d"}]}"#;
    let reply = json(body)
        .await
        .reply::<BTreeMap<String, Vec<Reply<Subject>>>>();
    let reply = reply.unwrap();
    let rows = &reply.value["rows"];
    assert_eq!(rows[0].value.subject, "cut \u{fffd}");
    assert_eq!(rows[1].value.subject, "😀 \\ud83d");
    // What is kept can be read, the fields that nobody models included.
    assert_eq!(rows[1].raw.get(), r#"{"subject":"\ud83d\ude00 \\ud83d"}"#);
    for raw in [&reply.raw, &rows[0].raw] {
        serde_json::from_str::<serde_json::Value>(raw.get()).unwrap();
    }
    // Where nobody reads it too.
    let body = r#"{"subject":"","other":"\ud83d"}"#;
    let kept = json(body).await.reply::<Subject>().unwrap();
    assert_eq!(kept.raw.get(), r#"{"subject":"","other":"\ufffd"}"#);
}

#[tokio::test]
async fn invalid_utf8_is_replaced_in_a_text_and_an_error_elsewhere() {
    let sick = json(b"{\"subject\":\"\xff\xfe\"}").await;
    assert_eq!(sick.json::<Subject>().unwrap().subject, "\u{fffd}\u{fffd}");
    let kept = sick.reply::<IgnoredAny>().unwrap();
    assert_eq!(kept.raw.get(), "{\"subject\":\"\u{fffd}\u{fffd}\"}");
    let error = json(b"{\xff}").await.reply::<IgnoredAny>().unwrap_err();
    assert!(error.message().contains("not JSON"), "{error}");
    let text = received(|| reply(500, "text/plain", b"limit \xff\xfe exceeded")).await;
    assert_eq!(text.text(), "limit \u{fffd}\u{fffd} exceeded");
    let header = received(|| {
        Answer::Send(
            b"HTTP/1.1 429 Slow\r\nretry-after: \xff\r\ncontent-length: 0\r\n\r\n".to_vec(),
        )
    })
    .await;
    assert_eq!(
        (header.header("retry-after"), header.retry_after()),
        (None, None)
    );
}

#[tokio::test]
async fn text_is_truncated_and_empty_for_html() {
    let long = received(|| reply(500, "text/plain", format!(" {}", "ä🎫".repeat(1000)))).await;
    assert_eq!(long.text(), "ä🎫".repeat(150));
    assert_eq!(
        json("  API calls exceeded \n").await.text(),
        "API calls exceeded"
    );
    for answer in ["<html>x", "", " \n<!DOCTYPE html>"] {
        assert_eq!(json(answer).await.text(), "");
    }
    let page = received(|| reply(502, "text/html", "Bad gateway")).await;
    assert_eq!(page.text(), "");
}

#[tokio::test]
async fn may_contain_key_is_true_for_every_present_key() {
    let names = ["_meta", "response_code"];
    for (body, may) in [
        (r#"{"Id":"1","Note":"nothing"}"#, false),
        ("", false),
        (r#"{"_meta":{"status":"ERROR"}}"#, true),
        (r#"{"Id":"1","deep":[{"response_code":401}]}"#, true),
        // In a value, or with a letter as a number: only a reading of the body tells.
        (r#"{"Note":"_meta"}"#, true),
        (r#"{"\u005fmeta":{}}"#, true),
        (r#"{"Note":"\u0434\ud83d\ude00"}"#, false),
    ] {
        assert_eq!(json(body).await.may_contain_key(&names), may, "{body}");
    }
}

#[tokio::test]
async fn expect_object_rejects_arrays() {
    for body in ["[]", " \n[[160],[]]", "\u{feff}[{\"a\":1}]"] {
        let reply = json(body).await;
        for error in [
            reply.expect_object().unwrap_err(),
            reply.reply::<IgnoredAny>().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::BadResponse);
            assert!(error.message().contains("a list instead of an object"));
        }
    }
    for body in ["{\"a\":[]}", "", "null", "\"[\""] {
        json(body).await.expect_object().unwrap();
    }
}

#[tokio::test]
async fn text_is_empty_for_json() {
    for body in [
        r#"{"requester":"a@example.com"}"#,
        "\u{feff} \n[\"a@example.com\"]",
        r#"{"cut": "off"#,
    ] {
        for content_type in ["application/json", "text/plain", "text/html"] {
            let reply = received(move || reply(500, content_type, body)).await;
            assert_eq!(reply.text(), "", "{content_type} {body}");
        }
    }
}

#[tokio::test]
async fn is_html_depends_on_body_before_content_type() {
    for content_type in ["application/json", "text/html", "TEXT/HTML; charset=utf-8"] {
        for body in ["{\"a\":1}", "\u{feff}\r\n{\"a\":1}"] {
            let reply = received(move || reply(200, content_type, body)).await;
            assert!(!reply.is_html(), "{content_type}");
            assert_eq!(reply.json::<BTreeMap<String, u8>>().unwrap()["a"], 1);
        }
        let list = received(move || reply(200, content_type, "[1]")).await;
        assert!(!list.is_html());
        assert_eq!(list.json::<Vec<u8>>().unwrap(), [1]);
        for body in ["<html>{}", "\u{feff} <!doctype html>", "\n<p>[1]"] {
            let page = received(move || reply(200, content_type, body)).await;
            assert!(page.is_html(), "{content_type} {body}");
            let error = page.json::<Vec<u8>>().unwrap_err();
            assert!(error.message().contains("HTML page"), "{error}");
        }
        // What begins as neither is what it is called.
        let words = received(move || reply(200, content_type, "Sorry")).await;
        assert_eq!(words.is_html(), content_type != "application/json");
    }
}

#[tokio::test]
async fn an_error_has_kind_effect_and_wait_of_its_reply() {
    for (status, kind, effect) in [
        (400, ErrorKind::InvalidInput, Effect::None),
        (401, ErrorKind::Unauthenticated, Effect::None),
        (408, ErrorKind::Timeout, Effect::Unknown),
        (409, ErrorKind::Conflict, Effect::None),
        (425, ErrorKind::Unavailable, Effect::None),
        (499, ErrorKind::Timeout, Effect::Unknown),
        (429, ErrorKind::RateLimited, Effect::None),
        (500, ErrorKind::Server, Effect::Unknown),
        (503, ErrorKind::Unavailable, Effect::Unknown),
        (200, ErrorKind::BadResponse, Effect::Unknown),
    ] {
        let reply = received(move || with_headers(status, &[("Retry-After", "60")], "")).await;
        let error = reply.error("it failed");
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{status}");
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
        assert_eq!(error.to_string(), format!("it failed (HTTP {status})"));
        assert_eq!(reply.is_success(), status == 200);
    }
    // Words may tell another kind; whether the vendor acted is still the status's to say, if it does.
    for (status, kind, effect) in [
        (401, ErrorKind::Server, Effect::None),
        (500, ErrorKind::NotFound, Effect::Unknown),
        (200, ErrorKind::NotFound, Effect::None),
        (200, ErrorKind::Server, Effect::Unknown),
    ] {
        let reply = received(move || reply(status, "text/plain", "")).await;
        let error = reply.error_of(kind, "it failed");
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{status}");
        assert_eq!(error.retry_after(), None);
    }
    for status in [500, 502, 503, 504, 599] {
        let reply = received(move || reply(status, "text/plain", "")).await;
        for kind in ErrorKind::ALL {
            let error = reply.error_of(*kind, "it failed");
            assert_eq!((error.kind(), error.effect()), (*kind, Effect::Unknown));
        }
    }
}

#[tokio::test]
async fn a_wait_counts_from_the_date_of_the_reply() {
    let reply = received(|| {
        let headers = [
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"),
        ];
        with_headers(503, &headers, "")
    })
    .await;
    assert_eq!(reply.retry_after(), Some(Duration::from_secs(60)));
    for nothing in [
        "Sun, 06 Nov 1994 08:50:37 GMT",
        "0",
        "-5",
        "later",
        "1.5",
        "",
    ] {
        let reply = received(move || with_headers(503, &[("retry-after", nothing)], "")).await;
        assert_eq!(reply.retry_after(), None, "{nothing}");
        // So that a provider fills in the window that its vendor documents.
        assert_eq!(reply.error("busy").retry_after(), None, "{nothing}");
    }
}

#[tokio::test]
async fn a_reply_keeps_the_json_it_was_read_from() {
    let reply = json(r#"{"Ids":[160,"0161"],"More":  1.0}"#).await;
    let reply = reply
        .reply::<BTreeMap<String, serde_json::Value>>()
        .unwrap();
    assert_eq!(reply.raw.get(), r#"{"Ids":[160,"0161"],"More":  1.0}"#);
    assert_eq!(reply.map(|value| value.len()).value, 2);
    assert!(json("[").await.reply::<Vec<u8>>().is_err());
}

#[derive(Debug, Deserialize)]
struct Rows {
    rows: Vec<Reply<Row>>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: WireId,
    parts: Option<Vec<Reply<Ticket>>>,
}

#[tokio::test]
async fn row_of_a_list_keeps_its_own_json() {
    let body = r#"{"rows":[{"id":160,  "extra":{"a":1.0},"id2":1},{"id":"x","parts":[ {"priority" :3} ]}]}"#;
    let rows = json(body).await.reply::<Rows>().unwrap();
    assert_eq!(rows.raw.get(), body);
    let [first, second] = &*rows.value.rows else {
        panic!("two rows");
    };
    assert_eq!(first.value.id.as_str(), "160");
    assert_eq!(first.raw.get(), r#"{"id":160,  "extra":{"a":1.0},"id2":1}"#);
    let part = &second.value.parts.as_ref().unwrap()[0];
    assert_eq!(part.value.priority, 3);
    assert_eq!(part.raw.get(), r#"{"priority" :3}"#);
}

#[tokio::test]
async fn error_in_a_row_names_the_field_as_seen_from_the_row() {
    let no_object = "a part of the reply is not an object";
    for (body, told) in [
        (
            r#"{"rows":[{"id":1},{"id":"1","parts":"s3cret"}]}"#,
            "`parts` in the reply: expected a sequence, found string",
        ),
        (
            r#"{"rows":[{"parts":[]}]}"#,
            "the reply lacks the field `id`",
        ),
        (
            r#"{"rows":[{"id":1,"parts":[{"priority":1},{"priority":"s3cret at line 1"}]}]}"#,
            "`priority` in the reply: expected a whole number, found string",
        ),
        (r#"{"rows":[["s3cret",null]]}"#, no_object),
        (
            r#"{"rows":["a part of the reply is wrong: s3cret"]}"#,
            no_object,
        ),
        (r#"{"rows":[{"id":1,"parts":[7]}]}"#, no_object),
        (
            r#"{"rows":null}"#,
            "`rows` in the reply: expected a sequence, found null",
        ),
        (r#"{"rows":[{"id":"#, "the reply's JSON is cut off"),
        (
            r#"{"rows":[{"id":1}}]}"#,
            "the reply is not JSON (line 1, column 18)",
        ),
    ] {
        let reply = json(body).await;
        for error in [
            reply.json::<Rows>().unwrap_err(),
            reply.reply::<Rows>().unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::BadResponse);
            assert_eq!(error.message(), told, "{body}");
        }
    }
}

#[tokio::test]
async fn an_id_is_a_text_or_a_whole_number() {
    let ids: Vec<WireId> = json(r#"[160,"0161",-1]"#).await.json().unwrap();
    let ids: Vec<_> = ids.iter().map(WireId::as_str).collect();
    assert_eq!(ids, ["160", "0161", "-1"]);
    for (body, found) in [
        ("[1.5]", "floating point"),
        ("[null]", "null"),
        ("[true]", "boolean"),
        (r#"[" "]"#, "another value"),
        ("[{}]", "map"),
    ] {
        let error = json(body).await.json::<Vec<WireId>>().unwrap_err();
        let told = format!(
            "`[0]` in the reply: expected an id, as a text or a whole number, found {found}"
        );
        assert_eq!(error.message(), told);
    }
}
