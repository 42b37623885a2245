//! The commands that need no account: `providers`, `demo`, `sandbox`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::common::{command, execute, json};

#[test]
fn demo_tells_how_a_killed_delete_is_resumed_and_ends_with_the_commands_to_type() {
    let run = execute(&mut command(&["demo"]));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    let mut rest = run.stdout.as_str();
    for part in [
        "$ tickets delete --from tickets.txt --yes",
        "One reply of OneCloud is lost",
        "Kill it in the middle",
        "their replies never came.",
        "$ tickets job run ",
        "ACCOUNT      TICKETS  DELETED  ALREADY GONE  STILL THERE\n",
        "every outcome is true: 40 tickets are gone, and\nthe other 10 are still there.",
        "\n  eval \"$(tickets sandbox --env)\"\n  tickets list onecloud\n  \
         tickets delete onecloud:121 leadsquared:160\n",
    ] {
        let (_, after) = rest
            .split_once(part)
            .unwrap_or_else(|| panic!("{part:?} {run:?}"));
        rest = after;
    }
    assert_eq!(rest, "", "nothing comes after the commands: {run:?}");
    let widest = run.stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{run:?}");
    assert!(run.stdout.lines().count() <= 40, "{run:?}");
}

#[test]
fn demo_says_of_each_ticket_what_is_true_in_the_sandbox() {
    let run = execute(&mut command(&["demo", "--output", "ndjson"]));
    assert_eq!(run.code, 0, "{run:?}");
    let rows = run.lines();
    assert_eq!(rows.len(), 40, "{run:?}");
    for row in &rows {
        assert_eq!(row["exists"], false, "{row}");
        assert_eq!(row["agrees"], true, "{row}");
        let said = row["said"].as_str().unwrap();
        assert!(["deleted", "already_gone"].contains(&said), "{row}");
    }
    let of = |step: &'static str| rows.iter().filter(move |row| row["step"] == step);
    // What hung was deleted before the kill, and nobody was told.
    assert!(of("in_flight").count() > 0, "{run:?}");
    assert!(
        of("in_flight").all(|row| row["said"] == "already_gone"),
        "{run:?}"
    );
    assert!(of("after").all(|row| row["said"] == "deleted"), "{run:?}");
    assert!(of("after").count() > 0, "{run:?}");
    // The lost reply.
    let twice = of("before").filter(|row| row["said"] == "already_gone");
    let accounts: Vec<_> = twice.map(|row| row["ticket"].as_str().unwrap()).collect();
    assert_eq!(accounts.len(), 1, "{run:?}");
    assert!(accounts[0].starts_with("onecloud:"), "{run:?}");
}

/// A sandbox in the background. It ends with the test.
#[cfg(unix)]
struct Background {
    variables: Vec<(String, String)>,
    process: String,
}

#[cfg(unix)]
impl Background {
    fn start(more: &[&str]) -> Self {
        let run = execute(&mut command(&[&["sandbox", "--env"], more].concat()));
        assert_eq!(run.code, 0, "{run:?}");
        let variables = run.stdout.lines().map(|line| {
            let line = line.strip_prefix("export ").expect(line);
            let (name, value) = line.split_once('=').expect(line);
            (name.to_owned(), value.trim_matches('\'').to_owned())
        });
        let mut variables: Vec<_> = variables.collect();
        let (name, process) = variables.pop().unwrap();
        assert_eq!(name, "TICKETS_SANDBOX_PID");
        assert!(run.stderr.contains(&format!("`kill {process}`")), "{run:?}");
        Self { variables, process }
    }
}

#[cfg(unix)]
impl Drop for Background {
    fn drop(&mut self) {
        let _ = std::process::Command::new("kill")
            .arg(&self.process)
            .status();
    }
}

#[cfg(unix)]
#[test]
fn commands_at_the_end_of_the_demo_work_as_printed() {
    let sandbox = Background::start(&[]);
    let run = |arguments: &[&str]| {
        let mut command = command(arguments);
        execute(command.envs(sandbox.variables.iter().cloned()))
    };
    let list = run(&["list", "onecloud"]);
    assert_eq!(list.code, 0, "{list:?}");
    assert!(list.stdout.contains("onecloud:121 "), "{list:?}");
    let delete = ["delete", "onecloud:121", "leadsquared:160", "--yes"];
    let deleted = run(&delete);
    assert_eq!(deleted.code, 0, "{deleted:?}");
    assert!(
        deleted.stderr.contains("2 tickets: 2 deleted"),
        "{deleted:?}"
    );
    // It is the same sandbox for each command.
    assert_eq!(run(&["get", "onecloud:121"]).code, 1);
}

#[cfg(unix)]
#[test]
fn sandbox_in_the_background_takes_the_options_and_says_why_it_cannot_start() {
    let first = Background::start(&["--tickets", "30"]);
    let url = first
        .variables
        .iter()
        .find(|(name, _)| name == "RT_BASE_URL");
    let port = url.unwrap().1.split(['/', ':']).nth(4).unwrap().to_owned();
    let mut list = command(&["list", "rt", "--output", "ndjson"]);
    let list = execute(list.envs(first.variables.iter().cloned()));
    assert!(list.lines().len() >= 30, "{list:?}");
    let taken = execute(&mut command(&["sandbox", "--env", "--port", &port]));
    assert_eq!((taken.code, taken.stdout.as_str()), (1, ""), "{taken:?}");
    assert!(
        taken
            .stderr
            .starts_with("error: the sandbox cannot be started: "),
        "{taken:?}"
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
