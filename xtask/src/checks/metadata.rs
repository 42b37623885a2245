//! What every manifest has to say, so that one line at the root holds for all crates.
//!
//! That a published crate is complete is `cargo package`'s work, licences of others are `cargo deny`'s.

use toml::{Table, Value};

use crate::workspace::{Role, Workspace};

/// What each crate takes from `[workspace.package]`. A published one takes all that stands there.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

/// Refuses a manifest that goes its own way.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let root = ws.files.get("Cargo.toml").map_or("", String::as_str);
    let root: Table = toml::from_str(root).unwrap_or_default();
    let shared = root
        .get("workspace")
        .and_then(|workspace| workspace.get("package"));
    let shared = shared.and_then(Value::as_table).into_iter().flatten();
    let shared: Vec<&str> = shared.map(|(field, _)| field.as_str()).collect();
    let mut problems = Vec::new();
    for krate in &ws.crates {
        let manifest = krate.manifest_path();
        let package = krate.manifest.get("package");
        let field = |name: &str| package.and_then(|package| package.get(name));
        for name in if krate.is_published() {
            &shared
        } else {
            INHERITED
        } {
            if !is_inherited(field(name)) {
                problems.push(format!("{manifest}: `{name}` is not the workspace's"));
            }
        }
        let description = field("description").and_then(Value::as_str);
        if description.is_none_or(|text| text.trim().is_empty()) {
            problems.push(format!("{manifest}: has no description"));
        }
        if !is_inherited(krate.manifest.get("lints")) {
            problems.push(format!("{manifest}: does not take the workspace's lints"));
        }
        if krate.role == Role::Example && krate.is_published() {
            problems.push(format!("{manifest}: is an example and would be published"));
        }
    }
    problems
}

/// Whether a field is `{ workspace = true }`.
fn is_inherited(field: Option<&Value>) -> bool {
    field.and_then(|field| field.get("workspace")?.as_bool()) == Some(true)
}
