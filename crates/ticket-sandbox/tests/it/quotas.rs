use std::time::Duration;

use serde_json::{Value, json};
use ticket_sandbox::{Quota, Sandbox, Vendor, WindowModel};
use tokio::time::advance;

use crate::client::{leadsquared, onecloud, send, sweeppea};

async fn leadsquared_with(calls: u32, model: WindowModel) -> Sandbox {
    leadsquared_in(Duration::from_secs(5), calls, model).await
}

async fn leadsquared_in(window: Duration, calls: u32, model: WindowModel) -> Sandbox {
    let quota = Quota {
        calls,
        window,
        model,
    };
    Sandbox::builder()
        .leadsquared_quota(quota)
        .start()
        .await
        .unwrap()
}

/// How many of so many calls are answered.
async fn admitted(sandbox: &Sandbox, calls: u32) -> u32 {
    let mut admitted = 0;
    for _ in 0..calls {
        let answer = leadsquared(sandbox, "GET", "/tickets/143", Value::Null).await;
        assert!([200, 429].contains(&answer.status));
        admitted += u32::from(answer.status == 200);
    }
    admitted
}

async fn wait_ms(time: u64) {
    advance(Duration::from_millis(time)).await;
}

#[tokio::test(start_paused = true)]
async fn a_sliding_window_frees_a_call_exactly_one_window_later() {
    let sandbox = leadsquared_with(25, WindowModel::Sliding).await;
    assert_eq!(admitted(&sandbox, 10).await, 10);
    wait_ms(3000).await;
    assert_eq!(admitted(&sandbox, 20).await, 15);
    wait_ms(1999).await;
    assert_eq!(admitted(&sandbox, 1).await, 0);
    wait_ms(1).await;
    assert_eq!(admitted(&sandbox, 20).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_window_lets_a_burst_through_at_its_border() {
    let sandbox = leadsquared_with(25, WindowModel::Fixed).await;
    wait_ms(4999).await;
    assert_eq!(admitted(&sandbox, 30).await, 25);
    wait_ms(1).await;
    assert_eq!(admitted(&sandbox, 30).await, 25);
    wait_ms(4999).await;
    assert_eq!(admitted(&sandbox, 1).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_bucket_refills_evenly() {
    let sandbox = leadsquared_with(25, WindowModel::TokenBucket).await;
    assert_eq!(admitted(&sandbox, 30).await, 25);
    wait_ms(199).await;
    assert_eq!(admitted(&sandbox, 1).await, 0);
    wait_ms(1).await;
    assert_eq!(admitted(&sandbox, 2).await, 1);
    wait_ms(60_000).await;
    assert_eq!(admitted(&sandbox, 30).await, 25);
}

#[tokio::test(start_paused = true)]
async fn where_refused_calls_count_who_keeps_knocking_stays_outside() {
    let sandbox = leadsquared_with(2, WindowModel::SlidingCountingRefused).await;
    assert_eq!(admitted(&sandbox, 2).await, 2);
    for _ in 0..10 {
        wait_ms(2000).await;
        assert_eq!(admitted(&sandbox, 1).await, 0);
    }
    wait_ms(5000).await;
    assert_eq!(admitted(&sandbox, 3).await, 2);

    // The same knocking is let in where refused calls are free.
    let sandbox = leadsquared_with(2, WindowModel::Sliding).await;
    assert_eq!(admitted(&sandbox, 2).await, 2);
    wait_ms(2000).await;
    assert_eq!(admitted(&sandbox, 1).await, 0);
    wait_ms(3000).await;
    assert_eq!(admitted(&sandbox, 1).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_nothing_admits_nothing() {
    for model in [
        WindowModel::Sliding,
        WindowModel::Fixed,
        WindowModel::TokenBucket,
        WindowModel::SlidingCountingRefused,
    ] {
        for window in [Duration::ZERO, Duration::from_secs(5)] {
            let sandbox = leadsquared_in(window, 0, model).await;
            wait_ms(10_000).await;
            assert_eq!(admitted(&sandbox, 2).await, 0, "{model:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn leadsquared_says_its_sentence_and_does_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(admitted(&sandbox, 25).await, 25);
    let ids = json!({ "TicketIds": ["160"] });
    let refused = leadsquared(&sandbox, "PUT", "/tickets/trash", ids.clone()).await;
    assert_eq!(refused.status, 429);
    assert_eq!(
        refused.text(),
        "API calls exceeded the limit of 25 in 5 second(s)"
    );
    assert_eq!(refused.header("retry-after"), None);
    assert!(sandbox.exists(Vendor::LeadSquared, "160"));
    assert!(!sandbox.journal().pop().unwrap().took_effect);

    wait_ms(5000).await;
    assert_eq!(
        leadsquared(&sandbox, "PUT", "/tickets/trash", ids)
            .await
            .status,
        200
    );
    assert!(!sandbox.exists(Vendor::LeadSquared, "160"));
}

#[tokio::test(start_paused = true)]
async fn leadsquared_can_say_how_long_to_wait() {
    let builder = Sandbox::builder().leadsquared_retry_after(5);
    let sandbox = builder.start().await.unwrap();
    assert_eq!(admitted(&sandbox, 25).await, 25);
    let refused = leadsquared(&sandbox, "GET", "/tickets/143", Value::Null).await;
    assert_eq!(refused.header("retry-after"), Some("5"));
}

#[tokio::test(start_paused = true)]
async fn sweeppea_answers_150_calls_a_minute() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({ "caseNumber": "HYXTNJV" });
    for _ in 0..150 {
        let answer = sweeppea(&sandbox, "/tickets/fetchSingleTicket", body.clone()).await;
        assert_eq!(answer.status, 200);
    }
    let refused = sweeppea(&sandbox, "/tickets/delete", json!({ "CaseId": "HYXTNJV" })).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("60"));
    assert_eq!(refused.json()["Code"], 429);
    assert!(sandbox.exists(Vendor::Sweeppea, "HYXTNJV"));

    wait_ms(60_000).await;
    let answer = sweeppea(&sandbox, "/tickets/fetchSingleTicket", body).await;
    // A refused call is not charged to the month.
    assert_eq!(answer.json()["Telemetry"]["APICalls"], 151);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_let_in_uses_up_nothing() {
    let quota = Quota {
        calls: 1,
        window: Duration::from_secs(5),
        model: WindowModel::Sliding,
    };
    let builder = Sandbox::builder()
        .leadsquared_quota(quota)
        .sweeppea_quota(quota);
    let sandbox = builder.onecloud_calls(1).start().await.unwrap();
    for path in [
        "/leadsquared/api/tenants/22824/tickets/143",
        "/onecloud/api/ticketrz/121",
    ] {
        for _ in 0..3 {
            let answer = send(&sandbox, "GET", path, &[], "").await.unwrap();
            assert_eq!(answer.status, 401, "{path}");
        }
    }
    for _ in 0..3 {
        let answer = send(&sandbox, "POST", "/sweeppea/tickets/delete", &[], "").await;
        assert_eq!(answer.unwrap().status, 401);
    }
    assert_eq!(admitted(&sandbox, 2).await, 1);
    let answer = sweeppea(&sandbox, "/tickets/delete", json!({ "CaseId": "HYXTNJV" })).await;
    assert_eq!(answer.status, 200);
    let answer = onecloud(&sandbox, "GET", "/api/ticketrz/121", Value::Null).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_limit_can_be_lifted() {
    let builder = Sandbox::builder()
        .leadsquared_quota(None)
        .sweeppea_quota(None);
    let sandbox = builder.start().await.unwrap();
    assert_eq!(admitted(&sandbox, 100).await, 100);
}
