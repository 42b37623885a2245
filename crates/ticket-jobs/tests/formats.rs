//! Reports and archives of each version of their formats are read as they were written, and newer ones are refused.
//! `docs/formats.md` says what may change. Ledgers, plans and approvals have their own tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use ticket_core::{Change, TicketId};
use ticket_jobs::archive::Archive;
use ticket_jobs::report::{Mode, ReportFolder};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(name)
}

/// A copy of a fixture that is a folder.
fn copy(name: &str) -> TempDir {
    fn copy_into(from: &Path, to: &Path) {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let copy = to.join(path.file_name().unwrap());
            if path.is_dir() {
                fs::create_dir(&copy).unwrap();
                copy_into(&path, &copy);
            } else {
                fs::copy(&path, &copy).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy_into(&fixture(name), folder.path());
    folder
}

/// Replaces text in a file of a report, which has it, and its digest in `SHA256SUMS`.
fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    let sums = folder.join("SHA256SUMS");
    // The refusal names the digest of what is there.
    let error = ReportFolder::open(folder).unwrap_err().to_string();
    let Some((_, after)) = error.split_once("its SHA-256 is ") else {
        // It is refused for what it says.
        return;
    };
    let found = after.split(',').next().unwrap().to_owned();
    let lines = fs::read_to_string(&sums).unwrap();
    let lines = lines.lines().map(|line| {
        let is_file = line.ends_with(&format!("  {name}"));
        if is_file {
            format!("{found}  {name}\n")
        } else {
            format!("{line}\n")
        }
    });
    fs::write(&sums, lines.collect::<String>()).unwrap();
}

#[test]
fn report_of_version_1_is_read_as_it_was_written() {
    let report = ReportFolder::open(&fixture("report-1")).unwrap();
    let facts = report.report();
    assert_eq!((facts.version, &facts.job.change), (1, &Change::Delete));
    assert!(!report.is_signed());
    let claimed: Vec<_> = report.claimed().map(|account| &*account.name).collect();
    let rows: Vec<_> = report.rows().unwrap().map(Result::unwrap).collect();
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for row in &rows {
        assert!(claimed.contains(&&*row.reference().unwrap().account));
        if row.repeats.is_none() {
            *outcomes.entry(row.outcome.clone()).or_default() += 1;
        }
    }
    assert_eq!(outcomes, facts.outcomes);
    let deleted = rows.iter().find(|row| row.outcome == "deleted").unwrap();
    assert_eq!(deleted.claim(&facts.job.change), Some(Change::Delete));
    assert!(rows.iter().any(|row| row.mode == Some(Mode::Trash)));
    let failed = rows.iter().find(|row| row.outcome == "failed").unwrap();
    assert_eq!(failed.claim(&facts.job.change), None);
    assert!(failed.kind.is_some() && failed.message.is_some());
}

#[test]
fn report_with_further_fields_and_files_is_read() {
    let folder = copy("report-1");
    let path = folder.path();
    let right = ReportFolder::open(path).unwrap().rows().unwrap().count();
    edit(
        path,
        "report.json",
        "\"made_at\":",
        "\"new\": [1], \"made_at\":",
    );
    edit(
        path,
        "outcomes.ndjson",
        "{\"place\":",
        "{\"new\":[1],\"place\":",
    );
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    fs::write(path.join("new.txt"), "").unwrap();
    let sums = fs::read_to_string(path.join("SHA256SUMS")).unwrap();
    fs::write(path.join("SHA256SUMS"), format!("{sums}{empty}  new.txt\n")).unwrap();
    let rows = ReportFolder::open(path).unwrap().rows().unwrap();
    assert_eq!(rows.map(Result::unwrap).count(), right);
    fs::remove_file(path.join("new.txt")).unwrap();
    let error = ReportFolder::open(path).unwrap_err().to_string();
    assert!(error.contains("new.txt is missing"), "{error}");
}

#[test]
fn report_of_a_newer_version_is_refused_and_its_rows_are_not_guessed() {
    let folder = copy("report-1");
    edit(
        folder.path(),
        "report.json",
        "\"version\": 1",
        "\"version\": 2",
    );
    let error = ReportFolder::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("has version 2 of its format"), "{error}");

    let folder = copy("report-1");
    edit(
        folder.path(),
        "outcomes.ndjson",
        "{\"place\":",
        "{\"plaice\":",
    );
    let mut rows = ReportFolder::open(folder.path()).unwrap().rows().unwrap();
    let error = rows.next().unwrap().unwrap_err().to_string();
    assert!(error.contains("outcomes.ndjson, line 1"), "{error}");
    assert!(rows.next().is_none());
}

#[test]
fn path_that_is_no_report_is_told_from_one() {
    let report = fixture("report-1");
    assert_eq!(ReportFolder::find(&report), Some(report.clone()));
    for name in ["outcomes.ndjson", "report.json", "outcomes.csv"] {
        assert_eq!(ReportFolder::find(&report.join(name)), Some(report.clone()));
    }
    for other in [fixture(""), fixture("plan-1.json"), report.join("none")] {
        assert_eq!(ReportFolder::find(&other), None);
        let error = ReportFolder::open(&other).unwrap_err().to_string();
        assert!(error.contains("is not the report of a job"), "{error}");
    }
}

#[test]
fn archive_of_version_1_is_read_as_it_was_written() {
    let folder = copy("archive-1");
    let archive = Archive::read(folder.path()).unwrap();
    let mut wrong = Vec::new();
    archive.verify(|one| wrong.push(one)).unwrap();
    assert_eq!(wrong, []);
    let entries: Vec<_> = archive.entries().map(Result::unwrap).collect();
    let [archived] = entries.as_slice() else {
        panic!("{entries:?}");
    };
    let entry = &archived.entry;
    assert_eq!((&*entry.account, &*entry.provider), ("rt", "rt"));
    assert!(archive.find("rt", &entry.id).unwrap().is_some());
    let other: TicketId = "0".into();
    assert!(archive.find("rt", &other).unwrap().is_none());
    assert_eq!(entry.messages, Some(1));
    let files = entry.attachments.as_deref().unwrap();
    let [file] = files else {
        panic!("{files:?}");
    };
    let kept = folder
        .path()
        .join("files")
        .join(file.sha256.as_deref().unwrap());
    assert_eq!(fs::read_to_string(kept).unwrap(), "what happened\n");

    let mark = folder.path().join("archive.json");
    let newer = fs::read_to_string(&mark).unwrap().replace(":1}", ":2}");
    fs::write(&mark, newer).unwrap();
    let error = Archive::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("newer version"), "{error}");
}
