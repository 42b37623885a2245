//! One answer for every ticket that was asked for, whatever happened: in the order asked where the whole is one
//! document, as they come where each line stands for itself.

use std::collections::HashMap;
use std::io;

use comfy_table::Color;
use serde::Serialize;
use tickets::TicketRef;

use super::deed::{Answer, Deed};
use super::plan::Plan;
use crate::args::Form;
use crate::failure::{self, ErrorObject, Exit};
use crate::output::{Output, Record, Sheet, say};
use crate::text::{self, counted};

/// How many different hints are given.
const HINTS: usize = 4;

/// A line of the report.
#[derive(Serialize)]
pub(super) struct Row {
    ticket: TicketRef,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    #[serde(skip)]
    colour: Color,
}

impl Row {
    fn new(deed: Deed, ticket: &TicketRef, answer: &Answer) -> Self {
        Self {
            ticket: ticket.clone(),
            outcome: deed.word(answer),
            error: answer.error().map(ErrorObject::from),
            colour: answer.colour(),
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
            self.outcome.to_owned(),
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

/// Collects the answers as they come and prints them: a table and JSON in the order asked, NDJSON and CSV at
/// once, so that no slow account holds back what another one did.
pub(super) struct Report<'a> {
    plan: &'a Plan,
    sheet: Sheet<'a, Row>,
    answers: HashMap<TicketRef, Answer>,
    /// How often each ticket was asked for, where answers are printed as they come.
    times: Option<HashMap<&'a TicketRef, usize>>,
    /// How many of the asked are printed, where they are printed in their order.
    printed: usize,
    /// Why nothing more can be printed.
    broken: Option<io::Error>,
}

impl<'a> Report<'a> {
    pub(super) fn new(plan: &'a Plan, output: &'a Output) -> Self {
        let times = matches!(output.form, Form::Ndjson | Form::Csv).then(|| {
            let mut times = HashMap::with_capacity(plan.len());
            for ticket in &plan.asked {
                *times.entry(ticket).or_insert(0) += 1;
            }
            times
        });
        // Room for every ticket and the usual outcomes, so that a table's columns stay where they are.
        let longest = plan.tickets().map(|ticket| ticket.to_string());
        let longest = longest.max_by_key(|ticket| ticket.chars().count());
        Self {
            plan,
            sheet: output.record_sheet(&[longest.unwrap_or_default(), "unattempted".to_owned()]),
            answers: HashMap::with_capacity(plan.len()),
            times,
            printed: 0,
            broken: None,
        }
    }

    /// Whether the output can no longer be written.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Takes a ticket's answer, and prints all that can be printed now.
    pub(super) fn take(&mut self, ticket: TicketRef, answer: Answer) {
        if let Some(times) = &self.times {
            let times = times.get(&ticket).copied().unwrap_or(0);
            for _ in 0..times {
                self.print(Row::new(self.plan.deed, &ticket, &answer));
            }
            self.answers.insert(ticket, answer);
            return;
        }
        self.answers.insert(ticket, answer);
        let mut rows = Vec::new();
        while let Some((ticket, answer)) = self
            .plan
            .asked
            .get(self.printed)
            .and_then(|ticket| Some((ticket, self.answers.get(ticket)?)))
        {
            self.printed += 1;
            rows.push(Row::new(self.plan.deed, ticket, answer));
        }
        for row in rows {
            self.print(row);
        }
    }

    fn print(&mut self, row: Row) {
        if self.broken.is_none() {
            self.broken = self.sheet.push(row).err();
        }
    }

    /// Whether a ticket has its answer.
    pub(super) fn has(&self, ticket: &TicketRef) -> bool {
        self.answers.contains_key(ticket)
    }

    /// All done, or not.
    pub(super) fn exit(&self) -> Exit {
        let done = |ticket| self.answers.get(ticket).is_some_and(Answer::is_done);
        if self.plan.asked.iter().all(done) {
            Exit::Done
        } else {
            Exit::Failed
        }
    }

    /// How many tickets had which outcome, each counted once.
    pub(super) fn summary(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for ticket in self.plan.tickets() {
            let answer = self.answers.get(&ticket).unwrap_or(&Answer::Unattempted);
            let outcome = self.plan.deed.word(answer);
            match counts.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, count)) => *count += 1,
                None => counts.push((outcome, 1)),
            }
        }
        let counts: Vec<_> = counts
            .into_iter()
            .map(|(outcome, count)| format!("{count} {}", outcome.replace('_', " ")))
            .collect();
        format!(
            "{}: {}",
            counted(self.plan.len(), "ticket"),
            counts.join(", ")
        )
    }

    /// Says what can be done about what is not done, each thing once.
    pub(super) fn say_hints(&self) {
        let mut hints: Vec<String> = Vec::new();
        let mut unknown: Option<TicketRef> = None;
        for ticket in self.plan.tickets() {
            match self.answers.get(&ticket) {
                Some(Answer::Unknown(_)) => {
                    unknown = unknown.or(Some(ticket));
                }
                Some(Answer::Failed(error)) => {
                    let account = self.plan.account(&ticket.account);
                    let hint =
                        account.and_then(|account| failure::hint(error, account, Some(&ticket)));
                    hints.extend(hint.filter(|hint| !hints.contains(hint)));
                }
                _ => {}
            }
        }
        if let Some(ticket) = unknown {
            let hint = format!(
                "what is unknown may be {}d or not: look with `tickets get {}` before you {} it again",
                self.plan.deed.verb(),
                text::line(&ticket.to_string()),
                self.plan.deed.verb()
            );
            hints.insert(0, hint);
        }
        hints
            .iter()
            .take(HINTS)
            .for_each(|hint| say(&format!("hint: {hint}")));
    }

    /// Prints what is not printed yet. Every ticket must have its answer.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.sheet.finish(),
        }
    }
}
