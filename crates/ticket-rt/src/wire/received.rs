//! What is received.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use ticket_http::{Reply, WireId, lenient};

/// A ticket (observed), or a row of a list with the fields that were asked for (observed).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Ticket {
    /// The id: a number in the reply to a `GET`, a text in lists.
    #[serde(rename = "id")]
    pub id: WireId,
    /// The subject.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The status.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// The priority, a number as text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub priority: Option<String>,
    /// The queue.
    #[serde(default, deserialize_with = "lenient::value")]
    pub queue: Option<Queue>,
    /// The owner; `Nobody` if there is none.
    #[serde(default, deserialize_with = "lenient::value")]
    pub owner: Option<User>,
    /// The requesters.
    #[serde(default, deserialize_with = "lenient::value")]
    pub requestor: Option<Vec<User>>,
    /// The custom fields of the queue.
    #[serde(default, deserialize_with = "lenient::value")]
    pub custom_fields: Option<Vec<CustomField>>,
    /// When it was created. Times that are not set are 1970-01-01.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub last_updated: Option<Timestamp>,
    /// When it is due.
    #[serde(default, deserialize_with = "lenient::value")]
    pub due: Option<Timestamp>,
    /// When it was last resolved, rejected or deleted. It stays when the ticket is opened again.
    #[serde(default, deserialize_with = "lenient::value")]
    pub resolved: Option<Timestamp>,
}

/// A queue.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Queue {
    /// The id.
    pub id: WireId,
    /// The name, if it was asked for.
    #[serde(default, rename = "Name", deserialize_with = "lenient::text")]
    pub name: Option<String>,
}

/// A user.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The login name; of a user that RT made from an e-mail, the address.
    pub id: WireId,
    /// The e-mail address, if it was asked for.
    #[serde(default, rename = "EmailAddress", deserialize_with = "lenient::text")]
    pub email_address: Option<String>,
    /// The name, if it was asked for.
    #[serde(default, rename = "RealName", deserialize_with = "lenient::text")]
    pub real_name: Option<String>,
}

/// A custom field of a ticket.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct CustomField {
    /// The name.
    pub name: String,
    /// The values. Single fields have at most one.
    #[serde(default)]
    pub values: Vec<Value>,
}

/// A page of a collection (observed).
#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "T: serde::de::DeserializeOwned")]
#[non_exhaustive]
pub struct Collection<T> {
    /// The rows; `None` for one that cannot be read.
    #[serde(deserialize_with = "lenient::rows")]
    pub items: Vec<Option<Reply<T>>>,
    /// How many rows there are in all; null where the account sees none of them.
    #[serde(default, deserialize_with = "lenient::value")]
    pub total: Option<u64>,
    /// The page.
    #[serde(default, deserialize_with = "lenient::value")]
    pub page: Option<u64>,
    /// How many pages there are. RT writes `0.0` for none.
    #[serde(default, deserialize_with = "lenient::value")]
    pub pages: Option<f64>,
    /// The address of the next page; absent on the last one. Only that there is one matters, so that what is no text is
    /// kept as its JSON.
    #[serde(default, deserialize_with = "address")]
    pub next_page: Option<String>,
}

fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(address) => Some(address),
        other => Some(other.to_string()),
    })
}

/// The reply to `POST /ticket` (observed).
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct CreatedTicket {
    /// The id.
    #[serde(deserialize_with = "text_id")]
    pub id: WireId,
}

/// An id that is a text, as in every reply but that to a read (observed). A number there is no ticket's id.
fn text_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<WireId, D::Error> {
    use serde::de::IntoDeserializer as _;

    WireId::deserialize(String::deserialize(deserializer)?.into_deserializer())
}

/// An entry of a ticket's history (observed).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Transaction {
    /// The id.
    #[serde(rename = "id")]
    pub id: WireId,
    /// What it is: `Create`, `Correspond` and `Comment` are messages.
    #[serde(rename = "Type", default, deserialize_with = "lenient::text")]
    pub kind: Option<String>,
    /// Who made it.
    #[serde(default, deserialize_with = "lenient::value")]
    pub creator: Option<User>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created: Option<Timestamp>,
}

/// A row of a ticket's attachments (observed). The texts of messages are attachments too, without a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct AttachmentRow {
    /// The id.
    #[serde(rename = "id")]
    pub id: WireId,
    /// The file's name; empty for anything that is no file.
    #[serde(default, deserialize_with = "lenient::text")]
    pub filename: Option<String>,
    /// The media type.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content_type: Option<String>,
    /// The length in bytes, as text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content_length: Option<String>,
    /// The content as text. Files that are no text are damaged in it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content: Option<String>,
    /// The id of the transaction that it belongs to.
    #[serde(default, deserialize_with = "lenient::value")]
    pub transaction_id: Option<WireId>,
    /// When it was attached.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created: Option<Timestamp>,
}

/// An attachment (observed).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Attachment {
    /// The id.
    #[serde(rename = "id")]
    pub id: WireId,
    /// The content in base64, in lines; null for one that only holds others.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content: Option<String>,
}

/// The reply to `PUT /tickets/bulk` (observed): for each ticket its id as sent and RT's messages.
pub(crate) type BulkReply = Vec<Vec<Value>>;

/// The body of an error.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) message: String,
}
