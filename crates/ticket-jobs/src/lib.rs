#![doc = include_str!("../README.md")]

pub mod archive;
mod clock;
pub mod export;
mod folder;
mod lane;
mod ledger;
mod memory;
mod model;
mod run;
mod slots;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "suite")]
pub mod suite;

pub use clock::Clock;
pub use ledger::{BEAT, LOST_AFTER, Ledger, MARGIN, tickets};
pub use memory::MemoryLedger;
pub use model::{
    AccountState, ArchiveGuard, Archived, CallId, Claim, Claimed, Confirmed, Ended, Event,
    EventKind, Guards, Job, JobAccount, JobCall, JobId, JobState, JobTicket, Listed, NewCall,
    NewJob, Seen, Step, Suspension, Taken, Which, Work, WorkerId,
};
pub use run::{JobOutcome, Jobs, Loading};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLedger;
