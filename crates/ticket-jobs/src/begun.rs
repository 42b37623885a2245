//! A worker of this process on one job, and what its lanes share.

use std::sync::Arc;

use ticket_core::bulk::BulkOptions;
use ticket_core::{AccountSource, CallContext, Error, ErrorKind, Result, Stop};
use tokio::sync::mpsc;

use crate::failures::Failures;
use crate::going::Going;
use crate::jobs::{JobOutcome, Jobs, of_account};
use crate::lane::Lane;
use crate::ledger::BEAT;
use crate::model::{EventKind, Job, JobAccount, JobState, Work, WorkerId};
use crate::poison::CatchPanics;
use crate::rules::Rules;
use crate::turn::Turn;
use crate::unasked::Told;

/// A worker that has begun to work on a job.
pub(crate) struct Begun {
    pub(crate) jobs: Jobs,
    pub(crate) accounts: Arc<dyn AccountSource>,
    /// The job as it was then.
    pub(crate) job: Job,
    pub(crate) worker: WorkerId,
    /// Ends the work of all lanes.
    pub(crate) stop: Stop,
    pub(crate) failures: Arc<Failures>,
}

impl Begun {
    /// Begins to work on the job.
    pub(crate) async fn new(
        jobs: &Jobs,
        accounts: &Arc<dyn AccountSource>,
        job: Job,
        stop: Stop,
        failures: Arc<Failures>,
    ) -> Result<Self> {
        let worker = jobs.ledger().begin(&job.id).await?;
        jobs.note(&job.id, EventKind::Began).await?;
        Ok(Self {
            jobs: jobs.clone(),
            accounts: Arc::clone(accounts),
            job,
            worker,
            stop,
            failures,
        })
    }

    /// Ends the work. What the worker still has is free.
    pub(crate) async fn end(&self) -> Result<()> {
        self.jobs.note(&self.job.id, EventKind::Ended).await?;
        self.jobs.ledger().finish(self.worker).await
    }

    /// Tells that the worker is alive until that fails, and stops the work where the job makes no new call.
    pub(crate) async fn beat(&self) -> Error {
        loop {
            tokio::time::sleep(BEAT).await;
            match self.jobs.ledger().beat(self.worker).await {
                Ok(state) if state == self.job.state || state.is_over() => {}
                Ok(_) => self.stop.finish(),
                Err(error) => return error,
            }
        }
    }

    /// The work on one account of the job. `turn`: in a worker of a fleet.
    pub(crate) async fn lane(
        &self,
        account: &JobAccount,
        context: &CallContext,
        options: &BulkOptions,
        outcomes: mpsc::Sender<Result<JobOutcome>>,
        turn: Option<Turn>,
    ) -> Result<Lane> {
        let (name, job) = (&account.name, &self.job);
        let facts = self.accounts.facts(name)?;
        let key = facts.key.clone();
        if key != account.key {
            return Err(Error::config(format!(
                "the account {name} was {} when the job was made and is {key} now; nothing is sent to it",
                account.key
            )));
        }
        // Cancelling changes nothing.
        if job.state != JobState::Cancelling {
            facts
                .check(&job.change, account.tickets)
                .map_err(|error| of_account(name, &error))?;
        }
        if turn.is_none() {
            // Whoever runs the job wants it tried again. A fleet waits for a person who resumes it.
            self.jobs.ledger().suspend(&key, None).await?;
        }
        let work = Work {
            job: job.id.clone(),
            worker: self.worker,
            account: name.clone(),
        };
        let context = context.clone().stop(self.stop.clone());
        let mut options = options.clone().account(name.as_str());
        if job.state == JobState::Cancelling {
            options = options.only_look();
        }
        let mut tickets = self.accounts.connect(name)?;
        if turn.is_some() {
            // Of a run, it continues in the caller's task.
            tickets = tickets.layer(CatchPanics::default());
        }
        Ok(Lane {
            ledger: Arc::clone(self.jobs.ledger()),
            tickets,
            key,
            rules: Arc::new(Rules::new(job, account)?),
            work,
            going: Going::new(&context),
            context,
            options,
            outcomes,
            failures: Arc::clone(&self.failures),
            turn,
            unasked: Arc::new(Told::new(name)),
        })
    }
}

/// Whether a ledger says that a worker is lost.
pub(crate) fn is_lost(error: &Error) -> bool {
    error.kind() == ErrorKind::Conflict
}
