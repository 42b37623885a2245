//! A person is erased on real servers and in the sandbox at once.

use std::process::Command;

use secrecy::ExposeSecret as _;
use serde_json::json;
use ticket_live::{QUEUES, Redmine, Rt, or_skip};
use ticket_sandbox::Vendor;

use crate::common::ann::{ADDRESS, Ann, assert_nobody, files, found};
use crate::common::{Run, at, execute, in_terminal, state_folder};
use crate::ids;

/// Files tickets of Ann and of others at both servers. Returns the ids of hers: at RT, and at Redmine.
fn file_hers(rt: &Rt, redmine: &Redmine) -> (u64, u64) {
    let people = [ADDRESS, "joann@example.com", "ann@example.com.evil.example"];
    let mut hers = (0, 0);
    for (at, mail) in people.iter().enumerate() {
        let ticket = json!({
            "Queue": QUEUES[0], "Subject": "My printer", "Requestor": ["zoe@example.com", mail],
            "Content": "Ask ann@example.com", "ContentType": "text/plain",
        });
        let reply = rt
            .server
            .send(&rt.root, "POST", "/REST/2.0/ticket", Some(&ticket));
        let in_rt = reply.unwrap().json()["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let user = json!({ "user": {
            "login": format!("person{at}"), "firstname": "Some", "lastname": "Body", "mail": mail,
            "password": "not-a-secret-4711",
        } });
        let reply = redmine
            .server
            .send(&redmine.admin, "POST", "/users.json", Some(&user));
        let author = reply.unwrap().json()["user"]["id"].as_u64().unwrap();
        let in_redmine = redmine.file_many(1).unwrap()[0];
        let sql = format!("UPDATE issues SET author_id = {author} WHERE id = {in_redmine}");
        redmine.server.execute(&sql).unwrap();
        if *mail == ADDRESS {
            hers = (in_rt, in_redmine);
        }
    }
    hers
}

/// Prints a command and what it said, as a person would see it.
fn tell(arguments: &[&str], run: &Run) {
    println!("$ tickets {}", arguments.join(" "));
    print!("{}{}", run.stdout, run.stderr);
    println!("[exit {}]", run.code);
}

#[tokio::test(flavor = "multi_thread")]
async fn person_is_erased_on_real_servers_and_in_the_sandbox_at_once() {
    let Some(rt) = or_skip(Rt::start()) else {
        return;
    };
    let Some(redmine) = or_skip(Redmine::start()) else {
        return;
    };
    let ann = Ann::new().await;
    let (in_rt, in_redmine) = file_hers(&rt, &redmine);
    let mut hers = ann.tickets(&[Vendor::OneCloud, Vendor::Sweeppea]);
    hers.extend([format!("rt:{in_rt}"), format!("redmine:{in_redmine}")]);
    let unsearchable = ann.ticket(Vendor::LeadSquared);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (archive, report) = (path("archive"), path("report"));
    let state = state_folder();
    let variables = [
        ("RT_BASE_URL", rt.server.url()),
        ("RT_TOKEN", rt.root.token.expose_secret()),
        ("REDMINE_BASE_URL", redmine.server.url()),
        ("REDMINE_API_KEY", redmine.admin.token.expose_secret()),
        ("REDMINE_PROJECT", "support"),
    ];
    let run = |arguments: &[&str]| {
        let mut command = at(&ann.sandbox, arguments);
        let command: &mut Command = command.envs(variables).env("XDG_STATE_HOME", &state);
        let run = execute(command);
        tell(arguments, &run);
        run
    };

    let searched = run(&[
        "find",
        "--all-accounts",
        "--requester",
        ADDRESS,
        "--output",
        "ndjson",
    ]);
    let mut listed = found(&searched);
    listed.sort();
    hers.sort();
    assert_eq!((&listed, searched.code), (&hers, 4));
    let planned = run(&[
        "erase",
        "--requester",
        ADDRESS,
        "--archive",
        &archive,
        "--keep",
        "30d",
        "--look-again-after",
        "0",
    ]);
    assert_eq!(planned.code, 4);
    let jobs = run(&["job", "list", "--output", "ndjson"]);
    let job = jobs.lines()[0]["job"].as_str().unwrap().to_owned();
    let exported = variables.map(|(name, value)| format!("{name}='{value}'"));
    let tickets = env!("CARGO_BIN_EXE_tickets");
    let line = format!("{} '{tickets}' job confirm {job}", exported.join(" "));
    let confirmed = in_terminal(&ann.sandbox, &state, 100, &line, "4\n");
    tell(&["job", "confirm", &job], &confirmed);
    assert_eq!(confirmed.code, 0);
    let ran = run(&["job", "run", &job]);
    // RT's trash, OneCloud's silence, and LeadSquared's missing list.
    assert_eq!(ran.code, 4);
    let reported = run(&["job", "report", &job, "--to", &report]);
    assert_eq!(reported.code, 0);
    let shown = run(&["job", "show", &job]);
    assert!(shown.stdout.contains(" in the vendor's trash"));
    assert!(shown.stdout.contains("or not to the end: leadsquared"));

    let issues = ids(&redmine.server, "SELECT id FROM issues");
    assert_eq!((issues.len(), issues.contains(&in_redmine)), (2, false));
    let left = ids(
        &rt.server,
        "SELECT id FROM Tickets WHERE Status != 'deleted'",
    );
    assert_eq!((left.len(), left.contains(&in_rt)), (2, false));
    assert!(ann.exists(&unsearchable));
    for ticket in hers.iter().filter(|ticket| !ticket.starts_with('r')) {
        assert!(!ann.exists(ticket), "{ticket}");
    }
    let mut kept = files(&state);
    kept.extend(files(report.as_ref()));
    for run in [&planned, &confirmed, &ran, &reported, &shown] {
        kept.push((
            "output".to_owned(),
            (run.stdout.clone() + &run.stderr).into_bytes(),
        ));
    }
    let kept: Vec<_> = kept
        .iter()
        .map(|(name, bytes)| (name.as_str(), &**bytes))
        .collect();
    assert_nobody(&kept);
}
