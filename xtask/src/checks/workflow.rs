//! The workflow at the code's host runs what contributors run, and what needs the internet or another
//! machine.
//!
//! Read as text: what its commands do is theirs. A job that was renamed or lost is found here, before
//! everybody takes its silence for consent.

use super::Problem;
use crate::api;
use crate::workspace::Workspace;

/// The workflow, relative to the root.
const PATH: &str = ".github/workflows/ci.yml";

/// What it has to have, and what for.
const WANTED: &[(&str, &str)] = &[
    (".ci/run", "all that `cargo xtask ci` does, as everywhere"),
    (
        "cargo deny check advisories",
        "advisories, whose database is on the internet",
    ),
    ("macos-latest", "the tests on macOS"),
    ("windows-latest", "the tests on Windows"),
];

/// Compares the workflow with what it has to have.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let Some(text) = ws.files.get(PATH) else {
        return vec![Problem::new(
            PATH,
            "is missing",
            "write the workflow that runs .ci/run and what needs the internet",
        )];
    };
    // What is commented out does not run.
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    let names = |what: &str| lines.iter().any(|line| line.contains(what));
    let mut problems = Vec::new();
    for (what, purpose) in WANTED.iter().filter(|(what, _)| !names(what)) {
        problems.push(Problem::new(
            PATH,
            format!("does not name `{what}`"),
            format!("it is there for {purpose}"),
        ));
    }
    let minimum = minimum(ws);
    if !names(&format!("cargo +{minimum} ")) {
        problems.push(Problem::new(
            PATH,
            format!("does not run `cargo +{minimum}`"),
            "build with the `rust-version` that Cargo.toml declares",
        ));
    }
    let (_, rust) = api::FORMAT;
    if !names(&format!("RUST_TOOLCHAIN: \"{rust}\"")) {
        problems.push(Problem::new(
            PATH,
            format!("does not set `RUST_TOOLCHAIN: \"{rust}\"`"),
            "use the release whose rustdoc `cargo xtask api` reads; with another one it would be skipped",
        ));
    }
    let deny = cargo_deny(ws);
    if !deny.is_none_or(|version| names(&format!("--version {version} cargo-deny"))) {
        problems.push(Problem::new(
            PATH,
            "installs another version of cargo-deny than .ci/run",
            "write the one that .ci/run names: deny.toml is written for it",
        ));
    }
    problems.extend(absent(ws, text));
    problems
}

/// The version of cargo-deny that `.ci/run` installs.
fn cargo_deny(ws: &Workspace) -> Option<&str> {
    let script = ws.files.get(".ci/run")?;
    script
        .lines()
        .find_map(|line| line.strip_prefix("cargo_deny="))
}

/// The declared minimum Rust version.
fn minimum(ws: &Workspace) -> String {
    let root: toml::Table = ws
        .files
        .get("Cargo.toml")
        .and_then(|text| toml::from_str(text).ok())
        .unwrap_or_default();
    let package = root
        .get("workspace")
        .and_then(|workspace| workspace.get("package"));
    let version = package.and_then(|package| package.get("rust-version")?.as_str());
    version.unwrap_or("stable").to_owned()
}

/// Commands of ours that it names and that do not exist.
fn absent(ws: &Workspace, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        let place = format!("{PATH}:{}", number + 1);
        let after = line.split_once("cargo xtask ").map(|(_, after)| after);
        let command = after.and_then(|after| after.split_whitespace().next());
        if let Some(command) = command.filter(|command| !crate::is_command(command)) {
            problems.push(Problem::new(
                &*place,
                format!("there is no `cargo xtask {command}`"),
                "`cargo xtask help` lists the commands",
            ));
        }
        for word in line
            .split_whitespace()
            .filter(|word| word.starts_with(".ci/"))
        {
            if !ws.files.contains_key(word) {
                problems.push(Problem::new(
                    &*place,
                    format!("there is no `{word}`"),
                    "name a file that is there",
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    fn whats(from: &str, to: &str) -> Vec<String> {
        let specimen = Specimen::new();
        specimen.replace(PATH, from, to);
        let found = check(&specimen.load()).into_iter();
        found.map(|problem| problem.what).collect()
    }

    #[test]
    fn each_job_that_is_lost_is_found() {
        for (what, _) in WANTED {
            assert_eq!(whats(what, "lost"), [format!("does not name `{what}`")]);
        }
        assert_eq!(
            whats("cargo +1.85 ", "cargo +1.84 "),
            ["does not run `cargo +1.85`"]
        );
    }

    #[test]
    fn versions_that_part_from_those_elsewhere_are_found() {
        let (_, rust) = api::FORMAT;
        assert_eq!(
            whats(
                &format!("RUST_TOOLCHAIN: \"{rust}\""),
                "RUST_TOOLCHAIN: \"1.0\""
            ),
            [format!("does not set `RUST_TOOLCHAIN: \"{rust}\"`")]
        );
        let specimen = Specimen::new();
        specimen.append(".ci/run", "cargo_deny=0.1.2\n");
        let install = "cargo install --version 0.1.2 cargo-deny";
        specimen.append(PATH, &format!("      - run: {install}\n"));
        assert_eq!(check(&specimen.load()), []);
        specimen.replace(PATH, "0.1.2", "0.1.1");
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].what,
            "installs another version of cargo-deny than .ci/run"
        );
    }

    #[test]
    fn a_job_that_is_commented_out_is_lost() {
        assert_eq!(
            whats("- run: .ci/run", "# .ci/run"),
            ["does not name `.ci/run`"]
        );
    }

    #[test]
    fn commands_that_do_not_exist_are_found() {
        assert_eq!(
            whats(
                "- run: .ci/run",
                "- run: .ci/run\n      - run: cargo xtask chekc\n      - run: .ci/other"
            ),
            ["there is no `cargo xtask chekc`", "there is no `.ci/other`"]
        );
        assert!(
            whats(
                "- run: .ci/run",
                "- run: .ci/run\n      - run: cargo xtask ci"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_workflow_that_is_gone_is_found() {
        let specimen = Specimen::new();
        specimen.remove(PATH);
        assert_eq!(check(&specimen.load())[0].what, "is missing");
    }
}
