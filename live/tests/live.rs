//! Each server starts, does what it is asked, is as it was seeded, and is gone afterwards. They run where they are
//! installed; with `CI=true` they must be.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test, in helpers too"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use ticket_live::{LABELS, ORDER, QUEUES, Redmine, Rt, Server, User, or_skip};

/// The ids of the processes that have this folder in their environment.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap().as_bytes();
    let processes = std::fs::read_dir("/proc").unwrap().map(Result::unwrap);
    let of_folder = processes.filter(|process| {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        environment.windows(folder.len()).any(|part| part == folder)
    });
    of_folder
        .map(|process| process.file_name().to_string_lossy().into_owned())
        .collect()
}

fn ends_without_a_trace(server: Server) {
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let folder = server.sqlite_path().parent().unwrap().to_owned();
    assert!(!processes_of(&folder).is_empty());
    drop(server);
    assert!(!folder.exists());
    assert_eq!(processes_of(&folder), [""; 0]);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn rt_acts_is_seen_in_its_database_and_is_gone_after_drop() {
    let Some(rt) = or_skip(Rt::start()) else {
        return;
    };
    println!(
        "Request Tracker {}: up after {:?}",
        rt.version,
        rt.server.started_in()
    );
    let send = |user: &User, method: &str, path: &str, body: Value| {
        let path = format!("/REST/2.0/{path}");
        let body = (!body.is_null()).then_some(&body);
        rt.server.send(user, method, &path, body).unwrap()
    };
    let create = |queue: &str, subject: &str| {
        let fields = json!({ ORDER: "A-1", LABELS: ["vip", "late"] });
        let ticket = json!({ "Queue": queue, "Subject": subject, "CustomFields": fields });
        let created = send(&rt.root, "POST", "ticket", ticket);
        assert_eq!(created.status, 201, "{}", created.body);
        format!("ticket/{}", created.json()["id"].as_str().unwrap())
    };
    let status = |path: &str| send(&rt.root, "GET", path, Value::Null).json()["Status"].clone();

    let path = create(QUEUES[0], "Card refused");
    let read = send(&rt.agent, "GET", &path, Value::Null);
    assert_eq!(
        (read.status, &read.json()["Subject"]),
        (200, &json!("Card refused"))
    );
    for (name, values) in [(ORDER, json!(["A-1"])), (LABELS, json!(["vip", "late"]))] {
        let read = read.json();
        let mut fields = read["CustomFields"].as_array().unwrap().iter();
        let field = fields.find(|field| field["name"] == name).unwrap();
        assert_eq!(field["values"], values);
    }
    assert_eq!(send(&rt.stranger, "GET", &path, Value::Null).status, 403);

    let update = json!({ "Subject": "Card accepted" });
    let updated = send(&rt.agent, "PUT", &path, update);
    assert!(updated.body.contains("changed"), "{}", updated.body);
    assert_eq!(send(&rt.agent, "DELETE", &path, Value::Null).status, 500);
    assert_eq!(status(&path), "new");
    assert_eq!(send(&rt.root, "DELETE", &path, Value::Null).status, 204);
    let rows = rt
        .server
        .rows("SELECT Subject, Status FROM Tickets")
        .unwrap();
    let rows: Vec<_> = rows.into_iter().map(Value::Object).collect();
    assert_eq!(
        rows,
        [json!({ "Subject": "Card accepted", "Status": "deleted" })]
    );

    for (queue, last) in QUEUES.iter().zip(["resolved", "stalled"]) {
        let path = create(queue, "Waits");
        for status in ["stalled", "resolved"] {
            send(&rt.root, "PUT", &path, json!({ "Status": status }));
        }
        assert_eq!(status(&path), last, "{queue}");
    }
    ends_without_a_trace(rt.server);
}

#[test]
fn redmine_acts_is_seen_in_its_database_and_is_gone_after_drop() {
    let Some(redmine) = or_skip(Redmine::start()) else {
        return;
    };
    println!(
        "Redmine {}: up after {:?}",
        redmine.version,
        redmine.server.started_in()
    );
    let ids = &redmine.ids;
    let send = |user: &User, method: &str, path: &str, body: Value| {
        let body = (!body.is_null()).then(|| json!({ "issue": body }));
        let server = &redmine.server;
        server.send(user, method, path, body.as_ref()).unwrap()
    };
    let create = |project: &str, tracker: &str| {
        let fields = json!([
            { "id": ids.fields["Order"], "value": "A-1" },
            { "id": ids.fields["Labels"], "value": ["vip", "late"] },
        ]);
        let issue = json!({
            "project_id": ids.projects[project], "tracker_id": ids.trackers[tracker],
            "subject": "Card refused", "custom_fields": fields,
        });
        let created = send(&redmine.admin, "POST", "/issues.json", issue);
        assert_eq!(created.status, 201, "{}", created.body);
        format!("/issues/{}.json", created.json()["issue"]["id"])
    };
    let get = |user: &User, path: &str| send(user, "GET", path, Value::Null);

    let path = create("Support", "Bug");
    let read = get(&redmine.agent, &path);
    let issue = read.json()["issue"].clone();
    assert_eq!(
        (read.status, &issue["subject"]),
        (200, &json!("Card refused"))
    );
    let values = issue["custom_fields"].as_array().unwrap().iter();
    let values: Vec<_> = values.map(|field| &field["value"]).collect();
    assert_eq!(values, [&json!("A-1"), &json!(["vip", "late"])]);
    assert_eq!(get(&redmine.stranger, &path).status, 403);
    assert_eq!(get(&redmine.agent, &create("Vault", "Bug")).status, 403);

    let update = json!({ "subject": "Card accepted" });
    assert_eq!(send(&redmine.agent, "PUT", &path, update).status, 204);
    assert_eq!(
        send(&redmine.agent, "DELETE", &path, Value::Null).status,
        403
    );
    let rows = redmine
        .server
        .rows("SELECT id, subject FROM issues ORDER BY id")
        .unwrap();
    assert_eq!(rows[0]["subject"], "Card accepted");
    assert_eq!(
        send(&redmine.admin, "DELETE", &path, Value::Null).status,
        204
    );
    let left = redmine.server.rows("SELECT id FROM issues").unwrap();
    assert_eq!((rows.len(), left.len()), (2, 1));
    assert!(!left.contains(&rows[0]));

    for (tracker, last) in [("Bug", "Resolved"), ("Support", "Feedback")] {
        let path = create("Support", tracker);
        for status in ["Feedback", "Resolved"] {
            let change = json!({ "status_id": ids.statuses[status] });
            assert_eq!(send(&redmine.admin, "PUT", &path, change).status, 204);
        }
        let issue = get(&redmine.admin, &path).json();
        assert_eq!(issue["issue"]["status"]["name"], last, "{tracker}");
    }
    ends_without_a_trace(redmine.server);
}

#[test]
fn program_names_the_variables_and_its_server_ends_when_it_is_killed() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ticket-live"))
        .arg("rt")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(program.stdout.take().unwrap());
    let mut lines = stdout.lines().map(Result::unwrap);
    let before: Vec<_> = lines
        .by_ref()
        .take_while(|line| !line.starts_with('#'))
        .collect();
    if before.is_empty() {
        program.wait().unwrap();
        let unavailable = Rt::start().map(drop);
        assert!(
            or_skip(unavailable).is_none(),
            "the program starts no server"
        );
        return;
    }
    assert!(
        before[0].starts_with("export RT_BASE_URL='http://127.0.0.1:"),
        "{before:?}"
    );
    assert!(before[1].starts_with("export RT_TOKEN='"), "{before:?}");
    let database = lines.find_map(|line| Some(line.strip_prefix("# database ")?.to_owned()));
    let database = database.unwrap();
    let folder = Path::new(&database).parent().unwrap();
    assert!(!processes_of(folder).is_empty());
    program.kill().unwrap();
    program.wait().unwrap();
    // Its supervisor is the last that holds this end.
    program
        .stderr
        .unwrap()
        .read_to_end(&mut Vec::new())
        .unwrap();
    assert!(!folder.exists());
    assert_eq!(processes_of(folder), [""; 0]);
}
