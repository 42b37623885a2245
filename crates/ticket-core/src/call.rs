//! What wraps one call: layers, retries, quotas.

pub(crate) mod layer;
pub(crate) mod layers;
pub(crate) mod pace;
pub(crate) mod retry;
pub(crate) mod stack;
