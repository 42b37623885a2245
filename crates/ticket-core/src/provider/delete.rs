//! What became of each ticket that was to be deleted: exactly one answer per asked id.

use std::fmt;

use crate::model::ticket::{TicketId, Version};
use crate::provider::error::{Effect, Error, ErrorKind, Result};

/// A ticket to be deleted.
///
/// ```
/// use ticket_core::{DeleteTarget, Version};
///
/// let target = DeleteTarget::from("121");
/// assert!(target.version.is_none());
/// let unchanged = DeleteTarget::new("121").version(Version::new("W/\"7\""));
/// assert_ne!(target, unchanged);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DeleteTarget {
    /// Its id.
    pub id: TicketId,
    /// Delete it only while it has this version.
    pub version: Option<Version>,
}

impl DeleteTarget {
    /// The ticket with this id, whatever its version.
    pub fn new(id: impl Into<TicketId>) -> Self {
        Self {
            id: id.into(),
            version: None,
        }
    }

    /// Deletes it only while it has this version.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }
}

impl<I: Into<TicketId>> From<I> for DeleteTarget {
    fn from(id: I) -> Self {
        Self::new(id)
    }
}

/// What became of one ticket.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeleteOutcome {
    /// The vendor confirmed that it is deleted.
    Deleted,
    /// A repeat, after an attempt of unknown effect, found nothing: it is not there any more. That the attempt
    /// deleted it is likely, not proven: nobody looked before.
    AlreadyGone,
    /// The vendor says that there is no such ticket; its own words are in the error. Some vendors give the
    /// same answer for a ticket that is closed or not yours.
    NotFound(Error),
    /// It was not deleted.
    Failed(Error),
    /// Nobody knows: it may or may not be gone.
    Unknown(Error),
    /// Nothing was done to it, and why: the work was stopped before its turn or before another attempt at it, or the
    /// account had failed for good before. Only from
    /// [`Tickets::delete_all`](crate::Tickets::delete_all) and what is built on it.
    Unattempted(Error),
}

impl DeleteOutcome {
    /// The outcome of a ticket after a call about it, or about a whole batch, failed.
    pub fn from_error(error: Error) -> Self {
        match error.effect() {
            Effect::None => Self::Failed(error),
            Effect::Unknown => Self::Unknown(error),
        }
    }

    /// The outcome in `snake_case`, as the command prints it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::AlreadyGone => "already_gone",
            Self::NotFound(_) => "not_found",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Unattempted(_) => "unattempted",
        }
    }

    /// Whether the ticket is gone: deleted, or not there any more after an attempt to delete it.
    pub const fn is_deleted(&self) -> bool {
        matches!(self, Self::Deleted | Self::AlreadyGone)
    }

    /// Why it was not deleted or not tried, or why nobody knows.
    pub const fn error(&self) -> Option<&Error> {
        match self {
            Self::Deleted | Self::AlreadyGone => None,
            Self::NotFound(error)
            | Self::Failed(error)
            | Self::Unknown(error)
            | Self::Unattempted(error) => Some(error),
        }
    }
}

impl fmt::Display for DeleteOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The outcomes of a delete: exactly one per asked id, in the order asked; an id asked twice is answered twice.
///
/// ```
/// use ticket_core::{DeleteOutcome, DeleteReport, DeleteTarget};
///
/// let targets = ["160", "161"].map(DeleteTarget::from);
/// let report = DeleteReport::from_fn(&targets, |_| DeleteOutcome::Deleted);
/// assert!(report.all_deleted());
/// assert_eq!(report.len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct DeleteReport {
    outcomes: Vec<(TicketId, DeleteOutcome)>,
}

impl DeleteReport {
    /// Asks `outcome` for the answer to each target. This is the only way to make a report, so that none can
    /// lack an id or name one that was not asked for.
    pub fn from_fn(
        targets: &[DeleteTarget],
        mut outcome: impl FnMut(&TicketId) -> DeleteOutcome,
    ) -> Self {
        let outcomes = targets.iter();
        Self {
            outcomes: outcomes
                .map(|target| (target.id.clone(), outcome(&target.id)))
                .collect(),
        }
    }

    /// The report of a vendor that deletes one ticket per call, `id`.
    ///
    /// An answer about the ticket itself (there is none, or its state forbids it) is an outcome; anything
    /// else (credentials, quota, transport, an unknown effect) is about the call.
    ///
    /// # Errors
    ///
    /// Returns the error where it is not about the ticket.
    pub fn of_one(id: &TicketId, result: Result<()>) -> Result<Self> {
        let outcome = match result {
            Ok(()) => DeleteOutcome::Deleted,
            Err(error) => {
                let error = error.on_ticket(id);
                match (error.kind(), error.effect()) {
                    (ErrorKind::NotFound, Effect::None) => DeleteOutcome::NotFound(error),
                    (ErrorKind::Conflict, Effect::None) => DeleteOutcome::Failed(error),
                    _ => return Err(error),
                }
            }
        };
        Ok(Self {
            outcomes: vec![(id.clone(), outcome)],
        })
    }

    /// What became of each id, in the order asked.
    pub(crate) fn from_outcomes(outcomes: Vec<(TicketId, DeleteOutcome)>) -> Self {
        Self { outcomes }
    }

    /// What became of each id, in the order asked.
    pub(crate) fn into_outcomes(self) -> Vec<(TicketId, DeleteOutcome)> {
        self.outcomes
    }

    /// The same report with each outcome replaced.
    pub(crate) fn map(self, replace: impl Fn(DeleteOutcome) -> DeleteOutcome) -> Self {
        let outcomes = self.outcomes.into_iter();
        Self {
            outcomes: outcomes
                .map(|(id, outcome)| (id, replace(outcome)))
                .collect(),
        }
    }

    /// The ids with their outcomes, in the order asked.
    pub fn iter(&self) -> impl Iterator<Item = (&TicketId, &DeleteOutcome)> {
        self.outcomes.iter().map(|(id, outcome)| (id, outcome))
    }

    /// The outcome of `id`, where it was asked for.
    pub fn outcome(&self, id: &TicketId) -> Option<&DeleteOutcome> {
        self.iter()
            .find(|(asked, _)| *asked == id)
            .map(|(_, outcome)| outcome)
    }

    /// Whether every asked ticket is deleted. True of the empty report.
    pub fn all_deleted(&self) -> bool {
        self.outcomes
            .iter()
            .all(|(_, outcome)| outcome.is_deleted())
    }

    /// How many ids were asked for.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }
}

impl IntoIterator for DeleteReport {
    type Item = (TicketId, DeleteOutcome);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.outcomes.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "failed")
    }

    #[test]
    fn only_what_is_confirmed_counts_as_deleted() {
        let targets = ["1", "2"].map(DeleteTarget::from);
        let report = |last: DeleteOutcome| {
            DeleteReport::from_fn(&targets, |id| match id.as_str() {
                "1" => DeleteOutcome::Deleted,
                _ => last.clone(),
            })
        };
        assert!(report(DeleteOutcome::Deleted).all_deleted());
        assert!(report(DeleteOutcome::AlreadyGone).all_deleted());
        assert!(!report(DeleteOutcome::Unknown(error(ErrorKind::Timeout))).all_deleted());
        assert!(!report(DeleteOutcome::NotFound(error(ErrorKind::NotFound))).all_deleted());
        let report = report(DeleteOutcome::Failed(error(ErrorKind::Conflict)));
        assert!(!report.all_deleted());
        let outcomes = targets.map(|target| report.outcome(&target.id).map(DeleteOutcome::as_str));
        assert_eq!(outcomes, [Some("deleted"), Some("failed")]);
        assert!(report.outcome(&"3".into()).is_none());
    }

    #[test]
    fn an_answer_about_the_ticket_is_an_outcome_unless_its_effect_is_unknown() {
        let id = TicketId::new("1");
        let of_one = |error: Error| {
            let report = DeleteReport::of_one(&id, Err(error))?;
            let outcome = report.outcome(&id).unwrap();
            assert_eq!(outcome.error().unwrap().ticket(), Some(&id));
            Ok::<_, Error>(outcome.as_str())
        };
        assert_eq!(of_one(error(ErrorKind::NotFound)).unwrap(), "not_found");
        assert_eq!(of_one(error(ErrorKind::Conflict)).unwrap(), "failed");
        for kind in [ErrorKind::NotFound, ErrorKind::Conflict] {
            let error = of_one(error(kind).with_effect(Effect::Unknown)).unwrap_err();
            assert_eq!(DeleteOutcome::from_error(error).as_str(), "unknown");
        }
        assert_eq!(
            of_one(error(ErrorKind::Unauthenticated))
                .unwrap_err()
                .kind(),
            ErrorKind::Unauthenticated
        );
    }
}
