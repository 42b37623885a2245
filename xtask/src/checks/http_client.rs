//! `reqwest` is named by `ticket-http` alone, which mends its unsafe defaults once, and by `bench/`, which measures
//! against it.
//!
//! Prose and string literals may name it; manifests and code may not. How `ticket-http` uses it is
//! no business of this check.

use super::Problem;
use super::rust_text::{self, Kept};
use crate::workspace::{Crate, Place, Workspace};

/// Refuses reqwest, and crates that are built around it, elsewhere.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    let may_not = |krate: &&Crate| !matches!(krate.place, Place::Http | Place::Bench);
    for krate in ws.crates.iter().filter(may_not) {
        for dependency in &krate.dependencies {
            if dependency.name == "reqwest" || dependency.name.starts_with("reqwest-") {
                problems.push(Problem::new(
                    krate.manifest_path(),
                    format!("`{}` depends on `{}`", krate.name, dependency.name),
                    "send through ticket-http; if it lacks something, add that there",
                ));
            }
        }
        for (path, text) in ws.rust_files(&krate.dir) {
            let code = rust_text::keep(text, Kept::Code);
            for (line, text) in code.lines().enumerate() {
                if rust_text::words(text)
                    .any(|word| word == "reqwest" || word.starts_with("reqwest_"))
                {
                    problems.push(Problem::new(
                        format!("{path}:{}", line + 1),
                        "names reqwest",
                        "use ticket-http's own types; if they lack something, add that there",
                    ));
                }
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::{BENCH, Specimen};

    #[test]
    fn a_manifest_that_names_reqwest_is_found_in_every_kind_of_dependency() {
        for section in ["build-dependencies", "target.'cfg(windows)'.dependencies"] {
            let specimen = Specimen::new();
            let plant =
                format!("[{section}]\nhttp = {{ package = \"reqwest\", version = \"1\" }}\n");
            specimen.append("crates/ticket-acme/Cargo.toml", &plant);
            assert_eq!(
                check(&specimen.load()),
                [Problem::new(
                    "crates/ticket-acme/Cargo.toml",
                    "`ticket-acme` depends on `reqwest`",
                    "send through ticket-http; if it lacks something, add that there",
                )]
            );
        }
    }

    #[test]
    fn crates_around_reqwest_are_found_too() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-core/Cargo.toml",
            "[dependencies]\nreqwest-middleware = \"1\"\n",
        );
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].what,
            "`ticket-core` depends on `reqwest-middleware`"
        );
    }

    #[test]
    fn code_that_names_reqwest_is_found_with_its_line() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-acme/src/client.rs",
            "\nuse ticket_http::reqwest as http;\n",
        );
        assert_eq!(
            check(&specimen.load()),
            [Problem::new(
                "crates/ticket-acme/src/client.rs:3",
                "names reqwest",
                "use ticket-http's own types; if they lack something, add that there",
            )]
        );
    }

    #[test]
    fn prose_strings_and_ticket_http_may_name_it() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-acme/src/client.rs",
            "// reqwest\n/// reqwest\nconst A: &str = \"reqwest\";\n",
        );
        specimen.append("crates/ticket-http/src/lib.rs", "use reqwest as _;\n");
        assert_eq!(check(&specimen.load()), []);
    }

    #[test]
    fn what_is_measured_beside_reqwest_may_name_it() {
        let specimen = Specimen::with_bench();
        specimen.append(BENCH, "[dependencies]\nreqwest = \"1\"\n");
        specimen.append(
            &BENCH.replace("Cargo.toml", "src/lib.rs"),
            "use reqwest as _;\n",
        );
        assert_eq!(check(&specimen.load()), []);
    }
}
