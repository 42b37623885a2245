//! Sweeppea's endpoints, one request at a time each.

use std::time::Duration;

use serde_json::{Value, json};
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};
use tokio::task::yield_now;

use crate::client::{Answer, call, sweeppea};

const OPEN: &str = "/tickets/fetchOpenTickets";
const CLOSED: &str = "/tickets/fetchClosedTickets";

async fn sandbox_with(fault: Fault) -> Sandbox {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Rule::new(fault).vendor(Vendor::Sweeppea));
    sandbox
}

/// Makes a call while another one to the open list is under way, which is then given up.
async fn meanwhile(sandbox: &Sandbox, path: &str, body: Value) -> Answer {
    let first = call(sandbox, Vendor::Sweeppea, "POST", OPEN, json!({}));
    let second = async {
        while sandbox.journal().is_empty() {
            yield_now().await;
        }
        sweeppea(sandbox, path, body).await
    };
    tokio::select! {
        answer = second => answer,
        _ = first => panic!("the first answer is an hour away"),
    }
}

#[tokio::test]
async fn concurrent_request_to_a_busy_endpoint_is_refused() {
    let hour = Duration::from_secs(3600);
    for fault in [Fault::Delay(hour), Fault::SlowDrip(hour)] {
        let sandbox = sandbox_with(fault).await;
        let refused = meanwhile(&sandbox, OPEN, json!({})).await;
        assert_eq!((refused.status, refused.text()), (503, ""));
        let journal = sandbox.journal();
        assert_eq!((journal[1].status, journal[1].faulted), (Some(503), false));
        // The first one has been given up, which the server notices sooner or later.
        let mut tries = 0;
        while sweeppea(&sandbox, OPEN, json!({})).await.status == 503 {
            tries += 1;
            assert!(tries < 10_000, "the endpoint stays busy for ever");
            yield_now().await;
        }
    }
}

#[tokio::test]
async fn write_refused_by_a_busy_endpoint_has_no_effect() {
    let sandbox = sandbox_with(Fault::Delay(Duration::from_secs(3600))).await;
    let body = json!({ "CaseId": "2650478" });
    let first = call(&sandbox, Vendor::Sweeppea, "POST", "/tickets/delete", body);
    let second = async {
        while sandbox.journal().is_empty() {
            yield_now().await;
        }
        sweeppea(&sandbox, "/tickets/delete", json!({ "CaseId": "2531581" })).await
    };
    let refused = tokio::select! {
        answer = second => answer,
        _ = first => panic!("the first answer is an hour away"),
    };
    assert_eq!(refused.status, 503);
    assert!(!sandbox.exists(Vendor::Sweeppea, "2650478"));
    assert!(sandbox.exists(Vendor::Sweeppea, "2531581"));
    let effects: Vec<_> = sandbox
        .journal()
        .iter()
        .map(|seen| seen.took_effect)
        .collect();
    assert_eq!(effects, [true, false]);
}

#[tokio::test]
async fn busy_endpoint_does_not_block_other_endpoints() {
    let sandbox = sandbox_with(Fault::Delay(Duration::from_secs(3600))).await;
    assert_eq!(meanwhile(&sandbox, CLOSED, json!({})).await.status, 200);
}

#[tokio::test]
async fn concurrent_requests_are_accepted_if_one_at_a_time_is_off() {
    let builder = Sandbox::builder().sweeppea_one_at_a_time(false);
    let sandbox = builder.start().await.unwrap();
    let hour = Fault::Delay(Duration::from_secs(3600));
    sandbox.inject(Rule::new(hour).vendor(Vendor::Sweeppea));
    assert_eq!(meanwhile(&sandbox, OPEN, json!({})).await.status, 200);
}

#[tokio::test]
async fn endpoint_is_free_after_its_answer() {
    let moment = Duration::from_millis(1);
    for fault in [Fault::Delay(moment), Fault::SlowDrip(moment)] {
        let sandbox = sandbox_with(fault).await;
        for _ in 0..3 {
            let answer = sweeppea(&sandbox, "/tickets/fetchSingleTicket", json!({})).await;
            assert_eq!(answer.status, 400);
        }
    }
}
