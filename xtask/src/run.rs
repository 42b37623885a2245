//! Runs other programs and prints the command line before the output.

use std::fmt;
use std::process::{Command, Stdio};

use crate::workspace::Workspace;

/// A command line of cargo or another program, with its environment variables.
#[derive(Debug)]
pub(crate) struct Cargo {
    words: Vec<String>,
    variables: Vec<(&'static str, &'static str)>,
}

impl Cargo {
    /// `cargo` with the words of `line`, split at spaces.
    pub(crate) fn new(line: &str) -> Self {
        Self::line(&format!("cargo {line}"))
    }

    /// A command line whose first word is the program.
    pub(crate) fn line(line: &str) -> Self {
        Self {
            words: line.split_whitespace().map(str::to_owned).collect(),
            variables: Vec::new(),
        }
    }

    /// Sets an environment variable for this command.
    pub(crate) fn with(mut self, variable: Option<(&'static str, &'static str)>) -> Self {
        self.variables.extend(variable);
        self
    }

    /// Runs it at the root of the workspace; returns whether it succeeded.
    pub(crate) fn run(&self, ws: &Workspace) -> bool {
        println!("$ {self}");
        match self.command().current_dir(&ws.root).status() {
            Ok(status) => status.success(),
            Err(error) => {
                println!("cannot be started: {error}");
                false
            }
        }
    }

    /// Runs it without output; returns whether it succeeded.
    pub(crate) fn succeeds(&self) -> bool {
        let mut command = self.command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self) -> Command {
        let mut words = self.words.iter();
        let program = words.next().map_or("", String::as_str);
        // The cargo that runs this program, so that toolchains are not mixed.
        let cargo = std::env::var_os("CARGO").filter(|_| program == "cargo");
        let mut command = Command::new(cargo.unwrap_or_else(|| program.into()));
        command.args(words).stdin(Stdio::null());
        command.envs(self.variables.iter().copied());
        command
    }
}

impl fmt::Display for Cargo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (variable, value) in &self.variables {
            write!(f, "{variable}='{value}' ")?;
        }
        f.write_str(&self.words.join(" "))
    }
}

/// Whether `--write` was given, for commands that take only that argument.
pub(crate) fn writes(command: &str, arguments: &[String]) -> crate::verdict::Result<bool> {
    match arguments {
        [] => Ok(false),
        [option] if option == "--write" => Ok(true),
        _ => Err(format!("`{command}` takes `--write` or nothing").into()),
    }
}

/// Refuses arguments, for commands that take none.
pub(crate) fn takes_nothing(command: &str, arguments: &[String]) -> crate::verdict::Result<()> {
    if arguments.is_empty() {
        return Ok(());
    }
    Err(format!("`{command}` takes no arguments").into())
}
