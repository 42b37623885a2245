//! The conformance suite on the real server.

use std::time::{Duration, Instant};

use ticket_conformance::Suite;
use ticket_testkit::LoopbackFixture;

use crate::server::{Live, server};

/// What RT has not.
const SKIPS: &[&str] = &[
    "undeclared_operations_are_unsupported",
    "undeclared_operations_send_nothing",
    "writes_about_another_ticket_are_conflicts",
    "repeated_delete_spares_a_reused_id",
    "odd_id_affects_no_other_outcome",
    "unrequested_deleted_ids_are_reported",
    "wrong_totals_past_the_end_are_left_out_or_reported",
    "only_the_documented_word_confirms",
    "errors_in_a_success_are_unknown",
    "call_with_refused_fresh_token_is_tried_again",
];

/// How long a case may go without a request: making the tickets that it needs is none.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the time of a run is printed")]
async fn suite_holds_on_a_real_server() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let begun = Instant::now();
    let suite = Suite::new(LoopbackFixture::<Live>::start).limit(LIMIT);
    let report = suite.run().await;
    for case in report.cases.iter().filter(|case| !case.is_passed()) {
        println!("{case}");
    }
    println!(
        "Request Tracker {}: {} passed, {} skipped, {} differ, {} failed in {:.0} s",
        live.version,
        report.passed(),
        report.skipped(),
        report.different(),
        report.failed(),
        begun.elapsed().as_secs_f64()
    );
    assert!(report.is_success());
    let skipped = report.cases.iter().filter(|case| case.is_skipped());
    let skipped = skipped.filter(|case| !SKIPS.contains(&case.case.as_str()));
    assert_eq!(
        skipped.count(),
        0,
        "a case is skipped that the server could play"
    );
}
