//! The tables of the README are those of the code. With `UPDATE_TABLES` set they are written instead of
//! compared: `cargo xtask tables --write`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use ticket_core::call::RetryPolicy;
use ticket_core::{Effect, ErrorKind, Operation};

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

/// The decision as a table: kinds and effects that are treated alike share a row.
fn repeats() -> String {
    let decided = |kind: ErrorKind, effect: Effect| {
        let cells = Operation::ALL.iter();
        let cells =
            cells.map(|operation| RetryPolicy::repeats(kind, effect, operation.is_idempotent()));
        cells.collect::<Vec<_>>()
    };
    // By what is decided, and for which effects; most repeats first.
    let mut rows: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for &kind in ErrorKind::ALL {
        let [none, unknown] = EFFECTS.map(|effect| decided(kind, effect));
        let kind = format!("`{kind}`");
        if none == unknown {
            rows.entry((Reverse(none), "any")).or_default().push(kind);
        } else {
            rows.entry((Reverse(none), "none"))
                .or_default()
                .push(kind.clone());
            rows.entry((Reverse(unknown), "unknown"))
                .or_default()
                .push(kind);
        }
    }
    let names: Vec<_> = Operation::ALL
        .iter()
        .map(|operation| operation.as_str())
        .collect();
    let mut lines = vec![
        format!("| error | effect | {} |", names.join(" | ")),
        format!("|---|---|{}", "---|".repeat(names.len())),
    ];
    for ((Reverse(cells), effect), mut kinds) in rows {
        kinds.sort();
        let cells: Vec<_> = cells
            .into_iter()
            .map(|yes| if yes { "again" } else { "" })
            .collect();
        lines.push(format!(
            "| {} | {effect} | {} |",
            kinds.join(", "),
            cells.join(" | ")
        ));
    }
    lines.join("\n") + "\n"
}
