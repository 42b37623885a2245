//! The accounts, whose quota all calls share.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
