//! Prints one outcome per ticket: table and JSON at the end, in the order of the list, NDJSON and CSV in the order of
//! completion. Outcomes are in the ledger, and not in memory.

use std::collections::BTreeMap;
use std::io;

use futures_util::TryStreamExt as _;
use ticket_jobs::{Job, JobOutcome, JobState, JobTicket, Ledger, Which};
use tickets::{Change, Error, Outcome, TicketRef};

use super::plan::Plan;
use super::remaining::{List, Remaining};
use super::row::Row;
use super::unrecorded::Unrecorded;
use super::words;
use crate::args::OutputFormat;
use crate::failure::{self, Exit, Failure};
use crate::output::{Output, TableWriter};
use crate::status::say;
use crate::text;

/// How many rows a table on a terminal has at most before those that are done are left out.
const MANY: u64 = 100;

/// Maximum number of hints.
const HINTS: usize = 4;

/// Which tickets of a job a command answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// All of them, as often as they are named.
    All,
    /// Each that was open when the command began, once.
    Open,
}

/// Prints the outcomes: table and JSON at the end, in the order of the list; NDJSON and CSV at once, so that a slow
/// account does not delay others.
pub(super) struct Report<'a> {
    plan: &'a Plan,
    answers: Answers,
    writer: TableWriter<'a, Row>,
    format: OutputFormat,
    told: Places,
    /// The tickets whose rows are printed.
    printed: Places,
    unrecorded: Unrecorded,
    /// Number of distinct tickets by outcome, at the end.
    counts: BTreeMap<String, u64>,
    remains: u64,
    has_failed: bool,
    /// The first few distinct hints.
    hints: Vec<String>,
    /// The first ticket with an unknown outcome.
    unknown: Option<TicketRef>,
    /// Whether somebody at a terminal sees the rows, and can see all of them later.
    may_hide: bool,
    /// How many tickets that are done have no row.
    hidden: u64,
    /// The error of the output.
    broken: Option<io::Error>,
}

/// Places of a list: one bit for each ticket.
#[derive(Debug, Default)]
struct Places {
    words: Vec<u64>,
    count: u64,
}

impl<'a> Report<'a> {
    /// `is_kept`: all outcomes can be shown later.
    pub(super) fn new(plan: &'a Plan, answers: Answers, output: &'a Output, is_kept: bool) -> Self {
        // Reserves width for every ticket and the usual outcomes, so that the table columns do not move.
        let widest = [plan.longest.clone(), "unattempted".to_owned()];
        Self {
            plan,
            answers,
            writer: output.record_writer(&widest),
            format: output.format,
            told: Places::default(),
            printed: Places::default(),
            unrecorded: Unrecorded::default(),
            counts: BTreeMap::new(),
            remains: 0,
            has_failed: false,
            hints: Vec::new(),
            unknown: None,
            may_hide: is_kept && output.is_terminal() && output.format == OutputFormat::Table,
            hidden: 0,
            broken: None,
        }
    }

    /// Whether the output can no longer be written.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Sets why tickets were not attempted of which nothing was told.
    pub(super) fn explain(&mut self, error: Option<&Error>) {
        self.unrecorded.otherwise = error.cloned();
    }

    /// Whether rows are printed as they come.
    const fn prints_at_once(&self) -> bool {
        matches!(self.format, OutputFormat::Ndjson | OutputFormat::Csv)
    }

    /// Takes the outcome of a ticket, and prints its rows if they are printed at once: one per occurrence of the ticket.
    /// One that is not recorded may be told again, so it is printed at the end. Returns whether nothing was told of the
    /// ticket before.
    pub(super) fn take(&mut self, told: &JobOutcome) -> bool {
        let is_new = !self.told.contains(told.seq);
        self.told.insert(told.seq);
        if !told.recorded {
            self.unrecorded.insert(told);
        }
        self.note(&told.ticket, &told.outcome);
        if self.prints_at_once() && told.recorded {
            self.printed.insert(told.seq);
            let row = Row::new(&self.plan.change, told.ticket.clone(), Some(&told.outcome));
            let repeats = self.plan.repeats.get(&told.seq).copied().unwrap_or(0);
            for _ in 0..=repeats {
                self.print(&row);
            }
        }
        is_new
    }

    /// Keeps what the hints are about.
    fn note(&mut self, ticket: &TicketRef, outcome: &Outcome) {
        match outcome {
            Outcome::Unknown(_) => {
                self.unknown.get_or_insert_with(|| ticket.clone());
            }
            Outcome::Failed(error) | Outcome::Unattempted(error) if self.hints.len() < HINTS => {
                let account = self.plan.account(&ticket.account);
                let hint = account.and_then(|account| account.hint(error, Some(ticket)));
                let hint = hint.as_ref().map(failure::words);
                self.hints
                    .extend(hint.filter(|hint| !self.hints.contains(hint)));
            }
            _ => {}
        }
    }

    /// Prints the rows that are not printed yet, in the order of the list, and counts the outcomes of the whole job.
    pub(super) async fn complete(&mut self, ledger: &dyn Ledger, job: &Job) -> tickets::Result<()> {
        let is_complete = self.prints_at_once()
            && match self.answers {
                Answers::All => self.printed.count == job.tickets,
                Answers::Open => job.open == 0,
            };
        let hides = self.may_hide && job.tickets > MANY;
        if !is_complete {
            let mut named = ticket_jobs::tickets(ledger, &job.id, Which::Named);
            while let Some(ticket) = named.try_next().await? {
                if self.is_missing(&ticket) {
                    let outcome = self.outcome(&ticket);
                    if hides && words::is_done(outcome.as_str()) {
                        self.hidden += 1;
                        continue;
                    }
                    let ticket = TicketRef::new(ticket.account, ticket.id);
                    self.print(&Row::new(&self.plan.change, ticket, Some(&outcome)));
                }
            }
        }
        self.counts.clone_from(&job.counts);
        // Those of a cancelled job.
        self.remains = job.counts.get("unattempted").copied().unwrap_or(0);
        let mut open = ticket_jobs::tickets(ledger, &job.id, Which::Open);
        while let Some(ticket) = open.try_next().await? {
            let outcome = self.outcome(&ticket);
            *self.counts.entry(outcome.as_str().to_owned()).or_insert(0) += 1;
            self.remains += u64::from(outcome.is_left_to_do());
            self.note(&TicketRef::new(ticket.account, ticket.id), &outcome);
        }
        Ok(())
    }

    fn outcome(&self, ticket: &JobTicket) -> Outcome {
        self.unrecorded.outcome(ticket, self.is_told(ticket))
    }

    fn is_told(&self, ticket: &JobTicket) -> bool {
        self.told.contains(ticket.repeats.unwrap_or(ticket.seq))
    }

    /// Whether the row of this ticket belongs to the answer and is not printed yet.
    fn is_missing(&self, ticket: &JobTicket) -> bool {
        let is_answered = match self.answers {
            Answers::All => true,
            Answers::Open => {
                ticket.repeats.is_none() && (self.is_told(ticket) || ticket.outcome.is_none())
            }
        };
        let first = ticket.repeats.unwrap_or(ticket.seq);
        is_answered && !self.printed.contains(first)
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

    /// Ends the output.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.writer.finish(),
        }
    }

    /// The exit code of the report.
    pub(super) fn exit(&self) -> Exit {
        let mut others = self.counts.keys();
        if self.has_failed || others.any(|outcome| !words::is_done(outcome)) {
            Exit::Failed
        } else {
            Exit::Done
        }
    }

    /// What is said of tickets that have no row; `all` is the command that shows them.
    pub(super) fn hidden(&self, all: &str) -> Option<String> {
        let done = words::past(&self.plan.change);
        let (hidden, are) = match self.hidden {
            0 => return None,
            1 => (format!("1 {done} ticket"), "is"),
            many => (format!("{} {done} tickets", text::grouped(many)), "are"),
        };
        Some(format!(
            "{hidden} {are} not listed here; `{all}` lists all, as does --output csv"
        ))
    }

    /// Makes the change a failure, whatever the outcomes are.
    pub(super) const fn fail(&mut self) {
        self.has_failed = true;
    }

    /// The summary: the number of distinct tickets of the job by outcome.
    pub(super) fn summary(&self) -> String {
        let all = text::tickets(self.counts.values().sum());
        let counts = words::counts(&self.plan.change, &self.counts);
        format!("{all}: {}", counts.join(", "))
    }

    /// Prints each hint once. `is_kept`: the job can be continued.
    pub(super) fn say_hints(&self, remaining: Option<&Remaining>, is_kept: bool) {
        let verb = words::verb(&self.plan.change);
        let unknown = self.unknown.as_ref().map(|ticket| {
            let ticket = text::line(&ticket.to_string());
            match self.plan.change {
                Change::Comment(_) => format!(
                    "unknown tickets may have the comment; look with `tickets messages {ticket}` before sending it again"
                ),
                _ => format!(
                    "unknown tickets may have been {}; check with `tickets get {ticket}` before retrying",
                    words::past(&self.plan.change)
                ),
            }
        });
        let same = match self.plan.change {
            Change::Update(_) => " and the same values",
            Change::Comment(_) => " and the same text",
            _ => "",
        };
        let left = match (remaining, is_kept) {
            (Some(remaining), _) if self.remains > 0 => {
                let file = remaining.name();
                Some(format!(
                    "the remaining tickets are in {file}; continue with `tickets {verb} --from {file}`{same}"
                ))
            }
            (None, false) if self.remains > 0 => Some(format!(
                "--remaining FILE writes the remaining tickets to a file; continue with `tickets {verb} --from FILE`{same}"
            )),
            _ => None,
        };
        let hints = unknown.iter().chain(&left).chain(&self.hints);
        hints
            .take(HINTS)
            .for_each(|hint| say(&format!("hint: {hint}")));
    }

    /// Writes the remaining tickets to their file.
    pub(super) async fn write_remaining(
        &mut self,
        remaining: &mut Remaining,
        ledger: &dyn Ledger,
        job: &Job,
    ) -> Result<(), Failure> {
        // What was cancelled has an outcome.
        let which = match job.state {
            JobState::Cancelling | JobState::Cancelled => Which::Named,
            _ => Which::Open,
        };
        let report = &*self;
        let left = || -> List<'_> {
            let tickets = ticket_jobs::tickets(ledger, &job.id, which);
            let left = tickets.try_filter_map(move |ticket| {
                let is_left = ticket.repeats.is_none() && report.outcome(&ticket).is_left_to_do();
                let ticket = is_left.then(|| TicketRef::new(ticket.account, ticket.id));
                std::future::ready(Ok(ticket))
            });
            Box::pin(left)
        };
        let written = remaining.write(&left).await;
        if written.is_err() {
            // The hint would name a file that does not hold them.
            self.remains = 0;
        }
        written
    }
}

impl Places {
    fn insert(&mut self, place: u64) {
        let index = usize::try_from(place / 64).unwrap_or(usize::MAX);
        if self.words.len() <= index {
            self.words.resize(index + 1, 0);
        }
        if let Some(word) = self.words.get_mut(index) {
            self.count += u64::from(*word >> (place % 64) & 1 == 0);
            *word |= 1 << (place % 64);
        }
    }

    fn contains(&self, place: u64) -> bool {
        let word = usize::try_from(place / 64).ok();
        let word = word.and_then(|index| self.words.get(index));
        word.is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_place_is_told_and_counted_once_and_no_other() {
        let mut told = Places::default();
        for place in [0, 63, 64, 1_000_000, 63] {
            told.insert(place);
            assert!(told.contains(place));
        }
        assert_eq!(told.count, 4);
        assert!(!told.contains(1) && !told.contains(65) && !told.contains(u64::MAX));
    }
}
