//! The turn of a lane in a worker of a fleet, or of a step of another dispatcher, which has more to do than that: it may have to
//! end early, and what fails for a passing reason is put back to be tried later, until it is given up.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ticket_core::{Error, ErrorKind};

use crate::clock::until;
use crate::model::{Claimed, Guards, PutBack};

/// The wait before tickets are tried again for the first time. It doubles with each further time.
const FIRST: Duration = Duration::from_secs(60);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

/// A turn. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn {
    shared: Arc<Shared>,
    /// For how long tickets are tried again that were put back.
    retry_for: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    is_over: AtomicBool,
    has_succeeded: AtomicBool,
    /// The open tickets that the lane has and that were put back before.
    put_back: Mutex<BTreeMap<u64, PutBack>>,
}

impl Turn {
    /// Sets for how long tickets of a job with these guards are tried again that were put back.
    pub(crate) fn with(mut self, guards: &Guards) -> Self {
        self.retry_for = guards.retry_for.unwrap_or(Guards::RETRY_FOR);
        self
    }

    /// Ends the turn: the lane claims nothing more.
    pub(crate) fn end(&self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::Relaxed)
    }

    /// The lane claimed these tickets.
    pub(crate) fn claimed(&self, claimed: &[Claimed]) {
        let before = claimed
            .iter()
            .filter_map(|one| Some((one.seq, one.put_back?)));
        self.put_back().extend(before);
    }

    /// The outcomes of these tickets are recorded.
    pub(crate) fn settled(&self, seqs: impl Iterator<Item = u64>, is_success: bool) {
        let mut put_back = self.put_back();
        for seq in seqs {
            put_back.remove(&seq);
        }
        if is_success {
            self.shared.has_succeeded.store(true, Ordering::Relaxed);
        }
    }

    /// How long what is left waits: longer for each time that it was put back, and not the same for all workers.
    pub(crate) fn wait(&self) -> Duration {
        let times = self.put_back().values().map(|one| one.times).max();
        let wait = FIRST.saturating_mul(1_u32.checked_shl(times.unwrap_or(0)).unwrap_or(u32::MAX));
        wait.min(LONGEST).mul_f64(0.75 + fastrand::f64() / 4.0)
    }

    /// Whether the ticket has been tried again for long enough.
    pub(crate) fn gives_up(&self, seq: u64, now: Timestamp) -> bool {
        let put_back = self.put_back();
        let put_back = put_back.get(&seq);
        self.retry_for.is_zero() || put_back.is_some_and(|one| self.is_long_ago(one, now))
    }

    /// Whether the account did not answer in this turn, nor whenever the longest of its open tickets were tried, for long
    /// enough.
    pub(crate) fn gives_account_up(&self, now: Timestamp) -> bool {
        let mut put_back = self.put_back().clone().into_values();
        !self.shared.has_succeeded.load(Ordering::Relaxed)
            && (self.retry_for.is_zero() || put_back.any(|one| self.is_long_ago(&one, now)))
    }

    fn is_long_ago(&self, put_back: &PutBack, now: Timestamp) -> bool {
        until(put_back.since, now) >= self.retry_for
    }

    fn put_back(&self) -> MutexGuard<'_, BTreeMap<u64, PutBack>> {
        let put_back = self.shared.put_back.lock();
        put_back.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the account is at fault: a person or a certain time has to make it work again.
pub(crate) fn is_the_accounts(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthenticated | ErrorKind::TokenExpired | ErrorKind::QuotaExhausted
    )
}

/// Whether the work on an account ended for a reason that passes: it did not answer, or somebody else did.
pub(crate) fn is_passing(reason: &Error) -> bool {
    !is_the_accounts(reason) && reason.kind() != ErrorKind::Cancelled
}
