//! The suite itself is tested: it passes a ledger that is right, and catches each of many that are wrong.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

mod flawed;
mod flaws;

use std::collections::BTreeSet;
use std::sync::Arc;

use flawed::Flawed;
use flaws::{FLAWS, Flaw};
use ticket_jobs::suite::{CASES, Case, random_schedules};
use ticket_jobs::{Clock, Ledger, MemoryLedger};

async fn right(clock: Clock) -> Arc<dyn Ledger> {
    Arc::new(MemoryLedger::with_clock(clock))
}

fn with(flaw: Flaw) -> impl AsyncFn(Clock) -> Arc<dyn Ledger> {
    async move |clock| Arc::new(Flawed::new(flaw, clock)) as Arc<dyn Ledger>
}

/// Checks the cases that are to catch the flaw, which must.
async fn catch(flaw: Flaw) {
    let (_, what, cases) = FLAWS.iter().find(|row| row.0 == flaw).unwrap();
    for name in *cases {
        let case = Case::named(name).unwrap_or_else(|| panic!("there is no case {name}"));
        let Err(failure) = case.check(with(flaw)).await else {
            panic!("a ledger that {what} passes {name}");
        };
        let text = failure.to_string();
        assert!(text.contains(name) && text.contains(case.promise), "{text}");
    }
}

#[test]
fn each_promise_is_broken_by_a_flaw() {
    let caught: BTreeSet<_> = FLAWS.iter().flat_map(|(_, _, cases)| *cases).collect();
    let missing = CASES.iter().filter(|case| !caught.contains(&case.name));
    let missing: Vec<_> = missing.map(|case| case.name).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// What schedules do not do, so that only the cases see it.
const BEYOND_SCHEDULES: &[Flaw] = &[
    Flaw::AddsLate,
    Flaw::CompletesEmpty,
    Flaw::DropsApproval,
    Flaw::DropsVersions,
    Flaw::EndsAgain,
    Flaw::ForgetsErasure,
    Flaw::ForgetsErrors,
    Flaw::ForgetsGuards,
    Flaw::ForgetsLostCalls,
    Flaw::ForgetsOldCalls,
    Flaw::ForgetsPeople,
    Flaw::ForgetsPriority,
    Flaw::ForgetsTickets,
    Flaw::ForgetsVendorJobs,
    Flaw::KeepsDiscarded,
    Flaw::ListsOldestFirst,
    Flaw::LooksAtAll,
    Flaw::LooksInParts,
    Flaw::LooksOnce,
    Flaw::LooksThenTakes,
    Flaw::NeverCloses,
    Flaw::ReversesEvents,
    Flaw::SkipsInPages,
    Flaw::TimeStandsStill,
    Flaw::UsesNothing,
];

#[test]
fn schedules_catch_each_other_flaw() {
    random_schedules(right, 20, 1).unwrap();
    let is_within = |flaw: &Flaw| !BEYOND_SCHEDULES.contains(flaw);
    for (flaw, what, _) in FLAWS.iter().filter(|(flaw, ..)| is_within(flaw)) {
        let found = random_schedules(with(*flaw), 400, 1);
        assert!(found.is_err(), "a ledger that {what} passes 400 schedules");
    }
}
