//! Messages of a ticket and new comments.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::attachment::{Attachment, no_files};
use crate::model::hidden::Hidden;
use crate::model::raw::RawJson;
use crate::model::ticket::Person;

/// The direction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Direction {
    /// From the customer.
    Inbound,
    /// To the customer.
    Outbound,
    /// Between agents only.
    Internal,
}

/// A message of a ticket.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// The message's id, if the vendor has one.
    pub id: Option<String>,
    /// The author.
    pub author: Option<Person>,
    /// The direction, if known.
    pub direction: Option<Direction>,
    /// The text. It is HTML if the vendor sends HTML.
    pub body: String,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// The vendor's JSON, unmodified.
    pub raw: RawJson,
}

impl Message {
    /// Creates a message with a text and the vendor's JSON only.
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

/// A comment to add to a ticket. One without files can be written to storage and read back.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NewComment {
    /// The text.
    pub body: String,
    /// The direction.
    pub direction: Direction,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "no_files")]
    pub attachments: Vec<Attachment>,
}

impl NewComment {
    /// An internal note, visible to agents only.
    pub fn internal(body: impl Into<String>) -> Self {
        Self::new(body, Direction::Internal)
    }

    /// A message on behalf of the customer, as if the customer had sent it.
    pub fn inbound(body: impl Into<String>) -> Self {
        Self::new(body, Direction::Inbound)
    }

    /// A message to the customer.
    pub fn outbound(body: impl Into<String>) -> Self {
        Self::new(body, Direction::Outbound)
    }

    /// Creates a comment with this direction.
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
