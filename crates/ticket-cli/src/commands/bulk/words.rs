//! The names of changes and outcomes. In a dry run, the outcome is `None`.

use std::collections::BTreeMap;

use comfy_table::Color;
use ticket_jobs::Unasked;
use tickets::{Change, Outcome};

use crate::text;

/// How many tickets that nobody asked for a sentence names.
const MAX_NAMED: usize = 20;

/// The verb, such as "delete", which is also the name of the command.
pub(crate) fn verb(change: &Change) -> &'static str {
    match change {
        Change::Purge => Change::Delete.operation().as_str(),
        change => change.operation().as_str(),
    }
}

/// The verb at the beginning of a sentence.
pub(super) fn imperative(change: &Change) -> String {
    let verb = change.verb();
    let (first, rest) = verb.split_at(1);
    first.to_uppercase() + rest
}

/// The verb in a sentence about "this", such as "comments on".
pub(super) fn third_person(change: &Change) -> String {
    match change.verb().split_once(' ') {
        Some((verb, rest)) => format!("{verb}s {rest}"),
        None => format!("{}s", change.verb()),
    }
}

/// The past participle, such as "deleted".
pub(super) fn past(change: &Change) -> &'static str {
    change.word(&Outcome::Done)
}

/// That the vendor changed tickets that nobody asked for.
pub(crate) fn unasked(change: &Change, unasked: &Unasked) -> String {
    let (first, more) = unasked.first(MAX_NAMED);
    let mut names: Vec<_> = first.iter().map(|id| text::line(id.as_str())).collect();
    match (names.is_empty(), more) {
        (_, 0) => {}
        (true, _) => names.push(text::tickets(more)),
        (false, _) => names.push(format!("{} more", text::grouped(more))),
    }
    format!(
        "{}: the vendor says that it also {} {}, which nobody asked for",
        text::line(&unasked.account),
        past(change),
        names.join(", ")
    )
}

/// An outcome in `snake_case`.
pub(crate) fn word(change: &Change, outcome: Option<&Outcome>) -> String {
    match outcome {
        None => format!("would_{}", verb(change)),
        Some(outcome) => change.word(outcome).to_owned(),
    }
}

/// The outcomes in the order of a summary, from success to not attempted.
const ORDER: [&str; 6] = [
    "done",
    "already_done",
    "not_found",
    "failed",
    "unknown",
    "unattempted",
];

/// How many tickets have which outcome, such as "3 deleted". Outcomes are named as [`Outcome::as_str`] does.
pub(crate) fn counts(change: &Change, counts: &BTreeMap<String, u64>) -> Vec<String> {
    let some = counts.iter().filter(|(_, count)| **count > 0);
    all_counts(
        change,
        &some.map(|(name, count)| (name.clone(), *count)).collect(),
    )
}

/// The same with outcomes that no ticket has.
pub(super) fn all_counts(change: &Change, counts: &BTreeMap<String, u64>) -> Vec<String> {
    let known = ORDER
        .iter()
        .filter_map(|name| Some((*name, counts.get(*name)?)));
    let word = |name| match name {
        "done" => change.word(&Outcome::Done),
        "already_done" => change.word(&Outcome::AlreadyDone),
        name => name,
    };
    known
        .map(|(name, count)| format!("{} {}", text::grouped(*count), word(name).replace('_', " ")))
        .collect()
}

/// Whether the change is complete for tickets of this outcome.
pub(crate) fn is_done(outcome: &str) -> bool {
    matches!(outcome, "done" | "already_done")
}

pub(super) fn colour(outcome: Option<&Outcome>) -> Color {
    match outcome {
        None => Color::Reset,
        Some(Outcome::Done | Outcome::AlreadyDone) => Color::Green,
        Some(Outcome::NotFound(_) | Outcome::Failed(_)) => Color::Red,
        Some(_) => Color::Yellow,
    }
}
