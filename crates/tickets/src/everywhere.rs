//! One change in several accounts at once: passes each ticket to its account. [`Tickets::apply`] does the work in one
//! account.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future as _;
use std::pin::pin;

use futures_core::Stream;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Settled};
use ticket_core::{Change, DeleteTarget, Error, Outcome, TicketId, TicketRef, Tickets};
use tokio::sync::mpsc;
use tokio::task::unconstrained;

/// How many tickets of one account may be queued while the input is read for the others.
const LOOK_AHEAD: usize = 8192;

/// Makes one change in several accounts at once, with a separate stream of tickets for each. Returns exactly one outcome
/// per ticket, with the ticket's key, in the order of completion. [`Tickets::apply`] does the work in each account and
/// describes batches, stopping and giving up. [Notices](BulkOptions::notify) name the account.
///
/// Accounts are independent: the quota or the outage of one does not delay another.
///
/// # Panics
///
/// If the stream is polled outside a tokio runtime.
pub fn apply_in_each<'a, A, K, T, S>(
    change: &Change,
    accounts: A,
    options: &BulkOptions,
) -> BoxStream<'a, Settled<K, TicketRef>>
where
    A: IntoIterator<Item = (String, Tickets, S)>,
    K: Send + 'static,
    T: Into<DeleteTarget>,
    S: Stream<Item = (K, T)> + Send + 'a,
{
    let working = accounts.into_iter().map(|(name, account, tickets)| {
        let options = options.clone().account(name.as_str());
        let settled = account.apply(change.clone(), tickets, &options);
        settled.map(
            move |Settled {
                      key, id, outcome, ..
                  }| { Settled::new(key, TicketRef::new(name.clone(), id), outcome) },
        )
    });
    stream::select_all(working).boxed()
}

/// Makes one change in several accounts at once, with one stream of tickets for all accounts. Otherwise as
/// [`apply_in_each`].
///
/// Memory is bounded: at most 8,192 tickets per account are queued. If one queue is full, the input is not read until
/// there is room, so a slow account can delay the others. Use [`apply_in_each`] to avoid that.
///
/// A ticket of an account that is not in `accounts` is `Unattempted`, with `Config`. If two accounts have the same name,
/// the last one is used.
///
/// # Panics
///
/// If the stream is polled outside a tokio runtime.
///
/// ```
/// use futures_util::{StreamExt as _, stream};
/// use tickets::{Change, TicketRef, Tickets, apply_everywhere};
/// use tickets::bulk::BulkOptions;
///
/// async fn erase(accounts: Vec<(String, Tickets)>, refs: Vec<TicketRef>) -> usize {
///     let refs = stream::iter(refs.into_iter().enumerate());
///     let work = apply_everywhere(&Change::Delete, accounts, refs, &BulkOptions::default());
///     let gone = work.filter(|settled| std::future::ready(settled.outcome.is_done()));
///     gone.count().await
/// }
/// ```
pub fn apply_everywhere<'a, A, K, S>(
    change: &Change,
    accounts: A,
    refs: S,
    options: &BulkOptions,
) -> BoxStream<'a, Settled<K, TicketRef>>
where
    A: IntoIterator<Item = (String, Tickets)>,
    K: Send + 'static,
    S: Stream<Item = (K, TicketRef)> + Send + 'a,
{
    // Boxed, so that all of this is compiled once, here, and not for each type of keys in the caller's crate.
    let refs = refs.map(|(key, ticket)| (Box::new(key) as Key, ticket));
    let settled = everywhere(
        change,
        accounts.into_iter().collect(),
        refs.boxed(),
        options,
    );
    let settled = settled.filter_map(
        |Settled {
             key, id, outcome, ..
         }| {
            // Every box was created above.
            let key = key.downcast::<K>().ok();
            std::future::ready(key.map(|key| Settled::new(*key, id, outcome)))
        },
    );
    settled.boxed()
}

/// A key of the caller, whatever its type.
type Key = Box<dyn Any + Send>;

/// [`apply_everywhere`] for keys of any type.
fn everywhere<'a>(
    change: &Change,
    accounts: Vec<(String, Tickets)>,
    refs: BoxStream<'a, (Key, TicketRef)>,
    options: &BulkOptions,
) -> BoxStream<'a, Settled<Key, TicketRef>> {
    let mut desks = HashMap::new();
    let mut queues = Vec::new();
    for (name, account) in accounts {
        let (sender, queue) = mpsc::channel::<(Key, TicketId)>(LOOK_AHEAD);
        queues.push((name.clone(), account, queued(queue)));
        desks.insert(name, sender);
    }
    // What cannot be handed to an account is answered at once. At the end of the input it is dropped, and with
    // it the accounts' channels: so they end as well.
    let refused = stream::unfold((refs, desks), |(mut refs, desks)| async move {
        loop {
            let (key, ticket) = refs.next().await?;
            let Some(desk) = desks.get(&ticket.account) else {
                let error = Error::config(format!("there is no account {:?}", ticket.account));
                let outcome = Outcome::Unattempted(error.on_ticket(&ticket.id));
                return Some((Settled::new(key, ticket, outcome), (refs, desks)));
            };
            // It fails only where the account's stream is gone, and then all of this is.
            unconstrained(desk.send((key, ticket.id))).await.ok()?;
        }
    });
    stream::select(refused.boxed(), apply_in_each(change, queues, options)).boxed()
}

/// Tokio would make a receiver pause now and then as if there were no more: batches would go out half full.
fn queued<T: Send + 'static>(mut queue: mpsc::Receiver<T>) -> impl Stream<Item = T> + Send {
    stream::poll_fn(move |cx| pin!(unconstrained(queue.recv())).poll(cx))
}
