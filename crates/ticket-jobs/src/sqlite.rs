//! A ledger in a SQLite file.

mod calls;
mod durability;
mod jobs;
mod offers;
mod open;
mod process;
mod read;
mod schema;
mod settle;
#[cfg(test)]
mod tests;
mod tickets;
mod time;
mod values;
mod verify;
mod work;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use ticket_core::provider::Limit;
use ticket_core::{Error, Outcome, Result};
use tokio::task::spawn_blocking;

use self::durability::Durability::{self, OfCall, Synced, SyncedLater, Written};
use self::open::Opened;
use self::process::Process;
use self::read::Read;
use self::time::Time;
use self::values::unusable;
use self::writer::{Write, Writer};
use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::model::{
    AccountState, CallId, Claim, Confirmed, Ended, Event, Job, JobAccount, JobCall, JobId,
    JobState, JobTicket, Listed, LookedAgain, NewCall, NewJob, Offer, Seen, Step, Suspension,
    Taken, Which, WorkerId,
};

/// A ledger in a SQLite file, for the processes of one machine.
///
/// Any number of processes and tasks may have the same file open. What waits to be written is committed together, so many
/// calls at once cost few syncs.
///
/// Its time follows the machine's clock since its start, so a wall clock that is set back or forward changes nothing.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use ticket_core::Change;
/// use ticket_jobs::{Ledger, NewJob, SqliteLedger};
///
/// let ledger = SqliteLedger::temporary()?;
/// let job = ledger.create(NewJob::new(Change::Delete)).await?;
/// assert_eq!(ledger.job(&job).await?.tickets, 0);
/// # Ok::<(), ticket_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqliteLedger {
    // Before the folder, so that all is written and closed when it is removed.
    writer: Writer,
    readers: Arc<Readers>,
    time: Time,
    _folder: Option<tempfile::TempDir>,
}

impl SqliteLedger {
    /// Opens the ledger in this file. A file that is not there is created, with its folder, for its owner alone.
    ///
    /// # Errors
    ///
    /// [`Config`](ticket_core::ErrorKind::Config), with what to do: others can read or write the file or write its folder;
    /// it is on a network file system, or cannot be written; it is not a ledger, or one of a newer version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::start(open::open(path.as_ref(), None, false)?)
    }

    /// Opens the ledger in this file, whose time is that of `clock`, for tests. All that open the file need the same clock.
    pub fn open_with_clock(path: impl AsRef<Path>, clock: Clock) -> Result<Self> {
        Self::start(open::open(path.as_ref(), Some(clock), false)?)
    }

    /// A ledger in a private folder, which is removed when the ledger is dropped. Nothing of it is synced to the disk: it is of
    /// no use once this process is gone.
    pub fn temporary() -> Result<Self> {
        Self::start_temporary(None)
    }

    /// A ledger in a private folder whose time is that of `clock`, for tests.
    pub fn temporary_with_clock(clock: Clock) -> Result<Self> {
        Self::start_temporary(Some(clock))
    }

    fn start_temporary(clock: Option<Clock>) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|error| {
            let message = format!("no folder for temporary files can be created: {error}");
            Error::config(message)
        })?;
        let ledger = Self::start(open::open(&folder.path().join("jobs.db"), clock, true)?)?;
        Ok(Self {
            _folder: Some(folder),
            ..ledger
        })
    }

    fn start(opened: Opened) -> Result<Self> {
        let time = opened.time.clone();
        let readers = Readers {
            process: Process::new(&opened.path),
            path: opened.path.clone(),
            idle: Mutex::default(),
        };
        let process = Process::new(&opened.path);
        let writer = Writer::start(opened, process)
            .map_err(|error| Error::config(format!("no thread can be started: {error}")))?;
        Ok(Self {
            writer,
            readers: Arc::new(readers),
            time,
            _folder: None,
        })
    }

    /// The ledger's file.
    pub fn path(&self) -> &Path {
        &self.readers.path
    }

    /// Queues an operation and waits until it is committed.
    async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        run: impl FnMut(&mut Write<'_>) -> values::Result<T> + Send + 'static,
    ) -> Result<T> {
        let receiver = self.writer.send(self.time.given_now(), durability, run);
        let answer = if self.time.is_given() {
            // A clock that is paused does not advance while a blocking task waits.
            spawn_blocking(move || receiver.blocking_recv()).await.ok()
        } else {
            Some(receiver.await)
        };
        match answer {
            Some(Ok(result)) => result,
            _ => Err(stopped()),
        }
    }

    /// Reads in one transaction, on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Read<'_>) -> values::Result<T> + Send + 'static,
    ) -> Result<T> {
        let readers = Arc::clone(&self.readers);
        let (time, given) = (self.time.clone(), self.time.given_now());
        let read = spawn_blocking(move || readers.read(&time, given, run));
        read.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// How durable the row of a call has to be.
const fn durability(call: &NewCall) -> Durability {
    if call.operation.is_write() {
        Synced
    } else {
        Written
    }
}

fn stopped() -> Error {
    Error::config("the ledger's thread was stopped")
}

/// Connections for reading.
#[derive(Debug)]
struct Readers {
    path: PathBuf,
    process: Process,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    fn read<T>(
        &self,
        time: &Time,
        given: Option<i64>,
        run: impl FnOnce(&Read<'_>) -> values::Result<T>,
    ) -> Result<T> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = idle().pop();
        let connection = connection.map_or_else(|| open::connect(&self.path), Ok);
        let mut connection = connection.map_err(|error| unusable(&self.path, &error))?;
        let result = connection
            .transaction()
            .map_err(values::Failure::from)
            .and_then(|transaction| {
                run(&Read {
                    connection: &transaction,
                    process: &self.process,
                    now: time.now(given),
                })
            });
        let result = result.map_err(|failure| failure.told(&self.path));
        idle().push(connection);
        result
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    fn now(&self) -> Timestamp {
        values::time(self.time.now(self.time.given_now()))
    }

    async fn create(&self, job: NewJob) -> Result<JobId> {
        self.write(Synced, move |write| write.create(&job)).await
    }

    async fn add(&self, job: &JobId, tickets: Vec<Listed>) -> Result<()> {
        let job = job.clone();
        // Sealing syncs what was added.
        self.write(Written, move |write| write.add(&job, &tickets))
            .await
    }

    async fn close_list(&self, job: &JobId) -> Result<()> {
        let job = job.clone();
        self.write(Synced, move |write| write.close_list(&job))
            .await
    }

    async fn see(&self, job: &JobId, seen: Vec<(u64, Seen)>) -> Result<()> {
        let job = job.clone();
        // Sealing syncs what was seen.
        self.write(Written, move |write| write.see(&job, &seen))
            .await
    }

    async fn seal(
        &self,
        job: &JobId,
        accounts: Vec<JobAccount>,
        digest: Option<String>,
    ) -> Result<()> {
        let job = job.clone();
        self.write(Synced, move |write| {
            write.seal(&job, &accounts, digest.as_deref())
        })
        .await
    }

    async fn confirm(&self, job: &JobId, confirmed: Confirmed) -> Result<()> {
        let job = job.clone();
        self.write(Synced, move |write| write.confirm(&job, &confirmed))
            .await
    }

    async fn discard(&self, job: &JobId) -> Result<()> {
        let job = job.clone();
        self.write(Synced, move |write| write.discard(&job)).await
    }

    async fn job(&self, job: &JobId) -> Result<Job> {
        let job = job.clone();
        self.read(move |read| read.job(&job)).await
    }

    async fn jobs(&self) -> Result<Vec<Job>> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method is of one lifetime"
        )]
        self.read(|read| read.jobs()).await
    }

    async fn steer(&self, job: &JobId, step: Step) -> Result<JobState> {
        let job = job.clone();
        self.write(Synced, move |write| write.steer(&job, step))
            .await
    }

    async fn prioritize(&self, job: &JobId, priority: i16) -> Result<()> {
        let job = job.clone();
        self.write(Synced, move |write| write.prioritize(&job, priority))
            .await
    }

    async fn offers(&self, accounts: &[String], limit: usize) -> Result<Vec<Offer>> {
        let accounts = accounts.to_vec();
        self.read(move |read| read.offers(&accounts, limit)).await
    }

    async fn begin(&self, job: &JobId) -> Result<WorkerId> {
        let job = job.clone();
        self.write(Synced, move |write| write.begin(&job)).await
    }

    async fn beat(&self, worker: WorkerId) -> Result<JobState> {
        self.write(Written, move |write| write.beat(worker)).await
    }

    async fn finish(&self, worker: WorkerId) -> Result<()> {
        self.write(Synced, move |write| write.finish(worker)).await
    }

    async fn claim(&self, worker: WorkerId, account: &str) -> Result<Claim> {
        let account = account.to_owned();
        // After a loss of power no worker has anything.
        self.write(Written, move |write| write.claim(worker, &account))
            .await
    }

    async fn put_back(&self, worker: WorkerId, account: &str, wait: Duration) -> Result<()> {
        let account = account.to_owned();
        self.write(Written, move |write| write.put_back(worker, &account, wait))
            .await
    }

    async fn archived(&self, worker: WorkerId, entries: Vec<(u64, String)>) -> Result<()> {
        self.write(Synced, move |write| write.archived(worker, &entries))
            .await
    }

    async fn settle(&self, worker: WorkerId, outcomes: Vec<(u64, Outcome)>) -> Result<()> {
        self.write(SyncedLater, move |write| write.settle(worker, &outcomes))
            .await
    }

    async fn looked_again(&self, job: &JobId, looks: Vec<(u64, LookedAgain)>) -> Result<()> {
        let job = job.clone();
        self.write(Synced, move |write| write.looked_again(&job, &looks))
            .await
    }

    async fn take(&self, call: NewCall) -> Result<Taken> {
        let durability = durability(&call);
        self.write(durability, move |write| write.take(&call)).await
    }

    async fn end(&self, call: CallId, ended: Ended) -> Result<()> {
        let durability = OfCall(call.0.cast_signed());
        self.write(durability, move |write| write.end(call, &ended))
            .await
    }

    async fn close(&self, account: &str, wait: Duration) -> Result<()> {
        let account = account.to_owned();
        self.write(Written, move |write| write.close(&account, wait))
            .await
    }

    async fn suspend(&self, account: &str, why: Option<Suspension>) -> Result<()> {
        let account = account.to_owned();
        self.write(Synced, move |write| write.suspend(&account, why.as_ref()))
            .await
    }

    async fn tickets(
        &self,
        job: &JobId,
        which: Which,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<JobTicket>> {
        let job = job.clone();
        self.read(move |read| read.tickets(&job, which, after, limit))
            .await
    }

    async fn calls(
        &self,
        job: &JobId,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<JobCall>> {
        let job = job.clone();
        self.read(move |read| read.calls(&job, after, limit)).await
    }

    async fn note(&self, job: &JobId, event: Event) -> Result<()> {
        let job = job.clone();
        self.write(Synced, move |write| write.note(&job, &event))
            .await
    }

    async fn events(&self, job: &JobId) -> Result<Vec<Event>> {
        let job = job.clone();
        self.read(move |read| read.events(&job)).await
    }

    async fn accounts(&self) -> Result<Vec<AccountState>> {
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method is of one lifetime"
        )]
        self.read(|read| read.accounts()).await
    }

    async fn used(&self, account: &str, limit: &Limit, window: Duration) -> Result<u64> {
        let (account, limit) = (account.to_owned(), limit.clone());
        self.read(move |read| read.used(&account, &limit, window))
            .await
    }

    async fn verify(&self, job: &JobId) -> Result<Vec<String>> {
        let job = job.clone();
        self.read(move |read| read.verify(&job)).await
    }

    async fn prune(&self, before: Timestamp) -> Result<Vec<JobId>> {
        self.write(Synced, move |write| write.prune(before)).await
    }
}
