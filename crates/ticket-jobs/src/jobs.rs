//! The handle of jobs: a ledger, and who acts.

use std::sync::Arc;

use ticket_core::call::Slots;
use ticket_core::provider::Limit;
use ticket_core::{Error, Outcome, Result, TicketRef};

use crate::ledger::Ledger;
use crate::model::{Event, EventKind, JobId};
use crate::slots::LedgerSlots;

/// Makes jobs in a ledger and works on them. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Jobs {
    ledger: Arc<dyn Ledger>,
    by: Option<Arc<str>>,
}

/// What became of a ticket in a run of its job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobOutcome {
    /// The ticket's place in the list.
    pub seq: u64,
    /// The ticket.
    pub ticket: TicketRef,
    /// Its outcome.
    pub outcome: Outcome,
    /// Whether the outcome is recorded for good. If not, the ticket is open, and a later run goes on with it.
    pub recorded: bool,
}

impl Jobs {
    /// Jobs in this ledger.
    pub fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger, by: None }
    }

    /// Sets who acts, for the events of jobs: such as `user@host, tickets 0.1.0`.
    #[must_use]
    pub fn acting_as(mut self, who: impl Into<Arc<str>>) -> Self {
        self.by = Some(who.into());
        self
    }

    /// The ledger.
    pub fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    /// The slots of an account in this ledger, for [`Pacer::with_slots`](ticket_core::call::Pacer::with_slots). `key` names
    /// the quota that its calls count against: all handles of the account use the same. Reads that no limit counts are
    /// not recorded.
    pub fn slots(&self, key: &str, limits: &[Limit]) -> Arc<dyn Slots> {
        Arc::new(LedgerSlots {
            ledger: Arc::clone(&self.ledger),
            account: key.into(),
            limits: limits.to_vec(),
        })
    }

    /// Records an event of a job.
    pub(crate) async fn note(&self, job: &JobId, what: EventKind) -> Result<()> {
        self.note_with(job, what, None).await
    }

    /// Records an event of a job with more about it, in words.
    pub(crate) async fn note_with(
        &self,
        job: &JobId,
        what: EventKind,
        detail: Option<String>,
    ) -> Result<()> {
        let mut event = Event::new(self.ledger.now(), what);
        event.detail = detail;
        self.note_event(job, event).await
    }

    /// Records an event of a job, by whom this acts for.
    pub(crate) async fn note_event(&self, job: &JobId, mut event: Event) -> Result<()> {
        event.by = self.by.as_deref().map(str::to_owned);
        self.ledger.note(job, event).await
    }
}

/// A refusal that is about this account.
pub(crate) fn of_account(name: &str, error: &Error) -> Error {
    Error::config(format!("{name}: {}", error.message()))
}
