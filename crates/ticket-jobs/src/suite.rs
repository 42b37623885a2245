//! The suite for ledgers: what the contract of [`Ledger`] promises, as cases that run against any implementation.
//!
//! Each case is one promise. It gets a new ledger whose time stands still unless the case moves it on, so that no case
//! waits and every time in it is exact. The ledger must ask the given [`Clock`] and nothing else for the time. One line
//! makes a test of each case, and one more that holds the ledger against a model over schedules at random:
//!
//! ```
//! # use std::sync::Arc;
//! use ticket_jobs::{Clock, Ledger, MemoryLedger};
//!
//! async fn open(clock: Clock) -> Arc<dyn Ledger> {
//!     Arc::new(MemoryLedger::with_clock(clock))
//! }
//!
//! ticket_jobs::ledger_tests!(open);
//! ```

mod bench;
mod canary;
mod cancel;
mod doubt;
mod erasure;
mod jobs;
mod later;
mod model;
mod plan;
mod priority;
mod quota;
mod random;
mod replay;
mod rows;
mod schedule;
mod tests_macro;
mod workers;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use self::bench::Failure;
use self::bench::{Bench, CaseResult, TestClock, wrong};
pub use self::random::{Figures, random_schedules};
#[doc(hidden)]
pub use self::tests_macro::{__TestFailure, __schedules, __test};
use crate::clock::Clock;
use crate::ledger::Ledger;

/// One promise of the contract, and the code that checks it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Case {
    /// The name. It does not change between versions.
    pub name: &'static str,
    /// What it promises, in one line.
    pub promise: &'static str,
    run: for<'a> fn(&'a Bench) -> BoxFuture<'a, CaseResult>,
}

impl Case {
    /// The case with this name, if there is one.
    pub fn named(name: &str) -> Option<&'static Self> {
        CASES.iter().find(|case| case.name == name)
    }

    /// Checks the promise with a new ledger.
    ///
    /// # Errors
    ///
    /// Which promise is broken, and how.
    pub async fn check(&self, make: impl AsyncFn(Clock) -> Arc<dyn Ledger>) -> Result<(), Failure> {
        let clock = TestClock::new();
        let ledger = make(clock.clock()).await;
        let bench = Bench { ledger, clock };
        let mut result = (self.run)(&bench).await;
        if result.is_ok() {
            result = finds_nothing(&bench).await;
        }
        result.map_err(|found| Failure {
            case: self.name,
            promise: self.promise,
            found,
        })
    }
}

/// A ledger that was used well contradicts itself nowhere.
async fn finds_nothing(bench: &Bench) -> CaseResult {
    for job in bench.ledger.jobs().await? {
        let found = bench.ledger.verify(&job.id).await?;
        if !found.is_empty() {
            return wrong(
                "at the end, `verify` recounted each job",
                "no contradiction",
                found,
            );
        }
    }
    Ok(())
}

/// Every case.
pub const CASES: &[Case] = crate::__ledger_cases! { __ledger_table [] };
