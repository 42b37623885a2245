//! The one thread that writes: it runs all operations that wait in one transaction, commits, and answers each.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use ticket_core::{Error, Result};
use tokio::sync::oneshot;

use super::process::Process;
use super::time::Time;
use super::values::{self, Failure};

/// How many operations share a transaction.
const BATCH: usize = 512;

/// After how many operations rows that count nowhere are removed.
const OPERATIONS_PER_CLEANING: usize = 4096;

/// A transaction that writes.
pub(super) struct Write<'a> {
    pub(super) connection: &'a Connection,
    pub(super) process: &'a mut Process,
    /// The ledger's time, in nanoseconds.
    pub(super) now: i64,
}

/// How durable an operation has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// It survives a loss of power.
    Synced,
    /// It survives the end of the process. A loss of power may undo it, which does no harm.
    Written,
    /// As durable as the row of this call.
    OfCall(i64),
}

/// Sends operations to the thread. Dropping it waits until all of them are done.
#[derive(Debug)]
pub(super) struct Writer {
    operations: Option<Sender<Box<dyn Operation>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        process: Process,
        time: Time,
        path: PathBuf,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let mut thread = Thread {
            connection,
            process,
            time,
            path,
            is_synced: None,
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
    /// Whether the next commit is synced; `None` while that is not known.
    is_synced: Option<bool>,
    until_cleaning: usize,
}

impl Thread {
    fn run(&mut self, operations: &Receiver<Box<dyn Operation>>) {
        while let Ok(first) = operations.recv() {
            let mut batch = vec![first];
            batch.extend(operations.try_iter().take(BATCH - 1));
            let committed = self.transact(&mut batch);
            if committed.is_err() && !self.connection.is_autocommit() {
                // Nothing of a transaction that failed may be committed with the next one.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            for operation in batch {
                operation.answer(&committed, &self.path);
            }
        }
    }

    fn transact(&mut self, batch: &mut [Box<dyn Operation>]) -> Result<()> {
        self.set_synced(batch)
            .map_err(|error| self.unusable(&error))?;
        self.execute("BEGIN IMMEDIATE")?;
        for operation in &mut *batch {
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
        self.until_cleaning = self.until_cleaning.saturating_sub(batch.len());
        if self.until_cleaning == 0 {
            self.until_cleaning = OPERATIONS_PER_CLEANING;
            super::calls::clean(&self.connection, self.time.now(None))
                .map_err(|error| self.unusable(&error))?;
        }
        self.execute("COMMIT")
    }

    fn execute(&self, sql: &str) -> Result<()> {
        let statement = self.connection.prepare_cached(sql);
        let done = statement.and_then(|mut statement| statement.execute([]));
        done.map(drop).map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &rusqlite::Error) -> Error {
        values::unusable(&self.path, error)
    }

    /// Whether the commit of these operations is synced. This cannot be changed inside the transaction.
    fn set_synced(&mut self, batch: &[Box<dyn Operation>]) -> rusqlite::Result<()> {
        let mut synced = false;
        for operation in batch {
            synced = match operation.durability() {
                Durability::Synced => true,
                Durability::Written => false,
                Durability::OfCall(call) => super::calls::is_write(&self.connection, call)?,
            };
            if synced {
                break;
            }
        }
        if self.is_synced != Some(synced) {
            self.is_synced = None;
            let level = if synced { "FULL" } else { "NORMAL" };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.is_synced = Some(synced);
        }
        Ok(())
    }
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
