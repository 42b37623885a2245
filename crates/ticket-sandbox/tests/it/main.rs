//! The sandbox over real sockets: what a client sees, what the journal says, what is true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should say so; helpers do not count as tests for clippy"
)]

mod behaviours;
mod busy;
mod changes;
mod client;
mod control;
mod faults;
mod forms;
mod hostile;
mod in_process;
mod leadsquared;
mod lists;
mod messages;
mod onecloud;
mod printed;
mod quotas;
mod redmine;
mod rt;
mod rules;
mod server;
mod strangers;
mod sweeppea;
mod tokens;
mod truth;
mod words;
mod zendesk;
