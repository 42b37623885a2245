//! How many calls a vendor takes in which time, counted in the way the test wants.
//!
//! Not for daily allowances, which have no window that a test could wait for.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

/// How a vendor counts the calls of a window. The vendors do not say which one is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WindowModel {
    /// At most `calls` answered calls in any stretch of `window`; refused calls are free.
    Sliding,
    /// Windows one after another from the start of the sandbox; refused calls are free.
    Fixed,
    /// `calls` tokens to begin with, refilled evenly, all of them in one `window`.
    TokenBucket,
    /// As `Sliding`, but a refused call counts as well: who keeps knocking stays outside.
    SlidingCountingRefused,
}

/// A limit of calls per time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// How many calls are answered per window.
    pub calls: u32,
    /// The length of the window.
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
    /// Of the token bucket, in token-nanoseconds: one token is `window` in nanoseconds, and
    /// `calls` of these units come back per nanosecond. Integers, so that nothing is rounded.
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

    /// Counts a call and says whether it is within the limit. A call made exactly one window
    /// after another one no longer meets it.
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
            // More than the limit changes no decision, and a flood must not fill the memory.
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
