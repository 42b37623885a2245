//! `Metrics`: counts and times calls with the `metrics` facade. This module defines every metric, including
//! those that other layers record. It is compiled only with the feature `metrics`.

use std::time::Duration;

use metrics::{SharedString, Unit, counter, describe_counter, describe_histogram, histogram};
use tokio::time::Instant;

use crate::call::layer::{Call, Layer, Next, Reply};
use crate::provider::error::Result;

const CALLS: &str = "ticket_calls_total";
const ERRORS: &str = "ticket_call_errors_total";
const DURATION: &str = "ticket_call_duration_seconds";
const ATTEMPTS: &str = "ticket_attempts_total";
const WAIT: &str = "ticket_wait_seconds";

/// Counts and times every call with the [`metrics` facade](https://docs.rs/metrics) and the recorder that the
/// application installs. Names follow the Prometheus conventions: base units, and counters end in `_total`.
///
/// | Name | What | Labels |
/// |---|---|---|
/// | `ticket_calls_total` | counter: started calls | `provider`, `operation` |
/// | `ticket_call_errors_total` | counter: calls that failed after all retries | `provider`, `operation`, `error_type` |
/// | `ticket_call_duration_seconds` | histogram: duration of a call in seconds, all attempts and waits included | `provider`, `operation` |
/// | `ticket_attempts_total` | counter: finished attempts; the excess over the calls are retries ([`Retry`](crate::call::Retry)) | `provider`, `operation` |
/// | `ticket_wait_seconds` | histogram: seconds an attempt waited for the quota, 0 if it did not wait ([`Pace`](crate::call::Pace)) | `provider`, `operation` |
///
/// `provider` is the provider's id, `operation` an [`Operation`](crate::Operation), `error_type` an
/// [`ErrorKind`](crate::ErrorKind). Ids, account names and texts are never labels. A delete with a reply is
/// not an error, even if some of its tickets failed. A dropped call counts as started and records no
/// duration. An attempt that gave up waiting records its wait and is not counted.
///
/// Install the recorder before the stack is built: the descriptions go to the recorder that is installed
/// then.
#[derive(Clone, Copy, Debug)]
pub struct Metrics(());

impl Metrics {
    /// Creates the layer and describes its metrics to the recorder.
    #[expect(
        clippy::new_without_default,
        reason = "it has an effect, which a default should not"
    )]
    pub fn new() -> Self {
        describe_counter!(CALLS, Unit::Count, "started calls");
        describe_counter!(ERRORS, Unit::Count, "calls that failed after all retries");
        describe_histogram!(
            DURATION,
            Unit::Seconds,
            "duration of a call, all attempts and waits included"
        );
        describe_counter!(ATTEMPTS, Unit::Count, "finished attempts");
        describe_histogram!(
            WAIT,
            Unit::Seconds,
            "how long an attempt waited for the quota"
        );
        Self(())
    }
}

impl Layer for Metrics {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let (provider, operation) = labels(&call);
        let begun = Instant::now();
        counter!(CALLS, "provider" => provider.clone(), "operation" => operation).increment(1);
        let result = next.call(call).await;
        histogram!(DURATION, "provider" => provider.clone(), "operation" => operation)
            .record(begun.elapsed());
        if let Err(error) = &result {
            let kind = error.kind().as_str();
            counter!(ERRORS, "provider" => provider, "operation" => operation, "error_type" => kind)
                .increment(1);
        }
        result
    }
}

/// Counts a finished attempt.
pub(super) fn attempted<T>(call: &Call<'_>, result: &Result<T>) {
    if result.as_ref().is_err_and(crate::Error::is_not_attempted) {
        return;
    }
    let (provider, operation) = labels(call);
    counter!(ATTEMPTS, "provider" => provider, "operation" => operation).increment(1);
}

/// Records how long an attempt waited for the quota.
pub(super) fn waited(call: &Call<'_>, wait: Duration) {
    let (provider, operation) = labels(call);
    histogram!(WAIT, "provider" => provider, "operation" => operation).record(wait);
}

fn labels(call: &Call<'_>) -> (SharedString, &'static str) {
    let provider = call.info().id.clone();
    (provider.into(), call.operation().as_str())
}
