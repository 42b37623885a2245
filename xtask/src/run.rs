//! Runs other programs in sight of the reader: the command line first, then its output.
//!
//! Nothing is caught or filtered: what a step prints here is what it prints by hand.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use crate::workspace::Workspace;

/// A command line of cargo, with what it needs in its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cargo {
    /// The words after `cargo`.
    pub(crate) arguments: Vec<String>,
    /// Variables set for this command alone.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
}

impl Cargo {
    /// The words of `line`, split at blanks: no word may hold one.
    pub(crate) fn new(line: &str) -> Self {
        Self {
            arguments: line.split_whitespace().map(str::to_owned).collect(),
            variables: Vec::new(),
        }
    }

    /// The same with a variable set.
    pub(crate) fn with(mut self, variable: &'static str, value: &'static str) -> Self {
        self.variables.push((variable, value));
        self
    }

    /// Runs it at the workspace's root; true if it succeeded.
    pub(crate) fn run(&self, ws: &Workspace) -> bool {
        println!("$ {self}");
        // The very cargo that runs this program, so that toolchains are not mixed.
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().copied())
            .current_dir(&ws.root)
            .stdin(Stdio::null());
        match status(&mut command, ws) {
            Ok(status) => status.success(),
            Err(error) => {
                println!("cannot start cargo: {error}");
                false
            }
        }
    }
}

#[cfg(not(test))]
fn status(command: &mut Command, _: &Workspace) -> io::Result<ExitStatus> {
    command.status()
}

/// A specimen's build output goes with the specimen, and is printed only where the test fails.
#[cfg(test)]
fn status(command: &mut Command, ws: &Workspace) -> io::Result<ExitStatus> {
    command.env("CARGO_TARGET_DIR", ws.root.join("target"));
    let output = command.output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    print!("{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.status)
}

impl std::fmt::Display for Cargo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (variable, value) in &self.variables {
            write!(f, "{variable}='{value}' ")?;
        }
        write!(f, "cargo {}", self.arguments.join(" "))
    }
}
