//! What wraps one call: layers, retries, quotas.

mod key;
pub(crate) mod layer;
pub(crate) mod layers;
pub(crate) mod pace;
pub(crate) mod retry;
pub(crate) mod stack;

pub use layer::{Call, Layer, Next, Reply};
#[cfg(feature = "metrics")]
pub use layers::Metrics;
pub use layers::{Check, Observe, Pace, Retry, Timeout};
pub use pace::{CallIntent, NoSlot, PaceStatus, Pacer, Slot, Slots, WaitReason, Waiting};
pub use retry::RetryPolicy;
pub use stack::{Stack, StackOptions, standard_stack};
