//! The conformance suite on the real server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ticket_conformance::{CASES, CaseReport, Suite};
use ticket_testkit::LoopbackFixture;

use crate::server::{Live, start_own};

/// What Redmine has not.
const SKIPS: &[&str] = &[
    "writes_about_another_ticket_are_conflicts",
    "delete_of_duplicates_answers_each",
    "delete_of_a_mix_answers_in_order",
    "unmentioned_ids_are_unknown",
    "merged_tickets_do_not_delete_others",
    "deleted_ids_are_not_reused",
    "odd_id_affects_no_other_outcome",
    "unrequested_deleted_ids_are_reported",
    "consistent_reads_show_every_write",
    "only_the_documented_word_confirms",
    "call_with_refused_fresh_token_is_tried_again",
    "an_update_of_an_old_version_is_a_conflict",
    "a_delete_of_an_old_version_is_a_conflict",
    "accepted_deletes_are_told_with_their_job",
    "unknown_jobs_are_not_found",
    "purged_tickets_are_gone_for_good",
    "purging_a_ticket_that_is_not_in_the_trash_changes_nothing",
    "create_repeated_with_its_key_is_one_ticket",
    "restored_tickets_are_back",
    "restoring_a_ticket_that_is_not_deleted_changes_nothing",
];

/// How long a case may go without a request: making the tickets that it needs is none.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test]
async fn suite_holds_on_a_real_server() {
    next_cases_hold().await;
}

#[tokio::test]
async fn suite_holds_on_another_real_server() {
    next_cases_hold().await;
}

/// Runs the cases that no other test has begun, on a server of its own: much of their time is waiting, so two tests divide
/// them.
#[expect(clippy::disallowed_methods, reason = "the time of a run is printed")]
async fn next_cases_hold() {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Some(live) = start_own() else {
        return;
    };
    let begun = Instant::now();
    let suite = Suite::new(LoopbackFixture::<Live>::start).limit(LIMIT);
    let mut cases = Vec::new();
    while let Some(case) = CASES.get(NEXT.fetch_add(1, Ordering::Relaxed)) {
        cases.extend(suite.run_case(case.name).await);
    }
    for case in cases.iter().filter(|case| !case.is_passed()) {
        println!("{case}");
    }
    let count = |is: fn(&CaseReport) -> bool| cases.iter().filter(|case| is(case)).count();
    println!(
        "Redmine {}, part of the suite: {} passed, {} skipped, {} differ, {} failed in {:.0} s",
        live.version,
        count(CaseReport::is_passed),
        count(CaseReport::is_skipped),
        count(CaseReport::is_different),
        count(CaseReport::is_failed),
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(count(CaseReport::is_failed), 0);
    let skipped = cases.iter().filter(|case| case.is_skipped());
    let skipped = skipped.filter(|case| !SKIPS.contains(&case.case.as_str()));
    assert_eq!(
        skipped.count(),
        0,
        "a case is skipped that the server could play"
    );
}
