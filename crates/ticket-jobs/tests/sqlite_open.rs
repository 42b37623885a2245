//! What opens as a ledger in a SQLite file, what is refused, and with which words.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]
#![cfg(all(feature = "sqlite", target_os = "linux"))]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;
use ticket_core::{Change, ErrorKind};
use ticket_jobs::{Ledger, NewJob, SqliteLedger};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The words with which a ledger is refused.
#[track_caller]
fn refused(path: &Path) -> String {
    let error = SqliteLedger::open(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

#[tokio::test]
async fn new_ledger_is_its_owners_alone() {
    let folder = folder();
    let path = folder.path().join("state/tickets/jobs.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    ledger.discard(&job).await.unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["jobs.db", "jobs.db-wal", "jobs.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

#[test]
fn file_that_others_can_read_is_refused_until_the_told_command_was_run() {
    let folder = folder();
    let path = folder.path().join("Ada's state/jobs.db");
    drop(SqliteLedger::open(&path).unwrap());
    set_mode(&path, 0o640);
    let words = refused(&path);
    let (_, command) = words.split_once("run: ").unwrap();
    let run = std::process::Command::new("sh")
        .arg("-c")
        .arg(command)
        .status();
    assert!(run.unwrap().success(), "{command}");
    SqliteLedger::open(&path).unwrap();
}

#[test]
fn folder_that_others_can_write_is_refused() {
    let folder = folder();
    set_mode(folder.path(), 0o777);
    let path = folder.path().join("jobs.db");
    let words = refused(&path);
    assert!(words.contains("run: chmod go-w "), "{words}");
    assert!(!path.exists());
    set_mode(folder.path(), 0o1777);
    let words = refused(&path);
    assert!(words.contains("in a folder of your own"), "{words}");
}

#[tokio::test]
async fn ledger_that_a_link_names_is_the_one_that_the_link_leads_to() {
    let folder = folder();
    let path = folder.path().join("here/jobs.db");
    let link = folder.path().join("there.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    ledger.close_list(&job).await.unwrap();
    ledger.seal(&job, vec![], None).await.unwrap();
    ledger.begin(&job).await.unwrap();

    let other = SqliteLedger::open(&link).unwrap();
    assert_eq!(other.path(), fs::canonicalize(&path).unwrap());
    // Its workers are known to be alive, and no files of another folder say otherwise.
    other.begin(&job).await.unwrap();
    assert_eq!(other.job(&job).await.unwrap().workers, 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    drop((ledger, other));

    // The folder that counts is that of the file.
    set_mode(&folder.path().join("here"), 0o777);
    let words = refused(&link);
    assert!(words.contains("run: chmod go-w "), "{words}");
}

#[test]
fn file_that_is_no_ledger_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "Call the customer back. ".repeat(99)).unwrap();
    set_mode(&path, 0o600);
    let before = fs::read(&path).unwrap();
    let words = refused(&path);
    assert!(words.contains("is not a ledger"), "{words}");
    assert_eq!(fs::read(&path).unwrap(), before);

    let path = folder.path().join("other.db");
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE customer (name TEXT)")
        .unwrap();
    drop(other);
    set_mode(&path, 0o600);
    let before = fs::read(&path).unwrap();
    let words = refused(&path);
    assert!(words.contains("is not a ledger"), "{words}");
    assert_eq!(fs::read(&path).unwrap(), before);

    let path = folder.path().join("folder");
    fs::create_dir(&path).unwrap();
    let words = refused(&path);
    assert!(words.contains("is not a ledger"), "{words}");
}

#[test]
fn ledger_of_a_newer_version_is_refused() {
    let folder = folder();
    let path = folder.path().join("jobs.db");
    drop(SqliteLedger::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection
        .execute("UPDATE store SET schema_version = 99", [])
        .unwrap();
    let words = refused(&path);
    assert!(
        words.contains("was written by a newer version of tickets"),
        "{words}"
    );
}

#[test]
fn place_that_cannot_be_written_is_refused() {
    let words = refused(Path::new("/sys/jobs.db"));
    assert!(
        words.contains("cannot be written: its folder is read-only"),
        "{words}"
    );
    let folder = folder();
    fs::write(folder.path().join("file"), "").unwrap();
    let words = refused(&folder.path().join("file/jobs.db"));
    assert!(
        words.contains("a part of its path is not a folder"),
        "{words}"
    );
}

#[tokio::test]
async fn temporary_ledger_is_removed_when_it_is_dropped() {
    let ledger = SqliteLedger::temporary().unwrap();
    let path = ledger.path().to_owned();
    let job = ledger.create(NewJob::new(Change::Resolve)).await.unwrap();
    assert_eq!(ledger.job(&job).await.unwrap().change, Change::Resolve);
    assert!(path.exists());
    drop(ledger);
    assert!(!path.parent().unwrap().exists());
}
