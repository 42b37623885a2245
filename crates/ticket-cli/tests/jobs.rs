//! Jobs: a bulk change goes on after its process was killed, and obeys other shells.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::Command;
use std::time::Duration;

use crate::common::held::HeldVendor;
use crate::common::shells::Shells;
use crate::common::{deletes, json, sandbox};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

/// So many tickets of OneCloud as a list for `--from`, in a folder that keeps it.
fn list(sandbox: &Sandbox, count: usize) -> (tempfile::TempDir, String) {
    sandbox.add_tickets(Vendor::OneCloud, count);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    let ids = sandbox.ticket_ids(Vendor::OneCloud);
    let lines = ids.iter().take(count).map(|id| format!("onecloud:{id}\n"));
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn tickets_of(lines: &str) -> BTreeSet<String> {
    let lines = lines.lines().map(json);
    lines
        .map(|line| line["ticket"].as_str().unwrap().to_owned())
        .collect()
}

fn delay(time: Duration) -> Rule {
    Rule::new(Fault::Delay(time)).endpoint(Endpoint::Delete)
}

fn slow(sandbox: &Sandbox) {
    sandbox.inject(delay(Duration::from_millis(20)).times(u64::MAX));
}

/// A few deletes take a while, and all others until they are given up after a second: nobody can be done before the kill.
fn slow_then_hanging(sandbox: &Sandbox, slow: u64) {
    sandbox.inject(delay(Duration::from_millis(20)).times(slow));
    sandbox.inject(delay(Duration::from_secs(3600)).skip(slow).always());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_job_goes_on_and_deletes_none_twice_that_was_told() {
    goes_on_after("-KILL", 300).await;
}

/// Signals that end a process at once, or write its core. (Not SIGQUIT: a shell without job control makes what it starts in
/// the background ignore it.)
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn other_signals_that_kill_lose_nothing_either() {
    tokio::join!(goes_on_after("-XFSZ", 300), goes_on_after("-USR1", 300));
}

async fn goes_on_after(signal: &str, count: usize) {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let (_folder, list) = list(&sandbox, count);
    slow_then_hanging(&sandbox, 60);
    let delete = [
        "delete",
        "--yes",
        "--from",
        &list,
        "--output",
        "ndjson",
        "--timeout",
        // Longer than a busy machine needs to kill: what hangs would be sent again before that.
        "3",
        "--concurrency",
        "4",
    ];
    let (mut child, mut stdout, mut told) = shells.start(&delete, 40);
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status();
    assert!(sent.unwrap().success());
    stdout.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    // A line may be cut.
    let whole = told.rfind('\n').map_or("", |end| &told[..end]);
    let told = tickets_of(whole);
    sandbox.withdraw_faults();
    let before = deletes(&sandbox);
    assert!((40..count).contains(&before), "{signal}: {before}");

    let job = shells.job();
    let run = shells.run(&["job", "run", &job[..4], "--output", "ndjson"]);
    assert_eq!(run.code, 0, "{run:?}");
    let again = tickets_of(&run.stdout);
    assert!(told.is_disjoint(&again), "{:?}", told.intersection(&again));
    let shown = shells.show(&job);
    assert_eq!(
        (&shown["state"], &shown["open"]),
        (&"completed".into(), &0.into())
    );
    let outcomes: BTreeMap<String, u64> =
        serde_json::from_value(shown["outcomes"].clone()).unwrap();
    let done = outcomes["deleted"] + outcomes.get("already_gone").unwrap_or(&0);
    assert_eq!(done, u64::try_from(count).unwrap(), "{outcomes:?}");
    let rows = shells.run(&["job", "show", &job, "--tickets", "--output", "ndjson"]);
    assert_eq!(tickets_of(&rows.stdout).len(), count);
    // What was told is deleted by one call. By two at most: what was in flight, and what was answered just before, while the
    // outcome was being written; the next calls are sent once the ends of these are recorded.
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in sandbox
        .journal()
        .iter()
        .filter(|exchange| exchange.is_write)
    {
        let id = exchange.path.rsplit('/').next().unwrap();
        *calls.entry(format!("onecloud:{id}")).or_default() += 1;
    }
    let twice: Vec<_> = calls.iter().filter(|(_, calls)| **calls > 1).collect();
    assert!(twice.len() <= 2 * 4, "{twice:?}");
    assert!(
        twice.iter().all(|(ticket, _)| !told.contains(*ticket)),
        "{twice:?}"
    );
    assert!(told.iter().all(|ticket| calls[ticket] == 1));
    let ids = std::fs::read_to_string(&list).unwrap();
    for id in ids.lines().map(|line| line.trim_start_matches("onecloud:")) {
        assert!(!sandbox.exists(Vendor::OneCloud, id), "{id}");
    }
    let verified = shells.run(&["job", "verify"]);
    assert_eq!(
        (verified.code, verified.stdout.as_str()),
        (0, ""),
        "{verified:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_job_sends_nothing_and_is_continued_by_run() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let (_folder, list) = list(&sandbox, 300);
    slow(&sandbox);
    let delete = [
        "delete",
        "--yes",
        "--from",
        &list,
        "--output",
        "ndjson",
        "--concurrency",
        "1",
    ];
    let (mut child, mut stdout, mut told) = shells.start(&delete, 3);
    let job = shells.job();
    let paused = shells.run(&["job", "pause", &job, "--output", "ndjson"]);
    assert_eq!(json(&paused.stdout)["state"], "paused", "{paused:?}");
    stdout.read_to_string(&mut told).unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("left; continue with `tickets job run {job}`")),
        "{said}"
    );
    let count = |outcome: &str| {
        told.lines()
            .filter(|line| json(line)["outcome"] == *outcome)
            .count()
    };
    let deleted = count("deleted");
    assert_eq!(deleted + count("unattempted"), 300, "{told}");
    assert_eq!(deletes(&sandbox), deleted);
    assert!(deleted < 300);

    // A run that cannot begin leaves it paused, so that no worker takes it up either.
    let nowhere = "/nonexistent/list";
    let run = shells.run(&["job", "run", &job, "--remaining", nowhere]);
    assert_eq!((run.code, deletes(&sandbox)), (2, deleted), "{run:?}");
    assert_eq!(shells.show(&job)["state"], "paused");

    let run = shells.run(&["job", "run", &job, "--output", "ndjson"]);
    assert_eq!((run.code, run.lines().len()), (0, 300 - deleted), "{run:?}");
    assert_eq!(deletes(&sandbox), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn watched_job_is_followed_to_its_end() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let (_folder, list) = list(&sandbox, 40);
    slow(&sandbox);
    let delete = [
        "delete",
        "--yes",
        "--from",
        &list,
        "--output",
        "ndjson",
        "--concurrency",
        "1",
    ];
    let (mut child, mut stdout, mut told) = shells.start(&delete, 3);
    let watched = shells.run(&["job", "watch", &shells.job(), "--output", "ndjson"]);
    assert_eq!(watched.code, 0, "{watched:?}");
    let lines = watched.lines();
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["state"], &end["open"]),
        (&"completed".into(), &0.into())
    );
    assert_eq!(end["outcomes"]["deleted"], 40, "{end}");
    stdout.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let again = shells.run(&["job", "watch", &shells.job()]);
    assert!(again.stdout.contains("completed"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_job_tells_what_was_not_done_and_retry_does_it() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let (_folder, list) = list(&sandbox, 300);
    slow(&sandbox);
    let delete = [
        "delete",
        "--yes",
        "--from",
        &list,
        "--output",
        "ndjson",
        "--concurrency",
        "1",
    ];
    let (mut child, mut stdout, mut told) = shells.start(&delete, 3);
    let job = shells.job();
    let early = shells.run(&["job", "retry", &job, "--yes"]);
    assert_eq!(early.code, 2, "{early:?}");
    let cancelled = shells.run(&["job", "cancel", &job]);
    assert_eq!(cancelled.code, 0, "{cancelled:?}");
    stdout.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let shown = shells.show(&job);
    assert_eq!(
        (&shown["state"], &shown["open"]),
        (&"cancelled".into(), &0.into())
    );
    let deleted = deletes(&sandbox);
    let left = 300 - u64::try_from(deleted).unwrap();
    assert_eq!(shown["outcomes"]["unattempted"], left, "{shown}");
    assert!(
        cancelled
            .stderr
            .contains(&format!("{left} tickets not attempted")),
        "{cancelled:?}"
    );
    assert_eq!(told.lines().count(), 300);

    let retried = shells.run(&["job", "retry", &job, "--yes", "--output", "ndjson"]);
    assert_eq!(retried.code, 0, "{retried:?}");
    assert!(retried.stderr.contains("0 failed and "), "{retried:?}");
    assert_eq!(deletes(&sandbox), 300);
    assert_eq!(shells.jobs().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_that_is_not_confirmed_keeps_nothing() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let tickets = ["onecloud:121", "sweeppea:2531581"];
    for (arguments, code) in [
        (&["delete"][..], 2),
        (&["delete", "--yes", "not a ticket"], 2),
        (&["delete", "--yes", "--remaining", "/no/such/folder/x"], 2),
        (&["delete", "--dry-run"], 0),
    ] {
        let run = shells.run(&[arguments, &tickets].concat());
        assert_eq!(run.code, code, "{run:?}");
        assert_eq!(shells.jobs(), [] as [Value; 0], "{run:?}");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ticket_is_one_job_without_a_word_about_it() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let run = shells.run(&["delete", "--yes", "onecloud:121", "--output", "json"]);
    let summary = "1 ticket: 1 deleted\n";
    assert_eq!((run.code, run.stderr.as_str()), (0, summary), "{run:?}");
    let jobs = shells.jobs();
    assert_eq!(
        (&jobs[0]["tickets"], &jobs[0]["state"]),
        (&1.into(), &"completed".into())
    );
    let both = [
        "delete",
        "--yes",
        "--output",
        "json",
        "sweeppea:2531581",
        "leadsquared:160",
    ];
    let run = shells.run(&both);
    let job = shells.job();
    let line = format!(
        "job {job}: 2 tickets; if this ends early: tickets job run {job}\n2 tickets: 2 deleted\n"
    );
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, line.as_str()),
        "{run:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_ids_name_the_jobs_that_there_are() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let none = shells.run(&["job", "show", "7f3a09c2"]);
    assert_eq!(none.code, 2, "{none:?}");
    assert!(none.stderr.contains("there are none"), "{none:?}");
    assert_eq!(shells.run(&["delete", "--yes", "onecloud:121"]).code, 0);
    let job = shells.job();
    for wrong in ["zzzz", &job[..3], "ffffffff0"] {
        let run = shells.run(&["job", "show", wrong]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(&job), "{run:?}");
    }
    for form in crate::common::FORMS {
        let run = shells.run(&["job", "show", &job[..4], "--output", form]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stdout.contains(&job), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_jobs_are_pruned_and_others_stay() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    assert_eq!(shells.run(&["delete", "--yes", "onecloud:121"]).code, 0);
    let job = shells.job();
    let kept = shells.run(&["job", "prune", "--older-than", "90d", "--output", "csv"]);
    assert_eq!(kept.stdout, "job\n", "{kept:?}");
    let removed = shells.run(&["job", "prune", "--older-than", "0.001s", "--output", "csv"]);
    assert_eq!(removed.stdout, format!("job\n{job}\n"), "{removed:?}");
    assert_eq!(shells.jobs(), [] as [Value; 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn process_with_credentials_leaves_no_core() {
    let mut vendor = HeldVendor::start().await;
    let mut child = vendor.delete(2, "json");
    vendor.seen(2).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<_> = core.unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
    vendor.answers.add(2);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{stderr}");
}
