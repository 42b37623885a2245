//! What goes over the wire, exactly as the vendor prints it.
//!
//! To be done: all of it is inferred. Name the vendor's pages here.

use std::fmt;

use serde::Deserialize;
use ticket_http::WireId;

/// A ticket as `GET /tickets/{id}` answers. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket's id. The only key that a ticket must have.
    pub id: WireId,
    /// The subject line.
    pub subject: Option<String>,
    /// The text.
    pub description: Option<String>,
    /// `open` or `closed`.
    pub status: Option<String>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The body of an error.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    pub(crate) message: String,
}
