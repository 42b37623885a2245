//! What the command prints, how it exits and what it sends, word for word: one file per command line in the
//! folder of the same name.
//!
//! A change that is meant is written with `UPDATE_EXPECT=1 cargo test -p ticket-cli --test main golden` and read in the
//! difference. Not for promises, which the other tests here state one by one: this one only notices.
//!
//! On Linux with glibc alone, where the files were recorded: the system's own error texts are part of what is printed.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod case;
#[allow(clippy::too_many_lines, reason = "they are tables")]
mod cases;
mod record;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use case::Case;

/// Where the files are.
fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"))
}

/// Runs each case and compares it with its file; all of them, so that one run shows every difference.
fn compare(cases: &[Case]) {
    let mut differing = Vec::new();
    for case in cases {
        let found = record::of(case);
        let file = folder().join(format!("{}.txt", case.name));
        let file = expect_test::expect_file![file];
        if catch_unwind(AssertUnwindSafe(|| file.assert_eq(&found))).is_err() {
            differing.push(case.name);
        }
    }
    assert!(
        differing.is_empty(),
        "{} of {} command lines no longer do what their files in tests/golden say: {}\n\
         If that is meant: UPDATE_EXPECT=1 cargo test -p ticket-cli --test main golden, and read the difference.",
        differing.len(),
        cases.len(),
        differing.join(", ")
    );
}

#[test]
fn help_version_providers_and_sandbox_are_as_recorded() {
    compare(&cases::showing());
}

#[test]
fn get_list_and_messages_are_as_recorded() {
    compare(&cases::reading());
}

#[test]
fn view_is_as_recorded() {
    compare(&cases::viewing());
}

#[test]
fn create_update_and_comment_are_as_recorded() {
    compare(&cases::changing());
}

#[test]
fn delete_is_as_recorded() {
    compare(&cases::deleting());
}

#[test]
fn resolve_is_as_recorded() {
    compare(&cases::resolving());
}

#[test]
fn dry_run_plan_from_and_remaining_are_as_recorded() {
    compare(&cases::listing());
}

#[test]
fn find_and_erase_are_as_recorded() {
    compare(&cases::finding());
}

#[test]
fn usage_errors_are_as_recorded() {
    compare(&cases::usage());
}

#[test]
fn configuration_errors_are_as_recorded() {
    compare(&cases::configuration());
}

#[test]
fn faults_of_single_calls_are_as_recorded() {
    compare(&cases::single_faults());
}

#[test]
fn faults_of_bulk_changes_are_as_recorded() {
    compare(&cases::bulk_faults());
}

#[test]
fn each_case_has_a_name_of_its_own_and_each_file_a_case() {
    let all = cases::all();
    let names: BTreeSet<String> = all
        .iter()
        .map(|case| format!("{}.txt", case.name))
        .collect();
    assert_eq!(names.len(), all.len(), "two cases have the same name");
    let entries = std::fs::read_dir(folder()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let orphans: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| !names.contains(name))
        .collect();
    assert!(
        orphans.is_empty(),
        "no case has these files in tests/golden; delete them: {orphans:?}"
    );
}
