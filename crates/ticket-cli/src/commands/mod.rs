//! The commands, one module each.

mod create;
mod delete;
mod demo;
mod get;
mod providers;
mod sandbox;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Failure};
use crate::output::{Output, say};

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Failure> {
    let global = &cli.global;
    let output = Output::new(global.output);
    let calls = matches!(
        cli.command,
        Command::Get(_) | Command::Create(_) | Command::Delete(_)
    );
    if global.sandbox && calls && !global.output.is_json() {
        say("note: this runs in a sandbox of its own; nothing real is touched");
    }
    match cli.command {
        Command::Providers => providers::run(&output),
        Command::Get(get) => get::run(&get, global, &output).await,
        Command::Create(create) => create::run(*create, global, &output).await,
        Command::Delete(delete) => delete::run(&delete, global, &output).await,
        Command::Sandbox(sandbox) => sandbox::run(&sandbox, &output).await,
        Command::Demo => demo::run(global, &output).await,
    }
}
