//! What a change came to for one ticket.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::provider::error::{Effect, Error, ErrorKind};

/// What a change came to for one ticket.
///
/// It can be written to storage and read back. The words that the command prints depend on the change: see
/// [`Change::word`](crate::Change::word).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "error", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The vendor confirmed the change.
    Done,
    /// The ticket is as the change leaves it, as a read proves: after an attempt of unknown effect, or before the first
    /// one. Who changed it is not known.
    AlreadyDone,
    /// The vendor says that there is no such ticket; its own words are in the error, and whether a read
    /// [confirmed](Error::is_confirmed) it. Some vendors give the same answer for a ticket that is closed or not yours.
    NotFound(Error),
    /// The ticket was not changed. Of a [`Purge`](crate::Change::Purge) that failed after its first step, the error says that
    /// the ticket may be in the trash.
    Failed(Error),
    /// The ticket may or may not be changed.
    Unknown(Error),
    /// Nothing was sent about the ticket, and why: the work was stopped or the deadline came before its turn, or the
    /// account had failed for good before. Of a [`Purge`](crate::Change::Purge) that ends between its two steps, the error
    /// says that the ticket is in the trash. Only from bulk changes.
    Unattempted(Error),
}

impl Outcome {
    /// The outcome of a ticket after a call about it, or about a whole batch, failed: by the error's effect.
    pub fn from_error(error: Error) -> Self {
        match error.effect() {
            Effect::None => Self::Failed(error),
            Effect::Unknown => Self::Unknown(error),
        }
    }

    /// The outcome in `snake_case`, whatever the change.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadyDone => "already_done",
            Self::NotFound(_) => "not_found",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Unattempted(_) => "unattempted",
        }
    }

    /// Whether the ticket is as the change leaves it.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadyDone)
    }

    /// Whether the change is still to be made: nothing has happened to the ticket, and not because of the ticket.
    /// The vendor was unreachable, somebody else answered, or the whole account was refused.
    pub fn is_left_to_do(&self) -> bool {
        match self {
            Self::Unattempted(_) => true,
            Self::Failed(error) => {
                let is_about_the_account = matches!(
                    error.kind(),
                    ErrorKind::Unauthenticated
                        | ErrorKind::TokenExpired
                        | ErrorKind::QuotaExhausted
                        | ErrorKind::Config
                        | ErrorKind::BadResponse
                );
                error.effect() == Effect::None && (error.is_transient() || is_about_the_account)
            }
            _ => false,
        }
    }

    /// Why it was not changed or not attempted, or why nobody knows.
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Done | Self::AlreadyDone => None,
            Self::NotFound(error)
            | Self::Failed(error)
            | Self::Unknown(error)
            | Self::Unattempted(error) => Some(error),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::error::ErrorKind;

    #[test]
    fn an_outcome_is_read_back_as_it_was_written() {
        let error = || Error::new(ErrorKind::Conflict, "locked");
        for outcome in [
            Outcome::Done,
            Outcome::AlreadyDone,
            Outcome::NotFound(error()),
            Outcome::Failed(error()),
            Outcome::Unknown(error()),
            Outcome::Unattempted(error()),
        ] {
            let written = serde_json::to_string(&outcome).unwrap();
            assert!(
                written.contains(&format!("\"outcome\":\"{outcome}\"")),
                "{written}"
            );
            let read: Outcome = serde_json::from_str(&written).unwrap();
            assert_eq!(read.as_str(), outcome.as_str());
            let message = |outcome: &Outcome| outcome.error().map(Error::to_string);
            assert_eq!(message(&read), message(&outcome));
            assert_eq!(outcome.error().is_none(), outcome.is_done());
        }
    }

    #[test]
    fn the_effect_of_a_failed_call_decides_whatever_its_kind() {
        for (kind, effect, word) in [
            (ErrorKind::Timeout, Effect::Unknown, "unknown"),
            (ErrorKind::NotFound, Effect::Unknown, "unknown"),
            (ErrorKind::Conflict, Effect::None, "failed"),
        ] {
            let error = Error::new(kind, "x").with_effect(effect);
            assert_eq!(Outcome::from_error(error).as_str(), word);
        }
    }
}
