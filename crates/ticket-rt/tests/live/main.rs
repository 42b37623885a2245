//! The provider against a real Request Tracker: see [`ticket_live`]. `cargo xtask ci` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failure here is a failed test, in helpers too, and what was measured is printed"
)]

mod server;
mod stories;
mod suite;
