//! The command `tickets`: look at, file, change and safely delete tickets in many support systems.
//!
//! This file goes from the arguments to the exit code; each command has its own module.

mod accounts;
mod args;
mod clock;
mod commands;
mod completion;
mod conversation;
mod failure;
mod html;
mod interrupt;
mod ledger;
mod log;
mod options;
mod output;
mod pager;
mod process;
mod record;
mod shape;
mod status;
mod stdout;
mod table;
mod terminal;
mod text;
mod usage;
mod web;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match usage::arguments() {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    process::dump_no_core();
    log::start(&cli.global);
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
