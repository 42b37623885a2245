//! Values as a ledger's rows hold them, and the errors of reading and writing them.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ticket_core::{Error, ErrorKind};

use crate::model::{JobId, JobState};
use crate::store;

/// Why an operation failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// For a reason that its caller is told.
    Refused(Error),
    /// The ledger cannot be read or written.
    Sql(rusqlite::Error),
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Failure {
    /// The error for the caller.
    pub(super) fn told(self, path: &Path) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Sql(error) => unusable(path, &error),
        }
    }
}

/// What is wrong with the ledger at this path, and what to do.
pub(super) fn unusable(path: &Path, error: &rusqlite::Error) -> Error {
    let path = path.display();
    let message = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => format!(
            "the ledger {path} cannot be written: its disk is full; free some space and try again"
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => format!(
            "the ledger {path} cannot be written: the file, its folder or its disk is read-only; make them writable, or \
             name another ledger"
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => format!(
            "the ledger {path} was kept locked by another process for 30 s; wait until it is done, or end it, and try \
             again"
        ),
        Some(ErrorCode::NotADatabase) => {
            format!("{path} is not a ledger; name another file, or move this one away")
        }
        Some(ErrorCode::DatabaseCorrupt) => format!(
            "the ledger {path} is damaged ({error}); move it away together with its -wal file, and keep both: what they \
             record may still be read with sqlite3's .recover"
        ),
        Some(ErrorCode::SystemIoFailure) => format!(
            "the ledger {path} cannot be read or written ({error}); see whether its disk is full or fails"
        ),
        _ => format!("the ledger {path} cannot be used: {error}"),
    };
    Error::config(message)
}

/// There is no such job.
pub(super) fn no_job(id: &JobId) -> Failure {
    store::no_job(id).into()
}

/// The job's state does not allow this.
pub(super) fn conflict(message: impl Into<String>) -> Failure {
    Error::new(ErrorKind::Conflict, message).into()
}

pub(super) fn nanos(time: Timestamp) -> i64 {
    let clamp = |nanos: i128| nanos.clamp(i64::MIN.into(), i64::MAX.into());
    i64::try_from(clamp(time.as_nanosecond())).unwrap_or_default()
}

pub(super) fn time(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanos.into()).unwrap_or(Timestamp::MAX)
}

/// A duration in nanoseconds; about 292 years at most.
pub(super) fn span(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// How long it is from `now` to `then`; zero if that is over.
pub(super) fn left(now: i64, then: i64) -> std::time::Duration {
    let nanos = then.saturating_sub(now).max(0);
    std::time::Duration::from_nanos(nanos.unsigned_abs())
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    Ok(store::json(value)?)
}

pub(super) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    Ok(store::from_json(what, text)?)
}

pub(super) fn state(name: &str) -> Result<JobState> {
    Ok(store::state(name)?)
}
