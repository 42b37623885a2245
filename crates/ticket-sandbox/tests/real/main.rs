//! The sandbox, held to real servers: the same calls go to both, and the replies are compared field by field, apart from
//! a short list of named differences. The calls are those of the recorded exchanges. `cargo xtask ci` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is a failed test, in helpers too, and what was found is printed"
)]

mod compare;
mod http;
mod redmine;
mod rt;
