//! Which calls make a change.

use super::called::Called;
use super::change::Change;
use super::delete::delete;
use super::notice::Tell;
use super::purge::{Purges, purge};
use super::single::change_each;
use crate::provider::context::CallContext;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;

impl Change {
    /// Makes the calls for at most one batch of distinct tickets.
    pub(super) async fn call(
        &self,
        provider: &dyn TicketProvider,
        context: &CallContext,
        targets: &[DeleteTarget],
        purges: &Purges,
        tell: Tell<'_>,
    ) -> Called {
        match self {
            Self::Delete => delete(provider, context, targets, tell).await,
            // Rare paths are boxed here and below, so that the future of a usual delete is small.
            Self::Purge => Box::pin(purge(provider, context, targets, purges, tell)).await,
            Self::Resolve | Self::Restore | Self::Update(_) | Self::Comment(_) => {
                change_each(self, provider, context, targets).await
            }
        }
    }
}
