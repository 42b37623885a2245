//! Workers, as processes that can be killed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::network::Namespace;

/// A program with its arguments, which is this one, and its process.
pub(crate) struct Process {
    arguments: Vec<String>,
    namespace: Option<String>,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts a worker with these arguments.
    pub(crate) fn worker(
        ledger: &str,
        more: &[String],
        namespace: Option<&Namespace>,
        log: &Path,
    ) -> Self {
        let mut arguments = vec!["worker".to_owned(), format!("--ledger={ledger}")];
        arguments.extend_from_slice(more);
        Self::start(arguments, namespace, log)
    }

    pub(crate) fn start(arguments: Vec<String>, namespace: Option<&Namespace>, log: &Path) -> Self {
        let namespace = namespace.map(|namespace| namespace.name().to_owned());
        Self {
            child: spawn(&arguments, namespace.as_deref(), log),
            arguments,
            namespace,
            log: log.to_owned(),
        }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.arguments, self.namespace.as_deref(), &self.log);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(arguments: &[String], namespace: Option<&str>, log: &Path) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = match namespace {
        // It becomes the program.
        Some(name) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", name]).arg(program);
            command
        }
        None => Command::new(program),
    };
    let log = File::options().create(true).append(true).open(log).unwrap();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}
