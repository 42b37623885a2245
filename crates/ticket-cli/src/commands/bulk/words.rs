//! The names of changes and outcomes. In a dry run, the outcome is `None`.

use comfy_table::Color;
use tickets::{Change, Effect, ErrorKind, Outcome};

/// The verb, such as "delete", to which "s" and "d" can be added.
pub(super) fn verb(change: &Change) -> &'static str {
    change.operation().as_str()
}

/// The verb at the beginning of a sentence.
pub(super) fn imperative(change: &Change) -> String {
    let verb = verb(change);
    let (first, rest) = verb.split_at(1);
    first.to_uppercase() + rest
}

/// An outcome in `snake_case`.
pub(super) fn word(change: &Change, outcome: Option<&Outcome>) -> String {
    match outcome {
        None => format!("would_{}", verb(change)),
        Some(outcome) => change.word(outcome).to_owned(),
    }
}

/// The position of an outcome in the summary: from success to not attempted.
pub(super) fn rank(outcome: Option<&Outcome>) -> u8 {
    match outcome {
        None | Some(Outcome::Done) => 0,
        Some(Outcome::AlreadyDone) => 1,
        Some(Outcome::NotFound(_)) => 2,
        Some(Outcome::Failed(_)) => 3,
        Some(Outcome::Unattempted(_)) => 5,
        // Other outcomes are not proven successes.
        Some(_) => 4,
    }
}

/// Whether the ticket belongs in the list of remaining tickets: nothing has happened, and the failure is
/// transient or the account's, not the ticket's.
pub(super) fn remains(outcome: Option<&Outcome>) -> bool {
    match outcome {
        Some(Outcome::Unattempted(_)) => true,
        Some(Outcome::Failed(error)) => {
            let is_the_accounts = matches!(
                error.kind(),
                ErrorKind::QuotaExhausted | ErrorKind::TokenExpired | ErrorKind::Unauthenticated
            );
            error.effect() == Effect::None && (error.is_transient() || is_the_accounts)
        }
        _ => false,
    }
}

/// Whether the change is complete for the ticket.
pub(super) fn is_done(outcome: Option<&Outcome>) -> bool {
    outcome.is_none_or(Outcome::is_done)
}

pub(super) fn colour(outcome: Option<&Outcome>) -> Color {
    match outcome {
        None => Color::Reset,
        Some(Outcome::Done | Outcome::AlreadyDone) => Color::Green,
        Some(Outcome::NotFound(_) | Outcome::Failed(_)) => Color::Red,
        Some(_) => Color::Yellow,
    }
}
