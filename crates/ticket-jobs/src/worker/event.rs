//! What a worker tells of its work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ticket_core::{Change, Error};

use crate::model::{JobId, Unasked};

/// Something that a [`Worker`](crate::Worker) tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WorkerEvent {
    /// The ledger answered what it offers, which it is asked about once a second.
    Answered,
    /// The ledger did not answer. It is asked again.
    NoAnswer {
        /// Why.
        error: Error,
    },
    /// The work on an account of a job begins.
    Began {
        /// The job.
        job: JobId,
        /// The account's name.
        account: String,
    },
    /// The work on an account of a job cannot begin here. It is tried again after a minute.
    Refused {
        /// The job.
        job: JobId,
        /// The account's name.
        account: String,
        /// Why.
        error: Error,
    },
    /// The work on an account of a job ended: nothing is left to do now, or other work is to be done.
    Ended {
        /// The job.
        job: JobId,
        /// The account's name.
        account: String,
        /// How many tickets have got which outcome, by [`Outcome::as_str`](ticket_core::Outcome::as_str).
        outcomes: BTreeMap<&'static str, u64>,
        /// How many tickets were tried and are open.
        left: u64,
        /// Why it ended, if it did not come to all tickets for another reason than that.
        reason: Option<Error>,
        /// For how long this worker leaves the account alone, which did not answer.
        pause: Option<Duration>,
    },
    /// The vendor says that it changed tickets that nobody asked for. It is told as soon as the vendor's reply is read, and
    /// [kept](crate::EventKind::Unasked) with the job.
    Unasked {
        /// The job.
        job: JobId,
        /// What the job does to its tickets.
        change: Change,
        /// The account and the tickets.
        unasked: Unasked,
    },
    /// The work on a job was lost: the ledger did not answer, or the worker was paused for too long. What it had is offered
    /// again.
    Lost {
        /// The job.
        job: JobId,
        /// Why.
        error: Error,
    },
}

/// Takes what a worker tells.
pub(super) type Tell = Arc<dyn Fn(WorkerEvent) + Send + Sync>;
