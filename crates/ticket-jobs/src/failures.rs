//! The guard of too many failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ticket_core::bulk::Settled;
use ticket_core::{Error, ErrorKind, Outcome};

use crate::model::Job;

/// How many tickets failed, are unknown or were not found, and how many may.
#[derive(Debug)]
pub(crate) struct Failures {
    most: Option<u64>,
    found: Arc<AtomicU64>,
}

impl Failures {
    pub(crate) fn of(job: &Job) -> Arc<Self> {
        Self::counted(job, Arc::default())
    }

    /// Those of a job of which some may have been found before.
    pub(crate) fn counted(job: &Job, found: Arc<AtomicU64>) -> Arc<Self> {
        let most = job.guards.max_failures;
        Arc::new(Self {
            most: most.map(|most| most.of(job.tickets)),
            found,
        })
    }

    /// Counts them. Why the work stops, if they are too many now.
    pub(crate) fn add(&self, settled: &[Settled<u64>]) -> Option<Error> {
        let most = self.most?;
        let is_failure = |one: &&Settled<u64>| {
            !matches!(one.outcome, Outcome::Unattempted(_)) && !one.outcome.is_done()
        };
        let failed = settled.iter().filter(is_failure);
        let failed = u64::try_from(failed.count()).unwrap_or(u64::MAX);
        let before = self.found.fetch_add(failed, Ordering::Relaxed);
        let found = before.saturating_add(failed);
        (before <= most && found > most).then(|| {
            let message = format!(
                "not attempted because {found} tickets failed, are unknown or were not found, and at most {most} may"
            );
            Error::new(ErrorKind::Cancelled, message)
        })
    }
}
