//! What a report says, and that no skip passes for a pass.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::sync::Arc;

use async_trait::async_trait;
use ticket_conformance::{__Expected, CASES, Case, ConformanceReport, Fixture, Outcome, Suite};
use ticket_core::provider::Capabilities;
use ticket_core::{
    CallContext, Error, ErrorKind, Operation, ProviderInfo, Result, Ticket, TicketId,
    TicketProvider,
};

/// A provider that is never given anything, and is wrong about the one thing it can do.
#[derive(Debug)]
struct Poor(ProviderInfo);

#[async_trait]
impl TicketProvider for Poor {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    async fn get(&self, _context: &CallContext, _: &TicketId) -> Result<Ticket> {
        Err(Error::new(ErrorKind::Server, "never"))
    }
}

struct PoorFixture(Arc<Poor>, &'static [Operation]);

impl PoorFixture {
    fn without_a_manifest() -> Ready<Self> {
        ready(Self(Self::start().into_inner().0, &[]))
    }

    fn start() -> Ready<Self> {
        let info = ProviderInfo::new("poor", "Poor", Capabilities::none().get());
        ready(Self(
            Arc::new(Poor(info)),
            &[Operation::Get, Operation::Delete],
        ))
    }
}

impl Fixture for PoorFixture {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        self.0.clone()
    }

    fn expected_operations(&self) -> &'static [Operation] {
        self.1
    }
}

async fn report() -> ConformanceReport {
    Suite::new(PoorFixture::start).run().await
}

#[tokio::test]
async fn case_without_its_needs_is_skipped_with_reason_and_counted() {
    let report = report().await;
    assert_eq!(report.provider, "poor");
    assert_eq!(report.cases.len(), CASES.len());
    assert_eq!(
        report.passed() + report.failed() + report.skipped(),
        CASES.len()
    );
    let passed: Vec<_> = report
        .cases
        .iter()
        .filter(|case| case.is_passed())
        .collect();
    let passed: Vec<_> = passed.iter().map(|case| case.case.as_str()).collect();
    assert_eq!(
        passed,
        [
            "info_is_the_same_at_every_call",
            "restore_is_declared_with_a_trash",
            "undeclared_operations_are_unsupported"
        ]
    );
    for case in report.cases.iter().filter(|case| case.is_skipped()) {
        let Outcome::Skipped { reason, .. } = &case.outcome else {
            panic!("{case}");
        };
        assert!(reason.len() > 10, "{case}");
    }
    let text = report.to_string();
    let sum = format!(
        "poor: 3 passed, 1 failed, 0 differ, {} skipped, {} in all",
        CASES.len() - 4,
        CASES.len()
    );
    assert!(text.ends_with(&sum), "{text}");
    assert!(
        text.contains("because the fixture cannot seed data"),
        "{text}"
    );
}

#[tokio::test]
async fn missing_operation_of_the_manifest_fails() {
    let report = report().await;
    assert!(!report.is_success());
    let case = report.case("the_manifest_is_kept").unwrap();
    let Outcome::Failed {
        expected, found, ..
    } = &case.outcome
    else {
        panic!("{case}");
    };
    assert_eq!(expected, "the operation `delete`");
    assert_eq!(found, "it is not declared");
}

#[tokio::test]
async fn empty_manifest_fails() {
    let suite = Suite::new(PoorFixture::without_a_manifest);
    let case = suite.run_case("the_manifest_is_kept").await.unwrap();
    assert!(
        case.to_string()
            .contains("expected: at least one operation"),
        "{case}"
    );
}

#[tokio::test]
async fn a_report_can_be_read_by_programs() {
    let report = report().await;
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["provider"], "poor");
    assert_eq!(json["cases"][0]["case"], "info_is_the_same_at_every_call");
    assert_eq!(json["cases"][0]["outcome"], "passed");
    assert_eq!(json["cases"][1]["outcome"], "failed");
    assert!(json["cases"][1]["expected"].is_string());
    let again: ConformanceReport = serde_json::from_value(json).unwrap();
    assert_eq!(again, report);
}

#[tokio::test]
async fn run_case_with_unknown_name_is_none() {
    let suite = Suite::new(PoorFixture::start);
    assert!(suite.run_case("no_such_case").await.is_none());
}

#[test]
fn case_names_are_unique_and_promises_not_empty() {
    let names: BTreeSet<_> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len());
    for Case { name, promise, .. } in CASES {
        assert!(
            promise.len() > 10 && !promise.ends_with('.'),
            "{name}: {promise}"
        );
    }
}

#[tokio::test]
async fn expected_skip_passes() {
    assert_eq!(red("raw_is_complete", &["raw_is_complete"]).await, None);
}

#[tokio::test]
async fn unexpected_skip_fails_and_prints_the_line_for_skips() {
    let why = red("raw_is_complete", &[]).await.unwrap();
    assert!(
        why.starts_with(
            "\nraw_is_complete was skipped, because the fixture cannot seed data\nhelp: "
        ),
        "{why}"
    );
    assert!(
        why.ends_with("\n    raw_is_complete, // the fixture cannot seed data\n"),
        "{why}"
    );
}

#[tokio::test]
async fn listed_skip_that_passes_fails() {
    let name = "info_is_the_same_at_every_call";
    let why = red(name, &[name]).await.unwrap();
    assert!(why.contains(&format!("{name} passes\nhelp: ")), "{why}");
}

#[tokio::test]
async fn failure_fails_even_if_listed_in_skips() {
    let name = "the_manifest_is_kept";
    let why = red(name, &[name]).await.unwrap();
    assert!(why.contains("it is not declared"), "{why}");
}

#[tokio::test]
async fn expected_difference_runs_and_is_shown_and_counted() {
    let (name, why) = ("the_manifest_is_kept", "deletes are not told of");
    let suite = Suite::new(PoorFixture::start).differs(name, why);
    let report = suite.run().await;
    let counts = (report.failed(), report.different(), report.passed());
    assert_eq!(counts, (0, 1, 3));
    assert!(report.is_success());
    let text = report.to_string();
    let shown = "differs  the_manifest_is_kept\n         because deletes are not told of\n         promise:";
    assert!(text.contains(shown), "{text}");
    assert!(text.contains("found:    it is not declared"), "{text}");
    assert!(text.contains("3 passed, 0 failed, 1 differ, "), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["cases"][1]["outcome"], "differs");
    assert_eq!(json["cases"][1]["reason"], why);
    let differs = &[(name, why)];
    let expected = __Expected {
        skips: &[],
        differs,
    };
    assert_eq!(red_of(name, &expected).await, None);
}

#[tokio::test]
async fn difference_that_is_not_there_fails_and_so_does_one_that_does_not_run() {
    for (name, found) in [
        (
            "info_is_the_same_at_every_call",
            "found:    none: remove the case",
        ),
        ("raw_is_complete", "raw_is_complete was skipped"),
    ] {
        let differs = &[(name, "it is another vendor")];
        let expected = __Expected {
            skips: &[],
            differs,
        };
        let why = red_of(name, &expected).await.unwrap();
        assert!(why.contains(found), "{why}");
    }
}

#[test]
#[should_panic(expected = "`raw_is_complete` is in `skips` and in `differs`")]
fn case_that_is_skipped_and_differs_fails() {
    ticket_conformance::__check_expected(&__Expected {
        skips: &["raw_is_complete"],
        differs: &[("raw_is_complete", "it is another vendor")],
    });
}

/// What a test of this case prints where it is red.
async fn red(name: &str, skips: &[&str]) -> Option<String> {
    red_of(
        name,
        &__Expected {
            skips,
            differs: &[],
        },
    )
    .await
}

async fn red_of(name: &str, expected: &__Expected<'_>) -> Option<String> {
    let result = ticket_conformance::__test(PoorFixture::start, name, expected).await;
    result.err().map(|red| format!("{red:?}"))
}

#[test]
#[should_panic(expected = "`no_such_case` is not a case")]
fn skip_of_an_unknown_case_fails() {
    ticket_conformance::__check_expected(&__Expected {
        skips: &["raw_is_complete", "no_such_case"],
        differs: &[],
    });
}

#[test]
fn the_readme_lists_every_case() {
    let rows = CASES.iter().fold(String::new(), |rows, case| {
        format!("{rows}| `{}` | {} |\n", case.name, case.promise)
    });
    let readme = include_str!("../README.md");
    assert!(
        readme.contains(&rows),
        "the table of cases should be:\n\n{rows}"
    );
}
