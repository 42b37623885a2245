//! What happened to a job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: EventKind,
    /// By whom or what, such as `user@host, tickets 0.1.0`.
    pub by: Option<String>,
    /// More about it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many tickets had failed, were unknown or were not found when a job with the guard
    /// [`max_failures`](crate::Guards::max_failures) was [resumed](EventKind::Resumed): it counts those after them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<u64>,
}

impl Event {
    /// That this happens at this time.
    pub const fn new(at: Timestamp, what: EventKind) -> Self {
        Self {
            at,
            what,
            by: None,
            detail: None,
            failures: None,
        }
    }
}

/// What happened to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// Its list was completed.
    Planned,
    /// It was confirmed.
    Confirmed,
    /// A worker began to work on it.
    Began,
    /// A worker ended its work.
    Ended,
    /// It was paused.
    Paused,
    /// It was resumed.
    Resumed,
    /// It was cancelled.
    Cancelled,
    /// The tickets that waited for the end of the canary were released.
    Released,
    /// An account of it has not answered for so long that its open tickets are left.
    GaveUp,
    /// Its priority was changed.
    Prioritized,
    /// The work stopped, since too many tickets failed.
    TooManyFailures,
}

impl EventKind {
    /// The kind in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Confirmed => "confirmed",
            Self::Began => "began",
            Self::Ended => "ended",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::GaveUp => "gave_up",
            Self::Prioritized => "prioritized",
            Self::TooManyFailures => "too_many_failures",
        }
    }
}
