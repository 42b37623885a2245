//! `Pace`: delays each call until the account's quota allows it.

use std::sync::Arc;
use std::time::Duration;

use crate::call::layer::{Call, Layer, Next, Reply};
use crate::call::pace::{CallIntent, LONGEST, Pacer};
use crate::provider::error::{ErrorKind, Result};

/// Delays each call until the account's quota allows it. See [`Pacer`] for the guarantees.
///
/// Events mark the start and the end of a wait. A call that cannot be sent before its deadline fails with
/// `RateLimited`, a stopped one with `Cancelled`; neither was sent.
#[derive(Clone, Debug)]
pub struct Pace {
    pacer: Arc<Pacer>,
    longest: Duration,
}

impl Pace {
    /// Keeps the quotas of `pacer`, together with all other handles that share it.
    pub const fn new(pacer: Arc<Pacer>) -> Self {
        Self {
            pacer,
            longest: LONGEST,
        }
    }

    /// Sets how long a call may take, for stores of slots: the limit of the [`Timeout`](crate::call::Timeout) inside of
    /// this layer. Default 35 seconds.
    #[must_use]
    pub const fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }
}

impl Layer for Pace {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let (provider, operation) = (&*call.info().id, call.operation());
        let context = call.context();
        #[cfg(feature = "metrics")]
        let begun = tokio::time::Instant::now();
        if let Some(state) = &context.send_state {
            state.hold_back();
        }
        let request = call.request();
        let intent = CallIntent {
            request,
            requests: call.info().requests(&request),
            work: context.work.as_deref(),
            longest: self.longest,
            at_once: None,
            learned: call.info().learned.as_ref(),
        };
        let slot = self.pacer.acquire(provider, &intent, context).await;
        #[cfg(feature = "metrics")]
        super::metrics::waited(&call, begun.elapsed());
        let slot = slot?;
        if let Some(state) = &context.send_state {
            state.send();
        }
        let result = next.call(call).await;
        match &result {
            Err(error) if error.kind() == ErrorKind::RateLimited => {
                // Close before the slot is given back, so that no other call is sent in between.
                let pause = self.pacer.close_for(error.retry_after());
                tracing::warn!(
                    ticket.provider = provider,
                    ticket.operation = operation.as_str(),
                    wait.estimate_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    "the vendor says that there are too many calls"
                );
            }
            _ => {}
        }
        slot.end(result.as_ref().err()).await;
        result
    }
}
