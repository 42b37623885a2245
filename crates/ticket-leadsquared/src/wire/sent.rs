//! What is sent: the bodies of requests.

use serde::Serialize;
use ticket_http::debug_fields;

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

debug_fields!(CreateTicket { fields });

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

debug_fields!(UpdateTicket { fields });

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

debug_fields!(NewField { schema_name });

/// A kind of message that a ticket's conversations can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum ActivityType {
    /// An e-mail from the customer.
    InboundEmail,
    /// An e-mail to the customer.
    OutboundEmail,
    /// The customer's words in the portal.
    PortalInbound,
    /// An answer in the portal.
    PortalOutbound,
}

impl ActivityType {
    /// All that the vendor documents, in its order.
    pub const ALL: &[Self] = &[
        Self::InboundEmail,
        Self::OutboundEmail,
        Self::PortalInbound,
        Self::PortalOutbound,
    ];
}

/// The body of `POST …/conversation/filter`, with numbers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FilterConversations<'a> {
    pub(crate) ticket_id: u64,
    pub(crate) org_id: u64,
    pub(crate) activity_type: &'a [ActivityType],
}

/// The body of `POST …/internalnote/upload`, with the ticket as a number.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UploadInternalNote<'a> {
    text_part: &'a str,
    activity_type: &'static str,
    storage_type: &'static str,
    related_ticket_id: u64,
}

impl<'a> UploadInternalNote<'a> {
    pub(crate) fn new(ticket_id: u64, text: &'a str) -> Self {
        Self {
            text_part: text,
            activity_type: "CreateInternalNote",
            // The vendor's own spelling, and the only one that it knows.
            storage_type: "Permament",
            related_ticket_id: ticket_id,
        }
    }
}

/// The body of `POST …/ticket/{id}/portal/activity`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AddPortalActivity<'a> {
    text: &'a str,
    direction: &'static str,
}

impl<'a> AddPortalActivity<'a> {
    /// No other direction is documented.
    pub(crate) fn inbound(text: &'a str) -> Self {
        Self {
            text,
            direction: "INBOUND",
        }
    }
}

/// The body of `PUT …/tickets/trash`: ticket numbers, as texts.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TrashTickets<'a> {
    pub(crate) ticket_ids: &'a [&'a str],
}
