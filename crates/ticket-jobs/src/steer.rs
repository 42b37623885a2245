//! What people do with jobs: pause, resume, cancel, release, confirm, verify.

use std::time::Duration;

use ticket_core::{AccountSource, Error, ErrorKind, Result};

use crate::clock::until;
use crate::failures;
use crate::jobs::Jobs;
use crate::ledger::{Ledger, tickets};
use crate::model::{Confirmed, Event, EventKind, Job, JobId, JobState, Step, Which};
use crate::plan;

/// For how long after it was made a plan can be confirmed.
pub const PLAN_LASTS: Duration = Duration::from_secs(24 * 3600);

impl Jobs {
    /// Pauses, resumes, cancels or releases a job, and records who did so. See [`Ledger::steer`](crate::Ledger::steer).
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn steer(&self, job: &JobId, step: Step) -> Result<JobState> {
        let before = self.ledger().job(job).await?;
        let state = self.ledger().steer(job, step).await?;
        let what = match step {
            Step::Pause => EventKind::Paused,
            Step::Resume => EventKind::Resumed,
            Step::Cancel => EventKind::Cancelled,
            Step::Release => EventKind::Released,
        };
        if before.state != state || step == Step::Release {
            let mut event = Event::new(self.ledger().now(), what);
            let has_guard = step == Step::Resume && before.guards.max_failures.is_some();
            event.failures = has_guard.then(|| failures::recorded(&before.counts));
            self.note_event(job, event).await?;
        }
        Ok(state)
    }

    /// Sets the priority of a job, and records who did so. See [`Ledger::claim`](crate::Ledger::claim).
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn prioritize(&self, job: &JobId, priority: i16) -> Result<()> {
        let before = self.ledger().job(job).await?.priority;
        if before == priority {
            return Ok(());
        }
        self.ledger().prioritize(job, priority).await?;
        let detail = format!("from {before} to {priority}");
        self.note_with(job, EventKind::Prioritized, Some(detail))
            .await
    }

    /// Confirms a job that [awaits confirmation](JobState::AwaitingConfirmation), if it still is what was planned.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger). `Conflict` if it does not await confirmation, if its plan is older than
    /// [`PLAN_LASTS`] or was changed since, or if an account's name leads to another account now.
    pub async fn confirm(
        &self,
        job: &JobId,
        accounts: &dyn AccountSource,
        confirmed: Confirmed,
    ) -> Result<()> {
        let planned = self.ledger().job(job).await?;
        let conflict = |message: String| Err(Error::new(ErrorKind::Conflict, message));
        if planned.state != JobState::AwaitingConfirmation {
            let state = planned.state;
            return conflict(format!("job {job} is {state}, so it cannot be confirmed"));
        }
        let sealed_at = planned.sealed_at.unwrap_or(planned.created_at);
        if until(sealed_at, self.ledger().now()) > PLAN_LASTS {
            let hours = PLAN_LASTS.as_secs() / 3600;
            return conflict(format!(
                "the plan of job {job} is older than {hours} hours; plan it again"
            ));
        }
        for account in &planned.accounts {
            let facts = accounts.facts(&account.name)?;
            if facts.key != account.key || facts.host != account.host {
                let name = &account.name;
                return conflict(format!(
                    "the account {name} is another one than when job {job} was planned; plan it again"
                ));
            }
        }
        let digest = digest(&**self.ledger(), &planned).await?;
        if planned.digest.as_deref() != Some(digest.as_str()) {
            return conflict(format!(
                "job {job} is not what was planned: its list or its guards were changed"
            ));
        }
        self.ledger().confirm(job, confirmed).await?;
        self.note(job, EventKind::Confirmed).await
    }

    /// Counts a job again from its rows, as [`Ledger::verify`](crate::Ledger::verify) does, and computes the digest of its
    /// plan, if it has one. Returns what contradicts the records: nothing if all is well.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn verify(&self, job: &JobId) -> Result<Vec<String>> {
        verify(&**self.ledger(), job).await
    }
}

/// What contradicts the records of a job: see [`Jobs::verify`].
pub(crate) async fn verify(ledger: &dyn Ledger, job: &JobId) -> Result<Vec<String>> {
    let mut contradictions = ledger.verify(job).await?;
    let job = ledger.job(job).await?;
    let Some(recorded) = &job.digest else {
        return Ok(contradictions);
    };
    let digest = digest(ledger, &job).await?;
    if digest != *recorded {
        let done = match job.confirmed {
            Some(_) => "confirmed",
            None => "planned",
        };
        contradictions.push(format!(
            "its list or its guards are not what was {done}: the digest of its plan is {digest}, and {recorded} was {done}"
        ));
    }
    Ok(contradictions)
}

/// The digest of a job's plan, by the ledger.
pub(crate) async fn digest(ledger: &dyn Ledger, job: &Job) -> Result<String> {
    plan::digest(job, tickets(ledger, &job.id, Which::Named)).await
}
