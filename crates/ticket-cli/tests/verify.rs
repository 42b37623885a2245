//! `tickets verify` tells whether the tickets of a report still are as it says, and sends no write; `tickets restore` takes
//! a report as its list, and other commands do not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::shells::Shells;
use crate::common::{Run, create_arguments, deletes, json, sandbox};
use serde_json::Value;
use ticket_jobs::report::{self, Options};
use ticket_jobs::{Ledger as _, SqliteLedger};
use ticket_sandbox::{Fault, Gateway, Rule, Sandbox, TicketFault, Vendor};

/// A user who has run a job.
struct User<'a> {
    shells: Shells<'a>,
    folder: tempfile::TempDir,
}

impl<'a> User<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        Self {
            shells: Shells::new(sandbox),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.shells.run(arguments)
    }

    /// Makes this change, whatever comes of it.
    fn change(&self, change: &str, tickets: &[&str]) -> Run {
        let options = ["--yes", "--output", "ndjson"];
        self.run(&[&[change], tickets, &options].concat())
    }

    fn ledger(&self) -> SqliteLedger {
        SqliteLedger::open(self.shells.state.join("tickets/jobs.db")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of a report of the latest job.
    async fn report(&self) -> String {
        let ledger = self.ledger();
        let job = self.shells.job().parse().unwrap();
        let options = Options::new(ledger.now(), "alice@ops1", "tickets 0.1.0");
        let folder = self.path("report");
        report::write(&ledger, &job, &folder, &options)
            .await
            .unwrap();
        folder.to_str().unwrap().to_owned()
    }

    /// Verifies a report, and checks that nothing but reads were sent.
    fn verify(&self, report: &str) -> Run {
        let writes = deletes(self.shells.sandbox);
        let run = self.run(&["verify", report, "--output", "ndjson"]);
        assert_eq!(deletes(self.shells.sandbox), writes, "{run:?}");
        run
    }

    /// A new ticket of Request Tracker's, as account:id.
    fn create(&self) -> String {
        let arguments = [&create_arguments(Vendor::Rt)[..], &["--output", "json"]].concat();
        let run = self.run(&arguments);
        assert_eq!(run.code, 0, "{run:?}");
        json(&run.stdout)["ticket"].as_str().unwrap().to_owned()
    }
}

/// `ticket standing` of each line.
fn standings(run: &Run) -> Vec<(String, String)> {
    let text = |line: &Value, key: &str| line[key].as_str().expect(key).to_owned();
    let lines = run.lines().into_iter();
    let mut standings: Vec<_> = lines
        .map(|line| (text(&line, "ticket"), text(&line, "standing")))
        .collect();
    standings.sort();
    standings
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = expected
        .iter()
        .map(|(ticket, standing)| ((*ticket).to_owned(), (*standing).to_owned()))
        .collect();
    pairs.sort();
    pairs
}

/// The lines that do not end with this.
fn without(lines: &str, end: &str) -> String {
    let lines = lines.split_inclusive('\n');
    lines
        .filter(|line| !line.trim_end().ends_with(end))
        .collect()
}

fn id(ticket: &str) -> &str {
    ticket.split_once(':').unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_ticket_that_somebody_restored_does_not_hold() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    let (kept, back) = (user.create(), user.create());
    assert_eq!(user.change("delete", &[&kept, &back]).code, 0);
    let report = user.report().await;
    let run = user.verify(&report);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        standings(&run),
        pairs(&[(&kept, "holds"), (&back, "holds")])
    );
    let table = user.run(&["verify", &report]);
    assert_eq!((table.code, table.stdout.as_str()), (0, ""), "{table:?}");
    assert!(
        table.stderr.contains("2 tickets: 2 as the report says"),
        "{table:?}"
    );

    assert_eq!(user.change("restore", &[&back]).code, 0);
    assert!(sandbox.exists(Vendor::Rt, id(&back)));
    let run = user.verify(&report);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = pairs(&[(&kept, "holds"), (&back, "does_not_hold")]);
    assert_eq!(standings(&run), expected);
    let table = user.run(&["verify", &report]);
    assert_eq!(table.code, 1, "{table:?}");
    assert!(table.stdout.contains(&back), "{table:?}");
    assert!(!table.stdout.contains(&kept), "{table:?}");
    assert!(table.stdout.contains("the ticket is there"), "{table:?}");
    // The same by the name of the file with the rows.
    let rows = Path::new(&report).join("outcomes.ndjson");
    let run = user.verify(rows.to_str().unwrap());
    assert_eq!(standings(&run), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn resolved_ticket_that_is_open_again_does_not_hold() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    let ticket = user.create();
    assert_eq!(user.change("resolve", &[&ticket]).code, 0);
    let report = user.report().await;
    let run = user.verify(&report);
    assert_eq!(
        (run.code, standings(&run)),
        (0, pairs(&[(&ticket, "holds")]))
    );
    let reopened = user.run(&["update", &ticket, "--status", "open"]);
    assert_eq!(reopened.code, 0, "{reopened:?}");
    let run = user.verify(&report);
    let expected = pairs(&[(&ticket, "does_not_hold")]);
    assert_eq!((run.code, standings(&run)), (1, expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn not_found_of_a_gateway_proves_nothing() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    assert_eq!(user.change("delete", &["onecloud:121"]).code, 0);
    let report = user.report().await;
    for gateway in [Gateway::PageNotFound, Gateway::NoRoute, Gateway::Empty] {
        sandbox.inject(Rule::new(Fault::Gateway(gateway)).reads().always());
        let before = sandbox.journal().len();
        let run = user.verify(&report);
        let expected = pairs(&[("onecloud:121", "unknown")]);
        assert_eq!((run.code, standings(&run)), (1, expected), "{gateway:?}");
        assert!(
            sandbox.journal().len() > before,
            "{gateway:?}: it was asked"
        );
        sandbox.withdraw_faults();
    }
    let run = user.verify(&report);
    let expected = pairs(&[("onecloud:121", "holds")]);
    assert_eq!((run.code, standings(&run)), (0, expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn not_found_of_a_vendor_that_also_says_so_of_tickets_that_exist_proves_nothing() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    let deleted = user.change("delete", &["sweeppea:2531581"]);
    assert_eq!(deleted.outcomes()[0].1, "deleted", "{deleted:?}");
    assert!(!sandbox.exists(Vendor::Sweeppea, "2531581"));
    let report = user.report().await;
    let run = user.verify(&report);
    let expected = pairs(&[("sweeppea:2531581", "unknown")]);
    assert_eq!((run.code, standings(&run)), (1, expected));
    let why = run.lines()[0]["message"].as_str().unwrap().to_owned();
    assert!(why.contains("tickets that exist"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_that_was_not_changed_is_told_and_not_looked_at() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    sandbox.set_ticket_fault(Vendor::OneCloud, "121", TicketFault::Refused(422));
    let failed = user.change("delete", &["onecloud:121"]);
    assert_eq!(failed.outcomes()[0].1, "failed", "{failed:?}");
    let report = user.report().await;
    let before = sandbox.journal().len();
    let run = user.verify(&report);
    let expected = pairs(&[("onecloud:121", "not_looked_at")]);
    assert_eq!((run.code, standings(&run)), (1, expected));
    assert_eq!(run.lines()[0]["outcome"], "failed");
    assert!(run.lines()[0]["message"].is_string(), "{run:?}");
    assert_eq!(sandbox.journal().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_report_is_refused_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    let ticket = user.create();
    assert_eq!(user.change("delete", &[&ticket]).code, 0);
    let report = user.report().await;
    let before = sandbox.journal().len();
    let refuse = |name: &str, words: &str| {
        for arguments in [
            &["verify", &report][..],
            &["restore", "--yes", "--from", &report],
        ] {
            let run = user.run(arguments);
            assert_eq!(run.code, 2, "{name}: {run:?}");
            assert!(run.stderr.contains(words), "{name}: {run:?}");
        }
        assert_eq!(sandbox.journal().len(), before, "{name}");
    };
    for name in [
        "report.json",
        "report.html",
        "outcomes.csv",
        "outcomes.ndjson",
        "calls.ndjson",
    ] {
        let path = Path::new(&report).join(name);
        let right = fs::read(&path).unwrap();
        let mut wrong = right.clone();
        let last = wrong.len() - 2;
        wrong[last] ^= 1;
        fs::write(&path, wrong).unwrap();
        refuse(name, "was changed after the report was written");
        fs::remove_file(&path).unwrap();
        if name != "report.json" {
            refuse(name, "is missing");
        }
        fs::write(&path, right).unwrap();
    }
    let sums = Path::new(&report).join("SHA256SUMS");
    let right = fs::read_to_string(&sums).unwrap();
    fs::write(&sums, without(&right, "outcomes.ndjson")).unwrap();
    refuse("SHA256SUMS", "does not name outcomes.ndjson");
    fs::remove_file(&sums).unwrap();
    refuse("SHA256SUMS", "SHA256SUMS is missing");
    fs::write(&sums, right).unwrap();
    assert_eq!(user.run(&["verify", &report]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn account_at_another_host_is_refused_by_name() {
    let here = sandbox().await;
    let there = sandbox().await;
    let user = User::new(&here);
    let ticket = user.create();
    assert_eq!(user.change("delete", &[&ticket]).code, 0);
    let report = user.report().await;
    for arguments in [
        &["verify", &report][..],
        &["restore", "--yes", "--from", &report],
    ] {
        let mut command = user.shells.command(arguments);
        command.envs(there.environment());
        let run = crate::common::execute(&mut command);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains("rt: the account is rt at"), "{run:?}");
    }
    assert_eq!(there.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn report_is_the_list_of_restore_and_of_no_other_command() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    let (first, second, gone) = (user.create(), user.create(), "rt:999999");
    // Named twice, and one that never was.
    user.change("delete", &[&first, &second, &first, gone]);
    let report = user.report().await;
    let rows = Path::new(&report).join("outcomes.ndjson");
    let before = sandbox.journal().len();
    for command in ["delete", "resolve"] {
        for from in [&report, rows.to_str().unwrap()] {
            let run = user.run(&[command, "--yes", "--from", from]);
            assert_eq!(run.code, 2, "{run:?}");
            assert!(run.stderr.contains("a report is no list"), "{run:?}");
            assert!(run.stderr.contains("tickets verify"), "{run:?}");
        }
    }
    assert_eq!(sandbox.journal().len(), before);
    let restore = ["restore", "--yes", "--output", "ndjson", "--from"];
    let run = user.run(&[&restore[..], &[rows.to_str().unwrap()]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let mut outcomes = run.outcomes();
    outcomes.sort();
    let expected = pairs(&[(&first, "restored"), (&second, "restored")]);
    assert_eq!(outcomes, expected);
    assert!(sandbox.exists(Vendor::Rt, id(&first)));
    assert!(sandbox.exists(Vendor::Rt, id(&second)));
    // The report of a restore is no list either, and it can be verified.
    let report = {
        fs::remove_dir_all(&report).unwrap();
        user.report().await
    };
    let run = user.run(&[&restore[..], &[&report]].concat());
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("only what was deleted"), "{run:?}");
    assert_eq!(user.verify(&report).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_without_a_trash_are_refused_by_their_account() {
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    let ticket = user.create();
    let all = [&ticket, "onecloud:121", "redmine:1"];
    let redmine = sandbox.ticket_ids(Vendor::Redmine)[0].clone();
    let redmine = format!("redmine:{redmine}");
    user.change("delete", &[all[0], all[1], &redmine]);
    let report = user.report().await;
    let before = sandbox.journal().len();
    let run = user.run(&["restore", "--yes", "--from", &report]);
    assert_eq!(run.code, 2, "{run:?}");
    let stderr = run.stderr.replace('\n', " ");
    assert!(
        stderr.contains("onecloud: 1 ticket was deleted without a documented trash"),
        "{run:?}"
    );
    assert!(
        stderr.contains("redmine: 1 ticket was deleted permanently"),
        "{run:?}"
    );
    assert!(
        stderr.contains("makes a list of those that are in a trash"),
        "{run:?}"
    );
    assert_eq!(sandbox.journal().len(), before);
    assert!(!sandbox.exists(Vendor::Rt, id(&ticket)));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn signature_is_checked_against_the_approvers_of_the_configuration() {
    let has_tool = Command::new("ssh-keygen").arg("-?").output().is_ok();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(has_tool || !in_ci, "there is no ssh-keygen");
    if !has_tool {
        return;
    }
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    assert_eq!(user.change("delete", &["onecloud:121"]).code, 0);
    let report = user.report().await;
    let unsigned = user.verify(&report);
    assert!(unsigned.stderr.contains("not signed"), "{unsigned:?}");

    let key = user.path("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    report::sign(Path::new(&report), &key, |_| {})
        .await
        .unwrap();
    let unchecked = user.verify(&report);
    assert!(unchecked.stderr.contains("not checked"), "{unchecked:?}");

    let public = fs::read_to_string(user.path("key.pub")).unwrap();
    fs::write(
        user.path("approvers"),
        format!("carol@example.com {public}"),
    )
    .unwrap();
    let config = user.path("config.toml");
    fs::write(&config, "approvers = \"approvers\"\n").unwrap();
    let config = config.to_str().unwrap();
    let verify = ["verify", &report, "--config", config];
    let signed = user.run(&verify);
    assert_eq!(signed.code, 0, "{signed:?}");
    assert!(
        signed.stderr.contains("signed by carol@example.com"),
        "{signed:?}"
    );

    // Digests that match a changed file, but not the signature.
    let before = sandbox.journal().len();
    let page = Path::new(&report).join("report.html");
    let sums = Path::new(&report).join("SHA256SUMS");
    fs::remove_file(&page).unwrap();
    let lines = fs::read_to_string(&sums).unwrap();
    fs::write(&sums, without(&lines, "report.html")).unwrap();
    let forged = user.run(&verify);
    assert_eq!(forged.code, 2, "{forged:?}");
    assert!(forged.stderr.contains("does not match"), "{forged:?}");
    assert_eq!(sandbox.journal().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn account_that_refuses_each_look_is_asked_a_few_times_only() {
    const TICKETS: usize = 60;
    let sandbox = sandbox().await;
    let user = User::new(&sandbox);
    sandbox.add_tickets(Vendor::OneCloud, TICKETS);
    let ids = sandbox.ticket_ids(Vendor::OneCloud);
    let tickets: Vec<_> = ids
        .iter()
        .take(TICKETS)
        .map(|id| format!("onecloud:{id}"))
        .collect();
    let tickets: Vec<_> = tickets.iter().map(String::as_str).collect();
    assert_eq!(user.change("delete", &tickets).code, 0);
    let report = user.report().await;
    let before = sandbox.journal().len();
    let mut verify = user
        .shells
        .command(&["verify", &report, "--output", "ndjson"]);
    verify.env("ONECLOUD_TOKEN", "revoked");
    let run = crate::common::execute(&mut verify);
    assert_eq!(run.code, 1, "{run:?}");
    let standings = standings(&run);
    assert_eq!(standings.len(), TICKETS);
    let is_unknown = |(_, standing): &(String, String)| standing == "unknown";
    assert!(standings.iter().all(is_unknown), "{standings:?}");
    // Ten in a row, and those that were on their way by then.
    let asked = sandbox.journal().len() - before;
    assert!((10..30).contains(&asked), "{asked}");
}
