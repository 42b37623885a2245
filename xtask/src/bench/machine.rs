//! Where it was measured: the machine, and the versions of what took part. What cannot be found out is said so.

use std::process::Command;

use serde::Serialize;

use super::programs::output;
use crate::workspace::Workspace;

/// The head of every report.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    /// The day, in UTC.
    pub(super) date: String,
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) system: String,
    /// How busy the machine was before, on average over a minute: processes that want to run.
    pub(super) load_before: String,
    /// Which cores are whose.
    pub(super) placing: Option<String>,
    /// Names and versions.
    pub(super) versions: Vec<(String, String)>,
}

/// The crates whose versions matter, and the lock file that tells them.
const LOCKED: &[(&str, &str)] = &[
    ("Cargo.lock", "reqwest"),
    ("Cargo.lock", "hyper"),
    ("Cargo.lock", "hyper-util"),
    ("Cargo.lock", "tokio"),
    ("bench/build-cost/Cargo.lock", "omnitrack"),
    ("bench/build-cost/Cargo.lock", "octocrab"),
];

impl Machine {
    /// Asks the system.
    pub(super) fn look(ws: &Workspace) -> Self {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut versions = vec![("rustc".to_owned(), first_line(Command::new(rustc)))];
        for (file, krate) in LOCKED {
            let lock = ws.files.get(*file).map_or("", String::as_str);
            versions.push(((*krate).to_owned(), locked(lock, krate)));
        }
        versions.push(("valgrind".to_owned(), first_line(Command::new("valgrind"))));
        Self {
            date: today(),
            cpu: cpu(&read("/proc/cpuinfo")),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            system: format!(
                "{} {} {}",
                std::env::consts::OS,
                read("/proc/sys/kernel/osrelease").trim(),
                std::env::consts::ARCH
            ),
            load_before: read("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
            placing: None,
            versions,
        }
    }

    /// Adds what took part and was found later.
    pub(super) fn version(&mut self, name: &str, version: &str) {
        self.versions.push((name.to_owned(), version.to_owned()));
    }
}

/// What a program says of its version.
fn first_line(mut command: Command) -> String {
    command.arg("--version");
    let Ok(output) = output(command) else {
        return "not there".to_owned();
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}

/// A crate's version in a lock file.
fn locked(lock: &str, krate: &str) -> String {
    let lock: toml::Table = toml::from_str(lock).unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let versions: Vec<&str> = packages
        .into_iter()
        .flatten()
        .filter(|package| package.get("name").and_then(toml::Value::as_str) == Some(krate))
        .filter_map(|package| package.get("version")?.as_str())
        .collect();
    if versions.is_empty() {
        return "unknown".to_owned();
    }
    versions.join(" and ")
}

fn cpu(cpuinfo: &str) -> String {
    let mut lines = cpuinfo.lines();
    let model = lines.find_map(|line| {
        let (name, model) = line.split_once(':')?;
        (name.trim() == "model name").then(|| model.trim().to_owned())
    });
    model.unwrap_or_else(|| "unknown CPU".to_owned())
}

/// Nothing where there is no such file: only Linux has them.
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a report says on which day it was made"
)]
fn today() -> String {
    let now = jiff::Timestamp::now().to_string();
    now.chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = "[[package]]\nname = \"reqwest\"\nversion = \"0.13.5\"\n\n\
                    [[package]]\nname = \"reqwest-middleware\"\nversion = \"1.0.0\"\n";
        assert_eq!(locked(lock, "reqwest"), "0.13.5");
        assert_eq!(locked(lock, "hyper"), "unknown");
        let both = format!("{lock}\n[[package]]\nname = \"reqwest\"\nversion = \"0.12.28\"\n");
        assert_eq!(locked(&both, "reqwest"), "0.13.5 and 0.12.28");
    }

    #[test]
    fn the_processor_is_named_or_said_to_be_unknown() {
        let cpuinfo = "processor\t: 0\nmodel\t\t: 1\nmodel name\t: A CPU @ 2.20GHz\nflags\t: a\n";
        assert_eq!(cpu(cpuinfo), "A CPU @ 2.20GHz");
        assert_eq!(cpu(""), "unknown CPU");
    }

    #[test]
    fn a_program_that_is_not_there_is_said_to_be_missing() {
        assert_eq!(first_line(Command::new("no-such-program")), "not there");
    }

    #[test]
    fn the_day_is_a_day() {
        let day = today();
        assert_eq!(day.len(), 10);
        assert!(day.parse::<jiff::civil::Date>().is_ok(), "{day}");
    }
}
