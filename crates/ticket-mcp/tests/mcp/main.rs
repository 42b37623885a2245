//! The server, asked by the client of the SDK in both eras of the protocol. What happened is read from the sandbox.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure here is a failed test, in helpers too"
)]

mod answers;
mod attacks;
mod confirm;
mod desk;
mod list;
mod plans;
mod policy;
mod writes;
