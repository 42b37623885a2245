//! Runs this command as a person would, in processes of their own: one of them is killed.

use std::io;
use std::path::Path;
use std::process::Stdio;

use ticket_sandbox::Sandbox;
use tickets::PROVIDERS;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::failure::Failure;

/// A shell in which the sandbox stands in for the vendors, with a ledger and without the user's configuration.
pub(super) struct Shell<'s> {
    pub(super) sandbox: &'s Sandbox,
    pub(super) folder: &'s Path,
}

/// A command that prints ndjson.
pub(super) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Shell<'_> {
    /// Starts a command.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Running, Failure> {
        let start = || {
            let mut command = Command::new(std::env::current_exe()?);
            for setting in PROVIDERS.iter().flat_map(|provider| provider.settings) {
                command.env_remove(setting.env);
            }
            let config = self.folder.join("config.toml");
            std::fs::write(&config, "")?;
            command
                .args(arguments)
                .args(["--output", "ndjson"])
                .envs(self.sandbox.environment())
                .env("TICKETS_CONFIG", config)
                .env("TICKETS_LEDGER", self.folder.join("jobs.db"))
                .current_dir(self.folder)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .kill_on_drop(true);
            let mut child = command.spawn()?;
            let stdout = child.stdout.take();
            let stdout = stdout.ok_or_else(|| io::Error::other("it has no output"))?;
            Ok(Running {
                child,
                lines: BufReader::new(stdout).lines(),
            })
        };
        start().map_err(|error: io::Error| {
            Failure::local(format!("this command cannot start itself: {error}"))
        })
    }

    /// Runs a command to its end, and returns what it prints.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Vec<serde_json::Value>, Failure> {
        let mut running = self.start(arguments)?;
        let mut rows = Vec::new();
        while let Some(row) = running.next().await? {
            rows.push(row);
        }
        running.child.wait().await.map_err(|error| broken(&error))?;
        Ok(rows)
    }
}

impl Running {
    /// The next row; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<serde_json::Value>, Failure> {
        let line = self.lines.next_line().await;
        let line = line.map_err(|error| broken(&error))?;
        let row = line.map(|line| serde_json::from_str(&line));
        row.transpose()
            .map_err(|error| Failure::local(format!("the demo cannot read itself: {error}")))
    }

    /// Ends it at once: it can neither finish what it does nor write anything.
    pub(super) async fn kill(mut self) -> Result<(), Failure> {
        self.child.kill().await.map_err(|error| broken(&error))
    }
}

fn broken(error: &io::Error) -> Failure {
    Failure::local(format!("the demo cannot go on: {error}"))
}
