//! The standard stack: which layers stand around a provider, and in which order. Decided here alone.

use std::sync::Arc;
use std::time::Duration;

use crate::layer::Layered;
use crate::layers::{Check, Observe, Pace, Retry, Timeout};
use crate::pace::Pacer;
use crate::provider::TicketProvider;
use crate::retry::RetryPolicy;

/// What can be chosen about the standard stack.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StackOptions {
    /// How long one attempt may take, waiting for the quota aside. 35 seconds unless changed: a little longer
    /// than the 30 seconds after which the providers' own HTTP client gives up, since that knows better what
    /// has happened.
    pub timeout: Duration,
    /// How often and how soon a failed call is made again.
    pub retry: RetryPolicy,
    /// What keeps the account within its quotas. Unless set, one of this handle's own for the quotas that
    /// the provider documents; several handles of one account must share one.
    pub pacer: Option<Arc<Pacer>>,
    /// Makes the waits between attempts the same in every run. Unless set they differ.
    pub seed: Option<u64>,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(35),
            retry: RetryPolicy::default(),
            pacer: None,
            seed: None,
        }
    }
}

impl StackOptions {
    /// Sets how long one attempt may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how often and how soon a failed call is made again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Shares the account's quotas with every other handle that has this pacer.
    #[must_use]
    pub fn pacer(mut self, pacer: Arc<Pacer>) -> Self {
        self.pacer = Some(pacer);
        self
    }

    /// Makes the waits between attempts the same in every run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The pacer that is set, or a new one for the provider's quotas.
    pub(crate) fn pacer_for(&self, provider: &dyn TicketProvider) -> Arc<Pacer> {
        let new = || Arc::new(Pacer::new(provider.info().quotas.clone()));
        self.pacer.clone().unwrap_or_else(new)
    }
}

/// Puts the standard layers around a provider: [`Observe`] → [`Check`] → [`Retry`] → [`Pace`] → [`Timeout`].
///
/// With the feature `metrics`, `Metrics` stands before them all.
///
/// `Check` stands before anything that waits, so that what cannot be sent is refused at once; `Pace` stands
/// inside `Retry`, so that every attempt has its slot; `Timeout` stands next to the provider, so that only the
/// vendor's own time counts.
pub fn standard_stack(
    provider: Arc<dyn TicketProvider>,
    options: &StackOptions,
) -> Arc<dyn TicketProvider> {
    let policy = options.retry.clone();
    let retry = match options.seed {
        Some(seed) => Retry::seeded(policy, seed),
        None => Retry::new(policy),
    };
    let pace = Pace::new(options.pacer_for(&*provider));
    let provider = Arc::new(Layered::new(Timeout::new(options.timeout), provider));
    let provider = Arc::new(Layered::new(pace, provider));
    let provider = Arc::new(Layered::new(retry, provider));
    let provider = Arc::new(Layered::new(Check, provider));
    let provider = Arc::new(Layered::new(Observe, provider));
    #[cfg(feature = "metrics")]
    let provider = Arc::new(Layered::new(crate::layers::Metrics::new(), provider));
    provider
}
