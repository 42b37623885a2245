//! The tickets that workers claim.

use std::time::Duration;

use jiff::Timestamp;
use ticket_core::TicketId;
use ticket_core::model::Version;
use ticket_core::provider::VendorJob;

use super::account::Suspension;
use super::erasure::PersonHash;
use super::job::{JobId, JobState};
use super::seen::Seen;

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
    /// The rest waits for the end of the [canary](crate::Guards::canary).
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
