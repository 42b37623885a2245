//! The vendors' refusals to the letter: clients tell them apart by their words.

use serde_json::{Value, json};
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor, Wording};

use crate::client::{call, onecloud, sweeppea};

#[tokio::test]
async fn onecloud_quota_error_matches_the_documentation() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.exhaust_quota();
    for (method, path, code) in [
        ("GET", "/api/ticketrz/121", json!("401")),
        ("GET", "/api/ticketrz", json!("401")),
        ("POST", "/api/ticket/create", json!(401)),
        ("DELETE", "/api/ticketrz/121", json!(401)),
        ("GET", "/api/ticket/conversations/121", json!(401)),
    ] {
        let answer = onecloud(&sandbox, method, path, Value::Null).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(
            answer.json(),
            json!({
                "_meta": { "status": "ERROR", "count": 1 },
                "records": {
                    "errorCode": code,
                    "userMessage": "time limit reached please try again tomorrow at 18:00 - 06:00",
                    "devMessage": "", "more": null, "applicationCode": "",
                },
            }),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn onecloud_expired_token_error_matches_the_documentation() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.expire_token();
    for (method, path) in [
        ("GET", "/api/ticketrz/121"),
        ("GET", "/api/ticketrz"),
        ("POST", "/api/ticket/create"),
        ("DELETE", "/api/ticketrz/121"),
        ("GET", "/api/ticket/conversations/121"),
    ] {
        let answer = onecloud(&sandbox, method, path, Value::Null).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(
            answer.json(),
            json!({
                "_meta": { "status": "ERROR", "count": 1 },
                "records": {
                    "errorCode": 401, "userMessage": "Expired token", "devMessage": null,
                    "more": null, "applicationCode": null,
                },
            }),
            "{method} {path}"
        );
    }
}

/// Both editions have the same words where there is one text.
const SWEEPPEA: [(u16, &str, &str); 4] = [
    (
        401,
        "Invalid or Missing Bearer Token",
        "Missing or invalid Bearer token. Send your API token in the Authorization header as: \
         Authorization: Bearer YOUR_API_TOKEN",
    ),
    (
        403,
        "Invalid API Token",
        "Invalid API token. It does not match any account.",
    ),
    (
        429,
        "Rate limit exceeded. Your plan allows 150 API calls per minute. Wait a few seconds and try \
         again.",
        "Rate limit exceeded. Your plan allows 150 API calls per minute. Wait a few seconds and try \
         again.",
    ),
    (
        500,
        "Internal Server Error",
        "Internal server error. Please try again; if it persists, contact support with the time of \
         this request.",
    ),
];

#[tokio::test]
async fn sweeppea_errors_match_both_editions() {
    for wording in [Wording::Old, Wording::New] {
        let builder = Sandbox::builder().sweeppea_wording(wording);
        let sandbox = builder.start().await.unwrap();
        for (status, old, new) in SWEEPPEA {
            let message = if wording == Wording::Old { old } else { new };
            for path in [
                "fetchSingleTicket",
                "fetchOpenTickets",
                "create",
                "resolve",
                "delete",
            ] {
                sandbox.inject(Rule::new(Fault::Status(status)));
                let path = format!("/tickets/{path}");
                let answer = sweeppea(&sandbox, &path, json!({})).await;
                assert_eq!(answer.status, status, "{path}");
                assert_eq!(
                    answer.json(),
                    json!({ "Response": false, "Message": message, "Code": status }),
                    "{path}"
                );
                let wait = (status == 429).then_some("60");
                assert_eq!(answer.header("retry-after"), wait);
            }
        }
    }
}

#[tokio::test]
async fn sweeppea_not_found_message_depends_on_the_endpoint() {
    let sandbox = Sandbox::start().await.unwrap();
    for (path, key, message) in [
        (
            "fetchSingleTicket",
            "caseNumber",
            "Ticket Not Found or Access Denied",
        ),
        ("resolve", "CaseId", "Ticket Not Found or Already Closed"),
        (
            "delete",
            "CaseId",
            "Ticket Not Found, Already Closed, or Not Owned by User",
        ),
    ] {
        let answer = sweeppea(&sandbox, &format!("/tickets/{path}"), json!({ key: "0" })).await;
        assert_eq!(
            (answer.status, answer.json()),
            (
                404,
                json!({ "Response": false, "Message": message, "Code": 404 })
            ),
            "{path}"
        );
    }
    // Update has no code.
    let body = json!({ "CaseId": "0", "Title": "T" });
    let answer = sweeppea(&sandbox, "/tickets/update", body).await;
    assert_eq!(
        (answer.status, answer.json()),
        (
            404,
            json!({ "Response": false, "Message": "Ticket not found" })
        )
    );
}

#[tokio::test]
async fn sweeppea_names_a_wrong_priority_an_unknown_admin_and_a_lock() {
    let sandbox = Sandbox::start().await.unwrap();
    let create = json!({ "Title": "T", "Description": "D", "Priority": 2 });
    for (key, value, message) in [
        (
            "Priority",
            json!(9),
            "Invalid Priority Value. Must be 1 (Low), 2 (Medium), or 3 (High)",
        ),
        (
            "AssignTo",
            json!("x"),
            "No admin user found matching \"x\". Only admin users can be assigned to tickets. \
             Provide a valid admin name or email.",
        ),
    ] {
        let mut body = create.clone();
        body[key] = value;
        let answer = sweeppea(&sandbox, "/tickets/create", body).await;
        let mut refusal = answer.json();
        refusal.as_object_mut().unwrap().remove("Help");
        assert_eq!(
            (answer.status, refusal),
            (
                400,
                json!({ "Response": false, "Message": message, "Code": 400 })
            )
        );
    }
    let answer = sweeppea(&sandbox, "/tickets/delete", json!({ "CaseId": "ABC1234" })).await;
    let message = "Ticket ABC1234 is locked while our engineering team works on it. It can be \
                   deleted once that work is finished.";
    assert_eq!(
        (answer.status, answer.json()),
        (
            409,
            json!({ "Response": false, "Message": message, "Code": 409 })
        )
    );
}

#[tokio::test]
async fn leadsquared_quota_error_matches_the_documentation() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Rule::new(Fault::RateLimited { retry_after: None }));
    let path = "/api/tenants/22824/tickets/143";
    let answer = call(&sandbox, Vendor::LeadSquared, "GET", path, Value::Null).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status, answer.text()),
        (429, "API calls exceeded the limit of 25 in 5 second(s)")
    );
}
