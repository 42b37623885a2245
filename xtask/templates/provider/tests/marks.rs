//! Nothing is left of the guess that the new crate came with. Delete this file when it is green.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::fs;
use std::path::Path;

/// In two parts, or it would be found here.
const MARK: &str = concat!("To be", " done");

#[test]
fn crate_has_no_mark_of_the_guess() {
    let mut marks = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in ["Cargo.toml", "README.md", "src", "tests"] {
        find(&root.join(part), &mut marks);
    }
    assert!(
        marks.is_empty(),
        "to be held against the vendor's pages:\n{}",
        marks.join("\n")
    );
}

fn find(path: &Path, marks: &mut Vec<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            find(&entry.unwrap().path(), marks);
        }
        return;
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    for (number, line) in text.lines().enumerate() {
        if line.contains(MARK) {
            marks.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
        }
    }
}
