//! The promises of `SECURITY.md` are held by tests that exist.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::path::Path;

/// The tests that a text names, as `path below crates/` and name.
fn named(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|quoted| quoted.split_once("::"))
        .filter(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// Whether a Rust source has a test of this name.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim_start).collect();
    let head = format!("fn {name}(");
    lines.iter().enumerate().any(|(number, line)| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let mut before = lines.iter().take(number).rev();
        line.starts_with(&head)
            && before
                .by_ref()
                .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
                .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn every_promise_is_held_by_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Ok(text) = std::fs::read_to_string(root.join("SECURITY.md")) else {
        // A published crate comes without the workspace's files.
        assert!(!root.join("xtask").exists());
        return;
    };
    let is_promise = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| Promise ") && !line.starts_with("|---")
    };
    let promises: Vec<_> = text.lines().filter(is_promise).collect();
    assert!(promises.len() >= 15, "{}", promises.len());
    for promise in promises {
        let tests = named(promise);
        assert!(!tests.is_empty(), "no test holds: {promise}");
        for (path, name) in tests {
            let source = std::fs::read_to_string(root.join("crates").join(path));
            let source = source.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(
                has_test(&source, name),
                "SECURITY.md names {path}::{name}, and there is no such test"
            );
        }
    }
}

#[test]
fn a_test_that_is_none_is_not_found() {
    let source = "#[tokio::test]\nasync fn good() {}\nfn helper() {}\n// #[test]\nfn odd() {}\n";
    assert!(has_test(source, "good"));
    assert!(!has_test(source, "goo") && !has_test(source, "helper") && !has_test(source, "odd"));
    let text = "`a/b.rs::c` and `x::y`, `d.rs`";
    assert_eq!(named(text), [("a/b.rs", "c")]);
}
