//! The command `tickets`: look at, file, change and safely delete tickets in many support systems.
//!
//! This file goes from the arguments to the exit code; each command has its own module.

mod accounts;
mod args;
mod commands;
mod completion;
mod conversation;
mod failure;
mod html;
mod interrupt;
mod ledger;
mod options;
mod output;
mod pager;
mod process;
mod shape;
mod status;
mod stdout;
mod table;
mod terminal;
mod text;
mod usage;
mod waits;
mod web;

use std::process::ExitCode;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match usage::arguments() {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    process::dump_no_core();
    log(cli.global.verbose);
    // An empty variable counts as absent; the standard library takes it for a folder without a name.
    if cfg!(unix) && std::env::var_os("TMPDIR").is_some_and(|folder| folder.is_empty()) {
        let _ = tempfile::env::override_temp_dir(std::path::Path::new("/tmp"));
    }
    let format = cli.global.output;
    match commands::run(cli).await {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print(format);
            failure.exit().into()
        }
    }
}

/// Logs the operations of this workspace's crates to stderr, if asked to. Other crates are excluded, because
/// their logs may contain secrets.
fn log(verbose: u8) {
    let retries = filter_fn(|about| about.is_event() && about.target().ends_with("layers::retry"));
    let retries = waits::RetryEvents.with_filter(retries);
    let level = match verbose {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // A prefix: it matches `ticket_core`, `ticket_http`, `tickets` and so on.
    let ours = Targets::new().with_target("ticket", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(verbose > 1)
        .with_span_events(FmtSpan::CLOSE)
        .with_filter(ours);
    tracing_subscriber::registry()
        .with(lines)
        .with(retries)
        .init();
}
