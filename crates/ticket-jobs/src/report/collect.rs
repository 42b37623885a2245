//! Reads a ledger once, page by page: writes the rows of tickets and calls, and counts.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use ticket_core::provider::Removal;
use ticket_core::{Change, Effect, Error, Outcome, Result, TicketRef};

use super::erasure;
use super::evidence;
use super::files::{Draft, Sink, unwritable};
use super::groups::Groups;
use super::model::{
    AccountFacts, Answer, CallRow, Calls, FORMAT, JobFacts, Mode, Report, TicketRow, Tickets,
};
use super::options::Options;
use super::people;
use super::proof::{self, Counts};
use super::table;
use super::time::{Times, Use};
use crate::erase::Fate;
use crate::ledger::{Ledger, tickets};
use crate::model::{Job, JobAccount, JobCall, JobId, JobTicket, Which};
use crate::steer::verify;

/// How many calls are read at once.
const PAGE: usize = 5_000;

/// Writes the rows of a job, and returns the report.
pub(super) async fn collect(
    ledger: &dyn Ledger,
    job: Job,
    draft: &mut Draft,
    options: &Options,
) -> Result<Report> {
    let mut calls = calls(ledger, &job, draft, options).await?;
    let tickets = Rows::new(&job, &calls.briefs).read(ledger, draft).await?;
    let events = ledger.events(&job.id).await?;
    let contradictions = verify(ledger, &job.id).await?;
    let accounts = job.accounts.iter().map(|account| {
        let outcomes = tickets.by_account.get(&account.name).cloned();
        let used = calls.by_key.remove(&account.key).unwrap_or_default();
        facts(account, outcomes.unwrap_or_default(), used)
    });
    let mut report = Report {
        format: FORMAT.name.to_owned(),
        version: FORMAT.version,
        made_at: options.at,
        made_by: options.by.clone(),
        made_with: options.with.clone(),
        partial: !job.state.is_over(),
        tickets: tickets.totals,
        outcomes: tickets.outcomes,
        accounts: accounts.collect(),
        calls: calls.counts,
        people: people::people(&job, &events),
        events,
        approval: job
            .confirmed
            .as_ref()
            .and_then(|confirmed| confirmed.approval.clone()),
        exceptions: tickets.groups.finish(),
        not_proven: Vec::new(),
        outcomes_over_time: tickets.times.finish(),
        erasure: job
            .erasure
            .as_ref()
            .map(|erasure| tickets.erasure.finish(&job, erasure)),
        job: JobFacts {
            id: job.id.clone(),
            change: job.change.clone(),
            state: job.state,
            guards: job.guards.clone(),
            digest: job.digest.clone(),
            created_at: job.created_at,
            sealed_at: job.sealed_at,
            first_call_at: calls.first_at,
            last_outcome_at: tickets.last_at,
        },
    };
    report.not_proven = proof::sentences(&report, &tickets.counts, contradictions);
    Ok(report)
}

/// What the calls of a job say.
struct OfCalls {
    briefs: evidence::Calls,
    counts: Calls,
    /// By the key of the account's quota.
    by_key: HashMap<String, Use>,
    first_at: Option<Timestamp>,
}

async fn calls(
    ledger: &dyn Ledger,
    job: &Job,
    draft: &mut Draft,
    options: &Options,
) -> Result<OfCalls> {
    let mut sink = draft.create("calls.ndjson")?;
    let mut of_calls = OfCalls {
        briefs: evidence::Calls::default(),
        counts: Calls::default(),
        by_key: HashMap::new(),
        first_at: None,
    };
    let mut names = HashMap::new();
    for account in &job.accounts {
        let key = account.key.as_str();
        names.entry(key).or_insert(account.name.as_str());
        let limits = options.limits.get(&account.name);
        let used = || Use::new(limits.map_or(&[], Vec::as_slice));
        of_calls.by_key.entry(key.to_owned()).or_insert_with(used);
    }
    let mut after = None;
    loop {
        let page = ledger.calls(&job.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for call in page {
            of_calls.count(&call);
            let account = names.get(call.account.as_str());
            write_line(&mut sink, &call_row(call, account.copied()))?;
        }
    }
    draft.keep(sink)?;
    Ok(of_calls)
}

impl OfCalls {
    fn count(&mut self, call: &JobCall) {
        let counts = &mut self.counts;
        counts.recorded += 1;
        let operation = counts.by_operation.entry(call.operation.to_string());
        *operation.or_default() += 1;
        *match (call.ended_at, call.kind, call.effect) {
            (None, ..) => &mut counts.without_end,
            (Some(_), None, _) => &mut counts.answered,
            (Some(_), Some(_), Some(Effect::None)) => &mut counts.failed,
            (Some(_), Some(_), _) => &mut counts.failed_with_unknown_effect,
        } += 1;
        self.first_at.get_or_insert(call.taken_at);
        if let Some(used) = self.by_key.get_mut(&call.account) {
            used.push(call);
        }
        self.briefs.push(call);
    }
}

fn call_row(call: JobCall, account: Option<&str>) -> CallRow {
    CallRow {
        call: call.id.0,
        account: account.map_or(call.account, str::to_owned),
        operation: call.operation,
        requests: Some(call.requests),
        tickets: call.tickets,
        worker: call.worker.map(|worker| worker.0),
        taken_at: call.taken_at,
        ended_at: call.ended_at,
        expires_at: call.expires_at,
        answer: match (call.ended_at, call.kind) {
            (None, _) => Answer::NoEnd,
            (Some(_), None) => Answer::Answered,
            (Some(_), Some(_)) => Answer::Failed,
        },
        kind: call.kind,
        effect: call.effect,
        status: call.status,
    }
}

/// The rows of the tickets, and what is counted meanwhile.
struct Rows<'a> {
    job: &'a Job,
    calls: &'a evidence::Calls,
    accounts: HashMap<&'a str, &'a JobAccount>,
    counted: OfTickets,
}

#[derive(Default)]
struct OfTickets {
    totals: Tickets,
    outcomes: BTreeMap<String, u64>,
    by_account: HashMap<String, BTreeMap<String, u64>>,
    groups: Groups,
    times: Times<BTreeMap<String, u64>>,
    last_at: Option<Timestamp>,
    counts: Counts,
    erasure: erasure::Counted,
}

impl<'a> Rows<'a> {
    fn new(job: &'a Job, calls: &'a evidence::Calls) -> Self {
        let accounts = job.accounts.iter();
        Self {
            job,
            calls,
            accounts: accounts
                .map(|account| (account.name.as_str(), account))
                .collect(),
            counted: OfTickets::default(),
        }
    }

    async fn read(mut self, ledger: &dyn Ledger, draft: &mut Draft) -> Result<OfTickets> {
        let mut lines = draft.create("outcomes.ndjson")?;
        let table = draft.create("outcomes.csv")?;
        let table_path = table.path.clone();
        let mut table = csv::Writer::from_writer(table);
        let failed = |error: csv::Error| unwritable(&table_path, &error.into());
        table.write_record(table::COLUMNS).map_err(failed)?;
        let id: &JobId = &self.job.id;
        let mut named = tickets(ledger, id, Which::Named);
        while let Some(ticket) = named.try_next().await? {
            let row = self.row(&ticket);
            write_line(&mut lines, &row)?;
            table.write_record(table::cells(&row)).map_err(failed)?;
            self.count(&ticket, &row);
        }
        draft.keep(lines)?;
        let table = table
            .into_inner()
            .map_err(|error| unwritable(&table_path, error.error()))?;
        draft.keep(table)?;
        Ok(self.counted)
    }

    fn row(&self, ticket: &JobTicket) -> TicketRow {
        let account = self.accounts.get(ticket.account.as_str());
        let key = account.map_or("", |account| account.key.as_str());
        let error = ticket.outcome.as_ref().and_then(Outcome::error);
        let is_delete = self.job.change.is_delete();
        let removal = account.map(|account| account.removal);
        let archived = ticket.archived.as_ref();
        let reference = TicketRef::new(ticket.account.clone(), ticket.id.clone());
        let fate = self.fate(ticket);
        TicketRow {
            place: ticket.seq + 1,
            ticket: reference.to_string(),
            outcome: word(&self.job.change, ticket).to_owned(),
            evidence: self.calls.evidence(ticket, key),
            call: ticket.last_call.map(|call| call.0),
            attempts: ticket.attempts,
            decided_at: ticket.decided_at,
            mode: removal.filter(|_| is_delete).map(mode),
            restorable_until: removal
                .filter(|_| is_delete && matches!(ticket.outcome, Some(Outcome::Done)))
                .and_then(|removal| self.restorable_until(ticket, key, removal)),
            archived: archived.map(|archived| archived.sha256.clone()),
            not_archived: self.not_archived(ticket).map(str::to_owned),
            subject: ticket.seen.as_ref().and_then(|seen| seen.subject.clone()),
            confirmed: match &ticket.outcome {
                Some(Outcome::NotFound(error)) => Some(error.is_confirmed()),
                _ => None,
            },
            kind: error.map(Error::kind),
            effect: error.map(Error::effect),
            status: error.and_then(Error::status),
            message: error.map(|error| error.message().to_owned()),
            vendor_message: error.and_then(|error| error.vendor_message().map(str::to_owned)),
            repeats: ticket.repeats.map(|place| place + 1),
            fate: fate.map(|fate| fate.to_string()),
            in_trash_until: match fate {
                Some(Fate::InTrash { until }) => until,
                _ => None,
            },
            looked_again_at: ticket.looked_again.as_ref().map(|looked| looked.at),
            people: ticket.people.clone(),
        }
    }

    /// What became of it, if the job is an erasure.
    fn fate(&self, ticket: &JobTicket) -> Option<Fate> {
        self.job.erasure.as_ref()?;
        let account = self.accounts.get(ticket.account.as_str());
        let removal = account.map(|account| account.removal);
        Some(Fate::of(ticket, removal.unwrap_or_default()))
    }

    /// Counted from when the delete was recorded, just before it was sent: never too late. Where it was made several times,
    /// the first one may have done it. `None` if it is not known.
    fn restorable_until(
        &self,
        ticket: &JobTicket,
        key: &str,
        removal: Removal,
    ) -> Option<Timestamp> {
        let Removal::Trash {
            restorable_for: Some(time),
        } = removal
        else {
            return None;
        };
        let deleted_from = self.calls.deleted_from(ticket, key)?;
        deleted_from.checked_add(time).ok()
    }

    fn not_archived(&self, ticket: &JobTicket) -> Option<&'static str> {
        if self.job.guards.archive.is_none() || ticket.archived.is_some() {
            return None;
        }
        Some(match &ticket.outcome {
            None => "not yet",
            Some(Outcome::Done) => "no entry is recorded, although the ticket was changed",
            Some(Outcome::AlreadyDone | Outcome::NotFound(_)) => {
                "the ticket was not there any more"
            }
            Some(Outcome::Failed(_)) if proof::failed_in_trash(ticket) => {
                "no entry is recorded, although the ticket was moved to the trash"
            }
            Some(Outcome::Failed(_) | Outcome::Unattempted(_)) => "the ticket was not changed",
            Some(_) => "no entry is recorded",
        })
    }

    /// Counts a ticket, once.
    fn count(&mut self, ticket: &JobTicket, row: &TicketRow) {
        let fate = self.fate(ticket);
        let counted = &mut self.counted;
        if ticket.repeats.is_some() {
            counted.totals.repeated += 1;
            return;
        }
        if let Some(fate) = fate {
            counted.erasure.add(ticket, fate);
        }
        counted.totals.distinct += 1;
        counted.totals.archived += u64::from(ticket.archived.is_some());
        let add = |counts: &mut BTreeMap<String, u64>| match counts.get_mut(&row.outcome) {
            Some(count) => *count += 1,
            None => drop(counts.insert(row.outcome.clone(), 1)),
        };
        add(&mut counted.outcomes);
        if !counted.by_account.contains_key(&ticket.account) {
            let counts = BTreeMap::new();
            counted.by_account.insert(ticket.account.clone(), counts);
        }
        if let Some(counts) = counted.by_account.get_mut(&ticket.account) {
            add(counts);
        }
        counted.counts.add(ticket, row);
        if let Some(at) = ticket.decided_at {
            counted.totals.decided += 1;
            counted.last_at = counted.last_at.max(Some(at));
            add(counted.times.at(at));
        }
        if !ticket.outcome.as_ref().is_some_and(Outcome::is_done) {
            let outcome = word(&self.job.change, ticket);
            let error = ticket.outcome.as_ref().and_then(Outcome::error);
            let (account, id) = (&ticket.account, ticket.id.as_str());
            counted.groups.push(account, id, outcome, row, error);
        }
    }
}

/// The outcome of a ticket in the words of the change.
fn word(change: &Change, ticket: &JobTicket) -> &'static str {
    match &ticket.outcome {
        Some(outcome) => change.word(outcome),
        None if ticket.in_doubt => "in_doubt",
        None => "open",
    }
}

fn mode(removal: Removal) -> Mode {
    match removal {
        Removal::Permanent => Mode::Permanent,
        Removal::Trash { .. } => Mode::Trash,
        _ => Mode::Undocumented,
    }
}

fn facts(account: &JobAccount, outcomes: BTreeMap<String, u64>, used: Use) -> AccountFacts {
    let restorable_for = match account.removal {
        Removal::Trash { restorable_for } => restorable_for,
        _ => None,
    };
    AccountFacts {
        name: account.name.clone(),
        provider: account.provider.clone(),
        host: account.host.clone(),
        mode: mode(account.removal),
        restorable_for_s: restorable_for.as_ref().map(Duration::as_secs),
        takes_along: account.takes_along.clone(),
        tickets: outcomes.values().sum(),
        outcomes,
        calls: used.calls,
        limits: used.limits(),
        calls_over_time: used.times.finish(),
    }
}

fn write_line(sink: &mut Sink, row: &impl serde::Serialize) -> Result<()> {
    let written = serde_json::to_writer(&mut *sink, row).map_err(std::io::Error::from);
    written
        .and_then(|()| sink.write_all(b"\n"))
        .map_err(|error| unwritable(Path::new(&sink.path), &error))
}
