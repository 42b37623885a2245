//! Shells of one user, who share a ledger.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use ticket_sandbox::Sandbox;

use super::{Run, at, execute, json, state_folder};

/// Shells of one user, who share a ledger.
pub(crate) struct Shells<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) state: PathBuf,
    /// The address of a ledger in a database, in place of the file.
    pub(crate) ledger: Option<String>,
}

impl<'a> Shells<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox) -> Self {
        let state = state_folder();
        Self {
            sandbox,
            state,
            ledger: None,
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = at(self.sandbox, arguments);
        command.env("XDG_STATE_HOME", &self.state);
        command.envs(self.ledger.iter().map(|url| ("TICKETS_LEDGER", url)));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        execute(&mut self.command(arguments))
    }

    /// Runs it at a terminal, where this is typed. What it prints is in `stdout`.
    pub(crate) fn at_terminal(&self, arguments: &[&str], typed: &str) -> Run {
        let tickets = env!("CARGO_BIN_EXE_tickets");
        let ledger = self.ledger.as_ref();
        let ledger = ledger.map_or_else(String::new, |url| format!("TICKETS_LEDGER='{url}' "));
        let line = format!("{ledger}exec '{tickets}' {}", arguments.join(" "));
        super::in_terminal(self.sandbox, &self.state, 100, &line, typed)
    }

    /// Starts it, and reads stdout up to this many lines.
    pub(crate) fn start(
        &self,
        arguments: &[&str],
        lines: usize,
    ) -> (Child, BufReader<ChildStdout>, String) {
        let mut command = self.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        for _ in 0..lines {
            assert_ne!(stdout.read_line(&mut told).unwrap(), 0, "{told}");
        }
        (child, stdout, told)
    }

    pub(crate) fn jobs(&self) -> Vec<Value> {
        let run = self.run(&["job", "list", "--output", "ndjson"]);
        assert_eq!(run.code, 0, "{run:?}");
        run.lines()
    }

    /// The id of the latest job.
    pub(crate) fn job(&self) -> String {
        self.jobs()[0]["job"].as_str().unwrap().to_owned()
    }

    pub(crate) fn show(&self, job: &str) -> Value {
        let run = self.run(&["job", "show", job, "--output", "json"]);
        assert_eq!(run.code, 0, "{run:?}");
        json(&run.stdout)
    }
}
