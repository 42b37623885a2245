//! Makes jobs and works on them.

use std::sync::Arc;

use futures_core::stream::BoxStream;
use ticket_core::bulk::{BulkOptions, Settled};
use ticket_core::call::Slots;
use ticket_core::model::Version;
use ticket_core::provider::Limit;
use ticket_core::{AccountSource, CallContext, Result, TicketRef};

use crate::ledger::Ledger;
use crate::model::{JobId, Listed, NewJob};
use crate::slots::LedgerSlots;

/// Makes jobs in a ledger and works on them.
#[derive(Clone, Debug)]
pub struct Jobs {
    ledger: Arc<dyn Ledger>,
}

impl Jobs {
    /// Jobs in this ledger.
    pub fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger }
    }

    /// The ledger.
    pub fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    /// The slots of an account in this ledger, for [`Pacer::with_slots`](ticket_core::call::Pacer::with_slots). `key` names
    /// the quota that its calls count against: all handles of the account use the same.
    pub fn slots(&self, key: &str, limits: &[Limit]) -> Arc<dyn Slots> {
        Arc::new(LedgerSlots {
            ledger: Arc::clone(&self.ledger),
            account: key.into(),
            limits: limits.to_vec(),
        })
    }

    /// Begins a job. Its tickets are added one by one; it can be worked on once it is [sealed](Loading::seal).
    pub async fn load(&self, job: NewJob) -> Result<Loading> {
        todo!()
    }

    /// Works on the job until each of its tickets has an outcome, as [`Tickets::apply`](ticket_core::Tickets::apply) does.
    /// Yields each ticket that was open once, with the key of its place: after its outcome is recorded, or with an
    /// outcome that is [left to do](ticket_core::Outcome::is_left_to_do) and not recorded, so that the job can be run again. Tickets that other
    /// workers have are waited for and not yielded.
    pub fn run(
        &self,
        job: &JobId,
        accounts: Arc<dyn AccountSource>,
        context: CallContext,
        options: &BulkOptions,
    ) -> BoxStream<'static, Result<Settled<u64, TicketRef>>> {
        todo!()
    }
}

/// A job whose list is not complete.
#[derive(Debug)]
pub struct Loading {
    ledger: Arc<dyn Ledger>,
    id: JobId,
    next: u64,
    waiting: Vec<Listed>,
}

impl Loading {
    /// The job's id.
    pub fn id(&self) -> &JobId {
        &self.id
    }

    /// Adds a ticket, which is changed only while it has this version if there is one.
    pub async fn push(&mut self, ticket: TicketRef, version: Option<Version>) -> Result<()> {
        todo!()
    }

    /// Writes what was added so far, so that the ledger can be read.
    pub async fn flush(&mut self) -> Result<()> {
        todo!()
    }

    /// Ends the list: the job can be worked on. `accounts` are asked for each account's key and batch size.
    pub async fn seal(mut self, accounts: &dyn AccountSource) -> Result<JobId> {
        todo!()
    }

    /// Removes the job.
    pub async fn discard(self) -> Result<()> {
        todo!()
    }
}
