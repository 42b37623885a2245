//! What goes over the wire, exactly as the vendor prints it.
//!
//! From the vendor's page `api.html`.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use ticket_http::{Reply, WireId, debug_fields};

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

debug_fields!(Ticket { id });

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct TicketPage {
    /// The tickets, each as the vendor sent it; `None` for a row that cannot be read or has no id.
    #[serde(deserialize_with = "rows")]
    pub tickets: Vec<Option<Reply<Ticket>>>,
    /// What to ask for the next page with; null on the last one. A reply that says nothing of it is no last page:
    /// serde would take it for one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub next: Option<String>,
}

/// One odd row costs itself only: each is read from its own text.
fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Option<Reply<Ticket>>>, D::Error> {
    let rows = Vec::<Box<RawValue>>::deserialize(from)?.into_iter();
    Ok(rows
        .map(|row| serde_json::from_str(row.get()).ok())
        .collect())
}

/// The body of an error.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    pub(crate) message: String,
}
