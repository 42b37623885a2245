use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Sandbox, TicketSeed, Vendor, credentials};

use crate::client::{onecloud, send};

fn create_body() -> Value {
    json!({
        "fullName": "Agung Januar", "contact": "agung@email.com", "category": "Request",
        "subject": "Subscribe to onebox", "content": "How to do it?", "coordinate": "37.0625,-95.677068",
    })
}

#[tokio::test]
async fn a_created_ticket_can_be_read_and_deleted_once() {
    let sandbox = Sandbox::start().await.unwrap();

    let created = onecloud(&sandbox, "POST", "/api/ticket/create", create_body()).await;
    assert_eq!(created.status, 200);
    assert_eq!(
        created.json(),
        json!({ "response_code": "200", "response_status": "Success", "ticketId": "515090" })
    );
    let record = sandbox.ticket(Vendor::OneCloud, "515090").unwrap();
    assert_eq!(record.subject, "Subscribe to onebox");
    assert_eq!(record.created_from, Some(create_body()));

    let read = onecloud(&sandbox, "GET", "/api/ticketrz/515090", Value::Null).await;
    assert_eq!(read.json()["Subject"], "Subscribe to onebox");
    assert_eq!(read.json()["Content"], "How to do it?");
    assert_eq!(read.json()["CreateDate"], "2026-01-26 12:32:29");

    let deleted = onecloud(&sandbox, "DELETE", "/api/ticketrz/515090", Value::Null).await;
    assert_eq!((deleted.status, deleted.json()), (200, json!({})));
    assert!(!sandbox.exists(Vendor::OneCloud, "515090"));

    let again = onecloud(&sandbox, "DELETE", "/api/ticketrz/515090", Value::Null).await;
    assert_eq!((again.status, again.text()), (404, ""));

    let journal = sandbox.journal();
    let effects: Vec<_> = journal
        .iter()
        .map(|seen| {
            (
                seen.endpoint.unwrap(),
                seen.is_write,
                seen.took_effect,
                seen.status,
            )
        })
        .collect();
    assert_eq!(
        effects,
        [
            (Endpoint::Create, true, true, Some(200)),
            (Endpoint::Get, false, false, Some(200)),
            (Endpoint::Delete, true, true, Some(200)),
            (Endpoint::Delete, true, false, Some(404)),
        ]
    );
}

#[tokio::test]
async fn ticket_has_55_keys_with_strings_or_nulls() {
    let sandbox = Sandbox::start().await.unwrap();
    for id in ["121", "1212", "1234"] {
        let read = onecloud(&sandbox, "GET", &format!("/api/ticketrz/{id}"), Value::Null).await;
        let body = read.json();
        let fields = body.as_object().unwrap();
        assert_eq!(fields.len(), 55, "{id}");
        assert!(
            fields
                .values()
                .all(|value| value.is_string() || value.is_null())
        );
        assert_eq!(body["Id"], id);
    }
}

#[tokio::test]
async fn create_requires_five_fields() {
    let sandbox = Sandbox::start().await.unwrap();
    for missing in ["fullName", "contact", "subject", "category", "content"] {
        let mut body = create_body();
        body[missing] = json!("");
        let refused = onecloud(&sandbox, "POST", "/api/ticket/create", body).await;
        assert_eq!(refused.status, 400);
        let message = format!("{missing} is required");
        assert_eq!(refused.json()["records"]["userMessage"], message);
    }
    assert_eq!(sandbox.tickets(Vendor::OneCloud).len(), 3);
    assert!(sandbox.journal().iter().all(|seen| !seen.took_effect));
}

#[tokio::test]
async fn missing_foreign_and_expired_tokens_have_different_errors() {
    let sandbox = Sandbox::start().await.unwrap();
    let path = "/onecloud/api/ticketrz/121";
    let missing = send(&sandbox, "DELETE", path, &[], "").await.unwrap();
    let foreign = [("authorization", "Bearer somebody-elses")];
    let foreign = send(&sandbox, "DELETE", path, &foreign, "").await.unwrap();
    sandbox.expire_token();
    let expired = onecloud(&sandbox, "DELETE", "/api/ticketrz/121", Value::Null).await;

    for (answer, message, blank) in [
        (&missing, "jwt token not found", json!("")),
        (&foreign, "jwt token invalid", json!("")),
        (&expired, "Expired token", Value::Null),
    ] {
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.json(),
            json!({
                "_meta": { "status": "ERROR", "count": 1 },
                "records": {
                    "errorCode": 401, "userMessage": message, "devMessage": blank, "more": null,
                    "applicationCode": blank,
                },
            })
        );
    }
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
}

#[tokio::test]
async fn an_exhausted_quota_has_a_text_code_in_get_and_a_number_elsewhere() {
    let sandbox = Sandbox::builder().onecloud_calls(1).start().await.unwrap();
    let first = onecloud(&sandbox, "GET", "/api/ticketrz/121", Value::Null).await;
    assert_eq!(first.status, 200);

    let get = onecloud(&sandbox, "GET", "/api/ticketrz/121", Value::Null).await;
    let create = onecloud(&sandbox, "POST", "/api/ticket/create", create_body()).await;
    let delete = onecloud(&sandbox, "DELETE", "/api/ticketrz/121", Value::Null).await;
    for (answer, code) in [
        (get, json!("401")),
        (create, json!(401)),
        (delete, json!(401)),
    ] {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["records"]["errorCode"], code);
        let message = answer.json()["records"]["userMessage"].to_string();
        assert!(message.contains("time limit reached"), "{message}");
    }
    assert_eq!(sandbox.tickets(Vendor::OneCloud).len(), 3);
}

#[tokio::test]
async fn exhaust_quota_applies_immediately() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.exhaust_quota();
    let get = onecloud(&sandbox, "GET", "/api/ticketrz/121", Value::Null).await;
    assert_eq!(get.json()["records"]["errorCode"], "401");
}

#[tokio::test]
async fn added_ticket_equals_a_created_one() {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    assert_eq!(sandbox.tickets(Vendor::OneCloud), []);
    let seed = TicketSeed::new("Added")
        .description("without a request")
        .closed();
    let id = sandbox.add_ticket(Vendor::OneCloud, seed);
    let read = onecloud(&sandbox, "GET", &format!("/api/ticketrz/{id}"), Value::Null).await;
    assert_eq!(read.json()["Content"], "without a request");
    assert_eq!(read.json()["StatusId"], "TS7");
    assert_eq!(read.json().as_object().unwrap().len(), 55);
}

#[tokio::test]
async fn unknown_path_gets_the_gateway_page() {
    let sandbox = Sandbox::start().await.unwrap();
    for (method, path) in [
        ("DELETE", "/onecloud/api/ticketrz/"),
        ("DELETE", "/onecloud/api/ticketrz"),
        ("DELETE", "/onecloud/api/ticketrz/121/"),
        ("PATCH", "/onecloud/api/ticketrz/121"),
        ("DELETE", "/onecloud/x/../api/ticketrz/121"),
        ("DELETE", "/onecloud//api/ticketrz/121"),
    ] {
        let token = format!("Bearer {}", credentials::ONECLOUD_TOKEN);
        let answer = send(&sandbox, method, path, &[("authorization", &token)], "")
            .await
            .unwrap();
        assert_eq!(answer.status, 404, "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("text/html"));
        let seen = sandbox.journal().pop().unwrap();
        assert_eq!((seen.vendor, seen.endpoint), (Some(Vendor::OneCloud), None));
        assert_eq!((seen.method.as_str(), seen.path.as_str()), (method, path));
        assert!(seen.is_write && !seen.took_effect);
    }
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
}
