//! How a ticket was when a job was planned.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::Ticket;
use ticket_core::model::Version;

use crate::digest::sha256;

/// A ticket as it was when the job was planned. `Debug` does not print the subject.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seen {
    /// When it was read.
    pub at: Timestamp,
    /// SHA-256 of the vendor's JSON, in hexadecimal digits; `None` if the vendor found no such ticket.
    pub sha256: Option<String>,
    /// Its subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// When it was created, by the vendor's clock; recorded of an erasure only, which has to tell it from a later ticket with
    /// its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

impl Seen {
    /// A ticket that was read at this time.
    pub fn new(ticket: &Ticket, at: Timestamp) -> Self {
        Self {
            at,
            sha256: Some(sha256(ticket.raw.get().as_bytes())),
            subject: ticket.subject.clone(),
            status: ticket.status.as_ref().map(ToString::to_string),
            version: ticket.version.clone(),
            created_at: None,
        }
    }

    /// The same ticket, of an erasure: when it was created in place of what it says.
    pub(crate) fn of_erasure(ticket: &Ticket, at: Timestamp) -> Self {
        Self {
            created_at: ticket.created_at,
            subject: None,
            status: None,
            ..Self::new(ticket, at)
        }
    }

    /// A ticket that the vendor did not find at this time.
    pub const fn missing(at: Timestamp) -> Self {
        Self {
            at,
            sha256: None,
            subject: None,
            status: None,
            version: None,
            created_at: None,
        }
    }

    /// Whether the ticket is as it was: it has the same version or, at a vendor without versions, the same JSON.
    pub fn is_same(&self, ticket: &Ticket) -> bool {
        match (&self.version, &ticket.version) {
            (Some(then), Some(now)) => then == now,
            _ => self.is_identical(ticket),
        }
    }

    /// Whether this is the ticket that was seen, and not a later one with its id, as far as it can be told. By the vendor's
    /// clock, no two tickets with one id were created at the same time.
    pub(crate) fn is_of(&self, ticket: &Ticket) -> Option<bool> {
        match (self.created_at, ticket.created_at) {
            (Some(then), Some(now)) => Some(then == now),
            _ => self.is_identical(ticket).then_some(true),
        }
    }

    /// Whether the ticket has the same JSON.
    pub(crate) fn is_identical(&self, ticket: &Ticket) -> bool {
        self.sha256.as_deref() == Some(sha256(ticket.raw.get().as_bytes()).as_str())
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("at", &self.at)
            .field("sha256", &self.sha256)
            .field("status", &self.status)
            .field("version", &self.version)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}
