//! Runs other programs in sight of the reader: the command line first, then its output.
//!
//! Nothing is caught or filtered: what a step prints here is what it prints by hand.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use crate::Result;
use crate::workspace::Workspace;

/// A command line of cargo, with what it needs in its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cargo {
    /// The words after `cargo`.
    pub(crate) arguments: Vec<String>,
    /// Variables set for this command alone.
    pub(crate) variables: Vec<(&'static str, String)>,
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
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((variable, value.into()));
        self
    }

    /// The same with one more word, which may hold blanks: a path.
    pub(crate) fn and(mut self, argument: impl AsRef<Path>) -> Self {
        let argument = argument.as_ref().to_string_lossy();
        self.arguments.push(argument.into_owned());
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
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
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

/// What a command prints, for a chore that reads it; an error where it fails.
pub(crate) fn output(ws: &Workspace, program: &str, arguments: &[&str]) -> Result<String> {
    let program = match program {
        "cargo" => std::env::var_os("CARGO").unwrap_or_else(|| program.into()),
        _ => program.into(),
    };
    let output = Command::new(&program)
        .args(arguments)
        .current_dir(&ws.root)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start `{}`: {error}", program.to_string_lossy()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let line = arguments.join(" ");
        return Err(format!("`{} {line}` failed: {complaint}", program.to_string_lossy()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs rustdoc with this program's own arguments and its unstable options allowed.
pub(crate) fn rustdoc(rustdoc: &OsStr) -> ExitCode {
    let status = Command::new(rustdoc)
        .args(std::env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot start rustdoc: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where [`Cargo`] builds.
pub(crate) fn target(ws: &Workspace) -> PathBuf {
    if cfg!(test) {
        ws.root.join("target")
    } else {
        ws.target.clone()
    }
}

#[cfg(not(test))]
fn status(command: &mut Command, _: &Workspace) -> io::Result<ExitStatus> {
    command.status()
}

/// A specimen's build output goes with the specimen, and is printed only where the test fails.
#[cfg(test)]
fn status(command: &mut Command, ws: &Workspace) -> io::Result<ExitStatus> {
    command.env("CARGO_TARGET_DIR", target(ws));
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
