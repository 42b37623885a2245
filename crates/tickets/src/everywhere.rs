//! Deleting in several accounts at once. The work in one account is `Tickets::delete_all`; here is only who gets
//! which ticket.

use std::collections::HashMap;
use std::future::Future as _;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};

use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use ticket_core::{BulkOptions, DeleteOutcome, Error, Settled, TicketId, Tickets};
use tokio::sync::mpsc;
use tokio::task::unconstrained;

use crate::reference::TicketRef;

/// How many tickets of an account may wait for their turn while the input is read on for the others.
const LOOK_AHEAD: usize = 8192;

/// Deletes tickets in several accounts at once, as their references arrive: exactly one outcome per reference, in
/// the order of completion, with its place in the input. In each account it is [`Tickets::delete_all`], with all
/// that is said there of batches, stopping and giving up.
///
/// The accounts are independent: neither the quota nor the outage of one holds up another. Memory is bounded: of
/// each account 8,192 tickets wait for their turn, and then the input is not read on until there is room. So
/// an account can be held up only where more than that of a slower one's tickets stand before its own; where that
/// may be, give each account a stream of its own.
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
/// use tickets::{BulkOptions, TicketRef, Tickets, delete_everywhere};
///
/// async fn erase(accounts: Vec<(String, Tickets)>, refs: Vec<TicketRef>) -> usize {
///     let outcomes = delete_everywhere(accounts, stream::iter(refs), &BulkOptions::default());
///     let gone = outcomes.filter(|settled| std::future::ready(settled.outcome.is_deleted()));
///     gone.count().await
/// }
/// ```
pub fn delete_everywhere<A, S>(
    accounts: A,
    refs: S,
    options: &BulkOptions,
) -> impl Stream<Item = Settled<DeleteOutcome, TicketRef>> + Send + Unpin + use<A, S>
where
    A: IntoIterator<Item = (String, Tickets)>,
    S: Stream<Item = TicketRef> + Send,
{
    let mut desks = HashMap::new();
    let mut working: Vec<Working> = Vec::new();
    for (name, tickets) in accounts {
        let (sender, receiver) = mpsc::channel(LOOK_AHEAD);
        working.push(work(name.clone(), &tickets, receiver, options));
        desks.insert(name, sender);
    }
    // What cannot be handed to an account is answered at once. At the end of the input it is dropped, and with
    // it the accounts' channels: so they end as well.
    let refs = Box::pin(refs.enumerate());
    let refused = stream::unfold((refs, desks), |(mut refs, desks)| async move {
        loop {
            let (index, ticket) = refs.next().await?;
            let Some(desk) = desks.get(&ticket.account) else {
                let error = Error::config(format!("there is no account {:?}", ticket.account));
                let outcome = DeleteOutcome::Unattempted(error.on_ticket(&ticket.id));
                return Some((Settled::new(index, ticket, outcome), (refs, desks)));
            };
            // It fails only where the account's stream is gone, and then all of this is.
            unconstrained(desk.send((index, ticket.id))).await.ok()?;
        }
    });
    stream::select(Box::pin(refused), stream::select_all(working))
}

type Working = Pin<Box<dyn Stream<Item = Settled<DeleteOutcome, TicketRef>> + Send>>;

/// The work in one account.
fn work(
    name: String,
    tickets: &Tickets,
    mut receiver: mpsc::Receiver<(usize, TicketId)>,
    options: &BulkOptions,
) -> Working {
    // The account counts its own tickets; these are their places in the whole input.
    let places = Arc::new(Mutex::new(HashMap::new()));
    let noted = Arc::clone(&places);
    // Tokio would make it pause now and then as if there were no more: batches would go out half full.
    let ids = stream::poll_fn(move |cx| pin!(unconstrained(receiver.recv())).poll(cx));
    let ids = ids.enumerate().map(move |(own, (index, id))| {
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.insert(own, index);
        id
    });
    let settled = tickets.delete_all(ids, options);
    let located = settled.map(move |settled| {
        let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
        let index = places.remove(&settled.index).unwrap_or(settled.index);
        let ticket = TicketRef::new(name.clone(), settled.id);
        Settled::new(index, ticket, settled.outcome)
    });
    located.boxed()
}
