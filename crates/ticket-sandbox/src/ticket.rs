//! Tickets as tests see them: seeds to add to a vendor, and records of what exists there.
//!
//! Wire formats are in `vendors/`, storage is in `store.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The actual state of a ticket at a vendor.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties with names, not states"
)]
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TicketRecord {
    /// The id that the vendor's API uses: a decimal number; at Sweeppea it has seven characters.
    pub id: String,
    /// The subject or title.
    pub subject: String,
    /// The text.
    pub description: String,
    /// Whether it is closed (resolved).
    pub closed: bool,
    /// Whether it belongs to another user than the owner of the credentials (Sweeppea).
    pub owned_by_other: bool,
    /// Whether the vendor has locked it against changes (Sweeppea).
    pub locked: bool,
    /// Whether it is in the trash: deleted, and kept by the vendor.
    pub deleted: bool,
    /// The vendor's other fields, by the vendor's names and in its JSON types.
    pub attributes: Map<String, Value>,
    /// Its messages, oldest first.
    pub messages: Vec<MessageRecord>,
    /// Its attachments, in the order they were sent.
    pub attachments: Vec<AttachmentRecord>,
    /// The JSON body of the create call that created it; `None` for seeded and added tickets.
    pub created_from: Option<Value>,
}

/// A message of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageRecord {
    /// The message's id, a decimal number. Not every vendor returns it.
    pub id: String,
    /// The direction of the message.
    pub kind: MessageKind,
    /// The text.
    pub text: String,
}

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MessageKind {
    /// From the customer (at LeadSquared by email).
    Incoming,
    /// To the customer (at LeadSquared by email).
    Outgoing,
    /// From the customer, in the portal. Vendors other than LeadSquared return it as `Incoming`.
    PortalIncoming,
    /// To the customer, in the portal. Vendors other than LeadSquared return it as `Outgoing`.
    PortalOutgoing,
    /// Internal: a note at Sweeppea, an internal note at LeadSquared.
    Note,
}

/// Where a ticket is, without the vendor's fields of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TicketState {
    /// The ticket's id.
    pub id: String,
    /// The subject.
    pub subject: String,
    /// Whether the ticket is closed.
    pub closed: bool,
    /// Whether the ticket belongs to another user.
    pub owned_by_other: bool,
    /// Whether the ticket is in the trash.
    pub deleted: bool,
}

/// A file attached to a ticket.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachmentRecord {
    /// The attachment's id, a decimal number; empty at vendors whose attachments have none.
    pub id: String,
    /// The id of the message that it was sent with; `None` if the vendor does not tie it to one.
    pub message: Option<String>,
    /// The file name as sent.
    pub name: String,
    /// The media type as sent; `None` if none was sent.
    pub media_type: Option<String>,
    /// The content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for AttachmentRecord {
    /// Prints the length instead of the content, which may be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentRecord")
            .field("id", &self.id)
            .field("message", &self.message)
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// A ticket to add to a vendor without a request.
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
    /// Creates an open ticket with this subject. It belongs to the owner of the credentials.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            ..Self::default()
        }
    }

    /// Sets the id. Default the next free id. A ticket that has this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the text. At OneCloud, a text that is not empty is also the first message.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets one of the vendor's fields, by the vendor's name: for example `Priority` or `ResourceAffected` at
    /// Sweeppea, `Status` or `CustomData.Shop` at LeadSquared.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Marks the ticket as closed.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Closes the ticket and moves it to the archive, which the list of all tickets leaves out. Only Zendesk has one.
    #[must_use]
    pub fn archived(mut self) -> Self {
        self.attributes
            .insert("sandbox_archived".to_owned(), Value::Bool(true));
        self.closed()
    }

    /// Makes another user the owner. Only Sweeppea distinguishes owners.
    #[must_use]
    pub fn owned_by_other(mut self) -> Self {
        self.owned_by_other = true;
        self
    }

    /// Locks the ticket: deleting, updating and resolving fail. Only Sweeppea has locks.
    #[must_use]
    pub fn locked(mut self) -> Self {
        self.locked = true;
        self
    }
}
