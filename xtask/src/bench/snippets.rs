//! The vendors' own code in other languages: what this machine can run of it, and how it is run.
//!
//! Only one vendor prints some for a call that is measured here.

use std::path::PathBuf;
use std::process::Command;

use super::machine::Machine;
use super::programs::{Figures, Programs, figures, output};
use super::sheet::Sheet;
use super::{PYTHON, Part, SCRIPT, say};
use crate::workspace::Workspace;
use crate::{Result, run};

/// A snippet with the program that runs it.
#[derive(Clone, Debug)]
pub(super) struct Snippet {
    pub(super) who: &'static str,
    program: PathBuf,
    script: PathBuf,
    /// The most calls of one run.
    pub(super) most: u64,
    /// How many calls come before those that are measured.
    warm_up: u64,
}

impl Snippet {
    /// Makes so many calls.
    pub(super) fn run(&self, programs: &Programs, calls: u64) -> Result<Figures> {
        let mut command = programs.caller(&self.program);
        command.arg(&self.script).arg(programs.address());
        command.args([calls.to_string(), self.warm_up.to_string()]);
        figures(command)
    }
}

/// Those that can be run here; for the others the reason is noted.
pub(super) fn find(ws: &Workspace, sheet: &mut Sheet, machine: &mut Machine) -> Vec<Snippet> {
    let folder = ws.root.join("bench/snippets");
    let mut found = Vec::new();
    match python(ws) {
        Ok((program, versions)) => {
            for (name, version) in ["python", "requests"].iter().zip(versions.split(' ')) {
                machine.version(name, version);
            }
            found.push(Snippet {
                who: PYTHON,
                program,
                script: folder.join("sweeppea-delete.py"),
                // A connection for each call, and ports are finite.
                most: 300,
                warm_up: 20,
            });
        }
        Err(reason) => sheet.skip(Part::Calls, Some(PYTHON), &reason.to_string()),
    }
    match node() {
        Ok(version) => {
            machine.version("node", &version);
            found.push(Snippet {
                who: SCRIPT,
                program: "node".into(),
                script: folder.join("sweeppea-delete.mjs"),
                most: 10_000,
                // What is called often is compiled, in several steps.
                warm_up: 500,
            });
        }
        Err(reason) => sheet.skip(Part::Calls, Some(SCRIPT), &reason.to_string()),
    }
    found
}

/// The system's Python if it has requests, or else one with a folder of its own.
fn python(ws: &Workspace) -> Result<(PathBuf, String)> {
    let system = PathBuf::from("python3");
    let mut version = Command::new(&system);
    version.arg("--version");
    if output(version).is_err() {
        return Err("there is no python3".into());
    }
    if let Ok(versions) = requests(&system) {
        return Ok((system, versions));
    }
    let folder = run::target(ws).join("bench/venv");
    let own = folder.join("bin/python3");
    if let Ok(versions) = requests(&own) {
        return Ok((own, versions));
    }
    say("python3 has no requests: installing it into target/bench/venv");
    let mut venv = Command::new(&system);
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = Command::new(&own);
    pip.args(["-m", "pip", "install", "--quiet", "requests==2.32.*"]);
    let installed = output(venv).and_then(|_| output(pip));
    installed
        .and_then(|_| requests(&own))
        .map(|versions| (own, versions))
        .map_err(|error| {
            let error = error.to_string();
            let last = error.lines().last().unwrap_or_default();
            format!("python3 has no requests, and it cannot be installed: {last}").into()
        })
}

/// The versions of a Python and its requests.
fn requests(python: &PathBuf) -> Result<String> {
    let mut command = Command::new(python);
    let code = "import platform, requests; print(platform.python_version(), requests.__version__)";
    command.args(["-c", code]);
    let output = output(command)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn node() -> Result<String> {
    let mut command = Command::new("node");
    command.arg("--version");
    let output = output(command).map_err(|_| "there is no node")?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if has_fetch(&version) {
        Ok(version)
    } else {
        Err(format!("node {version} has no fetch, which came with 18").into())
    }
}

fn has_fetch(version: &str) -> bool {
    let major = version.trim_start_matches('v').split('.').next();
    let major: Option<u32> = major.and_then(|major| major.parse().ok());
    major.is_some_and(|major| major >= 18)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_node_with_fetch_will_do() {
        for (version, will_do) in [
            ("v18.0.0", true),
            ("v20.20.2", true),
            ("v16.20.0", false),
            ("", false),
        ] {
            assert_eq!(has_fetch(version), will_do, "{version}");
        }
    }
}
