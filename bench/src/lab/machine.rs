//! Where it was measured: the machine, and the versions of what took part.

use std::path::Path;
use std::process::Command;

use super::programs::output;

/// The crates whose versions matter, and the lock file that tells them.
const LOCKED: &[(&str, &str)] = &[
    ("Cargo.lock", "reqwest"),
    ("Cargo.lock", "hyper"),
    ("Cargo.lock", "hyper-util"),
    ("Cargo.lock", "tokio"),
    ("bench/build-cost/Cargo.lock", "omnitrack"),
    ("bench/build-cost/Cargo.lock", "octocrab"),
];

/// Asks the system. What cannot be found out is said so.
#[expect(
    clippy::disallowed_methods,
    reason = "a report says on which day it was made"
)]
pub(crate) fn look(root: &Path, rounds: u64) -> Vec<String> {
    let mut head = vec![
        format!(
            "{:.10}: {rounds} rounds",
            jiff::Timestamp::now().to_string()
        ),
        format!(
            "{}, {} cores, {} {} {}; load before: {}",
            cpu(&read("/proc/cpuinfo")),
            std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            std::env::consts::OS,
            read("/proc/sys/kernel/osrelease").trim(),
            std::env::consts::ARCH,
            read("/proc/loadavg").split(' ').next().unwrap_or_default()
        ),
    ];
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    head.push(version(Command::new(rustc)).unwrap_or_default());
    for (file, krate) in LOCKED {
        let lock = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        head.push(format!("{krate} {}", locked(&lock, krate)));
    }
    head.extend(version(Command::new("valgrind")));
    head
}

/// The first line of what a program says of its version; nothing where it is not there.
pub(crate) fn version(mut command: Command) -> Option<String> {
    command.arg("--version");
    let output = output(command).ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(|line| line.trim().to_owned())
}

/// A crate's versions in a lock file.
fn locked(lock: &str, krate: &str) -> String {
    let begin = format!("name = \"{krate}\"\nversion = \"");
    let packages = lock.split(&begin).skip(1);
    let versions = packages.filter_map(|rest| rest.split('"').next());
    versions.collect::<Vec<_>>().join(" and ")
}

fn cpu(cpuinfo: &str) -> &str {
    let mut lines = cpuinfo.lines();
    let model = lines.find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or("unknown CPU", |(_, model)| model.trim())
}

/// Nothing where there is no such file: only Linux has them.
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_those_of_the_lock_file() {
        let package =
            |name, version| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        let lock = package("reqwest", "0.13.5") + &package("reqwest-middleware", "1.0.0");
        assert_eq!(super::locked(&lock, "reqwest"), "0.13.5");
        let both = lock + &package("reqwest", "0.12.28");
        assert_eq!(super::locked(&both, "reqwest"), "0.13.5 and 0.12.28");
    }
}
