//! What goes over the wire, exactly as the vendor prints it.
//!
//! Source: the vendor's pages `delete-tickets`, `create-tickets`, `get-a-tickets-details-by-id`. A ticket has
//! three identifiers: its number (`Id` in replies, `TicketIds` in requests), its key (`#` and the number),
//! and a GUID, which replies call `TicketId`. This crate calls operations with the number.

use std::fmt;

use serde::{Deserialize, Serialize};
use ticket_http::WireId;

/// The body of `PUT …/tickets/trash`: ticket numbers, as texts.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TrashTickets<'a> {
    pub(crate) ticket_ids: &'a [&'a str],
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

/// The body of `POST …/tickets`. `Debug` prints no values.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CreateTicket {
    /// Always the text `1`.
    type_id: &'static str,
    /// Always null.
    id: Option<()>,
    /// The GUID of the lead that the ticket belongs to. Where it is absent, a field
    /// `LeadDetail.EmailAddress` or `LeadDetail.Phone` must name the lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<String>,
    /// All fields that the account requires, and any others it has.
    pub fields: Vec<NewField>,
    /// Always the number 1.
    related_ticket_type_id: u8,
}

impl CreateTicket {
    /// A ticket of the lead `lead_id`, if given, with these fields.
    pub fn new(lead_id: Option<String>, fields: Vec<NewField>) -> Self {
        Self {
            type_id: "1",
            id: None,
            lead_id,
            fields,
            related_ticket_type_id: 1,
        }
    }
}

impl fmt::Debug for CreateTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|field| &field.schema_name).collect();
        f.debug_struct("CreateTicket")
            .field("fields", &names)
            .finish_non_exhaustive()
    }
}

/// A field of a new ticket. `Debug` prints the name only.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct NewField {
    /// The field's name in the account's schema.
    pub schema_name: String,
    /// The value, which must exist in the account where it is one of a list.
    pub value: String,
}

impl NewField {
    /// The field `schema_name` with this value.
    pub fn new(schema_name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            schema_name: schema_name.into(),
            value: value.into(),
        }
    }
}

impl fmt::Debug for NewField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NewField").field(&self.schema_name).finish()
    }
}

/// The reply of `POST …/tickets`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CreatedTicket {
    /// The new ticket's number.
    pub id: WireId,
    /// The new ticket's GUID.
    pub ticket_id: Option<String>,
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

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("id", &self.id)
            .field("ticket_id", &self.ticket_id)
            .finish_non_exhaustive()
    }
}

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

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&self.schema_name).finish()
    }
}

/// What may stand in any reply about its success; all keys are optional. The last two are the envelope of
/// the vendor's core API, which documents its error bodies (that this API uses it too is inferred).
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Verdict {
    pub(crate) status: Option<String>,
    pub(crate) reason_for_failure: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) exception_type: Option<String>,
    pub(crate) exception_message: Option<String>,
}
