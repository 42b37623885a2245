//! The work in the caller's own task, one call after the other: for tickets that one call may name.

use std::sync::Arc;

use super::{Asked, Work, begin};
use crate::bulk::{BulkOptions, Deed, Landing};
use crate::model::ticket::TicketId;
use crate::provider::check::check_id;
use crate::provider::context::CallContext;
use crate::provider::ticket_provider::TicketProvider;

/// Does it to these tickets, each given once and no more than one call may name, in the caller's own task: what became
/// of each, in the order asked.
pub(crate) async fn run_here<D: Deed>(
    provider: Arc<dyn TicketProvider>,
    context: CallContext,
    ids: Vec<TicketId>,
) -> Vec<(TicketId, D::Outcome)> {
    if ids.is_empty() {
        return Vec::new();
    }
    let first = if ids.iter().all(|id| check_id(id).is_ok()) {
        // The usual case: nothing to leave out, and mostly nothing to put right.
        let call = begin::<D>(&provider, ids.clone(), context.clone(), Arc::default());
        match call.await {
            Ok(outcomes) if outcomes.iter().map(|(id, _)| id).eq(&ids) => return outcomes,
            landing => Some(landing),
        }
    } else {
        None
    };
    Box::pin(Work::<D>::new(provider, context, BulkOptions::default()).finish_here(ids, first))
        .await
}

impl<D: Deed> Work<D> {
    /// Does it to these tickets, one call after the other; `landing` is what came of a first one.
    async fn finish_here(
        mut self,
        ids: Vec<TicketId>,
        landing: Option<Landing<D::Outcome>>,
    ) -> Vec<(TicketId, D::Outcome)> {
        let asked = ids.into_iter().enumerate();
        let asked = asked.map(|(index, id)| Asked { index, id }).collect();
        match landing {
            Some(landing) => self.land(asked, landing),
            None => self.halves.push_back(asked),
        }
        self.leave_untried();
        while let Some(asked) = self.halves.pop_front() {
            let (asked, ids) = self.sendable(asked);
            if !ids.is_empty() {
                let landing =
                    begin::<D>(&self.provider, ids, self.context.clone(), Arc::default()).await;
                self.land(asked, landing);
            }
            self.leave_untried();
        }
        let mut settled = Vec::from(self.settled);
        settled.sort_unstable_by_key(|settled| settled.index);
        let settled = settled.into_iter();
        settled
            .map(|settled| (settled.id, settled.outcome))
            .collect()
    }
}
