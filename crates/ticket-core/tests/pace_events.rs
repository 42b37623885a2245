//! What `Pace` tells of its waiting. A file of its own: other tests' threads, which listen to nothing, can make
//! tracing skip an event for good.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use ticket_core::call::{Pace, Pacer, Stack};
use ticket_core::provider::{Capabilities, Limit, MockTicketProvider, Quota};
use ticket_core::{
    CallContext, Error, ErrorKind, NewComment, ProviderInfo, TicketId, TicketProvider,
};
use ticket_testkit::LogCapture;

const TEXT: &str = "what a customer wrote";

fn provider() -> MockTicketProvider {
    let mut provider = MockTicketProvider::new();
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", Capabilities::none()));
    provider.expect_comment().returning(|_, _, _| Ok(()));
    provider.expect_resolve().returning(|_, _| {
        Err(Error::new(ErrorKind::RateLimited, "too many calls")
            .with_retry_after(Duration::from_secs(30))
            .with_vendor_message(TEXT))
    });
    provider
}

#[tokio::test(start_paused = true)]
async fn waiting_emits_events_without_text() {
    let log = LogCapture::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_writer(log.writer())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let quotas = Limit::new().window(Quota::new(1, Duration::from_secs(5)));
    let pace = Pace::new(Arc::new(Pacer::new([quotas])));
    let provider = Stack::new(pace, Arc::new(provider()));
    let (id, comment) = (TicketId::new("secret 121"), NewComment::internal(TEXT));
    let calls = async {
        provider
            .comment(&CallContext::new(), &id, &comment)
            .await
            .unwrap();
        provider
            .resolve(&CallContext::new(), &id)
            .await
            .unwrap_err();
        provider
            .comment(&CallContext::new(), &id, &comment)
            .await
            .unwrap();
    };
    // A call that would never be sent fails the test.
    let in_time = tokio::time::timeout(Duration::from_secs(3600), calls);
    in_time.await.unwrap();
    drop(guard);

    let log = log.text();
    let lines: Vec<_> = log.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            r#"DEBUG waits to be sent ticket.provider="mock" ticket.operation="resolve" wait.reason="quota" wait.estimate_ms=5000"#,
            r#"DEBUG waits no longer ticket.provider="mock" ticket.operation="resolve" wait.ms=5000"#,
            r#"WARN the vendor says that there are too many calls ticket.provider="mock" ticket.operation="resolve" wait.estimate_ms=30000"#,
            r#"DEBUG waits to be sent ticket.provider="mock" ticket.operation="comment" wait.reason="closed" wait.estimate_ms=30000"#,
            r#"DEBUG waits no longer ticket.provider="mock" ticket.operation="comment" wait.ms=30000"#,
        ]
    );
}
