//! What was searched and in which way, what was found, and what could not be searched: for people in sentences, for
//! programs as one JSON object per account. On stderr, because the tickets are on stdout.

use std::io::Write as _;

use serde::Serialize;
use tickets::find::{Counts, Way};

use super::{Search, Searched};
use crate::args::OutputFormat;
use crate::failure::{ErrorWithHint, Failure};
use crate::record;
use crate::status::say;
use crate::text::{self, grouped};

/// The search of an account, for programs.
#[derive(Serialize)]
struct Row<'a> {
    account: &'a str,
    provider: Option<&'a str>,
    /// `running`, `complete`, `incomplete` or `not_searched`.
    search: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<&'a Way>,
    /// The way in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
    listed: usize,
    read: usize,
    conversations: usize,
    found: usize,
    /// Tickets that may be among those looked for: nobody could tell.
    undecided: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorWithHint>,
    /// What a complete search does not find either.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
    /// Why tickets are undecided: the first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorWithHint>,
}

impl Search {
    /// Says how the search of each account went, and what was found in all. `none` is what is said if nothing was.
    pub(in super::super) fn say_summary(&self, format: OutputFormat, none: &str) {
        if format.is_json() {
            let rows = self.accounts.iter();
            return print(rows.map(|searched| searched.row(self.stopped.is_some())));
        }
        for searched in &self.accounts {
            searched.say(self.stopped.is_some());
        }
        let found = match self.found() {
            0 => none.to_owned(),
            found => format!("{} found.", tickets(found)),
        };
        if self.is_complete() {
            say(&found);
            return;
        }
        let lacking = self.accounts.iter().filter(|one| !one.is_complete());
        let lacking: Vec<_> = lacking.map(|one| text::line(&one.name)).collect();
        say(&match self.stopped {
            Some(_) => format!("{found} The search was stopped, so it is incomplete."),
            None => format!(
                "{found} The search is incomplete: see {}.",
                lacking.join(", ")
            ),
        });
        let mut hints: Vec<&str> = Vec::new();
        for hint in self
            .accounts
            .iter()
            .filter_map(|one| one.lacking.as_ref()?.failure.hint())
        {
            if !hints.contains(&hint) {
                hints.push(hint);
                say(&format!("hint: {}", text::line(hint)));
            }
        }
    }
}

impl Search {
    /// Says how far it is, for programs.
    pub(super) fn print_progress(&self) {
        let running = self.accounts.iter().filter(|one| one.way.is_some());
        print(running.map(|searched| Row {
            search: "running",
            ..searched.row(false)
        }));
    }
}

/// Prints these for programs.
fn print<'a>(rows: impl Iterator<Item = Row<'a>>) {
    let mut stderr = anstream::stderr().lock();
    for row in rows {
        if let Ok(json) = record::json(&row) {
            let _ = writeln!(stderr, "{json}");
        }
    }
}

impl Searched {
    /// The way in words, without anything of what was looked for.
    pub(in super::super) fn how(&self) -> Option<String> {
        Some(self.way.as_ref()?.to_string())
    }

    fn row(&self, is_stopped: bool) -> Row<'_> {
        let account = self.account.as_ref();
        let counts = self.counts().unwrap_or_default();
        Row {
            account: &self.name,
            provider: account.map(|account| &*account.tickets.info().id),
            search: match self.way {
                None => "not_searched",
                Some(_) if is_stopped || !self.is_complete() => "incomplete",
                Some(_) => "complete",
            },
            way: self.way.as_ref(),
            how: self.how(),
            listed: counts.listed,
            read: counts.read,
            conversations: counts.conversations,
            found: counts.found,
            undecided: counts.undecided,
            error: self
                .lacking
                .as_ref()
                .map(|lacking| lacking.failure.to_json()),
            note: self.note(),
            errors: self.undecided.iter().map(Failure::to_json).collect(),
        }
    }

    fn say(&self, is_stopped: bool) {
        let name = text::line(&self.name);
        let why = self
            .lacking
            .as_ref()
            .map(|lacking| lacking.failure.message());
        let Some(how) = self.how() else {
            let why = why.unwrap_or_default();
            return say(&format!("{name}: not searched: {why}"));
        };
        let counts = self.counts().unwrap_or_default();
        let end = match &why {
            Some(why) => format!("; not to the end: {why}"),
            None if is_stopped => "; not to the end".to_owned(),
            None => String::new(),
        };
        say(&format!(
            "{name}: {} found; {}; {how}{end}",
            number(counts.found),
            amounts(&counts)
        ));
        if let Some(note) = self.note() {
            say(&format!("{name}: {note}"));
        }
        if counts.undecided > 0 {
            say(&format!(
                "{name}: {} may be among them, which nobody could tell:",
                tickets(counts.undecided)
            ));
            for failure in &self.undecided {
                say(&format!("  {}", failure.sentence()));
            }
        }
    }
}

/// How many tickets were listed and read.
pub(super) fn amounts(counts: &Counts) -> String {
    let conversations = match counts.conversations {
        1 => "conversation read",
        _ => "conversations read",
    };
    let parts = [(counts.read, "read"), (counts.conversations, conversations)];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts = parts.map(|(count, word)| format!("{} {word}", number(*count)));
    let listed = format!("{} listed", tickets(counts.listed));
    [listed]
        .into_iter()
        .chain(parts)
        .collect::<Vec<_>>()
        .join(", ")
}

fn tickets(count: usize) -> String {
    let word = if count == 1 { "ticket" } else { "tickets" };
    format!("{} {word}", number(count))
}

pub(super) fn number(count: usize) -> String {
    grouped(u64::try_from(count).unwrap_or(u64::MAX))
}
