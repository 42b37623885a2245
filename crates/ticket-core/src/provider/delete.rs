//! The result of deletes: exactly one outcome per requested id.

use crate::model::ticket::TicketId;
use crate::provider::error::{Effect, ErrorKind, Result};
use crate::provider::outcome::Outcome;
use crate::provider::target::DeleteTarget;

/// The outcomes of a delete: exactly one per requested id, in the order requested. A duplicate id has one
/// outcome per occurrence.
///
/// ```
/// use ticket_core::{Outcome, DeleteReport, DeleteTarget};
///
/// let targets = ["160", "161"].map(DeleteTarget::from);
/// let report = DeleteReport::from_fn(&targets, |_| Outcome::Done);
/// assert!(report.all_deleted());
/// assert_eq!(report.len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct DeleteReport {
    outcomes: Vec<(TicketId, Outcome)>,
    unasked: Vec<TicketId>,
}

impl DeleteReport {
    /// Creates a report by calling `outcome` for each target. There is no way to create a report with a
    /// missing or an extra id.
    pub fn from_fn(
        targets: &[DeleteTarget],
        mut outcome: impl FnMut(&TicketId) -> Outcome,
    ) -> Self {
        let outcomes = targets.iter();
        Self {
            outcomes: outcomes
                .map(|target| (target.id.clone(), outcome(&target.id)))
                .collect(),
            unasked: Vec::new(),
        }
    }

    /// Adds tickets that the vendor says it deleted although nobody asked for them.
    #[must_use]
    pub fn with_unasked(mut self, tickets: impl IntoIterator<Item = TicketId>) -> Self {
        self.unasked.extend(tickets);
        self
    }

    /// The tickets that the vendor says it deleted although nobody asked for them.
    pub fn unasked(&self) -> &[TicketId] {
        &self.unasked
    }

    /// Creates the report of a call that deletes one ticket, `id`.
    ///
    /// An error about the ticket itself (not found, or its state forbids a delete) becomes an outcome. Any
    /// other error (credentials, quota, transport, an unknown effect) is about the call.
    ///
    /// # Errors
    ///
    /// Returns the error if it is not about the ticket.
    pub fn of_one(id: &TicketId, result: Result<()>) -> Result<Self> {
        let outcome = match result {
            Ok(()) => Outcome::Done,
            Err(error) => {
                let error = error.on_ticket(id);
                match (error.kind(), error.effect()) {
                    (ErrorKind::NotFound, Effect::None) => Outcome::NotFound(error),
                    (ErrorKind::Conflict, Effect::None) => Outcome::Failed(error),
                    _ => return Err(error),
                }
            }
        };
        Ok(Self {
            outcomes: vec![(id.clone(), outcome)],
            unasked: Vec::new(),
        })
    }

    /// The report with these outcomes.
    pub(crate) fn from_outcomes(outcomes: Vec<(TicketId, Outcome)>) -> Self {
        Self {
            outcomes,
            unasked: Vec::new(),
        }
    }

    /// The outcome of each id, in the order requested, and the tickets that nobody asked for.
    pub(crate) fn into_parts(self) -> (Vec<(TicketId, Outcome)>, Vec<TicketId>) {
        (self.outcomes, self.unasked)
    }

    /// The same report with each outcome replaced.
    pub(crate) fn map(self, replace: impl Fn(Outcome) -> Outcome) -> Self {
        let outcomes = self.outcomes.into_iter();
        Self {
            outcomes: outcomes
                .map(|(id, outcome)| (id, replace(outcome)))
                .collect(),
            unasked: self.unasked,
        }
    }

    /// The same report after an attempt of unknown effect. A ticket that is rejected or not found becomes `Unknown`: the
    /// earlier attempt may have deleted it, and neither answer proves that it did.
    pub(crate) fn in_doubt(self) -> Self {
        self.map(|outcome| match outcome {
            Outcome::NotFound(error) | Outcome::Failed(error) => {
                Outcome::Unknown(error.with_effect(Effect::Unknown))
            }
            settled => settled,
        })
    }

    /// The ids with their outcomes, in the order requested.
    pub fn iter(&self) -> impl Iterator<Item = (&TicketId, &Outcome)> {
        self.outcomes.iter().map(|(id, outcome)| (id, outcome))
    }

    /// The outcome of `id`, if it was requested.
    pub fn outcome(&self, id: &TicketId) -> Option<&Outcome> {
        self.iter()
            .find(|(asked, _)| *asked == id)
            .map(|(_, outcome)| outcome)
    }

    /// Whether every requested ticket is deleted, and [no other](Self::unasked). True for an empty report.
    pub fn all_deleted(&self) -> bool {
        self.unasked.is_empty() && self.outcomes.iter().all(|(_, outcome)| outcome.is_done())
    }

    /// The number of requested ids.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether no id was requested.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }
}

impl IntoIterator for DeleteReport {
    type Item = (TicketId, Outcome);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.outcomes.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::error::Error;

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "failed")
    }

    #[test]
    fn only_what_is_confirmed_counts_as_deleted() {
        let targets = ["1", "2"].map(DeleteTarget::from);
        let report = |last: Outcome| {
            DeleteReport::from_fn(&targets, |id| match id.as_str() {
                "1" => Outcome::Done,
                _ => last.clone(),
            })
        };
        assert!(report(Outcome::Done).all_deleted());
        assert!(report(Outcome::AlreadyDone).all_deleted());
        assert!(!report(Outcome::Unknown(error(ErrorKind::Timeout))).all_deleted());
        assert!(!report(Outcome::NotFound(error(ErrorKind::NotFound))).all_deleted());
        let report = report(Outcome::Failed(error(ErrorKind::Conflict)));
        assert!(!report.all_deleted());
        let outcomes = targets.map(|target| report.outcome(&target.id).map(Outcome::as_str));
        assert_eq!(outcomes, [Some("done"), Some("failed")]);
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
            assert_eq!(Outcome::from_error(error).as_str(), "unknown");
        }
        assert_eq!(
            of_one(error(ErrorKind::Unauthenticated))
                .unwrap_err()
                .kind(),
            ErrorKind::Unauthenticated
        );
    }
}
