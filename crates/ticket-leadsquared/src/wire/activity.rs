//! What is said about tickets: conversations, internal notes and portal activities (pages
//! `get-ticket-conversations`, `post-an-internal-note-on-a-ticket-2` and `?p=5010`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use ticket_http::{Reply, WireId};

use super::success;

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

fn list_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A message of a ticket. `Debug` prints its id and kind only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Conversation {
    /// The message's id.
    pub id: WireId,
    /// An [`ActivityType`], or one that is not documented.
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

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("id", &self.id)
            .field("related_activity_type", &self.related_activity_type)
            .finish_non_exhaustive()
    }
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
