//! The command on real servers: `delete`, twice at once and with lost answers, held against the servers' databases; and `view`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failure here is a failed test, in helpers too, and what was found is printed"
)]

#[path = "../common/mod.rs"]
#[allow(
    dead_code,
    reason = "the program `main` uses all of it, this one a part"
)]
mod common;
mod erasure;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use ticket_conformance::{Fault, FaultTarget};
use ticket_live::{QUEUES, Redmine, Rt, Server, User, or_skip};
use ticket_testkit::{Frequency, Loopback, Request, Upstream};

/// How many tickets are deleted, and how many stand beside them.
const LISTED: usize = 300;
const OTHERS: usize = 5;

/// The providers' own limits of 10 requests a second are for servers of other people.
const RATE: &str = "500/1";

/// Outcomes that say that the ticket is gone.
const GONE: [&str; 3] = ["deleted", "already_gone", "not_found"];

fn ids(server: &Server, sql: &str) -> BTreeSet<u64> {
    let rows = server.rows(sql).unwrap().into_iter();
    rows.map(|row| row["id"].as_u64().unwrap()).collect()
}

/// Deletes what is listed with two processes, each over the whole list, while one answer in ten is lost. Returns the two
/// words for each ticket, and what the server answered, lost answers included.
async fn delete_twice_at_once(
    account: &str,
    server: &Server,
    variables: &[(&str, &str)],
    listed: &BTreeSet<u64>,
) -> (BTreeMap<u64, Vec<String>>, Vec<Request>) {
    let proxy = Loopback::start(Upstream::new(server.url())).await.unwrap();
    for (target, seed) in [(FaultTarget::NextWrite, 1), (FaultTarget::NextRead, 2)] {
        let often = Frequency::Percent { percent: 10, seed };
        proxy.inject_at(Fault::LostResponse, target, often);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines = listed.iter().map(|id| format!("{account}:{id}\n"));
    std::fs::write(file.path(), lines.collect::<String>()).unwrap();
    let base_url = proxy.base_url();
    let started = [0, 1].map(|_| {
        let path = file.path().to_str().unwrap();
        let mut command = common::command(&["delete", "--from", path, "--yes"]);
        command
            .args(["--output", "ndjson", "--rate", RATE])
            .envs(variables.iter().copied())
            .env(format!("{}_BASE_URL", account.to_uppercase()), &base_url)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    });
    let mut told: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for process in started {
        let ended = tokio::task::spawn_blocking(|| process.wait_with_output().unwrap());
        let output = ended.await.unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in stdout.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let (_, id) = line["ticket"].as_str().unwrap().split_once(':').unwrap();
            let word = line["outcome"].as_str().unwrap().to_owned();
            *counts.entry(word.clone()).or_default() += 1;
            told.entry(id.parse().unwrap()).or_default().push(word);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        println!("{account}: {} {counts:?} {stderr}", output.status);
    }
    let requests = proxy.requests();
    let unanswered = requests.iter().filter(|request| request.status.is_none());
    let unanswered = unanswered.count();
    println!("{account}: {unanswered} of {} answers lost", requests.len());
    assert!(unanswered >= LISTED / 20, "too few answers were lost");
    (told, requests)
}

/// Fails if the words contradict the database: which tickets are left, and how often each was deleted.
fn judge(
    account: &str,
    told: &BTreeMap<u64, Vec<String>>,
    left: &BTreeSet<u64>,
    deletions: impl Fn(u64) -> usize,
    listed: &BTreeSet<u64>,
    others: &BTreeSet<u64>,
) {
    let mut contradictions = Vec::new();
    for id in listed {
        let words = told.get(id).map(Vec::as_slice).unwrap_or_default();
        let says_gone = words.iter().any(|word| GONE.contains(&word.as_str()));
        let is_unsure = words.iter().any(|word| word == "unknown");
        let times_deleted = words.iter().filter(|word| *word == "deleted").count();
        let is_wrong = if left.contains(id) {
            says_gone
        } else {
            !says_gone && !is_unsure
        };
        if is_wrong || words.len() != 2 || times_deleted > deletions(*id) {
            contradictions.push(format!("{id}: {words:?}, there: {}", left.contains(id)));
        }
    }
    let lost: Vec<_> = others.difference(left).collect();
    println!(
        "{account}: {} listed, {} of them left in the database, {} contradictions, {} others lost",
        listed.len(),
        listed.intersection(left).count(),
        contradictions.len(),
        lost.len()
    );
    assert!(contradictions.is_empty(), "{}", contradictions.join("\n"));
    assert!(lost.is_empty(), "{lost:?}");
}

/// The newest ones are listed, and the oldest stand beside them.
fn split(all: BTreeSet<u64>) -> (BTreeSet<u64>, BTreeSet<u64>) {
    assert_eq!(all.len(), LISTED + OTHERS);
    let (others, listed) = all
        .into_iter()
        .enumerate()
        .partition::<Vec<_>, _>(|(at, _)| *at < OTHERS);
    let only = |part: Vec<(usize, u64)>| part.into_iter().map(|(_, id)| id).collect();
    (only(listed), only(others))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_lost_answers_tell_the_truth_about_redmine() {
    let Some(live) = or_skip(Redmine::start()) else {
        return;
    };
    live.file_many(LISTED + OTHERS).unwrap();
    let all = "SELECT id FROM issues";
    let (listed, others) = split(ids(&live.server, all));
    let key = live.admin.token.expose_secret();
    let variables = [("REDMINE_API_KEY", key), ("REDMINE_PROJECT", "support")];
    let (told, requests) = delete_twice_at_once("redmine", &live.server, &variables, &listed).await;
    let left = ids(&live.server, all);
    // Of two calls at the same moment Redmine may confirm both, and it keeps no record of what is gone.
    let deletions = |id: u64| {
        let path = format!("/issues/{id}.json");
        let of_it = |request: &&Request| request.method == "DELETE" && request.path == path;
        let of_it = requests.iter().filter(of_it);
        of_it.filter(|request| request.took_effect).count()
    };
    judge("redmine", &told, &left, deletions, &listed, &others);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_lost_answers_tell_the_truth_about_request_tracker() {
    let Some(live) = or_skip(Rt::start()) else {
        return;
    };
    let ticket = json!({ "Queue": QUEUES[0], "Subject": "One of many" });
    let tickets: Value = vec![ticket; LISTED + OTHERS].into();
    let server = &live.server;
    let filed = server.send(&live.root, "POST", "/REST/2.0/tickets/bulk", Some(&tickets));
    assert_eq!(filed.unwrap().status, 201);
    let all = "SELECT id FROM Tickets WHERE Status != 'deleted'";
    let (listed, others) = split(ids(server, all));
    let variables = [("RT_TOKEN", live.root.token.expose_secret())];
    let (told, _) = delete_twice_at_once("rt", server, &variables, &listed).await;
    let left = ids(server, all);
    // Two calls at the same moment may both delete a ticket, and RT's log has both.
    let log = "SELECT ObjectId AS id, count(*) AS times FROM Transactions
        WHERE ObjectType = 'RT::Ticket' AND Type = 'Status' AND NewValue = 'deleted' GROUP BY ObjectId";
    let log = server.rows(log).unwrap();
    let deletions = |id: u64| {
        let entry = log.iter().find(|row| row["id"] == id);
        entry.map_or(0, |row| {
            usize::try_from(row["times"].as_u64().unwrap()).unwrap()
        })
    };
    judge("rt", &told, &left, deletions, &listed, &others);
}

/// Fails unless the ticket is shown with what was said, and its page is where the command says it is.
fn expect_view(
    server: &Server,
    user: &User,
    ticket: &str,
    variables: &[(&str, &str)],
    said: [&str; 2],
) {
    let account = ticket.split(':').next().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = common::command(&[arguments, &["--rate", RATE]].concat());
        command.envs(variables.iter().copied());
        command.env(format!("{}_BASE_URL", account.to_uppercase()), server.url());
        common::execute(&mut command)
    };
    let view = run(&["view", ticket]);
    assert_eq!(view.code, 0, "{view:?}");
    assert!(view.stdout.starts_with("Paper jam\n"), "{view:?}");
    for text in said {
        assert!(view.stdout.contains(&format!("\n  {text}\n")), "{view:?}");
    }
    assert!(view.stdout.ends_with("\nNo attachments.\n"), "{view:?}");
    let address = run(&["view", ticket, "--web"]).stdout;
    let path = address.trim_end().strip_prefix(server.url()).unwrap();
    let page = server.send(user, "GET", path, None).unwrap();
    assert_eq!(page.status, 200, "{}", page.body);
    let title = page.body.lines().find(|line| line.contains("<title>"));
    assert!(title.unwrap().contains("Paper jam"), "{title:?}");
}

#[test]
fn conversation_and_page_of_redmine_are_shown() {
    let Some(live) = or_skip(Redmine::start()) else {
        return;
    };
    let ids = &live.ids;
    let issue = json!({ "issue": {
        "project_id": ids.projects["Support"],
        "subject": "Paper jam",
        "description": "Smoke *and* flames",
        "priority_id": ids.priorities.values().next(),
        "tracker_id": ids.trackers.values().next(),
    } });
    let server = &live.server;
    let filed = server
        .send(&live.admin, "POST", "/issues.json", Some(&issue))
        .unwrap();
    assert_eq!(filed.status, 201, "{}", filed.body);
    let id = filed.json()["issue"]["id"].as_u64().unwrap();
    let note = json!({ "issue": { "notes": "It is out." } });
    let path = format!("/issues/{id}.json");
    let noted = server.send(&live.admin, "PUT", &path, Some(&note)).unwrap();
    assert_eq!(noted.status, 204, "{}", noted.body);
    let key = live.admin.token.expose_secret();
    let variables = [("REDMINE_API_KEY", key), ("REDMINE_PROJECT", "support")];
    let said = ["Smoke *and* flames", "It is out."];
    expect_view(
        server,
        &live.admin,
        &format!("redmine:{id}"),
        &variables,
        said,
    );
}

#[test]
fn conversation_and_page_of_request_tracker_are_shown() {
    let Some(live) = or_skip(Rt::start()) else {
        return;
    };
    let ticket = json!({
        "Queue": QUEUES[0],
        "Subject": "Paper jam",
        "Content": "<p>Smoke <b>and</b> flames</p>",
        "ContentType": "text/html",
    });
    let server = &live.server;
    let filed = server
        .send(&live.root, "POST", "/REST/2.0/ticket", Some(&ticket))
        .unwrap();
    assert_eq!(filed.status, 201, "{}", filed.body);
    let id = filed.json()["id"].as_str().unwrap().to_owned();
    let comment = json!({ "Content": "It is out.", "ContentType": "text/plain" });
    let path = format!("/REST/2.0/ticket/{id}/comment");
    let commented = server
        .send(&live.root, "POST", &path, Some(&comment))
        .unwrap();
    assert_eq!(commented.status, 201, "{}", commented.body);
    let variables = [("RT_TOKEN", live.root.token.expose_secret())];
    let said = ["Smoke and flames", "It is out."];
    expect_view(server, &live.root, &format!("rt:{id}"), &variables, said);
}
