//! Runs cases, each with its own fixture. A panic or a hang fails only that case.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;

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
}

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
        }
    }

    /// Sets the time limit of a case, including its fixture. Default 30 seconds. A provider that never yields cannot
    /// be stopped.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
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
        let run = async {
            let harness = Harness::new((self.make)().await, case.needs);
            *id = Some(harness.info().id.to_string());
            (case.run)(&harness).await
        };
        let caught = AssertUnwindSafe(run).catch_unwind();
        let outcome = match tokio::time::timeout(self.limit, caught).await {
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
            Err(_) => Outcome::Failed {
                what: "the case ran".to_owned(),
                expected: format!("it ends within {} s", self.limit.as_secs_f64()),
                found: "it did not end".to_owned(),
            },
        };
        CaseReport::new(case, outcome)
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
