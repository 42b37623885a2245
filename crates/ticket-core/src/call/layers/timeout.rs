//! `Timeout`: limits the duration of one attempt.

use std::time::Duration;

use crate::call::layer::{Call, Layer, Next, Reply};
use crate::provider::error::{Error, ErrorKind, Result};

/// Fails an attempt that takes longer than the limit, measured by tokio's clock. A write that times out has
/// an unknown effect.
#[derive(Clone, Copy, Debug)]
pub struct Timeout {
    limit: Duration,
}

impl Timeout {
    /// Allows `limit` per attempt.
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl Layer for Timeout {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        tokio::time::timeout(self.limit, next.call(call))
            .await
            .unwrap_or_else(|_| {
                let message = format!("no answer within {} s", self.limit.as_secs_f64());
                Err(Error::new(ErrorKind::Timeout, message)
                    .in_operation(&call.info().id, call.operation()))
            })
    }
}
