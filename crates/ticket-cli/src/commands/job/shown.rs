//! A job as it is printed.

use std::collections::BTreeMap;

use serde::Serialize;
use ticket_jobs::{Guards, Job, JobAccount, JobState, Unasked};
use tickets::{Change, Outcome};

use super::super::{bulk, planned};
use super::erasure;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::record::Record;
use crate::text;

/// The most characters of a detail.
const LONGEST: usize = 1_000;

#[derive(Serialize)]
pub(super) struct Shown {
    job: String,
    change: &'static str,
    /// The change for people.
    #[serde(skip)]
    verb: &'static str,
    state: &'static str,
    priority: i16,
    created_at: String,
    created_by: Option<String>,
    tickets: u64,
    open: u64,
    repeated: u64,
    /// How many tickets have which outcome, in the words of the change.
    outcomes: BTreeMap<String, u64>,
    accounts: Vec<JobAccount>,
    workers: u64,
    /// What it came to, if it is an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    erasure: Option<erasure::Shown>,
    /// What an update sets and what a comment says; long texts are cut.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<String, String>,
    /// The command that continues it.
    #[serde(rename = "continue")]
    command: Option<String>,
    guards: Guards,
    /// How many tickets wait for the end of the canary.
    held: u64,
    /// The digest of its plan, if it was to be confirmed.
    digest: Option<String>,
    /// What vendors changed although nobody asked for it, by account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unasked: Vec<Unasked>,
    /// The same in sentences.
    #[serde(skip)]
    unasked_words: String,
    /// The command that ends the canary, once it is over.
    #[serde(skip)]
    release: Option<String>,
    /// The outcomes in words.
    #[serde(skip)]
    counts: Vec<String>,
}

impl Shown {
    pub(super) fn new(job: Job, ledger: &Ledger) -> Self {
        let is_open = !job.state.is_over() && job.state != JobState::Loading;
        let counts = bulk::counts(&job.change, &job.counts);
        let word = |outcome: String| match outcome.as_str() {
            "done" => job.change.word(&Outcome::Done).to_owned(),
            "already_done" => job.change.word(&Outcome::AlreadyDone).to_owned(),
            _ => outcome,
        };
        let held = match (job.held_from, job.guards.canary) {
            (Some(_), Some(first)) => job.tickets.saturating_sub(first),
            _ => 0,
        };
        let is_over = is_open && held > 0 && job.open == held;
        let release = is_over.then(|| ledger.command("resume --canary", &job.id));
        let outcomes = job.counts.into_iter();
        let details = job.change.details().into_iter();
        let details = details.map(|(name, value)| (name, text::cut(&value, LONGEST)));
        Self {
            change: job.change.operation().as_str(),
            verb: match (&job.erasure, &job.change) {
                (Some(_), Change::Purge) => "permanent erase",
                (None, Change::Purge) => "permanent delete",
                (Some(_), _) => "erase",
                (None, change) => bulk::verb(change),
            },
            state: match job.state {
                JobState::Ready if job.workers > 0 => "running",
                state => state.as_str(),
            },
            priority: job.priority,
            created_at: job.created_at.to_string(),
            created_by: job.created_by,
            tickets: job.tickets,
            open: job.open,
            repeated: job.repeated,
            outcomes: outcomes.map(|(name, count)| (word(name), count)).collect(),
            accounts: job.accounts,
            workers: job.workers,
            erasure: None,
            details: details.collect(),
            command: is_open.then(|| ledger.command("run", &job.id)).flatten(),
            guards: job.guards,
            held,
            digest: job.digest,
            unasked: Vec::new(),
            unasked_words: String::new(),
            release: release.flatten(),
            counts,
            job: job.id.to_string(),
        }
    }

    /// The job with what vendors changed besides, and with what it came to if it is an erasure.
    pub(super) async fn whole(job: Job, ledger: &Ledger) -> Result<Self, Failure> {
        let (id, is_erasure) = (job.id.clone(), job.erasure.is_some());
        let unasked = Unasked::of(&ledger.jobs.ledger().events(&id).await?);
        let words = unasked.iter().map(|one| bulk::unasked(&job.change, one));
        let words: Vec<_> = words.collect();
        let mut shown = Self::new(job, ledger);
        (shown.unasked, shown.unasked_words) = (unasked, words.join("\n"));
        if !is_erasure {
            return Ok(shown);
        }
        let erased = ledger.jobs.erased(&id).await?;
        shown.erasure = Some(erasure::Shown::of(&erased));
        if erased.look_again_at.is_some() {
            // What looks at its tickets again.
            shown.command = shown.command.or_else(|| ledger.command("run", &id));
        }
        Ok(shown)
    }

    /// Whether a vendor changed tickets that nobody asked for.
    pub(super) fn has_unasked(&self) -> bool {
        !self.unasked.is_empty()
    }

    /// The command that ends the canary, if that is over and the rest of the job waits for a person.
    pub(super) fn release(&self) -> Option<&str> {
        self.release.as_deref()
    }

    /// The command that continues it.
    pub(super) fn command(&self) -> Option<&str> {
        self.command.as_deref()
    }

    /// What waits for the end of the canary, and for whom; empty if nothing does.
    fn held(&self) -> String {
        if self.held == 0 {
            return String::new();
        }
        let count = text::grouped(self.held);
        match &self.release {
            Some(command) => format!("{count} wait for a person: {command}"),
            None => format!("{count} wait for the end of the canary"),
        }
    }

    /// How far it is, in a sentence.
    pub(super) fn progress(&self) -> String {
        let done = text::grouped(self.tickets.saturating_sub(self.open));
        let all = text::tickets(self.tickets);
        let counts = if self.counts.is_empty() {
            String::new()
        } else {
            format!(": {}", self.counts.join(", "))
        };
        let held = match self.held() {
            none if none.is_empty() => none,
            held => format!("; {held}"),
        };
        format!(
            "job {} {}, {done} of {all}{counts}{held}",
            self.job, self.state
        )
    }

    fn details(&self) -> String {
        let lines = self
            .details
            .iter()
            .map(|(name, value)| format!("{}: {}", text::line(name), text::lines(value)));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn accounts(&self) -> String {
        let lines = self.accounts.iter().map(|account| {
            let name = text::line(&account.name);
            let tickets = text::tickets(account.tickets);
            format!("{name}: {tickets}, {} open", text::grouped(account.open))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Record for Shown {
    const COLUMNS: &'static [&'static str] = &[
        "job",
        "change",
        "state",
        "created_at",
        "created_by",
        "tickets",
        "open",
        "repeated",
        "outcomes",
        "accounts",
        "workers",
        "continue",
        "erasure",
        "priority",
        "guards",
        "held",
        "details",
        "digest",
        "unasked",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.job.clone(),
            self.change.to_owned(),
            self.state.to_owned(),
            self.created_at.clone(),
            self.created_by.clone().unwrap_or_default(),
            self.tickets.to_string(),
            self.open.to_string(),
            self.repeated.to_string(),
            self.counts.join(", "),
            self.accounts(),
            self.workers.to_string(),
            self.command.clone().unwrap_or_default(),
            self.erasure
                .as_ref()
                .map(erasure::Shown::sentence)
                .unwrap_or_default(),
            self.priority.to_string(),
            planned::guard_words(&self.guards),
            self.held.to_string(),
            self.details(),
            self.digest.clone().unwrap_or_default(),
            self.unasked_words.clone(),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        let cells = Self::COLUMNS.iter().zip(self.cells());
        let for_people = cells.map(|(name, cell)| match *name {
            "change" => self.verb.to_owned(),
            "held" => self.held(),
            _ => cell,
        });
        for_people.collect()
    }
}

/// A job as a row of a list.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Listed(pub(super) Shown);

impl Record for Listed {
    const COLUMNS: &'static [&'static str] = Shown::COLUMNS;
    const TABLE_COLUMNS: &'static [&'static str] = &[
        "job", "created", "change", "state", "tickets", "open", "outcomes",
    ];

    fn cells(&self) -> Vec<String> {
        self.0.cells()
    }

    fn table_cells(&self) -> Vec<String> {
        let Self(job) = self;
        vec![
            job.job.clone(),
            text::minute(&job.created_at),
            job.verb.to_owned(),
            match job.priority {
                0 => job.state.to_owned(),
                priority => format!("{}, priority {priority}", job.state),
            } + if job.release.is_some() { ", held" } else { "" },
            text::grouped(job.tickets),
            text::grouped(job.open),
            job.counts.join(", "),
        ]
    }
}
