//! What a ledger holds: jobs, their tickets, calls and accounts.

mod erasure;
mod event;
mod guards;
mod seconds;
mod seen;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::model::Version;
use ticket_core::provider::{Limit, Removal, VendorJob};
use ticket_core::{Change, Effect, Error, ErrorKind, Operation, Outcome, TicketId};

pub use self::erasure::{AccountSearch, Again, Erasure, LookedAgain, PersonHash};
pub use self::event::{Event, EventKind};
pub use self::guards::{ArchiveGuard, Guards, MaxFailures, Percent};
pub use self::seen::Seen;

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
    /// How many tickets have which outcome, by [`Outcome::as_str`].
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

/// A ticket of a job's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the list, counted from 0. Places grow from one ticket to the next.
    pub seq: u64,
    /// The account's name.
    pub account: String,
    /// The ticket's id.
    pub id: TicketId,
    /// Change it only while it has this version.
    pub version: Option<Version>,
    /// Whose it is, of an erasure. What a repetition says is not kept.
    pub people: Vec<PersonHash>,
}

/// What a worker does next.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It has these tickets now, until it puts them back, finishes or is lost.
    Tickets(Vec<Claimed>),
    /// Tickets are left, but none can be claimed before this time has passed: others have them, they are to be tried
    /// later, or a job of higher priority goes first.
    Later(Duration),
    /// The job makes no new call, because of this state.
    Stopped(JobState),
    /// The account makes no calls for jobs.
    Suspended(Suspension),
    /// The rest waits for the end of the [canary](Guards::canary).
    Held,
    /// Each ticket of the account has an outcome, or this worker has it already.
    Nothing,
}

/// Tickets of one account of a job that a worker could work on now: see [`Ledger::offers`](crate::Ledger::offers).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The job.
    pub job: JobId,
    /// The account's name in the job.
    pub account: String,
    /// The job's priority.
    pub priority: i16,
}

/// A claimed ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its place in the list.
    pub seq: u64,
    /// Its id.
    pub id: TicketId,
    /// Change it only while it has this version.
    pub version: Option<Version>,
    /// How it was when the job was planned, if it was looked at.
    pub seen: Option<Seen>,
    /// That it was put back to be tried later, if it was.
    pub put_back: Option<PutBack>,
    /// A call of an earlier worker may have changed it. The time is how long that call may still act; zero if it cannot
    /// any more.
    pub in_doubt: Option<Duration>,
    /// The job as which the vendor accepted the last of these calls that it accepted.
    pub accepted: Option<VendorJob>,
    /// How many calls of workers about it never ended, as their processes did before: of the writes those that may have changed
    /// it, all of them. Reads are not told apart; if the last call is a read that never ended, at least half of all calls
    /// about it are taken for lost.
    pub lost_calls: u32,
}

/// That a ticket was put back to be tried later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutBack {
    /// How many times.
    pub times: u32,
    /// When it was for the first time.
    pub since: Timestamp,
}

/// A call that is about to be sent.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// The key of the account's quota.
    pub account: String,
    /// The account's limits.
    pub limits: Vec<Limit>,
    /// The operation.
    pub operation: Operation,
    /// How many requests it may make.
    pub requests: usize,
    /// The tickets that it names.
    pub tickets: Vec<TicketId>,
    /// How long it may take.
    pub longest: Duration,
    /// What it is a part of; `None` for a call that is no part of a job.
    pub work: Option<Work>,
}

/// The work that a call is a part of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Work {
    /// The job.
    pub job: JobId,
    /// The worker.
    pub worker: WorkerId,
    /// The account's name in the job.
    pub account: String,
}

/// Whether a call may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is recorded, has its slots, and may be sent soon: the slots were taken at this time of the ledger or after it.
    Slot(CallId, Timestamp),
    /// No slot is free for this time at least. Nothing is recorded.
    Full(Duration),
    /// The vendor asked for a pause that lasts for this time. Nothing is recorded.
    Closed(Duration),
    /// So many calls are in flight that no other one may be. Nothing is recorded.
    Busy(Duration),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a reply.
    Answered,
    /// The vendor accepted it and carries it out later.
    Accepted {
        /// As this job.
        job: VendorJob,
        /// The status of the reply.
        status: Option<u16>,
    },
    /// With an error.
    Failed {
        /// Its kind.
        kind: ErrorKind,
        /// Whether the vendor may have acted.
        effect: Effect,
        /// The status of the reply.
        status: Option<u16>,
    },
    /// It was not sent after all, so it counts nowhere.
    Unsent,
}

impl Ended {
    /// The end with this error, or without one.
    pub fn of(error: Option<&Error>) -> Self {
        let Some(error) = error else {
            return Self::Answered;
        };
        let status = error.status();
        match error.job().cloned() {
            Some(job) => Self::Accepted { job, status },
            None => Self::Failed {
                kind: error.kind(),
                effect: error.effect(),
                status,
            },
        }
    }

    /// Whether it certainly changed nothing.
    pub const fn is_without_effect(&self) -> bool {
        match self {
            Self::Answered | Self::Accepted { .. } => false,
            Self::Failed { effect, .. } => matches!(effect, Effect::None),
            Self::Unsent => true,
        }
    }
}

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

/// A recorded call.
#[derive(Clone, Debug, Serialize)]
pub struct JobCall {
    /// Its id.
    pub id: CallId,
    /// The key of its account.
    pub account: String,
    /// The operation.
    pub operation: Operation,
    /// The tickets that it named.
    pub tickets: Vec<TicketId>,
    /// The worker that made it.
    pub worker: Option<WorkerId>,
    /// When it was recorded, just before it was sent.
    pub taken_at: Timestamp,
    /// From when on it can no longer act, if nobody recorded its end.
    pub expires_at: Timestamp,
    /// When its end was recorded.
    pub ended_at: Option<Timestamp>,
    /// The kind of its error.
    pub kind: Option<ErrorKind>,
    /// Whether the vendor may have acted, if it failed.
    pub effect: Option<Effect>,
    /// The status of the reply, if it failed or was only accepted.
    pub status: Option<u16>,
    /// The job as which the vendor accepted it, to carry it out later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<VendorJob>,
}

/// The quota of an account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountState {
    /// The key of its quota.
    pub key: String,
    /// How many calls are in flight, or may be.
    pub in_flight: u64,
    /// How many of these are of workers that are lost: they hold their slots until they expire.
    pub lost: u64,
    /// Until when the vendor asked for a pause.
    pub closed_until: Option<Timestamp>,
    /// Why no call of a job is made, and until when.
    pub suspended: Option<Suspension>,
}

/// Why an account makes no calls for jobs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Suspension {
    /// Why.
    pub because: String,
    /// When it resumes by itself; `None`: when a person resumes the job.
    pub until: Option<Timestamp>,
}
