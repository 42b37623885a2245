#![doc = include_str!("../README.md")]

pub mod canary;
mod case;
mod cases;
mod fault;
mod fixture;
mod lab;
mod log;
mod need;
mod report;
mod suite;
mod tests_macro;

pub use case::{CASES, Case};
pub use fault::Fault;
pub use fixture::{Cannot, Fixture, Given, Plant, Planted, Seen};
pub use need::Need;
pub use report::{CaseReport, ConformanceReport, Outcome};
pub use suite::Suite;
#[doc(hidden)]
pub use tests_macro::{__Red, __check_skips, __test};
