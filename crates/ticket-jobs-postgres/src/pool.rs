//! Connections, and statements that survive the loss of one.
//!
//! A statement is one transaction and leaves nothing behind in its session: no prepared statement, no setting, no lock. So
//! any connection will do for the next one, also through a pooler.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ticket_core::{Error, Result};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::address::Address;
use crate::failure::Failure;

/// How many connections are open at most.
const CONNECTIONS: usize = 16;

/// How long a ledger that cannot be reached is tried again: a restart or a fail-over may take as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before the first of these attempts; each later wait is twice as long, and at most [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How often a transaction that was ended for another one is tried again.
const REPEATS: u32 = 20;

/// A value of a statement.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// Whether a statement may be sent again if its answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It has the same effect if it is carried out twice.
    Always,
    /// Only if it certainly was not carried out.
    IfNotSent,
}

/// Connections to one ledger.
pub(crate) struct Pool {
    address: Address,
    permits: Semaphore,
    idle: Mutex<Vec<Client>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("place", &self.address.place)
            .finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            permits: Semaphore::new(CONNECTIONS),
            idle: Mutex::default(),
        }
    }

    /// Where the ledger is, without a password.
    pub(crate) fn place(&self) -> &str {
        &self.address.place
    }

    /// Opens a connection, without looking at what is there.
    pub(crate) async fn connect(&self) -> std::result::Result<Client, Failure> {
        let failure = |error: &_| Failure::of(self.place(), error);
        let connected = self
            .address
            .config
            .connect(self.address.tls.clone())
            .await
            .map_err(|error| failure(&error))?;
        let (client, connection) = connected;
        // Its end is noticed by the next statement.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(client)
    }

    /// An idle connection, or a new one.
    async fn client(&self) -> std::result::Result<Client, Failure> {
        while let Some(client) = { self.idle().pop() } {
            if !client.is_closed() {
                return Ok(client);
            }
        }
        let client = self.connect().await?;
        // Each new connection may lead to another server.
        client
            .query_typed("SELECT tickets.recognize()", &[])
            .await
            .map_err(|error| Failure::of(self.place(), &error))?;
        Ok(client)
    }

    /// Runs a statement, which is a transaction. Returns its rows.
    pub(crate) async fn query(
        &self,
        again: Again,
        sql: &str,
        params: &[Param<'_>],
    ) -> Result<Vec<Row>> {
        let stopped = |_| Error::config("the ledger was closed");
        let _permit = self.permits.acquire().await.map_err(stopped)?;
        let give_up = Instant::now() + PATIENCE;
        let (mut wait, mut repeats) = (FIRST_WAIT, 0);
        loop {
            let (failure, was_sent) = match self.client().await {
                Ok(client) => match client.query_typed(sql, params).await {
                    Ok(rows) => {
                        self.give_back(client);
                        return Ok(rows);
                    }
                    Err(error) => match Failure::of(self.place(), &error) {
                        // The others have most likely lost the same server.
                        failure @ Failure::Lost(_) => {
                            self.idle().clear();
                            (failure, true)
                        }
                        failure => {
                            self.give_back(client);
                            (failure, true)
                        }
                    },
                },
                Err(failure) => (failure, false),
            };
            let may_repeat = match &failure {
                Failure::Repeat => {
                    repeats += 1;
                    repeats < REPEATS
                }
                Failure::Lost(_) => again == Again::Always || !was_sent,
                Failure::Told(_) => false,
            };
            if !may_repeat || Instant::now() + wait > give_up {
                return Err(failure.told(self.place()));
            }
            sleep(wait.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn give_back(&self, client: Client) {
        if !client.is_closed() {
            self.idle().push(client);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
