//! How much of a quota a job used, as its report tells it.

use std::time::Duration;

use serde_json::json;
use ticket_core::Operation;
use ticket_core::provider::{Limit, Quota};
use ticket_jobs::{Ended, Ledger as _};

use super::job::{Story, lines, options};
use super::{json_of, report};

#[tokio::test]
async fn use_of_a_quota_is_counted_in_requests_as_the_ledger_counts_it() {
    let story = Story::begun().await;
    for (requests, operation) in [(2, Operation::Restore), (3, Operation::Download)] {
        story
            .call_of(requests, "eu", operation, "11", Ended::Answered)
            .await;
    }
    let window = Duration::from_secs(5);
    let limit = Limit::new().window(Quota::new(5, window));
    let counted = story.ledger.used("onecloud://eu", &limit, window).await;
    assert_eq!(counted.unwrap(), 5);
    let options = options().partial(true).limits("eu", vec![limit]);
    let files = report(&story, &options).await;
    let account = &json_of(&files)["accounts"][0];
    assert_eq!(account["calls"], 2);
    let full = json!({"limit": "5 calls in 5 s", "allowed": 5, "window_ms": 5_000, "most": 5});
    assert_eq!(account["limits"], json!([full]));
    let times = account["calls_over_time"]["buckets"].as_object().unwrap();
    let used = times.values().map(|then| &then["used_percent"]);
    assert_eq!(used.collect::<Vec<_>>(), [40, 100]);
    assert!(files["report.html"].contains("<strong>5 of 5</strong> counted at once"));
    // Whoever has the calls can count it again.
    let calls = lines(&files["calls.ndjson"]);
    let requests = calls.iter().map(|call| &call["requests"]);
    assert_eq!(requests.collect::<Vec<_>>(), [2, 3]);
}
