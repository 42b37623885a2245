//! What comes back: the replies, as far as they are modelled.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use serde_json::value::RawValue;
use ticket_http::{Reply, WireId, debug_fields, lenient};

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
    #[serde(default, deserialize_with = "lenient::text")]
    pub ticket_id: Option<String>,
    /// `#` and the number, padded to 3 digits.
    #[serde(default, deserialize_with = "lenient::text")]
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
    #[serde(default, deserialize_with = "lenient::text")]
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
    #[serde(default, deserialize_with = "lenient::text")]
    pub ticket_id: Option<String>,
    /// The GUID of the lead that it belongs to.
    #[serde(default, deserialize_with = "lenient::text")]
    pub lead_id: Option<String>,
    /// The fields that the account's tickets have. One without a name is left out.
    #[serde(deserialize_with = "fields")]
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
    #[serde(default, deserialize_with = "lenient::text")]
    pub value: Option<String>,
}

debug_fields!(Field { schema_name });

/// The reply of `POST …/conversation/filter`, each row with its own JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Conversations {
    /// How many there are, which may be more than are listed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub total: Option<u64>,
    /// The messages; `None` for one that cannot be read or has no id. Their order is not documented. The list must be
    /// there; null for none is tolerated (inferred).
    #[serde(deserialize_with = "lenient::rows_or_none")]
    pub conversation_list: Vec<Option<Reply<Conversation>>>,
}

/// A message of a ticket. `Debug` prints its id and kind only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Conversation {
    /// The message's id.
    pub id: WireId,
    /// An [`ActivityType`](super::ActivityType), or one that is not documented.
    #[serde(default, deserialize_with = "lenient::text")]
    pub related_activity_type: Option<String>,
    /// The message as HTML.
    #[serde(default, deserialize_with = "lenient::text")]
    pub html: Option<String>,
    /// The message as plain text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub text: Option<String>,
    /// The GUID of whoever wrote it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub created_by: Option<String>,
    /// When it was written; the time names no zone.
    #[serde(default, deserialize_with = "lenient::text")]
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
    #[serde(default, deserialize_with = "lenient::text")]
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
    /// Those deleted, as far as they can be read.
    #[serde(deserialize_with = "ids")]
    pub successful_ids: Vec<WireId>,
    /// Those not deleted, as far as they can be read. No reason is given.
    #[serde(deserialize_with = "ids")]
    pub failed_ids: Vec<WireId>,
}

/// The same, as far as it is needed to tell what became of each ticket.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Trashed {
    pub(crate) successful_ids: Numbers,
    pub(crate) failed_ids: Numbers,
}

/// Ticket numbers in ascending order, from a list of numbers and texts. What is no ticket's number is left out, and
/// null stands for none.
#[derive(Default)]
pub(crate) struct Numbers(Vec<u64>);

impl Numbers {
    pub(crate) fn contains(&self, number: u64) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    pub(crate) fn as_slice(&self) -> &[u64] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of ids")
            }

            fn visit_unit<E: de::Error>(self) -> std::result::Result<Numbers, E> {
                Ok(Numbers::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut ids: A,
            ) -> std::result::Result<Numbers, A::Error> {
                let mut numbers = Vec::with_capacity(ids.size_hint().unwrap_or(0).min(1024));
                while let Some(id) = ids.next_element::<TicketNumber>()? {
                    numbers.extend(id.0);
                }
                // Vendors mostly keep the order of the request.
                if !numbers.is_sorted() {
                    numbers.sort_unstable();
                }
                Ok(Numbers(numbers))
            }
        }

        deserializer.deserialize_any(List)
    }
}

/// A ticket's number, as a number or a text; nothing if it is something else.
struct TicketNumber(Option<u64>);

impl<'de> Deserialize<'de> for TicketNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Number;

        impl<'de> Visitor<'de> for Number {
            type Value = TicketNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, as a text or a whole number")
            }

            fn visit_u64<E: de::Error>(self, id: u64) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(Some(id)))
            }

            fn visit_str<E: de::Error>(self, id: &str) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(number(id)))
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(None))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(None))
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(None))
            }

            fn visit_unit<E: de::Error>(self) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                items: A,
            ) -> std::result::Result<TicketNumber, A::Error> {
                IgnoredAny.visit_seq(items).map(|_| TicketNumber(None))
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                entries: A,
            ) -> std::result::Result<TicketNumber, A::Error> {
                IgnoredAny.visit_map(entries).map(|_| TicketNumber(None))
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

/// The fields that can be read, each with its name.
fn fields<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<Field>, D::Error> {
    let fields = lenient::rows_or_none::<D, Field>(deserializer)?.into_iter();
    Ok(fields.flatten().map(|field| field.value).collect())
}

/// The ids that can be read; null stands for none.
fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<WireId>, D::Error> {
    let ids = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    let ids = ids.into_iter();
    Ok(ids
        .filter_map(|id| serde_json::from_value(id).ok())
        .collect())
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

/// The number that this text is, if it is written as the vendor writes it: not `0143` or `+143`.
pub(crate) fn number(text: &str) -> Option<u64> {
    let is_plain = !text.starts_with(['0', '+']) || text == "0";
    text.parse().ok().filter(|_| is_plain)
}
