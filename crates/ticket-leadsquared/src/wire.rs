//! What goes over the wire, exactly as the vendor prints it.
//!
//! Source: the vendor's pages `delete-tickets`, `create-tickets`, `create-ticket-with-attachments`,
//! `update-a-ticket-with-attachments`, `get-a-tickets-details-by-id`, `get-ticket-conversations`, `?p=5010`
//! (portal activities) and `post-an-internal-note-on-a-ticket-2`.
//!
//! A ticket has three identifiers: its number (`Id` in replies; `TicketIds`, `TicketId` and
//! `RelatedTicketId` in requests, here as a text, there as a number), its key (`#` and the number), and a
//! GUID, which replies call `TicketId`. This crate calls operations with the number.

mod activity;
mod trash;

use std::fmt;

use serde::de::Unexpected;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use ticket_http::WireId;

pub use self::activity::{ActivityType, Conversation, Conversations, InternalNote, PortalActivity};
pub(crate) use self::activity::{AddPortalActivity, FilterConversations, UploadInternalNote};
pub use self::trash::TrashedTickets;
pub(crate) use self::trash::{TicketNumber, TrashTickets, Trashed};
use crate::error;

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

    /// The same as a part of a form, where the null `Id` is left out.
    pub(crate) fn dto(&self) -> TicketDto<'_> {
        TicketDto::new(None, self.lead_id.as_deref(), &self.fields)
    }
}

impl fmt::Debug for CreateTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateTicket")
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

/// What `PUT …/tickets/{id}/update` changes. `Debug` prints no values.
#[derive(Clone)]
#[non_exhaustive]
pub struct UpdateTicket {
    /// The GUID of the lead that the ticket belongs to. The page lists it, but not as mandatory.
    pub lead_id: Option<String>,
    /// The fields to change, and no others.
    pub fields: Vec<NewField>,
}

impl UpdateTicket {
    /// Changes these fields of a ticket of the lead `lead_id`, if given.
    pub fn new(lead_id: Option<String>, fields: Vec<NewField>) -> Self {
        Self { lead_id, fields }
    }

    pub(crate) fn dto<'a>(&'a self, id: &'a str) -> TicketDto<'a> {
        TicketDto::new(Some(id), self.lead_id.as_deref(), &self.fields)
    }
}

impl fmt::Debug for UpdateTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateTicket")
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

/// The part `ticketDTO` of a form, as JSON; the files are parts beside it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TicketDto<'a> {
    type_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_id: Option<&'a str>,
    fields: &'a [NewField],
    related_ticket_type_id: u8,
}

impl<'a> TicketDto<'a> {
    fn new(id: Option<&'a str>, lead_id: Option<&'a str>, fields: &'a [NewField]) -> Self {
        Self {
            type_id: "1",
            id,
            lead_id,
            fields,
            related_ticket_type_id: 1,
        }
    }
}

/// A field of a new ticket, or the new value of one. `Debug` prints the name only.
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

/// The status of a reply that confirms something.
fn success<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let status = String::deserialize(deserializer)?;
    if error::is_success(&status) {
        return Ok(status);
    }
    Err(serde::de::Error::invalid_value(
        Unexpected::Other("another text"),
        &"`Success`",
    ))
}

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
