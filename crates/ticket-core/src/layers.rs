//! The standard layers, in the order in which [`standard_stack`](crate::standard_stack) puts them.

mod check;
mod observe;
mod timeout;

pub use check::Check;
pub use observe::Observe;
pub use timeout::Timeout;
