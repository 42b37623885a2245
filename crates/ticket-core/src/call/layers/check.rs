//! `Check`: rejects invalid requests before anything is sent.

use crate::call::layer::{Call, Layer, Next, Reply};
use crate::provider::error::Result;

/// Rejects operations and fields that the provider does not support, before anything is sent or waited for.
/// See [`ProviderInfo::check`](crate::ProviderInfo::check).
#[derive(Clone, Copy, Debug, Default)]
pub struct Check;

impl Layer for Check {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        call.info().check(&call.request())?;
        next.call(call).await
    }
}
