use serde_json::Value;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

use crate::client::{call, send};
use crate::faults::delete;

#[tokio::test]
async fn rule_skips_applies_and_expires() {
    let sandbox = Sandbox::start().await.unwrap();
    let rule = Rule::new(Fault::Status(503))
        .vendor(Vendor::OneCloud)
        .endpoint(Endpoint::Get)
        .skip(1)
        .times(2);
    sandbox.inject(rule);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        // Neither another vendor nor another endpoint counts.
        let path = "/api/tenants/22824/tickets/160";
        let other = call(&sandbox, Vendor::LeadSquared, "GET", path, Value::Null);
        assert_eq!(other.await.unwrap().status, 200);
        let other = delete(&sandbox, Vendor::OneCloud, "999").await.unwrap();
        assert_eq!(other.status, 404);
        let get = call(
            &sandbox,
            Vendor::OneCloud,
            "GET",
            "/api/ticketrz/121",
            Value::Null,
        );
        statuses.push(get.await.unwrap().status);
    }
    assert_eq!(statuses, [200, 503, 503, 200, 200]);
    let faulted: Vec<_> = sandbox.journal().iter().map(|seen| seen.faulted).collect();
    assert_eq!(faulted.iter().filter(|faulted| **faulted).count(), 2);
}

#[tokio::test]
async fn the_first_rule_that_is_due_applies_and_the_others_keep_counting() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Rule::new(Fault::Status(500)).times(2));
    sandbox.inject(Rule::new(Fault::Status(501)).skip(1));
    sandbox.inject(Rule::new(Fault::Status(502)).skip(4).times(u64::MAX));
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(
            delete(&sandbox, Vendor::OneCloud, "999")
                .await
                .unwrap()
                .status,
        );
    }
    assert_eq!(statuses, [500, 500, 501, 404, 502, 502]);
}

#[tokio::test]
async fn rule_without_vendor_applies_to_unknown_paths() {
    let sandbox = Sandbox::start().await.unwrap();
    for fault in [
        Fault::Status(503),
        Fault::RateLimited { retry_after: None },
        Fault::ErrorInside200,
    ] {
        sandbox.inject(Rule::new(fault));
    }
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = send(&sandbox, "GET", "/nobody", &[], "").await;
        statuses.push(answer.unwrap().status);
    }
    assert_eq!(statuses, [503, 429, 200, 404]);
}

async fn random_statuses(seed: u64, probability: f64) -> Vec<u16> {
    let sandbox = Sandbox::start().await.unwrap();
    let faults = vec![Fault::Status(500), Fault::Status(503)];
    sandbox.random_faults(seed, probability, faults);
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(
            delete(&sandbox, Vendor::OneCloud, "999")
                .await
                .unwrap()
                .status,
        );
    }
    statuses
}

#[tokio::test]
async fn random_faults_are_the_same_for_the_same_seed() {
    let first = random_statuses(7, 0.5).await;
    assert_eq!(first, random_statuses(7, 0.5).await);
    assert_ne!(first, random_statuses(8, 0.5).await);
    for status in [404, 500, 503] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
    assert!(
        random_statuses(7, 0.0)
            .await
            .iter()
            .all(|status| *status == 404)
    );
    assert!(
        random_statuses(7, 1.0)
            .await
            .iter()
            .all(|status| *status >= 500)
    );
}

#[tokio::test]
async fn random_faults_without_a_fault_do_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.random_faults(1, 1.0, Vec::new());
    assert_eq!(
        delete(&sandbox, Vendor::OneCloud, "121")
            .await
            .unwrap()
            .status,
        200
    );
    assert!(!sandbox.journal()[0].faulted);
}
