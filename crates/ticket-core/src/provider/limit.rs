//! How many calls a vendor allows, as it documents that. What keeps within it is in `call/pace.rs`.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use crate::provider::error::{Error, bounded};
use crate::provider::operation::Operation;

/// At most `calls` calls in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// How many calls.
    pub calls: u32,
    /// In how long a time.
    pub window: Duration,
}

impl Quota {
    /// At most `calls` calls in any `window`.
    pub const fn new(calls: u32, window: Duration) -> Self {
        Self { calls, window }
    }
}

/// In words, such as `25 calls in 5 s`.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = if self.calls == 1 { "call" } else { "calls" };
        let seconds = self.window.as_secs_f64();
        write!(f, "{} {calls} in {seconds} s", self.calls)
    }
}

/// From calls and seconds with a slash between them.
///
/// ```
/// use std::time::Duration;
/// use ticket_core::provider::Quota;
///
/// assert_eq!("25/5".parse::<Quota>()?, Quota::new(25, Duration::from_secs(5)));
/// assert!("25".parse::<Quota>().is_err());
/// # Ok::<(), ticket_core::Error>(())
/// ```
impl FromStr for Quota {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = text.split_once('/').and_then(|(calls, seconds)| {
            let calls = calls.trim().parse().ok().filter(|calls| *calls > 0)?;
            let seconds = seconds.trim().parse().ok()?;
            let window = Duration::try_from_secs_f64(seconds).ok()?;
            (!window.is_zero()).then_some(Self::new(calls, window))
        });
        parsed.ok_or_else(|| {
            let message = format!(
                "{:?} is no rate; write calls and seconds as in 25/5",
                bounded(text, 40)
            );
            Error::invalid_input(message)
        })
    }
}

/// A limit that a vendor documents for calls. Of all limits of a provider those that cover an operation hold at once.
///
/// ```
/// use std::num::NonZeroUsize;
/// use std::time::Duration;
/// use ticket_core::Operation;
/// use ticket_core::provider::{Limit, Quota};
///
/// // 150 calls a minute together, and one at a time where single tickets are read.
/// let limits = [
///     Limit::new().window(Quota::new(150, Duration::from_secs(60))),
///     Limit::of([Operation::Get, Operation::Messages]).max_concurrent(NonZeroUsize::MIN),
/// ];
/// assert!(limits.iter().all(|limit| limit.covers(Operation::Get)));
/// assert!(!limits[1].covers(Operation::Delete));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// The operations that share the limit; all of them where there is none.
    pub operations: Vec<Operation>,
    /// All of these hold at once.
    pub windows: Vec<Quota>,
    /// How many calls may be on their way at once; any number where absent.
    pub max_concurrent: Option<NonZeroUsize>,
    /// How much work the vendor accepts at once before it is [carried out](crate::TicketProvider::job); any amount where
    /// absent.
    ///
    /// A bulk change keeps it by itself. Other bulk changes of the account, and other processes, are not counted: what the
    /// vendor then refuses as [`RateLimited`](crate::ErrorKind::RateLimited) is waited for.
    pub max_accepted: Option<NonZeroUsize>,
}

impl Limit {
    /// Limits nothing yet; for calls of all operations together.
    pub const fn new() -> Self {
        Self {
            operations: Vec::new(),
            windows: Vec::new(),
            max_concurrent: None,
            max_accepted: None,
        }
    }

    /// Limits nothing yet; for calls of these operations together, such as those of one endpoint.
    pub fn of(operations: impl Into<Vec<Operation>>) -> Self {
        Self {
            operations: operations.into(),
            ..Self::new()
        }
    }

    /// At most so many calls in a window.
    #[must_use]
    pub fn window(mut self, quota: Quota) -> Self {
        self.windows.push(quota);
        self
    }

    /// At most so many calls on their way at once.
    #[must_use]
    pub fn max_concurrent(mut self, calls: NonZeroUsize) -> Self {
        self.max_concurrent = Some(calls);
        self
    }

    /// At most so much accepted work that is not carried out yet.
    #[must_use]
    pub fn max_accepted(mut self, jobs: NonZeroUsize) -> Self {
        self.max_accepted = Some(jobs);
        self
    }

    /// Whether calls of this operation count.
    pub fn covers(&self, operation: Operation) -> bool {
        self.operations.is_empty() || self.operations.contains(&operation)
    }

    /// Lower bound on the time to start `calls` calls, assuming instant replies. [`Duration::MAX`] where a window
    /// allows none, or time would run out.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ticket_core::provider::{Limit, Quota};
    ///
    /// let limit = Limit::new().window(Quota::new(25, Duration::from_secs(5)));
    /// assert_eq!(limit.least_time(25), Duration::ZERO);
    /// assert_eq!(limit.least_time(10_000), Duration::from_secs(1995));
    /// ```
    pub fn least_time(&self, calls: u64) -> Duration {
        let of_window = |quota: &Quota| match (calls, quota.calls) {
            (0, _) => Duration::ZERO,
            (_, 0) => Duration::MAX,
            // The first ones at once, as many more each time the window has passed.
            (calls, per_window) => {
                let windows = u128::from((calls - 1) / u64::from(per_window));
                let nanos = windows.saturating_mul(quota.window.as_nanos());
                u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
            }
        };
        self.windows.iter().map(of_window).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_allows_nothing_or_is_none_is_refused_by_its_text() {
        for text in [
            "", "/", "25", "25/", "/5", "0/5", "25/0", "-1/5", "25/-5", "a/b", "25/5/1", "25/NaN",
            "1/1e30",
        ] {
            let error = text.parse::<Quota>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("25/5"), "{error}");
        }
        let half: Quota = " 3 / 0.5 ".parse().unwrap();
        assert_eq!(half, Quota::new(3, Duration::from_millis(500)));
        assert_eq!(half.to_string(), "3 calls in 0.5 s");
    }

    #[test]
    fn the_least_time_is_the_slowest_windows() {
        let second = Duration::from_secs(1);
        let limit = Limit::new()
            .window(Quota::new(10, 5 * second))
            .window(Quota::new(100, 600 * second));
        for (calls, seconds) in [
            (0, 0),
            (10, 0),
            (11, 5),
            (100, 45),
            (101, 600),
            (1000, 5400),
        ] {
            assert_eq!(limit.least_time(calls), seconds * second, "{calls}");
        }
        let never = Limit::new().window(Quota::new(0, second));
        assert_eq!(never.least_time(0), Duration::ZERO);
        assert_eq!(never.least_time(1), Duration::MAX);
        let slow = Limit::new().window(Quota::new(1, Duration::MAX));
        assert_eq!(slow.least_time(u64::MAX), Duration::MAX);
        assert_eq!(Limit::new().least_time(u64::MAX), Duration::ZERO);
    }
}
