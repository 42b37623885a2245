//! What a case returns, and how it describes what it found.

use std::fmt::Debug;

use ticket_core::{Change, DeleteReport, Error, Outcome, TicketId};

use crate::fixture::SkipReason;

/// Why a case did not pass.
#[derive(Debug)]
pub(crate) enum NotPassed {
    Fail {
        what: String,
        expected: String,
        found: String,
    },
    Skip(String),
}

/// The result of a case.
pub(crate) type CaseResult<T = ()> = Result<T, NotPassed>;

impl From<SkipReason> for NotPassed {
    fn from(reason: SkipReason) -> Self {
        Self::Skip(reason.text().to_owned())
    }
}

/// Fails the case: the promise is broken.
pub(crate) fn fail<T>(
    what: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> CaseResult<T> {
    Err(NotPassed::Fail {
        what: what.into(),
        expected: expected.into(),
        found: found.into(),
    })
}

/// Fails the case unless the condition holds.
pub(crate) fn ensure(
    holds: bool,
    what: impl Into<String>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> CaseResult {
    if holds {
        Ok(())
    } else {
        fail(what, expected, found)
    }
}

/// Skips the case: it does not apply.
pub(crate) fn skip<T>(reason: impl Into<String>) -> CaseResult<T> {
    Err(NotPassed::Skip(reason.into()))
}

/// Describes the result of a call.
pub(crate) fn describe<T: Debug>(result: &Result<T, Error>) -> String {
    match result {
        Ok(value) => format!("success: {value:?}"),
        Err(error) => describe_error(error),
    }
}

/// Describes an error, including its kind and effect.
pub(crate) fn describe_error(error: &Error) -> String {
    format!("{} of effect {}: {error}", error.kind(), error.effect())
}

/// Describes what came of a ticket that was to be deleted: the word, and why if it was not.
pub(crate) fn describe_outcome(outcome: &Outcome) -> String {
    let word = Change::Delete.word(outcome);
    match outcome.error() {
        None => format!("`{word}`"),
        Some(error) => format!("`{word}`: {}", describe_error(error)),
    }
}

/// Describes what came of each ticket.
pub(crate) fn describe_report(report: &DeleteReport) -> String {
    let outcomes = report.iter();
    let outcomes = outcomes.map(|(id, outcome)| format!("{id} {}", describe_outcome(outcome)));
    outcomes.collect::<Vec<_>>().join("; ")
}

/// The only outcome of a delete of one ticket.
pub(crate) fn only_outcome(report: &DeleteReport) -> CaseResult<(&TicketId, &Outcome)> {
    let mut outcomes = report.iter();
    match (outcomes.next(), outcomes.next()) {
        (Some(outcome), None) => Ok(outcome),
        _ => fail(
            "one ticket was deleted",
            "one outcome",
            format!("{} outcomes", report.len()),
        ),
    }
}
