//! Runs other programs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::workspace::Workspace;

/// An environment variable and its value.
pub(crate) type Variable = (&'static str, &'static str);

/// How long output is awaited from a program that has ended.
const AFTER_ITS_END: Duration = Duration::from_millis(500);

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
    started(ws, line, variable, Stdio::inherit()).is_some_and(ended_well)
}

/// As [`succeeds`]; `see` gets each line of its standard output, which is printed as well.
pub(crate) fn succeeds_seen(
    ws: &Workspace,
    line: &str,
    variable: Option<Variable>,
    mut see: impl FnMut(&str),
) -> bool {
    let Some(mut child) = started(ws, line, variable, Stdio::piped()) else {
        return false;
    };
    let (sender, lines) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            let lines = BufReader::new(output).split(b'\n');
            let mut lines = lines.map_while(Result::ok);
            lines.all(|line| sender.send(line).is_ok())
        });
    }
    loop {
        match lines.recv_timeout(AFTER_ITS_END) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                see(&line);
            }
            // What it left running may hold its output open.
            Err(RecvTimeoutError::Timeout) if matches!(child.try_wait(), Ok(None)) => {}
            Err(_) => break,
        }
    }
    ended_well(child)
}

fn started(ws: &Workspace, line: &str, variable: Option<Variable>, output: Stdio) -> Option<Child> {
    let shown = variable.map(|(name, value)| format!("{name}='{value}' "));
    println!("$ {}{line}", shown.unwrap_or_default());
    let mut command = command(line);
    let started = command
        .envs(variable)
        .current_dir(&ws.root)
        .stdout(output)
        .spawn();
    started
        .inspect_err(|error| println!("cannot be started: {error}"))
        .ok()
}

fn ended_well(mut child: Child) -> bool {
    child.wait().is_ok_and(|status| status.success())
}
