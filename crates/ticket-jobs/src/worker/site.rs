//! The work of this process on one job.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ticket_core::bulk::BulkOptions;
use ticket_core::{AccountSource, CallContext, Change, Error, ErrorKind, Result, Stop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::event::{Tell, WorkerEvent};
use crate::begun::{Begun, is_lost};
use crate::failures::{Failures, Unrecorded};
use crate::jobs::{JobOutcome, Jobs};
use crate::lane::{Lane, LaneEnd};
use crate::model::{JobId, JobState};
use crate::turn::Turn;
use crate::unasked::Told;

/// How many outcomes may wait to be counted.
const WAITING: usize = 1_000;

/// After which time work is tried again that cannot be begun here.
pub(super) const AGAIN: Duration = Duration::from_secs(60);

pub(super) struct Site {
    pub(super) jobs: Jobs,
    pub(super) accounts: Arc<dyn AccountSource>,
    pub(super) options: BulkOptions,
    pub(super) tell: Tell,
    pub(super) reports: mpsc::UnboundedSender<Report>,
    pub(super) job: JobId,
    pub(super) number: u64,
    pub(super) stop: Stop,
}

/// An account to work on.
pub(super) struct Assignment {
    pub(super) account: String,
    pub(super) turn: Turn,
}

/// What became of the work.
pub(super) enum Report {
    /// The work on an account ended.
    Lane {
        job: JobId,
        account: String,
        /// For how long the account is left alone.
        pause: Option<Duration>,
        /// Whether some tickets got their outcome.
        has_done: bool,
    },
    /// The work on an account could not begin, or failed.
    Refused { job: JobId, account: String },
    /// The work on a job ended, with all its accounts.
    Site { number: u64 },
}

/// A lane that ended.
struct Ended {
    account: String,
    end: Result<LaneEnd>,
    outcomes: BTreeMap<&'static str, u64>,
    left: u64,
}

impl Site {
    /// Works on the accounts that are assigned, until no other can be. `unrecorded` failed here and is open.
    pub(super) async fn work(
        self,
        unrecorded: Unrecorded,
        assignments: mpsc::UnboundedReceiver<Assignment>,
    ) {
        if let Err(error) = self.try_work(unrecorded, assignments).await {
            let job = self.job.clone();
            (self.tell)(WorkerEvent::Lost { job, error });
        }
        let number = self.number;
        // Nobody listens once the worker is dropped.
        let _ = self.reports.send(Report::Site { number });
    }

    async fn try_work(
        &self,
        unrecorded: Unrecorded,
        mut assignments: mpsc::UnboundedReceiver<Assignment>,
    ) -> Result<()> {
        let job = self.jobs.ledger().job(&self.job).await?;
        if !matches!(job.state, JobState::Ready | JobState::Cancelling) {
            // Since it was offered.
            return Ok(());
        }
        let failures = Failures::with(&job, unrecorded);
        let stop = self.stop.clone();
        let begun = Begun::new(&self.jobs, &self.accounts, job, stop, failures).await?;
        let work = async {
            let mut lanes = JoinSet::new();
            loop {
                tokio::select! {
                    assignment = assignments.recv() => match assignment {
                        Some(assignment) => {
                            if let Some(lane) = self.begin(&begun, assignment).await {
                                lanes.spawn(lane);
                            }
                        }
                        None => break,
                    },
                    Some(Ok(ended)) = lanes.join_next() => self.end(&begun, ended).await?,
                }
            }
            while let Some(ended) = lanes.join_next().await {
                if let Ok(ended) = ended {
                    self.end(&begun, ended).await?;
                }
            }
            begun.end().await
        };
        tokio::select! {
            error = begun.beat() => Err(error),
            ended = work => ended,
        }
    }

    /// The work on an account, unless it cannot begin.
    async fn begin(
        &self,
        begun: &Begun,
        assignment: Assignment,
    ) -> Option<impl Future<Output = Ended> + Send + use<>> {
        let Assignment { account, turn } = assignment;
        let turn = turn.with(&begun.job.guards);
        let (sender, outcomes) = mpsc::channel(WAITING);
        let mut of_job = begun.job.accounts.iter();
        let lane = match of_job.find(|one| one.name == account) {
            Some(one) => {
                let context = CallContext::new();
                begun
                    .lane(one, &context, &self.options, sender, Some(turn))
                    .await
            }
            None => Err(Error::config(format!("the job has no account {account}"))),
        };
        let job = self.job.clone();
        match lane {
            Ok(mut lane) => {
                lane.unasked = Arc::new(self.told(&account, &begun.job.change));
                let event = WorkerEvent::Began {
                    job,
                    account: account.clone(),
                };
                (self.tell)(event);
                Some(run(lane, account, outcomes))
            }
            Err(error) => {
                self.refuse(account, error);
                None
            }
        }
    }

    /// What the vendor changes besides, which is told at once.
    fn told(&self, account: &str, change: &Change) -> Told {
        let (tell, job, change) = (Arc::clone(&self.tell), self.job.clone(), change.clone());
        Told::telling(account, move |unasked| {
            tell(WorkerEvent::Unasked {
                job: job.clone(),
                change: change.clone(),
                unasked,
            });
        })
    }

    fn refuse(&self, account: String, error: Error) {
        let job = self.job.clone();
        let report = Report::Refused {
            job: job.clone(),
            account: account.clone(),
        };
        let _ = self.reports.send(report);
        (self.tell)(WorkerEvent::Refused {
            job,
            account,
            error,
        });
    }

    /// Tells how a lane ended. Fails if the worker is lost.
    async fn end(&self, begun: &Begun, ended: Ended) -> Result<()> {
        let Ended {
            account,
            end,
            outcomes,
            left,
        } = ended;
        let LaneEnd { reason, pause } = match end {
            Ok(end) => end,
            Err(error) if is_lost(&error) => return Err(error),
            Err(error) => {
                let ledger = self.jobs.ledger();
                ledger.put_back(begun.worker, &account, AGAIN).await?;
                self.refuse(account, error);
                return Ok(());
            }
        };
        let report = Report::Lane {
            job: self.job.clone(),
            account: account.clone(),
            pause,
            has_done: !outcomes.is_empty(),
        };
        (self.tell)(WorkerEvent::Ended {
            job: self.job.clone(),
            account,
            outcomes,
            left,
            reason,
            pause,
        });
        let _ = self.reports.send(report);
        Ok(())
    }
}

/// Works on an account and counts what becomes of its tickets. A mistake of a provider is an error.
async fn run(lane: Lane, account: String, mut told: mpsc::Receiver<Result<JobOutcome>>) -> Ended {
    let (mut outcomes, mut left) = (BTreeMap::new(), 0);
    let count = async {
        while let Some(one) = told.recv().await {
            match one {
                Ok(one) if one.recorded => {
                    *outcomes.entry(one.outcome.as_str()).or_default() += 1;
                }
                Ok(_) => left += 1,
                Err(_) => {}
            }
        }
    };
    let work = AssertUnwindSafe(lane.work()).catch_unwind();
    let (end, ()) = tokio::join!(work, count);
    let panicked = |_| Err(Error::new(ErrorKind::Config, "the provider panicked"));
    Ended {
        account,
        end: end.unwrap_or_else(panicked),
        outcomes,
        left,
    }
}
