//! Runs other programs.

use std::process::{Command, Stdio};

use crate::workspace::Workspace;

/// An environment variable and its value.
pub(crate) type Variable = (&'static str, &'static str);

/// The command of a line, split at spaces. `cargo` is the one that runs this program, so that toolchains are not mixed.
pub(crate) fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or_default();
    let cargo = std::env::var_os("CARGO").filter(|_| program == "cargo");
    let mut command = Command::new(cargo.unwrap_or_else(|| program.into()));
    command.args(words).stdin(Stdio::null());
    command
}

/// Prints the line and runs it at the root of the workspace; returns whether it succeeded.
pub(crate) fn succeeds(ws: &Workspace, line: &str, variable: Option<Variable>) -> bool {
    let shown = variable.map(|(name, value)| format!("{name}='{value}' "));
    println!("$ {}{line}", shown.unwrap_or_default());
    let mut command = command(line);
    match command.envs(variable).current_dir(&ws.root).status() {
        Ok(status) => status.success(),
        Err(error) => {
            println!("cannot be started: {error}");
            false
        }
    }
}
