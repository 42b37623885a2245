//! Recordings: what is compared, and that each difference is found.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use ticket_sandbox::{Failure, Recording, Sandbox};

use crate::client::{Answer, form, send};

/// A folder of recordings that is gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, recordings: &[Value]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for recording in recordings {
            let name = format!(
                "{}-{}.json",
                recording["operation"].as_str().unwrap(),
                recording["case"].as_str().unwrap()
            );
            fs::write(folder.join(name), recording.to_string()).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn recording(operation: &str, case: &str, request: &Value) -> Value {
    json!({
        "provider": "leadsquared", "operation": operation, "case": case, "request": request,
        "response": {
            "status": 200, "headers": { "content-type": "application/json" }, "body": { "Id": "7" },
        },
        "meaning": "not needed", "expect": { "ok": true },
    })
}

fn read() -> Value {
    json!({
        "method": "GET", "path": "/api/x", "query": { "limit": "2", "search": "a b" },
        "headers": { "x-lsq-access-key": "<access-key>" }, "body": null, "multipart": null,
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
            { "name": "ticketDTO", "text": "{\"a\":1,\"b\":2}" },
            { "name": "note", "text": "plain" },
            { "name": "files", "file_name": "a.png" },
        ],
    })
}

/// What a client sends: method, target, headers, body.
type Sent<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

/// Replays one recording to a client that sends this and takes whatever comes for a success.
async fn problems(recording: Value, sent: Sent<'_>) -> Vec<String> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);

    let name = format!("replay-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = Folder::new(&name, std::slice::from_ref(&recording));
    let sandbox = Sandbox::start().await.unwrap();
    let text = |key: &str| recording[key].as_str().unwrap().to_owned();
    let (operation, case) = (text("operation"), text("case"));
    let (method, target, headers, body) = sent;
    let perform = async |_: &Recording| {
        let path = format!("/leadsquared{target}");
        let answer = send(&sandbox, method, &path, headers, body).await.unwrap();
        Ok(answer.json()["Id"].as_str().unwrap().to_owned())
    };
    let cases = [(operation.as_str(), case.as_str(), "7")];
    sandbox.replay(&folder.0, &cases, perform).await.unwrap()
}

/// Fails unless the only problem found is of this kind.
async fn assert_finds(what: &str, recording: Value, sent: Sent<'_>) {
    let found = problems(recording, sent).await;
    let [line] = found.as_slice() else {
        panic!("one problem with {what} expected, found {found:?}");
    };
    assert!(line.contains(&format!(": {what}: expected ")), "{line}");
}

const KEY: &[(&str, &str)] = &[("x-lsq-access-key", "<access-key>")];
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
    let other = [("x-lsq-access-key", "other")];
    assert_finds("x-lsq-access-key", read(), ("GET", TARGET, &other, "")).await;
    assert_finds("x-lsq-access-key", read(), ("GET", TARGET, &[], "")).await;
    for name in [
        "authorization",
        "cookie",
        "content-type",
        "x-lsq-secret-key",
    ] {
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
async fn the_prefix_of_another_vendor_is_found() {
    let mut recording = recording("get", "ok", &read());
    recording["provider"] = json!("onecloud");
    assert_finds("path", recording, ("GET", TARGET, KEY, "")).await;
}

#[tokio::test]
async fn the_parts_of_a_form_are_compared_by_name() {
    let upload = || recording("update", "ok", &upload());
    let object = ("ticketDTO", r#"{ "b": 2, "a": 1 }"#);
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
        (
            "another name",
            sent(&[("ticketDto", object.1), note], &[file]),
        ),
        ("another text", sent(&[object, ("note", "other")], &[file])),
        (
            "another value",
            sent(&[("ticketDTO", r#"{"a":1,"b":"2"}"#), note], &[file]),
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
async fn three(name: &str, cases: &[(&str, &str, &str)], requests: usize) -> Vec<String> {
    let request = json!({
        "method": "GET", "path": "/api/x", "query": {}, "headers": {}, "body": null,
        "multipart": null,
    });
    let mut recordings = ["a", "b", "c"].map(|case| recording("get", case, &request));
    recordings[1]["response"]["body"]["Id"] = json!("8");
    recordings[2]["response"] =
        json!({ "status": 503, "headers": { "retry-after": "5" }, "body": null });
    recordings[2]["expect"] =
        json!({ "error": "unavailable", "effect": "none", "retry_after_s": 5 });
    let folder = Folder::new(name, &recordings);
    let sandbox = Sandbox::start().await.unwrap();
    let perform = async |recording: &Recording| {
        assert_eq!(recording.request.multipart, None);
        let mut last: Option<Answer> = None;
        // One case makes another number of requests.
        let count = if recording.case == "a" { requests } else { 1 };
        for _ in 0..count {
            let path = "/leadsquared/api/x";
            last = Some(send(&sandbox, "GET", path, &[], "").await.unwrap());
        }
        match last {
            Some(answer) if answer.status == 503 => Err(Failure {
                kind: "unavailable".into(),
                effect: "none".into(),
                retry_after: answer
                    .header("retry-after")
                    .map(|text| Duration::from_secs(text.parse().unwrap())),
                words: "busy".into(),
            }),
            Some(answer) if answer.status == 200 => {
                Ok(answer.json()["Id"].as_str().unwrap().to_owned())
            }
            // Nothing was sent, or once more than recorded.
            _ => Ok("7".to_owned()),
        }
    };
    sandbox.replay(&folder.0, cases, perform).await.unwrap()
}

const ALL: [(&str, &str, &str); 3] = [("get", "a", "7"), ("get", "b", "8"), ("get", "c", "busy")];

#[tokio::test]
async fn conclusions_are_compared() {
    let agreed: Vec<String> = Vec::new();
    assert_eq!(three("conclusions", &ALL, 1).await, agreed);
    for (index, wrong) in [(0, "8"), (1, "7"), (2, "idle")] {
        let mut cases = ALL;
        cases[index].2 = wrong;
        let found = three("conclusions-wrong", &cases, 1).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let name = format!("get-{}: expected ", cases[index].1);
        assert!(found[0].starts_with(&name), "{found:?}");
    }
}

#[tokio::test]
async fn a_case_without_a_file_and_a_file_without_a_case_are_found() {
    let found = three("no-case", &ALL[..2], 1).await;
    assert_eq!(found, ["get-c: the file has no case"]);
    let more = [ALL[0], ALL[1], ALL[2], ("create", "a", "7")];
    let found = three("no-file", &more, 1).await;
    assert_eq!(found, ["create-a: the case has no file"]);
    let twice = [ALL[0], ALL[1], ALL[2], ALL[0]];
    let found = three("twice", &twice, 1).await;
    assert_eq!(found, ["get-a: the case is there twice"]);
    let other = [ALL[0], ALL[1], ("get", "d", "busy")];
    let found = three("other", &other, 1).await;
    assert_eq!(
        found,
        ["get-d: the case has no file", "get-c: the file has no case"]
    );
}

#[tokio::test]
async fn another_number_of_requests_is_found_and_does_not_shift_the_answers() {
    for requests in [0, 2] {
        let found = three(&format!("requests-{requests}"), &ALL, requests).await;
        let line = format!("get-a: {requests} requests instead of one");
        assert_eq!(found, [line]);
    }
}

#[test]
fn a_folder_without_recordings_and_a_file_that_is_none_are_errors() {
    let folder = Folder::new("empty", &[]);
    let error = Recording::read_dir(&folder.0).unwrap_err();
    assert!(error.to_string().contains("holds no recording"), "{error}");
    fs::write(folder.0.join("get-x.json"), "{}").unwrap();
    let error = Recording::read_dir(&folder.0).unwrap_err();
    assert!(error.to_string().contains("get-x.json"), "{error}");
    assert!(Recording::read_dir(folder.0.join("missing")).is_err());
}
