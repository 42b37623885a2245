//! `cargo xtask check`: rules across crates that no compiler or other tool checks.
//!
//! A check is a function that takes the workspace and returns its problems: the file, what is wrong, and how to fix
//! it. To add a check, add a row to [`CHECKS`] and a violation to `checks/tests.rs`.

mod dependencies;
mod metadata;
mod sources;
#[cfg(test)]
mod tests;
mod vendor_words;
mod wiring;

use crate::verdict::Verdict;
use crate::workspace::Workspace;

/// A check and its name.
type Check = (&'static str, fn(&Workspace) -> Vec<String>);

/// Every check, in the order in which they run.
const CHECKS: &[Check] = &[
    ("dependencies", dependencies::check),
    ("wiring", wiring::check),
    ("metadata", metadata::check),
    ("sources", sources::check),
    ("words", vendor_words::check),
];

/// Runs all checks.
pub(crate) fn command(ws: &Workspace) -> Verdict {
    let mut holds = true;
    for (name, check) in CHECKS {
        let problems = check(ws);
        holds &= problems.is_empty();
        println!(
            "{name:<12} {}",
            if problems.is_empty() { "ok" } else { "FAILED" }
        );
        for problem in problems {
            println!("  {problem}");
        }
    }
    Verdict::of(holds)
}

/// The problems of all checks.
#[cfg(test)]
pub(crate) fn problems(ws: &Workspace) -> Vec<String> {
    CHECKS.iter().flat_map(|(_, check)| check(ws)).collect()
}

/// The code without comment lines.
fn code(text: &str) -> String {
    let lines = text.lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The identifiers, keywords and numbers of a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty())
}
