//! The tickets of a job, with what became of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::model::Version;
use ticket_core::{Outcome, TicketId};

use super::erasure::{LookedAgain, PersonHash};
use super::job::CallId;
use super::seen::Seen;

/// Which tickets of a job are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Each time that a ticket is named, in the order of the list; again with the outcome that it has.
    Named,
    /// The distinct tickets without an outcome, in the order of the list.
    Open,
}

/// A ticket of a job, with its outcome.
#[derive(Clone, Debug, Serialize)]
pub struct JobTicket {
    /// Its place in the list.
    pub seq: u64,
    /// The place of its first mention, if it is named again here.
    pub repeats: Option<u64>,
    /// The account's name.
    pub account: String,
    /// Its id.
    pub id: TicketId,
    /// Its outcome; `None` while it is open.
    pub outcome: Option<Outcome>,
    /// When the outcome was recorded.
    pub decided_at: Option<Timestamp>,
    /// Whether a call that is recorded may have changed it, although it has no outcome.
    pub in_doubt: bool,
    /// Change it only while it has this version.
    pub version: Option<Version>,
    /// How it was when the job was planned, if it was looked at.
    pub seen: Option<Seen>,
    /// That it is archived.
    pub archived: Option<Archived>,
    /// How many calls of the job that name it are recorded, reads included. A read that no limit counts is not recorded,
    /// nor is a call that was not sent.
    pub attempts: u64,
    /// The last one of them.
    pub last_call: Option<CallId>,
    /// Whose it is, of an erasure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonHash>,
    /// What the look after the pause found, of an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_again: Option<LookedAgain>,
}

/// That a ticket is archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// When it was recorded.
    pub at: Timestamp,
    /// SHA-256 of its entry in the archive, in hexadecimal digits.
    pub sha256: String,
}
