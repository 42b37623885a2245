//! Reads a plan line by line. What is not exactly as it was written is refused.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Read as _};

use serde::Serialize;
use serde::de::DeserializeOwned;
use ticket_core::{Error, Result};

use super::{BEFORE_TICKETS, FORMAT, Plan, PlannedTicket, last_line, tail};
use crate::digest::Hasher;

/// How many of the first tickets a plan holds, and of the last ones.
const HELD: usize = 5;

/// In how many bytes after the first line a format is found, if somebody formatted it anew.
const START: u64 = 1024;

/// Maximum length of a line, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

impl Plan {
    /// Reads a plan, in memory that does not grow with its tickets.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is no plan, has a newer version, is not complete, or was changed in any way after it was
    /// written; `Config` if `input` fails.
    pub fn read(input: impl BufRead) -> Result<Self> {
        let mut lines = Lines {
            input,
            line: String::new(),
            number: 0,
            hasher: Hasher::default(),
        };
        lines.first()?;
        let mut plan = lines.head()?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for account in &plan.accounts {
            counts.insert(account.name.clone(), 0);
        }
        let mut last = VecDeque::new();
        let mut wants_more = None;
        lines.next()?;
        while lines.line.starts_with('{') {
            if wants_more == Some(false) {
                return Err(lines.changed());
            }
            let (ticket, more) = lines.ticket()?;
            wants_more = Some(more);
            let count = counts.get_mut(&ticket.account);
            *count.ok_or_else(|| lines.changed())? += 1;
            if let Some(seen) = &ticket.seen {
                plan.seen += 1;
                plan.missing += u64::from(seen.sha256.is_none());
                plan.looked_at = plan.looked_at.max(Some(seen.at));
            }
            if plan.first.len() < HELD {
                plan.first.push(ticket);
            } else {
                last.push_back(ticket);
                if last.len() > HELD {
                    last.pop_front();
                }
            }
            lines.next()?;
        }
        plan.last = last.into();
        let as_counted = tail(&counts).map_err(|error| unreadable(&error))?;
        if wants_more == Some(true) || lines.line != as_counted {
            return Err(lines.changed());
        }
        let digest = lines.hasher.clone().finish();
        lines.next()?;
        if lines.line != last_line(&digest) {
            let message = format!(
                "the plan was changed after it was written: its digest is {digest}, and it says another one"
            );
            return Err(Error::invalid_input(message));
        }
        lines.end()?;
        for account in &mut plan.accounts {
            account.tickets = counts.get(&account.name).copied().unwrap_or_default();
        }
        plan.digest = digest;
        Ok(plan)
    }
}

/// The lines of a plan.
struct Lines<R> {
    input: R,
    /// The line, with its end.
    line: String,
    number: u64,
    /// Of all lines.
    hasher: Hasher,
}

impl<R: BufRead> Lines<R> {
    /// Reads the next line, which must be there.
    fn next(&mut self) -> Result<()> {
        self.number += 1;
        self.line.clear();
        let mut input = self.input.by_ref().take(LONGEST);
        match input.read_line(&mut self.line) {
            Ok(_) if self.line.ends_with('\n') => {
                self.hasher.update(self.line.as_bytes());
                Ok(())
            }
            Ok(read) if self.number > 1 && read as u64 != LONGEST => Err(Error::invalid_input(
                "the plan is cut off: its end is missing",
            )),
            Ok(_) => Err(self.changed()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(self.changed()),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// Reads the first line, and tells a file of another format from a plan that was formatted anew.
    fn first(&mut self) -> Result<()> {
        let line = self.next();
        if FORMAT.check(&self.line).is_err() {
            let mut start = self.line.clone().into_bytes();
            let more = self.input.by_ref().take(START).read_to_end(&mut start);
            more.map_err(|error| unreadable(&error))?;
            FORMAT.check(&String::from_utf8_lossy(&start))?;
        }
        line
    }

    fn head(&self) -> Result<Plan> {
        let head = self.line.strip_suffix(BEFORE_TICKETS);
        // The format and its version are fields that `Plan` does not have; the text is compared afterwards.
        let plan = head.and_then(|head| serde_json::from_str::<Plan>(&format!("{head}}}")).ok());
        let plan = plan.filter(|plan| plan.head().is_ok_and(|head| head == self.line));
        plan.ok_or_else(|| self.changed())
    }

    /// A ticket, and whether another one has to follow.
    fn ticket(&self) -> Result<(PlannedTicket, bool)> {
        let text = self.line.trim_end_matches('\n');
        let (text, more) = match text.strip_suffix(',') {
            Some(text) => (text, true),
            None => (text, false),
        };
        match as_written(text) {
            Some(ticket) => Ok((ticket, more)),
            None => Err(self.changed()),
        }
    }

    /// Nothing follows.
    fn end(&mut self) -> Result<()> {
        self.number += 1;
        match self.input.fill_buf() {
            Ok([]) => Ok(()),
            Ok(_) => Err(self.changed()),
            Err(error) => Err(unreadable(&error)),
        }
    }

    fn changed(&self) -> Error {
        let message = format!(
            "the plan was changed after it was written: line {} is not as it was; a plan must not be edited, nor \
             formatted anew",
            self.number
        );
        Error::invalid_input(message)
    }
}

/// What this JSON says, if it is written as this version writes it: without anything that this version does not know.
fn as_written<T: Serialize + DeserializeOwned>(text: &str) -> Option<T> {
    let value = serde_json::from_str(text).ok()?;
    let is_same = serde_json::to_string(&value).is_ok_and(|written| written == text);
    is_same.then_some(value)
}

fn unreadable(error: &io::Error) -> Error {
    Error::config(format!("the plan cannot be read: {error}"))
}
