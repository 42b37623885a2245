//! Jobs, and what is known of each.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::provider::Removal;
use ticket_core::{Change, Error};

use super::erasure::Erasure;
use super::guards::Guards;

/// The id of a job: eight hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

impl JobId {
    /// A new id at random.
    pub fn random() -> Self {
        Self(format!("{:08x}", fastrand::u32(..)))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for JobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_id = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            let message = "the id of a job has eight hexadecimal digits, such as 7f3a09c2";
            Err(Error::invalid_input(message))
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

/// The id of a worker: a process or a task that works on one job, from [`Ledger::begin`](crate::Ledger::begin) until it
/// finishes or is lost. An id is never used again, so what a lost worker sends late can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkerId(pub u64);

/// The id of a recorded call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// A job that is to be created.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewJob {
    /// What is done to each ticket.
    pub change: Change,
    /// Who creates it, for people.
    pub created_by: Option<String>,
    /// What is checked while it is worked on.
    pub guards: Guards,
    /// Whether it [awaits confirmation](JobState::AwaitingConfirmation) once its list is complete.
    pub awaits_confirmation: bool,
    /// The erasure that it is, if it is one: see [`Jobs::erase`](crate::Jobs::erase).
    pub erasure: Option<Erasure>,
    /// Jobs of a higher one go first at accounts of the same quota: see [`Ledger::claim`](crate::Ledger::claim). Usually 0.
    pub priority: i16,
}

impl NewJob {
    /// A job that makes this change.
    pub fn new(change: Change) -> Self {
        Self {
            change,
            created_by: None,
            guards: Guards::default(),
            awaits_confirmation: false,
            erasure: None,
            priority: 0,
        }
    }

    /// A job that awaits confirmation and erases tickets of people. Of these it keeps no text: see
    /// [`Ledger::create`](crate::Ledger::create).
    pub fn erasure(erasure: Erasure) -> Self {
        Self {
            erasure: Some(erasure),
            ..Self::new(Change::Delete).awaiting_confirmation()
        }
    }

    /// Makes it delete tickets for good, also those that a vendor's trash has already.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.change = Change::Purge;
        self
    }

    /// Sets what is checked while it is worked on.
    #[must_use]
    pub fn guards(mut self, guards: Guards) -> Self {
        self.guards = guards;
        self
    }

    /// Makes it await confirmation once its list is complete.
    #[must_use]
    pub const fn awaiting_confirmation(mut self) -> Self {
        self.awaits_confirmation = true;
        self
    }

    /// Sets its priority.
    #[must_use]
    pub const fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Sets who creates it.
    #[must_use]
    pub fn created_by(mut self, name: impl Into<String>) -> Self {
        self.created_by = Some(name.into());
        self
    }
}

/// Where a job is in its life.
///
/// `loading → (awaiting_confirmation →) ready ⇄ paused → completed | cancelled`, with `cancelling` while calls are in
/// flight or in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobState {
    /// Its list is not complete: whoever made it stopped in between.
    Loading,
    /// Its list is complete, and nobody can work on it before it is [confirmed](crate::Ledger::confirm).
    AwaitingConfirmation,
    /// It can be worked on. Whether somebody does tells [`Job::workers`].
    Ready,
    /// It makes no new call until it is resumed.
    Paused,
    /// It makes no new call, but what is in doubt is still looked at.
    Cancelling,
    /// Each ticket has an outcome.
    Completed,
    /// It was cancelled. Each ticket has an outcome.
    Cancelled,
}

impl JobState {
    /// The state in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::Ready => "ready",
            Self::Paused => "paused",
            Self::Cancelling => "cancelling",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing is left to do.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What somebody wants of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Make no new call.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Make no new call, look at what is in doubt, and leave the rest undone.
    Cancel,
    /// Go on with the tickets that wait for the end of the [canary](Guards::canary).
    Release,
}

/// That a job was confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Confirmed {
    /// When.
    pub at: Timestamp,
    /// By whom, as `user@host`.
    pub by: String,
    /// The approval of a second person that was checked, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<serde_json::Value>,
}

impl Confirmed {
    /// Confirmed at this time by `user@host`.
    pub fn new(at: Timestamp, by: impl Into<String>) -> Self {
        Self {
            at,
            by: by.into(),
            approval: None,
        }
    }

    /// Adds the approval of a second person.
    #[must_use]
    pub fn approval(mut self, approval: serde_json::Value) -> Self {
        self.approval = Some(approval);
        self
    }
}

/// A job.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is done to each ticket.
    pub change: Change,
    /// What is checked while it is worked on.
    pub guards: Guards,
    /// The erasure that it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// Where it is in its life.
    pub state: JobState,
    /// Jobs of a higher one go first at accounts of the same quota.
    pub priority: i16,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: Option<String>,
    /// When its list was sealed.
    pub sealed_at: Option<Timestamp>,
    /// The digest of what is to be confirmed; of a job that awaits or awaited confirmation.
    pub digest: Option<String>,
    /// Who confirmed it; `None` for a job that needed no confirmation, or has none yet.
    pub confirmed: Option<Confirmed>,
    /// Tickets at this place and after it wait for the end of the canary; `None` if none does, also once the job is
    /// cancelled.
    pub held_from: Option<u64>,
    /// How many distinct tickets it has.
    pub tickets: u64,
    /// How many of them have no outcome.
    pub open: u64,
    /// How many times tickets are named again.
    pub repeated: u64,
    /// How many tickets have which outcome, by [`Outcome::as_str`](ticket_core::Outcome::as_str).
    pub counts: BTreeMap<String, u64>,
    /// Its accounts, in the order of first appearance.
    pub accounts: Vec<JobAccount>,
    /// How many workers work on it now.
    pub workers: u64,
}

impl Job {
    /// A job without tickets, for stores that read it.
    pub fn new(id: JobId, change: Change, state: JobState, created_at: Timestamp) -> Self {
        Self {
            id,
            change,
            guards: Guards::default(),
            erasure: None,
            state,
            priority: 0,
            created_at,
            created_by: None,
            sealed_at: None,
            digest: None,
            confirmed: None,
            held_from: None,
            tickets: 0,
            open: 0,
            repeated: 0,
            counts: BTreeMap::new(),
            accounts: Vec::new(),
            workers: 0,
        }
    }
}

/// An account of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JobAccount {
    /// Its name, as the tickets name it.
    pub name: String,
    /// The key of its quota. Another key under the same name later means that the name leads to another account.
    pub key: String,
    /// How many tickets are claimed at once.
    pub chunk: usize,
    /// The provider's id.
    pub provider: String,
    /// The host of its base URL, with its port.
    pub host: Option<String>,
    /// What a delete does.
    pub removal: Removal,
    /// What a delete takes along besides the ticket, in words.
    pub takes_along: Vec<String>,
    /// How many of its distinct tickets the job has.
    pub tickets: u64,
    /// How many of them have no outcome.
    pub open: u64,
}

impl JobAccount {
    /// An account whose tickets are claimed `chunk` at once.
    pub fn new(name: impl Into<String>, key: impl Into<String>, chunk: usize) -> Self {
        Self {
            name: name.into(),
            key: key.into(),
            chunk: chunk.max(1),
            provider: String::new(),
            host: None,
            removal: Removal::default(),
            takes_along: Vec::new(),
            tickets: 0,
            open: 0,
        }
    }
}
