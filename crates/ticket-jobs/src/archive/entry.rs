//! What an archive says of a ticket: the file `entry.json`.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::model::Version;
use ticket_core::{Ticket, TicketId};

use super::disk::Folder;
use super::place::Place;
use crate::digest::sha256;
use crate::format::Format;

const FORMAT: Format = Format {
    name: "tickets-archive-entry",
    what: "entry of an archive",
    version: 1,
};

/// What is said of a part that is kept from an earlier entry.
const KEPT: &str = "; what was archived before is kept";

/// A ticket in an archive. Nothing in it depends on when or how often it was archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The account's name.
    pub account: String,
    /// The provider's id.
    pub provider: String,
    /// The vendor's host, if it was known.
    pub host: Option<String>,
    /// The ticket's id.
    pub id: TicketId,
    /// The ticket as it was read.
    pub ticket: TicketState,
    /// The files beside `entry.json`.
    pub parts: Vec<Part>,
    /// How many messages `messages.json` has; `None` if the messages are not in the archive.
    pub messages: Option<u64>,
    /// The attached files; `None` if they are not in the archive.
    pub attachments: Option<Vec<KeptFile>>,
    /// What the archive does not have of this ticket. Empty if it has everything.
    pub lacks: Vec<Lack>,
}

/// What identifies the state of a ticket.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TicketState {
    /// The subject line.
    pub subject: Option<String>,
    /// The status, as [`Status::as_str`](ticket_core::model::Status::as_str).
    pub status: Option<String>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// Its version.
    pub version: Option<Version>,
}

/// A file of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The SHA-256 digest of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
}

/// An attached file. Its bytes are in the archive's `files` under the name of their digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeptFile {
    /// Its id in the vendor's system.
    pub id: String,
    /// Its name, as the vendor returned it.
    pub name: Option<String>,
    /// Its media type, as the vendor returned it.
    pub media_type: Option<String>,
    /// The SHA-256 digest of its bytes, in hexadecimal digits; `None` if they are not in the archive.
    pub sha256: Option<String>,
    /// Its length in bytes: that of the archived bytes, or what the vendor returned if there are none.
    pub size: Option<u64>,
}

/// What an archive does not have of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lack {
    /// What is missing: `messages`, `attachments`, or `attachment` and its id.
    pub what: String,
    /// Whether it could be there.
    pub because: LackReason,
    /// The reason in words.
    pub why: String,
}

/// Why an archive does not have a part of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LackReason {
    /// The vendor documents no way to read it.
    Unsupported,
    /// It was not asked for.
    NotAsked,
    /// It could not be read.
    Unreadable,
}

impl Entry {
    /// The entry of a ticket of which nothing is archived yet.
    pub(super) fn new(place: &Place, ticket: &Ticket) -> Self {
        Self {
            account: place.account.clone(),
            provider: place.provider.clone(),
            host: place.host.clone(),
            id: ticket.id.clone(),
            ticket: TicketState::of(ticket),
            parts: Vec::new(),
            messages: None,
            attachments: None,
            lacks: Vec::new(),
        }
    }

    pub(super) fn lack(
        &mut self,
        what: impl Into<String>,
        because: LackReason,
        why: impl Into<String>,
    ) {
        self.lacks.push(Lack {
            what: what.into(),
            because,
            why: why.into(),
        });
    }

    /// Says of what is lacking last that the archive keeps what it had of it.
    pub(super) fn kept_earlier(&mut self) {
        if let Some(lack) = self.lacks.last_mut()
            && !lack.why.ends_with(KEPT)
        {
            lack.why.push_str(KEPT);
        }
    }

    /// Its folder, as a path in the archive.
    pub(super) fn path(&self) -> PathBuf {
        Folder::entry_path(&self.account, self.id.as_str())
    }

    /// The digests of the attached files.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        let files = self.attachments.iter().flatten();
        files.filter_map(|file| Some((file.sha256.as_deref()?, file.size?)))
    }

    /// The text of `entry.json`. Its last member is the digest of everything before the line of that member:
    /// `head -n -2 entry.json | sha256sum`.
    pub(super) fn to_json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Stored<'a> {
            format: &'static str,
            version: u64,
            #[serde(flatten)]
            entry: &'a Entry,
        }
        let stored = Stored {
            format: FORMAT.name,
            version: FORMAT.version,
            entry: self,
        };
        let json = serde_json::to_string_pretty(&stored)?;
        let body = json.strip_suffix("\n}").unwrap_or(&json).to_owned() + ",\n";
        let end = end_after(&body);
        Ok(body + &end)
    }

    /// Reads `entry.json`, or says why it cannot be read.
    pub(super) fn of_json(json: &str) -> Result<Self, String> {
        FORMAT
            .check(json)
            .map_err(|error| error.message().to_owned())?;
        let end = json.rfind("  \"sha256\": \"").unwrap_or_default();
        let (body, end) = json.split_at(end);
        if end != end_after(body) {
            return Err(
                "its bytes have changed: their SHA-256 digest is not the one at its end".to_owned(),
            );
        }
        serde_json::from_str(json).map_err(|error| format!("it cannot be read: {error}"))
    }
}

/// The end of `entry.json` after these lines.
fn end_after(body: &str) -> String {
    format!("  \"sha256\": \"{}\"\n}}\n", sha256(body.as_bytes()))
}

impl TicketState {
    pub(super) fn of(ticket: &Ticket) -> Self {
        Self {
            subject: ticket.subject.clone(),
            status: ticket.status.as_ref().map(ToString::to_string),
            updated_at: ticket.updated_at,
            version: ticket.version.clone(),
        }
    }
}

/// Without the subject.
impl fmt::Debug for TicketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketState")
            .field("status", &self.status)
            .field("updated_at", &self.updated_at)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Without the name.
impl fmt::Debug for KeptFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptFile")
            .field("id", &self.id)
            .field("media_type", &self.media_type)
            .field("sha256", &self.sha256)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Part {
    /// The part with this content.
    pub(super) fn of(name: &str, bytes: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            sha256: sha256(bytes),
            size: bytes.len().try_into().unwrap_or(u64::MAX),
        }
    }
}
