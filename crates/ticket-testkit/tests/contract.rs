//! Recordings: what is compared, and that each difference is found.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_core::{
    Change, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Outcome, TicketId,
};
use ticket_testkit::CallOutput;
use ticket_testkit::contract::{Contract, Provenance, Recording};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A folder of recordings that is gone with it.
fn folder(recordings: &[Value]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for recording in recordings {
        let text = |key: &str| recording[key].as_str().unwrap();
        let name = format!("{}-{}.json", text("operation"), text("case"));
        fs::write(folder.path().join(name), recording.to_string()).unwrap();
    }
    folder
}

/// Sends one request on a connection of its own, and gives the status and the body of the answer.
async fn send(base_url: &str, (method, target, headers, body): Sent<'_>) -> (u16, String) {
    let address = base_url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    let _ = write!(request, "content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// A form of texts and files, and its content type.
fn form(texts: &[(&str, &str)], files: &[(&str, &str, &str)]) -> (&'static str, String) {
    let mut body = String::new();
    for (name, text) in texts {
        let _ = write!(
            body,
            "--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        );
    }
    for (name, media_type, content) in files {
        let _ = write!(
            body,
            "--limit\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n{content}\r\n"
        );
    }
    body.push_str("--limit--\r\n");
    ("multipart/form-data; boundary=limit", body)
}

fn recording(operation: &str, case: &str, request: &Value) -> Value {
    json!({
        "provider": "desk", "operation": operation, "case": case, "request": request,
        "provenance": "public",
        "response": {
            "status": 200, "headers": { "content-type": "application/json" }, "body": { "Id": "7" },
        },
        "meaning": "not needed", "expect": { "ok": true },
    })
}

fn read() -> Value {
    json!({
        "method": "GET", "path": "/api/x", "query": { "limit": "2", "search": "a b" },
        "headers": { "x-desk-key": "<key>" }, "body": null, "multipart": null,
    })
}

fn write() -> Value {
    json!({
        "method": "POST", "path": "/api/x", "query": {},
        "headers": { "content-type": "application/json" },
        "body": { "a": 1, "b": ["2"] }, "multipart": null,
    })
}

fn upload() -> Value {
    json!({
        "method": "PUT", "path": "/api/x", "query": {},
        "headers": { "content-type": "multipart/form-data" }, "body": null,
        "multipart": [
            { "name": "ticket", "text": "{\"a\":1,\"b\":2}" },
            { "name": "note", "text": "plain" },
            { "name": "files", "file_name": "a.png" },
        ],
    })
}

/// What a client sends: method, target, headers, body.
type Sent<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

/// Replays one recording to a client that sends this and takes whatever comes for a success.
async fn problems(recording: Value, sent: Sent<'_>) -> Vec<String> {
    let folder = folder(std::slice::from_ref(&recording));
    let text = |key: &str| recording[key].as_str().unwrap();
    let name = format!("{}-{}", text("operation"), text("case"));
    let perform = async |base_url: &String, _: &Recording| {
        let (_, body) = send(base_url, sent).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        Ok(CallOutput::of(&body["Id"]))
    };
    let contract = Contract::new(folder.path());
    let cases = [(name.as_str(), r#""7""#)];
    let replayed = contract.replay(&cases, str::to_owned, perform);
    replayed.await.unwrap()
}

/// Fails unless the only problem found is of this kind.
async fn assert_finds(what: &str, recording: Value, sent: Sent<'_>) {
    let found = problems(recording, sent).await;
    let [line] = found.as_slice() else {
        panic!("one problem with {what} expected, found {found:?}");
    };
    assert!(line.contains(&format!(": {what}: expected ")), "{line}");
}

const KEY: &[(&str, &str)] = &[("x-desk-key", "<key>")];
const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const TARGET: &str = "/api/x?search=a%20b&limit=2";

#[tokio::test]
async fn a_request_as_recorded_has_no_difference() {
    let agreed: Vec<String> = Vec::new();
    let read = recording("get", "ok", &read());
    for target in [TARGET, "/api/x?limit=2&search=a+b"] {
        let more = [KEY[0], ("user-agent", "anything")];
        assert_eq!(
            problems(read.clone(), ("GET", target, &more, "")).await,
            agreed
        );
    }
    let write = recording("create", "ok", &write());
    let body = r#"{ "b": ["2"], "a": 1 }"#;
    assert_eq!(
        problems(write, ("POST", "/api/x", JSON, body)).await,
        agreed
    );
}

#[tokio::test]
async fn every_difference_in_a_request_is_found() {
    let read = || recording("get", "ok", &read());
    assert_finds("method", read(), ("POST", TARGET, KEY, "")).await;
    assert_finds(
        "path",
        read(),
        ("GET", "/api/y?limit=2&search=a+b", KEY, ""),
    )
    .await;
    for target in [
        "/api/x",
        "/api/x?limit=3&search=a+b",
        "/api/x?limit=2&search=a+b&page=1",
        "/api/x?limit=2&limit=2&search=a+b",
    ] {
        assert_finds("query", read(), ("GET", target, KEY, "")).await;
    }
    let other = [("x-desk-key", "other")];
    assert_finds("x-desk-key", read(), ("GET", TARGET, &other, "")).await;
    assert_finds("x-desk-key", read(), ("GET", TARGET, &[], "")).await;
    for name in ["authorization", "cookie", "content-type"] {
        let more = [KEY[0], (name, "more")];
        assert_finds(name, read(), ("GET", TARGET, &more, "")).await;
    }
    assert_finds("body", read(), ("GET", TARGET, KEY, "{}")).await;
    for body in [
        "",
        "{}",
        r#"{"a":"1","b":["2"]}"#,
        r#"{"a":1,"b":["2"],"c":null}"#,
        "a=1",
    ] {
        let write = recording("create", "ok", &write());
        assert_finds("body", write, ("POST", "/api/x", JSON, body)).await;
    }
    let typed = [("content-type", "application/json; charset=utf-8")];
    let write = recording("create", "ok", &write());
    let body = r#"{"a":1,"b":["2"]}"#;
    assert_finds("content-type", write, ("POST", "/api/x", &typed, body)).await;
}

#[tokio::test]
async fn the_parts_of_a_form_are_compared_by_name() {
    let upload = || recording("update", "ok", &upload());
    let object = ("ticket", r#"{ "b": 2, "a": 1 }"#);
    let note = ("note", "plain");
    let file = ("a.png", "image/png", "anything");
    let sent = |texts: &[(&str, &str)], files: &[(&str, &str, &str)]| form(texts, files);
    for form in [
        sent(&[object, note], &[file]),
        sent(&[note, object], &[file]),
    ] {
        let headers = [("content-type", form.0)];
        let agreed: Vec<String> = Vec::new();
        let found = problems(upload(), ("PUT", "/api/x", &headers, &form.1)).await;
        assert_eq!(found, agreed);
    }
    for (case, (content_type, body)) in [
        ("a missing part", sent(&[object], &[file])),
        ("a missing file", sent(&[object, note], &[])),
        ("one part more", sent(&[object, note, note], &[file])),
        ("one file more", sent(&[object, note], &[file, file])),
        ("another name", sent(&[("Ticket", object.1), note], &[file])),
        ("another text", sent(&[object, ("note", "other")], &[file])),
        (
            "another value",
            sent(&[("ticket", r#"{"a":1,"b":"2"}"#), note], &[file]),
        ),
        (
            "another file name",
            sent(&[object, note], &[("b.png", "image/png", "")]),
        ),
        (
            "a file as a text",
            sent(&[object, note, ("files", "a.png")], &[]),
        ),
        (
            "no form",
            ("multipart/form-data; boundary=limit", "nonsense".to_owned()),
        ),
    ] {
        let headers = [("content-type", content_type)];
        let found = problems(upload(), ("PUT", "/api/x", &headers, &body)).await;
        assert_eq!(found.len(), 1, "{case}: {found:?}");
        assert!(found[0].contains(": parts: expected "), "{case}: {found:?}");
    }
    let found = problems(upload(), ("PUT", "/api/x", JSON, object.1)).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains(": content-type: "), "{found:?}");
    assert!(found[1].contains(": parts: "), "{found:?}");
}

#[tokio::test]
async fn a_form_where_none_is_recorded_is_found() {
    let (content_type, body) = form(&[("a", "1")], &[]);
    let headers = [("content-type", content_type)];
    let write = recording("create", "ok", &write());
    let found = problems(write, ("POST", "/api/x", &headers, &body)).await;
    assert_eq!(found.len(), 2, "{found:?}");
}

#[tokio::test]
async fn the_encoding_of_an_authentication_is_free() {
    let request = json!({
        "method": "POST", "path": "/api/authenticate", "query": {}, "headers": {},
        "body": { "email": "a@example.com", "siteId": "123" }, "multipart": null,
    });
    let recorded = || recording("authenticate", "ok", &request);
    let (multipart, parts) = form(&[("siteId", "123"), ("email", "a@example.com")], &[]);
    let encoded = "siteId=123&email=a%40example.com";
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", encoded),
        (
            "application/json",
            r#"{"email":"a@example.com","siteId":"123"}"#,
        ),
        (multipart, parts.as_str()),
    ] {
        let headers = [("content-type", content_type)];
        let sent: Sent<'_> = ("POST", "/api/authenticate", &headers, body);
        let agreed: Vec<String> = Vec::new();
        assert_eq!(problems(recorded(), sent).await, agreed, "{content_type}");
        let less = body.replace("123", "124");
        let sent: Sent<'_> = ("POST", "/api/authenticate", &headers, &less);
        assert_finds("body", recorded(), sent).await;
    }
    let more = format!("{encoded}&password=x");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let sent: Sent<'_> = ("POST", "/api/authenticate", &headers, &more);
    assert_finds("body", recorded(), sent).await;
}

/// Replays three reads, `a`, `b` and `c`, to a client that answers with what came.
async fn three(cases: &[(&str, &str)], requests: usize) -> Vec<String> {
    let request = json!({ "method": "GET", "path": "/api/x", "headers": {} });
    let mut recordings = ["a", "b", "c"].map(|case| recording("get", case, &request));
    recordings[1]["response"]["body"]["Id"] = json!("8");
    recordings[2]["response"] =
        json!({ "status": 503, "headers": { "retry-after": "5" }, "body": null });
    recordings[2]["expect"] =
        json!({ "error": "unavailable", "effect": "none", "retry_after_s": 5 });
    let folder = folder(&recordings);
    let perform = async |base_url: &String, recording: &Recording| {
        let mut last = None;
        // One case makes another number of requests.
        let count = if recording.case == "a" { requests } else { 1 };
        for _ in 0..count {
            last = Some(send(base_url, ("GET", "/api/x", &[], "")).await);
        }
        match last {
            Some((503, _)) => Err(failure("busy")),
            Some((200, body)) => {
                let body: Value = serde_json::from_str(&body).unwrap();
                Ok(CallOutput::of(&body["Id"]))
            }
            // Nothing was sent, or once more than recorded.
            _ => Ok(CallOutput::of(&"7")),
        }
    };
    let contract = Contract::new(folder.path());
    contract
        .replay(cases, str::to_owned, perform)
        .await
        .unwrap()
}

fn failure(words: &str) -> Error {
    Error::new(ErrorKind::Unavailable, "down")
        .in_operation("desk", ticket_core::Operation::Get)
        .with_effect(Effect::None)
        .with_retry_after(Duration::from_secs(5))
        .with_vendor_message(words)
}

const ALL: [(&str, &str); 3] = [("get-a", r#""7""#), ("get-b", r#""8""#), ("get-c", "busy")];

#[tokio::test]
async fn conclusions_are_compared() {
    let agreed: Vec<String> = Vec::new();
    assert_eq!(three(&ALL, 1).await, agreed);
    for (index, wrong) in [(0, r#""8""#), (1, "7"), (2, "idle")] {
        let mut cases = ALL;
        cases[index].1 = wrong;
        let found = three(&cases, 1).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let name = format!("{}: expected ", cases[index].0);
        assert!(found[0].starts_with(&name), "{found:?}");
    }
}

#[tokio::test]
async fn a_case_without_a_file_and_a_file_without_a_case_are_found() {
    let found = three(&ALL[..2], 1).await;
    assert_eq!(found, ["get-c: the file has no case"]);
    let more = [ALL[0], ALL[1], ALL[2], ("create-a", "7")];
    let found = three(&more, 1).await;
    assert_eq!(found, ["create-a: the case has no file"]);
    let twice = [ALL[0], ALL[1], ALL[2], ALL[0]];
    let found = three(&twice, 1).await;
    assert_eq!(found, ["get-a: the case is there twice"]);
    let other = [ALL[0], ALL[1], ("get-d", "busy")];
    let found = three(&other, 1).await;
    assert_eq!(
        found,
        ["get-d: the case has no file", "get-c: the file has no case"]
    );
}

#[tokio::test]
async fn another_number_of_requests_is_found_and_does_not_shift_the_answers() {
    for requests in [0, 2] {
        let found = three(&ALL, requests).await;
        let line = format!("get-a: {requests} requests instead of 1");
        assert_eq!(found, [line]);
    }
}

/// Replays one recording of a read of `/api/x` to a client that concludes so.
async fn concluding(
    recording: Value,
    value: &str,
    conclude: impl Fn() -> ticket_core::Result<CallOutput>,
) -> Vec<String> {
    let folder = folder(std::slice::from_ref(&recording));
    let requests = recording["exchanges"].as_array().map_or(1, Vec::len);
    let name = format!("get-{}", recording["case"].as_str().unwrap());
    let perform = async |base_url: &String, _: &Recording| {
        for _ in 0..requests {
            send(base_url, ("GET", "/api/x", &[], "")).await;
        }
        conclude()
    };
    let contract = Contract::new(folder.path()).secrets(&["<key>"]);
    let contract = contract.usual_wait(Duration::from_secs(60));
    let cases = [(name.as_str(), value)];
    let replayed = contract.replay(&cases, str::to_owned, perform);
    replayed.await.unwrap()
}

fn plain() -> Value {
    recording("get", "x", &json!({ "method": "GET", "path": "/api/x" }))
}

#[tokio::test]
async fn raw_is_told_by_its_place_in_the_reply() {
    let mut recording = plain();
    recording["response"]["body"] = json!({ "rows": [{ "Id": "7" }, { "Id": "8" }] });
    for (raw, place) in [
        (json!({ "Id": "8" }), "/rows/1"),
        (recording["response"]["body"].clone(), "the reply"),
        (json!({ "Id": 8 }), r#"not in the reply: {\"Id\":8}"#),
    ] {
        let result = json!({ "id": "8", "tags": [], "due_at": null, "raw": raw });
        let expected = format!(r#"{{ "raw": "{place}", "id": "8" }}"#);
        let conclude = || Ok(CallOutput::of(&result));
        let found = concluding(recording.clone(), &expected, conclude).await;
        assert_eq!(found, [""; 0], "{place}");
    }
}

#[tokio::test]
async fn a_call_of_several_requests_is_compared_exchange_by_exchange() {
    let mut recording = plain();
    let exchange = |path: &str, id: &str| {
        json!({
            "request": { "method": "GET", "path": path },
            "response": { "status": 200, "headers": {}, "body": { "Id": id } },
        })
    };
    for (second, expected) in [
        ("/api/x", vec![]),
        (
            "/api/y",
            vec![r#"get-x: path: expected "/api/y", found "/api/x""#],
        ),
    ] {
        recording["exchanges"] = json!([exchange("/api/x", "1"), exchange(second, "2")]);
        recording["provenance"] = json!("observed");
        let fields = recording.as_object_mut().unwrap();
        fields.remove("request");
        fields.remove("response");
        let read: Recording = serde_json::from_value(recording.clone()).unwrap();
        assert_eq!(read.provenance, Provenance::Observed);
        let conclude = || Ok(CallOutput::of(&json!({ "raw": { "Id": "2" } })));
        let found = concluding(recording.clone(), r#"{ "raw": "the reply" }"#, conclude).await;
        assert_eq!(found, expected);
    }
    recording["request"] = json!({ "method": "GET", "path": "/api/x" });
    serde_json::from_value::<Recording>(recording).unwrap_err();
}

#[tokio::test]
async fn an_error_of_another_provider_or_with_a_secret_is_found() {
    let mut recording = plain();
    recording["expect"] = json!({ "error": "unavailable", "effect": "none", "retry_after_s": 5 });
    let found = concluding(recording.clone(), "busy", || Err(failure("busy"))).await;
    assert_eq!(found, [""; 0]);
    let found = concluding(recording.clone(), "<key> is busy", || {
        Err(failure("<key> is busy"))
    })
    .await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("shows a secret"), "{found:?}");
    recording["provider"] = json!("other");
    let found = concluding(recording, "busy", || Err(failure("busy"))).await;
    assert_eq!(found, [r#"get-x: the error is of Some("desk")"#]);
}

#[tokio::test]
async fn without_an_expectation_the_table_says_all_of_a_failure() {
    let mut recording = plain();
    recording.as_object_mut().unwrap().remove("expect");
    recording["response"]["status"] = json!(503);
    let line = "unavailable, effect none, retry after 5 s: busy";
    let found = concluding(recording.clone(), line, || Err(failure("busy"))).await;
    assert_eq!(found, [""; 0]);
    let found = concluding(recording, "busy", || Err(failure("busy"))).await;
    assert_eq!(found.len(), 1, "{found:?}");
}

#[tokio::test]
async fn a_delete_of_several_is_of_no_effect_only_where_all_were_refused() {
    let refused = |id: &TicketId| Outcome::from_error(failure(id.as_str()));
    for (second, effect) in [
        (refused as fn(&TicketId) -> _, "none"),
        (|_: &TicketId| Outcome::Done, "unknown"),
    ] {
        let mut recording = plain();
        recording["expect"] =
            json!({ "error": "partial_failure", "effect": effect, "retry_after_s": null });
        let targets = ["1", "2"].map(DeleteTarget::from);
        let outcome = |id: &TicketId| {
            if id.as_str() == "1" {
                refused(id)
            } else {
                second(id)
            }
        };
        let report = DeleteReport::from_fn(&targets, outcome);
        let word = |(id, outcome)| format!("{id} {}", Change::Delete.word(outcome));
        let words: Vec<_> = report.iter().map(word).collect();
        let conclude = || Ok(CallOutput::Report(report.clone()));
        let found = concluding(recording, &words.join(", "), conclude).await;
        assert_eq!(found, [""; 0]);
    }
}

#[tokio::test]
async fn the_usual_wait_is_expected_where_too_many_calls_state_none() {
    let mut recording = plain();
    let limited = |wait: u64| {
        Error::new(ErrorKind::RateLimited, "too many")
            .in_operation("desk", ticket_core::Operation::Get)
            .with_effect(Effect::None)
            .with_retry_after(Duration::from_secs(wait))
    };
    for (stated, wait, problems) in [
        (None, 60, 0),
        (None, 5, 1),
        (Some(5), 5, 0),
        (Some(5), 60, 1),
    ] {
        recording["expect"] =
            json!({ "error": "rate_limited", "effect": "none", "retry_after_s": stated });
        let found = concluding(recording.clone(), "", || Err(limited(wait))).await;
        assert_eq!(found.len(), problems, "{stated:?} {wait}: {found:?}");
    }
}

#[test]
fn a_folder_without_recordings_and_a_file_that_is_none_are_errors() {
    let folder = folder(&[]);
    let fails = |path: &Path, what: &str| {
        let error = Recording::read_dir(path).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    fails(folder.path(), "holds no recording");
    fails(&folder.path().join("missing"), "");
    let file = folder.path().join("get-y.json");
    fs::write(&file, "{}").unwrap();
    fails(folder.path(), "get-y.json");
    fs::write(&file, plain().to_string()).unwrap();
    fails(folder.path(), "it is the recording get-x");
}
