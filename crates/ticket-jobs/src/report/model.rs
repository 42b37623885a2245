//! What the files of a report hold.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::{Change, Effect, ErrorKind, Operation, TicketId};

pub use super::erasure::{ErasureAccount, ErasureFacts, ErasurePerson};
use crate::format::Format;
use crate::model::{Event, Guards, JobId, JobState, PersonHash};

/// The form of `report.json`.
pub(super) const FORMAT: Format = Format {
    name: "tickets-report",
    what: "report",
    version: 1,
};

/// A report, as `report.json` holds it. Times are UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Report {
    /// `tickets-report`.
    pub format: String,
    /// The version of the format: 1.
    pub version: u64,
    /// When the report was made.
    pub made_at: Timestamp,
    /// By whom, as `user@host`.
    pub made_by: String,
    /// With which program, such as `tickets 0.1.0`.
    pub made_with: String,
    /// Whether the job was not over when the report was made, so that outcomes are missing.
    pub partial: bool,
    /// The job.
    pub job: JobFacts,
    /// How many tickets it has.
    pub tickets: Tickets,
    /// How many distinct tickets have which outcome: in the words of the change, and `in_doubt` or `open` without one.
    pub outcomes: BTreeMap<String, u64>,
    /// Its accounts, in the order of first appearance.
    pub accounts: Vec<AccountFacts>,
    /// The recorded calls.
    pub calls: Calls,
    /// Who did what, in the order of time.
    pub people: Vec<Act>,
    /// What the ledger recorded about the job.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")
    )]
    pub events: Vec<Event>,
    /// The approval of a second person, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<serde_json::Value>,
    /// The tickets that are not as the change leaves them, grouped by reason: the worst first.
    pub exceptions: Vec<Exception>,
    /// What is missing, not confirmed or not proven, in sentences.
    pub not_proven: Vec<String>,
    /// Outcomes over time.
    pub outcomes_over_time: Series<BTreeMap<String, u64>>,
    /// What the erasure came to that the job is; of other jobs absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<ErasureFacts>,
}

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct JobFacts {
    /// Its id.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub id: JobId,
    /// What is done to each ticket.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub change: Change,
    /// Its state.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub state: JobState,
    /// What was checked while it was worked on.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "serde_json::Map<String, serde_json::Value>")
    )]
    pub guards: Guards,
    /// The digest of its plan, if it had to be confirmed.
    pub digest: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its list was complete.
    pub sealed_at: Option<Timestamp>,
    /// When the first call was recorded.
    pub first_call_at: Option<Timestamp>,
    /// When the last outcome was recorded.
    pub last_outcome_at: Option<Timestamp>,
}

/// How many tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Tickets {
    /// Distinct ones.
    pub distinct: u64,
    /// How many times one of them is named again.
    pub repeated: u64,
    /// How many distinct ones have an outcome.
    pub decided: u64,
    /// How many distinct ones are recorded as archived.
    pub archived: u64,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AccountFacts {
    /// Its name.
    pub name: String,
    /// The provider's id.
    pub provider: String,
    /// The host that was talked to.
    pub host: Option<String>,
    /// What a delete does there: `trash`, `permanent` or `undocumented`.
    pub mode: Mode,
    /// For how long what is in the trash can be restored, in seconds.
    pub restorable_for_s: Option<u64>,
    /// What a delete takes along besides the ticket.
    pub takes_along: Vec<String>,
    /// How many distinct tickets it has in the job.
    pub tickets: u64,
    /// How many of them have which outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// How many calls of the job are recorded.
    pub calls: u64,
    /// How much of its limits the calls of this job used.
    pub limits: Vec<LimitUse>,
    /// Calls over time.
    pub calls_over_time: Series<CallsThen>,
}

/// What a delete does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Deleted tickets are in a trash.
    Trash,
    /// Deleted tickets cannot be restored.
    Permanent,
    /// The vendor does not document it.
    Undocumented,
}

impl Mode {
    /// The mode in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trash => "trash",
            Self::Permanent => "permanent",
            Self::Undocumented => "undocumented",
        }
    }
}

/// How much of a limit was used, by calls of this job alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LimitUse {
    /// The limit in words, as it is configured when the report is made: `25 calls in 5 s`.
    pub limit: String,
    /// How many requests it allows at most.
    pub allowed: u64,
    /// In how many milliseconds.
    pub window_ms: u64,
    /// How many requests counted at once, at most: a call may make several.
    pub most: u64,
}

/// How many calls in a time, and how much of the limits they used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallsThen {
    /// How many calls were recorded.
    pub calls: u64,
    /// The largest share of a limit that was used, in percent. 0 where no limit is known.
    pub used_percent: u64,
}

/// What happened over time: each value is of the time from its key on, which lasts `bucket_s` seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Series<T> {
    /// How long a time is, in seconds.
    pub bucket_s: u64,
    /// The values, by the begin of their times. Times in which nothing happened are left out.
    pub buckets: BTreeMap<Timestamp, T>,
}

/// How many calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Calls {
    /// All of them.
    pub recorded: u64,
    /// By their operation.
    pub by_operation: BTreeMap<String, u64>,
    /// How many were answered as hoped.
    pub answered: u64,
    /// How many failed, and certainly changed nothing.
    pub failed: u64,
    /// How many failed, and may have changed something.
    pub failed_with_unknown_effect: u64,
    /// Of how many no end is recorded.
    pub without_end: u64,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Act {
    /// What: `planned`, `approved`, `confirmed`, `ran`, or another event.
    pub what: String,
    /// By whom, as `user@host`.
    pub by: Option<String>,
    /// With which program, such as `tickets 0.1.0`.
    pub with: Option<String>,
    /// When first.
    pub at: Timestamp,
    /// How often.
    pub times: u64,
    /// The reason that was given, and the key that signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Tickets that are not as the change leaves them, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Exception {
    /// The account's name.
    pub account: String,
    /// The outcome, as in [`Report::outcomes`].
    pub outcome: String,
    /// The kind of the error.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub kind: Option<ErrorKind>,
    /// What the error says, with `…` in place of the ticket's id. `None`: further reasons of this kind, counted together.
    pub message: Option<String>,
    /// What the vendor says, with `…` in place of the ticket's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_message: Option<String>,
    /// How many distinct tickets.
    pub count: u64,
    /// The first of them.
    pub first: Vec<Named>,
}

/// A ticket, and what it is about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Named {
    /// Its place in the list, counted from 1.
    pub place: u64,
    /// The ticket, as `account:id`.
    pub ticket: String,
    /// The begin of its subject, as it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// A line of `outcomes.ndjson` and of `outcomes.csv`: a ticket, each time that the list names it.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TicketRow {
    /// Its place in the list, counted from 1.
    pub place: u64,
    /// The ticket, as `account:id`.
    pub ticket: String,
    /// The outcome in the words of the change, such as `deleted`; without one `in_doubt` or `open`.
    pub outcome: String,
    /// What decided it, in words.
    pub evidence: String,
    /// The last recorded call about it: a line of `calls.ndjson`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    /// How many calls about it are recorded, reads included.
    pub attempts: u64,
    /// When the outcome was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// What a delete does there; of other changes absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Until when it can be restored, if it was deleted into a trash that keeps it for a limited time: counted from when the
    /// first delete was recorded that may have done it. Absent if none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restorable_until: Option<Timestamp>,
    /// SHA-256 of its entry in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<String>,
    /// Why it is not archived, if the job archives tickets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_archived: Option<String>,
    /// Its subject, as it was seen when the job was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether a read confirmed a ticket that was not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// The kind of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub kind: Option<ErrorKind>,
    /// Whether the vendor may have acted although the call failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub effect: Option<Effect>,
    /// The status of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the error says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the vendor says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_message: Option<String>,
    /// The place of its first mention, if it is named again here. The outcome is the same, and counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u64>,
    /// What became of it in an erasure, such as `erased` or `in_trash`: see [`Fate`](crate::erase::Fate).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<String>,
    /// Until when it is in the vendor's trash at the latest, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_trash_until: Option<Timestamp>,
    /// When it was looked at again after the pause of an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_again_at: Option<Timestamp>,
    /// Whose it is, of an erasure: keyed hashes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub people: Vec<PersonHash>,
}

// Subjects do not belong in logs.
impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut named = f.debug_struct("Named");
        named.field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

impl fmt::Debug for TicketRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketRow")
            .field("place", &self.place)
            .field("ticket", &self.ticket)
            .field("outcome", &self.outcome)
            .field("evidence", &self.evidence)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A line of `calls.ndjson`: a recorded call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CallRow {
    /// Its id. Ids grow with time.
    pub call: u64,
    /// The account's name: the first one of the job that leads to this quota.
    pub account: String,
    /// The operation.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub operation: Operation,
    /// How many requests it may have made: so many places of each limit it took. Absent in reports of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// The ids of the tickets that it named.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub tickets: Vec<TicketId>,
    /// The worker that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<u64>,
    /// When it was recorded, just before it was sent.
    pub taken_at: Timestamp,
    /// When its end was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// From when on it can no longer act, if no end is recorded.
    pub expires_at: Timestamp,
    /// How it ended.
    pub answer: Answer,
    /// The kind of its error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub kind: Option<ErrorKind>,
    /// Whether the vendor may have acted, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub effect: Option<Effect>,
    /// The status of the reply, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// With a reply.
    Answered,
    /// With an error.
    Failed,
    /// Nobody recorded its end.
    NoEnd,
}
