//! The vendors' own code in other languages: what this machine can run of it, and how it is run.
//!
//! Only one vendor prints some for a call that is measured here.

use std::path::{Path, PathBuf};
use std::process::Command;

use ticket_bench::Error;
use ticket_bench::measure::Figures;

use super::programs::{Programs, figures, output};
use super::sheet::Sheet;
use super::{PYTHON, SCRIPT, machine};

/// A snippet with the program that runs it.
pub(crate) struct Snippet {
    pub(crate) who: &'static str,
    program: PathBuf,
    script: PathBuf,
    /// The most calls of one run.
    pub(crate) most: u64,
    /// How many calls come before those that are measured.
    warm_up: u64,
}

impl Snippet {
    /// Makes so many calls.
    pub(crate) fn run(&self, programs: &Programs, calls: u64) -> Result<Figures, Error> {
        let mut command = programs.caller(&self.program);
        command.arg(&self.script).arg(programs.address());
        figures(command.args([calls.to_string(), self.warm_up.to_string()]))
    }
}

/// Those that can be run here, with the versions of what runs them; for the others the reason is noted.
pub(crate) fn find(root: &Path, sheet: &mut Sheet) -> (Vec<Snippet>, Vec<String>) {
    let folder = root.join("bench/snippets");
    let (mut found, mut versions) = (Vec::new(), Vec::new());
    if let Some(version) = requests() {
        versions.push(version);
        found.push(Snippet {
            who: PYTHON,
            program: "python3".into(),
            script: folder.join("sweeppea-delete.py"),
            // A connection for each call, and ports are finite.
            most: 300,
            warm_up: 20,
        });
    } else {
        sheet.skip(
            "calls",
            "python: there is no python3 with requests".to_owned(),
        );
    }
    let node = machine::version(Command::new("node"));
    if let Some(version) = node.filter(|version| has_fetch(version)) {
        versions.push(format!("node {version}"));
        found.push(Snippet {
            who: SCRIPT,
            program: "node".into(),
            script: folder.join("sweeppea-delete.mjs"),
            most: 10_000,
            // What is called often is compiled, in several steps.
            warm_up: 500,
        });
    } else {
        sheet.skip(
            "calls",
            "javascript: there is no node with fetch, 18 or later".to_owned(),
        );
    }
    (found, versions)
}

/// The versions of Python and its requests.
fn requests() -> Option<String> {
    let mut command = Command::new("python3");
    let code = "import platform, requests; print('python', platform.python_version() + ', requests', requests.__version__)";
    command.args(["-c", code]);
    let output = output(command).ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn has_fetch(version: &str) -> bool {
    let major = version.trim_start_matches('v').split('.').next();
    major
        .and_then(|major| major.parse().ok())
        .is_some_and(|major: u32| major >= 18)
}
