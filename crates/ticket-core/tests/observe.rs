//! What the layers write: everything that `Observe` documents, at its level, and nothing that people wrote.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use common::{Fake, error};
use ticket_core::call::{RetryPolicy, StackOptions};
use ticket_core::model::{Created, Person};
use ticket_core::provider::{Capabilities, Field, Fields, Limit, MockTicketProvider, Quota};
use ticket_core::{
    DeleteReport, Effect, Error, ErrorKind, NewTicket, Outcome, ProviderInfo, Tickets,
};
use ticket_testkit::LogCapture;
use tracing_subscriber::fmt::format::FmtSpan;

/// Everything that is written while `work` runs on this thread.
async fn written(work: impl Future<Output = ()>) -> String {
    let log = LogCapture::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_ansi(false)
        .without_time()
        .with_writer(log.writer())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    work.await;
    drop(guard);
    let log = log.text();
    assert_documented(&log);
    log
}

/// The list of fields is closed: each stands in the docs of `Observe`. The subscriber adds two times of its own.
fn assert_documented(log: &str) {
    let words = log.split([' ', '{', '\n']);
    let names: BTreeSet<_> = words
        .filter_map(|word| Some(word.split_once('=')?.0))
        .filter(|name| !["time.busy", "time.idle"].contains(name))
        .collect();
    assert!(names.contains("ticket.operation"), "{names:?}");
    let docs = include_str!("../src/call/layers/observe.rs").lines();
    let docs: String = docs.filter(|line| line.starts_with("///")).collect();
    for name in names {
        assert!(docs.contains(&format!("`{name}`")), "{name}");
    }
}

fn assert_has(log: &str, parts: &[&str]) {
    for part in parts {
        assert!(log.contains(part), "{part}\nis not in\n{log}");
    }
}

const TEXT: &str = "what a customer wrote";

fn provider() -> MockTicketProvider {
    fn fields_fields() -> Fields {
        Fields::carrying(&[Field::Subject, Field::Description, Field::RequesterName])
    }
    let mut provider = MockTicketProvider::new();
    let capabilities = Capabilities::none()
        .get()
        .create(fields_fields())
        .delete(10);
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", capabilities));
    provider.expect_get().returning(|_, _| {
        Err(Error::new(ErrorKind::NotFound, "not found")
            .with_status(404)
            .with_vendor_message(TEXT))
    });
    let raw = serde_json::value::RawValue::from_string(format!("{{\"text\":\"{TEXT}\"}}")).unwrap();
    provider
        .expect_create()
        .returning(move |_, _| Ok(Created::new("7", raw.clone())));
    provider
        .expect_delete()
        .returning(|_, targets| Ok(DeleteReport::from_fn(targets, |_| Outcome::Done)));
    provider
}

#[tokio::test]
async fn a_span_tells_what_happened_and_no_text() {
    let log = written(async {
        let tickets = Tickets::new(provider());
        tickets.get("12\n1").await.unwrap_err();
        tickets.get("121").await.unwrap_err();
        tickets.get("9".repeat(200)).await.unwrap_err();
        let ticket = NewTicket::new(TEXT)
            .description(TEXT)
            .requester(Person::named(TEXT));
        tickets.create(&ticket).await.unwrap();
        tickets.delete(["1", "2"]).await;
    })
    .await;
    assert_has(
        &log,
        &[
            // As the operation ended.
            " INFO ticket_operation{otel.kind=\"internal\" ticket.provider=\"mock\" ticket.operation=\"get\" ticket.id=\"121\" \
             error.type=\"not_found\" ticket.effect=\"none\" http.response.status_code=404 otel.status_code=\"ERROR\"}: \
             ticket_core::call::layers::observe: close",
            // As its only attempt ended: without a count of repeats.
            "DEBUG ticket_operation{otel.kind=\"internal\" ticket.provider=\"mock\" ticket.operation=\"get\" ticket.id=\"121\"}:\
             ticket_attempt{otel.kind=\"internal\" error.type=\"not_found\" ticket.effect=\"none\" \
             http.response.status_code=404 otel.status_code=\"ERROR\"}: ticket_core::call::layers::retry: close",
            "ticket.operation=\"create\"}: ticket_core::call::layers::observe: answered",
            "ticket.operation=\"delete\" ticket.count=2 ticket.ids=\"1 2\"}",
            r#"ticket.id="12\\n1""#,
            &format!("ticket.id=\"{}…\"", "9".repeat(63)),
        ],
    );
    assert!(!log.contains(TEXT), "{log}");
}

#[tokio::test(start_paused = true)]
async fn waits_retries_and_giving_up_are_recorded_with_their_attempt() {
    let log = written(async {
        let fake = Fake::new(1)
            .info(|info| info.limit(Limit::new().window(Quota::new(1, Duration::from_secs(5)))))
            .answering(|_| {
                Err(error(ErrorKind::Unavailable, Effect::Unknown)
                    .with_status(503)
                    .with_retry_after(Duration::from_secs(2))
                    .with_vendor_message(TEXT))
            });
        let policy = RetryPolicy::default()
            .max_attempts(2.try_into().unwrap())
            .base(Duration::ZERO);
        let options = StackOptions::default().retry(policy);
        Tickets::with_options(Arc::new(fake), &options)
            .get("121")
            .await
            .unwrap_err();
    })
    .await;
    let failure = "error.type=\"unavailable\" ticket.effect=\"none\" http.response.status_code=503 \
                   otel.status_code=\"ERROR\"}: ticket_core::call::layers";
    let call = "ticket.provider=\"fake\" ticket.operation=\"get\"";
    assert_has(
        &log,
        &[
            &format!("ticket_attempt{{otel.kind=\"internal\" {failure}::retry: close"),
            &format!(
                "ticket_attempt{{otel.kind=\"internal\" http.request.resend_count=1 {failure}::retry: close"
            ),
            &format!("ticket.id=\"121\" {failure}::observe: close"),
            &format!(
                "retrying {call} error.type=\"unavailable\" http.response.status_code=503 retry.attempts=1 retry.max_attempts=2 retry.wait_ms=2000\n"
            ),
            &format!("waits to be sent {call} wait.reason=\"quota\" wait.estimate_ms=3000\n"),
            &format!("waits no longer {call} wait.ms=3000\n"),
            &format!(
                "giving up {call} error.type=\"unavailable\" retry.attempts=2 retry.reason=\"attempts\"\n"
            ),
        ],
    );
    // Each at its level, once; the waiting within the attempt that waits.
    for (event, level, span) in [
        ("retrying", " INFO", "ticket_operation{"),
        ("waits to be sent", "DEBUG", "}:ticket_attempt{"),
        ("waits no longer", "DEBUG", "}:ticket_attempt{"),
        ("giving up", " WARN", "ticket_operation{"),
        ("failed", "DEBUG", "ticket_operation{"),
    ] {
        let told = format!(": {event}");
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&told)).collect();
        assert_eq!(lines.len(), 1, "{event}\n{log}");
        let is_right = |line: &&str| line.starts_with(level) && line.contains(span);
        assert!(lines.iter().all(is_right), "{lines:?}");
    }
    let position = |part: &str| log.find(part).unwrap();
    assert!(
        position("retry: close") < position("retrying"),
        "the wait between two attempts belongs to neither\n{log}"
    );
    assert!(!log.contains(TEXT), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_the_quota_is_a_warning() {
    let log = written(async {
        let fake = Fake::new(1).answering(|_| {
            Err(error(ErrorKind::RateLimited, Effect::None)
                .with_retry_after(Duration::from_secs(7)))
        });
        let once = RetryPolicy::default().max_attempts(1.try_into().unwrap());
        let options = StackOptions::default().retry(once);
        Tickets::with_options(Arc::new(fake), &options)
            .get("121")
            .await
            .unwrap_err();
    })
    .await;
    let warned = log
        .lines()
        .find(|line| line.contains("there are too many calls"));
    let warned = warned.unwrap_or_else(|| panic!("{log}"));
    assert!(warned.starts_with(" WARN"), "{warned}");
    assert!(
        warned.ends_with("ticket.provider=\"fake\" ticket.operation=\"get\" wait.estimate_ms=7000"),
        "{warned}"
    );
}
