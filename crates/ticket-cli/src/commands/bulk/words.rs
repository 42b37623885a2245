//! What the command says of a change and of its outcomes. In a dry run there is no outcome: `None` is what would be
//! done.

use comfy_table::Color;
use tickets::{Change, Effect, Outcome};

/// "delete", to which "s" and "d" can be added.
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

/// The place of an outcome in a summary: from what is as it should be to what is left to do.
pub(super) fn rank(outcome: Option<&Outcome>) -> u8 {
    match outcome {
        None | Some(Outcome::Done) => 0,
        Some(Outcome::AlreadyDone) => 1,
        Some(Outcome::NotFound(_)) => 2,
        Some(Outcome::Failed(_)) => 3,
        Some(Outcome::Unattempted(_)) => 5,
        // What is not known here has not been proven.
        Some(_) => 4,
    }
}

/// Whether the ticket is worth another run with the same list: nothing has happened, and what was in the way passes.
pub(super) fn remains(outcome: Option<&Outcome>) -> bool {
    match outcome {
        Some(Outcome::Unattempted(_)) => true,
        Some(Outcome::Failed(error)) => error.is_transient() && error.effect() == Effect::None,
        _ => false,
    }
}

/// Whether the ticket is as it was asked for.
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
