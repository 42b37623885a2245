//! OneCloud's tokens: how they are asked for, and how long they are good.

use std::time::Duration;

use serde_json::{Value, json};
use ticket_sandbox::credentials::{
    ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID, ONECLOUD_TOKEN,
};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};
use tokio::time::advance;

use crate::client::{Answer, form, send};

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

async fn ask(sandbox: &Sandbox, content_type: &str, body: &str) -> Answer {
    let headers = [("content-type", content_type)];
    let path = "/onecloud/api/authenticate";
    send(sandbox, "POST", path, &headers, body).await.unwrap()
}

fn right() -> String {
    let email = ONECLOUD_EMAIL.replace('@', "%40");
    format!("email={email}&password={ONECLOUD_PASSWORD}&siteId={ONECLOUD_SITE_ID}")
}

async fn token(sandbox: &Sandbox) -> String {
    let answer = ask(sandbox, URL_ENCODED, &right()).await;
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Reads a ticket with a token: the status, and the words of a refusal.
async fn used(sandbox: &Sandbox, token: &str) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let path = "/onecloud/api/ticketrz/121";
    let answer = send(sandbox, "GET", path, &headers, "").await.unwrap();
    (
        answer.status,
        answer.json()["records"]["userMessage"].clone(),
    )
}

fn good() -> (u16, Value) {
    (200, Value::Null)
}

fn expired() -> (u16, Value) {
    (401, json!("Expired token"))
}

#[tokio::test]
async fn token_request_works_in_any_encoding() {
    let sandbox = Sandbox::start().await.unwrap();
    let fields = [
        ("email", ONECLOUD_EMAIL),
        ("password", ONECLOUD_PASSWORD),
        ("siteId", ONECLOUD_SITE_ID),
    ];
    let (multipart, parts) = form(&fields, &[]);
    let object = json!({
        "email": ONECLOUD_EMAIL, "password": ONECLOUD_PASSWORD, "siteId": ONECLOUD_SITE_ID,
    });
    let mut tokens = vec![ONECLOUD_TOKEN.to_owned()];
    for (content_type, body) in [
        (URL_ENCODED, right()),
        (multipart, parts),
        ("application/json", object.to_string()),
    ] {
        let answer = ask(&sandbox, content_type, &body).await;
        assert_eq!(answer.status, 200, "{content_type}");
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        assert_eq!(
            answer.json(),
            json!({ "response_code": "200", "response_status": "Success", "token": token })
        );
        assert!(!tokens.contains(&token), "every token is a new one");
        tokens.push(token);
    }
    for token in &tokens {
        assert_eq!(used(&sandbox, token).await, good());
    }
    let seen = &sandbox.journal()[0];
    assert_eq!(seen.endpoint, Some(Endpoint::Authenticate));
    assert!(!seen.is_write && !seen.took_effect);
    assert!(!format!("{seen:?}").contains(ONECLOUD_PASSWORD));
}

#[tokio::test]
async fn wrong_credentials_get_the_documented_error_and_no_token() {
    let sandbox = Sandbox::start().await.unwrap();
    for (wrong, site) in [
        (right().replace("sandbox%40", "nobody%40"), "123"),
        (right().replace("password=", "password=x"), "123"),
        (right().replace("siteId=123", "siteId=124"), "124"),
        (String::new(), "1691"),
    ] {
        let answer = ask(&sandbox, URL_ENCODED, &wrong).await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert_eq!(
            answer.json(),
            json!({
                "_meta": { "status": "ERROR", "count": 1 },
                "records": {
                    "errorCode": "401", "devMessage": "", "more": "", "applicationCode": "",
                    "userMessage": format!("you are not authorized to log into this site {site}"),
                },
            })
        );
    }
}

#[tokio::test]
async fn token_request_without_site_succeeds_without_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = ask(&sandbox, URL_ENCODED, &right().replace("siteId=123", "")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({ "response_code": "200", "response_status": "Success" })
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_lives_900_seconds_and_the_constant_one_for_ever() {
    let sandbox = Sandbox::start().await.unwrap();
    let first = token(&sandbox).await;
    advance(Duration::from_millis(899_999)).await;
    assert_eq!(used(&sandbox, &first).await, good());
    let second = token(&sandbox).await;
    advance(Duration::from_millis(1)).await;
    assert_eq!(used(&sandbox, &first).await, expired());
    assert_eq!(used(&sandbox, &second).await, good());
    advance(Duration::from_secs(900)).await;
    assert_eq!(used(&sandbox, &second).await, expired());
    assert_eq!(used(&sandbox, ONECLOUD_TOKEN).await, good());
}

#[tokio::test]
async fn expire_token_affects_earlier_tokens_only() {
    let sandbox = Sandbox::start().await.unwrap();
    let first = token(&sandbox).await;
    sandbox.expire_token();
    assert_eq!(used(&sandbox, &first).await, expired());
    assert_eq!(used(&sandbox, ONECLOUD_TOKEN).await, expired());
    let second = token(&sandbox).await;
    assert_eq!(used(&sandbox, &second).await, good());
    assert_eq!(used(&sandbox, &first).await, expired());
    let unknown = (401, json!("jwt token invalid"));
    assert_eq!(used(&sandbox, "somebody-elses").await, unknown);
}

#[tokio::test]
async fn token_request_does_not_count_against_the_daily_quota() {
    let sandbox = Sandbox::builder().onecloud_calls(1).start().await.unwrap();
    let token = token(&sandbox).await;
    assert_eq!(used(&sandbox, &token).await, good());
    assert_eq!(used(&sandbox, &token).await.0, 401);
    assert_eq!(ask(&sandbox, URL_ENCODED, &right()).await.status, 200);
}

#[tokio::test]
async fn faults_apply_to_authentication() {
    let sandbox = Sandbox::start().await.unwrap();
    let rule = |fault| {
        Rule::new(fault)
            .vendor(Vendor::OneCloud)
            .endpoint(Endpoint::Authenticate)
    };
    sandbox.inject(rule(Fault::Status(401)));
    sandbox.inject(rule(Fault::TruncatedJson).times(1));
    assert_eq!(used(&sandbox, ONECLOUD_TOKEN).await, good());
    let refused = ask(&sandbox, URL_ENCODED, &right()).await;
    let message = &refused.json()["records"]["userMessage"];
    assert_eq!(message, "you are not authorized to log into this site 1691");
    let cut = ask(&sandbox, URL_ENCODED, &right()).await;
    assert_eq!(cut.status, 200);
    assert!(serde_json::from_slice::<Value>(&cut.body).is_err());
    let journal = sandbox.journal();
    let faulted: Vec<_> = journal.iter().map(|seen| seen.faulted).collect();
    assert_eq!(faulted, [false, true, true]);
}
