//! What a ledger holds: jobs, their tickets, calls and accounts.

mod account;
mod call;
mod erasure;
mod event;
mod guards;
mod job;
mod seconds;
mod seen;
mod ticket;
mod work;

pub use self::account::{AccountState, Suspension};
pub use self::call::{Ended, JobCall, NewCall, Taken, Work};
pub use self::erasure::{AccountSearch, Again, Erasure, LookedAgain, PersonHash};
pub use self::event::{Event, EventKind, Unasked};
pub use self::guards::{ArchiveGuard, Guards, MaxFailures, Percent};
pub use self::job::{CallId, Confirmed, Job, JobAccount, JobId, JobState, NewJob, Step, WorkerId};
pub use self::seen::Seen;
pub use self::ticket::{Archived, JobTicket, Which};
pub use self::work::{Claim, Claimed, Listed, Offer, PutBack};
