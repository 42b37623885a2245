//! `cargo xtask check`: what must hold across crates and no compiler or tool sees.
//!
//! A check is a function of the workspace that returns what is wrong: the file, what is wrong there, and what to do
//! about it. To add one, give it a row in [`CHECKS`], and add its violation to `checks/tests.rs`.

mod dependencies;
mod metadata;
mod sources;
mod tables;
#[cfg(test)]
mod tests;
mod vendor_words;
mod wiring;

use crate::run;
use crate::verdict::{Result, Verdict};
use crate::workspace::Workspace;

/// A check and its name.
type Check = (&'static str, fn(&Workspace) -> Vec<String>);

/// Every check, in the order they are run.
const CHECKS: &[Check] = &[
    ("dependencies", dependencies::check),
    ("wiring", wiring::check),
    ("metadata", metadata::check),
    ("tables", tables::check),
    ("sources", sources::check),
    ("words", vendor_words::check),
];

/// Runs all checks.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    run::takes_nothing("check", arguments)?;
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
    Ok(Verdict::of(holds))
}

/// Everything that is wrong.
#[cfg(test)]
pub(crate) fn problems(ws: &Workspace) -> Vec<String> {
    CHECKS.iter().flat_map(|(_, check)| check(ws)).collect()
}

/// Code without the lines that are comments, so that prose is not taken for code.
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
