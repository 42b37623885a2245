//! Workers: what they take of a ledger, how they end, and what they answer to programs beside them.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use crate::common::shells::Shells;
use crate::common::workers::{Worker, address, calls, get, job, job_with, slow};
use crate::common::{deletes, json, sandbox};
use ticket_sandbox::{Endpoint, Fault, OddId, Rule, Vendor};

#[tokio::test(flavor = "multi_thread")]
async fn worker_does_a_confirmed_job_and_ends_with_sigterm() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let job = job(&shells, 12);
    let mut worker = Worker::start(&shells, &["--account", "onecloud"]);
    worker.says("working on jobs of onecloud");
    worker.says(&format!("job {job}: began onecloud"));
    let ended = worker.says(&format!("job {job}: ended onecloud"));
    assert!(ended.contains("12 done"), "{ended}");
    worker.signal("-TERM");
    let (code, said) = worker.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(shells.show(&job)["state"], "completed");
    assert_eq!(deletes(&sandbox), 12);
    let verified = shells.run(&["job", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_waits_for_requests_in_flight_and_sends_no_new_ones() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let job = job(&shells, 200);
    slow(&sandbox, Duration::from_millis(300));
    let mut worker = Worker::start(&shells, &["--account", "onecloud"]);
    worker.says("began onecloud");
    while deletes(&sandbox) == 0 {
        tokio::task::yield_now().await;
    }
    worker.signal("-TERM");
    let (code, said) = worker.end();
    assert_eq!(code, Some(0), "{said}");
    let shown = shells.show(&job);
    let open = usize::try_from(shown["open"].as_u64().unwrap()).unwrap();
    assert!(open > 0, "{shown}");
    // Each call that was sent was waited for.
    assert_eq!(deletes(&sandbox), 200 - open);
    let rows = shells.run(&["job", "show", &job, "--tickets", "--output", "ndjson"]);
    assert!(!rows.stdout.contains("unknown"), "{}", rows.stdout);
    sandbox.withdraw_faults();
    let run = shells.run(&["job", "run", &job]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(calls(&sandbox).values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_a_job_and_a_killed_one_loses_nothing() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let count = 450;
    let job = job(&shells, count);
    slow(&sandbox, Duration::from_millis(60));
    let mut killed = Worker::start(&shells, &["--account", "onecloud"]);
    let mut other = Worker::start(&shells, &["--account", "onecloud"]);
    killed.says("began onecloud");
    other.says("began onecloud");
    while deletes(&sandbox) < 20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(shells.show(&job)["workers"], 2);
    killed.signal("-KILL");
    killed.end();
    let watched = shells.run(&["job", "watch", &job]);
    assert_eq!(watched.code, 0, "{watched:?}");
    other.signal("-INT");
    let (code, said) = other.end();
    assert_eq!(code, Some(0), "{said}");
    let shown = shells.show(&job);
    let outcomes: BTreeMap<String, usize> =
        serde_json::from_value(shown["outcomes"].clone()).unwrap();
    let gone = ["deleted", "already_gone"].iter();
    let gone: usize = gone.filter_map(|word| outcomes.get(*word)).sum();
    assert_eq!(gone, count, "{outcomes:?}");
    // Only what the killed one had in flight was sent twice.
    let twice = calls(&sandbox);
    let twice = twice.values().filter(|times| **times > 1).count();
    assert!(twice <= 32, "{twice}");
    assert_eq!(shells.run(&["job", "verify"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn worker_says_which_tickets_the_vendor_changed_unasked_and_watch_exits_1() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let ticket = format!("leadsquared:{}", sandbox.ticket_ids(Vendor::LeadSquared)[0]);
    let planned = shells.run(&["delete", "--plan", "--look", "none", &ticket]);
    assert_eq!(planned.code, 0, "{planned:?}");
    let job = shells.job();
    let confirmed = shells.at_terminal(&["job", "confirm", &job], "1\n");
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    let odd = Rule::new(Fault::OddId(OddId::Unasked)).endpoint(Endpoint::Delete);
    sandbox.inject(odd.always());
    let mut worker = Worker::start(&shells, &["--account", "leadsquared"]);
    let said = worker.says("which nobody asked for");
    let expected =
        format!("job {job}: leadsquared: the vendor says that it also deleted 999999999");
    assert!(said.contains(&expected), "{said}");
    assert_eq!(shells.run(&["job", "watch", &job]).code, 1);
    worker.signal("-TERM");
    assert_eq!(worker.end().0, Some(0));
    assert_eq!(deletes(&sandbox), 1);
    assert_eq!(shells.show(&job)["unasked"][0]["count"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn account_whose_key_is_refused_is_left_alone_until_its_job_is_resumed() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let job = job(&shells, 3);
    let refused = Rule::new(Fault::Status(401)).endpoint(Endpoint::Delete);
    sandbox.inject(refused.always());
    let mut worker = Worker::start(&shells, &["--account", "onecloud"]);
    worker.says("ended onecloud");
    sandbox.withdraw_faults();
    let calls = sandbox.journal().len();
    // Another job of the account shows that the worker goes on, and leaves the account alone.
    let accounts = shells.run(&["job", "accounts", "--output", "json"]);
    assert!(accounts.stdout.contains("suspended"), "{accounts:?}");
    assert_eq!(shells.show(&job)["open"], 3);
    assert_eq!(sandbox.journal().len(), calls);
    let resumed = shells.run(&["job", "resume", &job]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let ended = worker.says("ended onecloud");
    assert!(ended.contains("3 done"), "{ended}");
    worker.signal("-TERM");
    assert_eq!(worker.end().0, Some(0));
    assert_eq!(shells.show(&job)["state"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_of_a_job_waits_for_whoever_releases_its_canary_and_workers_go_on() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let job = job_with(&shells, 8, &["--canary", "3"]);
    let mut worker = Worker::start(&shells, &["--account", "onecloud"]);
    let ended = worker.says("ended onecloud");
    assert!(ended.contains("3 done"), "{ended}");
    let mut watch = shells.command(&["job", "watch", &job]);
    let mut watch = watch.stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(watch.stderr.take().unwrap()).lines();
    let is_over = |line: &String| line.contains("the rest waits for a person");
    let line = told.by_ref().map(Result::unwrap).find(is_over).unwrap();
    assert!(line.contains("tickets job resume --canary"), "{line}");
    let shown = shells.show(&job);
    assert_eq!((&shown["held"], &shown["open"]), (&5.into(), &5.into()));
    let table = shells.run(&["job", "show", &job]).stdout;
    assert!(table.contains("5 wait for a person"), "{table}");
    assert!(shells.run(&["job", "list"]).stdout.contains(", held"));
    let nobody = shells.run(&["job", "resume", "--canary", &job]);
    assert_eq!(nobody.code, 1, "{nobody:?}");
    assert!(nobody.stderr.contains("canary: 3 of 3 tickets deleted"));
    let no = shells.at_terminal(&["job", "resume", "--canary", &job], "n\n");
    assert_eq!(no.code, 1, "{no:?}");
    assert_eq!(deletes(&sandbox), 3);
    let yes = shells.at_terminal(&["job", "resume", "--canary", &job], "y\n");
    assert_eq!(yes.code, 0, "{yes:?}");
    let ended = worker.says("ended onecloud");
    assert!(ended.contains("5 done"), "{ended}");
    assert!(watch.wait().unwrap().success());
    assert_eq!(deletes(&sandbox), 8);
    assert_eq!(shells.show(&job)["held"], 0);
    let again = shells.run(&["job", "resume", "--canary", &job, "--yes"]);
    assert_eq!(again.code, 2, "{again:?}");
    worker.signal("-TERM");
    assert_eq!(worker.end().0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn job_of_a_higher_priority_is_done_first() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let (long, urgent) = (job(&shells, 300), job(&shells, 5));
    let run = shells.run(&["job", "priority", &urgent, "7", "--output", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(json(&run.stdout)["priority"], 7);
    let list = shells.run(&["job", "list"]);
    assert!(list.stdout.contains("ready, priority 7"), "{list:?}");
    slow(&sandbox, Duration::from_millis(50));
    let mut worker = Worker::start(&shells, &["--account", "onecloud"]);
    worker.says(&format!("job {urgent}: ended onecloud"));
    assert_eq!(shells.show(&urgent)["state"], "completed");
    let open = shells.show(&long)["open"].as_u64().unwrap();
    assert!(open > 0, "{open}");
    worker.signal("-TERM");
    assert_eq!(worker.end().0, Some(0));
    let run = shells.run(&["job", "priority", &urgent, "-3"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(shells.show(&urgent)["priority"], -3);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_answered_to_this_machine_alone() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let arguments = ["--health", "127.0.0.1:0", "--log-format", "json"];
    let mut worker = Worker::start(&shells, &arguments);
    let address = address(&mut worker);
    worker.says("worker_began");
    let live = get(&address, "/livez", &address);
    assert!(live.starts_with("HTTP/1.1 200"), "{live}");
    while !get(&address, "/readyz", "localhost").starts_with("HTTP/1.1 200") {
        tokio::task::yield_now().await;
    }
    let foreign = get(&address, "/livez", "evil.example");
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
    worker.signal("-TERM");
    let (code, said) = worker.end();
    assert_eq!(code, Some(0));
    for line in said.lines() {
        assert!(json(line)["event"].is_string(), "{line}");
    }
    for public in ["0.0.0.0:9100", "[::]:9100", "192.0.2.1:9100"] {
        let run = shells.run(&["worker", "--health", public]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("only an address of this machine"));
    }
}

#[cfg(feature = "prometheus")]
#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_calls_and_outcomes_and_name_no_ticket() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let job = job(&shells, 4);
    let health = ["--health", "127.0.0.1:0", "--metrics"];
    let arguments = [&health[..], &["--log-format", "json"]].concat();
    let mut worker = Worker::start(&shells, &arguments);
    let address = address(&mut worker);
    worker.says(crate::common::workers::ENDED);
    let metrics = get(&address, "/metrics", &address);
    for line in [
        "ticket_worker_outcomes_total{outcome=\"done\"} 4",
        "ticket_worker_lanes 0",
        "ticket_calls_total{provider=\"onecloud\",operation=\"delete\"} 4",
        "# TYPE ticket_call_duration_seconds histogram",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    assert!(!metrics.contains(&job));
    worker.signal("-TERM");
    assert_eq!(worker.end().0, Some(0));
}

#[cfg(not(feature = "prometheus"))]
#[tokio::test(flavor = "multi_thread")]
async fn metrics_without_their_feature_are_refused() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let run = shells.run(&["worker", "--health", "127.0.0.1:0", "--metrics"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("feature `prometheus`"), "{run:?}");
}

#[cfg(not(feature = "postgres"))]
#[tokio::test(flavor = "multi_thread")]
async fn database_without_its_feature_is_refused_and_no_password_is_shown() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let url = "postgres://ann:s3cret@db.example.com/jobs?password=s3cret";
    for arguments in [
        &["worker", "--ledger", url][..],
        &["job", "list", "--ledger", url],
        &["delete", "--yes", "onecloud:1", "--ledger", url],
    ] {
        let run = shells.run(arguments);
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.stderr.contains("feature `postgres`"), "{run:?}");
        assert!(run.stderr.contains("postgres://ann@db.example.com/jobs"));
        assert!(!run.stderr.contains("s3cret"), "{run:?}");
    }
    assert_eq!(deletes(&sandbox), 0);
}
