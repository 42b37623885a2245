//! Runs other programs in sight of the reader: the command line first, then its output.

use std::fmt;
use std::process::{Command, Stdio};

use crate::workspace::Workspace;

/// A command line, of cargo or another program, with what it needs in its environment.
#[derive(Debug)]
pub(crate) struct Cargo {
    words: Vec<String>,
    variables: Vec<(&'static str, &'static str)>,
}

impl Cargo {
    /// `cargo` with the words of `line`, split at blanks: no word may hold one.
    pub(crate) fn new(line: &str) -> Self {
        Self::line(&format!("cargo {line}"))
    }

    /// The same with the program as the first word.
    pub(crate) fn line(line: &str) -> Self {
        Self {
            words: line.split_whitespace().map(str::to_owned).collect(),
            variables: Vec::new(),
        }
    }

    /// The same with a variable set for this command alone.
    pub(crate) fn with(mut self, variable: Option<(&'static str, &'static str)>) -> Self {
        self.variables.extend(variable);
        self
    }

    /// Runs it at the workspace's root; true if it succeeded.
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

    /// Whether it succeeds, without a word.
    pub(crate) fn succeeds(&self) -> bool {
        let mut command = self.command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self) -> Command {
        let mut words = self.words.iter();
        let program = words.next().map_or("", String::as_str);
        // The very cargo that runs this program, so that toolchains are not mixed.
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

/// Whether `--write` was given, for commands that take that or nothing.
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
