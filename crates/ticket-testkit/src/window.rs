//! How vendors count the calls of a quota, on tokio's clock, which tests can pause.
//!
//! Vendors rarely document how they count. Test a client with all models.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How a vendor counts the calls of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowModel {
    /// Admitted calls of the last window's length.
    Sliding,
    /// As `Sliding`, but refused calls count too.
    SlidingCountingRefused,
    /// Admitted calls since the current window began; windows follow each other without a gap.
    Fixed,
    /// Each call takes a token; tokens come back evenly.
    TokenBucket,
}

impl WindowModel {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Sliding,
        Self::SlidingCountingRefused,
        Self::Fixed,
        Self::TokenBucket,
    ];
}

/// One limit of a vendor, counted by a model.
///
/// ```
/// use std::time::Duration;
/// use ticket_testkit::window::{Window, WindowModel};
/// use tokio::time::Instant;
///
/// let start = Instant::now();
/// let mut window = Window::new(WindowModel::Sliding, 2, Duration::from_secs(5), start);
/// let calls = [0, 1, 2, 5].map(|second| window.admit(start + Duration::from_secs(second)));
/// assert_eq!(calls, [true, true, false, true]);
/// ```
#[derive(Clone, Debug)]
pub struct Window {
    model: WindowModel,
    calls: u32,
    length: Duration,
    /// When the current fixed window ends.
    ends: Instant,
    counted: VecDeque<Instant>,
    /// In nanoseconds times calls: one token is the window in nanoseconds. Integers avoid rounding.
    tokens: u128,
    refilled: Instant,
}

impl Window {
    /// At most `calls` calls per `length`; a fixed window begins at `start`.
    ///
    /// # Panics
    ///
    /// If `length` is zero.
    pub fn new(model: WindowModel, calls: u32, length: Duration, start: Instant) -> Self {
        assert!(!length.is_zero(), "a window has a length");
        Self {
            model,
            calls,
            length,
            ends: start + length,
            counted: VecDeque::new(),
            tokens: u128::from(calls) * length.as_nanos(),
            refilled: start,
        }
    }

    /// Makes the first fixed window end this much earlier; whole windows make no difference. Other models ignore it.
    #[must_use]
    pub fn phase(mut self, earlier: Duration) -> Self {
        let earlier = earlier.as_nanos() % self.length.as_nanos();
        self.ends -= Duration::from_nanos(u64::try_from(earlier).unwrap_or_default());
        self
    }

    /// Counts a call that arrives now and returns whether it is within the limit. Calls must arrive in order of time.
    pub fn admit(&mut self, now: Instant) -> bool {
        match self.model {
            WindowModel::TokenBucket => return self.takes_token(now),
            WindowModel::Fixed => {
                while now >= self.ends {
                    self.ends += self.length;
                    self.counted.clear();
                }
            }
            WindowModel::Sliding | WindowModel::SlidingCountingRefused => {
                let length = self.length;
                self.counted.retain(|at| now.duration_since(*at) < length);
            }
        }
        let admitted = self.counted.len() < self.calls as usize;
        if admitted || self.model == WindowModel::SlidingCountingRefused {
            self.counted.push_back(now);
        }
        admitted
    }

    fn takes_token(&mut self, now: Instant) -> bool {
        let (calls, token) = (u128::from(self.calls), self.length.as_nanos());
        let back = now.duration_since(self.refilled).as_nanos() * calls;
        self.tokens = (self.tokens + back).min(calls * token);
        self.refilled = now;
        let left = self.tokens.checked_sub(token);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }
}
