//! The rows of jobs, tickets and calls.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::time::Duration;

use jiff::Timestamp;
use ticket_core::model::Version;
use ticket_core::provider::VendorJob;
use ticket_core::{Change, Error, ErrorKind, Operation, Outcome, Result, TicketId};

use crate::clock::until;
use crate::model::{
    Archived, CallId, Claimed, Confirmed, Ended, Erasure, Event, Guards, Job, JobAccount, JobCall,
    JobId, JobState, JobTicket, Listed, LookedAgain, NewJob, PersonHash, PutBack, Seen, Which,
    Work, WorkerId,
};

pub(super) type Calls = BTreeMap<CallId, CallRow>;

#[derive(Debug)]
pub(super) struct JobRow {
    pub(super) id: JobId,
    change: Change,
    guards: Guards,
    pub(super) erasure: Option<Erasure>,
    pub(super) priority: i16,
    pub(super) awaits_confirmation: bool,
    pub(super) state: JobState,
    pub(super) created_at: Timestamp,
    created_by: Option<String>,
    sealed_at: Option<Timestamp>,
    digest: Option<String>,
    pub(super) confirmed: Option<Confirmed>,
    pub(super) held_from: Option<u64>,
    pub(super) events: Vec<Event>,
    /// Grows from one job to the next.
    pub(super) number: u64,
    /// Whether its list is complete.
    pub(super) is_closed: bool,
    pub(super) accounts: Vec<JobAccount>,
    pub(super) tickets: BTreeMap<u64, TicketRow>,
    /// The place of the first mention, by the place of each later one.
    pub(super) repeated: BTreeMap<u64, u64>,
    /// By the account's name.
    places: HashMap<String, HashMap<TicketId, u64>>,
    /// The places of tickets without an outcome, by the account's name.
    open: HashMap<String, BTreeSet<u64>>,
}

#[derive(Debug)]
pub(super) struct TicketRow {
    pub(super) account: String,
    id: TicketId,
    version: Option<Version>,
    pub(super) people: Vec<PersonHash>,
    pub(super) looked_again: Option<LookedAgain>,
    seen: Option<Seen>,
    pub(super) archived: Option<Archived>,
    pub(super) claimed_by: Option<WorkerId>,
    pub(super) not_before: Timestamp,
    pub(super) put_back: Option<PutBack>,
    /// The calls about it that are recorded.
    pub(super) calls: Vec<CallId>,
    pub(super) outcome: Option<(Outcome, Timestamp)>,
}

#[derive(Debug)]
pub(super) struct CallRow {
    pub(super) account: String,
    pub(super) operation: Operation,
    pub(super) requests: usize,
    pub(super) tickets: Vec<TicketId>,
    pub(super) work: Option<Work>,
    pub(super) taken_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) ended: Option<(Ended, Timestamp)>,
}

impl JobRow {
    pub(super) fn new(id: JobId, number: u64, job: NewJob, created_at: Timestamp) -> Self {
        Self {
            id,
            change: job.change,
            guards: job.guards,
            erasure: job.erasure,
            priority: job.priority,
            awaits_confirmation: job.awaits_confirmation,
            state: JobState::Loading,
            created_at,
            created_by: job.created_by,
            sealed_at: None,
            digest: None,
            confirmed: None,
            held_from: None,
            events: Vec::new(),
            number,
            is_closed: false,
            accounts: Vec::new(),
            tickets: BTreeMap::new(),
            repeated: BTreeMap::new(),
            places: HashMap::new(),
            open: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, listed: Listed) -> Result<()> {
        if self.is_closed {
            let message = format!("the list of job {} is complete", self.id);
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let places = self.places.entry(listed.account.clone()).or_default();
        if let Some(first) = places.get(&listed.id) {
            self.repeated.insert(listed.seq, *first);
            return Ok(());
        }
        places.insert(listed.id.clone(), listed.seq);
        let open = self.open.entry(listed.account.clone()).or_default();
        open.insert(listed.seq);
        let ticket = TicketRow {
            account: listed.account,
            id: listed.id,
            version: listed.version,
            people: listed.people,
            looked_again: None,
            seen: None,
            archived: None,
            claimed_by: None,
            not_before: Timestamp::MIN,
            put_back: None,
            calls: Vec::new(),
            outcome: None,
        };
        self.tickets.insert(listed.seq, ticket);
        Ok(())
    }

    pub(super) fn see(&mut self, seen: Vec<(u64, Seen)>) {
        for (seq, seen) in seen {
            if let Some(ticket) = self.tickets.get_mut(&seq) {
                ticket.seen = Some(seen);
            }
        }
    }

    pub(super) fn looked_again(&mut self, looks: Vec<(u64, LookedAgain)>) -> Result<()> {
        let conflict = |message: String| Err(Error::new(ErrorKind::Conflict, message));
        if self.erasure.is_none() {
            return conflict(format!("job {} is no erasure", self.id));
        }
        let is_decided = |seq| self.tickets.get(seq).is_some_and(TicketRow::is_decided);
        if let Some((seq, _)) = looks.iter().find(|(seq, _)| !is_decided(seq)) {
            return conflict(format!("the ticket at place {seq} has no outcome"));
        }
        for (seq, looked) in looks {
            if let Some(ticket) = self.tickets.get_mut(&seq) {
                ticket.looked_again = Some(looked);
            }
        }
        Ok(())
    }

    pub(super) fn archive(&mut self, seq: u64, archived: Archived) {
        if let Some(ticket) = self.tickets.get_mut(&seq) {
            ticket.archived = Some(archived);
        }
    }

    pub(super) fn seal(
        &mut self,
        mut accounts: Vec<JobAccount>,
        digest: Option<String>,
        now: Timestamp,
    ) -> Result<()> {
        let is_there = |name: &&String| accounts.iter().any(|account| account.name == **name);
        if let Some(name) = self.places.keys().find(|name| !is_there(name)) {
            let message = format!("the job has tickets of {name}, but not the account");
            return Err(Error::invalid_input(message));
        }
        let first = |account: &JobAccount| self.open_of(&account.name).next();
        accounts.retain(|account| first(account).is_some());
        accounts.sort_by_key(first);
        self.accounts = accounts;
        self.digest = digest;
        self.sealed_at = Some(now);
        let canary = self.guards.canary;
        let canary = canary.and_then(|tickets| usize::try_from(tickets).ok());
        self.held_from = canary.and_then(|tickets| self.tickets.keys().nth(tickets).copied());
        self.state = if self.awaits_confirmation {
            JobState::AwaitingConfirmation
        } else {
            JobState::Ready
        };
        self.end_if_decided();
        Ok(())
    }

    /// The keys of its accounts.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(|account| account.key.as_str())
    }

    /// The account of the job with this name.
    pub(super) fn account(&self, name: &str) -> Option<&JobAccount> {
        self.accounts.iter().find(|account| account.name == name)
    }

    /// The place of a ticket.
    pub(super) fn place(&self, account: &str, id: &TicketId) -> Option<u64> {
        self.places.get(account)?.get(id).copied()
    }

    /// The places of the account's tickets without an outcome.
    pub(super) fn open_of(&self, account: &str) -> impl Iterator<Item = u64> {
        self.open.get(account).into_iter().flatten().copied()
    }

    /// The places of all tickets without an outcome.
    pub(super) fn open(&self) -> impl Iterator<Item = u64> {
        self.open.values().flatten().copied()
    }

    /// Records an outcome, unless there is one.
    pub(super) fn decide(&mut self, seq: u64, outcome: Outcome, now: Timestamp) {
        let Some(ticket) = self.tickets.get_mut(&seq) else {
            return;
        };
        ticket.claimed_by = None;
        if ticket.outcome.is_none() {
            ticket.outcome = Some((outcome, now));
            if let Some(open) = self.open.get_mut(&ticket.account) {
                open.remove(&seq);
            }
        }
    }

    /// Ends the job if no ticket is open.
    pub(super) fn end_if_decided(&mut self) {
        if self.state.is_over() || self.open().next().is_some() {
            return;
        }
        self.state = match self.state {
            JobState::Cancelling => JobState::Cancelled,
            _ => JobState::Completed,
        };
    }

    pub(super) fn to_job(&self, workers: u64) -> Job {
        let mut counts = BTreeMap::new();
        let mut accounts = self.accounts.clone();
        for ticket in self.tickets.values() {
            if let Some((outcome, _)) = &ticket.outcome {
                *counts.entry(outcome.as_str().to_owned()).or_default() += 1;
            }
        }
        for account in &mut accounts {
            let places = self.places.get(&account.name);
            account.tickets = count(places.into_iter().flatten());
            account.open = count(self.open_of(&account.name));
        }
        Job {
            id: self.id.clone(),
            change: self.change.clone(),
            state: self.state,
            guards: self.guards.clone(),
            erasure: self.erasure.clone(),
            priority: self.priority,
            created_at: self.created_at,
            created_by: self.created_by.clone(),
            sealed_at: self.sealed_at,
            digest: self.digest.clone(),
            confirmed: self.confirmed.clone(),
            held_from: self.held_from,
            tickets: count(self.tickets.iter()),
            open: count(self.open()),
            repeated: count(self.repeated.iter()),
            counts,
            accounts,
            workers,
        }
    }

    pub(super) fn list(
        &self,
        which: Which,
        after: Option<u64>,
        limit: usize,
        calls: &Calls,
    ) -> Vec<JobTicket> {
        let range = (
            after.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        );
        let row = |seq, repeats, ticket: &TicketRow| ticket.to_ticket(seq, repeats, calls);
        let tickets = self.tickets.range(range);
        match which {
            Which::Open => tickets
                .filter(|(_, ticket)| ticket.outcome.is_none())
                .map(|(seq, ticket)| row(*seq, None, ticket))
                .take(limit)
                .collect(),
            Which::Named => {
                let first = tickets.map(|(seq, ticket)| row(*seq, None, ticket));
                let again = self.repeated.range(range).filter_map(|(seq, of)| {
                    let ticket = self.tickets.get(of)?;
                    Some(row(*seq, Some(*of), ticket))
                });
                let mut named: Vec<_> = first.take(limit).chain(again.take(limit)).collect();
                named.sort_by_key(|ticket| ticket.seq);
                named.truncate(limit);
                named
            }
        }
    }
}

impl TicketRow {
    /// A call names it.
    pub(super) fn name(&mut self, call: CallId) {
        if self.calls.last() != Some(&call) {
            self.calls.push(call);
        }
    }

    /// A call that named it was not sent.
    pub(super) fn forget(&mut self, call: CallId) {
        self.calls.retain(|one| *one != call);
    }

    /// The writes that may have changed it, if nobody knows what came of it.
    fn doubts<'a>(&self, calls: &'a Calls) -> impl Iterator<Item = &'a CallRow> {
        let named = if self.outcome.is_none() {
            self.calls.as_slice()
        } else {
            &[]
        };
        let rows = named.iter().filter_map(|call| calls.get(call));
        let may_have_changed_it =
            |call: &&CallRow| call.operation.is_write() && !call.is_without_effect();
        let rows: Vec<_> = rows.filter(may_have_changed_it).collect();
        rows.into_iter()
    }

    pub(super) const fn is_decided(&self) -> bool {
        self.outcome.is_some()
    }

    pub(super) fn is_in_doubt(&self, calls: &Calls) -> bool {
        self.doubts(calls).next().is_some()
    }

    pub(super) fn to_claimed(&self, seq: u64, calls: &Calls, now: Timestamp) -> Claimed {
        let acts_for = |call: &CallRow| match call.ended {
            None => until(now, call.expires_at),
            Some(_) => Duration::ZERO,
        };
        Claimed {
            seq,
            id: self.id.clone(),
            version: self.version.clone(),
            seen: self.seen.clone(),
            put_back: self.put_back,
            in_doubt: self.doubts(calls).map(acts_for).max(),
            accepted: self.doubts(calls).filter_map(CallRow::accepted).last(),
            lost_calls: self.lost_calls(calls),
        }
    }

    fn lost_calls(&self, calls: &Calls) -> u32 {
        let is_lost = |call: &&CallRow| call.ended.is_none() && call.work.is_some();
        let writes = self.doubts(calls).filter(is_lost).count();
        let last = self.calls.last().and_then(|call| calls.get(call));
        let last = last.filter(|call| !call.operation.is_write());
        let reads = last.filter(is_lost).map_or(0, |_| self.calls.len() / 2);
        u32::try_from(writes.max(reads)).unwrap_or(u32::MAX)
    }

    fn to_ticket(&self, seq: u64, repeats: Option<u64>, calls: &Calls) -> JobTicket {
        JobTicket {
            seq,
            repeats,
            account: self.account.clone(),
            id: self.id.clone(),
            outcome: self.outcome.as_ref().map(|(outcome, _)| outcome.clone()),
            decided_at: self.outcome.as_ref().map(|(_, at)| *at),
            in_doubt: self.is_in_doubt(calls),
            version: self.version.clone(),
            seen: self.seen.clone(),
            archived: self.archived.clone(),
            attempts: count(self.calls.iter()),
            last_call: self.calls.last().copied(),
            people: self.people.clone(),
            looked_again: self.looked_again.clone(),
        }
    }
}

impl CallRow {
    /// Until when its request may be on its way: `coalesce(ended_at, expires_at)`.
    pub(super) fn over_at(&self) -> Timestamp {
        let ended = self.ended.as_ref();
        ended.map_or(self.expires_at, |(_, at)| *at)
    }

    fn is_without_effect(&self) -> bool {
        let ended = self.ended.as_ref();
        ended.is_some_and(|(ended, _)| ended.is_without_effect())
    }

    /// The job as which the vendor accepted it.
    fn accepted(&self) -> Option<VendorJob> {
        match &self.ended {
            Some((Ended::Accepted { job, .. }, _)) => Some(job.clone()),
            _ => None,
        }
    }

    pub(super) fn is_of(&self, job: &JobId) -> bool {
        self.work.as_ref().is_some_and(|work| work.job == *job)
    }

    pub(super) fn to_call(&self, id: CallId) -> JobCall {
        let (kind, effect, status) = match &self.ended {
            Some((
                Ended::Failed {
                    kind,
                    effect,
                    status,
                },
                _,
            )) => (Some(*kind), Some(*effect), *status),
            Some((Ended::Accepted { status, .. }, _)) => (None, None, *status),
            _ => (None, None, None),
        };
        JobCall {
            id,
            account: self.account.clone(),
            operation: self.operation,
            requests: u64::try_from(self.requests).unwrap_or(u64::MAX),
            tickets: self.tickets.clone(),
            worker: self.work.as_ref().map(|work| work.worker),
            taken_at: self.taken_at,
            expires_at: self.expires_at,
            ended_at: self.ended.as_ref().map(|(_, at)| *at),
            kind,
            effect,
            status,
            accepted: self.accepted(),
        }
    }
}

pub(super) fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
