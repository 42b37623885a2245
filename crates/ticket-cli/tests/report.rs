//! `tickets job report`: the report of a job, in a folder.

use std::fs;

use crate::common::shells::Shells;
use crate::common::{deletes, json, sandbox};
use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Fault, Rule, Vendor};

#[tokio::test(flavor = "multi_thread")]
async fn report_tells_what_the_sandbox_did() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    sandbox.add_tickets(Vendor::OneCloud, 20);
    let ids = sandbox.ticket_ids(Vendor::OneCloud);
    let gone = format!("onecloud:{}", ids[0]);
    let kept: Vec<_> = ids[1..4]
        .iter()
        .map(|id| format!("onecloud:{id}"))
        .collect();
    // The first ticket is deleted before, by another job.
    assert_eq!(shells.run(&["delete", "--yes", &gone]).code, 0);
    let mut delete = vec!["delete", "--yes", &gone];
    delete.extend(kept.iter().map(String::as_str));
    assert_eq!(shells.run(&delete).code, 1);
    let calls = deletes(&sandbox);
    let job = shells.job();

    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report");
    let to = to.to_str().unwrap();
    let run = shells.run(&["job", "report", &job[..4], "--to", to, "--output", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = json(&run.stdout);
    assert_eq!(told["outcomes"], json!({"deleted": 3, "not_found": 1}));
    assert_eq!(
        (&told["partial"], &told["signed"]),
        (&false.into(), &false.into())
    );
    assert_eq!(told["report"], to);
    assert_eq!(deletes(&sandbox), calls, "a report sends nothing");
    for ticket in &kept {
        let id = ticket.trim_start_matches("onecloud:");
        assert!(!sandbox.exists(Vendor::OneCloud, id), "{id}");
    }

    let read = |name: &str| fs::read_to_string(format!("{to}/{name}")).unwrap();
    let report: Value = json(&read("report.json"));
    assert_eq!(report["job"]["id"], job);
    assert_eq!(report["outcomes"], told["outcomes"]);
    let host = report["accounts"][0]["host"].as_str().unwrap();
    assert!(host.starts_with("127.0.0.1:"), "{host}");
    let files = told["files"].as_array().unwrap();
    for file in files {
        assert!(!read(file.as_str().unwrap()).is_empty(), "{file}");
    }
    assert_eq!(fs::read_dir(to).unwrap().count(), files.len());

    // For people, and once more into the same folder.
    let run = shells.run(&["job", "report", &job, "--to", to]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("3 deleted, 1 not found"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn report_of_a_job_that_is_not_over_needs_partial() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    sandbox.add_tickets(Vendor::OneCloud, 3);
    sandbox.inject(
        Rule::new(Fault::Status(401))
            .endpoint(Endpoint::Delete)
            .always(),
    );
    let ids = sandbox.ticket_ids(Vendor::OneCloud);
    let ticket = format!("onecloud:{}", ids[0]);
    assert_ne!(shells.run(&["delete", "--yes", &ticket]).code, 0);
    let job = shells.job();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report");
    let to = to.to_str().unwrap();
    let run = shells.run(&["job", "report", &job, "--to", to]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("not over"), "{run:?}");
    assert!(run.stderr.contains("--partial"), "{run:?}");
    assert!(!folder.path().join("report").exists());
    let run = shells.run(&[
        "job",
        "report",
        &job,
        "--to",
        to,
        "--partial",
        "--output",
        "json",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(json(&run.stdout)["partial"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn folder_with_something_else_is_refused() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    sandbox.add_tickets(Vendor::OneCloud, 1);
    let ticket = format!("onecloud:{}", sandbox.ticket_ids(Vendor::OneCloud)[0]);
    assert_eq!(shells.run(&["delete", "--yes", &ticket]).code, 0);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let to = folder.path().to_str().unwrap();
    let run = shells.run(&["job", "report", &shells.job(), "--to", to]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("is not empty"), "{run:?}");
    assert_eq!(fs::read_dir(to).unwrap().count(), 1);
}
