//! `Check`: refuses before anything is sent.

use futures_core::future::BoxFuture;

use crate::error::Result;
use crate::layer::{Call, Layer, Reply};

/// Refuses what the provider does not support or cannot carry, before anything is sent or waited for.
/// See [`ProviderInfo::check`](crate::ProviderInfo::check).
#[derive(Clone, Copy, Debug, Default)]
pub struct Check;

impl Layer for Check {
    async fn call<'a, T: Reply>(
        &'a self,
        call: Call<'a>,
        next: impl Fn() -> BoxFuture<'a, Result<T>> + Send + Sync + 'a,
    ) -> Result<T> {
        call.info().check(&call.request())?;
        next().await
    }
}
