//! Runs schedules at random.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use super::bench::{Bench, CaseResult, Failure, TestClock, Wrong};
use super::replay::{Replay, Seen};
use super::schedule::{Schedule, planned, schedule};
use crate::clock::Clock;
use crate::ledger::Ledger;

/// What happened in schedules at random.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Figures {
    /// How many schedules.
    pub schedules: u64,
    /// How many steps they had together.
    pub steps: u64,
    /// How many calls got a slot.
    pub calls: u64,
    /// How many calls were refused.
    pub refused: u64,
    /// How many tickets in doubt were claimed.
    pub doubts: u64,
    /// How often a worker that was lost or had finished was refused.
    pub lost: u64,
    /// How many jobs were over at the end.
    pub over: u64,
    /// How many claims found only tickets that wait for the canary.
    pub held: u64,
    /// How many jobs were confirmed.
    pub confirmed: u64,
    /// How many tickets were archived.
    pub archived: u64,
    /// How many claims found that another job goes first.
    pub outranked: u64,
    /// How many offers were told.
    pub offers: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} schedules, {} steps: {} calls sent and {} refused, {} tickets in doubt claimed, {} steps of lost workers \
             refused, {} jobs over, {} claims held, {} jobs confirmed, {} tickets archived, {} claims behind a job that goes first, {} offers",
            self.schedules,
            self.steps,
            self.calls,
            self.refused,
            self.doubts,
            self.lost,
            self.over,
            self.held,
            self.confirmed,
            self.archived,
            self.outranked,
            self.offers
        )
    }
}

/// Runs so many schedules of up to 90 steps, each with a new ledger: up to three workers on two jobs of two accounts, and
/// single commands beside them, lose their processes, drop calls, pause, cancel and resume, while time passes. After each
/// step, what the ledger says is held against a model. In the second half of the schedules, jobs have plans: a canary, a
/// confirmation, tickets that are seen and archived; and their priorities change. The same seed makes the same schedules.
///
/// It must not be called inside a runtime: it has its own.
///
/// # Errors
///
/// What the ledger said that the model did not, with a schedule that is as short as possible.
pub fn random_schedules(
    make: impl AsyncFn(Clock) -> Arc<dyn Ledger>,
    schedules: u32,
    seed: u64,
) -> Result<Figures, Failure> {
    let all = RefCell::new(Seen::default());
    let count = RefCell::new(0);
    let last: RefCell<Option<Wrong>> = RefCell::new(None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| failure("a runtime was built", &error.to_string()))?;
    let config = |cases| Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 5_000,
        ..Config::default()
    };
    let run = |schedule: Schedule| match runtime.block_on(run(&make, &schedule)) {
        Ok(figures) => {
            all.borrow_mut().add(figures);
            *count.borrow_mut() += 1;
            Ok(())
        }
        Err(wrong) => {
            let message = wrong.what.clone();
            *last.borrow_mut() = Some(wrong);
            Err(TestCaseError::fail(message))
        }
    };
    let with_plans = schedules / 2;
    let mut result = TestRunner::new(config(schedules - with_plans)).run(&schedule(), run);
    if result.is_ok() && with_plans > 0 {
        result = TestRunner::new(config(with_plans)).run(&planned(), run);
    }
    match result {
        Ok(()) => {
            let sum = all.into_inner();
            Ok(Figures {
                schedules: count.into_inner(),
                steps: sum.steps,
                calls: sum.calls,
                refused: sum.refused,
                doubts: sum.doubts,
                lost: sum.lost,
                over: sum.over,
                held: sum.held,
                confirmed: sum.confirmed,
                archived: sum.archived,
                outranked: sum.outranked,
                offers: sum.offers,
            })
        }
        Err(TestError::Fail(reason, schedule)) => {
            // What fails last while a schedule is shortened is the shortest.
            let mut failure = failure("a schedule was carried out", reason.message());
            if let Some(wrong) = last.into_inner() {
                failure.found = wrong;
            }
            let what = &mut failure.found.what;
            *what = format!("seed {seed}, {schedule:#?}\n  {what}");
            Err(failure)
        }
        Err(TestError::Abort(reason)) => Err(failure("schedules were made", reason.message())),
    }
}

async fn run(
    make: &impl AsyncFn(Clock) -> Arc<dyn Ledger>,
    schedule: &Schedule,
) -> CaseResult<Seen> {
    let clock = TestClock::new();
    let ledger = make(clock.clock()).await;
    Replay::run(&Bench { ledger, clock }, schedule).await
}

fn failure(what: &str, found: &str) -> Failure {
    Failure {
        case: "random_schedules_agree_with_a_model",
        promise: "whatever happens in whatever order, the ledger says what the model says",
        found: Wrong {
            what: what.to_owned(),
            expected: "success".to_owned(),
            found: found.to_owned(),
        },
    }
}
