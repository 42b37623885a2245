//! `tickets schema` is true: what commands print for programs keeps to it, and each command that prints records has one.

#![cfg(unix)]
mod schemas;
mod story;

use std::collections::BTreeSet;
use std::path::Path;

use crate::common::{command, execute, json};
use schemas::{Printed, Schemas};
use serde_json::json;

/// Commands that print no records, and what they print.
const NO_RECORDS: &[(&str, &str)] = &[
    ("completions", "a script"),
    ("man", "pages, into files"),
    ("schema", "schemas"),
    ("job export", "a plan, a format of its own"),
    ("job approve", "an approval, a format of its own"),
    ("job identifiers", "the table that it is given"),
    ("worker", "what it does, on stderr"),
];

/// Records that no test of this file brings about: they need a ledger that contradicts itself.
const NOT_SEEN: &[&str] = &["job-contradiction"];

#[tokio::test(flavor = "multi_thread")]
async fn each_record_keeps_to_a_schema_and_each_schema_is_of_a_record() {
    let schemas = Schemas::load();
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for printed in recorded().into_iter().chain(story::all().await) {
        schemas.check(&printed, &mut seen, &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let unseen: Vec<_> = schemas
        .names()
        .filter(|name| !seen.contains(*name) && !NOT_SEEN.contains(name))
        .collect();
    assert!(
        unseen.is_empty(),
        "nothing was printed for these: {unseen:?}"
    );
}

/// What the files in tests/golden hold.
fn recorded() -> Vec<Printed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            all.extend(Printed::recorded(&std::fs::read_to_string(path).unwrap()));
        }
    }
    assert!(all.len() > 30, "{}", all.len());
    all
}

#[test]
fn each_command_has_a_schema_or_prints_no_records() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    assert_eq!(execute(&mut command(&["man", "--to", to])).code, 0);
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let pages: Vec<String> = entries
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    let names = pages
        .iter()
        .filter_map(|page| page.strip_prefix("tickets-")?.strip_suffix(".1"));
    let names: BTreeSet<String> = names.map(|name| name.replace('-', " ")).collect();
    let has_commands = |name: &String| {
        names
            .iter()
            .any(|other| other.starts_with(&format!("{name} ")))
    };
    let commands: BTreeSet<&str> = names
        .iter()
        .filter(|name| !has_commands(name))
        .map(String::as_str)
        .collect();

    let mut described = Schemas::load().commands();
    described.extend(NO_RECORDS.iter().map(|(name, _)| (*name).to_owned()));
    let described: BTreeSet<&str> = described.iter().map(String::as_str).collect();
    assert_eq!(described, commands);
}

#[test]
fn schema_of_one_record_stands_alone_and_tells_right_from_wrong() {
    let run = execute(&mut command(&["schema", "outcome"]));
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let schemas = Schemas::of(json(&run.stdout));
    let error = json!({ "kind": "timeout", "effect": "unknown", "message": "x", "status": null, "retry_after_s": 3 });
    let mut row = json!({ "schema": 1, "ticket": "rt:1", "outcome": "unknown", "error": error });
    assert_eq!(schemas.fault_of(&row, "outcome"), None);
    row["error"]["status"] = "none".into();
    assert!(schemas.fault_of(&row, "outcome").is_some());
    // A program that knows this schema must be able to read what a later version prints.
    let later = json!({ "schema": 1, "ticket": "rt:1", "outcome": "deleted", "later": 1 });
    let published = Schemas::published(json(&run.stdout));
    assert_eq!(published.fault_of(&later, "outcome"), None);
    // The tests do not accept what no schema tells.
    assert!(schemas.fault_of(&later, "outcome").is_some());
}

#[test]
fn unknown_record_is_refused_with_the_names_of_all() {
    for name in ["tickets", "person", ""] {
        let run = execute(&mut command(&["schema", name]));
        assert_eq!((run.code, &*run.stdout), (2, ""));
        assert!(run.stderr.contains("conversation, created"), "{run:?}");
    }
}
