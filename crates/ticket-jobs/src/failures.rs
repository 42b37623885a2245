//! The guard of too many failures, which counts over the whole job: all workers, and all runs since somebody last resumed it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ticket_core::bulk::Settled;
use ticket_core::{Error, ErrorKind, Outcome, Result, TicketId, TicketRef};

use crate::ledger::Ledger;
use crate::model::{EventKind, Job, JobId, JobState};

/// Tickets that failed in this process and have no recorded outcome: they are tried again, or looked at again. Clones are the
/// same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unrecorded(Arc<Mutex<BTreeSet<TicketRef>>>);

impl Unrecorded {
    pub(crate) fn is_empty(&self) -> bool {
        self.tickets().is_empty()
    }

    fn tickets(&self) -> MutexGuard<'_, BTreeSet<TicketRef>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many tickets of a job may fail, be unknown or not be found.
#[derive(Debug)]
pub(crate) struct Failures {
    job: JobId,
    most: Option<u64>,
    unrecorded: Unrecorded,
    /// How many had failed when somebody last resumed the job, as far as it is known here.
    seen: AtomicU64,
    is_told: AtomicBool,
}

impl Failures {
    pub(crate) fn of(job: &Job) -> Arc<Self> {
        Self::with(job, Unrecorded::default())
    }

    /// Those of a job of which some may have failed in this process before.
    pub(crate) fn with(job: &Job, unrecorded: Unrecorded) -> Arc<Self> {
        // What is looked at after a job was cancelled is not stopped.
        let most = job.guards.max_failures;
        let most = most.filter(|_| job.state != JobState::Cancelling);
        Arc::new(Self {
            job: job.id.clone(),
            most: most.map(|most| most.of(job.tickets)),
            unrecorded,
            seen: AtomicU64::new(0),
            is_told: AtomicBool::new(false),
        })
    }

    /// Takes note of a ticket whose change failed, and whose outcome waits for a look at the end: too late for this guard.
    /// Its outcome takes the place of this note.
    pub(crate) fn hold(&self, account: &str, id: &TicketId) {
        if self.most.is_some() {
            let ticket = TicketRef::new(account, id.clone());
            self.unrecorded.tickets().insert(ticket);
        }
    }

    /// Takes note of tickets of an account, of which these places have a recorded outcome now. Returns whether some failed.
    pub(crate) fn note(
        &self,
        account: &str,
        settled: &[Settled<u64>],
        recorded: &BTreeSet<u64>,
    ) -> bool {
        if self.most.is_none() {
            return false;
        }
        let mut unrecorded = self.unrecorded.tickets();
        let mut has_failed = false;
        for one in settled {
            let is_failure = is_failure(&one.outcome);
            has_failed |= is_failure;
            let ticket = TicketRef::new(account, one.id.clone());
            if is_failure && !recorded.contains(&one.key) {
                unrecorded.insert(ticket);
            } else {
                unrecorded.remove(&ticket);
            }
        }
        has_failed
    }

    /// Why the work stops, if too many tickets have failed by the ledger and by what failed here. Told once.
    pub(crate) async fn too_many(&self, ledger: &dyn Ledger) -> Result<Option<Error>> {
        let Some(most) = self.most else {
            return Ok(None);
        };
        let job = ledger.job(&self.job).await?;
        let all = recorded(&job.counts).saturating_add(count(&self.unrecorded.tickets()));
        let found = |seen: &AtomicU64| all.saturating_sub(seen.load(Ordering::Relaxed));
        if job.state != JobState::Ready || found(&self.seen) <= most {
            return Ok(None);
        }
        // Somebody may have resumed it meanwhile.
        let events = ledger.events(&self.job).await?;
        let mut resumed = events
            .iter()
            .rev()
            .filter(|event| event.what == EventKind::Resumed);
        let seen = resumed.find_map(|event| event.failures);
        self.seen.store(seen.unwrap_or(0), Ordering::Relaxed);
        let found = found(&self.seen);
        if found <= most || self.is_told.swap(true, Ordering::Relaxed) {
            return Ok(None);
        }
        let message = format!(
            "not attempted because {found} tickets failed, are unknown or were not found, and at most {most} may"
        );
        Ok(Some(Error::new(ErrorKind::Cancelled, message)))
    }
}

/// How many of the recorded outcomes are failures.
pub(crate) fn recorded(counts: &BTreeMap<String, u64>) -> u64 {
    let of = |outcome: &str| counts.get(outcome).copied().unwrap_or(0);
    ["failed", "unknown", "not_found"].map(of).iter().sum()
}

fn is_failure(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Unattempted(_)) && !outcome.is_done()
}

fn count(tickets: &BTreeSet<TicketRef>) -> u64 {
    u64::try_from(tickets.len()).unwrap_or(u64::MAX)
}
