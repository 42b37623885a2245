//! Quotas: how many calls a vendor accepts per window. The test chooses how calls are counted.
//!
//! Daily quotas are not here: a test cannot wait for their window.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::calendar::seconds;

/// How a vendor counts the calls in a window. The vendors do not document which model they use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WindowModel {
    /// At most `calls` accepted calls in any period of length `window`. Refused calls do not count.
    Sliding,
    /// Consecutive windows from the start of the sandbox. Refused calls do not count.
    Fixed,
    /// A bucket that starts with `calls` tokens and refills evenly, completely within one `window`.
    TokenBucket,
    /// Like `Sliding`, but refused calls count too: a client that keeps calling too often stays refused.
    SlidingCountingRefused,
}

/// A limit on the number of calls per window. In JSON, the window is in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The number of calls that are accepted per window.
    pub calls: u32,
    /// The length of the window.
    #[serde(with = "seconds")]
    pub window: Duration,
    /// How calls are counted.
    pub model: WindowModel,
}

/// Counts calls against a [`Quota`].
#[derive(Debug)]
pub(crate) struct Counter {
    quota: Quota,
    start: Instant,
    counted: VecDeque<Instant>,
    /// The level of the token bucket in token-nanoseconds: one token is `window` in nanoseconds, and the bucket gains
    /// `calls` units per nanosecond. Integers avoid rounding.
    level: u128,
    refilled: Instant,
}

impl Counter {
    pub(crate) fn new(quota: Quota, start: Instant) -> Self {
        Self {
            quota,
            start,
            counted: VecDeque::new(),
            level: u128::from(quota.calls) * quota.window.as_nanos(),
            refilled: start,
        }
    }

    pub(crate) fn quota(&self) -> Quota {
        self.quota
    }

    /// Counts a call and returns whether it is within the limit. A call that is exactly one window old no longer
    /// counts.
    pub(crate) fn admit(&mut self, now: Instant) -> bool {
        match self.quota.model {
            WindowModel::TokenBucket => self.take_token(now),
            WindowModel::Sliding => self.admit_sliding(now, false),
            WindowModel::SlidingCountingRefused => self.admit_sliding(now, true),
            WindowModel::Fixed => {
                let elapsed = now.duration_since(self.start).as_nanos();
                let window = self.quota.window.as_nanos().max(1);
                let into = u64::try_from(elapsed % window).unwrap_or_default();
                let begun = now.checked_sub(Duration::from_nanos(into)).unwrap_or(now);
                self.counted.retain(|at| *at >= begun);
                self.admit_counted(now, false)
            }
        }
    }

    /// How many calls are left now, and how long it takes until more are.
    pub(crate) fn left(&mut self, now: Instant) -> (u32, Duration) {
        let window = self.quota.window;
        if self.quota.model == WindowModel::TokenBucket {
            let token = window.as_nanos().max(1);
            let left = u32::try_from(self.level / token).unwrap_or(u32::MAX);
            return (left, window / self.quota.calls.max(1));
        }
        let ends = if self.quota.model == WindowModel::Fixed {
            let elapsed = now.duration_since(self.start).as_nanos();
            let into = u64::try_from(elapsed % window.as_nanos().max(1)).unwrap_or_default();
            let begun = now.checked_sub(Duration::from_nanos(into)).unwrap_or(now);
            self.counted.retain(|at| *at >= begun);
            begun + window
        } else {
            self.counted.retain(|at| now.duration_since(*at) < window);
            self.counted.front().map_or(now, |first| *first + window)
        };
        let counted = u32::try_from(self.counted.len()).unwrap_or(u32::MAX);
        let left = self.quota.calls.saturating_sub(counted);
        (left, ends.saturating_duration_since(now))
    }

    fn admit_sliding(&mut self, now: Instant, count_refused: bool) -> bool {
        let window = self.quota.window;
        self.counted.retain(|at| now.duration_since(*at) < window);
        self.admit_counted(now, count_refused)
    }

    fn admit_counted(&mut self, now: Instant, count_refused: bool) -> bool {
        let limit = usize::try_from(self.quota.calls).unwrap_or(usize::MAX);
        let admitted = self.counted.len() < limit;
        if admitted || count_refused {
            self.counted.push_back(now);
            // Entries beyond the limit do not change the decision; dropping them bounds the memory.
            while self.counted.len() > limit.max(1) {
                self.counted.pop_front();
            }
        }
        admitted
    }

    fn take_token(&mut self, now: Instant) -> bool {
        let token = self.quota.window.as_nanos();
        let calls = u128::from(self.quota.calls);
        let back = now.duration_since(self.refilled).as_nanos() * calls;
        self.level = (self.level + back).min(calls * token);
        self.refilled = now;
        let admitted = self.quota.calls > 0 && self.level >= token;
        if admitted {
            self.level -= token;
        }
        admitted
    }
}
