//! The rows of `outcomes.csv`.

use ticket_core::model::escape_formula;

use super::model::{Mode, TicketRow};

/// The columns of `outcomes.csv`: the fields of a [`TicketRow`].
pub(super) const COLUMNS: [&str; 23] = [
    "place",
    "ticket",
    "outcome",
    "evidence",
    "call",
    "attempts",
    "decided_at",
    "mode",
    "restorable_until",
    "archived",
    "not_archived",
    "subject",
    "confirmed",
    "kind",
    "effect",
    "status",
    "message",
    "vendor_message",
    "repeats",
    "fate",
    "in_trash_until",
    "looked_again_at",
    "people",
];

pub(super) fn cells(row: &TicketRow) -> [String; 23] {
    fn shown<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(String::new, |value| value.to_string())
    }
    let people: Vec<_> = row.people.iter().map(ToString::to_string).collect();
    let text = |value: Option<&str>| escape_formula(value.unwrap_or_default()).into_owned();
    [
        row.place.to_string(),
        text(Some(&row.ticket)),
        row.outcome.clone(),
        text(Some(&row.evidence)),
        shown(row.call),
        row.attempts.to_string(),
        shown(row.decided_at),
        row.mode.map_or("", Mode::as_str).to_owned(),
        shown(row.restorable_until),
        text(row.archived.as_deref()),
        text(row.not_archived.as_deref()),
        text(row.subject.as_deref()),
        shown(row.confirmed),
        shown(row.kind),
        shown(row.effect),
        shown(row.status),
        text(row.message.as_deref()),
        text(row.vendor_message.as_deref()),
        shown(row.repeats),
        text(row.fate.as_deref()),
        shown(row.in_trash_until),
        shown(row.looked_again_at),
        people.join(" "),
    ]
}
