//! How many dependencies each crate names itself is written down, so that one more is a decision.
//!
//! What they bring along is counted by `cargo xtask budget`, which asks cargo.

use std::collections::BTreeSet;

use super::Problem;
use crate::rules::{self, Rules};
use crate::workspace::{Crate, Workspace};

/// The name of the number in the rules.
const DIRECT: &str = "direct";

/// Finds crates above their budget, or without one.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let rules = Rules::of(ws);
    let mut problems = Vec::new();
    for krate in &ws.crates {
        let count = direct(ws, krate);
        let name = &krate.name;
        match rules.number(name, DIRECT) {
            Some(allowed) if count <= allowed => {}
            Some(allowed) => problems.push(Problem::new(
                krate.manifest_path(),
                format!("`{name}` has {count} dependencies, and {allowed} are written down"),
                format!(
                    "do without; if it is worth it, write `{DIRECT} = {count}` under [crates.{name}] of {}, \
                     and say why in the commit",
                    rules::PATH
                ),
            )),
            None => problems.push(Problem::new(
                rules::PATH,
                format!("has no dependency budget for `{name}`"),
                format!("write `{DIRECT} = {count}` under [crates.{name}]"),
            )),
        }
    }
    problems
}

/// From outside the workspace, whether optional or not; not those of tests alone.
fn direct(ws: &Workspace, krate: &Crate) -> usize {
    let names = krate
        .dependencies
        .iter()
        .filter(|dependency| !dependency.dev);
    let names: BTreeSet<&str> = names.map(|dependency| dependency.name.as_str()).collect();
    names
        .into_iter()
        .filter(|name| !ws.crates.iter().any(|krate| krate.name == *name))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    const MANIFEST: &str = "crates/ticket-acme/Cargo.toml";

    #[test]
    fn one_dependency_too_many_is_found_and_can_be_allowed() {
        let specimen = Specimen::new();
        specimen.replace(
            MANIFEST,
            "[dependencies]\n",
            "[dependencies]\nserde = { version = \"1\", optional = true }\n",
        );
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].place, MANIFEST);
        assert_eq!(
            found[0].what,
            "`ticket-acme` has 1 dependencies, and 0 are written down"
        );
        specimen.replace(
            rules::PATH,
            "[crates.ticket-acme]\ndirect = 0",
            "[crates.ticket-acme]\ndirect = 1",
        );
        assert_eq!(check(&specimen.load()), []);
    }

    #[test]
    fn dependencies_of_tests_are_not_counted() {
        let specimen = Specimen::new();
        specimen.append(MANIFEST, "[dev-dependencies.serde]\nversion = \"1\"\n");
        specimen.replace(MANIFEST, "[dev-dependencies]\n", "");
        specimen.replace(MANIFEST, "ticket-sandbox.workspace = true\n", "");
        assert_eq!(check(&specimen.load()), []);
    }

    #[test]
    fn a_crate_without_a_budget_is_found() {
        let specimen = Specimen::new();
        specimen.replace(rules::PATH, "[crates.ticket-acme]", "[crates.other]");
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].what, "has no dependency budget for `ticket-acme`");
    }
}
