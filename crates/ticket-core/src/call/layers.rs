//! The standard layers. [`standard_stack`](crate::call::standard_stack) decides their order.

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
