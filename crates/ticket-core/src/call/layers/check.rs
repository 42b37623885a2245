//! `Check`: rejects invalid requests before anything is sent, and answers about another ticket.

use crate::call::layer::{Call, Layer, Next, Reply};
use crate::provider::error::{Error, Result};
use crate::provider::operation::Request;

/// Rejects operations and fields that the provider does not support, before anything is sent or waited for:
/// see [`ProviderInfo::check`](crate::ProviderInfo::check). Rejects a reply to a `get` about another ticket than
/// the one that was asked for with `Conflict`, naming both.
#[derive(Clone, Copy, Debug, Default)]
pub struct Check {
    read_only: bool,
}

impl Check {
    /// Sets whether every write is rejected, with `Config`. Default: no.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }
}

impl Layer for Check {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        if self.read_only && call.operation().is_write() {
            return Err(Error::read_only().in_operation(&call.info().id, call.operation()));
        }
        call.info().check(&call.request())?;
        let reply = next.call(call).await?;
        if let (Request::Get(asked), Some(answered)) = (call.request(), reply.ticket()) {
            let same = call.info().check_same(asked, answered);
            same.map_err(|error| error.in_operation(&call.info().id, call.operation()))?;
        }
        Ok(reply)
    }
}
