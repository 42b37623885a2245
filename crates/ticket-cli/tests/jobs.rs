//! Jobs: a bulk change goes on after its process was killed, keeps one quota with other processes, and obeys other shells.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Run, at, deletes, execute, json, sandbox, state_folder};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Fault, Quota, Rule, Sandbox, Vendor, WindowModel};

/// Shells of one user, who share a ledger.
struct Shells<'a> {
    sandbox: &'a Sandbox,
    state: PathBuf,
}

impl<'a> Shells<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        let state = state_folder();
        Self { sandbox, state }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = at(self.sandbox, arguments);
        command.env("XDG_STATE_HOME", &self.state);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        execute(&mut self.command(arguments))
    }

    /// Starts it, and reads stdout up to this many lines.
    fn start(
        &self,
        arguments: &[&str],
        lines: usize,
    ) -> (Child, BufReader<impl std::io::Read>, String) {
        let mut command = self.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        for _ in 0..lines {
            assert_ne!(stdout.read_line(&mut told).unwrap(), 0, "{told}");
        }
        (child, stdout, told)
    }

    fn jobs(&self) -> Vec<Value> {
        let run = self.run(&["job", "list", "--output", "ndjson"]);
        assert_eq!(run.code, 0, "{run:?}");
        run.lines()
    }

    /// The id of the latest job.
    fn job(&self) -> String {
        self.jobs()[0]["job"].as_str().unwrap().to_owned()
    }

    fn show(&self, job: &str) -> Value {
        let run = self.run(&["job", "show", job, "--output", "json"]);
        assert_eq!(run.code, 0, "{run:?}");
        json(&run.stdout)
    }
}

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

fn slow(sandbox: &Sandbox) {
    let slow = Rule::new(Fault::Delay(Duration::from_millis(20))).times(u64::MAX);
    sandbox.inject(slow.endpoint(Endpoint::Delete));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_job_goes_on_and_deletes_none_twice_that_was_told() {
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
        "--timeout",
        "1",
        "--concurrency",
        "4",
    ];
    let (mut child, mut stdout, mut told) = shells.start(&delete, 40);
    child.kill().unwrap();
    stdout.read_to_string(&mut told).unwrap();
    child.wait().unwrap();
    // A line may be cut.
    let whole = told.rfind('\n').map_or("", |end| &told[..end]);
    let told = tickets_of(whole);
    let before = deletes(&sandbox);
    assert!(
        (40..300).contains(&before),
        "it was killed in the middle: {before}"
    );

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
    assert_eq!(done, 300, "{outcomes:?}");
    let rows = shells.run(&["job", "show", &job, "--tickets", "--output", "ndjson"]);
    assert_eq!(tickets_of(&rows.stdout).len(), 300);
    // What was told is deleted by one call, and what was in flight by two at most.
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
    assert!(twice.len() <= 4, "{twice:?}");
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

/// Sweeppea with this many calls in two seconds, and tickets enough.
async fn small_quota(calls: u32) -> Sandbox {
    let quota = Quota {
        calls,
        window: Duration::from_secs(2),
        model: WindowModel::SlidingCountingRefused,
    };
    let sandbox = Sandbox::builder().sweeppea_quota(quota).start().await;
    let sandbox = sandbox.unwrap();
    sandbox.add_tickets(Vendor::Sweeppea, 20);
    sandbox
}

/// Tickets that each sandbox has, not all of which can be deleted, come first.
const SAMPLES: usize = 6;

/// How many calls the sandbox answered, none of which it refused for its quota.
fn calls_within_quota(sandbox: &Sandbox) -> usize {
    let journal = sandbox.journal();
    assert!(journal.iter().all(|exchange| exchange.status != Some(429)));
    journal.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_keep_one_quota() {
    let sandbox = small_quota(5).await;
    let shells = Shells::new(&sandbox);
    let ids = sandbox.ticket_ids(Vendor::Sweeppea);
    let tickets: Vec<_> = ids[SAMPLES..]
        .iter()
        .map(|id| format!("sweeppea:{id}"))
        .collect();
    let halves: Vec<_> = tickets[..16].chunks(8).collect();
    let children: Vec<_> = halves
        .iter()
        .map(|half| {
            let mut command = shells.command(&["delete", "--yes", "--rate", "5/2"]);
            command.args(half.iter());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_eq!(calls_within_quota(&sandbox), 16);
    assert_eq!(shells.jobs().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn get_keeps_the_quota_of_a_job_that_is_over() {
    let sandbox = small_quota(2).await;
    let shells = Shells::new(&sandbox);
    let ids = sandbox.ticket_ids(Vendor::Sweeppea);
    let tickets: Vec<_> = ids[SAMPLES..]
        .iter()
        .map(|id| format!("sweeppea:{id}"))
        .collect();
    let delete = ["delete", "--yes", "--rate", "2/2", &tickets[0], &tickets[1]];
    assert_eq!(shells.run(&delete).code, 0);
    let get = shells.run(&["get", "--rate", "2/2", &tickets[2]]);
    assert_eq!(get.code, 0, "{get:?}");
    assert_eq!(calls_within_quota(&sandbox), 3);
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

    let run = shells.run(&["job", "run", &job, "--output", "ndjson"]);
    assert_eq!((run.code, run.lines().len()), (0, 300 - deleted), "{run:?}");
    assert_eq!(deletes(&sandbox), 300);
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
        (&["delete", "--plan"], 0),
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
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
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
    let line = format!("job {job}: 2 tickets; if this ends early: tickets job run {job}\n");
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, line.as_str()),
        "{run:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_state_folder_a_command_says_so_and_works_alone() {
    let sandbox = sandbox().await;
    let delete = ["delete", "--yes", "onecloud:121", "sweeppea:2531581"];
    let mut command = at(&sandbox, &delete);
    let run = execute(command.env("XDG_STATE_HOME", "/dev/null"));
    assert_eq!(run.code, 0, "{run:?}");
    let said = run
        .stderr
        .matches("cannot be resumed if it ends early")
        .count();
    assert_eq!(said, 1, "{run:?}");
    assert!(!run.stderr.contains("tickets job run"), "{run:?}");
    assert_eq!(deletes(&sandbox), 2);
    // It has limits; OneCloud documents none.
    for (ticket, said) in [("leadsquared:160", 1), ("onecloud:1212", 0)] {
        let mut command = at(&sandbox, &["get", ticket]);
        let run = execute(command.env("XDG_STATE_HOME", "/dev/null"));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(
            run.stderr.matches("not shared with other commands").count(),
            said,
            "{run:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_at_an_account_without_limits_opens_no_ledger() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    for (ticket, is_opened) in [("onecloud:121", false), ("sweeppea:2531581", true)] {
        assert_eq!(shells.run(&["get", ticket]).code, 0);
        assert_eq!(
            shells.state.join("tickets/jobs.db").exists(),
            is_opened,
            "{ticket}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_that_is_refused_ends_a_change_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "no ledger, but as long as one\n".repeat(500)).unwrap();
    let refused = |path: &Path| {
        let mut command = at(&sandbox, &["delete", "--yes", "onecloud:121"]);
        let run = execute(command.env("TICKETS_LEDGER", path));
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
        let folder = path.parent().unwrap().to_str().unwrap();
        assert!(run.stderr.contains(folder), "{run:?}");
    };
    refused(&text);
    // Whoever names a ledger wants that one.
    refused(Path::new("/dev/null/jobs.db"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = folder.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        refused(&open.join("jobs.db"));
    }
    assert_eq!(sandbox.journal().len(), 0);
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
    for form in common::FORMS {
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
