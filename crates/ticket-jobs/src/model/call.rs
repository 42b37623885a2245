//! Calls: before they are sent, and as they are recorded.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use ticket_core::provider::{Limit, VendorJob};
use ticket_core::{Effect, Error, ErrorKind, Operation, TicketId};

use super::job::{CallId, JobId, WorkerId};

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

/// A recorded call.
#[derive(Clone, Debug, Serialize)]
pub struct JobCall {
    /// Its id.
    pub id: CallId,
    /// The key of its account.
    pub account: String,
    /// The operation.
    pub operation: Operation,
    /// How many requests it may have made: so many places of each limit it took.
    pub requests: u64,
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
