//! `Metrics`: numbers about calls, by the facade `metrics`. All of them stand here, also those that other layers
//! know of; without the feature `metrics` this module and its callers' lines do not exist.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use tokio::time::Instant;

use crate::call::layer::{Call, Layer, Next, Reply};
use crate::provider::error::Result;

const CALLS: &str = "ticket_calls_total";
const ERRORS: &str = "ticket_call_errors_total";
const DURATION: &str = "ticket_call_duration_seconds";
const ATTEMPTS: &str = "ticket_attempts_total";
const WAIT: &str = "ticket_wait_seconds";

/// Counts and times every call, for the [facade `metrics`](https://docs.rs/metrics) and whatever recorder the
/// application has installed. The names are in Prometheus's manner: base units, and what is counted ends in `_total`.
///
/// | Name | What | Labels |
/// |---|---|---|
/// | `ticket_calls_total` | counter: calls begun | `provider`, `operation` |
/// | `ticket_call_errors_total` | counter: calls that failed as a whole, for good | `provider`, `operation`, `error_type` |
/// | `ticket_call_duration_seconds` | histogram: seconds from a call to its end, attempts and waits included | `provider`, `operation` |
/// | `ticket_attempts_total` | counter: attempts that ended; what exceeds the calls was repeated ([`Retry`](crate::Retry)) | `provider`, `operation` |
/// | `ticket_wait_seconds` | histogram: seconds an attempt was held back for the quota, 0 where it was not ([`Pace`](crate::Pace)) | `provider`, `operation` |
///
/// `provider` is the provider's id, `operation` an [`Operation`](crate::Operation), `error_type` an
/// [`ErrorKind`](crate::ErrorKind). Nothing else becomes a label: no id, no account, no text. A delete that was answered
/// is no error, whatever became of the single tickets. A call whose future is dropped was begun and has no end, so it has
/// no duration; an attempt that was held back in vain has a wait, and is none.
///
/// The recorder must be installed before: descriptions go to the one that is there when the stack is built.
#[derive(Clone, Copy, Debug)]
pub struct Metrics(());

impl Metrics {
    /// Counts and times calls, and describes the numbers to the recorder.
    #[expect(
        clippy::new_without_default,
        reason = "it has an effect, which a default should not"
    )]
    pub fn new() -> Self {
        describe_counter!(CALLS, Unit::Count, "calls begun");
        describe_counter!(
            ERRORS,
            Unit::Count,
            "calls that failed as a whole, for good"
        );
        describe_histogram!(
            DURATION,
            Unit::Seconds,
            "from a call to its end, attempts and waits included"
        );
        describe_counter!(ATTEMPTS, Unit::Count, "attempts that ended");
        describe_histogram!(
            WAIT,
            Unit::Seconds,
            "how long an attempt was held back for the quota"
        );
        Self(())
    }
}

impl Layer for Metrics {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let (provider, operation) = labels(&call);
        let begun = Instant::now();
        counter!(CALLS, "provider" => provider, "operation" => operation).increment(1);
        let result = next.call(call).await;
        histogram!(DURATION, "provider" => provider, "operation" => operation)
            .record(begun.elapsed());
        if let Err(error) = &result {
            let kind = error.kind().as_str();
            counter!(ERRORS, "provider" => provider, "operation" => operation, "error_type" => kind)
                .increment(1);
        }
        result
    }
}

/// An attempt has ended.
pub(super) fn attempted<T>(call: &Call<'_>, result: &Result<T>) {
    if result.as_ref().is_err_and(crate::Error::is_not_attempted) {
        return;
    }
    let (provider, operation) = labels(call);
    counter!(ATTEMPTS, "provider" => provider, "operation" => operation).increment(1);
}

/// An attempt was held back for so long.
pub(super) fn waited(call: &Call<'_>, wait: Duration) {
    let (provider, operation) = labels(call);
    histogram!(WAIT, "provider" => provider, "operation" => operation).record(wait);
}

fn labels(call: &Call<'_>) -> (&'static str, &'static str) {
    (call.info().id, call.operation().as_str())
}
