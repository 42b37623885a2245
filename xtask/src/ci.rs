//! `cargo xtask ci`: runs the commands of CI and prints the time of each.
//!
//! A failed step does not stop the others, so one run shows all failures. Tests mostly wait for processes; what only computes
//! runs beside them, when they leave the processor alone.

use std::fmt::Write as _;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use crate::run::{self, Variable};
use crate::verdict::Verdict;
use crate::workspace::{Role, Workspace};

/// Names and command lines. The command and the facade are both named `tickets`, so their documentation is built
/// separately. `live`, `stores`, `options` and `restate` run tests that need real servers, and clients of others:
/// they are skipped without these, except in CI. `lints` looks at the same tests, which are no part of `--all-targets`. `api`
/// runs after the documentation and reuses its builds. `package` does not verify: that would use a `ticket-core` of the
/// registry, which is another crate.
const TESTS: &str = "
tests    | cargo test --workspace
";

/// What needs real servers has the machine for itself.
const SERVERS: &str = "
live     | cargo test --locked --workspace {live} -- --show-output --test-threads 4
stores   | cargo test --locked --workspace {stores} -- --show-output --test-threads 4
options  | cargo test --locked --workspace {options} --features ticket-cli/mcp,ticket-cli/postgres,ticket-cli/prometheus -- --show-output
restate  | cargo test --locked {restate}
";

/// What runs beside `tests`, and has builds of its own: it waits for nobody. `features` finds code that is dead or missing
/// with a feature, so it checks; `clippy` has looked at the same code with all features.
const APART: &str = "
features | cargo hack check --locked --quiet --target-dir target/features {published} --each-feature --exclude-features default,native-tls
minimum  | minimum-rust check --locked --quiet --workspace --lib --exclude ticket-bench --exclude ticket-jobs --exclude ticket-jobs-postgres --exclude ticket-mcp --features {features-of-libraries}
";

/// What runs beside `tests`, in the same builds: one step waits for the other, and first for those of the tests.
const BESIDE: &str = "
fmt      | cargo fmt --all --check
typos    | typos
deny     | cargo deny --locked check bans licenses sources
clippy   | cargo clippy --locked --workspace --all-targets --features {features} -- -D warnings
lints    | cargo clippy --locked --workspace {live} {stores} {options} --features {features} -- -D warnings
restate-lints | cargo clippy --locked {restate} --all-targets -- -D warnings
check    | cargo run --locked --quiet --package xtask -- check
docs     | cargo doc --locked --workspace --no-deps --lib --features {features}
docs-bin | cargo doc --locked --workspace --exclude ticket-bench --exclude ticket-live --no-deps --bins --features {features-of-libraries}
api      | cargo run --locked --quiet --package xtask -- api
package  | cargo package --locked --quiet --allow-dirty --no-verify {published}
";

/// The tests that need real servers, which have `test = false` in their manifests. These steps name no packages: then all of
/// them use the builds of the step before, since packages are built with the features that all chosen ones ask for.
const LIVE: &str = "--test real --test live";

/// The tests of ledgers that need a database server, likewise.
const STORES: &str = "--test suite --test postgres";

/// The tests of the command's optional features, likewise: they need clients of the Model Context Protocol, and a database server.
const OPTIONS: &str = "--test mcp --test fleet";

/// The example of a dispatcher, a workspace of its own, which needs a Restate server. It uses the builds of this one.
const RESTATE: &str = "--manifest-path deploy/restate/Cargo.toml --target-dir target";

/// Tools that may be missing, and how to install them. `.ci/run` installs all of them.
const TOOLS: &[(&str, &str)] = &[
    ("cargo fmt", "rustup component add rustfmt"),
    ("cargo clippy", "rustup component add clippy"),
    ("cargo hack", "cargo install --locked cargo-hack"),
    ("cargo deny", "cargo install --locked cargo-deny"),
    ("typos", "pip install typos"),
    (MINIMUM_RUST, ".ci/run unpacks it from Debian's packages"),
];

/// cargo with the oldest compiler that the libraries support. Not available everywhere, so CI skips it too.
const MINIMUM_RUST: &str = "minimum-rust";

/// Runs every step. The verdict is faulty if a step failed.
pub(crate) fn command(ws: &Workspace) -> Verdict {
    let mut summary = thread::scope(|scope| {
        let beside =
            [BESIDE, APART].map(|lines| scope.spawn(|| lane(ws, lines, run::succeeds_beside)));
        let mut summary = lane(ws, TESTS, run::succeeds);
        for beside in beside {
            let rows = beside.join();
            summary += &rows.unwrap_or_else(|_| Verdict::Faulty.word().to_owned());
        }
        summary
    });
    summary += &lane(ws, SERVERS, run::succeeds);
    println!("\n{summary}");
    Verdict::of(!summary.contains(Verdict::Faulty.word()))
}

/// Runs these steps one after the other. Returns a row for each.
fn lane(
    ws: &Workspace,
    lines: &str,
    run: fn(&Workspace, &str, Option<Variable>) -> bool,
) -> String {
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let mut summary = String::new();
    for (name, line) in steps(ws, lines) {
        println!("\n=== {name} ===");
        let started = now();
        let verdict = step(&line, TOOLS, in_ci, |variable| run(ws, &line, variable));
        let seconds = started.elapsed().as_secs_f64();
        let row = format!("{name:<8} {:<8} {seconds:>7.1} s", verdict.word());
        println!("=== {row} ===");
        let _ = writeln!(summary, "{row}");
    }
    summary
}

/// Runs a command line. If its tool is missing, the step is skipped; in CI it fails.
fn step(
    line: &str,
    tools: &[(&str, &str)],
    in_ci: bool,
    run: impl FnOnce(Option<Variable>) -> bool,
) -> Verdict {
    for (tool, install) in tools.iter().filter(|(tool, _)| line.starts_with(tool)) {
        if !is_there(tool) {
            println!("`{tool}` is missing\n    help: {install}");
            return if in_ci && *tool != MINIMUM_RUST {
                Verdict::Faulty
            } else {
                Verdict::Skipped
            };
        }
    }
    // Not for other commands: it would cause rebuilds of what they share.
    let denied = [("cargo doc", "RUSTDOCFLAGS"), ("cargo hack", "RUSTFLAGS")];
    let denied = denied.iter().find(|(start, _)| line.starts_with(start));
    Verdict::of(run(denied.map(|(_, variable)| (*variable, "-D warnings"))))
}

fn is_there(tool: &str) -> bool {
    let mut command = run::command(&format!("{tool} --version"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn steps<'a>(ws: &Workspace, lines: &'a str) -> Vec<(&'a str, String)> {
    let mut features = Vec::new();
    let mut of_libraries = Vec::new();
    for krate in &ws.crates {
        // `--all-features` would include `native-tls`, which needs the headers of OpenSSL.
        let usual = krate.features.keys();
        let usual = usual.filter(|name| *name != "default" && *name != "native-tls");
        let usual = usual.map(|name| format!("{}/{name}", krate.name));
        let usual: Vec<_> = usual.collect();
        if !matches!(
            krate.role,
            Role::Bench | Role::Jobs | Role::Mcp | Role::Store
        ) {
            of_libraries.extend(usual.iter().cloned());
        }
        features.extend(usual);
    }
    let published = ws.crates.iter().filter(|krate| krate.is_published());
    let published: Vec<String> = published
        .map(|krate| format!("-p {}", krate.name))
        .collect();
    let steps = lines.lines().filter_map(|step| step.split_once(" | "));
    let steps = steps.map(|(name, line)| {
        let line = line
            .replace("{live}", LIVE)
            .replace("{stores}", STORES)
            .replace("{options}", OPTIONS)
            .replace("{restate}", RESTATE)
            .replace("{features}", &features.join(","))
            .replace("{features-of-libraries}", &of_libraries.join(","));
        (
            name.trim(),
            line.replace("{published}", &published.join(" ")),
        )
    });
    steps.collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "people wait for a step on the real clock"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_tool_is_skipped_on_a_contributors_machine_and_fails_in_ci() {
        let tools = [("no-such-program", "install it")];
        let run = |in_ci| step("no-such-program -x", &tools, in_ci, |_| panic!("it is run"));
        assert_eq!(run(false), Verdict::Skipped);
        assert_eq!(run(true), Verdict::Faulty);
    }

    #[test]
    fn missing_oldest_compiler_is_skipped_in_ci_as_well() {
        if is_there(MINIMUM_RUST) {
            return;
        }
        let verdict = step("minimum-rust check", TOOLS, true, |_| panic!("it is run"));
        assert_eq!(verdict, Verdict::Skipped);
    }

    #[test]
    fn step_is_what_its_line_comes_to() {
        let run = |success| step("typing -x", &[("typos", "")], true, |_| success);
        assert_eq!(run(true), Verdict::Clean);
        assert_eq!(run(false), Verdict::Faulty);
    }

    #[test]
    fn tests_are_run_as_the_readme_says_and_first() {
        let ws = crate::workspace::load(&crate::workspace::root()).unwrap();
        let tests = steps(&ws, TESTS);
        let (name, line) = &tests[0];
        assert_eq!(*name, "tests");
        assert!(ws.files["README.md"].contains(&format!("```sh\n{line}\n")));
        let all = [TESTS, APART, BESIDE, SERVERS].concat();
        let steps = steps(&ws, &all);
        assert_eq!(steps.len(), all.matches(" | ").count());
        assert!(steps.iter().all(|(_, line)| !line.contains(['{', '}'])));
    }
}
