//! What is printed of a ticket's outcome.

use comfy_table::Color;
use serde::Serialize;
use tickets::diagnosis::ErrorObject;
use tickets::{Change, Outcome, TicketRef};

use super::words;
use crate::args::OutputFormat;
use crate::record::{self, Record};
use crate::text;

/// A line of the report.
#[derive(Clone, Serialize)]
pub(crate) struct Row {
    ticket: TicketRef,
    outcome: String,
    /// Whether a read confirmed a ticket that was not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    #[serde(skip)]
    colour: Color,
    /// Whether a call was made for the ticket.
    #[serde(skip)]
    pub(super) is_about_a_call: bool,
}

impl Row {
    pub(crate) fn new(change: &Change, ticket: TicketRef, outcome: Option<&Outcome>) -> Self {
        Self {
            ticket,
            outcome: words::word(change, outcome),
            confirmed: match outcome {
                Some(Outcome::NotFound(error)) => Some(error.is_confirmed()),
                _ => None,
            },
            error: outcome.and_then(Outcome::error).map(ErrorObject::from),
            colour: words::colour(outcome),
            is_about_a_call: outcome
                .is_some_and(|outcome| !matches!(outcome, Outcome::Unattempted(_))),
        }
    }

    /// The row of a ticket without an outcome.
    pub(crate) fn open(ticket: TicketRef, in_doubt: bool) -> Self {
        Self {
            ticket,
            outcome: if in_doubt { "in_doubt" } else { "open" }.to_owned(),
            confirmed: None,
            error: None,
            colour: Color::Reset,
            is_about_a_call: in_doubt,
        }
    }

    /// The row on one line of stderr.
    pub(super) fn sentence(&self, format: OutputFormat) -> String {
        let json = format.is_json().then(|| record::json(self).ok());
        if let Some(json) = json.flatten() {
            return json;
        }
        let [ticket, outcome, why] = [0, 1, 2].map(|cell| self.table_cells().swap_remove(cell));
        let why = if why.is_empty() {
            why
        } else {
            format!(": {why}")
        };
        text::line(&format!("{ticket} {outcome}{why}"))
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &[
        "ticket",
        "outcome",
        "kind",
        "effect",
        "status",
        "retry_after_s",
        "message",
    ];
    const TABLE_COLUMNS: &'static [&'static str] = &["ticket", "outcome", "why"];

    fn cells(&self) -> Vec<String> {
        let of_error =
            |cell: fn(&ErrorObject) -> String| self.error.as_ref().map(cell).unwrap_or_default();
        vec![
            self.ticket.to_string(),
            self.outcome.clone(),
            of_error(|error| error.kind.to_owned()),
            of_error(|error| error.effect.to_owned()),
            of_error(|error| {
                error
                    .status
                    .map_or_else(String::new, |status| status.to_string())
            }),
            of_error(|error| {
                error
                    .retry_after_s
                    .map_or_else(String::new, |wait| wait.to_string())
            }),
            of_error(|error| error.message.clone()),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        let why = self.error.as_ref().map(ErrorObject::sentence);
        vec![
            self.ticket.to_string(),
            self.outcome.replace('_', " "),
            why.unwrap_or_default(),
        ]
    }

    fn colour(&self) -> Option<(usize, Color)> {
        Some((1, self.colour))
    }
}
