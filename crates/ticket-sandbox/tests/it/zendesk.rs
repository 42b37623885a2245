//! Zendesk: jobs on the sandbox's clock, the trash, keys of creates, limits and cursors.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::{HeaderMap, Request};
use serde_json::{Value, json};
use ticket_sandbox::{
    Fault, JobFault, LimitHeaders, Rule, Sandbox, SandboxBuilder, TicketSeed, Vendor, credentials,
};
use tokio::time::advance;

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Value,
) -> Answer {
    let token = format!("Bearer {}", credentials::ZENDESK_OAUTH_TOKEN);
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/zendesk/api/v2{path}"))
        .header("authorization", token)
        .header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let body = if body.is_null() {
        Bytes::new()
    } else {
        body.to_string().into()
    };
    let answer = sandbox.send(request.body(body).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

async fn call(sandbox: &Sandbox, method: &str, path: &str) -> Answer {
    send(sandbox, method, path, None, Value::Null).await
}

fn builder() -> SandboxBuilder {
    Sandbox::builder().seed_tickets(false)
}

/// A sandbox with this many tickets, whose ids begin at 1.
fn with_tickets(tickets: usize) -> Sandbox {
    let sandbox = builder().in_process();
    sandbox.add_tickets(Vendor::Zendesk, tickets);
    sandbox
}

async fn seconds(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
}

/// Begins a job and returns its id.
async fn begin(sandbox: &Sandbox, path: &str) -> String {
    let begun = call(sandbox, "DELETE", path).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    assert_eq!(begun.body["job_status"]["status"], "queued");
    begun.body["job_status"]["id"].as_str().unwrap().to_owned()
}

async fn poll(sandbox: &Sandbox, id: &str) -> Answer {
    call(sandbox, "GET", &format!("/job_statuses/{id}.json")).await
}

#[tokio::test(start_paused = true)]
async fn a_bulk_delete_is_accepted_and_done_when_its_job_ends() {
    let sandbox = with_tickets(4);
    let id = begin(&sandbox, "/tickets/destroy_many?ids=1,2,9").await;
    assert!(sandbox.exists(Vendor::Zendesk, "1"));
    assert!(!sandbox.journal()[0].took_effect);
    seconds(1).await;
    let working = poll(&sandbox, &id).await.body;
    assert_eq!(working["job_status"]["status"], "working");
    assert_eq!(working["job_status"]["results"], Value::Null);
    seconds(1).await;
    let ended = poll(&sandbox, &id).await.body;
    assert_eq!(ended["job_status"]["status"], "completed");
    let results = ended["job_status"]["results"].as_array().unwrap();
    assert_eq!(
        (&results[0]["id"], &results[0]["success"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(
        (&results[2]["id"], &results[2]["error"]),
        (&json!(9), &json!("RecordNotFound"))
    );
    assert_eq!(sandbox.ticket_ids(Vendor::Zendesk), ["3", "4"]);
    let begun = &sandbox.journal()[0];
    assert_eq!((begun.took_effect, begun.deleted.len()), (true, 2));
    seconds(24 * 60 * 60).await;
    assert_eq!(poll(&sandbox, &id).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn the_thirty_first_job_is_refused_until_one_ends() {
    let sandbox = with_tickets(40);
    for id in 1..=30 {
        begin(&sandbox, &format!("/tickets/destroy_many?ids={id}")).await;
    }
    let refused = call(&sandbox, "DELETE", "/tickets/destroy_many?ids=31").await;
    assert_eq!(
        (refused.status, refused.body["error"].as_str()),
        (429, Some("TooManyJobs"))
    );
    seconds(2).await;
    begin(&sandbox, "/tickets/destroy_many?ids=31").await;
    assert_eq!(sandbox.ticket_ids(Vendor::Zendesk).len(), 10);
}

#[tokio::test(start_paused = true)]
async fn odd_jobs_are_as_their_fault_says() {
    for (odd, status, results, left) in [
        (JobFault::Vanishes, "", Value::Null, 0),
        (JobFault::Fails, "failed", Value::Null, 2),
        (JobFault::NoResults, "completed", Value::Null, 0),
        (
            JobFault::OneResult,
            "completed",
            json!({ "success": true }),
            0,
        ),
    ] {
        let sandbox = with_tickets(2);
        sandbox.inject(Rule::new(Fault::Job(odd)));
        let id = begin(&sandbox, "/tickets/destroy_many?ids=1,2").await;
        seconds(2).await;
        let polled = poll(&sandbox, &id).await;
        let job = &polled.body["job_status"];
        assert_eq!(
            job["status"].as_str().unwrap_or_default(),
            status,
            "{odd:?}"
        );
        assert_eq!(job["results"], results, "{odd:?}");
        assert_eq!(polled.status == 404, odd == JobFault::Vanishes);
        assert_eq!(sandbox.ticket_ids(Vendor::Zendesk).len(), left, "{odd:?}");
    }
    let sandbox = with_tickets(2);
    sandbox.add_ticket(Vendor::Zendesk, TicketSeed::new("Kept").locked());
    sandbox.inject(Rule::new(Fault::Job(JobFault::Partial)));
    let id = begin(&sandbox, "/tickets/destroy_many?ids=3,1,2").await;
    seconds(2).await;
    let job = &poll(&sandbox, &id).await.body["job_status"];
    assert_eq!(job["status"], "completed");
    let errors: Vec<_> = job["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["error"].is_string())
        .collect();
    assert_eq!(errors, [true, false, true]);
    assert_eq!(sandbox.ticket_ids(Vendor::Zendesk), ["2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_ticket_is_in_the_trash_until_it_is_restored_or_destroyed() {
    let sandbox = with_tickets(3);
    for id in 1..=2 {
        assert_eq!(
            call(&sandbox, "DELETE", &format!("/tickets/{id}"))
                .await
                .status,
            204
        );
    }
    assert_eq!(call(&sandbox, "GET", "/tickets/1").await.status, 404);
    assert_eq!(call(&sandbox, "DELETE", "/tickets/1").await.status, 404);
    let trash = call(&sandbox, "GET", "/deleted_tickets?page[size]=1")
        .await
        .body;
    assert_eq!(trash["deleted_tickets"][0]["id"], 1);
    assert_eq!(trash["meta"]["has_more"], true);
    let restored = call(&sandbox, "PUT", "/deleted_tickets/1/restore").await;
    assert_eq!((restored.status, restored.body), (200, json!({})));
    assert!(sandbox.exists(Vendor::Zendesk, "1"));
    let id = begin(&sandbox, "/deleted_tickets/2").await;
    seconds(2).await;
    let job = &poll(&sandbox, &id).await.body["job_status"];
    assert_eq!(job["results"], json!({ "success": true }));
    assert!(sandbox.ticket(Vendor::Zendesk, "2").is_none());
    assert_eq!(
        call(&sandbox, "PUT", "/deleted_tickets/2/restore")
            .await
            .status,
        404
    );
}

#[tokio::test(start_paused = true)]
async fn a_create_with_the_same_key_is_answered_from_memory_for_two_hours() {
    let sandbox = with_tickets(0);
    let create = async |key, text: &str| {
        let body = json!({ "ticket": { "subject": "Card refused", "comment": { "body": text } } });
        send(&sandbox, "POST", "/tickets", Some(key), body).await
    };
    let first = create("k", "One").await;
    assert_eq!(
        (first.status, first.header("x-idempotency-lookup")),
        (201, "miss")
    );
    let second = create("k", "One").await;
    assert_eq!(
        (second.status, second.header("x-idempotency-lookup")),
        (201, "hit")
    );
    assert_eq!(second.body, first.body);
    let other = create("k", "Two").await;
    assert_eq!(
        (other.status, other.body["error"].as_str()),
        (400, Some("IdempotentRequestError"))
    );
    assert_eq!(sandbox.tickets(Vendor::Zendesk).len(), 1);
    seconds(2 * 60 * 60).await;
    assert_eq!(
        create("k", "One").await.header("x-idempotency-lookup"),
        "miss"
    );
    assert_eq!(sandbox.tickets(Vendor::Zendesk).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_update_tells_what_it_dropped_and_refuses_an_old_stamp() {
    let sandbox = with_tickets(1);
    let update = async |fields: Value| {
        send(
            &sandbox,
            "PUT",
            "/tickets/1",
            None,
            json!({ "ticket": fields }),
        )
        .await
    };
    let stamp = call(&sandbox, "GET", "/tickets/1").await.body["ticket"]["updated_at"].clone();
    let safe =
        json!({ "subject": "New", "colour": "red", "safe_update": true, "updated_stamp": stamp });
    let changed = update(safe.clone()).await;
    assert_eq!(
        (changed.status, changed.body["ticket"]["subject"].as_str()),
        (200, Some("New"))
    );
    let warning = changed.header("x-zendesk-api-warn");
    assert!(
        warning.contains(r#"unpermitted_keys=>["ticket.colour"]"#),
        "{warning}"
    );
    let stale = update(safe).await;
    assert_eq!(
        (stale.status, stale.body["error"].as_str()),
        (409, Some("UpdateConflict"))
    );
    assert_eq!(update(json!({ "status": "closed" })).await.status, 200);
    assert_eq!(update(json!({ "status": "open" })).await.status, 422);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_the_export_dies_after_an_hour() {
    let sandbox = with_tickets(3);
    let path =
        "/search/export?query=type:ticket%20status%3Csolved&filter[type]=ticket&page[size]=2";
    let first = call(&sandbox, "GET", path).await.body;
    assert_eq!(first["results"].as_array().unwrap().len(), 2);
    let cursor = first["meta"]["after_cursor"].as_str().unwrap().to_owned();
    let next = format!("{path}&page[after]={cursor}");
    let last = call(&sandbox, "GET", &next).await.body;
    assert_eq!(
        (
            &last["meta"]["has_more"],
            last["results"].as_array().unwrap().len()
        ),
        (&json!(false), 1)
    );
    // The link is there on the last page too.
    assert!(last["links"]["next"].is_string());
    seconds(60 * 60).await;
    assert_eq!(call(&sandbox, "GET", &next).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn the_incremental_export_has_deleted_tickets_and_lacks_the_last_minute() {
    let sandbox = with_tickets(2);
    let export = async || {
        call(&sandbox, "GET", "/incremental/tickets/cursor?start_time=0")
            .await
            .body
    };
    assert_eq!(export().await["tickets"], json!([]));
    assert_eq!(call(&sandbox, "DELETE", "/tickets/1").await.status, 204);
    seconds(70).await;
    let told = export().await;
    let rows = told["tickets"].as_array().unwrap();
    let statuses: Vec<_> = rows
        .iter()
        .map(|row| row["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        (statuses, &told["end_of_stream"]),
        (vec!["deleted", "open"], &json!(true))
    );
}

#[tokio::test(start_paused = true)]
async fn limits_are_told_in_headers_of_both_spellings_and_kept() {
    for (headers, account, endpoint) in [
        (
            LimitHeaders::Current,
            "ratelimit-remaining",
            "zendesk-ratelimit-deleted-tickets-index",
        ),
        (
            LimitHeaders::Older,
            "rate-limit-remaining",
            "zendesk-rate-limit-deleted-tickets-index",
        ),
    ] {
        let sandbox = builder().zendesk_limit_headers(headers).in_process();
        let listed = call(&sandbox, "GET", "/deleted_tickets").await;
        assert_eq!(listed.header(account), "699");
        assert_eq!(listed.header("x-rate-limit"), "700");
        assert_eq!(listed.header(endpoint), "total=10; remaining=9; resets=60");
        for _ in 0..9 {
            assert_eq!(call(&sandbox, "GET", "/deleted_tickets").await.status, 200);
        }
        let refused = call(&sandbox, "GET", "/deleted_tickets").await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
        seconds(60).await;
        assert_eq!(call(&sandbox, "GET", "/deleted_tickets").await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_attached_by_its_token_within_an_hour_and_read_without_credentials() {
    let sandbox = with_tickets(1);
    let upload = async || {
        let staged = send(
            &sandbox,
            "POST",
            "/uploads?filename=a.txt",
            None,
            json!("hello"),
        )
        .await;
        assert_eq!(staged.status, 201);
        staged.body["upload"]["token"].clone()
    };
    let comment = async |token: &Value| {
        let comment = json!({ "body": "See", "public": false, "uploads": [token] });
        let body = json!({ "ticket": { "comment": comment } });
        send(&sandbox, "PUT", "/tickets/1", None, body).await.status
    };
    let token = upload().await;
    assert_eq!(comment(&token).await, 200);
    assert_eq!(comment(&token).await, 422);
    let comments = call(&sandbox, "GET", "/tickets/1/comments?page[size]=100")
        .await
        .body;
    assert_eq!(comments["comments"][0]["public"], false);
    let url = comments["comments"][0]["attachments"][0]["content_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = url.split_once("/zendesk").unwrap().1;
    let request = Request::get(format!("/zendesk{path}"))
        .body(Bytes::new())
        .unwrap();
    assert_eq!(
        sandbox.send(request).await.unwrap().body(),
        &Bytes::from("\"hello\"")
    );
    let late = upload().await;
    seconds(60 * 60).await;
    assert_eq!(comment(&late).await, 422);
}
