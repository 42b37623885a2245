//! `cargo xtask budget`: how many crates each crate brings along, against what is written down.
//!
//! All of them, with its usual features, on one platform, so that everybody counts the same. What a
//! manifest names itself is counted by the check `budget`, which needs no other program.

use std::collections::BTreeSet;

use crate::rules::{self, Rules};
use crate::workspace::{Crate, Workspace};
use crate::{Result, Verdict, run};

/// The name of the number in the rules.
const TREE: &str = "tree";

/// Counts, prints and compares.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    if !arguments.is_empty() {
        return Err("`budget` takes no arguments".into());
    }
    let rules = Rules::of(ws);
    let mut verdict = Verdict::Clean;
    for krate in ws.crates.iter().filter(|krate| krate.is_published()) {
        let count = tree(ws, krate)?;
        let allowed = rules.number(&krate.name, TREE);
        let allowed_text = allowed.map_or("nothing".into(), |allowed| allowed.to_string());
        println!("{:<20} {count:>4} of {allowed_text}", krate.name);
        if allowed.is_none_or(|allowed| count > allowed) {
            verdict = Verdict::Faulty;
            println!(
                "    mend: do without (`cargo tree -p {name} -e normal --target {TARGET}` shows what brings \
                 what); if it is worth it, write `{TREE} = {count}` under [crates.{name}] of {} and say why",
                rules::PATH,
                name = krate.name,
            );
        }
    }
    Ok(verdict)
}

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// How many crates are built for this one, itself and the workspace's not counted.
fn tree(ws: &Workspace, krate: &Crate) -> Result<usize> {
    let line = format!(
        "tree --locked --quiet -p {} {} -e normal,build --prefix none --format {{p}} --target {TARGET}",
        krate.name,
        krate.usual_features()
    );
    let output = run::output(ws, "cargo", &line.split_whitespace().collect::<Vec<_>>())?;
    let members: BTreeSet<&str> = ws.crates.iter().map(|krate| krate.name.as_str()).collect();
    let crates: BTreeSet<(&str, &str)> = output
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .filter(|(name, _)| !members.contains(name))
        .collect();
    Ok(crates.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    /// A crate that is no member, so that nothing has to come from a registry.
    fn with_an_outsider() -> Specimen {
        let specimen = Specimen::new();
        let manifest = "[package]\nname = \"outsider\"\nversion = \"1.0.0\"\n\n[workspace]\n";
        specimen.write("outside/outsider/Cargo.toml", manifest);
        specimen.write("outside/outsider/src/lib.rs", "");
        specimen.replace(
            "crates/ticket-http/Cargo.toml",
            "[dependencies.ticket-core]",
            "[dependencies.outsider]\npath = \"../../outside/outsider\"\n\n[dependencies.ticket-core]",
        );
        specimen.replace(
            "Cargo.toml",
            "[workspace]\n",
            "[workspace]\nexclude = [\"outside\"]\n",
        );
        specimen
    }

    #[test]
    fn what_comes_with_a_dependency_counts_for_all_above_it() {
        let specimen = with_an_outsider();
        let ws = specimen.load_locked();
        for (name, count) in [
            ("ticket-core", 0),
            ("ticket-http", 1),
            ("ticket-acme", 1),
            ("tickets", 1),
        ] {
            let krate = ws.crates.iter().find(|krate| krate.name == name).unwrap();
            assert_eq!(tree(&ws, krate).unwrap(), count, "{name}");
        }
    }

    #[test]
    fn more_than_is_written_down_is_found_and_can_be_allowed() {
        let verdict = |specimen: &Specimen| command(&specimen.load_locked(), &[]).unwrap();
        assert_eq!(verdict(&Specimen::new()), Verdict::Clean);
        let specimen = with_an_outsider();
        assert_eq!(verdict(&specimen), Verdict::Faulty);
        specimen.replace(rules::PATH, "tree = 0", "tree = 1");
        assert_eq!(verdict(&specimen), Verdict::Clean);
    }

    #[test]
    fn a_crate_without_a_budget_is_found() {
        let specimen = Specimen::new();
        specimen.replace(rules::PATH, "[crates.ticket-acme]", "[crates.other]");
        assert_eq!(
            command(&specimen.load_locked(), &[]).unwrap(),
            Verdict::Faulty
        );
    }
}
