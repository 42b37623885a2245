//! Every crate takes the workspace's lints: without that line it would have none, and nothing would say so.
//!
//! `cargo package` checks that a published crate is complete; `cargo deny` checks licences.

use crate::workspace::Workspace;

/// Finds manifests without this line.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let takes_lints = |manifest: &toml::Table| {
        let lints = manifest.get("lints");
        lints.and_then(|lints| lints.get("workspace")?.as_bool()) == Some(true)
    };
    let crates = ws.crates.iter();
    crates
        .filter(|krate| !takes_lints(&krate.manifest))
        .map(|krate| {
            let manifest = krate.manifest_path();
            format!("{manifest}: does not take the workspace's lints")
        })
        .collect()
}
