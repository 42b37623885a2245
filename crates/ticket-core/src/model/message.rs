//! What is said on a ticket: messages read, comments written.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::draft::Attachment;
use crate::model::hidden::Hidden;
use crate::model::raw::RawJson;
use crate::model::ticket::Person;

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Direction {
    /// From the customer.
    Inbound,
    /// To the customer.
    Outbound,
    /// Among the people who work on it.
    Internal,
}

/// A message of a ticket as it was read.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// The message's id, where the vendor gives one.
    pub id: Option<String>,
    /// Who wrote it.
    pub author: Option<Person>,
    /// Which way it went, where that is known.
    pub direction: Option<Direction>,
    /// The text, which may be HTML where the vendor's is.
    pub body: String,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// The vendor's JSON, unmodified.
    pub raw: RawJson,
}

impl Message {
    /// A message of which only the text and the vendor's JSON are known.
    pub fn new(body: impl Into<String>, raw: impl Into<RawJson>) -> Self {
        Self {
            id: None,
            author: None,
            direction: None,
            body: body.into(),
            created_at: None,
            raw: raw.into(),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("author", &self.author)
            .field("direction", &self.direction)
            .field("body", &Hidden(&self.body))
            .field("created_at", &self.created_at)
            .field("raw", &self.raw)
            .finish()
    }
}

/// A comment to be added to a ticket.
#[derive(Clone)]
#[non_exhaustive]
pub struct NewComment {
    /// The text.
    pub body: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Files.
    pub attachments: Vec<Attachment>,
}

impl NewComment {
    /// A note among the people who work on the ticket.
    pub fn internal(body: impl Into<String>) -> Self {
        Self::new(body, Direction::Internal)
    }

    /// A message in the customer's name, as if it had come from them.
    pub fn inbound(body: impl Into<String>) -> Self {
        Self::new(body, Direction::Inbound)
    }

    /// A message to the customer.
    pub fn outbound(body: impl Into<String>) -> Self {
        Self::new(body, Direction::Outbound)
    }

    /// A comment that goes this way.
    pub fn new(body: impl Into<String>, direction: Direction) -> Self {
        Self {
            body: body.into(),
            direction,
            attachments: Vec::new(),
        }
    }

    /// Adds a file.
    #[must_use]
    pub fn attachment(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }
}

impl fmt::Debug for NewComment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewComment")
            .field("body", &Hidden(&self.body))
            .field("direction", &self.direction)
            .field("attachments", &self.attachments)
            .finish()
    }
}
