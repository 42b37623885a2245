//! What every manifest must contain, so that settings in the root manifest apply to all crates.
//!
//! `cargo package` checks that a published crate is complete; `cargo deny` checks licences of dependencies.

use toml::{Table, Value};

use crate::workspace::{Role, Workspace};

/// The fields that each crate inherits from `[workspace.package]`. A published crate inherits all of them.
const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

/// Finds manifests that do not inherit these fields.
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
            // Crates above the facade may need a later compiler.
            let is_above = matches!(krate.role, Role::Jobs | Role::Store | Role::Cli | Role::Bench);
            let is_free = is_above && *name == "rust-version";
            if !is_free && !is_inherited(field(name)) {
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
