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
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;
use ticket_core::{Change, ErrorKind, Operation, Outcome, TicketId};
use ticket_jobs::{
    Claim, Clock, JobAccount, JobState, Ledger, Listed, NewCall, NewJob, SqliteLedger, Step, Which,
    Work,
};

const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

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

/// A ledger of each version is kept as it was written. `UPDATE_EXPECT=1` writes the one of the newest version anew.
#[tokio::test]
async fn ledger_of_each_version_opens_and_goes_on() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let folder = folder();
        let path = folder.path().join("jobs.db");
        write_fixture(&path).await;
        fs::copy(&path, fixtures.join("ledger-1.db")).unwrap();
    }
    let mut versions = 0;
    for entry in fs::read_dir(&fixtures).unwrap() {
        let fixture = entry.unwrap().path();
        let folder = folder();
        let path = folder.path().join("jobs.db");
        fs::copy(&fixture, &path).unwrap();
        set_mode(&path, 0o600);
        reads_and_goes_on(&path).await;
        versions += 1;
    }
    assert_eq!(versions, 1);
}

/// Jobs in several states: loading, completed, and two of a worker that never came back.
async fn write_fixture(path: &Path) {
    let ledger = SqliteLedger::open_with_clock(path, Clock::new(|| START)).unwrap();
    for state in ["loading", "completed", "ready", "cancelling"] {
        let job = ledger
            .create(NewJob::new(Change::Delete).created_by(state))
            .await
            .unwrap();
        let listed = [(0, "1"), (1, "2"), (2, "1"), (3, "3")].map(|(seq, id)| Listed {
            seq,
            account: "shop".to_owned(),
            id: id.into(),
            version: None,
        });
        ledger.add(&job, listed.to_vec()).await.unwrap();
        if state == "loading" {
            continue;
        }
        let accounts = vec![JobAccount::new("shop", "onecloud/shop", 9)];
        ledger.seal(&job, accounts, None).await.unwrap();
        let worker = ledger.begin(&job).await.unwrap();
        ledger.claim(worker, "shop").await.unwrap();
        let call = NewCall {
            account: "onecloud/shop".to_owned(),
            limits: Vec::new(),
            operation: Operation::Delete,
            requests: 1,
            tickets: vec![TicketId::new("3")],
            longest: Duration::from_secs(30),
            work: Some(Work {
                job: job.clone(),
                worker,
                account: "shop".to_owned(),
            }),
        };
        ledger.take(call).await.unwrap();
        let mut outcomes = vec![(0, Outcome::Done)];
        if state == "completed" {
            let error = ticket_core::Error::new(ErrorKind::Conflict, "locked").with_status(409);
            outcomes.extend([(1, Outcome::Failed(error)), (3, Outcome::AlreadyDone)]);
        }
        ledger.settle(worker, outcomes).await.unwrap();
        if state == "cancelling" {
            ledger.steer(&job, Step::Cancel).await.unwrap();
        }
    }
}

async fn reads_and_goes_on(path: &Path) {
    let later = START + Duration::from_secs(3600);
    let ledger = SqliteLedger::open_with_clock(path, Clock::new(move || later)).unwrap();
    let jobs = ledger.jobs().await.unwrap();
    let states: Vec<_> = jobs.iter().map(|job| job.state).collect();
    let expected = [
        JobState::Cancelling,
        JobState::Ready,
        JobState::Completed,
        JobState::Loading,
    ];
    assert_eq!(states, expected);
    for job in &jobs {
        assert_eq!(ledger.verify(&job.id).await.unwrap(), Vec::<String>::new());
        assert_eq!((job.workers, job.change.clone()), (0, Change::Delete));
        let named = ledger
            .tickets(&job.id, Which::Named, None, 9)
            .await
            .unwrap();
        assert_eq!(named.len(), 4);
    }
    let named = ledger
        .tickets(&jobs[2].id, Which::Named, Some(0), 9)
        .await
        .unwrap();
    let told = |index: usize| named[index].outcome.as_ref().unwrap();
    assert_eq!(told(0).error().unwrap().status(), Some(409));
    assert_eq!((named[1].repeats, told(1).as_str()), (Some(0), "done"));
    // The worker of the first two is lost: what it had comes to another, with its doubt.
    for (job, open) in [(&jobs[0], 1), (&jobs[1], 2)] {
        let worker = ledger.begin(&job.id).await.unwrap();
        let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() else {
            panic!("nothing to claim");
        };
        assert_eq!(claimed.len(), open);
        let last = claimed.last().unwrap();
        assert_eq!((last.seq, last.in_doubt), (3, Some(Duration::ZERO)));
        let outcomes = claimed.iter().map(|ticket| (ticket.seq, Outcome::Done));
        ledger.settle(worker, outcomes.collect()).await.unwrap();
        assert!(ledger.job(&job.id).await.unwrap().state.is_over());
        assert_eq!(ledger.verify(&job.id).await.unwrap(), Vec::<String>::new());
    }
}
