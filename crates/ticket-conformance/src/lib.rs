#![doc = include_str!("../README.md")]

pub mod canary;
mod case;
mod cases;
mod fault;
mod fixture;
mod handle;
mod harness;
mod log;
mod need;
mod report;
mod result;
mod suite;
mod tests_macro;

pub use case::{CASES, Case};
pub use fault::{Fault, FaultTarget, Gateway, OddId, OddRow, WrongTotal};
pub use fixture::{FILE_TEXT, Fixture, FixtureResult, ReceivedRequest, Seed, Seeded, SkipReason};
pub use need::Need;
pub use report::{CaseReport, ConformanceReport, Outcome};
pub use suite::Suite;
#[doc(hidden)]
pub use tests_macro::{__Expected, __TestFailure, __check_expected, __test};
