//! The outcome of one ticket of a bulk change.

use crate::model::ticket::TicketId;
use crate::provider::outcome::Outcome;

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
