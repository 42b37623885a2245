//! What the commands promise at vendors with a trash, versions and files: `restore`, `attachments`, `update
//! --if-unchanged`, and the filters of `list`.

use crate::common::{Run, at, create_arguments, deletes, execute, json, sandbox};
use ticket_sandbox::{Sandbox, Vendor};

/// A new ticket of Request Tracker's, as account:id.
fn create(sandbox: &Sandbox, more: &[&str]) -> String {
    let arguments = [
        &create_arguments(Vendor::Rt)[..],
        more,
        &["--output", "json"],
    ]
    .concat();
    let run = execute(&mut at(sandbox, &arguments));
    assert_eq!(run.code, 0, "{run:?}");
    json(&run.stdout)["ticket"].as_str().unwrap().to_owned()
}

fn get(sandbox: &Sandbox, ticket: &str) -> serde_json::Value {
    let run = execute(&mut at(sandbox, &["get", ticket, "--output", "json"]));
    assert_eq!(run.code, 0, "{run:?}");
    json(&run.stdout)
}

fn outcomes(run: &Run) -> Vec<String> {
    let outcomes = run.outcomes().into_iter();
    outcomes.map(|(_, outcome)| outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_ticket_is_restored_and_its_plan_says_so() {
    let sandbox = sandbox().await;
    let ticket = create(&sandbox, &[]);
    let id = ticket.split_once(':').unwrap().1;
    let plan = execute(&mut at(&sandbox, &["delete", &ticket, "--dry-run"]));
    assert!(plan.stderr.contains("tickets restore"), "{plan:?}");
    assert!(!plan.stderr.contains("cannot be undone"), "{plan:?}");
    for (command, outcome, exists) in [
        ("delete", "deleted", false),
        ("delete", "already_gone", false),
        ("restore", "restored", true),
        ("restore", "restored", true),
    ] {
        let run = execute(&mut at(
            &sandbox,
            &[command, &ticket, "--yes", "--output", "ndjson"],
        ));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(outcomes(&run), [outcome]);
        assert_eq!(sandbox.exists(Vendor::Rt, id), exists, "{command}");
        let is_deleted = get(&sandbox, &ticket)["status"] == "deleted";
        assert_eq!(is_deleted, !exists, "{command}");
    }
    let run = execute(&mut at(&sandbox, &["restore", "onecloud:121", "--yes"]));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("no way to restore a ticket"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_listed_and_saved_but_never_over_another_file() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.txt");
    std::fs::write(&file, "what happened\n").unwrap();
    let ticket = create(&sandbox, &["--attach", file.to_str().unwrap()]);
    let saved = tempfile::tempdir().unwrap();
    let download = saved.path().to_str().unwrap();
    let list = ["attachments", &ticket, "--output", "ndjson"];
    let run = execute(&mut at(&sandbox, &list));
    assert_eq!(run.code, 0, "{run:?}");
    let listed = run.lines();
    let report = listed.iter().find(|row| row["name"] == "report.txt");
    let name = format!(
        "{}-report.txt",
        report.expect("it is listed")["id"].as_str().unwrap()
    );
    let save = [&list[..], &["--download", download]].concat();
    let run = execute(&mut at(&sandbox, &save));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    let path = saved.path().join(name);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "what happened\n");
    std::fs::write(&path, "mine").unwrap();
    let run = execute(&mut at(&sandbox, &save));
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stderr.contains("already a file of this name"),
        "{run:?}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let nowhere = [&list[..], &["--download", "/no/such/folder"]].concat();
    let before = sandbox.journal().len();
    assert_eq!(execute(&mut at(&sandbox, &nowhere)).code, 2);
    assert_eq!(sandbox.journal().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn update_of_an_old_version_changes_nothing() {
    let sandbox = sandbox().await;
    let ticket = create(&sandbox, &[]);
    let version = get(&sandbox, &ticket)["version"]
        .as_str()
        .unwrap()
        .to_owned();
    let update = |subject: &str| {
        let arguments = [
            "update",
            &ticket,
            "--subject",
            subject,
            "--if-unchanged",
            &version,
        ];
        execute(&mut at(&sandbox, &arguments))
    };
    let run = update("First");
    assert_eq!(run.code, 0, "{run:?}");
    let before = deletes(&sandbox);
    let run = update("Second");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("version"), "{run:?}");
    assert_eq!(get(&sandbox, &ticket)["subject"], "First");
    // It was refused by the vendor, and not tried again.
    assert!(deletes(&sandbox) <= before + 1);
    let none = [
        "update",
        "sweeppea:2531581",
        "--subject",
        "x",
        "--if-unchanged",
        "1",
    ];
    assert_eq!(execute(&mut at(&sandbox, &none)).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_reach_the_vendor_or_are_refused() {
    let sandbox = sandbox().await;
    let ticket = create(&sandbox, &[]);
    for (filters, is_found) in [
        (&["--requester", "a@example.com"][..], true),
        (&["--requester", "nobody@example.com"], false),
        (&["--created-after", "2020-01-01"], true),
        (&["--created-before", "2020-01-01"], false),
        (&["--query", "Subject LIKE 'Café'"], true),
        (&["--query", "Subject LIKE 'tea'"], false),
        (&["--sort", "created", "--newest-first"], true),
    ] {
        let list = [&["list", "rt", "--output", "ndjson"], filters].concat();
        let run = execute(&mut at(&sandbox, &list));
        assert_eq!(run.code, 0, "{filters:?} {run:?}");
        let found = run.lines().iter().any(|row| row["ticket"] == *ticket);
        assert_eq!(found, is_found, "{filters:?} {run:?}");
    }
    let before = sandbox.journal().len();
    for (filters, words) in [
        (&["onecloud", "--tag", "vip"][..], "--tag"),
        (&["sweeppea", "--query", "x"], "--query"),
        (&["rt", "--created-after", "soon"], "30d"),
        (&["rt", "--newest-first"], "--sort"),
        (&["rt", "--field", "a=1", "--field", "a=2"], "given twice"),
    ] {
        let run = execute(&mut at(&sandbox, &[&["list"], filters].concat()));
        assert_eq!(run.code, 2, "{filters:?} {run:?}");
        assert!(run.stderr.contains(words), "{filters:?} {run:?}");
    }
    assert_eq!(sandbox.journal().len(), before);
}
