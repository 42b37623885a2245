//! Prints one outcome per ticket of the input: table and JSON in the order of the input, NDJSON and CSV in
//! the order of completion. Printed rows are dropped from memory.

use std::collections::BTreeMap;
use std::io;

use comfy_table::Color;
use serde::Serialize;
use tickets::diagnosis::ErrorObject;
use tickets::{Change, Outcome, TicketId, TicketRef};

use super::plan::Plan;
use super::remaining::{Remaining, Settled};
use super::words;
use crate::args::OutputFormat;
use crate::failure::{self, Exit, Failure};
use crate::output::{Output, Record, TableWriter, say};
use crate::text::{self, counted};

/// Maximum number of hints.
const HINTS: usize = 4;

/// A line of the report.
#[derive(Clone, Serialize)]
pub(super) struct Row {
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
    is_about_a_call: bool,
}

impl Row {
    fn new(change: &Change, ticket: TicketRef, outcome: Option<&Outcome>) -> Self {
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

    /// The row on one line of stderr.
    fn sentence(&self, format: OutputFormat) -> String {
        let json = format.is_json().then(|| serde_json::to_string(self).ok());
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

/// Prints the outcomes: table and JSON in the order of the input, which may delay some of them; NDJSON and
/// CSV at once, so that a slow account does not delay others.
pub(super) struct Report<'a> {
    plan: &'a Plan,
    writer: TableWriter<'a, Row>,
    order: Order,
    format: OutputFormat,
    /// Number of distinct tickets by outcome, in the order of the summary.
    counts: BTreeMap<(u8, String), usize>,
    all_done: bool,
    remains: usize,
    /// The places of all tickets that do not remain.
    settled: Settled,
    /// The first few distinct hints.
    hints: Vec<String>,
    /// The first ticket with an unknown outcome.
    unknown: Option<TicketRef>,
    remaining: Option<Remaining>,
    /// The error of the output.
    broken: Option<io::Error>,
}

/// The order of the outcomes.
enum Order {
    AsTheyCome,
    AsAsked {
        /// Rows that wait for earlier rows, by place.
        held: BTreeMap<usize, Row>,
        /// The place to print next.
        next: usize,
    },
}

impl<'a> Report<'a> {
    /// Starts a report. At its end, the remaining tickets are written to `remaining`.
    pub(super) fn new(plan: &'a Plan, output: &'a Output, remaining: Option<Remaining>) -> Self {
        let order = match output.format {
            OutputFormat::Ndjson | OutputFormat::Csv => Order::AsTheyCome,
            OutputFormat::Table | OutputFormat::Json => Order::AsAsked {
                held: BTreeMap::new(),
                next: 0,
            },
        };
        // Reserves width for every ticket and the usual outcomes, so that the table columns do not move.
        let widest = [plan.longest.clone(), "unattempted".to_owned()];
        Self {
            plan,
            writer: output.record_writer(&widest),
            order,
            format: output.format,
            counts: BTreeMap::new(),
            all_done: true,
            remains: 0,
            settled: Settled::default(),
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

    /// Takes the outcome of the ticket whose first place is `place` (`None` in a dry run), and prints all
    /// rows that can be printed now: one per occurrence of the ticket.
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
        } else {
            self.settled.insert(place);
        }
        let row = Row::new(change, ticket, outcome);
        let later = group.duplicates.of(place);
        match &mut self.order {
            Order::AsTheyCome => {
                for _ in later {
                    self.print(&row);
                }
                self.print(&row);
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
            self.print(&row);
        }
    }

    fn print(&mut self, row: &Row) {
        if self.broken.is_some() {
            return self.print_to_stderr(row);
        }
        if let Err(error) = self.writer.push(row.clone()) {
            self.broken = Some(error);
            self.print_to_stderr(row);
        }
    }

    /// Prints a row on stderr, because stdout cannot be written. What was not attempted is only counted: there
    /// may be a lot of it, and nothing is known of it.
    fn print_to_stderr(&self, row: &Row) {
        if row.is_about_a_call {
            say(&row.sentence(self.format));
        }
    }

    /// The exit code of the report.
    pub(super) fn exit(&self) -> Exit {
        if self.all_done && self.answered() == self.plan.len() {
            Exit::Done
        } else {
            Exit::Failed
        }
    }

    /// Makes the change a failure, whatever the outcomes are.
    pub(super) fn fail(&mut self) {
        self.all_done = false;
    }

    /// Number of tickets with an outcome.
    fn answered(&self) -> usize {
        self.counts.values().sum()
    }

    /// The summary: the number of distinct tickets by outcome.
    pub(super) fn summary(&self) -> String {
        let mut counts: Vec<_> = self
            .counts
            .iter()
            .map(|((_, outcome), count)| format!("{count} {}", outcome.replace('_', " ")))
            .collect();
        // Only if the stored list could not be read to its end.
        let lost = self.plan.len() - self.answered();
        counts.extend((lost > 0).then(|| format!("{lost} not attempted")));
        format!(
            "{}: {}",
            counted(self.plan.len(), "ticket"),
            counts.join(", ")
        )
    }

    /// Prints each hint once.
    pub(super) fn say_hints(&self) {
        let verb = words::verb(&self.plan.change);
        let unknown = self.unknown.as_ref().map(|ticket| {
            format!(
                "unknown tickets may have been {verb}d; check with `tickets get {}` before retrying",
                text::line(&ticket.to_string()),
            )
        });
        let remaining = (self.remains > 0).then(|| match &self.remaining {
            Some(remaining) => {
                let file = remaining.name();
                format!("the remaining tickets are in {file}; continue with `tickets {verb} --from {file}`")
            }
            None => format!(
                "--remaining FILE writes the remaining tickets to a file; continue with `tickets {verb} --from FILE`"
            ),
        });
        let hints = unknown.iter().chain(&remaining).chain(&self.hints);
        hints
            .take(HINTS)
            .for_each(|hint| say(&format!("hint: {hint}")));
    }

    /// Prints the remaining rows, even if earlier rows are missing.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Order::AsAsked { held, .. } = &mut self.order {
            for row in std::mem::take(held).into_values() {
                self.print(&row);
            }
        }
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.writer.finish(),
        }
    }

    /// Writes the remaining tickets to their file, if there is one.
    pub(super) fn write_remaining(&mut self) -> Result<(), Failure> {
        let (plan, settled) = (self.plan, &self.settled);
        let Some(remaining) = &mut self.remaining else {
            return Ok(());
        };
        let written = remaining.write(|| {
            let tickets = plan.in_order()?;
            Ok(tickets.filter_map(|ticket| match ticket {
                Ok((_, place, _)) if settled.contains(place) => None,
                Ok((group, _, id)) => Some(Ok(plan.groups.get(group)?.ticket(id))),
                Err(error) => Some(Err(error)),
            }))
        });
        if written.is_err() {
            // The hint would name a file that does not hold them.
            self.remains = 0;
        }
        written
    }
}
