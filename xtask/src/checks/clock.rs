//! Nobody reads the real clock but where it is said why: clippy refuses it, if `clippy.toml` is as it
//! should be.
//!
//! The rest is clippy's work. Here is what clippy cannot know: that its list was shortened, that another
//! `clippy.toml` closer to a crate replaces the list, or that a crate switches the lint off for itself.

use std::collections::BTreeSet;

use super::Problem;
use super::rust_text::{self, Kept};
use crate::workspace::Workspace;

/// What a paused clock in a test cannot pause.
const BANNED: &[&str] = &[
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "std::thread::sleep",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
];

/// The lint that refuses them.
const LINT: &str = "disallowed_methods";
/// The groups it belongs to: who allows one of them allows the lint.
const GROUPS: &[&str] = &["all", "style"];

/// Refuses every way around the list.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    let text = ws.files.get("clippy.toml").map_or("", String::as_str);
    let listed = listed(&toml::from_str(text).unwrap_or_default());
    for path in BANNED
        .iter()
        .filter(|path| !listed.contains(&(**path).to_owned()))
    {
        problems.push(Problem::new(
            "clippy.toml",
            format!("does not ban `{path}`"),
            format!("add {{ path = \"{path}\", reason = \"..\" }} to `disallowed-methods`"),
        ));
    }
    for path in ws.files.keys() {
        let name = path.rsplit('/').next().unwrap_or(path);
        if ["clippy.toml", ".clippy.toml"].contains(&name) && path != "clippy.toml" {
            problems.push(Problem::new(
                path,
                "takes the place of the clippy.toml at the root",
                "remove it, and write what it says at the root",
            ));
        }
    }
    for krate in &ws.crates {
        for (path, text) in ws.rust_files(&krate.dir) {
            let code = rust_text::keep(text, Kept::Code);
            for number in lines_that_allow(&code) {
                problems.push(switched_off(format!("{path}:{number}")));
            }
        }
    }
    // A crate's own manifest cannot: it takes the workspace's lints, see `metadata`.
    let root = ws.files.get("Cargo.toml").map_or("", String::as_str);
    if root.contains(LINT) || allows_a_group(&toml::from_str(root).unwrap_or_default()) {
        problems.push(switched_off("Cargo.toml".into()));
    }
    problems
}

/// Whether the workspace's lints allow one of the groups.
fn allows_a_group(root: &toml::Table) -> bool {
    let lints = root.get("workspace").and_then(|found| found.get("lints"));
    let clippy = lints.and_then(|lints| lints.get("clippy"));
    GROUPS.iter().any(|group| {
        let level = clippy.and_then(|clippy| clippy.get(group));
        let level = level.and_then(|level| level.as_str().or_else(|| level.get("level")?.as_str()));
        level == Some("allow")
    })
}

fn listed(file: &toml::Table) -> Vec<String> {
    let entries = file
        .get("disallowed-methods")
        .and_then(toml::Value::as_array);
    let paths = entries.into_iter().flatten().filter_map(|entry| {
        let path = entry.as_str().or_else(|| entry.get("path")?.as_str());
        path.map(str::to_owned)
    });
    paths.collect()
}

/// The lines in which an attribute begins that allows the lint, or a group that it belongs to.
fn lines_that_allow(code: &str) -> BTreeSet<usize> {
    let mut names = vec![LINT.to_owned()];
    names.extend(GROUPS.iter().map(|group| format!("clippy::{group}")));
    let mut found = BTreeSet::new();
    for name in names {
        for (at, _) in code.match_indices(&name) {
            let (before, rest) = code.split_at(at);
            // Of `clippy::allow_attributes` the beginning is no group.
            let rest = rest.strip_prefix(&name).unwrap_or(rest);
            let is_whole = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let start = before.rfind("#[").max(before.rfind("#![")).unwrap_or(at);
            let attribute = before.get(start..).unwrap_or_default();
            if is_whole && attribute.contains("allow(") {
                found.insert(
                    before
                        .get(..start)
                        .unwrap_or_default()
                        .matches('\n')
                        .count()
                        + 1,
                );
            }
        }
    }
    found
}

fn switched_off(place: String) -> Problem {
    Problem::new(
        place,
        format!("switches `clippy::{LINT}` off"),
        format!(
            "take tokio's clock or an argument; where people wait on the real clock, \
             `#[expect(clippy::{LINT}, reason = \"..\")]` on that one function"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    fn only(specimen: &Specimen) -> (String, String) {
        let mut found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        let Problem { place, what, .. } = found.remove(0);
        (place, what)
    }

    #[test]
    fn each_clock_that_clippy_would_let_pass_is_found() {
        for path in BANNED {
            let specimen = Specimen::new();
            specimen.replace("clippy.toml", &format!("\"{path}\""), "\"a::b\"");
            let what = format!("does not ban `{path}`");
            assert_eq!(only(&specimen), ("clippy.toml".into(), what));
        }
        let specimen = Specimen::new();
        specimen.remove("clippy.toml");
        assert_eq!(check(&specimen.load()).len(), BANNED.len());
    }

    #[test]
    fn a_second_list_is_found() {
        for path in ["crates/ticket-acme/clippy.toml", "crates/.clippy.toml"] {
            let specimen = Specimen::new();
            specimen.write(path, "");
            let what = "takes the place of the clippy.toml at the root";
            assert_eq!(only(&specimen), (path.into(), what.into()));
        }
    }

    #[test]
    fn a_lint_that_is_switched_off_is_found() {
        let what = "switches `clippy::disallowed_methods` off";
        let source = "crates/ticket-acme/src/wire.rs";
        for plant in [
            "#![allow(clippy::disallowed_methods)]\n",
            "#![allow(\n    clippy::all,\n    clippy::disallowed_methods\n)]\n",
            "#![allow(clippy::style)]\n",
            "#![cfg_attr(test, allow(clippy::all))]\n",
        ] {
            let specimen = Specimen::new();
            specimen.append(source, plant);
            assert_eq!(only(&specimen), (format!("{source}:2"), what.into()));
        }
        for lint in [
            "disallowed_methods = \"allow\"",
            "style = \"allow\"",
            "all = { level = \"allow\", priority = -1 }",
        ] {
            let specimen = Specimen::new();
            specimen.append(
                "Cargo.toml",
                &format!("\n[workspace.lints.clippy]\n{lint}\n"),
            );
            assert_eq!(
                only(&specimen),
                ("Cargo.toml".into(), what.into()),
                "{lint}"
            );
        }
    }

    #[test]
    fn other_lints_and_groups_may_be_switched_off() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-acme/src/wire.rs",
            "#![allow(clippy::allow_attributes, clippy::pedantic)]\n#![warn(clippy::all)]\n",
        );
        specimen.append("Cargo.toml", "\n[workspace.lints.clippy]\nall = \"deny\"\n");
        assert_eq!(check(&specimen.load()), []);
    }

    #[test]
    fn an_exception_with_a_reason_on_one_function_passes() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-acme/src/wire.rs",
            "#[expect(\n    clippy::disallowed_methods,\n    reason = \"a person waits\"\n)]\nfn now() {}\n",
        );
        assert_eq!(check(&specimen.load()), []);
    }
}
