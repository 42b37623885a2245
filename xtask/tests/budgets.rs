//! How large the libraries may be. Raising a number is a decision: say why in the commit.

#![allow(
    clippy::unwrap_used,
    reason = "a failure here is a failed test, in helpers too"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates that `ticket-core` builds on, itself counted.
const CORE: usize = 34;
/// Crates from outside that the facade with one provider brings along.
const FACADE: usize = 95;
/// Crates that a provider brings along beyond a call by hand.
const BEYOND: usize = 9;
/// Operations of the trait `TicketProvider`, with `info`.
const METHODS: usize = 16;
/// Names at the root of `ticket-core`, modules aside.
const ROOT: usize = 25;

#[test]
fn libraries_bring_no_more_crates_than_allowed() {
    let core = crates(&tree("ticket-core", "")).len();
    assert!(core <= CORE, "ticket-core: {core} crates");
    for provider in [
        "leadsquared",
        "onecloud",
        "redmine",
        "rt",
        "sweeppea",
        "zendesk",
    ] {
        let found = outside(&tree("tickets", &format!("{provider},rustls"))).len();
        assert!(found <= FACADE, "tickets with {provider}: {found} crates");
        let tree = tree(&format!("ticket-{provider}"), "rustls");
        let found = outside(&tree).difference(&by_hand(&tree)).count();
        assert!(
            found <= BEYOND,
            "ticket-{provider}: {found} crates beyond a call by hand"
        );
    }
}

#[test]
fn trait_has_no_more_methods_than_allowed() {
    let text = std::fs::read_to_string(root().join("api/ticket-core.txt")).unwrap();
    let methods = text.lines().filter(|line| line.starts_with("pub fn "));
    let methods = methods
        .filter(|line| line.contains("::TicketProvider::"))
        .count();
    assert!((1..=METHODS).contains(&methods), "{methods}");
}

#[test]
fn root_of_the_core_has_no_more_names_than_allowed() {
    let text = std::fs::read_to_string(root().join("api/ticket-core.txt")).unwrap();
    let at_root = text.lines().filter_map(|line| {
        let line = line.strip_prefix("#[non_exhaustive] ").unwrap_or(line);
        let (path, kind) = ["struct", "enum", "trait", "fn", "use", "type", "async fn"]
            .iter()
            .find_map(|kind| Some((line.strip_prefix(&format!("pub {kind} "))?, kind)))?;
        let name = path.strip_prefix("ticket_core::")?;
        let name = name
            .split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
            .next()?;
        (*kind == "use" || !name.contains("::")).then_some(name)
    });
    let names: BTreeSet<_> = at_root.filter(|name| !name.contains("::")).collect();
    assert!(
        (1..=ROOT).contains(&names.len()),
        "{}: {names:?}",
        names.len()
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a crate builds on, one line each: its depth, and what it is. On one platform, so that everybody counts the same.
fn tree(package: &str, features: &str) -> String {
    let line = format!(
        "tree --locked --package {package} --no-default-features --features={features} --edges normal --no-dedupe \
         --prefix depth --format=_{{p}} --target x86_64-unknown-linux-gnu"
    );
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo
        .args(line.split_whitespace())
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The depth of a line, and the name and version there.
fn parts(line: &str) -> (usize, String) {
    let (depth, package) = line.split_once('_').unwrap();
    let words: Vec<&str> = package.split(' ').take(2).collect();
    (depth.parse().unwrap(), words.join(" "))
}

fn crates(tree: &str) -> BTreeSet<String> {
    tree.lines().map(|line| parts(line).1).collect()
}

/// Those that are not ours.
fn outside(tree: &str) -> BTreeSet<String> {
    let ours = |name: &String| name.starts_with("tickets ") || name.starts_with("ticket-");
    crates(tree)
        .into_iter()
        .filter(|name| !ours(name))
        .collect()
}

/// What a call by hand needs too: reqwest with the same features, and serde with JSON.
fn by_hand(tree: &str) -> BTreeSet<String> {
    let (mut found, mut top) = (BTreeSet::new(), None);
    for (depth, name) in tree.lines().map(parts) {
        top = top.filter(|top| depth > *top);
        let is_root = ["reqwest ", "serde ", "serde_json "]
            .iter()
            .any(|root| name.starts_with(root));
        if top.is_some() || is_root {
            top = top.or(Some(depth));
            found.insert(name);
        }
    }
    found
}
