//! One step of a lane: some tickets from their claim to their outcomes.

use std::sync::Arc;
use std::time::Duration;

use restate_sdk::prelude::{HandlerResult, Json, TerminalError};
use ticket_core::bulk::BulkOptions;
use ticket_core::{AccountSource, CallContext, Error, ErrorKind, Result, Stop};
use ticket_jobs::{BEAT, Claim, Job, JobState, Jobs, Work, WorkerId};
use tokio::sync::RwLock;

use crate::lane::Next;

/// After how long a step makes no new call. Its calls in flight end, and the tickets that are left are free.
const LONGEST: Duration = Duration::from_secs(60);

/// After how long at most a lane asks again: of a paused job, a suspended account, tickets that others have.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// And after how long at least.
const SOON: Duration = Duration::from_millis(100);

/// What steps need.
pub struct Steps {
    pub jobs: Jobs,
    pub accounts: Arc<dyn AccountSource>,
    /// Ends all steps of this process in order.
    pub stop: Stop,
    /// Each step reads it, so that whoever may write knows that all have ended.
    pub working: Arc<RwLock<()>>,
}

impl Steps {
    /// The job with this id. That there is none is no failure to be tried again.
    pub async fn job(&self, id: &str) -> HandlerResult<Job> {
        let id = id.parse().map_err(TerminalError::from_error)?;
        let job = self.jobs.ledger().job(&id).await;
        job.map_err(|error| match error.kind() {
            ErrorKind::NotFound => TerminalError::from_error(error).into(),
            _ => error.into(),
        })
    }

    /// Works on some tickets of a lane. If this is dropped, because the server is gone or repeats the step somewhere else,
    /// the calls in flight still end and are recorded.
    pub async fn step(self: Arc<Self>, lane: &str) -> HandlerResult<Json<Next>> {
        let mut parts = lane.splitn(3, '/');
        let (Some(id), Some(_), Some(account)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(TerminalError::new("the key of a lane is JOB/LANE/ACCOUNT").into());
        };
        let (job, account) = (self.job(id).await?, account.to_owned());
        let stop = Stop::new();
        let _dropped = FinishOnDrop(stop.clone());
        let work = tokio::spawn(async move {
            let _working = self.working.read().await;
            self.work(&job, account, &stop).await
        });
        Ok(Json(work.await??))
    }

    async fn work(&self, job: &Job, account: String, stop: &Stop) -> Result<Next> {
        let ledger = self.jobs.ledger();
        match job.state {
            state if state.is_over() => return Ok(Next::End),
            JobState::Ready | JobState::Cancelling => {}
            _ => return Ok(Next::Wait(ASK_AGAIN)),
        }
        let mut accounts = job.accounts.iter();
        let known = accounts.find(|known| known.name == account);
        let key = self.accounts.facts(&account)?.key;
        if known.is_none_or(|known| known.key != key) {
            let message = format!(
                "{account} is not the account that job {} was made for",
                job.id
            );
            return Err(Error::config(message));
        }
        // Each step has its own: what a worker puts back, it puts back for all who use it.
        let worker = ledger.begin(&job.id).await?;
        let work = Work {
            job: job.id.clone(),
            worker,
            account,
        };
        let next = tokio::select! {
            next = self.chunk(work, stop) => next,
            lost = self.beat(worker, job.state, stop) => Err(lost),
        };
        ledger.finish(worker).await?;
        next
    }

    /// Tells that the worker lives until that fails, and stops the step when it has to end.
    async fn beat(&self, worker: WorkerId, begun: JobState, stop: &Stop) -> Error {
        let (mut beats, mut left) = (tokio::time::interval(BEAT), LONGEST);
        loop {
            beats.tick().await;
            left = left.saturating_sub(BEAT);
            match self.jobs.ledger().beat(worker).await {
                Ok(state) if state == begun && !left.is_zero() && !self.stop.is_finishing() => {}
                Ok(_) => stop.finish(),
                Err(lost) => return lost,
            }
        }
    }

    /// Claims tickets, changes them, and frees those that stay open.
    async fn chunk(&self, work: Work, stop: &Stop) -> Result<Next> {
        let ledger = self.jobs.ledger();
        let (worker, name) = (work.worker, work.account.clone());
        let claimed = match ledger.claim(worker, &name).await? {
            Claim::Tickets(claimed) => claimed,
            Claim::Later(time) => return Ok(Next::Wait(time.clamp(SOON, ASK_AGAIN))),
            Claim::Nothing => return Ok(Next::End),
            // Until a person says so, or the time has come that the suspension names.
            Claim::Stopped(_) | Claim::Suspended(_) | Claim::Held => {
                return Ok(Next::Wait(ASK_AGAIN));
            }
        };
        let account = self.accounts.connect(&name)?;
        let context = CallContext::new().stop(stop.clone());
        let options = BulkOptions::default();
        let jobs = &self.jobs;
        // What failed for a reason that may pass is put back, and given up in the end, as by `tickets worker`.
        jobs.apply_chunk(work, &account, claimed, context, &options)
            .await?;
        Ok(Next::GoOn)
    }
}

/// Ends a step in order if whoever waits for it is gone.
struct FinishOnDrop(Stop);

impl Drop for FinishOnDrop {
    fn drop(&mut self) {
        self.0.finish();
    }
}
