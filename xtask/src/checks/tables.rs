//! Each generated table in a document has a test that generates it.
//!
//! Whether what stands there is right is that test's judgement; here is found what no test looks at, and
//! so would be old without anybody knowing.

use std::ffi::OsStr;
use std::path::Path;

use super::Problem;
use crate::tables;
use crate::workspace::Workspace;

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end generated -->";

/// Finds marks that nobody fills.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let mut generators = String::new();
    for (krate, test) in tables::generators(ws) {
        let path = krate.path(&format!("tests/{test}.rs"));
        generators.push_str(ws.files.get(&path).map_or("", String::as_str));
    }
    let mut problems = Vec::new();
    for (path, text) in &ws.files {
        if Path::new(path).extension() != Some(OsStr::new("md")) {
            continue;
        }
        for (at, _) in text.match_indices(BEGIN) {
            let (before, after) = text.split_at(at);
            let place = format!("{path}:{}", before.lines().count() + 1);
            let rest = after.strip_prefix(BEGIN).unwrap_or(after);
            let name = rest.split(" -->").next().unwrap_or_default();
            if !generators.contains(&format!("\"{name}\"")) {
                problems.push(Problem::new(
                    &*place,
                    format!("no test generates the table `{name}`"),
                    format!(
                        "write it between the marks in a test that asks for {}, see \
                         crates/tickets/tests/readme.rs; or remove the marks",
                        tables::VARIABLE
                    ),
                ));
            }
            let end = rest.split(BEGIN).next().unwrap_or_default();
            if !end.contains(END) {
                problems.push(Problem::new(
                    place,
                    format!("the table `{name}` has no end"),
                    format!("write `{END}` after it"),
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

    const README: &str = "crates/ticket-acme/README.md";

    fn only(from: &str, to: &str) -> (String, String) {
        let specimen = Specimen::new();
        specimen.replace(README, from, to);
        let mut found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        let Problem { place, what, .. } = found.remove(0);
        (place, what)
    }

    #[test]
    fn a_table_that_no_test_generates_is_found() {
        let found = only("generated: name", "generated: names");
        let what = "no test generates the table `names`";
        assert_eq!(found, (format!("{README}:3"), what.into()));
    }

    #[test]
    fn a_table_without_an_end_is_found() {
        let found = only(END, "<!-- end -->");
        assert_eq!(
            found,
            (format!("{README}:3"), "the table `name` has no end".into())
        );
    }

    #[test]
    fn a_table_whose_test_is_gone_is_found() {
        let specimen = Specimen::new();
        specimen.remove("crates/ticket-acme/tests/tables.rs");
        assert_eq!(check(&specimen.load()).len(), 1);
    }
}
