//! `cargo xtask tables`: the tables and texts that are generated from the code.
//!
//! The code that generates one is a test of the crate that knows the facts. It compares what stands in the
//! file; with [`VARIABLE`] set it writes it instead. So nobody pastes by hand, and this program needs none
//! of the workspace's crates. That each table has such a test is the check `tables`.

use crate::run::Cargo;
use crate::workspace::{Crate, Workspace};
use crate::{Result, Verdict};

/// What makes such a test write.
pub(crate) const VARIABLE: &str = "UPDATE_TABLES";

/// Runs those tests, comparing or writing.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let write = match arguments {
        [] => false,
        [option] if option == "--write" => true,
        _ => return Err("`tables` takes `--write` or nothing".into()),
    };
    let mut verdict = Verdict::Clean;
    for (krate, test) in generators(ws) {
        let mut cargo = Cargo::new(&format!(
            "test --locked --quiet -p {} --test {test}",
            krate.name
        ));
        if write {
            cargo = cargo.with(VARIABLE, "1");
        }
        if !cargo.run(ws) {
            verdict = Verdict::Faulty;
        }
    }
    Ok(verdict)
}

/// The tests that generate, each with its crate: those that ask for [`VARIABLE`].
pub(crate) fn generators(ws: &Workspace) -> Vec<(&Crate, &str)> {
    let mut generators = Vec::new();
    for krate in &ws.crates {
        let folder = krate.path("tests");
        for (path, text) in ws.rust_files(&folder) {
            let file = path
                .strip_prefix(&folder)
                .unwrap_or(path)
                .trim_start_matches('/');
            if let Some(test) = file.strip_suffix(".rs") {
                if !test.contains('/') && text.contains(VARIABLE) && krate.name != "xtask" {
                    generators.push((krate, test));
                }
            }
        }
    }
    generators
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    const README: &str = "crates/ticket-acme/README.md";

    #[test]
    fn a_table_that_is_not_the_codes_fails_and_is_written() {
        let specimen = Specimen::new();
        let run = |arguments: &[String]| command(&specimen.load_locked(), arguments).unwrap();
        assert_eq!(run(&[]), Verdict::Clean);
        specimen.replace(README, "acme", "other");
        assert_eq!(run(&[]), Verdict::Faulty);
        assert_eq!(run(&["--write".into()]), Verdict::Clean);
        assert_eq!(run(&[]), Verdict::Clean);
        assert!(specimen.load().files[README].contains("\nacme\n"));
    }

    #[test]
    fn the_tests_that_generate_are_found_by_what_they_ask_for() {
        let ws = Specimen::new().load();
        let found: Vec<_> = generators(&ws)
            .into_iter()
            .map(|(krate, test)| (krate.name.as_str(), test))
            .collect();
        assert_eq!(found, [("ticket-acme", "tables")]);
    }
}
