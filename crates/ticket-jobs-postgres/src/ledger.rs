//! The ledger: each method is one statement, which is one transaction.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_core::provider::Limit;
use ticket_core::{Error, Outcome, Result};
use ticket_jobs::store;
use ticket_jobs::{
    AccountState, CallId, Claim, Clock, Confirmed, Ended, Event, Job, JobAccount, JobCall, JobId,
    JobState, JobTicket, Ledger, Listed, LookedAgain, NewCall, NewJob, Offer, Seen, Step,
    Suspension, Taken, Which, Work, WorkerId,
};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use crate::address::Address;
use crate::pool::Again::{self, Always, IfNotSent};
use crate::pool::{Param, Pool};
use crate::schema;
use crate::time::{Time, since_boot};
use crate::together::Together;
use crate::values::{self, int, uint};

/// A ledger in a PostgreSQL database, for workers on any number of machines.
///
/// See the [crate] for what the server has to be like.
#[derive(Debug)]
pub struct PostgresLedger {
    pub(crate) shared: Arc<Shared>,
}

/// Calls that go in one statement: all of an account that are part of the same work, or of none.
pub(crate) type CallsOf = (String, Option<Work>);

/// What tasks of a ledger need.
#[derive(Debug)]
pub(crate) struct Shared {
    pool: Pool,
    pub(crate) time: Time,
    pub(crate) takes: Arc<Together<CallsOf, NewCall, Result<Taken>>>,
    pub(crate) ends: Arc<Together<(), CallId, ()>>,
}

impl Shared {
    pub(crate) async fn rows(
        &self,
        again: Again,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>> {
        self.pool.query(again, sql, params).await
    }
}

impl PostgresLedger {
    /// Connects to the ledger in this database, `postgres://USER@HOST:PORT/DATABASE?sslmode=…`, and creates its tables, in the
    /// schema `tickets`, if they are not there. What the URL leaves open is taken from the environment, a service file and a
    /// password file, as libpq does.
    ///
    /// # Errors
    ///
    /// [`Config`](ticket_core::ErrorKind::Config), with what to do: the server cannot be reached, is a standby, or can lose
    /// commits; the user may not do this; the ledger is one of a newer version.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::open(url, None).await
    }

    /// Connects to the ledger in this database, whose time is that of `clock`, for tests. All that open the ledger need the
    /// same clock.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn connect_with_clock(url: &str, clock: Clock) -> Result<Self> {
        Self::open(url, Some(clock)).await
    }

    async fn open(url: &str, clock: Option<Clock>) -> Result<Self> {
        let shared = Shared {
            pool: Pool::new(Address::of(url)?),
            time: Time::of(clock),
            takes: Arc::default(),
            ends: Arc::default(),
        };
        schema::migrate(&shared.pool, shared.time.given().is_some()).await?;
        let ledger = Self {
            shared: Arc::new(shared),
        };
        let sent = since_boot();
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000";
        let row = ledger.row(Always, sql, &[]).await?;
        let told = row.try_get(0).unwrap_or_default();
        ledger.time().heard(sent, told, since_boot());
        Ok(ledger)
    }

    /// Where the ledger is, as `postgres://USER@HOST:PORT/DATABASE`, without a password.
    pub fn location(&self) -> &str {
        self.shared.pool.place()
    }

    pub(crate) fn time(&self) -> &Time {
        &self.shared.time
    }

    /// The time of a test's clock, for a statement; without one the database asks its own.
    pub(crate) fn given(&self) -> Option<i64> {
        self.shared.time.given()
    }

    pub(crate) async fn rows(
        &self,
        again: Again,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>> {
        self.shared.rows(again, sql, params).await
    }

    /// The one row of a statement.
    pub(crate) async fn row(&self, again: Again, sql: &str, params: &[Param<'_>]) -> Result<Row> {
        let rows = self.rows(again, sql, params).await?;
        let row = rows.into_iter().next();
        row.ok_or_else(|| Error::config("the ledger gave no answer"))
    }

    /// Runs a statement for what it does.
    pub(crate) async fn done(&self, again: Again, sql: &str, params: &[Param<'_>]) -> Result<()> {
        self.rows(again, sql, params).await.map(drop)
    }
}

/// A column of a row.
pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T> {
    row.try_get(column)
        .map_err(|error| store::unreadable("a value", &error.to_string()))
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Ledger for PostgresLedger {
    fn now(&self) -> Timestamp {
        values::time(self.shared.time.now())
    }

    async fn create(&self, job: NewJob) -> Result<JobId> {
        self.create_job(&job).await
    }

    async fn add(&self, job: &JobId, tickets: Vec<Listed>) -> Result<()> {
        self.add_tickets(job, &tickets).await
    }

    async fn close_list(&self, job: &JobId) -> Result<()> {
        let sql = "SELECT tickets.close_list($1)";
        self.done(Always, sql, &[(&job.as_str(), Type::TEXT)]).await
    }

    async fn see(&self, job: &JobId, seen: Vec<(u64, Seen)>) -> Result<()> {
        self.see_tickets(job, &seen).await
    }

    async fn seal(
        &self,
        job: &JobId,
        accounts: Vec<JobAccount>,
        digest: Option<String>,
    ) -> Result<()> {
        self.seal_job(job, &accounts, digest.as_deref()).await
    }

    async fn confirm(&self, job: &JobId, confirmed: Confirmed) -> Result<()> {
        self.confirm_job(job, &confirmed).await
    }

    async fn discard(&self, job: &JobId) -> Result<()> {
        let sql = "SELECT tickets.discard($1)";
        self.done(IfNotSent, sql, &[(&job.as_str(), Type::TEXT)])
            .await
    }

    async fn job(&self, job: &JobId) -> Result<Job> {
        self.read_job(job).await
    }

    async fn jobs(&self) -> Result<Vec<Job>> {
        self.read_jobs().await
    }

    async fn steer(&self, job: &JobId, step: Step) -> Result<JobState> {
        self.steer_job(job, step).await
    }

    async fn prioritize(&self, job: &JobId, priority: i16) -> Result<()> {
        self.set_priority(job, priority).await
    }

    async fn offers(&self, accounts: &[String], limit: usize) -> Result<Vec<Offer>> {
        self.read_offers(accounts, limit).await
    }

    async fn begin(&self, job: &JobId) -> Result<WorkerId> {
        let sql = "SELECT tickets.begin_work($1, $2)";
        let params: &[Param<'_>] = &[(&self.given(), Type::INT8), (&job.as_str(), Type::TEXT)];
        let row = self.row(Always, sql, params).await?;
        Ok(WorkerId(uint(row.try_get(0).unwrap_or_default())))
    }

    async fn beat(&self, worker: WorkerId) -> Result<JobState> {
        let sql = "SELECT tickets.beat($1, $2)";
        let params: &[Param<'_>] = &[(&self.given(), Type::INT8), (&int(worker.0), Type::INT8)];
        let row = self.row(Always, sql, params).await?;
        store::state(row.try_get(0).unwrap_or_default())
    }

    async fn finish(&self, worker: WorkerId) -> Result<()> {
        let sql = "SELECT tickets.finish($1, $2)";
        let params: &[Param<'_>] = &[(&self.given(), Type::INT8), (&int(worker.0), Type::INT8)];
        self.done(Always, sql, params).await
    }

    async fn claim(&self, worker: WorkerId, account: &str) -> Result<Claim> {
        self.claim_tickets(worker, account).await
    }

    async fn put_back(&self, worker: WorkerId, account: &str, wait: Duration) -> Result<()> {
        self.put_tickets_back(worker, account, wait).await
    }

    async fn archived(&self, worker: WorkerId, entries: Vec<(u64, String)>) -> Result<()> {
        self.archive_tickets(worker, &entries).await
    }

    async fn settle(&self, worker: WorkerId, outcomes: Vec<(u64, Outcome)>) -> Result<()> {
        self.settle_tickets(worker, &outcomes).await
    }

    async fn looked_again(&self, job: &JobId, looks: Vec<(u64, LookedAgain)>) -> Result<()> {
        self.look_again(job, &looks).await
    }

    async fn take(&self, call: NewCall) -> Result<Taken> {
        self.take_slots(call).await
    }

    async fn end(&self, call: CallId, ended: Ended) -> Result<()> {
        self.end_call(call, ended).await
    }

    async fn close(&self, account: &str, wait: Duration) -> Result<()> {
        self.close_account(account, wait).await
    }

    async fn suspend(&self, account: &str, why: Option<Suspension>) -> Result<()> {
        self.suspend_account(account, why.as_ref()).await
    }

    async fn tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        self.read_tickets(job, which, after, limit).await
    }

    async fn calls(
        &self,
        job: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        self.read_calls(job, after, limit).await
    }

    async fn note(&self, job: &JobId, event: Event) -> Result<()> {
        self.note_event(job, &event).await
    }

    async fn events(&self, job: &JobId) -> Result<Vec<Event>> {
        self.read_events(job).await
    }

    async fn accounts(&self) -> Result<Vec<AccountState>> {
        self.read_accounts().await
    }

    async fn used(&self, account: &str, limit: &Limit, window: Duration) -> Result<u64> {
        self.read_used(account, limit, window).await
    }

    async fn verify(&self, job: &JobId) -> Result<Vec<String>> {
        self.verify_job(job).await
    }

    async fn prune(&self, before: Timestamp) -> Result<Vec<JobId>> {
        self.prune_jobs(before).await
    }
}
