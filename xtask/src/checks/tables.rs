//! Each generated table in a document has a test that generates it.
//!
//! Whether what stands there is right is that test's judgement; here is found what no test looks at, and
//! so would be old without anybody knowing.

use crate::tables;
use crate::workspace::Workspace;

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end generated -->";

/// Finds marks that nobody fills.
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
