//! The suite itself is tested: it passes a provider that is right, and catches each of many that are wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

mod careful;
mod desk;
mod files;
mod fixture;
mod flaws;
mod info;
mod later;
mod odd;
mod provider;
mod rows;
mod wire;

use std::collections::BTreeSet;
use std::time::Duration;

use ticket_conformance::{CASES, ConformanceReport, Outcome, Suite};

use fixture::{DeskFixture, Extent};
use flaws::{FLAWS, Flaw};

async fn run(extent: Extent, flaw: Option<Flaw>) -> ConformanceReport {
    let make = || async move { DeskFixture::new(extent, flaw) };
    Suite::new(make).limit(Duration::from_secs(5)).run().await
}

fn failed(report: &ConformanceReport) -> BTreeSet<&str> {
    let failed = report.cases.iter().filter(|case| case.is_failed());
    failed.map(|case| case.case.as_str()).collect()
}

/// Runs the cases that are to catch the flaw, which must.
async fn catch(flaw: Flaw) {
    let (_, extent, what, cases) = FLAWS.iter().find(|row| row.0 == flaw).unwrap();
    let make = || async move { DeskFixture::new(*extent, Some(flaw)) };
    let suite = Suite::new(make).limit(Duration::from_secs(5));
    for case in *cases {
        let report = suite.run_case(case).await.expect(case);
        assert!(report.is_failed(), "a provider that {what}: {report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_right_passes_every_case() {
    let full = run(Extent::Full, None).await;
    let narrow = run(Extent::Narrow, None).await;
    let careful = run(Extent::Careful, None).await;
    let later = run(Extent::Later, None).await;
    println!("{full}\n\n{narrow}\n\n{careful}\n\n{later}");
    for report in [&full, &narrow, &careful, &later] {
        assert_eq!(report.failed(), 0, "{report}");
    }
    // No provider can both reuse ids and not, have a trash and none, read before it writes and not, or delete at once and
    // later: these are shown by the other three.
    let not_by_full: Vec<_> = full.cases.iter().filter(|case| !case.is_passed()).collect();
    let names: Vec<_> = not_by_full.iter().map(|case| case.case.as_str()).collect();
    assert_eq!(
        names,
        [
            "what_an_update_drops_is_reported",
            "an_update_of_an_old_version_is_a_conflict",
            "a_delete_of_an_old_version_is_a_conflict",
            "deleted_ids_are_not_reused",
            "accepted_deletes_are_told_with_their_job",
            "unknown_jobs_are_not_found",
            "restored_tickets_are_back",
            "restoring_a_ticket_that_is_not_deleted_changes_nothing",
            "purged_tickets_are_gone_for_good",
            "purging_a_ticket_that_is_not_in_the_trash_changes_nothing",
            "wrong_totals_past_the_end_are_left_out_or_reported",
            "failed_preparing_reads_have_no_effect"
        ]
    );
    for name in names {
        let mut others = [&narrow, &careful, &later].into_iter();
        let is_passed = others.any(|report| report.case(name).unwrap().is_passed());
        assert!(is_passed, "{name}: {narrow}\n{careful}\n{later}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_case_catches_a_flaw_and_every_flaw_is_caught() {
    let mut caught = BTreeSet::new();
    for (flaw, extent, what, cases) in FLAWS {
        let report = run(*extent, Some(*flaw)).await;
        let failed = failed(&report);
        for case in *cases {
            assert!(failed.contains(case), "{flaw:?} passes {case}");
            caught.insert(*case);
        }
        let others: Vec<_> = failed.iter().filter(|case| !cases.contains(case)).collect();
        println!("| {what} | `{}` | {} |", cases.join("`, `"), others.len());
    }
    let free: Vec<_> = CASES
        .iter()
        .filter(|case| !caught.contains(case.name))
        .collect();
    let free: Vec<_> = free.iter().map(|case| case.name).collect();
    assert!(free.is_empty(), "no flaw is caught by {free:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_of_its_case_alone() {
    let report = run(Extent::Full, Some(Flaw::PanicsOnForeignCursors)).await;
    assert_eq!(
        failed(&report).into_iter().collect::<Vec<_>>(),
        ["foreign_cursors_are_refused_or_end"]
    );
    let case = report.case("foreign_cursors_are_refused_or_end").unwrap();
    let Outcome::Failed { found, .. } = &case.outcome else {
        panic!("{case}")
    };
    assert_eq!(found, "a panic: no such cursor");
}

#[tokio::test(start_paused = true)]
async fn a_case_that_hangs_fails_after_the_limit() {
    let before = tokio::time::Instant::now();
    let make = || async { DeskFixture::new(Extent::Full, Some(Flaw::WaitsForEver)) };
    let suite = Suite::new(make).limit(Duration::from_secs(7));
    let report = suite.run_case("no_answer_is_a_timeout").await.unwrap();
    let text = report.to_string();
    assert!(
        text.contains("found:    it hangs: 1 requests reached"),
        "{text}"
    );
    assert_eq!(before.elapsed().as_secs(), 7);
}

/// A right provider of a vendor that answers each request after 4 seconds.
async fn slow() -> DeskFixture {
    let fixture = DeskFixture::new(Extent::Full, None);
    fixture.slow_down(Duration::from_secs(4));
    fixture
}

#[tokio::test(start_paused = true)]
async fn a_slow_case_that_goes_on_sending_requests_does_not_hang() {
    let before = tokio::time::Instant::now();
    let suite = Suite::new(slow).limit(Duration::from_secs(5));
    let report = suite.run_case("declared_operations_work").await.unwrap();
    assert!(report.is_passed(), "{report}");
    assert_eq!(before.elapsed().as_secs(), 44);
}

#[tokio::test(start_paused = true)]
async fn a_slow_case_fails_as_slow_after_ten_times_the_limit() {
    let before = tokio::time::Instant::now();
    let suite = Suite::new(slow).limit(Duration::from_secs(5));
    let report = suite.run_case("the_status_is_reported").await.unwrap();
    let text = report.to_string();
    assert!(
        text.contains("found:    it is slow: it still sent"),
        "{text}"
    );
    assert_eq!(before.elapsed().as_secs(), 50);
}
