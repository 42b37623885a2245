//! One answer for every ticket that was asked for, whatever happened: in the order asked where the whole is one
//! document, as they come where each line stands for itself. What is printed is forgotten.

use std::collections::BTreeMap;
use std::io;

use comfy_table::Color;
use serde::Serialize;
use tickets::diagnosis::ErrorObject;
use tickets::{Change, Outcome, TicketId, TicketRef};

use super::plan::Plan;
use super::remaining::Remaining;
use super::words;
use crate::args::OutputFormat;
use crate::failure::{self, Exit, Failure};
use crate::output::{Output, Record, TableWriter, say};
use crate::text::{self, counted};

/// How many different hints are given.
const HINTS: usize = 4;

/// A line of the report.
#[derive(Clone, Serialize)]
pub(super) struct Row {
    ticket: TicketRef,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    #[serde(skip)]
    colour: Color,
}

impl Row {
    fn new(change: &Change, ticket: TicketRef, outcome: Option<&Outcome>) -> Self {
        Self {
            ticket,
            outcome: words::word(change, outcome),
            error: outcome.and_then(Outcome::error).map(ErrorObject::from),
            colour: words::colour(outcome),
        }
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

/// Prints the answers: a table and JSON in the order asked, which may hold some of them back for a while; NDJSON
/// and CSV at once, so that no slow account holds back what another one did.
pub(super) struct Report<'a> {
    plan: &'a Plan,
    writer: TableWriter<'a, Row>,
    order: Order,
    /// How many tickets had which outcome, each counted once; in the order of a summary.
    counts: BTreeMap<(u8, String), usize>,
    all_done: bool,
    remains: usize,
    /// What can be done about what is not done: the first few different things.
    hints: Vec<String>,
    /// The first ticket of which nobody knows.
    unknown: Option<TicketRef>,
    remaining: Option<Remaining>,
    /// Why nothing more can be printed.
    broken: Option<io::Error>,
}

/// When an answer is printed.
enum Order {
    AsTheyCome,
    AsAsked {
        /// Those whose turn has not come, by their places.
        held: BTreeMap<usize, Row>,
        /// The place whose turn it is.
        next: usize,
    },
}

impl<'a> Report<'a> {
    /// Begins a report. What was not tried is written to `remaining`, too.
    pub(super) fn new(plan: &'a Plan, output: &'a Output, remaining: Option<Remaining>) -> Self {
        let order = match output.format {
            OutputFormat::Ndjson | OutputFormat::Csv => Order::AsTheyCome,
            OutputFormat::Table | OutputFormat::Json => Order::AsAsked {
                held: BTreeMap::new(),
                next: 0,
            },
        };
        // Room for every ticket and the usual outcomes, so that a table's columns stay where they are.
        let widest = [plan.longest.clone(), "unattempted".to_owned()];
        Self {
            plan,
            writer: output.record_writer(&widest),
            order,
            counts: BTreeMap::new(),
            all_done: true,
            remains: 0,
            hints: Vec::new(),
            unknown: None,
            remaining,
            broken: None,
        }
    }

    /// Whether the output can no longer be written.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Takes the outcome of the ticket that is first asked for at this place (none in a dry run), and prints all that
    /// can be printed now: as often as the ticket was named.
    pub(super) fn take(
        &mut self,
        group: usize,
        place: usize,
        id: TicketId,
        outcome: Option<&Outcome>,
    ) {
        let Some(group) = self.plan.groups.get(group) else {
            return;
        };
        let ticket = group.ticket(id);
        let change = &self.plan.change;
        let counted = (words::rank(outcome), words::word(change, outcome));
        *self.counts.entry(counted).or_insert(0) += 1;
        self.all_done &= words::is_done(outcome);
        match outcome {
            Some(Outcome::Unknown(_)) => {
                self.unknown.get_or_insert_with(|| ticket.clone());
            }
            Some(Outcome::Failed(error) | Outcome::Unattempted(error))
                if self.hints.len() < HINTS =>
            {
                let hint = group.account.hint(error, Some(&ticket));
                let hint = hint.as_ref().map(failure::words);
                self.hints
                    .extend(hint.filter(|hint| !self.hints.contains(hint)));
            }
            _ => {}
        }
        if words::remains(outcome) {
            self.remains += 1;
            if let Some(remaining) = &mut self.remaining {
                remaining.add(&ticket);
            }
        }
        let row = Row::new(change, ticket, outcome);
        let later = group.duplicates.of(place);
        match &mut self.order {
            Order::AsTheyCome => {
                for _ in later {
                    self.print(row.clone());
                }
                self.print(row);
            }
            Order::AsAsked { held, .. } => {
                held.extend(later.iter().map(|place| (*place, row.clone())));
                held.insert(place, row);
                self.print_what_is_due();
            }
        }
    }

    fn print_what_is_due(&mut self) {
        while let Order::AsAsked { held, next } = &mut self.order {
            let Some(row) = held.remove(next) else {
                return;
            };
            *next += 1;
            self.print(row);
        }
    }

    fn print(&mut self, row: Row) {
        if self.broken.is_none() {
            self.broken = self.writer.push(row).err();
        }
    }

    /// All done, or not.
    pub(super) fn exit(&self) -> Exit {
        if self.all_done && self.answered() == self.plan.len() {
            Exit::Done
        } else {
            Exit::Failed
        }
    }

    /// How many tickets have their answer.
    fn answered(&self) -> usize {
        self.counts.values().sum()
    }

    /// How many tickets had which outcome, each counted once.
    pub(super) fn summary(&self) -> String {
        let mut counts: Vec<_> = self
            .counts
            .iter()
            .map(|((_, outcome), count)| format!("{count} {}", outcome.replace('_', " ")))
            .collect();
        // Only where the kept list could not be read to its end.
        let lost = self.plan.len() - self.answered();
        counts.extend((lost > 0).then(|| format!("{lost} not tried")));
        format!(
            "{}: {}",
            counted(self.plan.len(), "ticket"),
            counts.join(", ")
        )
    }

    /// Says what can be done about what is not done, each thing once.
    pub(super) fn say_hints(&self) {
        let verb = words::verb(&self.plan.change);
        let unknown = self.unknown.as_ref().map(|ticket| {
            format!(
                "what is unknown may be {verb}d or not: look with `tickets get {}` before you {verb} it again",
                text::line(&ticket.to_string()),
            )
        });
        let remaining = (self.remains > 0).then(|| match &self.remaining {
            Some(remaining) => {
                let file = remaining.name();
                format!("what is left to do is in {file}: `tickets {verb} --from {file}` goes on")
            }
            None => format!(
                "--remaining FILE writes what is left to do to a file, and `tickets {verb} --from FILE` goes on"
            ),
        });
        let hints = unknown.iter().chain(&remaining).chain(&self.hints);
        hints
            .take(HINTS)
            .for_each(|hint| say(&format!("hint: {hint}")));
    }

    /// Prints what is not printed yet: all that is held, though something before it may lack.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Order::AsAsked { held, .. } = &mut self.order {
            for row in std::mem::take(held).into_values() {
                self.print(row);
            }
        }
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.writer.finish(),
        }
    }

    /// Why not all of what was not attempted could be written down.
    pub(super) fn take_remaining_failure(&mut self) -> Option<Failure> {
        self.remaining.as_mut().and_then(Remaining::take_failure)
    }
}
