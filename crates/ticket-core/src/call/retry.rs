//! When a failed call is made again: the policy as data, the decision as one function, the budget.
//!
//! Not the loop that waits and calls: see `layers/retry.rs`.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::provider::error::{Effect, ErrorKind};
use crate::provider::operation::Operation;

/// How often and how soon a failed call is made again: the same for a single call and for each call of a bulk change.
/// Whether it may be at all is no choice: see [`repeats`](Self::repeats). How long a call may wait altogether is said by
/// its [context](crate::CallContext).
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use ticket_core::RetryPolicy;
///
/// let policy = RetryPolicy::default().max_attempts(NonZeroU32::MIN).cap(Duration::from_secs(20));
/// assert_eq!(policy.max_attempts.get(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a call is tried in all: 4 times unless changed. Once is never repeated.
    pub max_attempts: NonZeroU32,
    /// The longest wait before the second attempt; twice as long before the third, and so on: 1 second
    /// unless changed, which is what Sweeppea advises. The wait itself is drawn at random between zero and
    /// that ("full jitter"), so that many callers do not come back at once.
    pub base: Duration,
    /// The longest wait between attempts that the vendor did not ask for: 30 seconds unless changed.
    pub cap: Duration,
    /// The longest `Retry-After` that is waited for: 1 hour unless changed. A longer one fails the call, as does one
    /// that ends after the call's [deadline](crate::CallContext::deadline).
    pub max_retry_after: Duration,
    /// How many repeats all clones of a handle may make together beyond one for every five that the vendor answers:
    /// 100 unless changed. So an outage is not answered with a multiple of the usual calls. A call that was refused
    /// for the quota costs nothing: it waits for the pause with all others.
    pub budget: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: NonZeroU32::MIN.saturating_add(3),
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(3600),
            budget: 100,
        }
    }
}

impl RetryPolicy {
    /// Sets how often a call is tried in all.
    #[must_use]
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the longest wait before the second attempt.
    #[must_use]
    pub fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the longest wait between attempts.
    #[must_use]
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Sets the longest `Retry-After` that is waited for.
    #[must_use]
    pub fn max_retry_after(mut self, wait: Duration) -> Self {
        self.max_retry_after = wait;
        self
    }

    /// Sets how many repeats there may be beyond one for every five calls that succeed.
    #[must_use]
    pub fn budget(mut self, repeats: u32) -> Self {
        self.budget = repeats;
        self
    }

    /// Whether a call that failed like this may be made again at all. The one decision, for every provider.
    ///
    /// The failure must be one that passes, and the repeat must do no harm: either nothing has happened, or
    /// doing it twice is the same as doing it once.
    ///
    /// ```
    /// use ticket_core::{Effect, ErrorKind, Operation, RetryPolicy};
    ///
    /// let lost = |operation| RetryPolicy::repeats(ErrorKind::Timeout, Effect::Unknown, operation);
    /// assert!(lost(Operation::Delete));
    /// assert!(!lost(Operation::Create));
    /// ```
    pub const fn repeats(kind: ErrorKind, effect: Effect, operation: Operation) -> bool {
        kind.is_transient() && (matches!(effect, Effect::None) || operation.is_idempotent())
    }

    /// The longest wait before the attempt after `attempts` ones.
    pub(crate) fn backoff(&self, attempts: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1));
        let longest = doubled.and_then(|factor| self.base.checked_mul(factor));
        longest.unwrap_or(self.cap).min(self.cap)
    }
}

/// What is left of the repeats that the clones of a handle may make together, in fifths of one.
#[derive(Debug)]
pub(crate) struct Budget {
    full: u64,
    left: Mutex<u64>,
}

/// A repeat costs so many fifths; a success gives back one.
const REPEAT: u64 = 5;

impl Budget {
    pub(crate) fn new(repeats: u32) -> Self {
        let full = u64::from(repeats) * REPEAT;
        Self {
            full,
            left: Mutex::new(full),
        }
    }

    /// A call succeeded.
    pub(crate) fn deposit(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + 1).min(self.full);
    }

    /// Pays for a repeat, or says that there is nothing left to pay with.
    pub(crate) fn withdraw(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = left.checked_sub(REPEAT);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_doubles_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let seconds: Vec<_> = (1..8).map(|n| policy.backoff(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(policy.backoff(u32::MAX), policy.cap);
        let long = policy.base(Duration::MAX);
        assert_eq!(long.backoff(2), long.cap);
    }

    #[test]
    fn five_successes_pay_for_a_repeat_and_savings_are_bounded() {
        let budget = Budget::new(1);
        assert!(budget.withdraw());
        assert!(!budget.withdraw());
        (0..4).for_each(|_| budget.deposit());
        assert!(!budget.withdraw());
        budget.deposit();
        assert!(budget.withdraw());
        (0..50).for_each(|_| budget.deposit());
        assert!(budget.withdraw());
        assert!(!budget.withdraw());
    }
}
