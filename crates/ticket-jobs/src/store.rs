//! What stores of other crates need to keep what this one keeps: the words of states and outcomes in rows, and the errors
//! that each store tells in the same words.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ticket_core::provider::Removal;
use ticket_core::{Error, ErrorKind, Outcome, Result};

use crate::model::{JobAccount, JobId, JobState};

/// What an account of a job is, besides its name, its key and how it is claimed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct About {
    provider: String,
    host: Option<String>,
    removal: Removal,
    takes_along: Vec<String>,
}

impl About {
    /// What this account is.
    pub fn of(account: &JobAccount) -> Self {
        Self {
            provider: account.provider.clone(),
            host: account.host.clone(),
            removal: account.removal,
            takes_along: account.takes_along.clone(),
        }
    }

    /// Tells an account what it is.
    pub fn tell(self, account: &mut JobAccount) {
        account.provider = self.provider;
        account.host = self.host;
        account.removal = self.removal;
        account.takes_along = self.takes_along;
    }
}

/// There is no such job.
pub fn no_job(id: &JobId) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no job {id}"))
}

/// A value that this version of the ledger cannot hold.
pub fn unreadable(what: &str, value: &str) -> Error {
    Error::config(format!(
        "the ledger holds {what} that this program does not know: {value:.60}"
    ))
}

/// A value as JSON.
///
/// # Errors
///
/// If it cannot be written.
pub fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| unreadable("a value", &error.to_string()))
}

/// A value of JSON; `what` it is, for the error.
///
/// # Errors
///
/// If this version does not know it.
pub fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| unreadable(what, text))
}

/// The one of `all` that has this name; `what` it is, for the error.
///
/// # Errors
///
/// If none has it.
pub fn named<T: Copy>(
    what: &str,
    all: &[T],
    name_of: impl Fn(T) -> &'static str,
    name: &str,
) -> Result<T> {
    let found = all.iter().copied().find(|item| name_of(*item) == name);
    found.ok_or_else(|| unreadable(what, name))
}

/// The state with this name.
///
/// # Errors
///
/// If there is none.
pub fn state(name: &str) -> Result<JobState> {
    let all = [
        JobState::Loading,
        JobState::AwaitingConfirmation,
        JobState::Ready,
        JobState::Paused,
        JobState::Cancelling,
        JobState::Completed,
        JobState::Cancelled,
    ];
    named("a state of a job", &all, JobState::as_str, name)
}

/// The outcome with this name. Without its error it is that of a ticket whose job was cancelled.
///
/// # Errors
///
/// If there is none, or the error cannot be read.
pub fn outcome(name: &str, error: Option<&str>) -> Result<Outcome> {
    let error = || match error {
        Some(error) => from_json("an error", error),
        None => Ok(Error::new(
            ErrorKind::Cancelled,
            "the job was cancelled before this ticket was sent",
        )),
    };
    Ok(match name {
        "done" => Outcome::Done,
        "already_done" => Outcome::AlreadyDone,
        "not_found" => Outcome::NotFound(error()?),
        "failed" => Outcome::Failed(error()?),
        "unknown" => Outcome::Unknown(error()?),
        "unattempted" => Outcome::Unattempted(error()?),
        other => return Err(unreadable("an outcome", other)),
    })
}
