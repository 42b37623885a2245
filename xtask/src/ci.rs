//! `cargo xtask ci`: all that CI runs, in the order of what is quickest to mend.
//!
//! A failed step does not stop the others, so that one run shows everything that is wrong. What a
//! step looks at is decided elsewhere: by the compiler, by cargo's tools, or by `check` and
//! `features`.

use std::time::{Duration, Instant};

use crate::run::Cargo;
use crate::workspace::Workspace;
use crate::{Result, Verdict, api, budget, checks, features, package, semver};

/// What `ci` does one after the other.
struct Step {
    name: &'static str,
    action: Action,
}

enum Action {
    Cargo(Vec<Cargo>),
    Chore(fn(&Workspace, &[String]) -> Result<Verdict>),
    /// A step that is known to fail, and why.
    Impossible(String),
}

/// Runs every step; faulty if one failed.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    if !arguments.is_empty() {
        return Err("`ci` takes no arguments".into());
    }
    let mut rows = Vec::new();
    for step in steps(ws) {
        println!("\n=== {} ===", step.name);
        let started = now();
        let verdict = run(ws, &step.action);
        let elapsed = started.elapsed();
        println!(
            "=== {}: {} after {} ===",
            step.name,
            word(verdict),
            seconds(elapsed)
        );
        rows.push((step.name, verdict, elapsed));
    }
    println!("\n{:<12} {:<8} {:>8}", "step", "result", "time");
    for (name, verdict, elapsed) in &rows {
        println!("{name:<12} {:<8} {:>8}", word(*verdict), seconds(*elapsed));
    }
    let is_faulty = rows
        .iter()
        .any(|(_, verdict, _)| *verdict == Verdict::Faulty);
    Ok(if is_faulty {
        Verdict::Faulty
    } else {
        Verdict::Clean
    })
}

fn steps(ws: &Workspace) -> Vec<Step> {
    let features = Workspace::features(&ws.crates);
    let cargo = |line: &str| Action::Cargo(vec![Cargo::new(line)]);
    let doc = |targets: &str| {
        // The command and the facade are both named `tickets`: together their pages would collide.
        let line = format!("doc --locked --workspace --no-deps {targets} {features}");
        Cargo::new(&line).with("RUSTDOCFLAGS", "-D warnings")
    };
    let tests = match test_command(ws) {
        Ok(line) => cargo(&line),
        Err(reason) => Action::Impossible(reason),
    };
    let lint = format!("clippy --locked --workspace --all-targets {features} -- -D warnings");
    [
        ("format", cargo("fmt --all --check")),
        ("clippy", cargo(&lint)),
        ("tests", tests),
        ("check", Action::Chore(checks::command)),
        ("budget", Action::Chore(budget::command)),
        ("features", Action::Chore(features::command)),
        ("docs", Action::Cargo(vec![doc("--bins"), doc("--lib")])),
        // These two after the docs, whose builds of the dependencies they can use.
        ("api", Action::Chore(api::command)),
        ("package", Action::Chore(package::command)),
        ("semver", Action::Chore(semver::command)),
        ("deny", cargo("deny --locked check bans licenses sources")),
    ]
    .into_iter()
    .map(|(name, action)| Step { name, action })
    .collect()
}

fn run(ws: &Workspace, action: &Action) -> Verdict {
    let succeeded = match action {
        Action::Cargo(lines) => {
            lines
                .iter()
                .map(|line| line.run(ws))
                .filter(|ok| !ok)
                .count()
                == 0
        }
        Action::Chore(chore) => match chore(ws, &[]) {
            Ok(verdict) => return verdict,
            Err(error) => {
                println!("error: {error}");
                false
            }
        },
        Action::Impossible(reason) => {
            println!("error: {reason}");
            false
        }
    };
    if succeeded {
        Verdict::Clean
    } else {
        Verdict::Faulty
    }
}

/// What the README tells people to type to run the tests, without the word `cargo`.
fn test_command(ws: &Workspace) -> std::result::Result<String, String> {
    let readme = ws.files.get("README.md").map_or("", String::as_str);
    let mut in_shell_block = false;
    for line in readme.lines().map(str::trim) {
        if let Some(language) = line.strip_prefix("```") {
            in_shell_block = language == "sh";
        } else if in_shell_block && (line == "cargo test" || line.starts_with("cargo test ")) {
            if line.contains(['|', '&', ';', '<', '>', '$', '`', '"', '\'', '\\', '#']) {
                return Err(format!(
                    "README.md: `{line}` needs a shell; write plain words there"
                ));
            }
            return Ok(line.trim_start_matches("cargo ").to_owned());
        }
    }
    Err(
        "README.md: no ```sh block has a line that begins with `cargo test`; \
         write there how the tests are run"
            .into(),
    )
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "ok",
        Verdict::Faulty => "FAILED",
        Verdict::Skipped => "skipped",
    }
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}

#[expect(
    clippy::disallowed_methods,
    reason = "people wait for a step on the real clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    const SOURCE: &str = "crates/ticket-acme/src/lib.rs";

    /// The steps that fail, of those that take no time on a specimen. Not `deny`, which needs a
    /// program that `cargo test` must do without.
    fn failed(specimen: &Specimen) -> Vec<&'static str> {
        failed_of(specimen, &["format", "clippy", "tests", "check", "docs"])
    }

    fn failed_of(specimen: &Specimen, names: &[&str]) -> Vec<&'static str> {
        let ws = specimen.load_locked();
        let steps = steps(&ws);
        let chosen: Vec<_> = steps
            .iter()
            .filter(|step| names.contains(&step.name))
            .collect();
        assert_eq!(chosen.len(), names.len());
        chosen
            .into_iter()
            .filter(|step| run(&ws, &step.action) == Verdict::Faulty)
            .map(|step| step.name)
            .collect()
    }

    #[test]
    fn the_specimen_passes() {
        let names = ["format", "clippy", "tests", "check", "features", "docs"];
        assert!(failed_of(&Specimen::new(), &names).is_empty());
    }

    #[test]
    fn badly_formatted_code_fails_the_format_alone() {
        let specimen = Specimen::new();
        specimen.append(SOURCE, "mod  inner {}\n");
        assert_eq!(failed(&specimen), ["format"]);
    }

    #[test]
    fn a_warning_in_a_test_fails_clippy_alone() {
        let specimen = Specimen::new();
        specimen.replace(
            "crates/ticket-acme/tests/contract.rs",
            "    assert_eq!",
            "    let unused = 1;\n    assert_eq!",
        );
        assert_eq!(failed(&specimen), ["clippy"]);
    }

    #[test]
    fn a_warning_behind_a_feature_fails_clippy_alone() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-core/src/lib.rs",
            "#[cfg(feature = \"mock\")]\nfn unused() {}\n",
        );
        assert_eq!(failed(&specimen), ["clippy"]);
    }

    #[test]
    fn a_failing_test_fails_the_tests_alone() {
        let specimen = Specimen::new();
        specimen.replace(
            "crates/ticket-acme/tests/contract.rs",
            "\"acme\"",
            "\"other\"",
        );
        assert_eq!(failed(&specimen), ["tests"]);
    }

    #[test]
    fn a_provider_that_is_not_wired_fails_the_check_alone() {
        let specimen = Specimen::new();
        specimen.write("CHANGELOG.md", "");
        assert_eq!(failed(&specimen), ["check"]);
    }

    #[test]
    fn a_broken_link_fails_the_docs_alone() {
        for source in [SOURCE, "crates/ticket-cli/src/main.rs"] {
            let specimen = Specimen::new();
            specimen.replace(source, "//! ", "//! [`Absent`] ");
            assert_eq!(failed(&specimen), ["docs"], "{source}");
        }
    }

    #[test]
    fn what_needs_a_feature_fails_the_features_alone() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/tickets/src/lib.rs",
            "/// Needs Acme.\npub const N: &str = ticket_acme::NAME;\n",
        );
        assert_eq!(failed(&specimen), [""; 0]);
        assert_eq!(failed_of(&specimen, &["features"]), ["features"]);
    }

    #[test]
    fn the_readmes_own_test_command_is_run() {
        let specimen = Specimen::new();
        assert_eq!(test_command(&specimen.load()).unwrap(), "test --workspace");
        specimen.write(
            "README.md",
            "cargo test --prose\n```text\ncargo test --text\n```\n```sh\ncargo test -p a\n```\n",
        );
        assert_eq!(test_command(&specimen.load()).unwrap(), "test -p a");
    }

    #[test]
    fn a_readme_without_a_plain_test_command_fails_the_tests() {
        let specimen = Specimen::new();
        specimen.replace("README.md", "cargo test --workspace", "cargo build");
        assert!(
            test_command(&specimen.load())
                .unwrap_err()
                .contains("begins with `cargo test`")
        );
        assert_eq!(
            run(&specimen.load(), &steps(&specimen.load())[2].action),
            Verdict::Faulty
        );
        specimen.replace("README.md", "cargo build", "cargo test | tee log");
        assert!(
            test_command(&specimen.load())
                .unwrap_err()
                .contains("needs a shell")
        );
        specimen.remove("README.md");
        assert!(test_command(&specimen.load()).is_err());
    }

    #[test]
    fn dependencies_are_checked_without_the_advisories() {
        let steps = steps(&Specimen::new().load());
        let deny = steps.iter().find(|step| step.name == "deny").unwrap();
        let Action::Cargo(lines) = &deny.action else {
            panic!("deny runs cargo")
        };
        assert_eq!(
            lines,
            &[Cargo::new("deny --locked check bans licenses sources")]
        );
    }
}
