//! Applies one change to many tickets of one account: in batches, with concurrent calls, and with exactly one
//! outcome per ticket. Accounts are independent of each other, so this module handles only one.

mod accepted;
mod called;
pub(crate) mod change;
mod change_details;
mod delete;
mod engine;
mod look;
pub(crate) mod paging;
mod pause;
mod purge;
mod run;
mod second_look;
mod settle;
mod single;
mod split;

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use self::called::{Called, Contact};
use self::change::Change;
use self::engine::{Asked, Engine};
pub(crate) use self::look::control;
use crate::model::ticket::TicketId;
use crate::provider::capability::ProviderInfo;
use crate::provider::concurrency::Concurrency;
use crate::provider::context::CallContext;
use crate::provider::error::Error;
use crate::provider::operation::Operation;
use crate::provider::outcome::Outcome;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;
use crate::provider::vendor_job::VendorJob;

/// Concurrency and early termination of bulk changes. The deadline and the stop are in the handle's
/// [context](crate::Tickets::with).
///
/// ```
/// use std::num::NonZeroUsize;
/// use ticket_core::bulk::BulkOptions;
///
/// let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BulkOptions {
    /// Concurrent calls, within the account's quotas. Default: the [account's
    /// setting](crate::call::StackOptions::concurrency).
    pub concurrency: Option<Concurrency>,
    /// How long the change goes on without one success while the vendor is unreachable. It pauses between calls, 1 to
    /// 60 seconds, and makes one at a time. After this time, the remaining tickets are `Unattempted`. Default 15
    /// minutes; before the first success at most one minute. Zero: a call that fails is not made again, and five failed calls in a row end the change.
    pub give_up_after: Duration,
    /// Whether nothing is changed: each ticket is only read, to learn what an [earlier
    /// attempt](CallContext::earlier_attempt) came to.
    pub only_look: bool,
    /// The account's name in notices. Default: the provider's id.
    pub account: Option<Arc<str>>,
    /// Called with what happens beside the outcomes.
    notify: Option<Notify>,
    /// Why nothing may be changed at all. Looks are made.
    refused: Option<Error>,
    /// How many calls may be in flight now, if that adapts.
    room: Option<Room>,
}

type Listener = dyn Fn(&str, &Notice) + Send + Sync;

#[derive(Clone)]
struct Notify(Arc<Listener>);

#[derive(Clone)]
struct Room(Arc<dyn Fn() -> Option<usize> + Send + Sync>);

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Room")
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notify")
    }
}

/// What happens during a bulk change beside the outcomes of its tickets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// Nothing is sent until `until`, because of this error.
    Paused {
        /// Why.
        error: Error,
        /// When the next call is made.
        until: Instant,
    },
    /// The vendor answers again after a pause.
    Resumed,
    /// Only tickets of unknown outcome are left, and they are looked at again at `until`.
    Looking {
        /// How many.
        tickets: usize,
        /// When.
        until: Instant,
    },
    /// The vendor accepted the change of these tickets and has not carried it out yet; it is asked again at `until`.
    Accepted {
        /// The vendor's work.
        job: VendorJob,
        /// How many tickets.
        tickets: usize,
        /// When.
        until: Instant,
    },
    /// The vendor says that it changed these tickets, which nobody asked for.
    Unasked(Vec<TicketId>),
    /// The change ends early, for this reason: what follows of its tickets is what is known by now. Not after a stop or a
    /// deadline, of which the caller knows.
    Ended(Error),
}

/// Tells the caller what happens beside the outcomes.
struct Teller {
    account: Arc<str>,
    notify: Option<Notify>,
}

impl Teller {
    fn tell(&self, notice: &Notice) {
        if let Some(Notify(notify)) = &self.notify {
            notify(&self.account, notice);
        }
    }
}

/// Takes what happens during the calls for one batch.
type Tell<'a> = &'a (dyn Fn(&Notice) + Sync);

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            concurrency: None,
            give_up_after: Duration::from_secs(15 * 60),
            only_look: false,
            account: None,
            notify: None,
            refused: None,
            room: None,
        }
    }
}

impl BulkOptions {
    /// Sets how many calls are made concurrently.
    #[must_use]
    pub fn concurrency(mut self, calls: impl Into<Concurrency>) -> Self {
        self.concurrency = Some(calls.into());
        self
    }

    /// Sets how long the change goes on without one success.
    #[must_use]
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }

    /// Changes nothing, and only looks at what an earlier attempt came to.
    #[must_use]
    pub fn only_look(mut self) -> Self {
        self.only_look = true;
        self
    }

    /// Sets the account's name in notices.
    #[must_use]
    pub fn account(mut self, name: impl Into<Arc<str>>) -> Self {
        self.account = Some(name.into());
        self
    }

    /// Attempts no ticket, for this reason if there is one.
    pub(crate) fn refused(mut self, reason: Option<Error>) -> Self {
        self.refused = reason;
        self
    }

    /// Makes at most as many calls at once as this says, whenever one could be made.
    pub(crate) fn room(mut self, room: impl Fn() -> Option<usize> + Send + Sync + 'static) -> Self {
        self.room = Some(Room(Arc::new(room)));
        self
    }

    /// Calls `notify` with the account's name and what happens beside the outcomes, after those that were set before. It
    /// must not block. Unasked tickets are told as soon as the vendor's reply is read, from the task of the call.
    #[must_use]
    pub fn notify(mut self, notify: impl Fn(&str, &Notice) + Send + Sync + 'static) -> Self {
        self.notify = Some(Notify(match self.notify.take() {
            Some(Notify(first)) => Arc::new(move |account: &str, notice: &Notice| {
                first(account, notice);
                notify(account, notice);
            }),
            None => Arc::new(notify),
        }));
        self
    }
}

impl BulkOptions {
    /// Tells the listener what happens beside the outcomes, for work around a bulk change: a pause before it, for instance.
    pub fn tell(&self, notice: &Notice) {
        if let Some(Notify(notify)) = &self.notify {
            notify(self.account.as_deref().unwrap_or_default(), notice);
        }
    }
}

/// Concurrent calls if the provider documents a quota. Four fill a documented window even if a reply takes
/// most of a second, and few outcomes are unknown when the change is aborted.
const WITHIN_WINDOWS: usize = 4;

/// The most concurrent calls if the provider documents no quota: then concurrency alone limits the speed.
const WITHOUT_WINDOWS: usize = 32;

/// The default concurrency of this operation.
pub(crate) fn usual_concurrency(info: &ProviderInfo, operation: Operation) -> NonZeroUsize {
    let limits = info.limits.iter();
    let covering = limits.filter(|limit| limit.covers(operation));
    let calls = if covering.clone().all(|limit| limit.windows.is_empty()) {
        WITHOUT_WINDOWS
    } else {
        WITHIN_WINDOWS
    };
    let calls = NonZeroUsize::MIN.saturating_add(calls - 1);
    let most = covering.filter_map(|limit| limit.max_concurrent).min();
    let most = most.into_iter().chain(most_accepted(info, operation)).min();
    most.map_or(calls, |most| most.min(calls))
}

/// How much work the vendor accepts at once, if it limits that.
fn most_accepted(info: &ProviderInfo, operation: Operation) -> Option<NonZeroUsize> {
    let covering = info.limits.iter();
    let covering = covering.filter(|limit| limit.covers(operation));
    covering.filter_map(|limit| limit.max_accepted).min()
}

/// The outcome of one ticket of a bulk change.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settled<K, I = TicketId> {
    /// The caller's key of the ticket, such as its index in a list.
    pub key: K,
    /// The ticket.
    pub id: I,
    /// The outcome of the change.
    pub outcome: Outcome,
}

impl<K, I> Settled<K, I> {
    /// Creates the outcome of the ticket `id` with the caller's key.
    pub const fn new(key: K, id: I, outcome: Outcome) -> Self {
        Self { key, id, outcome }
    }
}

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
/// open: its task and channels cost 15 % more instructions for a delete of one ticket.
pub(crate) async fn delete(
    provider: Arc<dyn TicketProvider>,
    context: CallContext,
    targets: Vec<DeleteTarget>,
    mut options: BulkOptions,
) -> (Vec<(TicketId, Outcome)>, Vec<TicketId>) {
    let unasked = Mutex::new(Vec::new());
    let fits = (1..=Change::Delete.max_batch(provider.info())).contains(&targets.len());
    let mut first = None;
    let may_call = options.refused.is_none() && context.stop.is_none();
    if fits && may_call && context.ended().is_none() {
        let add = |notice: &Notice| {
            if let Notice::Unasked(tickets) = notice {
                locked(&unasked).extend(tickets.iter().cloned());
            }
        };
        let called = Change::Delete
            .call(&*provider, &context, &targets, false, &add)
            .await;
        match called {
            Called {
                result: Ok(outcomes),
                contact: Contact::Vendor,
                open: None,
                ..
            } if is_about(&outcomes, &targets) && !has_unknown(&outcomes) => {
                return (outcomes, std::mem::take(&mut *locked(&unasked)));
            }
            called => first = Some(called),
        }
        options.give_up_after = Duration::ZERO;
    }
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
pub(crate) fn is_about(outcomes: &[(TicketId, Outcome)], targets: &[DeleteTarget]) -> bool {
    let ids = outcomes.iter().map(|(id, _)| id);
    ids.eq(targets.iter().map(|target| &target.id))
}

/// Returns each ticket once, in the order of first appearance.
pub(crate) fn distinct<'a>(targets: impl Iterator<Item = &'a DeleteTarget>) -> Vec<DeleteTarget> {
    let mut targets: Vec<_> = targets.cloned().collect();
    // Most lists are sorted by length and text, as numbers are. A sorted list has no duplicates and needs no
    // table.
    let order = |target: &DeleteTarget| target.id.as_str().len();
    let is_before =
        |one: &DeleteTarget, next: &DeleteTarget| (order(one), &one.id) < (order(next), &next.id);
    if !targets.is_sorted_by(is_before) {
        let mut seen = HashSet::with_capacity(targets.len());
        targets.retain(|target| seen.insert(target.id.clone()));
    }
    targets
}
