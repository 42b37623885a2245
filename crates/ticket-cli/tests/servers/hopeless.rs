//! Calls that somebody else answers in place of the vendor, and vendors that do not come back.

use std::collections::BTreeSet;
use std::time::Duration;

use ticket_sandbox::{Endpoint, Fault, Gateway, Rule, Vendor};

use super::{answer, at_once, calls, counts, delete, delete_with_remaining, vendor_with};

const GONE: [&str; 3] = ["deleted", "already_gone", "not_found"];

#[tokio::test(flavor = "multi_thread")]
async fn single_delete_behind_a_gateway_without_a_route_is_not_told_as_gone() {
    let gateways = [
        Gateway::PageNotFound,
        Gateway::NoRoute,
        Gateway::DefaultBackend,
        Gateway::Framework,
        Gateway::WrongPath,
        Gateway::Empty,
    ];
    at_once(gateways.into_iter().map(single)).await;
}

async fn single(gateway: Gateway) {
    let (sandbox, tickets) = vendor_with(Vendor::OneCloud, 1).await;
    sandbox.inject(Rule::new(Fault::HtmlPage { status: 502 }));
    sandbox.inject(Rule::new(Fault::Gateway(gateway)).always());
    let run = delete(&sandbox, &[], &tickets).await;
    let (outcome, error) = answer(&run);
    assert!(!GONE.contains(&outcome.as_str()), "{gateway:?} {run:?}");
    assert_eq!(run.code, 1, "{gateway:?} {run:?}");
    assert!(error["message"].is_string(), "{gateway:?} {run:?}");
    assert_eq!(sandbox.ticket_ids(Vendor::OneCloud).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn list_behind_a_gateway_without_a_route_is_not_sent_through() {
    let (sandbox, tickets) = vendor_with(Vendor::OneCloud, 400).await;
    sandbox.inject(Rule::new(Fault::Gateway(Gateway::PageNotFound)).always());
    let run = delete(&sandbox, &[], &tickets).await;
    assert_eq!(run.code, 1, "{run:?}");
    let counts = counts(&run);
    for gone in GONE {
        assert_eq!(counts.get(gone), None, "{counts:?}");
    }
    assert_eq!(sandbox.ticket_ids(Vendor::OneCloud).len(), 400);
    let deletes = calls(&sandbox, Endpoint::Delete).len();
    assert!(deletes < 60, "{deletes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn list_for_which_nothing_can_work_is_left_to_do() {
    for gateway in [Gateway::SignIn, Gateway::Firewall, Gateway::Redirect] {
        let (sandbox, tickets) = vendor_with(Vendor::OneCloud, 400).await;
        sandbox.inject(Rule::new(Fault::Gateway(gateway)).always());
        let (run, left) = delete_with_remaining(&sandbox, &[], &tickets).await;
        assert_eq!(run.code, 1, "{gateway:?} {run:?}");
        let calls = sandbox.journal().len();
        assert!(calls <= 100, "{gateway:?}: {calls}");
        assert_eq!(sandbox.ticket_ids(Vendor::OneCloud).len(), 400);
        // Whatever was not attempted is left, each ticket once.
        let unattempted = counts(&run)["unattempted"];
        assert!(unattempted >= 300, "{gateway:?} {unattempted}");
        let unique: BTreeSet<_> = left.iter().collect();
        assert_eq!(unique.len(), left.len());
        for (ticket, outcome) in run.outcomes() {
            assert!(!GONE.contains(&outcome.as_str()), "{ticket} {outcome}");
            assert!(outcome != "unattempted" || unique.contains(&ticket));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outage_longer_than_give_up_after_leaves_the_rest_to_do() {
    at_once([("1", "2"), ("0", "1")].into_iter().map(given_up)).await;
}

async fn given_up((give_up_after, attempts): (&str, &str)) {
    let (sandbox, tickets) = vendor_with(Vendor::OneCloud, 300).await;
    let outage = Fault::Outage {
        duration: Duration::from_secs(3600),
        status: Some(503),
    };
    sandbox.inject(Rule::new(outage).skip(100));
    let patience = ["--give-up-after", give_up_after, "--max-attempts", attempts];
    let options = [&patience[..], &["--concurrency", "4"]].concat();
    let (run, left) = delete_with_remaining(&sandbox, &options, &tickets).await;
    assert_eq!(run.code, 1, "{run:?}");
    let counts = counts(&run);
    assert_eq!(counts["deleted"], 100, "{counts:?}");
    assert_eq!(sandbox.ticket_ids(Vendor::OneCloud).len(), 200);
    assert!(counts["unattempted"] > 100, "{counts:?}");
    let unattempted = run.outcomes().into_iter();
    let mut unattempted = unattempted.filter(|(_, outcome)| outcome == "unattempted");
    assert!(unattempted.all(|(ticket, _)| left.contains(&ticket)));
    let failed = calls(&sandbox, Endpoint::Delete).len() - 100;
    assert!((1..40).contains(&failed), "{give_up_after}: {failed}");
}
