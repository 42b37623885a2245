//! The one thread that writes: it runs all operations that wait in one transaction, commits, and answers each.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use ticket_core::{Error, Result};
use tokio::sync::oneshot;

use super::durability::{self, Durability};
use super::open::{self, Opened};
use super::process::Process;
use super::time::Time;
use super::values::{self, Failure};

/// How many operations share a transaction.
const BATCH: usize = 512;

/// How long a commit that may wait does so at most. Usually it waits for as long as a sync takes.
const LONGEST_WAIT: Duration = Duration::from_millis(20);

/// A disk that syncs in less time gains nothing from waiting.
const FAST_SYNC: Duration = Duration::from_micros(200);

/// After how many operations rows that count nowhere are removed.
const OPERATIONS_PER_CLEANING: usize = 4096;

/// A transaction that writes.
pub(super) struct Write<'a> {
    pub(super) connection: &'a Connection,
    pub(super) process: &'a mut Process,
    /// The ledger's time, in nanoseconds.
    pub(super) now: i64,
}

/// Sends operations to the thread. Dropping it waits until all of them are done.
#[derive(Debug)]
pub(super) struct Writer {
    operations: Option<Sender<Box<dyn Operation>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(opened: Opened, process: Process) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let mut thread = Thread {
            connection: opened.connection,
            process,
            time: opened.time,
            path: opened.path,
            is_temporary: opened.is_temporary,
            is_synced: None,
            sync: Duration::ZERO,
            until_cleaning: 1,
        };
        let run = move || thread.run(&receiver);
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        Ok(Self {
            operations: Some(sender),
            thread: Some(thread.spawn(run)?),
        })
    }

    /// Queues an operation. `now` is the time of a test's clock.
    pub(super) fn send<T: Send + 'static>(
        &self,
        now: Option<i64>,
        durability: Durability,
        run: impl FnMut(&mut Write<'_>) -> values::Result<T> + Send + 'static,
    ) -> oneshot::Receiver<Result<T>> {
        let (answer, receiver) = oneshot::channel();
        let operation = Queued {
            run,
            now,
            durability,
            result: None,
            answer,
        };
        if let Some(operations) = &self.operations {
            // If the thread is gone, the receiver says so.
            let _ = operations.send(Box::new(operation));
        }
        receiver
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.operations.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A queued operation.
trait Operation: Send {
    fn durability(&self) -> Durability;
    fn now(&self) -> Option<i64>;
    /// Runs it. Returns whether what it wrote has to be undone.
    fn run(&mut self, write: &mut Write<'_>) -> bool;
    /// Why it failed.
    fn failure(&mut self, path: &Path) -> Option<Error>;
    /// Answers once its transaction is committed, or with the reason why it is not.
    fn answer(self: Box<Self>, committed: &Result<()>, path: &Path);
}

struct Queued<T, F> {
    run: F,
    now: Option<i64>,
    durability: Durability,
    result: Option<values::Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<T, F> Operation for Queued<T, F>
where
    T: Send,
    F: FnMut(&mut Write<'_>) -> values::Result<T> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn now(&self) -> Option<i64> {
        self.now
    }

    fn run(&mut self, write: &mut Write<'_>) -> bool {
        let result = (self.run)(write);
        let failed = result.is_err();
        self.result = Some(result);
        failed
    }

    fn failure(&mut self, path: &Path) -> Option<Error> {
        let failure = self.result.take()?.err()?;
        Some(failure.told(path))
    }

    fn answer(self: Box<Self>, committed: &Result<()>, path: &Path) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result.map_err(|failure| failure.told(path)),
            (Ok(()), None) => Err(Error::config("the ledger's operation did not run")),
            (Err(error), _) => Err(error.clone()),
        };
        let _ = self.answer.send(result);
    }
}

struct Thread {
    connection: Connection,
    process: Process,
    time: Time,
    path: PathBuf,
    is_temporary: bool,
    /// Whether the next commit is synced; `None` while that is not known.
    is_synced: Option<bool>,
    /// How long the latest sync took, if that is worth to wait for.
    sync: Duration,
    until_cleaning: usize,
}

/// What one transaction runs.
#[derive(Default)]
struct Batch {
    operations: Vec<Box<dyn Operation>>,
    is_synced: bool,
    /// Whether somebody is delayed by each moment that it waits.
    is_urgent: bool,
}

impl Thread {
    fn run(&mut self, operations: &Receiver<Box<dyn Operation>>) {
        while let Ok(first) = operations.recv() {
            let mut batch = self.gather(first, operations);
            let committed = self.transact(&mut batch);
            if committed.is_err() && !self.connection.is_autocommit() {
                // Nothing of a transaction that failed may be committed with the next one.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            for operation in batch.operations {
                operation.answer(&committed, &self.path);
            }
        }
    }

    /// All that waits and, as long as nothing of it is urgent, what comes while a sync would take place.
    fn gather(
        &self,
        first: Box<dyn Operation>,
        operations: &Receiver<Box<dyn Operation>>,
    ) -> Batch {
        let mut batch = Batch::default();
        self.add(&mut batch, first);
        let begun = (!self.sync.is_zero()).then(now);
        while batch.operations.len() < BATCH {
            let left = begun.filter(|_| !batch.is_urgent);
            let left = left.and_then(|begun| self.sync.checked_sub(begun.elapsed()));
            let next = match left {
                Some(left) => operations.recv_timeout(left).ok(),
                None => operations.try_recv().ok(),
            };
            match next {
                Some(next) => self.add(&mut batch, next),
                None => break,
            }
        }
        batch
    }

    fn add(&self, batch: &mut Batch, operation: Box<dyn Operation>) {
        let durability = match operation.durability() {
            // If this fails, so does the operation.
            Durability::OfCall(call) => {
                durability::of_call(&self.connection, call).unwrap_or(Durability::Synced)
            }
            durability => durability,
        };
        batch.is_synced |= durability != Durability::Written;
        batch.is_urgent |= durability != Durability::SyncedLater;
        batch.operations.push(operation);
    }

    fn transact(&mut self, batch: &mut Batch) -> Result<()> {
        self.set_synced(batch.is_synced)
            .map_err(|error| self.unusable(&error))?;
        self.execute("BEGIN IMMEDIATE")?;
        for operation in &mut batch.operations {
            self.execute("SAVEPOINT operation")?;
            let mut write = Write {
                connection: &self.connection,
                process: &mut self.process,
                now: self.time.now(operation.now()),
            };
            if operation.run(&mut write) {
                // Some failures, such as a full disk, end the whole transaction: all operations fail with it.
                if self.connection.is_autocommit()
                    && let Some(failure) = operation.failure(&self.path)
                {
                    return Err(failure);
                }
                self.execute("ROLLBACK TO operation")?;
            }
            self.execute("RELEASE operation")?;
        }
        self.until_cleaning = self.until_cleaning.saturating_sub(batch.operations.len());
        if self.until_cleaning == 0 {
            self.until_cleaning = OPERATIONS_PER_CLEANING;
            clean(&self.connection, self.time.now(None)).map_err(|error| self.unusable(&error))?;
        }
        let begun = now();
        self.execute("COMMIT")?;
        if batch.is_synced {
            let sync = begun.elapsed();
            self.sync = if sync < FAST_SYNC {
                Duration::ZERO
            } else {
                sync.min(LONGEST_WAIT)
            };
        }
        Ok(())
    }

    fn execute(&self, sql: &str) -> Result<()> {
        let statement = self.connection.prepare_cached(sql);
        let done = statement.and_then(|mut statement| statement.execute([]));
        done.map(drop).map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &rusqlite::Error) -> Error {
        values::unusable(&self.path, error)
    }

    /// Whether the next commit is synced. This cannot be changed inside the transaction.
    fn set_synced(&mut self, synced: bool) -> rusqlite::Result<()> {
        if self.is_synced != Some(synced) {
            self.is_synced = None;
            let level = open::level(synced, self.is_temporary);
            self.connection.pragma_update(None, "synchronous", level)?;
            self.is_synced = Some(synced);
        }
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a disk takes its time on the real clock"
)]
fn now() -> Instant {
    Instant::now()
}

impl std::fmt::Debug for Write<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Write")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// Shorter ways to run statements, which are prepared once.
impl Write<'_> {
    pub(super) fn execute(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> values::Result<usize> {
        let changed = self.connection.prepare_cached(sql)?.execute(params)?;
        Ok(changed)
    }

    /// The first row, if there is one.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> values::Result<Option<T>> {
        super::read::first(self.connection, sql, params, read)
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> values::Result<Vec<T>> {
        super::read::all(self.connection, sql, params, read)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let message = format!("the folder of workers beside the ledger cannot be written: {error}");
        Error::config(message).into()
    }
}

/// Removes the calls that are no part of a job and count in no window any more, and the workers of jobs that are gone.
pub(super) fn clean(connection: &Connection, now: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM call WHERE job IS NULL AND id IN (
        SELECT call.id FROM account CROSS JOIN call INDEXED BY call_alone
            ON call.account = account.number AND acts_until <= ?1 - longest_window
        WHERE job IS NULL)";
    connection.prepare_cached(sql)?.execute([now])?;
    let sql = "DELETE FROM worker WHERE job IS NULL AND id NOT IN (
        SELECT worker FROM call WHERE ended_at IS NULL AND worker IS NOT NULL)";
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    type Operations = (Sender<Box<dyn Operation>>, Receiver<Box<dyn Operation>>);

    fn operation(durability: Durability) -> Box<dyn Operation> {
        let (answer, _) = oneshot::channel();
        Box::new(Queued {
            run: |_: &mut Write<'_>| Ok(()),
            now: None,
            durability,
            result: None,
            answer,
        })
    }

    /// A thread whose last sync took for ever.
    fn thread() -> Thread {
        let path = PathBuf::from("jobs.db");
        Thread {
            connection: Connection::open_in_memory().unwrap(),
            process: Process::new(&path),
            time: Time::given(Clock::new(|| jiff::Timestamp::UNIX_EPOCH)),
            path,
            is_temporary: false,
            is_synced: None,
            sync: Duration::MAX,
            until_cleaning: 1,
        }
    }

    #[test]
    fn outcomes_wait_for_an_operation_that_is_waited_for() {
        let (sender, receiver): Operations = channel();
        let other = std::thread::spawn(move || {
            let _ = sender.send(operation(Durability::SyncedLater));
            let _ = sender.send(operation(Durability::Written));
            sender
        });
        let batch = thread().gather(operation(Durability::SyncedLater), &receiver);
        assert_eq!(batch.operations.len(), 3);
        assert!(batch.is_synced && batch.is_urgent);
        drop(other.join().unwrap());
        // Nothing can come any more.
        let batch = thread().gather(operation(Durability::SyncedLater), &receiver);
        assert!(batch.is_synced && batch.operations.len() == 1);
    }

    #[test]
    fn operation_that_is_waited_for_waits_for_nothing() {
        let (sender, receiver): Operations = channel();
        sender.send(operation(Durability::SyncedLater)).unwrap();
        let batch = thread().gather(operation(Durability::Written), &receiver);
        assert_eq!(batch.operations.len(), 2);
    }
}
