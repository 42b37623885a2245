//! The numbers of `Metrics`: what is counted and timed, under which names and labels.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use common::{Fake, error, make, operations};
use metrics::Unit;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use ticket_core::call::{RetryPolicy, StackOptions};
use ticket_core::provider::{Limit, Quota};
use ticket_core::{Effect, ErrorKind, Operation, Tickets};

/// Every number by its name and labels, such as `ticket_calls_total provider=fake operation=get`: a count, or what was
/// recorded in whole seconds.
type Numbers = BTreeMap<String, Vec<u64>>;

/// What is recorded while `work` runs on a paused clock.
fn measured(work: impl Future<Output = ()>) -> Numbers {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    // The recorder is the thread's, and so is the runtime.
    metrics::with_local_recorder(&recorder, || runtime.block_on(work));
    let mut numbers = Numbers::new();
    for (key, unit, description, value) in snapshotter.snapshot().into_vec() {
        let key = key.key();
        let mut name = key.name().to_owned();
        for label in key.labels() {
            name = format!("{name} {}={}", label.key(), label.value());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few seconds"
        )]
        let (value, expected) = match value {
            DebugValue::Counter(count) => (vec![count], Unit::Count),
            DebugValue::Histogram(seconds) => {
                let whole = seconds.iter().map(|value| value.round() as u64);
                (whole.collect(), Unit::Seconds)
            }
            DebugValue::Gauge(value) => panic!("{name} {value}"),
        };
        assert_eq!(unit, Some(expected), "{name}");
        assert!(description.is_some_and(|text| !text.is_empty()), "{name}");
        numbers.insert(name, value);
    }
    numbers
}

fn stacked(fake: Fake, options: StackOptions) -> Tickets {
    Tickets::with_options(Arc::new(fake), &options.seed(1))
}

fn quota(calls: u32, seconds: u64) -> Limit {
    Limit::new().window(Quota::new(calls, Duration::from_secs(seconds)))
}

fn numbers(expected: &[(&str, &[u64])]) -> Numbers {
    let owned = |(name, value): &(&str, &[u64])| ((*name).to_owned(), value.to_vec());
    expected.iter().map(owned).collect()
}

#[test]
fn calls_are_counted_and_timed_and_errors_told_by_kind() {
    let found = measured(async {
        let fake = Fake::new(1).latency(Duration::from_secs(3));
        let tickets = stacked(
            fake.answering(|seen| match seen.number {
                0 => Ok(()),
                1 => Err(error(ErrorKind::NotFound, Effect::None)),
                _ => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
            }),
            StackOptions::default(),
        );
        assert!(make(&tickets, Operation::Get).await.is_none());
        assert!(make(&tickets, Operation::Get).await.is_some());
        assert!(make(&tickets, Operation::Resolve).await.is_some());
        // Refused here, since this provider carries no subject: nothing is sent.
        assert!(make(&tickets, Operation::Create).await.is_some());
    });
    assert_eq!(
        found,
        numbers(&[
            ("ticket_calls_total provider=fake operation=get", &[2]),
            ("ticket_calls_total provider=fake operation=resolve", &[1]),
            ("ticket_calls_total provider=fake operation=create", &[1]),
            (
                "ticket_call_errors_total provider=fake operation=get error_type=not_found",
                &[1]
            ),
            (
                "ticket_call_errors_total provider=fake operation=resolve error_type=bad_response",
                &[1]
            ),
            (
                "ticket_call_errors_total provider=fake operation=create error_type=invalid_input",
                &[1]
            ),
            (
                "ticket_call_duration_seconds provider=fake operation=get",
                &[3, 3]
            ),
            (
                "ticket_call_duration_seconds provider=fake operation=resolve",
                &[3]
            ),
            (
                "ticket_call_duration_seconds provider=fake operation=create",
                &[0]
            ),
            ("ticket_attempts_total provider=fake operation=get", &[2]),
            (
                "ticket_attempts_total provider=fake operation=resolve",
                &[1]
            ),
            ("ticket_wait_seconds provider=fake operation=get", &[0, 0]),
            ("ticket_wait_seconds provider=fake operation=resolve", &[0]),
        ])
    );
}

#[test]
fn retry_counts_as_an_attempt_and_records_its_wait() {
    let found = measured(async {
        let tickets = stacked(
            Fake::new(1)
                .info(|info| info.limit(quota(1, 60)))
                .answering(|seen| match seen.number {
                    0 => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
                    _ => Ok(()),
                }),
            StackOptions::default().retry(RetryPolicy::default().base(Duration::from_millis(1))),
        );
        assert!(make(&tickets, Operation::Get).await.is_none());
    });
    assert_eq!(
        found,
        numbers(&[
            ("ticket_calls_total provider=fake operation=get", &[1]),
            (
                "ticket_call_duration_seconds provider=fake operation=get",
                &[60]
            ),
            ("ticket_attempts_total provider=fake operation=get", &[2]),
            ("ticket_wait_seconds provider=fake operation=get", &[0, 60]),
        ])
    );
}

#[test]
fn unsent_call_counts_as_call_and_error_but_not_as_attempt() {
    let found = measured(async {
        let tickets = stacked(
            Fake::new(1).info(|info| info.limit(quota(1, 60))),
            StackOptions::default().deadline(Duration::from_secs(5)),
        );
        assert!(make(&tickets, Operation::Resolve).await.is_none());
        let error = make(&tickets, Operation::Resolve).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    });
    assert_eq!(
        found,
        numbers(&[
            ("ticket_calls_total provider=fake operation=resolve", &[2]),
            (
                "ticket_call_errors_total provider=fake operation=resolve error_type=rate_limited",
                &[1]
            ),
            (
                "ticket_call_duration_seconds provider=fake operation=resolve",
                &[0, 0]
            ),
            (
                "ticket_attempts_total provider=fake operation=resolve",
                &[1]
            ),
            (
                "ticket_wait_seconds provider=fake operation=resolve",
                &[0, 0]
            ),
        ])
    );
}

#[test]
fn the_documented_names_are_those_that_are_recorded() {
    let found = measured(async {
        let tickets = stacked(
            Fake::new(1).answering(|_| Err(error(ErrorKind::NotFound, Effect::None))),
            StackOptions::default(),
        );
        for operation in operations() {
            make(&tickets, operation).await;
        }
    });
    // `name | what | labels`, as the table in the docs has it.
    let documented: BTreeSet<String> = include_str!("../src/call/layers/metrics.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("/// | `ticket_"))
        .map(|row| format!("ticket_{}", row.replace(['`', ','], "")))
        .map(|row| {
            let cells: Vec<_> = row.split(" | ").collect();
            let labels = cells.last().unwrap().trim_end_matches(" |");
            format!("{} {labels}", cells.first().unwrap())
        })
        .collect();
    let recorded: BTreeSet<String> = found
        .keys()
        .map(|name| {
            let words = name.split(' ');
            let names = words.map(|word| word.split('=').next().unwrap());
            names.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(recorded, documented);
}
