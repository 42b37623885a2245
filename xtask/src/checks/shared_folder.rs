//! No file reaches for a folder beside the repository, which a fresh clone does not have.

use super::Problem;
use crate::workspace::Workspace;

/// In two parts, or this file would be its own first finding.
const FOLDER: &str = concat!("..", "/shared");

/// Refuses the folder's name in any file of the repository, prose included.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in &ws.files {
        for (line, text) in text.lines().enumerate() {
            if text.contains(FOLDER) {
                problems.push(Problem::new(
                    format!("{path}:{}", line + 1),
                    format!("names `{FOLDER}`, which a fresh clone does not have"),
                    "carry what is needed into the repository",
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

    #[test]
    fn the_folder_is_found_in_code_scripts_and_documents() {
        for path in [
            "crates/ticket-acme/tests/contract.rs",
            "xtask/src/main.rs",
            ".ci/run",
            "README.md",
        ] {
            let specimen = Specimen::new();
            specimen.write(path, &format!("//\n// {FOLDER}/contract\n"));
            assert_eq!(
                check(&specimen.load()),
                [Problem::new(
                    format!("{path}:2"),
                    format!("names `{FOLDER}`, which a fresh clone does not have"),
                    "carry what is needed into the repository",
                )]
            );
        }
    }
}
