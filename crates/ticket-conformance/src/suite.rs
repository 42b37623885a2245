//! Runs cases, each with its own fixture. A panic or a hang fails only that case. A slow one does not hang: it ends, or
//! requests reach the vendor.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::case::{CASES, Case};
use crate::fixture::Fixture;
use crate::harness::{Harness, NotPassed};
use crate::report::{CaseReport, ConformanceReport, Outcome};

/// The cases, and a function that creates a fixture for each.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use ticket_conformance::{Fixture, Suite};
/// # use ticket_core::{Operation, TicketProvider};
/// # struct Desk;
/// # impl Desk { async fn start() -> Self { Self } }
/// # impl Fixture for Desk {
/// #     fn provider(&self) -> Arc<dyn TicketProvider> { unimplemented!() }
/// #     fn expected_operations(&self) -> &'static [Operation] { &[] }
/// # }
/// # async fn run() {
/// let report = Suite::new(Desk::start).run().await;
/// println!("{report}");
/// assert_eq!((report.failed(), report.skipped()), (0, 3));
/// # }
/// ```
pub struct Suite<M> {
    make: M,
    limit: Duration,
    differs: Vec<(String, String)>,
}

/// How many times the limit a case may take that goes on sending requests.
const MOST: u32 = 10;

impl<M, R, F> Suite<M>
where
    M: Fn() -> R,
    R: Future<Output = F>,
    F: Fixture,
{
    /// Creates a suite of all cases. `make` creates the fixture of each.
    pub fn new(make: M) -> Self {
        Self {
            make,
            limit: Duration::from_secs(30),
            differs: Vec::new(),
        }
    }

    /// Sets how long a case, including its fixture, may go without a request in the fixture's
    /// [`journal`](Fixture::journal). Default 30 seconds. A case that goes on sending requests has ten times as long; one
    /// without a journal has only the limit. A provider that never yields cannot be stopped.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Expects the case to fail, for a reason that is the vendor's: it runs, and the report shows and counts the
    /// [difference](Outcome::Differs). If it passes instead, it fails.
    ///
    /// # Panics
    ///
    /// If there is no case with this name.
    #[must_use]
    pub fn differs(mut self, case: &str, because: impl Into<String>) -> Self {
        let known = Case::named(case);
        assert!(known.is_some(), "`{case}` is not a case");
        self.differs.push((case.to_owned(), because.into()));
        self
    }

    /// Runs every case, one after the other.
    pub async fn run(&self) -> ConformanceReport {
        let mut provider = None;
        let mut cases = Vec::with_capacity(CASES.len());
        for case in CASES {
            cases.push(self.report_on(case, &mut provider).await);
        }
        ConformanceReport::new(provider.unwrap_or_else(|| "unknown".to_owned()), cases)
    }

    /// Runs the case with this name; `None` if there is none.
    pub async fn run_case(&self, name: &str) -> Option<CaseReport> {
        let case = Case::named(name)?;
        Some(self.report_on(case, &mut None).await)
    }

    async fn report_on(&self, case: &'static Case, id: &mut Option<String>) -> CaseReport {
        let watched = OnceLock::new();
        let run = async {
            let harness = Harness::new((self.make)().await, case.needs);
            _ = watched.set(Arc::clone(&harness.fixture));
            *id = Some(harness.info().id.to_string());
            (case.run)(&harness).await
        };
        let caught = AssertUnwindSafe(run).catch_unwind();
        let outcome = match self.watch(caught, &watched).await {
            Ok(Ok(Ok(()))) => Outcome::Passed,
            Ok(Ok(Err(NotPassed::Skip(reason)))) => Outcome::Skipped { reason },
            Ok(Ok(Err(NotPassed::Fail {
                what,
                expected,
                found,
            }))) => Outcome::Failed {
                what,
                expected,
                found,
            },
            Ok(Err(panic)) => Outcome::Failed {
                what: "the case ran".to_owned(),
                expected: "no panic".to_owned(),
                found: format!("a panic: {}", panic_message(panic.as_ref())),
            },
            Err(found) => Outcome::Failed {
                what: "the case ran".to_owned(),
                expected: "an end".to_owned(),
                found,
            },
        };
        CaseReport::new(case, self.as_expected(case, outcome))
    }

    /// Waits for the end of a case, or says why it waits no longer.
    async fn watch<T>(
        &self,
        case: impl Future<Output = T>,
        fixture: &OnceLock<Arc<dyn Fixture>>,
    ) -> Result<T, String> {
        let mut case = pin!(case);
        let received = || Some(fixture.get()?.journal().ok()?.len());
        let begun = Instant::now();
        let (mut latest, mut requests) = (begun, Some(0));
        loop {
            if let Ok(end) = tokio::time::timeout(self.limit / 10, &mut case).await {
                return Ok(end);
            }
            let limit = self.limit.as_secs_f64();
            let now = received();
            if now > requests {
                (latest, requests) = (Instant::now(), now);
            }
            if latest.elapsed() >= self.limit {
                return Err(match now {
                    Some(requests) => format!(
                        "it hangs: {requests} requests reached the vendor, and none in the last {limit} s"
                    ),
                    None => format!(
                        "it did not end within {limit} s, the limit of the suite; the fixture has no journal that \
                         tells whether it is slow or hangs"
                    ),
                });
            }
            if begun.elapsed() >= self.limit * MOST {
                return Err(format!(
                    "it is slow: it still sent requests after {} s",
                    (self.limit * MOST).as_secs_f64()
                ));
            }
        }
    }

    /// A failure that is expected is a difference, and a pass that is not expected a failure.
    fn as_expected(&self, case: &Case, outcome: Outcome) -> Outcome {
        let mut differs = self.differs.iter();
        let Some((_, reason)) = differs.find(|(name, _)| name == case.name) else {
            return outcome;
        };
        let reason = reason.clone();
        match outcome {
            Outcome::Failed {
                what,
                expected,
                found,
            } => Outcome::Differs {
                reason,
                what,
                expected,
                found,
            },
            Outcome::Passed => Outcome::Failed {
                what: "the case ran".to_owned(),
                expected: format!("a difference, because {reason}"),
                found: "none: remove the case from those that differ".to_owned(),
            },
            other => other,
        }
    }
}

impl<M> fmt::Debug for Suite<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
