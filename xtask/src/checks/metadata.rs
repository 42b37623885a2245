//! Every crate takes the workspace's lints: without that line it would have none, and nothing would say so.
//!
//! `cargo package` checks that a published crate is complete; `cargo deny` checks licences.

use crate::workspace::{Crate, Workspace, entries};

/// Finds manifests without this line.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let takes_lints = |krate: &&Crate| {
        let mut lints = entries(&krate.manifest, "lints");
        lints.any(|(key, value)| key == "workspace" && value.as_bool() == Some(true))
    };
    let without = ws.crates.iter().filter(|krate| !takes_lints(krate));
    let without = without.map(Crate::manifest_path);
    without
        .map(|manifest| format!("{manifest}: does not take the workspace's lints"))
        .collect()
}
