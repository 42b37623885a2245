//! Applies one change to many tickets of one account: in batches, with concurrent calls, and with exactly one
//! outcome per ticket. Accounts are independent of each other, so this module handles only one.

mod accepted;
mod asked;
mod called;
mod calls;
pub(crate) mod change;
mod change_details;
mod delete;
mod engine;
mod look;
mod notice;
mod options;
pub(crate) mod paging;
mod pause;
mod purge;
mod reported;
mod run;
mod second_look;
mod settle;
mod settled;
mod single;
mod split;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};

pub use self::notice::Notice;
pub use self::options::BulkOptions;
pub use self::settled::Settled;

pub(crate) use self::asked::distinct;
pub(crate) use self::look::control;
pub(crate) use self::options::usual_concurrency;

use self::asked::Asked;
use self::called::{Called, Contact};
use self::change::Change;
use self::engine::Engine;
use crate::model::ticket::TicketId;
use crate::provider::context::CallContext;
use crate::provider::outcome::Outcome;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;

/// Applies the change to the tickets as they arrive. Returns a stream of their outcomes, in the order of
/// completion.
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
    // Keys are boxed so that the engine is compiled once, not for each key type.
    let tickets = tickets.map(|(key, target)| Asked::new(Box::new(key), target.into()));
    let engine = Engine::new(provider, context, change, options);
    let settled = engine.run(tickets.boxed());
    let settled = settled.filter_map(|Settled { key, id, outcome }| {
        // Every box was created above.
        let key = key.downcast::<K>().ok();
        std::future::ready(key.map(|key| Settled::new(*key, id, outcome)))
    });
    settled.boxed()
}

/// Deletes distinct tickets. Returns their outcomes, in the order of completion, and the tickets that the vendor deleted
/// although nobody asked for them.
///
/// Tickets that fit into one call are deleted in the caller's task. The engine handles only those that this call leaves
/// open, and only it needs the options: its task and channels cost 15 % more instructions for a delete of one ticket.
pub(crate) async fn delete(
    provider: Arc<dyn TicketProvider>,
    context: CallContext,
    targets: Vec<DeleteTarget>,
    may_write: bool,
    options: impl FnOnce() -> BulkOptions,
) -> (Vec<(TicketId, Outcome)>, Vec<TicketId>) {
    let unasked = Mutex::new(Vec::new());
    let fits = (1..=Change::Delete.max_batch(provider.info())).contains(&targets.len());
    let mut first = None;
    if fits && may_write && context.stop.is_none() && context.ended().is_none() {
        let add = |notice: &Notice| {
            if let Notice::Unasked(tickets) = notice {
                locked(&unasked).extend(tickets.iter().cloned());
            }
        };
        match delete::delete(&*provider, &context, &targets, &add).await {
            Called {
                result: Ok(outcomes),
                contact: Contact::Vendor,
                open: None,
                ..
            } if is_about(&outcomes, targets.iter().map(|target| &target.id))
                && !has_unknown(&outcomes) =>
            {
                return (outcomes, std::mem::take(&mut *locked(&unasked)));
            }
            called => first = Some(called),
        }
    }
    let mut options = options();
    if first.is_some() {
        options.give_up_after = Duration::ZERO;
    }
    // Boxed to keep the future small: most deletes end before it.
    Box::pin(delete_by_engine(
        provider, context, targets, first, options, unasked,
    ))
    .await
}

/// Deletes the tickets by the engine, which begins with the result of a call about all of them if there was one.
async fn delete_by_engine(
    provider: Arc<dyn TicketProvider>,
    context: CallContext,
    targets: Vec<DeleteTarget>,
    first: Option<Called>,
    options: BulkOptions,
    unasked: Mutex<Vec<TicketId>>,
) -> (Vec<(TicketId, Outcome)>, Vec<TicketId>) {
    let unasked = Arc::new(unasked);
    let told = Arc::clone(&unasked);
    let options = options.notify(move |_, notice| {
        if let Notice::Unasked(tickets) = notice {
            locked(&told).extend(tickets.iter().cloned());
        }
    });
    let mut engine = Engine::new(provider, context, Change::Delete, &options);
    let targets = targets.into_iter();
    let mut asked: Vec<_> = targets
        .map(|target| Asked::new(Box::new(()), target))
        .collect();
    if let Some(called) = first {
        engine.on_reply(std::mem::take(&mut asked).into(), called);
    }
    let settled = engine.run(stream::iter(asked).boxed());
    let outcomes = settled.map(|settled| (settled.id, settled.outcome));
    let outcomes = outcomes.collect().await;
    (outcomes, std::mem::take(&mut *locked(&unasked)))
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn has_unknown(outcomes: &[(TicketId, Outcome)]) -> bool {
    let mut outcomes = outcomes.iter();
    outcomes.any(|(_, outcome)| matches!(outcome, Outcome::Unknown(_)))
}

/// Whether these are the outcomes of these tickets, in the same order.
pub(crate) fn is_about<'a>(
    outcomes: &[(TicketId, Outcome)],
    tickets: impl Iterator<Item = &'a TicketId>,
) -> bool {
    outcomes.iter().map(|(id, _)| id).eq(tickets)
}
