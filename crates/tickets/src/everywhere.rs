//! One change in several accounts at once. The work in one account is [`Tickets::apply`]; here is only who gets which
//! ticket.

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

/// How many tickets of an account may wait for their turn while the input is read on for the others.
const LOOK_AHEAD: usize = 8192;

/// Makes one change in several accounts at once, each with tickets of its own: exactly one outcome per ticket, in the
/// order of completion, with the key that came along with the ticket. In each account it is [`Tickets::apply`], with
/// all that is said there of batches, stopping and giving up. [Notices](BulkOptions::notify) name the account.
///
/// The accounts are independent: neither the quota nor the outage of one holds up another.
///
/// # Panics
///
/// Outside a tokio runtime, when the stream is read.
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

/// Makes one change in several accounts at once, as the tickets' references arrive: [`apply_in_each`] for tickets that
/// come mixed.
///
/// Memory is bounded: of each account 8,192 tickets wait for their turn, and then the input is not read on until there
/// is room. So an account can be held up only where more than that of a slower one's tickets stand before its own;
/// where that may be, use [`apply_in_each`].
///
/// A ticket of an account that is not among `accounts` is `Unattempted`, with `Config`. Of two accounts with one name
/// the last is used.
///
/// # Panics
///
/// Outside a tokio runtime, when the stream is read.
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
    let mut desks = HashMap::new();
    let mut queues = Vec::new();
    for (name, account) in accounts {
        let (sender, queue) = mpsc::channel::<(K, TicketId)>(LOOK_AHEAD);
        queues.push((name.clone(), account, queued(queue)));
        desks.insert(name, sender);
    }
    // What cannot be handed to an account is answered at once. At the end of the input it is dropped, and with
    // it the accounts' channels: so they end as well.
    let refused = stream::unfold((Box::pin(refs), desks), |(mut refs, desks)| async move {
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
