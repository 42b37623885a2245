//! The workspace's crates ask for each other in the version they have, so that they can be published
//! together.
//!
//! Within the workspace cargo takes the folder and looks at the version only where it cannot fit; a crate
//! without one cannot be uploaded. Dependencies from outside are no business of this check.

use super::Problem;
use crate::workspace::{Crate, Workspace};

/// Compares each arrow's version with the workspace's.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let root = ws
        .files
        .get("Cargo.toml")
        .and_then(|text| toml::from_str(text).ok());
    let root: toml::Table = root.unwrap_or_default();
    let package = root
        .get("workspace")
        .and_then(|workspace| workspace.get("package"));
    let version = package.and_then(|package| package.get("version")?.as_str());
    let version = version.unwrap_or("0.0.0");
    let published = ws.crates.iter().filter(|krate| krate.is_published());
    published
        .flat_map(|krate| of_crate(ws, krate, version))
        .collect()
}

fn of_crate(ws: &Workspace, krate: &Crate, version: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for dependency in &krate.dependencies {
        let is_member = ws
            .crates
            .iter()
            .any(|member| member.name == dependency.name);
        // cargo leaves a dev-dependency without a version out of what it uploads.
        let is_left_out = dependency.dev && dependency.requirement == "*";
        if !is_member || is_left_out {
            continue;
        }
        if dependency.requirement != format!("^{version}") {
            problems.push(Problem::new(
                krate.manifest_path(),
                format!(
                    "`{}` asks for `{}` in version `{}`, and the workspace has {version}",
                    krate.name, dependency.name, dependency.requirement
                ),
                format!(
                    "write `{} = {{ path = \"..\", version = \"{version}\" }}` under [workspace.dependencies] \
                     in Cargo.toml, and `workspace = true` here",
                    dependency.name
                ),
            ));
        } else if !dependency.by_path {
            problems.push(Problem::new(
                krate.manifest_path(),
                format!(
                    "takes `{}` from a registry, and not from here",
                    dependency.name
                ),
                format!("write `{}.workspace = true`", dependency.name),
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    const CORE: &str = "ticket-core = { path = \"crates/ticket-core\", version = \"0.1.0\" }";

    fn whats(to: &str) -> Vec<String> {
        let specimen = Specimen::new();
        specimen.replace("Cargo.toml", CORE, to);
        let found = check(&specimen.load()).into_iter();
        found.map(|problem| problem.what).collect()
    }

    #[test]
    fn a_version_that_is_missing_or_left_behind_is_found_in_each_crate_that_asks() {
        for (version, written) in [
            ("", "*"),
            (", version = \"0.1\"", "^0.1"),
            (", version = \"=0.1.0\"", "=0.1.0"),
        ] {
            let found = whats(&format!(
                "ticket-core = {{ path = \"crates/ticket-core\"{version} }}"
            ));
            let what = |name: &str| {
                format!(
                    "`{name}` asks for `ticket-core` in version `{written}`, and the workspace has 0.1.0"
                )
            };
            assert_eq!(
                found,
                [what("ticket-acme"), what("ticket-http"), what("tickets")]
            );
        }
    }

    #[test]
    fn a_member_taken_from_a_registry_is_found() {
        let found = whats("ticket-core = \"0.1.0\"");
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(
            found[0],
            "takes `ticket-core` from a registry, and not from here"
        );
    }

    #[test]
    fn a_crates_tests_may_ask_for_itself_by_its_folder() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-core/Cargo.toml",
            "[dev-dependencies]\nticket-core = { path = \".\", features = [\"mock\"] }\n",
        );
        assert_eq!(check(&specimen.load()), []);
    }
}
