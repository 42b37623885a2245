//! The standard layers, in the order in which [`standard_stack`](crate::standard_stack) puts them.

mod check;
#[cfg(feature = "metrics")]
mod metrics;
mod observe;
mod pace;
mod retry;
mod timeout;

pub use check::Check;
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use observe::Observe;
pub use pace::Pace;
pub use retry::Retry;
pub use timeout::Timeout;
