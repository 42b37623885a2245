//! The control API, as a test in another language uses it.

use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Fault, MessageKind, Sandbox, Vendor};

use crate::client::{Answer, leadsquared, leadsquared_form, onecloud, send, sweeppea};
use crate::faults::delete;

async fn control(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Answer {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    send(sandbox, method, &format!("/control{path}"), &[], &body)
        .await
        .unwrap()
}

async fn get(sandbox: &Sandbox, path: &str) -> Value {
    let answer = control(sandbox, "GET", path, Value::Null).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.json()
}

async fn post(sandbox: &Sandbox, path: &str, body: Value) {
    let answer = control(sandbox, "POST", path, body).await;
    assert_eq!((answer.status, answer.text()), (204, ""), "{path}");
}

#[tokio::test]
async fn control_api_has_scripted_faults_journal_and_tickets() {
    let sandbox = Sandbox::start().await.unwrap();
    let rule =
        json!({ "fault": "lost_response", "vendor": "onecloud", "endpoint": "delete", "skip": 1 });
    post(&sandbox, "/faults", rule).await;

    delete(&sandbox, Vendor::OneCloud, "1212").await.unwrap();
    delete(&sandbox, Vendor::OneCloud, "121").await.unwrap_err();
    let journal = get(&sandbox, "/journal").await;
    let seen = sandbox.journal();
    assert_eq!(journal.as_array().unwrap().len(), 2);
    let headers: Vec<_> = seen[1].headers.iter().collect();
    assert_eq!(
        journal[1],
        json!({
            "sequence": 2, "vendor": "onecloud", "endpoint": "delete", "method": "DELETE",
            "path": "/onecloud/api/ticketrz/121", "headers": headers, "body": "", "status": null,
            "is_write": true, "took_effect": true, "deleted": ["121"], "faulted": true,
            "fault": "lost_response",
        })
    );
    let later = get(&sandbox, "/journal?after=1").await;
    assert_eq!(later, json!([journal[1]]));
    let left = get(&sandbox, "/tickets/onecloud").await;
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(
        left[0],
        get(&sandbox, "/tickets/onecloud/1234").await,
        "one ticket is as in the list"
    );
}

#[tokio::test]
async fn control_api_adds_tickets_and_messages() {
    let sandbox = Sandbox::start().await.unwrap();
    let seed = json!({
        "subject": "Locked", "description": "Text", "locked": true, "id": "AAAAAAA",
        "attributes": { "Priority": 3 },
    });
    let added = control(&sandbox, "POST", "/tickets/sweeppea", seed).await;
    assert_eq!(
        (added.status, added.json()),
        (201, json!({ "id": "AAAAAAA" }))
    );
    let note = json!({ "kind": "note", "text": "Seen" });
    let path = "/tickets/sweeppea/AAAAAAA/messages";
    let written = control(&sandbox, "POST", path, note).await;
    let record = sandbox.ticket(Vendor::Sweeppea, "AAAAAAA").unwrap();
    assert_eq!(
        (written.status, written.json()),
        (201, json!({ "id": record.messages[0].id }))
    );
    assert_eq!(record.messages[0].kind, MessageKind::Note);

    let shown = get(&sandbox, "/tickets/sweeppea/AAAAAAA").await;
    assert_eq!(shown["subject"], "Locked");
    assert_eq!(shown["description"], "Text");
    assert_eq!(
        (&shown["locked"], &shown["closed"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(shown["attributes"]["Priority"], 3);
    assert_eq!(
        shown["messages"],
        json!([{ "id": record.messages[0].id, "kind": "note", "text": "Seen" }])
    );
    let refused = delete(&sandbox, Vendor::Sweeppea, "AAAAAAA").await.unwrap();
    assert_eq!(refused.status, 409);
}

#[tokio::test]
async fn control_api_shows_files_by_name_and_size_with_their_create_call() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({
        "TypeId": "1", "RelatedTicketTypeId": 1, "LeadId": "1",
        "Fields": [{ "SchemaName": "Title", "Value": "A" }],
    });
    let files = [("a.png", "image/png", "four")];
    leadsquared_form(&sandbox, "POST", "/tickets", &body, &files).await;
    let shown = get(&sandbox, "/tickets/leadsquared/163").await;
    assert_eq!(
        shown["attachments"],
        json!([{
            "id": "", "message": null, "name": "a.png", "media_type": "image/png", "size": 4,
        }])
    );
    assert_eq!(shown["created_from"], body);
    assert_eq!(shown["owned_by_other"], false);
    assert_eq!(shown["deleted"], false);
}

#[tokio::test]
async fn random_faults_of_the_control_api_match_the_handle() {
    let (here, there) = (
        Sandbox::start().await.unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let faults = vec![Fault::Status(500), Fault::EmptyBody];
    here.random_faults(7, 0.5, faults);
    let dice =
        json!({ "seed": 7, "probability": 0.5, "faults": [{ "status": 500 }, "empty_body"] });
    let set = control(&there, "PUT", "/random-faults", dice).await;
    assert_eq!(set.status, 204);
    for sandbox in [&here, &there] {
        for _ in 0..20 {
            onecloud(sandbox, "GET", "/api/ticketrz/1234", Value::Null).await;
        }
    }
    let outcomes = |sandbox: &Sandbox| {
        let journal = sandbox.journal();
        let faulted = journal.iter().map(|seen| (seen.faulted, seen.status));
        faulted.collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&here), outcomes(&there));
    assert!(outcomes(&there).contains(&(true, Some(500))));
    assert!(outcomes(&there).contains(&(false, Some(200))));
}

#[tokio::test]
async fn control_api_expires_tokens_and_exhausts_the_quota() {
    let sandbox = Sandbox::start().await.unwrap();
    let words = async || {
        let answer = onecloud(&sandbox, "GET", "/api/ticketrz/1234", Value::Null).await;
        answer.json()["records"]["userMessage"].clone()
    };
    post(&sandbox, "/exhaust-quota", Value::Null).await;
    assert!(words().await.as_str().unwrap().starts_with("time limit"));
    post(&sandbox, "/expire-token", Value::Null).await;
    assert_eq!(words().await, "Expired token");
}

#[tokio::test]
async fn settings_hold_until_the_next_reset() {
    let builder = Sandbox::builder().leadsquared_required_fields(["Title", "CustomData.Shop"]);
    let sandbox = builder.start().await.unwrap();
    delete(&sandbox, Vendor::LeadSquared, "160").await.unwrap();
    post(&sandbox, "/faults", json!({ "fault": "lost_response" })).await;
    let settings = json!({
        "sweeppea_quota": { "calls": 1, "window": 0.5, "model": "token_bucket" },
        "sweeppea_wording": "old", "leadsquared_quota": null, "leadsquared_max_delete": 1,
        "onecloud_calls": 0, "leadsquared_retry_after": 9,
    });
    post(&sandbox, "/reset", settings).await;
    assert_eq!(sandbox.journal(), []);
    assert!(sandbox.exists(Vendor::LeadSquared, "160"));

    let number = json!({ "caseNumber": "HYXTNJV" });
    let path = "/tickets/fetchSingleTicket";
    let first = sweeppea(&sandbox, path, number.clone()).await;
    assert_eq!((first.status, first.json().get("Telemetry")), (200, None));
    assert_eq!(sweeppea(&sandbox, path, number.clone()).await.status, 429);
    for _ in 0..30 {
        let two = json!({ "TicketIds": ["1", "2"] });
        assert_eq!(
            leadsquared(&sandbox, "PUT", "/tickets/trash", two)
                .await
                .status,
            400
        );
    }
    let over = onecloud(&sandbox, "GET", "/api/ticketrz/1234", Value::Null).await;
    assert_eq!(over.status, 401);

    // What it was started with is what it goes back to.
    post(&sandbox, "/reset", Value::Null).await;
    for _ in 0..2 {
        let answer = sweeppea(&sandbox, path, number.clone()).await;
        assert!(answer.json().get("Telemetry").is_some());
    }
    let body = json!({
        "TypeId": "1", "RelatedTicketTypeId": 1, "LeadId": "1",
        "Fields": [{ "SchemaName": "Title", "Value": "A" }],
    });
    let refused = leadsquared(&sandbox, "POST", "/tickets", body).await;
    assert!(
        refused.text().contains("CustomData.Shop"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn control_requests_skip_journal_and_faults() {
    let sandbox = Sandbox::start().await.unwrap();
    post(&sandbox, "/faults", json!({ "fault": "lost_response" })).await;
    post(&sandbox, "/expire-token", Value::Null).await;
    assert_eq!(get(&sandbox, "/journal").await, json!([]));
    assert_eq!(sandbox.journal(), []);
    delete(&sandbox, Vendor::OneCloud, "121").await.unwrap_err();
    assert_eq!(sandbox.journal()[0].endpoint, Some(Endpoint::Delete));
}

#[tokio::test]
async fn invalid_control_request_is_refused_with_a_reason() {
    let sandbox = Sandbox::start().await.unwrap();
    for (method, path, body, status, reason) in [
        (
            "POST",
            "/faults",
            json!({ "fault": "lost" }),
            400,
            "unknown variant `lost`",
        ),
        ("POST", "/faults", json!({}), 400, "missing field `fault`"),
        ("POST", "/faults", Value::Null, 400, "EOF"),
        (
            "POST",
            "/reset",
            json!({ "sweepea_quota": null }),
            400,
            "unknown field",
        ),
        (
            "PUT",
            "/random-faults",
            json!({ "seed": 1 }),
            400,
            "missing field",
        ),
        (
            "POST",
            "/tickets/onecloud",
            json!({}),
            400,
            "missing field `subject`",
        ),
        (
            "GET",
            "/tickets/nobody",
            Value::Null,
            404,
            "unknown vendor `nobody`",
        ),
        (
            "GET",
            "/tickets/onecloud/9",
            Value::Null,
            404,
            "no ticket 9 at onecloud",
        ),
        (
            "POST",
            "/tickets/onecloud/9/messages",
            json!({ "kind": "note", "text": "" }),
            404,
            "no ticket 9",
        ),
        (
            "GET",
            "/journal?after=x",
            Value::Null,
            400,
            "accepts only `after=N`",
        ),
        ("GET", "/faults", Value::Null, 404, "no GET /control/faults"),
        ("GET", "/", Value::Null, 404, "no GET /control/"),
    ] {
        let answer = control(&sandbox, method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(reason), "{error}");
    }
    // None of it has changed anything.
    assert_eq!(
        Vendor::ALL.map(|vendor| sandbox.tickets(vendor).len()),
        [3, 6, 4, 4, 5, 4]
    );
    let answer = onecloud(&sandbox, "GET", "/api/ticketrz/1234", Value::Null).await;
    assert_eq!(answer.status, 200);
}
