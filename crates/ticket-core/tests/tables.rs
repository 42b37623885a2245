//! The tables of the README are those of the code. With `UPDATE_TABLES` set they are written instead of
//! compared: `cargo xtask tables --write`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ticket_core::call::RetryPolicy;
use ticket_core::provider::{Capabilities, Request};
use ticket_core::{DeleteTarget, Effect, ErrorKind, Operation, ProviderInfo};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const EFFECTS: [Effect; 2] = [Effect::None, Effect::Unknown];

#[test]
fn the_tables_of_the_readme_are_those_of_the_code() {
    let readme = std::fs::read_to_string(README).unwrap();
    let mut right = readme.clone();
    for (name, table) in [("errors", errors()), ("repeats", repeats())] {
        let begin = format!("<!-- generated: {name} -->\n");
        let (before, rest) = right.split_once(&begin).unwrap();
        let (_, after) = rest.split_once("<!-- end generated -->").unwrap();
        right = format!("{before}{begin}{table}<!-- end generated -->{after}");
    }
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(README, right).unwrap();
    } else {
        assert_eq!(readme, right, "`cargo xtask tables --write` fixes this");
    }
}

/// The kinds with what their own docs say, which so have one place to be written in.
fn errors() -> String {
    let mut table = "| kind | in Rust | meaning | transient |\n|---|---|---|---|\n".to_owned();
    for kind in ErrorKind::ALL {
        let transient = if kind.is_transient() { "yes" } else { "" };
        let variant = format!("{kind:?}");
        let meaning = meaning(&variant);
        writeln!(
            table,
            "| `{kind}` | `{variant}` | {meaning} | {transient} |"
        )
        .unwrap();
    }
    table
}

/// The docs of a variant, without links: the table stands in places where they lead nowhere.
fn meaning(variant: &str) -> String {
    let source = include_str!("../src/provider/error/kind.rs");
    let (_, body) = source.split_once("pub enum ErrorKind {").unwrap();
    let mut docs = Vec::new();
    for line in body.lines().map(str::trim) {
        match line.strip_prefix("///") {
            Some(doc) => docs.push(doc.trim()),
            None if line == format!("{variant},") => break,
            None => docs.clear(),
        }
    }
    assert!(!docs.is_empty(), "{variant} says nothing");
    let mut text = docs.join(" ").replace("[`", "`").replace("`]", "`");
    while let Some((before, rest)) = text.split_once("`(") {
        let (_, after) = rest.split_once(')').unwrap();
        text = format!("{before}`{after}");
    }
    text
}

/// The decision as a table: operations that are treated alike share a row.
fn repeats() -> String {
    let mut rows: Vec<([&str; 3], Vec<String>)> = Vec::new();
    for &operation in Operation::ALL {
        let [none, unknown] = EFFECTS.map(|effect| decided(operation, true, effect));
        let other = EFFECTS.map(|effect| decided(operation, false, effect));
        assert_eq!(other[0], other[1], "{operation}");
        let cells = [none, unknown, other[0]];
        let name = format!("`{operation}`");
        match rows.iter_mut().find(|(known, _)| *known == cells) {
            Some((_, names)) => names.push(name),
            None => rows.push((cells, vec![name])),
        }
    }
    let mut table = "| Operation | transient error, effect none | transient error, effect unknown | any other error |\n\
                     |---|---|---|---|\n"
        .to_owned();
    for ([none, unknown, other], names) in rows {
        let names = names.join(", ");
        writeln!(table, "| {names} | {none} | {unknown} | {other} |").unwrap();
    }
    table
}

/// Whether the operation is repeated after an error of this effect that is transient, or not: the same for all such kinds.
fn decided(operation: Operation, transient: bool, effect: Effect) -> &'static str {
    let target = DeleteTarget::new("1");
    let (plain, safe) = match operation {
        // The only one of which the provider decides.
        Operation::Delete => {
            let request = Request::Delete(std::slice::from_ref(&target));
            let info = || ProviderInfo::new("a", "A", Capabilities::none().delete(1));
            (
                info().may_repeat(&request),
                info().never_reuses_ids().may_repeat(&request),
            )
        }
        other => (other.is_idempotent(), other.is_idempotent()),
    };
    let kinds = ErrorKind::ALL.iter();
    let kinds = kinds.filter(|kind| kind.is_transient() == transient);
    let each = |may_repeat| {
        let decisions: BTreeSet<_> = kinds
            .clone()
            .map(|kind| RetryPolicy::repeats(*kind, effect, may_repeat))
            .collect();
        assert_eq!(decisions.len(), 1, "{operation}");
        decisions.contains(&true)
    };
    match (each(plain), each(safe)) {
        (true, true) => "repeated",
        (false, true) => "repeated if ids are never given out again",
        _ => "",
    }
}
