//! What comes back: the replies, as far as they are modelled.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use ticket_http::{Reply, WireId, debug_fields};

use super::number;

/// The reply of `POST …/tickets`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CreatedTicket {
    /// `Success`: anything else is an error.
    #[serde(deserialize_with = "success")]
    pub status: String,
    /// The new ticket's number.
    pub id: WireId,
    /// The new ticket's GUID.
    pub ticket_id: Option<String>,
    /// `#` and the number, padded to 3 digits.
    pub key: Option<String>,
}

/// The reply of `PUT …/tickets/{id}/update`. The ticket itself does not come back.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct UpdatedTicket {
    /// `Success`: anything else is an error.
    #[serde(deserialize_with = "success")]
    pub status: String,
    /// The ticket's number.
    pub id: WireId,
    /// `#` and the number, padded to 3 digits.
    pub key: Option<String>,
}

/// The reply of `GET …/tickets/{id}`: a list of fields. `Debug` prints ids only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket's number.
    pub id: WireId,
    /// The ticket's GUID.
    pub ticket_id: Option<String>,
    /// The GUID of the lead that it belongs to.
    pub lead_id: Option<String>,
    /// The fields that the account's tickets have.
    pub fields: Vec<Field>,
}

impl Ticket {
    /// The value of the field `schema_name`. The vendor writes "no value" as null and as an empty text.
    pub fn field(&self, schema_name: &str) -> Option<&str> {
        let field = self
            .fields
            .iter()
            .find(|field| field.schema_name == schema_name)?;
        field.value.as_deref().filter(|value| !value.is_empty())
    }
}

debug_fields!(Ticket { id, ticket_id });

/// A field of a ticket. `Debug` prints the name only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Field {
    /// The field's name in the account's schema.
    pub schema_name: String,
    /// The value.
    pub value: Option<String>,
}

debug_fields!(Field { schema_name });

/// The reply of `POST …/conversation/filter`, each row with its own JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Conversations {
    /// How many there are, which may be more than are listed.
    pub total: Option<u64>,
    /// The messages. Their order is not documented. The list must be there; null for none is tolerated (inferred).
    #[serde(deserialize_with = "list_or_null")]
    pub conversation_list: Vec<Reply<Conversation>>,
}

/// A message of a ticket. `Debug` prints its id and kind only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Conversation {
    /// The message's id.
    pub id: WireId,
    /// An [`ActivityType`](super::ActivityType), or one that is not documented.
    pub related_activity_type: Option<String>,
    /// The message as HTML.
    pub html: Option<String>,
    /// The message as plain text.
    pub text: Option<String>,
    /// The GUID of whoever wrote it.
    pub created_by: Option<String>,
    /// When it was written; the time names no zone.
    pub created_on: Option<String>,
}

debug_fields!(Conversation {
    id,
    related_activity_type
});

/// The reply of `POST …/internalnote/upload`. The note has no id.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct InternalNote {
    /// `Activity Created`: the reply's only word about success.
    pub message: Option<String>,
    /// The number of the ticket that the note is on.
    pub related_ticket_id: WireId,
}

/// The reply of `POST …/ticket/{id}/portal/activity`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct PortalActivity {
    /// `Success`: anything else is an error.
    #[serde(deserialize_with = "success")]
    pub status: String,
    /// The id of the activity.
    pub id: WireId,
}

/// The reply of `PUT …/tickets/trash`: ticket numbers, as numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TrashedTickets {
    /// Those deleted.
    pub successful_ids: Vec<WireId>,
    /// Those not deleted. No reason is given.
    pub failed_ids: Vec<WireId>,
}

/// The same, as far as it is needed to tell what became of each ticket.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Trashed {
    pub(crate) successful_ids: BTreeSet<TicketNumber>,
    pub(crate) failed_ids: BTreeSet<TicketNumber>,
}

/// A ticket's number, as a number or a text; nothing where it is another text.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TicketNumber(pub(crate) Option<u64>);

impl<'de> Deserialize<'de> for TicketNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = TicketNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, as a text or a whole number")
            }

            fn visit_str<E: serde::de::Error>(
                self,
                text: &str,
            ) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(number(text)))
            }

            fn visit_u64<E: serde::de::Error>(
                self,
                number: u64,
            ) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(Some(number)))
            }

            fn visit_i64<E: serde::de::Error>(
                self,
                _: i64,
            ) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(None))
            }
        }

        deserializer.deserialize_any(Number)
    }
}

/// Whether this is the one status that stands for a success.
pub(crate) fn is_success(status: &str) -> bool {
    status.eq_ignore_ascii_case("success")
}

/// The status of a reply that confirms something.
fn success<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let status = String::deserialize(deserializer)?;
    if is_success(&status) {
        return Ok(status);
    }
    Err(serde::de::Error::invalid_value(
        Unexpected::Other("another text"),
        &"`Success`",
    ))
}

fn list_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What may stand in any reply about its success; all keys are optional, and of any type, so that nothing
/// odd beside a refusal hides it. The last two are the envelope of the vendor's core API, which documents
/// its error bodies (that this API uses it too is inferred).
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Verdict {
    #[serde(alias = "status")]
    pub(crate) status: Option<Box<RawValue>>,
    pub(crate) id: Option<Box<RawValue>>,
    pub(crate) ticket_id: Option<Box<RawValue>>,
    pub(crate) successful_ids: Option<Box<RawValue>>,
    pub(crate) failed_ids: Option<Box<RawValue>>,
    pub(crate) reason_for_failure: Option<Box<RawValue>>,
    /// Gateways write it small (inferred).
    #[serde(alias = "message")]
    pub(crate) message: Option<Box<RawValue>>,
    pub(crate) exception_type: Option<Box<RawValue>>,
    pub(crate) exception_message: Option<Box<RawValue>>,
}

impl Verdict {
    /// A field with one of these in its name is in every reply that is a refusal.
    pub(crate) const TELLING: &[&str] = &["tatus", "ReasonForFailure", "Exception"];
}
