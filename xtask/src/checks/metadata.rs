//! What every manifest has to say, so that one line at the root holds for all crates.
//!
//! Names, versions of dependencies and licences of others are cargo's and `cargo deny`'s work.

use super::Problem;
use crate::workspace::{Crate, Place, Workspace};

/// What each crate takes from `[workspace.package]`.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

/// What a published crate takes from there as well: how it is found.
const INHERITED_IF_PUBLISHED: &[&str] = &["categories", "keywords"];

/// Refuses a manifest that goes its own way.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    ws.crates
        .iter()
        .flat_map(|krate| manifest_problems(ws, krate))
        .collect()
}

fn manifest_problems(ws: &Workspace, krate: &Crate) -> Vec<Problem> {
    let package = krate.manifest.get("package");
    let mut problems = Vec::new();
    let mut report = |what: String, mend: String| {
        problems.push(Problem::new(krate.manifest_path(), what, mend));
    };
    let if_published = INHERITED_IF_PUBLISHED
        .iter()
        .filter(|_| krate.is_published());
    for field in INHERITED.iter().chain(if_published) {
        if !is_inherited(package.and_then(|package| package.get(field))) {
            report(
                format!("`{field}` is not the workspace's"),
                format!("write `{field}.workspace = true` under [package]"),
            );
        }
    }
    let description = package.and_then(|package| package.get("description")?.as_str());
    if description.is_none_or(|text| text.trim().is_empty()) {
        report(
            "has no description".into(),
            "write one line under [package]: what the crate is for".into(),
        );
    }
    if !is_inherited(krate.manifest.get("lints")) {
        report(
            "does not take the workspace's lints".into(),
            "write `[lints]` and `workspace = true`".into(),
        );
    }
    if krate.place == Place::Example && krate.is_published() {
        report(
            "is an example and would be published".into(),
            "write `publish = false` under [package]".into(),
        );
    }
    let beside = ws.files.contains_key(&krate.path("README.md"));
    match &krate.readme {
        Some(readme) if !ws.files.contains_key(&krate.path(readme)) => report(
            format!("names the readme `{readme}`, which is not there"),
            "write it beside the manifest, or remove the line".into(),
        ),
        None if beside => report(
            "would be published without its README.md".into(),
            "remove `readme = false`".into(),
        ),
        _ => {}
    }
    problems
}

/// Whether a field is `{ workspace = true }`.
fn is_inherited(field: Option<&toml::Value>) -> bool {
    field.and_then(|field| field.get("workspace")?.as_bool()) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::{EXAMPLE, Specimen};

    const MANIFEST: &str = "crates/ticket-acme/Cargo.toml";

    fn only_problem(from: &str, to: &str) -> Problem {
        let specimen = Specimen::new();
        specimen.replace(MANIFEST, from, to);
        let mut found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn an_own_version_edition_compiler_licence_or_keyword_is_found() {
        for (field, own) in [
            ("version", "\"0.2.0\""),
            ("edition", "\"2021\""),
            ("rust-version", "\"1.90\""),
            ("license", "\"MIT\""),
            ("categories", "[]"),
            ("keywords", "[\"a\"]"),
        ] {
            let found = only_problem(
                &format!("\n{field}.workspace = true"),
                &format!("\n{field} = {own}"),
            );
            assert_eq!(
                found,
                Problem::new(
                    MANIFEST,
                    format!("`{field}` is not the workspace's"),
                    format!("write `{field}.workspace = true` under [package]"),
                )
            );
        }
    }

    #[test]
    fn an_absent_or_empty_description_is_found() {
        for empty in ["", "description = \" \""] {
            let found = only_problem("description = \"Acme as a ticket provider\"", empty);
            assert_eq!(found.what, "has no description");
        }
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        for own in ["", "[lints.rust]\nunused = \"allow\""] {
            let found = only_problem("[lints]\nworkspace = true", own);
            assert_eq!(found.what, "does not take the workspace's lints");
        }
    }

    #[test]
    fn an_example_that_would_be_published_is_found() {
        let specimen = Specimen::with_example();
        assert_eq!(check(&specimen.load()), []);
        let published = "categories.workspace = true\nkeywords.workspace = true";
        specimen.replace(EXAMPLE, "publish = false", published);
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].what, "is an example and would be published");
    }

    #[test]
    fn a_readme_that_is_absent_or_held_back_is_found() {
        let named = only_problem("[package]", "[package]\nreadme = \"GUIDE.md\"");
        assert_eq!(
            named.what,
            "names the readme `GUIDE.md`, which is not there"
        );
        let held_back = only_problem("[package]", "[package]\nreadme = false");
        assert_eq!(held_back.what, "would be published without its README.md");
    }
}
