#![doc = include_str!("../README.md")]

mod actor;
pub mod approval;
pub mod archive;
mod begun;
mod check;
mod claims;
mod clock;
mod conclude;
mod digest;
pub mod erase;
pub mod export;
mod failures;
mod folder;
mod format;
mod going;
#[cfg(any(doc, doctest))]
pub mod guide;
mod jobs;
mod lane;
mod ledger;
mod loading;
mod memory;
mod model;
pub mod plan;
mod poison;
#[cfg(feature = "report")]
pub mod report;
mod rules;
mod run;
pub mod signature;
mod slots;
#[cfg(feature = "sqlite")]
mod sqlite;
mod standing;
mod steer;
pub mod store;
#[cfg(feature = "suite")]
pub mod suite;
mod turn;
mod unasked;
mod words;
mod worker;

pub use actor::user_at_host;
pub use clock::Clock;
pub use jobs::{JobOutcome, Jobs};
pub use ledger::{BEAT, LOST_AFTER, Ledger, MARGIN, tickets};
pub use loading::{Loading, Look, Looked};
pub use memory::MemoryLedger;
pub use model::{
    AccountSearch, AccountState, Again, ArchiveGuard, Archived, CallId, Claim, Claimed, Confirmed,
    Ended, Erasure, Event, EventKind, Guards, Job, JobAccount, JobCall, JobId, JobState, JobTicket,
    Listed, LookedAgain, MaxFailures, NewCall, NewJob, Offer, Percent, PersonHash, PutBack, Seen,
    Step, Suspension, Taken, Unasked, Which, Work, WorkerId,
};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLedger;
pub use standing::{Standing, look_again};
pub use steer::PLAN_LASTS;
pub use worker::{Worker, WorkerEvent};
