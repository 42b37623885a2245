//! What goes over the wire, exactly as Roundup prints it (observed).

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use ticket_http::{Reply, WireId, debug_fields};

/// What every success is in.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<T> {
    pub(crate) data: T,
}

/// An issue as a list has it. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// The issue's id. The only key that an issue must have.
    pub id: WireId,
    /// The title; null where the issue was created without one.
    pub title: Option<String>,
    /// The status, by the tracker's own names.
    pub status: Option<Named>,
    /// The priority, by the tracker's own names.
    pub priority: Option<Named>,
}

debug_fields!(Issue { id });

/// A link to an item that has a name.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Named {
    /// The name.
    pub name: String,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct IssuePage {
    /// The issues, each as it was sent; `None` for a row that cannot be read or has no id.
    #[serde(deserialize_with = "rows")]
    pub collection: Vec<Option<Reply<Issue>>>,
    /// How many issues there are. Not true past the end of the list.
    #[serde(rename = "@total_size")]
    pub total_size: Option<u64>,
    #[serde(rename = "@links")]
    pub(crate) links: Option<Links>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Links {
    pub(crate) next: Option<serde::de::IgnoredAny>,
}

/// One odd row costs itself only: each is read from its own text.
fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Option<Reply<Issue>>>, D::Error> {
    let rows = Vec::<Box<RawValue>>::deserialize(from)?.into_iter();
    Ok(rows
        .map(|row| serde_json::from_str(row.get()).ok())
        .collect())
}

/// The id in the reply to a create or a change: always a text, so that a number is not taken for one.
#[derive(Debug, Deserialize)]
pub(crate) struct Changed {
    pub(crate) id: String,
}

/// The word in the reply to a retirement.
#[derive(Debug, Deserialize)]
pub(crate) struct Retired {
    pub(crate) status: String,
}

/// The body of an error.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    pub(crate) error: Reason,
}

#[derive(Deserialize)]
pub(crate) struct Reason {
    pub(crate) msg: String,
}
