//! The report of a job: its files agree with each other and with the ledger, say what is not proven, and run nothing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod erasure;
mod folder;
mod job;
mod left;
mod quota;
mod schemas;
mod trash;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use job::{FORMULA, LOST, SCRIPT, Story, TURNED, lines, options};
use serde_json::{Value, json};
use ticket_core::{ErrorKind, Operation, Outcome};
use ticket_jobs::report::{Options, Report, TicketRow, write};
use ticket_jobs::{Ledger as _, MemoryLedger, NewJob};

/// Writes the report of a job. Returns its files.
async fn report(story: &Story, options: &Options) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report");
    write(&story.ledger, &story.job, &to, options)
        .await
        .unwrap();
    files(&to)
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).unwrap().map(|file| {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        (name, fs::read_to_string(file.path()).unwrap())
    });
    files.collect()
}

fn json_of(files: &BTreeMap<String, String>) -> Value {
    serde_json::from_str(&files["report.json"]).unwrap()
}

fn rows(files: &BTreeMap<String, String>) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(files["outcomes.csv"].as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Whether a program is there. Without it a test ends, and says so; in CI it fails.
fn is_there(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let is_there = command.status().is_ok();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(is_there || !in_ci, "{program} is missing");
    if !is_there {
        println!("skipped: there is no {program}");
    }
    is_there
}

#[tokio::test]
async fn numbers_of_all_files_are_those_of_the_ledger() {
    let story = Story::ended().await;
    let files = report(&story, &options()).await;
    let expected = json!({
        "deleted": 2, "already_gone": 1, "not_found": 1, "failed": 1, "unknown": 1, "unattempted": 1,
    });
    let report = json_of(&files);
    assert_eq!(report["outcomes"], expected);
    let tickets = json!({"distinct": 7, "repeated": 1, "decided": 7, "archived": 0});
    assert_eq!(report["tickets"], tickets);
    assert_eq!(report["accounts"][0]["outcomes"]["deleted"], 1);
    assert_eq!(report["accounts"][1]["outcomes"]["deleted"], 1);

    let count = |outcomes: &mut dyn Iterator<Item = String>| {
        let mut counts = BTreeMap::<String, u64>::new();
        outcomes.for_each(|outcome| *counts.entry(outcome).or_default() += 1);
        json!(counts)
    };
    let of_csv = rows(&files);
    assert_eq!(of_csv.len(), 8);
    let once = of_csv.iter().filter(|row| row["repeats"].is_empty());
    assert_eq!(count(&mut once.map(|row| row["outcome"].clone())), expected);
    let of_lines = lines(&files["outcomes.ndjson"]);
    assert_eq!(of_lines.len(), 8);
    let once = of_lines.iter().filter(|row| row["repeats"].is_null());
    let word = |row: &Value| row["outcome"].as_str().unwrap().to_owned();
    assert_eq!(count(&mut once.map(word)), expected);
    assert_eq!(of_lines[7]["repeats"], 1);

    // The page has a tile for each outcome.
    for (outcome, number) in expected.as_object().unwrap() {
        let word = outcome.replace('_', " ");
        let word = word[..1].to_uppercase() + &word[1..];
        let tile = format!("{word}</th><td class=\"number\">{number}</td>");
        assert!(files["report.html"].contains(&tile), "{tile}");
    }
    assert!(files["report.html"].contains("<h1>2 of 7 tickets deleted</h1>"));

    let calls = story.ledger.calls(&story.job, None, 100).await.unwrap();
    let ids = |rows: Vec<Value>| -> Vec<u64> {
        let ids = rows.iter().map(|row| row["call"].as_u64().unwrap());
        ids.collect()
    };
    let expected: Vec<_> = calls.iter().map(|call| call.id.0).collect();
    assert_eq!(ids(lines(&files["calls.ndjson"])), expected);
    assert_eq!(report["calls"]["recorded"], expected.len());
}

#[tokio::test]
async fn independent_recount_agrees_and_finds_a_row_that_was_changed() {
    if !is_there("python3", "--version") {
        return;
    }
    for (story, tickets, wrong) in [
        (Story::ended().await, 7, "unknown"),
        (Story::erased().await, 7, "erased"),
        (Story::cancelled().await, 7, "unattempted"),
        (Story::begun().await, 7, "open"),
        (Story::empty().await, 0, ""),
    ] {
        recount(&story, tickets, wrong).await;
    }
}

/// Counts the report of a job again, also with this word of its table changed.
async fn recount(story: &Story, tickets: u64, wrong: &str) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path();
    let partial = options().partial(true);
    write(&story.ledger, &story.job, to, &partial)
        .await
        .unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/recount.py");
    let recount = || {
        let output = Command::new("python3")
            .arg(script)
            .arg(to)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(
        recount(),
        (Some(0), format!("{tickets} tickets: every number agrees\n"))
    );
    if tickets == 0 {
        return;
    }
    let table = to.join("outcomes.csv");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replacen(wrong, "deleted", 1)).unwrap();
    assert_eq!(recount().0, Some(1));
}

#[tokio::test]
async fn evidence_names_the_call_that_decided() {
    let files = report(&Story::ended().await, &options()).await;
    let evidence: Vec<_> = rows(&files)
        .into_iter()
        .map(|mut row| {
            let call = row.remove("call").unwrap();
            (
                call,
                row.remove("attempts").unwrap(),
                row.remove("evidence").unwrap(),
            )
        })
        .collect();
    let evidence: Vec<_> = evidence
        .iter()
        .map(|(call, attempts, words)| (call.as_str(), attempts.as_str(), words.as_str()))
        .collect();
    assert_eq!(
        evidence,
        [
            ("1", "1", "delete answered"),
            (
                "3",
                "2",
                "get answered 404 not found after a lost answer to delete"
            ),
            ("4", "1", "delete answered 404 not found"),
            (
                "5",
                "1",
                "delete answered that it did not change this ticket"
            ),
            (
                "6",
                "1",
                "delete got no answer in time; no read proved what became of it"
            ),
            ("", "0", "nothing was sent"),
            ("7", "1", "delete answered"),
            ("1", "1", "delete answered"),
        ]
    );
}

#[tokio::test]
async fn people_are_named_with_their_programs() {
    let files = report(&Story::ended().await, &options()).await;
    let people = json_of(&files)["people"].clone();
    let people: Vec<_> = people
        .as_array()
        .unwrap()
        .iter()
        .map(|act| {
            let text = |name: &str| act[name].as_str().unwrap_or("-").to_owned();
            [text("what"), text("by"), text("with"), text("detail")].join(" | ")
        })
        .collect();
    assert_eq!(
        people,
        [
            "planned | alice@ops1 | - | -",
            "approved | bob@desk7 | - | DSR-4711; signed by bob@example.com, SHA256:abc",
            "confirmed | alice@ops1 | - | -",
            "ran | dave@ops2 | tickets 9.9.8 | -",
        ]
    );
    for name in [
        "alice@ops1",
        "bob@desk7",
        "dave@ops2",
        "tickets 9.9.8",
        "carol@ops1",
    ] {
        assert!(files["report.html"].contains(name), "{name}");
    }
}

#[tokio::test]
async fn debug_prints_no_subjects() {
    let story = Story::ended().await;
    let files = report(&story, &options()).await;
    let rows = files["outcomes.ndjson"].lines();
    let rows = rows.map(|line| serde_json::from_str::<TicketRow>(line).unwrap());
    let rows: Vec<_> = rows.collect();
    assert!(
        rows.iter()
            .any(|row| row.subject.as_deref() == Some(SCRIPT))
    );
    let report: Report = serde_json::from_str(&files["report.json"]).unwrap();
    let firsts = report.exceptions.iter().flat_map(|group| &group.first);
    let firsts: Vec<_> = firsts.collect();
    assert!(firsts.iter().any(|first| first.subject.is_some()));
    let printed = format!("{rows:?} {firsts:?}");
    assert!(printed.contains("eu:11"), "{printed}");
    for text in ["script", "HYPERLINK", "fdp.exe", "xxxx"] {
        assert!(!printed.contains(text), "{printed}");
    }
}

#[tokio::test]
async fn plan_that_was_changed_is_said_first() {
    let partial = options().partial(true);
    for is_edited in [false, true] {
        let story = Story::planned_with(is_edited).await;
        let report = json_of(&report(&story, &partial).await);
        let said = report["not_proven"].to_string();
        let words =
            "The ledger contradicts itself: its list or its guards are not what was planned";
        assert_eq!(said.contains(words), is_edited, "{said}");
    }
}

#[tokio::test]
async fn hostile_texts_stay_text() {
    let files = report(&Story::ended().await, &options()).await;
    let page = &files["report.html"];
    assert_eq!(
        page.matches("<script").count() + page.matches("<img").count(),
        0
    );
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains('\u{202e}') && page.contains("\\u{202e}"));
    assert!(!page.contains(&"x".repeat(400)), "a long text is not cut");
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    // Nothing is loaded from elsewhere, and no attribute is a style or a handler.
    for word in [
        "http://",
        "https://",
        " style=",
        " onerror=\"",
        "javascript:",
    ] {
        let page = page.replace("http://spam.example", "");
        assert!(!page.contains(word), "{word}");
    }

    let subjects: Vec<_> = rows(&files)
        .into_iter()
        .map(|mut row| row.remove("subject").unwrap())
        .collect();
    assert_eq!(subjects[2], format!("'{FORMULA}"));
    assert_eq!([&*subjects[0], &*subjects[3]], [SCRIPT, TURNED]);
    assert_eq!(subjects[4].len(), 10_000);
    let exact: Vec<_> = lines(&files["outcomes.ndjson"])
        .into_iter()
        .map(|row| row["subject"].clone())
        .collect();
    assert_eq!(
        exact[..4],
        [json!(SCRIPT), json!("plain"), json!(FORMULA), json!(TURNED)]
    );
}

#[tokio::test]
async fn exceptions_of_one_reason_are_one_group_whatever_their_ids() {
    let story = Story::begun().await;
    for seq in 0..7 {
        let id = 11 + seq;
        let message = format!("ticket {id} is locked");
        let locked = job::outcome("failed", "conflict", &message, None);
        story.settle(seq, locked).await;
    }
    let files = report(&story, &options()).await;
    let report = json_of(&files);
    let groups = report["exceptions"].as_array().unwrap();
    let shown: Vec<_> = groups
        .iter()
        .map(|group| (&group["account"], &group["message"], &group["count"]))
        .collect();
    let message = json!("ticket … is locked");
    assert_eq!(
        shown,
        [
            (&json!("eu"), &message, &json!(4)),
            (&json!("us"), &message, &json!(3))
        ]
    );
    assert_eq!(
        groups[0]["first"][1],
        json!({"place": 3, "ticket": "eu:13", "subject": FORMULA})
    );
}

#[tokio::test]
async fn same_ledger_and_options_make_the_same_bytes() {
    let story = Story::ended().await;
    let first = report(&story, &options()).await;
    assert_eq!(report(&story, &options()).await, first);
    let mut later = options();
    later.at = "2027-01-01T00:00:00Z".parse().unwrap();
    let later = report(&story, &later).await;
    let differ = first.keys().filter(|name| first[*name] != later[*name]);
    let differ: Vec<_> = differ.map(String::as_str).collect();
    assert_eq!(differ, ["SHA256SUMS", "report.html", "report.json"]);
}

#[tokio::test]
async fn job_that_is_not_over_is_reported_only_as_partial() {
    let story = Story::begun().await;
    story.call("eu", Operation::Delete, "11", LOST).await;
    story.settle(6, Outcome::Done).await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report");
    let refused = write(&story.ledger, &story.job, &to, &options()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains("is ready"), "{refused}");
    assert!(!to.exists());

    let files = report(&story, &options().partial(true)).await;
    let report = json_of(&files);
    assert_eq!(report["partial"], true);
    assert_eq!(
        report["outcomes"],
        json!({"deleted": 1, "in_doubt": 1, "open": 5})
    );
    let sentence =
        "This report is partial: the job was ready when it was made, and 6 tickets had no outcome.";
    assert_eq!(report["not_proven"][0], sentence);
    let without_call = "1 ticket deleted without a recorded call.";
    assert!(
        report["not_proven"]
            .as_array()
            .unwrap()
            .contains(&json!(without_call))
    );
    let page = &files["report.html"];
    assert!(page.contains("<title>Partial report of job ") && page.contains(sentence));
    assert!(page.contains("The job is not over: 6 tickets have no outcome."));
    let first = &rows(&files)[0];
    assert_eq!(first["outcome"], "in_doubt");
    assert_eq!(
        first["evidence"],
        "delete got no answer in time; nobody has looked at what came of it yet"
    );
}

#[tokio::test]
async fn job_without_a_complete_list_is_not_reported() {
    let ledger = MemoryLedger::new();
    let job = ledger
        .create(NewJob::new(ticket_core::Change::Delete))
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = write(&ledger, &job, folder.path(), &options().partial(true)).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(files(folder.path()).is_empty());
}
