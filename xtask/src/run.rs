//! Runs other programs.

use std::io::Read as _;
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
    println!("$ {}", shown(line, variable));
    let mut command = command(line);
    let status = command.envs(variable).current_dir(&ws.root).status();
    is_success(status.map(|status| status.success()))
}

/// Runs the line as [`succeeds`] does, with what is left of the processor. What it prints is printed at its end.
pub(crate) fn succeeds_beside(ws: &Workspace, line: &str, variable: Option<Variable>) -> bool {
    let run = || {
        let (mut printed, both) = std::io::pipe()?;
        let lowered = if cfg!(unix) { "nice -n 10 " } else { "" };
        let mut command = command(&format!("{lowered}{line}"));
        command.envs(variable).current_dir(&ws.root);
        let mut child = command.stdout(both.try_clone()?).stderr(both).spawn()?;
        // It keeps both ends to write to.
        drop(command);
        let mut text = Vec::new();
        printed.read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        println!("$ {}\n{text}", shown(line, variable));
        Ok(child.wait()?.success())
    };
    is_success(run())
}

fn shown(line: &str, variable: Option<Variable>) -> String {
    let variable = variable.map(|(name, value)| format!("{name}='{value}' "));
    format!("{}{line}", variable.unwrap_or_default())
}

fn is_success(result: std::io::Result<bool>) -> bool {
    result.unwrap_or_else(|error| {
        println!("cannot be started: {error}");
        false
    })
}
