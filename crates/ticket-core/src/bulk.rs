//! The same thing done to many tickets of one account: batches, several on their way at once, one outcome for
//! every single id, whatever happens. Not for several accounts: those are independent of each other.

pub(crate) mod paging;
pub(crate) mod resolve;
mod work;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

pub(crate) use self::work::{distinct, run, run_here};
use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;

use crate::bulk::resolve::ResolveOutcome;
use crate::model::ticket::{Status, TicketId};
use crate::provider::context::CallContext;
use crate::provider::delete::{DeleteOutcome, DeleteTarget};
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::operation::Operation;
use crate::provider::ticket_provider::TicketProvider;

/// Concurrency of bulk changes, and when they give up. A deadline and a stop are in the handle's
/// [context](crate::Tickets::with).
///
/// ```
/// use std::num::NonZeroUsize;
/// use ticket_core::BulkOptions;
///
/// let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BulkOptions {
    /// How many calls are made at once, as far as the account's quotas allow: 4 unless changed.
    pub concurrency: NonZeroUsize,
    /// After so many calls in a row that failed because the vendor was out of reach, retries included, the
    /// rest is not tried: 5 unless changed.
    pub give_up_after: NonZeroU32,
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            concurrency: NonZeroUsize::MIN.saturating_add(3),
            give_up_after: NonZeroU32::MIN.saturating_add(4),
        }
    }
}

impl BulkOptions {
    /// Sets how many calls are made at once.
    #[must_use]
    pub fn concurrency(mut self, calls: NonZeroUsize) -> Self {
        self.concurrency = calls;
        self
    }

    /// Sets after how many failed calls in a row the rest is not tried.
    #[must_use]
    pub fn give_up_after(mut self, calls: NonZeroU32) -> Self {
        self.give_up_after = calls;
        self
    }
}

/// What became of one of many tickets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settled<O, I = TicketId> {
    /// Its place in the input, from 0.
    pub index: usize,
    /// The ticket.
    pub id: I,
    /// What became of it.
    pub outcome: O,
}

impl<O, I> Settled<O, I> {
    /// The ticket `id`, which had this place in the input, came to this.
    pub const fn new(index: usize, id: I, outcome: O) -> Self {
        Self { index, id, outcome }
    }
}

/// What is done to the tickets.
pub(crate) trait Deed: Send + 'static {
    /// What can become of a ticket.
    type Outcome: Outcome;
    const OPERATION: Operation;

    /// How many tickets one call may name; at least one.
    fn max_batch(provider: &dyn TicketProvider) -> usize;

    /// One call, about at most so many different tickets.
    fn call(
        provider: Arc<dyn TicketProvider>,
        context: CallContext,
        ids: Vec<TicketId>,
    ) -> BoxFuture<'static, Landing<Self::Outcome>>;
}

/// What came of a call: what the provider says of each ticket, in the order asked.
pub(crate) type Landing<O> = Result<Vec<(TicketId, O)>>;

/// What can become of a ticket, as far as it can be told without asking the vendor.
pub(crate) trait Outcome: Clone + Send + 'static {
    /// A call about it, or about a whole batch, failed.
    fn from_error(error: Error) -> Self;
    /// It was never tried.
    fn unattempted(error: Error) -> Self;
}

impl Outcome for DeleteOutcome {
    fn from_error(error: Error) -> Self {
        Self::from_error(error)
    }

    fn unattempted(error: Error) -> Self {
        Self::Unattempted(error)
    }
}

impl Outcome for ResolveOutcome {
    fn from_error(error: Error) -> Self {
        Self::from_result(Err(error))
    }

    fn unattempted(error: Error) -> Self {
        Self::Unattempted(error)
    }
}

/// Removes tickets.
pub(crate) enum Delete {}

impl Deed for Delete {
    type Outcome = DeleteOutcome;
    const OPERATION: Operation = Operation::Delete;

    fn max_batch(provider: &dyn TicketProvider) -> usize {
        // Where deleting is unsupported, each ticket is told so.
        provider.info().capabilities.max_delete_batch().max(1)
    }

    fn call(
        provider: Arc<dyn TicketProvider>,
        context: CallContext,
        ids: Vec<TicketId>,
    ) -> BoxFuture<'static, Landing<DeleteOutcome>> {
        async move {
            let targets: Vec<_> = ids.into_iter().map(DeleteTarget::from).collect();
            let mut outcomes = provider.delete(&context, &targets).await?.into_outcomes();
            for (id, outcome) in &mut outcomes {
                if matches!(outcome, DeleteOutcome::Unknown(_)) {
                    look_after(&*provider, &context, id, outcome).await;
                }
            }
            Ok(outcomes)
        }
        .boxed()
    }
}

/// Asks for a ticket that a repeated delete did not find, where that does not prove that it is gone.
async fn look_after(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    outcome: &mut DeleteOutcome,
) {
    let error = match outcome {
        DeleteOutcome::Unknown(error) if error.kind() == ErrorKind::NotFound => error,
        _ => return,
    };
    if !provider.info().capabilities.supports(Operation::Get) {
        return;
    }
    match provider.get(context, id).await {
        Ok(_) => {
            *outcome = DeleteOutcome::Failed(
                error.because("the ticket is there, but a delete does not find it"),
            );
        }
        Err(seen) if seen.kind() == ErrorKind::NotFound => *outcome = DeleteOutcome::AlreadyGone,
        Err(_) => {}
    }
}

/// Marks tickets as solved, one call each.
pub(crate) enum Resolve {}

impl Deed for Resolve {
    type Outcome = ResolveOutcome;
    const OPERATION: Operation = Operation::Resolve;

    fn max_batch(_provider: &dyn TicketProvider) -> usize {
        1
    }

    fn call(
        provider: Arc<dyn TicketProvider>,
        context: CallContext,
        ids: Vec<TicketId>,
    ) -> BoxFuture<'static, Landing<ResolveOutcome>> {
        async move {
            let mut outcomes = Vec::with_capacity(ids.len());
            for id in ids {
                let outcome = match provider.resolve(&context, &id).await {
                    Ok(()) => ResolveOutcome::Resolved,
                    Err(error) => look_whether_resolved(&*provider, &context, &id, error).await?,
                };
                outcomes.push((id, outcome));
            }
            Ok(outcomes)
        }
        .boxed()
    }
}

/// Asks for a ticket that a repeated attempt did not find: some vendors do not find what is closed.
async fn look_whether_resolved(
    provider: &dyn TicketProvider,
    context: &CallContext,
    id: &TicketId,
    error: Error,
) -> Result<ResolveOutcome> {
    let is_repeat = (error.kind(), error.effect()) == (ErrorKind::NotFound, Effect::Unknown);
    if !is_repeat || !provider.info().capabilities.supports(Operation::Get) {
        return Err(error);
    }
    match provider.get(context, id).await.map(|ticket| ticket.status) {
        Ok(Some(Status::Resolved | Status::Closed)) => Ok(ResolveOutcome::Resolved),
        _ => Err(error),
    }
}
