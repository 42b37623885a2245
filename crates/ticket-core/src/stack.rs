//! The standard stack: which layers stand around a provider, and in which order. Decided here alone.

use std::sync::Arc;
use std::time::Duration;

use crate::layer::Layered;
use crate::layers::{Check, Observe, Timeout};
use crate::provider::TicketProvider;

/// What can be chosen about the standard stack.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StackOptions {
    /// How long one attempt may take. 35 seconds unless changed: a little longer than the 30 seconds after
    /// which the providers' own HTTP client gives up, since that knows better what has happened.
    pub timeout: Duration,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(35),
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
}

/// Puts the standard layers around a provider: [`Observe`] → [`Check`] → [`Timeout`].
///
/// `Check` stands before anything that waits, so that what cannot be sent is refused at once; `Timeout`
/// stands next to the provider, so that only the vendor's own time counts.
pub fn standard_stack(
    provider: Arc<dyn TicketProvider>,
    options: &StackOptions,
) -> Arc<dyn TicketProvider> {
    let provider = Arc::new(Layered::new(Timeout::new(options.timeout), provider));
    let provider = Arc::new(Layered::new(Check, provider));
    Arc::new(Layered::new(Observe, provider))
}
