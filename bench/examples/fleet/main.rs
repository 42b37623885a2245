//! A fleet on this machine: workers as processes, a private PostgreSQL with their ledger, and the vendors of the sandbox.
//!
//! ```text
//! cargo run --release -p ticket-bench --example fleet -- kills --of workers --kills 100
//! cargo run --release -p ticket-bench --example fleet -- kills --of postgres --kills 20
//! cargo run --release -p ticket-bench --example fleet -- kills --of network --kills 6
//! cargo run --release -p ticket-bench --example fleet -- share
//! cargo run --release -p ticket-bench --example fleet -- rates
//! cargo run --release -p ticket-bench --example fleet -- offers
//! cargo run --release -p ticket-bench --example fleet -- starve
//! cargo run --release -p ticket-bench --example fleet -- failover [--synchronous]
//! ```
//!
//! `kills`, `share` and `failover` hold the end against the vendors and exit with 1 at each contradiction: a ticket without
//! an outcome or with one that the vendor's truth denies, a call above a quota by the vendor's count. The others print what
//! they measure. The same seed gives the same list, the same faults for the same requests, and the same order of kills.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a laboratory that may panic, and waits for processes"
)]

mod desk;
mod failover;
mod job;
mod kills;
mod network;
mod offers;
mod process;
mod rates;
mod server;
mod share;
mod starve;
mod vendors;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Kill workers or the server, or cut the network between them, in the middle of a job.
    Kills(kills::Args),
    /// The share of a quota that workers use.
    Share(share::Args),
    /// Tickets a second, statements for each and bytes, by workers and accounts.
    Rates(rates::Args),
    /// What it costs to ask a large ledger for work.
    Offers(offers::Args),
    /// How long small jobs wait beside a large one.
    Starve(starve::Args),
    /// Promote a replica in the middle of a job.
    Failover(failover::Args),
    /// A worker, started by the others.
    #[command(hide = true)]
    Worker(worker::Args),
    /// Hands on connections, started by the others in a namespace.
    #[command(hide = true)]
    Forward(network::ForwardArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Args::parse().what {
        What::Kills(args) => kills::run(&args).await,
        What::Share(args) => share::run(&args).await,
        What::Rates(args) => rates::run(&args).await,
        What::Offers(args) => offers::run(&args).await,
        What::Starve(args) => starve::run(&args).await,
        What::Failover(args) => failover::run(&args).await,
        What::Worker(args) => worker::run(args).await,
        What::Forward(args) => network::forward_until_the_end(&args).await,
    }
}
