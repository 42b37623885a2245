//! The same change made to many tickets of one account: batches, several calls at once, one outcome for every single
//! ticket, whatever happens. Not for several accounts: those are independent of each other.

pub(crate) mod change;
mod engine;
pub(crate) mod paging;
mod run;

use std::any::Any;
use std::collections::HashSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use self::change::Change;
use self::engine::{Asked, Engine};
use crate::model::ticket::TicketId;
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::outcome::Outcome;
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
    /// How many calls are made at once, as far as the account's quotas allow. Unless set, the
    /// [account's own number](crate::StackOptions::concurrency); where it has none, 4 at a provider that documents how
    /// many calls it allows in a time, and 32 at one that does not.
    pub concurrency: Option<NonZeroUsize>,
    /// After so many calls in a row that failed because the vendor was out of reach, retries included, the
    /// rest is not tried: 5 unless changed.
    pub give_up_after: NonZeroU32,
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            concurrency: None,
            give_up_after: NonZeroU32::MIN.saturating_add(4),
        }
    }
}

impl BulkOptions {
    /// Sets how many calls are made at once.
    #[must_use]
    pub fn concurrency(mut self, calls: NonZeroUsize) -> Self {
        self.concurrency = Some(calls);
        self
    }

    /// Sets after how many failed calls in a row the rest is not tried.
    #[must_use]
    pub fn give_up_after(mut self, calls: NonZeroU32) -> Self {
        self.give_up_after = calls;
        self
    }
}

/// Calls at once where the provider documents how many it allows in a time. They fill a documented window also where
/// an answer takes most of a second, and few are in doubt when the work is broken off.
const WITHIN_WINDOWS: usize = 4;

/// Calls at once where it documents nothing: then they alone decide how long the work takes.
const WITHOUT_WINDOWS: usize = 32;

/// How many calls of this change are made at once where nobody names a number.
fn usual_concurrency(info: &ProviderInfo, change: &Change) -> NonZeroUsize {
    let limits = info.limits.iter();
    let covering = limits.filter(|limit| limit.covers(change.operation()));
    let calls = if covering.clone().all(|limit| limit.windows.is_empty()) {
        WITHOUT_WINDOWS
    } else {
        WITHIN_WINDOWS
    };
    let calls = NonZeroUsize::MIN.saturating_add(calls - 1);
    let most = covering.filter_map(|limit| limit.max_concurrent).min();
    most.map_or(calls, |most| most.min(calls))
}

/// What became of one of many tickets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settled<K, I = TicketId> {
    /// What the caller gave along with the ticket, such as its place in a list.
    pub key: K,
    /// The ticket.
    pub id: I,
    /// What became of it.
    pub outcome: Outcome,
}

impl<K, I> Settled<K, I> {
    /// The ticket `id`, to which the caller gave this key, came to this.
    pub const fn new(key: K, id: I, outcome: Outcome) -> Self {
        Self { key, id, outcome }
    }
}

/// Makes the change to all tickets as they arrive: a stream of what became of them, in the order of completion.
pub(crate) fn run<'a, K, T, S>(
    provider: Arc<dyn TicketProvider>,
    context: CallContext,
    change: Change,
    tickets: S,
    options: &BulkOptions,
) -> BoxStream<'a, Settled<K>>
where
    K: Send + 'static,
    T: Into<DeleteTarget>,
    S: Stream<Item = (K, T)> + Send + 'a,
{
    // Keys are boxed on their way, so that the engine is compiled once, not for each type of key.
    let tickets = tickets.map(|(key, target)| Asked {
        key: Box::new(key) as Box<dyn Any + Send>,
        target: target.into(),
    });
    let engine = Engine::new(provider, context, change, options);
    let settled = engine.run(tickets.boxed());
    let settled = settled.filter_map(|Settled { key, id, outcome }| {
        // Every box is one of those above.
        let key = key.downcast::<K>().ok();
        std::future::ready(key.map(|key| Settled::new(*key, id, outcome)))
    });
    settled.boxed()
}

/// Deletes different tickets that fit into one call, in the caller's own task: what became of each. Only what such a call
/// leaves open goes to the engine, whose task and channels cost a delete of one ticket 15 % more instructions.
pub(crate) async fn delete_at_once(
    provider: Arc<dyn TicketProvider>,
    context: CallContext,
    targets: Vec<DeleteTarget>,
) -> Vec<(TicketId, Outcome)> {
    let result = Change::Delete.call(&*provider, &context, &targets).await;
    match result {
        Ok(outcomes) if is_about(&outcomes, &targets) => outcomes,
        result => {
            let options = BulkOptions::default();
            let mut engine = Engine::new(provider, context, Change::Delete, &options);
            let asked = targets.into_iter().map(|target| Asked {
                key: Box::new(()),
                target,
            });
            engine.on_reply(asked.collect(), result);
            let settled = engine.run(futures_util::stream::empty().boxed());
            settled
                .map(|settled| (settled.id, settled.outcome))
                .collect()
                .await
        }
    }
}

/// Whether these are the outcomes of these tickets, in their order.
pub(crate) fn is_about(outcomes: &[(TicketId, Outcome)], targets: &[DeleteTarget]) -> bool {
    let ids = outcomes.iter().map(|(id, _)| id);
    ids.eq(targets.iter().map(|target| &target.id))
}

/// Each ticket once, in the order of its first appearance.
pub(crate) fn distinct<'a>(targets: impl Iterator<Item = &'a DeleteTarget>) -> Vec<DeleteTarget> {
    let mut targets: Vec<_> = targets.cloned().collect();
    // Most lists are sorted by length and text, as numbers are: then none comes twice, and no table is needed.
    let order = |target: &DeleteTarget| target.id.as_str().len();
    let is_before =
        |one: &DeleteTarget, next: &DeleteTarget| (order(one), &one.id) < (order(next), &next.id);
    if !targets.is_sorted_by(is_before) {
        let mut seen = HashSet::with_capacity(targets.len());
        targets.retain(|target| seen.insert(target.id.clone()));
    }
    targets
}
