//! The jobs that this server works on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use ticket_jobs::{JobId, Jobs};
use tickets::bulk::BulkOptions;
use tickets::{AccountSource, CallContext, Stop};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::text;

/// How many problems of a job are told.
const TOLD: usize = 5;

/// The jobs that this server works on, in tasks that go on between calls.
#[derive(Debug, Default)]
pub(crate) struct Running {
    tasks: Mutex<JoinSet<()>>,
    stop: Stop,
    problems: Arc<Mutex<HashMap<JobId, Vec<String>>>>,
}

impl Running {
    /// Begins to work on a job. The receiver is told when the work has ended.
    pub(crate) fn start(
        &self,
        jobs: &Jobs,
        job: &JobId,
        accounts: Arc<dyn AccountSource>,
    ) -> oneshot::Receiver<()> {
        let (ended, told) = oneshot::channel();
        let context = CallContext::new().stop(self.stop.clone());
        let mut outcomes = jobs.run(job, accounts, context, &BulkOptions::default());
        let (problems, job) = (Arc::clone(&self.problems), job.clone());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            while let Some(outcome) = outcomes.next().await {
                // What becomes of each ticket is in the ledger.
                let Err(error) = outcome else { continue };
                let mut problems = problems.lock().unwrap_or_else(PoisonError::into_inner);
                let problems = problems.entry(job.clone()).or_default();
                if problems.len() < TOLD {
                    problems.push(text::line(error.message(), 300));
                }
            }
            // The call that began it may have been answered.
            let _ = ended.send(());
        });
        told
    }

    /// What went wrong with a job that is about no ticket.
    pub(crate) fn problems(&self, job: &JobId) -> Vec<String> {
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.get(job).cloned().unwrap_or_default()
    }

    /// Sends nothing more, and waits for requests in flight.
    pub(crate) async fn finish(&self) {
        self.stop.finish();
        let mut tasks = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        while tasks.join_next().await.is_some() {}
    }
}
