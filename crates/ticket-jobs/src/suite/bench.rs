//! What a case works with: a ledger, its clock, and words for what it finds.

use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ticket_core::provider::{Limit, Quota};
use ticket_core::{Change, Error, ErrorKind, Operation, Outcome, Result};

use crate::clock::{Clock, later};
use crate::ledger::Ledger;
use crate::model::{
    CallId, Claim, Claimed, Job, JobAccount, JobId, JobTicket, Listed, NewCall, NewJob, Taken,
    Which, Work, WorkerId,
};

/// Which promise is broken, and how.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The name of the case.
    pub(super) case: &'static str,
    /// What it promises.
    pub(super) promise: &'static str,
    pub(super) found: Wrong,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wrong {
            what,
            expected,
            found,
        } = &self.found;
        let (case, promise) = (self.case, self.promise);
        write!(
            f,
            "{case}: {promise}\n  {what}\n  expected: {expected}\n  found:    {found}"
        )
    }
}

impl std::error::Error for Failure {}

/// What was expected and what was found.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) found: String,
}

/// An error that no case expects.
impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self {
            what: "a method of the ledger was called that should succeed".to_owned(),
            expected: "success".to_owned(),
            found: error.to_string(),
        }
    }
}

pub(super) type CaseResult<T = ()> = std::result::Result<T, Wrong>;

pub(super) fn wrong<T>(
    what: impl Into<String>,
    expected: impl Debug,
    found: impl Debug,
) -> CaseResult<T> {
    Err(Wrong {
        what: what.into(),
        expected: format!("{expected:?}"),
        found: format!("{found:?}"),
    })
}

/// Fails unless both are the same.
pub(super) fn same<T: Debug + PartialEq>(what: &str, found: T, expected: T) -> CaseResult {
    if found == expected {
        return Ok(());
    }
    wrong(what, expected, found)
}

/// Fails unless the method failed with an error of this kind.
pub(super) fn fails<T: Debug>(what: &str, result: Result<T>, kind: ErrorKind) -> CaseResult {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        other => wrong(what, kind, other),
    }
}

/// Fails unless the job is unknown.
pub(super) fn no_job<T: Debug>(what: &str, result: Result<T>) -> CaseResult {
    fails(what, result, ErrorKind::NotFound)
}

/// A clock that only moves when it is told to.
#[derive(Clone, Debug)]
pub(super) struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    /// It begins on 2026-01-01.
    pub(super) fn new() -> Self {
        let start = Timestamp::from_second(1_767_225_600).unwrap_or_default();
        Self(Arc::new(Mutex::new(start)))
    }

    pub(super) fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advance(&self, time: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = later(*now, time);
    }

    pub(super) fn clock(&self) -> Clock {
        let clock = self.clone();
        Clock::new(move || clock.now())
    }
}

/// The account of most cases, the key of its quota, and how many of its tickets are claimed at once.
pub(super) const ACCOUNT: &str = "desk";
pub(super) const KEY: &str = "onecloud/desk";
pub(super) const CHUNK: usize = 3;

/// The longest time that calls of the cases may take.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const MILLI: Duration = Duration::from_millis(1);

/// A millisecond less.
pub(super) const fn before(time: Duration) -> Duration {
    time.saturating_sub(MILLI)
}

/// A ledger and its clock.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) clock: TestClock,
}

impl Bench {
    pub(super) fn advance(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// A job that is loading, with tickets of these accounts and ids.
    pub(super) async fn loading(&self, tickets: &[(&str, &str)]) -> CaseResult<JobId> {
        let job = self.ledger.create(NewJob::new(Change::Delete)).await?;
        self.ledger.add(&job, listed(0, tickets)).await?;
        Ok(job)
    }

    /// A job that is ready, with tickets of these accounts and ids.
    pub(super) async fn job_of(&self, tickets: &[(&str, &str)]) -> CaseResult<JobId> {
        let job = self.loading(tickets).await?;
        let mut accounts: Vec<JobAccount> = Vec::new();
        for (name, _) in tickets {
            if accounts.iter().all(|account| account.name != *name) {
                accounts.push(JobAccount::new(*name, format!("onecloud/{name}"), CHUNK));
            }
        }
        self.ledger.seal(&job, accounts, None).await?;
        Ok(job)
    }

    /// A job that is ready, with tickets of [`ACCOUNT`].
    pub(super) async fn job(&self, ids: &[&str]) -> CaseResult<JobId> {
        let tickets: Vec<_> = ids.iter().map(|id| (ACCOUNT, *id)).collect();
        self.job_of(&tickets).await
    }

    /// A job and a worker that has claimed its first tickets.
    pub(super) async fn claimed(&self, ids: &[&str]) -> CaseResult<(JobId, WorkerId)> {
        let job = self.job(ids).await?;
        let worker = self.ledger.begin(&job).await?;
        self.claim(worker).await?;
        Ok((job, worker))
    }

    /// Claims tickets of [`ACCOUNT`], of which there must be some.
    pub(super) async fn claim(&self, worker: WorkerId) -> CaseResult<Vec<Claimed>> {
        match self.ledger.claim(worker, ACCOUNT).await? {
            Claim::Tickets(tickets) if !tickets.is_empty() => Ok(tickets),
            other => wrong("a worker claimed tickets that are free", "tickets", other),
        }
    }

    /// Fails unless the claim says later. Returns the wait.
    pub(super) async fn later(&self, worker: WorkerId) -> CaseResult<Duration> {
        match self.ledger.claim(worker, ACCOUNT).await? {
            Claim::Later(wait) if !wait.is_zero() => Ok(wait),
            other => wrong(
                "a worker claimed tickets that are not free yet",
                "later",
                other,
            ),
        }
    }

    /// Takes a slot, which must be free.
    pub(super) async fn slot(&self, call: &NewCall) -> CaseResult<CallId> {
        match self.ledger.take(call.clone()).await? {
            Taken::Slot(id, _) => Ok(id),
            other => wrong(
                format!("a call was to be sent that no limit forbids: {call:?}"),
                "a slot",
                other,
            ),
        }
    }

    /// Fails unless no slot is free because of the windows. Returns the wait.
    pub(super) async fn full(&self, call: &NewCall) -> CaseResult<Duration> {
        match self.ledger.take(call.clone()).await? {
            Taken::Full(wait) if !wait.is_zero() => Ok(wait),
            other => wrong(
                "a call was to be sent that is above a window",
                "full",
                other,
            ),
        }
    }

    /// Fails unless as many calls are in flight as may be.
    pub(super) async fn busy(&self, call: &NewCall) -> CaseResult {
        match self.ledger.take(call.clone()).await? {
            Taken::Busy(wait) if !wait.is_zero() => Ok(()),
            other => wrong(
                "a call was to be sent beside too many others",
                "busy",
                other,
            ),
        }
    }

    /// Fails unless the slot is free exactly after this time.
    pub(super) async fn free_after(&self, call: &NewCall, time: Duration) -> CaseResult<CallId> {
        let wait = self.full(call).await?;
        if wait > time {
            let what = "a call was refused, and when a slot is free at the earliest";
            return wrong(what, format!("at most {time:?}"), wait);
        }
        self.advance(time.saturating_sub(MILLI));
        self.full(call).await?;
        self.advance(MILLI);
        self.slot(call).await
    }

    pub(super) async fn state(&self, job: &JobId) -> CaseResult<Job> {
        Ok(self.ledger.job(job).await?)
    }

    /// Every mention of a ticket in the job.
    pub(super) async fn tickets(&self, job: &JobId) -> CaseResult<Vec<JobTicket>> {
        Ok(self.ledger.tickets(job, Which::Named, None, 1000).await?)
    }

    /// The outcome of each mention, in words; `open` without one.
    pub(super) async fn outcomes(&self, job: &JobId) -> CaseResult<Vec<&'static str>> {
        let tickets = self.tickets(job).await?;
        let word = |ticket: &JobTicket| ticket.outcome.as_ref().map_or("open", Outcome::as_str);
        Ok(tickets.iter().map(word).collect())
    }

    /// Whether each mention is in doubt.
    pub(super) async fn doubts(&self, job: &JobId) -> CaseResult<Vec<bool>> {
        let tickets = self.tickets(job).await?;
        Ok(tickets.iter().map(|ticket| ticket.in_doubt).collect())
    }
}

/// Tickets at places from `first` on.
pub(super) fn listed(first: u64, tickets: &[(&str, &str)]) -> Vec<Listed> {
    let places = (first..).zip(tickets);
    let tickets = places.map(|(seq, (account, id))| Listed {
        seq,
        account: (*account).to_owned(),
        id: (*id).into(),
        version: None,
        people: Vec::new(),
    });
    tickets.collect()
}

/// A call that is no part of a job.
pub(super) fn call(operation: Operation) -> NewCall {
    NewCall {
        account: KEY.to_owned(),
        limits: Vec::new(),
        operation,
        requests: 1,
        tickets: Vec::new(),
        longest: LONGEST,
        work: None,
    }
}

/// A delete by a worker, of tickets of [`ACCOUNT`].
pub(super) fn delete(job: &JobId, worker: WorkerId, ids: &[&str]) -> NewCall {
    NewCall {
        tickets: ids.iter().map(|id| (*id).into()).collect(),
        work: Some(Work {
            job: job.clone(),
            worker,
            account: ACCOUNT.to_owned(),
        }),
        ..call(Operation::Delete)
    }
}

/// At most `calls` calls in `window` seconds.
pub(super) fn window(calls: u32, window: u64) -> Limit {
    Limit::new().window(Quota::new(calls, secs(window)))
}

/// The places of claimed tickets.
pub(super) fn places(claimed: &[Claimed]) -> Vec<u64> {
    claimed.iter().map(|ticket| ticket.seq).collect()
}

/// The same outcome at each place.
pub(super) fn each(places: &[u64], outcome: &Outcome) -> Vec<(u64, Outcome)> {
    places.iter().map(|seq| (*seq, outcome.clone())).collect()
}
