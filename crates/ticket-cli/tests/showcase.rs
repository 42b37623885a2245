//! The commands that need no account: `providers`, `demo`, `sandbox`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use common::{command, execute, json};

#[test]
fn the_demo_tells_the_story_of_all_vendors_and_ends_0() {
    let run = execute(&mut command(&["demo"]));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    let last = run.stdout.lines().last().unwrap();
    assert!(
        last.starts_with("sandbox: ") && last.ends_with("every outcome agrees with the true state"),
        "{last}"
    );
    // One row a step, one cell a vendor; a vendor that lacks an operation is not left out.
    let table = run
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("STEP"));
    let table: Vec<Vec<_>> = table
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        table[0],
        [
            "STEP",
            "ONECLOUD",
            "SWEEPPEA",
            "LEADSQUARED",
            "REDMINE",
            "RT",
            "TRUE"
        ]
    );
    for row in [
        [
            "create", "created", "created", "created", "created", "created", "yes",
        ],
        ["list", "found", "found", "–", "found", "found", "yes"],
        [
            "update", "–", "updated", "updated", "updated", "updated", "yes",
        ],
        [
            "get", "Erase me", "Erasure", "Erasure", "Erasure", "Erasure", "yes",
        ],
        [
            "comment",
            "–",
            "–",
            "commented",
            "commented",
            "commented",
            "yes",
        ],
        [
            "messages", "When?", "When?", "When?", "When?", "When?", "yes",
        ],
        [
            "resolve", "–", "resolved", "resolved", "resolved", "resolved", "yes",
        ],
        [
            "delete", "deleted", "deleted", "deleted", "deleted", "deleted", "yes",
        ],
    ] {
        assert!(table.contains(&row.to_vec()), "{row:?} {run:?}");
    }
    assert!(
        run.stdout.lines().all(|line| line.chars().count() <= 80),
        "{run:?}"
    );
    assert!(run.stdout.lines().count() <= 48, "{run:?}");
}

#[test]
fn the_demo_is_readable_by_programs() {
    let run = execute(&mut command(&["demo", "--output", "ndjson"]));
    assert_eq!(run.code, 0, "{run:?}");
    let rows = run.lines();
    assert!(rows.iter().all(|row| row["agrees"] == true), "{run:?}");
    let of = |step: &str| -> Vec<_> { rows.iter().filter(|row| row["step"] == step).collect() };
    assert_eq!(of("delete").len(), 5, "{run:?}");
    assert!(
        of("delete")
            .iter()
            .all(|row| row["said"] == "deleted" && row["exists"] == false)
    );
    assert_eq!(
        of("comment")
            .iter()
            .filter(|row| row["said"].is_null())
            .count(),
        2
    );
    // The lost answer: nobody said that it is still there, and it is not.
    let lost = of("answer lost");
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0]["exists"], false, "{run:?}");
    assert!(
        ["unknown", "already_gone"].contains(&lost[0]["said"].as_str().unwrap()),
        "{run:?}"
    );
}

#[test]
fn providers_are_listed_with_what_they_can_do() {
    let run = execute(&mut command(&["providers", "--output", "json"]));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let list = json(&run.stdout);
    let ids: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    let compiled_in = tickets::PROVIDERS.iter().map(|known| (known.info)().id);
    assert_eq!(ids, compiled_in.collect::<Vec<_>>());
    let row = |id: &str| &list[ids.iter().position(|known| *known == id).unwrap()];
    for row in list.as_array().unwrap() {
        let operations: Vec<_> = row["operations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        for needed in ["get", "delete"] {
            assert!(operations.contains(&needed), "{row}");
        }
        assert!(row["title"].is_string() && row["limits"]["delete_batch"].is_number());
    }
    let environment = row("onecloud")["environment"].as_array().unwrap();
    assert!(environment.contains(&"ONECLOUD_TOKEN".into()), "{list}");
    assert_eq!(row("leadsquared")["limits"]["calls"][0]["calls"], 25);
    assert!(
        row("leadsquared")["fields"]["update"]
            .as_array()
            .unwrap()
            .contains(&"attachments".into())
    );
    assert!(
        row("sweeppea")["fields"]["list"]
            .as_array()
            .unwrap()
            .contains(&"state".into())
    );

    for form in ["table", "csv"] {
        let run = execute(&mut command(&["providers", "--output", form]));
        assert_eq!(run.stdout.lines().count(), 1 + ids.len(), "{run:?}");
        assert!(run.stdout.contains("LEADSQUARED_SECRET_KEY"), "{run:?}");
        assert!(!run.stdout.contains('\u{1b}'));
    }
}

/// A sandbox process; it ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_served_sandbox_says_how_to_use_it_and_works() {
    let mut served = Served(
        command(&["sandbox"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut variables = Vec::new();
    let mut journal = None;
    for line in BufReader::new(served.0.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(export) = line.strip_prefix("export ") {
            let (name, value) = export.split_once('=').unwrap();
            let value = value
                .strip_prefix('\'')
                .unwrap()
                .strip_suffix('\'')
                .unwrap();
            variables.push((name.to_owned(), value.to_owned()));
        } else {
            assert!(line.starts_with('#'), "{line}");
            let address = line
                .split_once("http://")
                .map(|(_, address)| address.to_owned());
            journal = journal.or(address);
        }
        if variables.len() == 8 {
            break;
        }
    }
    let run = |arguments: &[&str]| execute(command(arguments).envs(variables.clone()));
    let deleted = run(&[
        "delete",
        "--yes",
        "onecloud:121",
        "sweeppea:2531581",
        "leadsquared:160",
    ]);
    assert_eq!(deleted.code, 0, "{deleted:?}");
    // It is one sandbox, with one state.
    assert_eq!(run(&["get", "onecloud:121"]).code, 1);
    assert_eq!(run(&["get", "onecloud:1212"]).code, 0);

    let journal = journal.unwrap();
    let (address, path) = journal.split_at(journal.find('/').unwrap());
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let reply = std::io::read_to_string(stream).unwrap();
    let (_, body) = reply.split_once("\r\n\r\n").unwrap();
    assert_eq!(json(body).as_array().unwrap().len(), 5, "{reply}");
}

#[test]
fn a_served_sandbox_has_the_tickets_that_were_asked_for() {
    // More pages than Sweeppea answers in a minute.
    let arguments = [
        "sandbox",
        "--tickets",
        "4000",
        "--no-quotas",
        "--output",
        "json",
    ];
    let mut served = Served(command(&arguments).stdout(Stdio::piped()).spawn().unwrap());
    let mut said = String::new();
    let mut lines = BufReader::new(served.0.stdout.take().unwrap()).lines();
    while !said.ends_with(']') {
        said += &lines.next().unwrap().unwrap();
    }
    let variables = json(&said);
    let variables = variables.as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let variables: Vec<_> = variables
        .map(|variable| (text(&variable["name"]), text(&variable["value"])))
        .collect();
    for account in ["onecloud", "sweeppea"] {
        let list = ["list", account, "--rate", "100000/1", "--output", "ndjson"];
        let mut list = command(&list);
        let run = execute(list.envs(variables.clone()));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!((4000..4010).contains(&run.stdout.lines().count()));
    }
}

#[cfg(unix)]
#[test]
fn a_served_sandbox_ends_0_on_ctrl_c() {
    let mut served = Served(
        command(&["sandbox", "--output", "json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(served.0.stdout.take().unwrap()).lines();
    // The end of the list: everything is printed.
    assert!(lines.any(|line| line.unwrap() == "]"));
    let pid = served.0.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(served.0.wait().unwrap().code(), Some(0));
}

#[test]
fn a_port_in_use_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = execute(&mut command(&["sandbox", "--port", &port]));
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(
        run.stderr.starts_with(&format!(
            "error: 127.0.0.1:{port}: the sandbox cannot listen"
        )),
        "{run:?}"
    );
}
