//! A fleet: `tickets worker` in several processes, with their ledger in a database, beside somebody who plans and watches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]
#![cfg(unix)]

#[allow(
    dead_code,
    reason = "the program `main` uses all of it, this one a part"
)]
mod common;

use std::process::Stdio;
use std::time::Duration;

use common::shells::Shells;
use common::workers::{ENDED, Worker, address, calls, get, job, job_with, slow};
use common::{Run, deletes, json, sandbox};
use ticket_sandbox::Sandbox;

/// Somebody's shell with the ledger in an empty database; `None` where there is no server.
fn shells(sandbox: &Sandbox) -> Option<Shells<'_>> {
    let server = ticket_live::postgres()?;
    let url = server.url(&server.create_database().unwrap());
    Some(Shells {
        ledger: Some(url),
        ..Shells::new(sandbox)
    })
}

/// How many tickets were done, by the lines in which a worker says that it ended work.
fn done(said: &str) -> usize {
    let lines = said.lines().map(json);
    let ended = lines.filter(|line| line["event"] == "ended");
    let done = ended.map(|line| line["outcomes"]["done"].as_u64().unwrap_or(0));
    usize::try_from(done.sum::<u64>()).unwrap()
}

/// The value of a metric.
fn metric(metrics: &str, name: &str) -> usize {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("{name} is not in {metrics}"));
    value.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_do_a_job_in_a_database_and_sigterm_drains_one() {
    let sandbox = sandbox().await;
    let Some(shells) = shells(&sandbox) else {
        return;
    };
    let count = 400;
    let job = job(&shells, count);
    slow(&sandbox, Duration::from_millis(60));
    let arguments = ["--account", "onecloud", "--log-format", "json", "--metrics"];
    let arguments = [&arguments[..], &["--health", "127.0.0.1:0"]].concat();
    let mut workers = [0, 1].map(|_| Worker::start(&shells, &arguments));
    let addresses = workers.each_mut().map(address);
    for address in &addresses {
        let ready = || get(address, "/readyz", "localhost");
        while !ready().starts_with("HTTP/1.1 200") {
            tokio::task::yield_now().await;
        }
    }
    let mut watch = shells.command(&["job", "watch", &job, "--output", "json"]);
    let watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped());
    let watch = watch.spawn().unwrap();
    for worker in &mut workers {
        worker.says("\"event\":\"began\"");
    }
    while deletes(&sandbox) < 40 {
        tokio::task::yield_now().await;
    }
    assert_eq!(shells.show(&job)["workers"], 2);
    let [drained, mut other] = workers;
    drained.signal("-TERM");
    let (code, said) = drained.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\"event\":\"worker_ended\""), "{said}");
    let first = done(&said);
    assert!((1..count).contains(&first), "{said}");

    let watched = Run::of(watch.wait_with_output().unwrap());
    assert_eq!(watched.code, 0, "{watched:?}");
    assert_eq!(json(&watched.stdout)["state"], "completed");
    let mut second = 0;
    while first + second < count {
        second += done(&other.says(ENDED));
    }
    let metrics = get(&addresses[1], "/metrics", &addresses[1]);
    assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
    let outcomes = "ticket_worker_outcomes_total{outcome=\"done\"}";
    assert_eq!(metric(&metrics, outcomes), second);
    let sent = "ticket_calls_total{provider=\"onecloud\",operation=\"delete\"}";
    assert_eq!(metric(&metrics, sent), second);
    assert_eq!(metric(&metrics, "ticket_worker_lanes"), 0);
    assert!(metrics.contains("# TYPE ticket_call_duration_seconds histogram"));
    other.signal("-TERM");
    assert_eq!(other.end().0, Some(0));

    // What the vendor saw: each ticket once, although a worker was stopped in the middle.
    assert_eq!(deletes(&sandbox), count);
    assert!(calls(&sandbox).values().all(|times| *times == 1));
    assert_eq!(shells.show(&job)["outcomes"]["deleted"], count);
    let verified = shells.run(&["job", "verify", &job]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn canary_in_a_database_waits_for_a_person_and_a_worker_does_the_rest() {
    let sandbox = sandbox().await;
    let Some(shells) = shells(&sandbox) else {
        return;
    };
    let job = job_with(&shells, 6, &["--canary", "2", "--max-failures", "0"]);
    let mut worker = Worker::start(&shells, &["--account", "onecloud"]);
    let ended = worker.says("ended onecloud");
    assert!(ended.contains("2 done"), "{ended}");
    let shown = shells.show(&job);
    assert_eq!((&shown["held"], &shown["open"]), (&4.into(), &4.into()));
    assert_eq!(deletes(&sandbox), 2);
    let released = shells.run(&["job", "resume", "--canary", &job, "--yes"]);
    assert_eq!(released.code, 0, "{released:?}");
    let ended = worker.says("ended onecloud");
    assert!(ended.contains("4 done"), "{ended}");
    worker.signal("-TERM");
    assert_eq!(worker.end().0, Some(0));
    assert_eq!(shells.show(&job)["state"], "completed");
    assert_eq!(deletes(&sandbox), 6);
}
