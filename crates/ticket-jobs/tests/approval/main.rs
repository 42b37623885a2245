//! Plans, their approval, and the signatures of both people and reports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod check;
mod job;
mod keys;
mod plan;
mod signature;
