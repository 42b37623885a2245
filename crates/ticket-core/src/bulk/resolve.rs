//! What became of each of many tickets that were to be marked as solved.

use std::fmt;

use crate::provider::error::{Effect, Error, ErrorKind, Result};

/// What became of one ticket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ResolveOutcome {
    /// The vendor confirmed that it is marked as solved.
    Resolved,
    /// The vendor says that there is no such ticket; its own words are in the error. Some vendors give the
    /// same answer for a ticket that is closed already.
    NotFound(Error),
    /// It was not marked.
    Failed(Error),
    /// Nobody knows.
    Unknown(Error),
    /// Nothing was done to it, and why: see [`DeleteOutcome::Unattempted`](crate::DeleteOutcome::Unattempted).
    Unattempted(Error),
}

impl ResolveOutcome {
    /// The outcome of a call about one ticket.
    pub fn from_result(result: Result<()>) -> Self {
        match result {
            Ok(()) => Self::Resolved,
            Err(error) if error.effect() == Effect::Unknown => Self::Unknown(error),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::NotFound(error),
            Err(error) => Self::Failed(error),
        }
    }

    /// The outcome in `snake_case`, as the command prints it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::NotFound(_) => "not_found",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Unattempted(_) => "unattempted",
        }
    }

    /// Why it was not done or not tried, or why nobody knows.
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Resolved => None,
            Self::NotFound(error)
            | Self::Failed(error)
            | Self::Unknown(error)
            | Self::Unattempted(error) => Some(error),
        }
    }
}

impl fmt::Display for ResolveOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_it_was_not_done_is_told_of_all_but_what_was_done() {
        assert!(ResolveOutcome::Resolved.error().is_none());
        let outcomes = [
            ResolveOutcome::NotFound,
            ResolveOutcome::Failed,
            ResolveOutcome::Unknown,
            ResolveOutcome::Unattempted,
        ];
        for outcome in outcomes.map(|outcome| outcome(Error::new(ErrorKind::Conflict, "locked"))) {
            let error = outcome.error().map(Error::message);
            assert_eq!(error, Some("locked"), "{outcome}");
        }
    }

    #[test]
    fn what_may_have_happened_is_unknown_whatever_the_kind() {
        let word = |kind, effect| {
            let error = Error::new(kind, "x").with_effect(effect);
            ResolveOutcome::from_result(Err(error)).as_str()
        };
        assert_eq!(ResolveOutcome::from_result(Ok(())).as_str(), "resolved");
        assert_eq!(word(ErrorKind::NotFound, Effect::None), "not_found");
        assert_eq!(word(ErrorKind::NotFound, Effect::Unknown), "unknown");
        assert_eq!(word(ErrorKind::Timeout, Effect::Unknown), "unknown");
        assert_eq!(word(ErrorKind::Conflict, Effect::None), "failed");
    }
}
