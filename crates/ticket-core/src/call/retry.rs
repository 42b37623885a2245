//! When a failed call is repeated: the policy as data, the decision as one function, the budget.
//!
//! The loop that waits and calls is in `layers/retry.rs`.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::provider::error::{Effect, ErrorKind};

/// How often and how soon a failed call is repeated, for single calls and for each call of a bulk change.
/// Whether a call may be repeated at all is not configurable: see [`repeats`](Self::repeats). The
/// [context](crate::CallContext) limits how long a call may wait in total.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use ticket_core::call::RetryPolicy;
///
/// let policy = RetryPolicy::default().max_attempts(NonZeroU32::MIN).cap(Duration::from_secs(20));
/// assert_eq!(policy.max_attempts.get(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Total attempts, including the first. Default 4; 1 disables retries.
    pub max_attempts: NonZeroU32,
    /// Longest wait before the second attempt. It doubles before each further attempt. Default 1 second, as
    /// Sweeppea advises. The actual wait is random between zero and this ("full jitter"), so that many
    /// callers do not retry at the same moment.
    pub base: Duration,
    /// Upper bound of the wait between attempts, unless the vendor asks for a longer one. Default 30 seconds.
    pub cap: Duration,
    /// Longest `Retry-After` that is honoured. Default 1 hour. A longer `Retry-After` fails the call, as does
    /// one that ends after the call's [deadline](crate::CallContext::deadline).
    pub max_retry_after: Duration,
    /// Retry budget that all clones of a handle share, in retries. Every five replies of the vendor add one
    /// retry, up to this number. Default 100. It bounds the extra load during an outage. A retry of a
    /// rate-limited call is free.
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
    /// Sets the total number of attempts, including the first.
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

    /// Sets the upper bound of the wait between attempts.
    #[must_use]
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Sets the longest `Retry-After` that is honoured.
    #[must_use]
    pub fn max_retry_after(mut self, wait: Duration) -> Self {
        self.max_retry_after = wait;
        self
    }

    /// Sets the retry budget, in retries.
    #[must_use]
    pub fn budget(mut self, repeats: u32) -> Self {
        self.budget = repeats;
        self
    }

    /// Whether a call that failed like this may be repeated. This is the only such decision, for every
    /// provider.
    ///
    /// The failure must be transient, and repeating must be harmless: either nothing has happened, or the call
    /// [may be repeated](crate::ProviderInfo::may_repeat) whatever has happened.
    ///
    /// ```
    /// use ticket_core::{Effect, ErrorKind, call::RetryPolicy};
    ///
    /// let lost = |may_repeat| RetryPolicy::repeats(ErrorKind::Timeout, Effect::Unknown, may_repeat);
    /// assert!(lost(true));
    /// assert!(!lost(false));
    /// ```
    pub const fn repeats(kind: ErrorKind, effect: Effect, may_repeat: bool) -> bool {
        kind.is_transient() && (matches!(effect, Effect::None) || may_repeat)
    }

    /// The longest wait after `attempts` attempts.
    pub(crate) fn backoff(&self, attempts: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempts.saturating_sub(1));
        let longest = doubled.and_then(|factor| self.base.checked_mul(factor));
        longest.unwrap_or(self.cap).min(self.cap)
    }
}

/// The retry budget that the clones of a handle share, in fifths of a retry.
#[derive(Debug)]
pub(crate) struct Budget {
    full: u64,
    left: Mutex<u64>,
}

/// The cost of a retry. A reply of the vendor deposits 1.
const REPEAT: u64 = 5;

impl Budget {
    pub(crate) fn new(repeats: u32) -> Self {
        let full = u64::from(repeats) * REPEAT;
        Self {
            full,
            left: Mutex::new(full),
        }
    }

    /// Adds a fifth of a retry, because the vendor replied.
    pub(crate) fn deposit(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + 1).min(self.full);
    }

    /// Pays for one retry. `false` if the budget is used up.
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
