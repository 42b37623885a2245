//! This machine's clock.

use jiff::Timestamp;

/// The time at which something is said to a person, or by one.
#[expect(
    clippy::disallowed_methods,
    reason = "what people read and write is in the time of their machine's clock"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
