//! Each generated table in a document has a test that generates it.
//!
//! The test checks the content of a table. This check finds tables without a test, which could become outdated
//! unnoticed.

use crate::tables;
use crate::workspace::Workspace;

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end generated -->";

/// Finds table marks without a generator.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let generators: String = tables::generators(ws).map(|(_, _, text)| text).collect();
    let mut problems = Vec::new();
    for (path, text) in ws.files_below("", "md") {
        for piece in text.split(BEGIN).skip(1) {
            let name = piece.split(" -->").next().unwrap_or_default();
            if !generators.contains(&format!("\"{name}\"")) {
                let variable = tables::VARIABLE;
                problems.push(format!(
                    "{path}: no test generates the table `{name}`; write one that asks for {variable}"
                ));
            }
            if !piece.contains(END) {
                problems.push(format!("{path}: the table `{name}` has no `{END}`"));
            }
        }
    }
    problems
}
