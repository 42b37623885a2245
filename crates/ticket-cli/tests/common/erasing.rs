//! Somebody at a shell who erases a person.

use std::fs;

use tempfile::TempDir;

use super::Run;
use super::ann::Ann;
use super::shells::Shells;

/// A person, and somebody at a shell who erases her.
pub(crate) struct Case {
    pub(crate) ann: Ann,
    folder: TempDir,
}

impl Case {
    pub(crate) async fn new() -> Self {
        Self {
            ann: Ann::new().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn shells(&self) -> Shells<'_> {
        Shells::new(&self.ann.sandbox)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }
}

/// `erase` of these accounts, without an archive and without a pause.
pub(crate) fn erase<'a>(accounts: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["erase", "--no-archive", "--look-again-after", "0"];
    for account in accounts {
        arguments.extend(["--account", account]);
    }
    arguments.extend(more);
    arguments
}

/// Confirms and runs the latest job.
pub(crate) fn confirm_and_run(shells: &Shells<'_>, tickets: usize, form: &str) -> Run {
    let job = shells.job();
    let run = shells.at_terminal(&["job", "confirm", &job], &format!("{tickets}\n"));
    assert_eq!(run.code, 0, "{run:?}");
    shells.run(&["job", "run", &job, "--output", form])
}
