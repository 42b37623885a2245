//! Tickets as a test sees them: what to put at a vendor, and what is really there.
//!
//! Not for wire formats nor for how they are kept: see `vendors/` and `store.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A ticket as it really is at a vendor.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TicketRecord {
    /// The id that the vendor's calls use: a decimal number, at Sweeppea seven characters.
    pub id: String,
    /// The subject or title.
    pub subject: String,
    /// The text.
    pub description: String,
    /// Whether it is closed (resolved).
    pub closed: bool,
    /// Whether it belongs to somebody else than the owner of the credentials (Sweeppea).
    pub owned_by_other: bool,
    /// Whether the vendor has locked it against changes (Sweeppea).
    pub locked: bool,
    /// The vendor's other fields, by the vendor's names and in its JSON types.
    pub attributes: Map<String, Value>,
    /// What was written on it, oldest first.
    pub messages: Vec<MessageRecord>,
    /// The files that came with it, in the order they came.
    pub attachments: Vec<AttachmentRecord>,
    /// The JSON body of the create call that made it; `None` for seeded and added tickets.
    pub created_from: Option<Value>,
}

/// What somebody wrote on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageRecord {
    /// The vendor's id of it, a decimal number. Not every vendor shows it.
    pub id: String,
    /// Which way it went.
    pub kind: MessageKind,
    /// The text.
    pub text: String,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MessageKind {
    /// From the customer; LeadSquared: by e-mail.
    Incoming,
    /// To the customer; LeadSquared: by e-mail.
    Outgoing,
    /// From the customer, in the portal. Other vendors than LeadSquared show it as `Incoming`.
    PortalIncoming,
    /// To the customer, in the portal. Other vendors than LeadSquared show it as `Outgoing`.
    PortalOutgoing,
    /// Among the vendor's users: a note of Sweeppea, an internal note of LeadSquared.
    Note,
}

/// A file that came with a ticket.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachmentRecord {
    /// The file name as sent.
    pub name: String,
    /// The media type as sent; `None` where none was.
    pub media_type: Option<String>,
    /// The content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for AttachmentRecord {
    /// The length instead of the content, which may be megabytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentRecord")
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// A ticket to be put at a vendor without a request.
///
/// ```
/// let ticket = ticket_sandbox::TicketSeed::new("Printer on fire").description("Again.").closed();
/// # let _ = ticket;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketSeed {
    pub(crate) id: Option<String>,
    pub(crate) subject: String,
    pub(crate) description: String,
    pub(crate) closed: bool,
    pub(crate) owned_by_other: bool,
    pub(crate) locked: bool,
    pub(crate) attributes: Map<String, Value>,
}

impl TicketSeed {
    /// Makes an open ticket of the owner of the credentials, with this subject.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            ..Self::default()
        }
    }

    /// Gives it this id instead of the next free one; a ticket of the same id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Gives it this text. At OneCloud it is also the first message, unless it is empty.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Gives a field of the vendor's, by the vendor's name, this value: `Priority` and
    /// `ResourceAffected` of Sweeppea, `Status` or `CustomData.Shop` of LeadSquared.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Makes it closed.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Gives it to another user. Only Sweeppea tells tickets apart by their owner.
    #[must_use]
    pub fn owned_by_other(mut self) -> Self {
        self.owned_by_other = true;
        self
    }

    /// Locks it against deleting, updating and resolving. Only Sweeppea locks tickets.
    #[must_use]
    pub fn locked(mut self) -> Self {
        self.locked = true;
        self
    }
}
