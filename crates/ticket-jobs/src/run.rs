//! Works on jobs: a lane for each account, and a beat that tells that the worker is alive.

use std::collections::HashSet;
use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::{AccountSource, CallContext, Error, ErrorKind, Result, Stop, TicketRef, Tickets};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::begun::{Begun, is_lost};
use crate::conclude::not_come_to;
use crate::failures::Failures;
use crate::going::Going;
use crate::jobs::{JobOutcome, Jobs};
use crate::lane::Lane;
use crate::model::{Claimed, Job, JobId, JobState, Work};
use crate::poison::CatchPanics;
use crate::rules::Rules;
use crate::turn::Turn;
use crate::unasked::Told;

/// How many outcomes may wait for a reader.
const WAITING: usize = 1_000;

impl Jobs {
    /// Works on tickets that `work.worker` [claimed](crate::Ledger::claim), for programs that distribute the work themselves: sends
    /// the change, records outcomes, and waits for earlier calls about tickets in doubt. [`run`](Self::run) does all of
    /// that by itself. `account` has its [slots](Self::slots) in this ledger, and somebody else
    /// [beats](crate::Ledger::beat). An account at fault is suspended, as by a run.
    ///
    /// At its end the worker has none of these tickets any more. As by a [`Worker`](crate::Worker), what fails for a passing reason
    /// is [put back](crate::Ledger::put_back) with a wait, and gets its last outcome after
    /// [`Guards::retry_for`](crate::Guards::retry_for); an account that
    /// never answered in that time is given up, with all its tickets that nobody has. A panic of the provider is the error of
    /// the call in which it happens.
    ///
    /// Returns what became of each of these tickets, in the order of completion.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger`](crate::Ledger).
    pub async fn apply_chunk(
        &self,
        work: Work,
        account: &Tickets,
        claimed: Vec<Claimed>,
        context: CallContext,
        options: &BulkOptions,
    ) -> Result<Vec<JobOutcome>> {
        let job = self.ledger().job(&work.job).await?;
        let of_the_job = job.accounts.iter().find(|one| one.name == work.account);
        let Some(of_the_job) = of_the_job else {
            let message = format!("job {} has no account {}", job.id, work.account);
            return Err(Error::invalid_input(message));
        };
        let (outcomes, mut told) = mpsc::channel(WAITING);
        let turn = Turn::default().with(&job.guards);
        turn.claimed(&claimed);
        let mut options = options.clone().account(work.account.as_str());
        if job.state == JobState::Cancelling {
            options = options.only_look();
        }
        let unasked = Arc::new(Told::new(&work.account));
        let lane = Lane {
            ledger: Arc::clone(self.ledger()),
            tickets: account.clone().layer(CatchPanics::default()),
            key: of_the_job.key.clone(),
            rules: Arc::new(Rules::new(&job, of_the_job)?),
            work,
            going: Going::new(&context),
            context,
            options,
            outcomes,
            failures: Failures::of(&job),
            turn: Some(turn),
            unasked,
        };
        let name = lane.work.account.clone();
        let seqs: HashSet<_> = claimed.iter().map(|one| one.seq).collect();
        let collect = async {
            let mut all = Vec::with_capacity(claimed.len());
            while let Some(outcome) = told.recv().await {
                // Of an account that is given up there are others.
                all.extend(outcome.ok().filter(|one| seqs.contains(&one.seq)));
            }
            all
        };
        let (reason, mut all) = tokio::join!(lane.apply_to(claimed.clone()), collect);
        let reason = reason?;
        let known: HashSet<_> = all.iter().map(|outcome| outcome.seq).collect();
        let stopped = || Error::new(ErrorKind::Cancelled, "stopped before this ticket was sent");
        let reason = reason.unwrap_or_else(stopped);
        let missing = claimed.into_iter().filter(|one| !known.contains(&one.seq));
        all.extend(missing.map(|one| {
            let ticket = TicketRef::new(name.clone(), one.id);
            JobOutcome {
                seq: one.seq,
                outcome: not_come_to(&ticket, one.in_doubt.is_some(), &reason),
                ticket,
                recorded: false,
            }
        }));
        Ok(all)
    }

    /// Works on a job until each of its tickets has an outcome, with a lane for each account, as
    /// [`Tickets::apply`](ticket_core::Tickets::apply) does.
    ///
    /// * Yields each distinct ticket that was open, once. Tickets that other workers settle are waited for and not yielded.
    /// * An outcome is yielded after it is recorded. What is [left to do](ticket_core::Outcome::is_left_to_do) is not recorded:
    ///   the job can be run again. Neither is an unknown outcome if the work ended early: the next run looks at it.
    /// * Tickets in doubt, about which an earlier worker may have sent a call, come last, once no such call can act any more:
    ///   they are sent again where a repeat is safe, and only looked at where it is not.
    /// * A worker that is lost, because the machine was asleep or the process was stopped for longer than
    ///   [`LOST_AFTER`](crate::LOST_AFTER), is followed by another one. What the first one recorded last may be missing.
    /// * If the job is paused or cancelled by somebody else, the work ends within two seconds as after
    ///   [`Stop::finish`].
    /// * The work goes on while the stream is not polled, and ends when it is dropped.
    ///
    /// # Errors
    ///
    /// The last items: the ledger cannot be read or written, an account cannot be connected or is another one than when
    /// the job was made. Accounts that are not concerned go on.
    ///
    /// # Panics
    ///
    /// When it is called outside a tokio runtime, and where a provider does.
    pub fn run(
        &self,
        job: &JobId,
        accounts: Arc<dyn AccountSource>,
        context: CallContext,
        options: &BulkOptions,
    ) -> BoxStream<'static, Result<JobOutcome>> {
        let (outcomes, yielded) = mpsc::channel(WAITING);
        let (jobs, job, options) = (self.clone(), job.clone(), options.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let run = Run {
                jobs,
                accounts,
                options,
                outcomes: outcomes.clone(),
            };
            if let Err(error) = run.work(&job, context).await {
                // Nobody listens if the stream was dropped.
                let _ = outcomes.send(Err(error)).await;
            }
        });
        // The task is aborted with the stream.
        let work = (yielded, tasks);
        let yielded = stream::unfold(work, |(mut yielded, mut tasks)| async move {
            if let Some(next) = yielded.recv().await {
                return Some((next, (yielded, tasks)));
            }
            // A panic of a provider continues in the caller's task.
            if let Some(Err(error)) = tasks.join_next().await
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
            None
        });
        yielded.boxed()
    }
}

/// A run of a job in this process.
struct Run {
    jobs: Jobs,
    accounts: Arc<dyn AccountSource>,
    options: BulkOptions,
    outcomes: mpsc::Sender<Result<JobOutcome>>,
}

impl Run {
    /// Works on the job, as another worker if one was lost: the machine was asleep, or this process was stopped.
    async fn work(&self, job: &JobId, mut context: CallContext) -> Result<()> {
        let stop = linked(context.stop.take());
        loop {
            let job = self.jobs.ledger().job(job).await?;
            match job.state {
                JobState::Loading => {
                    let message = format!(
                        "the list of job {} is not complete: whatever made it was interrupted, and nothing was sent",
                        job.id
                    );
                    return Err(Error::invalid_input(message));
                }
                JobState::AwaitingConfirmation => {
                    let message = format!("job {} is not confirmed; nothing was sent", job.id);
                    return Err(Error::invalid_input(message));
                }
                state if state.is_over() => return Ok(()),
                _ => {}
            }
            match self.work_as_one(&job, &context, &stop).await {
                Err(error) if is_lost(&error) && !stop.is_finishing() => {}
                ended => return ended,
            }
        }
    }

    /// Works on the job as one worker. Fails if that is lost.
    async fn work_as_one(&self, job: &Job, context: &CallContext, stop: &Stop) -> Result<()> {
        let failures = Failures::of(job);
        let begun = Begun::new(
            &self.jobs,
            &self.accounts,
            job.clone(),
            stop.clone(),
            failures,
        )
        .await?;
        let mut lanes = JoinSet::new();
        for account in &job.accounts {
            let outcomes = self.outcomes.clone();
            let lane = begun.lane(account, context, &self.options, outcomes, None);
            match lane.await {
                Ok(lane) => {
                    lanes.spawn(lane.work());
                }
                Err(error) => self.yield_error(error).await,
            }
        }
        let work = async {
            while let Some(ended) = lanes.join_next().await {
                match ended {
                    Ok(Err(error)) if is_lost(&error) => return Err(error),
                    Ok(Err(error)) => self.yield_error(error).await,
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Ok(Ok(_)) | Err(_) => {}
                }
            }
            begun.end().await
        };
        tokio::select! {
            error = begun.beat() => Err(error),
            ended = work => ended,
        }
    }

    async fn yield_error(&self, error: Error) {
        let _ = self.outcomes.send(Err(error)).await;
    }
}

/// A stop that is requested with another one, and by itself.
fn linked(other: Option<Stop>) -> Stop {
    let stop = Stop::new();
    if let Some(other) = other {
        let linked = stop.clone();
        tokio::spawn(async move {
            other.finishing().await;
            linked.finish();
            other.abandoned().await;
            linked.abandon();
        });
    }
    stop
}
