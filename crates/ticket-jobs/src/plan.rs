//! A plan as a file: what a job will change, so that a second person can look at it and approve it.
//!
//! # Format, version 1
//!
//! One JSON document in UTF-8. Its lines are a part of the format, since the digest is that of bytes:
//!
//! ```text
//! {"format":"tickets-plan","version":1,"job":"7f3a09c2","change":"delete","guards":{},"planned_at":"2026-11-29T02:10:00Z","planned_by":"alice@ops1","accounts":[{"name":"eu",…}],"tickets":[
//! {"account":"eu","id":"121","seen":{…}},
//! {"account":"eu","id":"122"}
//! ],"counts":{"eu":2},
//! "digest":"…"}
//! ```
//!
//! `digest` is the SHA-256, in lower-case hexadecimal digits, of all bytes before the last line. Anybody can check it:
//! `head -n -1 plan.json | sha256sum`. A plan that was edited or formatted anew has another digest, and is refused.
//!
//! `tickets` are the distinct tickets in the order of the job, each with the version that was asked for and with what was
//! seen of it, if it was looked at. Subjects may be personal data.
//!
//! A job always gives the same bytes, so its digest can be computed again from the ledger ([`digest`]).

mod read;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::pin::pin;

use futures_core::Stream;
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::model::Version;
use ticket_core::provider::Removal;
use ticket_core::{Change, Error, Result, TicketId, TicketRef};

use crate::digest::Hasher;
use crate::format::Format;
use crate::model::{Erasure, Guards, Job, JobAccount, JobId, JobTicket, PersonHash, Seen};

const FORMAT: Format = Format {
    name: "tickets-plan",
    what: "plan",
    version: 2,
};

/// The version of a plan of any other job, whose bytes are those of that version.
const WITHOUT_ERASURE: u64 = 1;

/// What stands between the head and the tickets, and between these and the tail.
const BEFORE_TICKETS: &str = ",\"tickets\":[\n";
const BEFORE_COUNTS: &str = "],\"counts\":";

/// A plan that was read. It holds the first and the last tickets only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The job.
    pub job: JobId,
    /// What is done to each ticket.
    pub change: Change,
    /// What is checked while the job is worked on.
    pub guards: Guards,
    /// The erasure that it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// When the job was created. Its tickets may have been looked at later.
    pub planned_at: Timestamp,
    /// Who created it, as `user@host`.
    pub planned_by: Option<String>,
    /// Its accounts, in the order of first appearance.
    pub accounts: Vec<PlannedAccount>,
    /// The first tickets.
    #[serde(skip)]
    pub first: Vec<PlannedTicket>,
    /// The last tickets that are not among the first.
    #[serde(skip)]
    pub last: Vec<PlannedTicket>,
    /// How many tickets were looked at.
    #[serde(skip)]
    pub seen: u64,
    /// How many of these the vendor did not find.
    #[serde(skip)]
    pub missing: u64,
    /// When the last of them was read.
    #[serde(skip)]
    pub looked_at: Option<Timestamp>,
    /// SHA-256 of the plan.
    #[serde(skip)]
    pub digest: String,
}

/// An account of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedAccount {
    /// Its name, as the tickets name it.
    pub name: String,
    /// The provider's id.
    pub provider: String,
    /// The host of its base URL, with its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The key of its quota.
    pub key: String,
    /// What a delete does there.
    pub removal: Removal,
    /// What a delete takes along besides the ticket, in words.
    pub takes_along: Vec<String>,
    /// How many tickets of it the plan has.
    #[serde(skip)]
    pub tickets: u64,
}

/// A ticket of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedTicket {
    /// The account's name.
    pub account: String,
    /// Its id.
    pub id: TicketId,
    /// Change it only while it has this version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// How it was when the job was planned, if it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// Whose it is, of an erasure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonHash>,
}

impl Plan {
    /// The plan of a job, without its tickets.
    fn of(job: &Job) -> Self {
        Self {
            job: job.id.clone(),
            change: job.change.clone(),
            guards: job.guards.clone(),
            erasure: job.erasure.clone(),
            planned_at: job.created_at,
            planned_by: job.created_by.clone(),
            accounts: job.accounts.iter().map(PlannedAccount::of).collect(),
            first: Vec::new(),
            last: Vec::new(),
            seen: 0,
            missing: 0,
            looked_at: None,
            digest: String::new(),
        }
    }

    /// How many tickets it has.
    pub fn tickets(&self) -> u64 {
        self.accounts.iter().map(|account| account.tickets).sum()
    }

    /// The text before the tickets.
    fn head(&self) -> io::Result<String> {
        let Format { name, .. } = FORMAT;
        let version = match self.erasure {
            Some(_) => FORMAT.version,
            None => WITHOUT_ERASURE,
        };
        let head = serde_json::to_string(self)?;
        let head = head
            .strip_prefix('{')
            .and_then(|head| head.strip_suffix('}'));
        let head = head.ok_or_else(|| io::Error::other("a plan is an object"))?;
        Ok(format!(
            "{{\"format\":\"{name}\",\"version\":{version},{head}{BEFORE_TICKETS}"
        ))
    }
}

impl PlannedAccount {
    /// An account of a job, without the number of its tickets.
    pub fn of(account: &JobAccount) -> Self {
        Self {
            name: account.name.clone(),
            provider: account.provider.clone(),
            host: account.host.clone(),
            key: account.key.clone(),
            removal: account.removal,
            takes_along: account.takes_along.clone(),
            tickets: 0,
        }
    }
}

impl PlannedTicket {
    /// The ticket's reference.
    pub fn reference(&self) -> TicketRef {
        TicketRef::new(self.account.clone(), self.id.clone())
    }
}

/// Writes the plan of a job, ticket by ticket, in memory that does not grow with the job.
#[derive(Debug)]
pub struct PlanWriter<W> {
    output: W,
    hasher: Hasher,
    counts: BTreeMap<String, u64>,
    line: Vec<u8>,
}

impl<W: Write> PlanWriter<W> {
    /// Begins the plan of a job. Of the job's accounts it needs no numbers of tickets.
    ///
    /// # Errors
    ///
    /// Those of `output`.
    pub fn new(output: W, job: &Job) -> io::Result<Self> {
        let plan = Plan::of(job);
        let accounts = plan.accounts.iter();
        let mut writer = Self {
            output,
            hasher: Hasher::default(),
            counts: accounts.map(|account| (account.name.clone(), 0)).collect(),
            line: Vec::new(),
        };
        writer.write(plan.head()?.as_bytes())?;
        Ok(writer)
    }

    /// Adds the next ticket of the job. Repetitions are left out.
    ///
    /// # Errors
    ///
    /// Those of `output`, and `InvalidData` if the job has no account of this name.
    pub fn push(&mut self, ticket: &JobTicket) -> io::Result<()> {
        if ticket.repeats.is_some() {
            return Ok(());
        }
        let Some(count) = self.counts.get_mut(&ticket.account) else {
            let message = format!("the job has no account {:?}", ticket.account);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        };
        *count += 1;
        let planned = PlannedTicket {
            account: ticket.account.clone(),
            id: ticket.id.clone(),
            version: ticket.version.clone(),
            seen: ticket.seen.clone(),
            people: ticket.people.clone(),
        };
        let mut line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            line.extend(b",\n");
            self.write(&line)?;
            line.clear();
        }
        serde_json::to_writer(&mut line, &planned)?;
        self.line = line;
        Ok(())
    }

    /// Ends the plan. Returns its digest.
    ///
    /// # Errors
    ///
    /// Those of `output`.
    pub fn finish(mut self) -> io::Result<String> {
        let mut line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            line.push(b'\n');
        }
        line.extend(tail(&self.counts)?.bytes());
        self.write(&line)?;
        let digest = self.hasher.finish();
        self.output.write_all(last_line(&digest).as_bytes())?;
        self.output.flush()?;
        Ok(digest)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.output.write_all(bytes)
    }
}

/// The line after the tickets.
fn tail(counts: &BTreeMap<String, u64>) -> io::Result<String> {
    let counts = serde_json::to_string(counts)?;
    Ok(format!("{BEFORE_COUNTS}{counts},\n"))
}

/// The last line, which the digest does not cover.
fn last_line(digest: &str) -> String {
    format!("\"digest\":\"{digest}\"}}\n")
}

/// The digest of a job's plan, from its tickets as [`tickets`](crate::tickets) gives them. The job needs its accounts, but
/// neither has to be sealed nor to have numbers.
///
/// # Errors
///
/// Those of `tickets`, and `Config` if one has an account that the job does not have.
pub async fn digest(job: &Job, tickets: impl Stream<Item = Result<JobTicket>>) -> Result<String> {
    let unusable = |error: io::Error| {
        let message = format!("the plan of job {} cannot be computed: {error}", job.id);
        Error::config(message)
    };
    let mut writer = PlanWriter::new(io::sink(), job).map_err(unusable)?;
    let mut tickets = pin!(tickets);
    while let Some(ticket) = tickets.try_next().await? {
        writer.push(&ticket).map_err(unusable)?;
    }
    writer.finish().map_err(unusable)
}
