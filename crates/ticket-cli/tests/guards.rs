//! What keeps a slip from becoming a change: `--yes` and `--max`, accounts that are read-only or allow few deletes, and
//! `--until`. Held against what the vendors saw.

use std::path::PathBuf;

use crate::common::shells::Shells;
use crate::common::{deletes, execute, json, sandbox};
use serde_json::Value;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor, credentials};

/// A LeadSquared with so many tickets, and a file that names each of them.
async fn leadsquared(tickets: usize) -> (Sandbox, tempfile::TempDir, String) {
    let sandbox = Sandbox::builder().seed_tickets(false).start().await;
    let sandbox = sandbox.unwrap();
    sandbox.add_tickets(Vendor::LeadSquared, tickets);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("refs.txt");
    let ids = sandbox.ticket_ids(Vendor::LeadSquared).into_iter();
    let lines: Vec<_> = ids.map(|id| format!("leadsquared:{id}\n")).collect();
    std::fs::write(&path, lines.concat()).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (sandbox, folder, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn yes_alone_confirms_a_thousand_tickets_and_more_need_max_too() {
    let (sandbox, _folder, list) = leadsquared(1_001).await;
    let shells = Shells::new(&sandbox);
    let delete = ["delete", "--yes", "--from", &list];
    for (more, words) in [
        (
            &[][..],
            "--yes alone is enough for 1,000 tickets, and this deletes 1,001; nothing was sent\nhint: --max 1001",
        ),
        (
            &["--look", "all"],
            "--yes alone is enough for 1,000 tickets, and this deletes 1,001; nothing was sent",
        ),
        (
            &["--max", "1000"],
            "--max allows 1000, and these are 1,001 tickets; nothing was sent",
        ),
    ] {
        let run = shells.run(&[&delete[..], more].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
    let without = shells.run(
        &delete[..1]
            .iter()
            .chain(&delete[2..])
            .copied()
            .collect::<Vec<_>>(),
    );
    assert!(
        without.stderr.contains("--yes --max 1001 deletes"),
        "{without:?}"
    );
    assert!(sandbox.journal().is_empty());
    assert_eq!(shells.jobs(), [] as [Value; 0]);

    let run = shells.run(&[&delete[..], &["--max", "1001", "--output", "ndjson"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(sandbox.tickets(Vendor::LeadSquared).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_that_is_named_twice_counts_once() {
    let (sandbox, _folder, list) = leadsquared(1_000).await;
    let text = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, text.clone() + &text).unwrap();
    let shells = Shells::new(&sandbox);
    let run = shells.run(&["delete", "--yes", "--from", &list, "--output", "ndjson"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(sandbox.tickets(Vendor::LeadSquared).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn max_holds_for_every_change_and_for_what_only_shows() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let refusal = "--max allows 1, and these are 2 tickets; nothing was sent";
    let two = ["leadsquared:160", "leadsquared:161"];
    for change in ["delete", "resolve"] {
        for how in ["--yes", "--dry-run", "--plan"] {
            let run = shells.run(&[&[change, how, "--max", "1"], &two[..]].concat());
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
            assert!(run.stderr.contains(refusal), "{run:?}");
        }
    }
    let restore = ["restore", "--yes", "--max", "1", "rt:1", "rt:2"];
    let run = shells.run(&restore);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(refusal), "{run:?}");
    assert!(sandbox.journal().is_empty());
    assert_eq!(shells.jobs(), [] as [Value; 0]);

    // What failed can be tried again, and no more than that.
    sandbox.inject(Rule::new(Fault::Status(400)).times(u64::MAX));
    let run = shells.run(&[&["delete", "--yes"], &two[..]].concat());
    assert_eq!(run.code, 1, "{run:?}");
    let sent = sandbox.journal().len();
    let job = shells.job();
    let run = shells.run(&["job", "retry", &job, "--yes", "--max", "1"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(refusal), "{run:?}");
    assert_eq!(sandbox.journal().len(), sent);
    assert_eq!(shells.jobs().len(), 1);
    sandbox.withdraw_faults();
    let run = shells.run(&["job", "retry", &job, "--yes", "--max", "2"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(two.iter().all(|ticket| {
        let (_, id) = ticket.split_once(':').unwrap();
        !sandbox.exists(Vendor::LeadSquared, id)
    }));
}

/// A configuration file with a LeadSquared of this name, of which more is said.
fn config(sandbox: &Sandbox, name: &str, more: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let base_url = sandbox.base_url(Vendor::LeadSquared);
    let text = format!(
        "[accounts.{name}]\nprovider = \"leadsquared\"\nbase_url = \"{base_url}\"\norg_id = \"{}\"\n\
         access_key = \"{}\"\nsecret_key = \"{}\"\n{more}\n",
        credentials::LEADSQUARED_ORG_ID,
        credentials::LEADSQUARED_ACCESS_KEY,
        credentials::LEADSQUARED_SECRET_KEY,
    );
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_account_is_read_and_never_changed() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let (_folder, path) = config(&sandbox, "eu", "read_only = true");
    let run = |arguments: &[&str]| {
        let mut command = shells.command(arguments);
        execute(command.env("TICKETS_CONFIG", &path))
    };
    for arguments in [
        &["delete", "--yes", "eu:160"][..],
        &["delete", "--dry-run", "eu:160"],
        &["delete", "--plan", "eu:160"],
        &["resolve", "--yes", "eu:160"],
        &["update", "eu:160", "--subject", "x"],
        &["comment", "eu:160", "--body", "x"],
        &["create", "eu", "--subject", "x"],
    ] {
        let said = run(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (3, ""), "{said:?}");
        let refusal = "`read_only` is set for this account: nothing is changed at it";
        assert!(said.stderr.contains(refusal), "{said:?}");
        let hint = format!(
            "hint: see read_only of the account eu in {}",
            path.display()
        );
        assert!(said.stderr.contains(&hint), "{said:?}");
    }
    // It is told with whatever else is wrong.
    let said = run(&["delete", "--yes", "121", "eu:160"]);
    assert_eq!(said.code, 2, "{said:?}");
    for words in ["\"121\" is not a ticket reference", "`read_only`"] {
        assert!(said.stderr.contains(words), "{said:?}");
    }
    // Other accounts of the same list wait for one that works.
    let said = run(&["delete", "--yes", "onecloud:121", "eu:160", "eu:161"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(said.stderr.matches("`read_only`").count(), 1, "{said:?}");
    assert!(sandbox.journal().is_empty());
    assert_eq!(shells.jobs(), [] as [Value; 0]);
    assert_eq!(run(&["get", "eu:160"]).code, 0);
    assert_eq!(sandbox.journal().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn job_that_deletes_more_than_the_account_allows_is_refused() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let (_folder, path) = config(&sandbox, "eu", "max_delete = 1");
    let run = |arguments: &[&str]| {
        let mut command = shells.command(arguments);
        execute(command.env("TICKETS_CONFIG", &path))
    };
    let refusal = "eu: `max_delete` of this account is 1, and 2 of its tickets would be deleted";
    for how in ["--yes", "--dry-run", "--plan"] {
        let said = run(&["delete", how, "onecloud:121", "eu:160", "eu:161"]);
        assert_eq!((said.code, said.stdout.as_str()), (3, ""), "{said:?}");
        assert!(said.stderr.contains(refusal), "{said:?}");
    }
    assert!(sandbox.journal().is_empty());
    assert_eq!(shells.jobs(), [] as [Value; 0]);
    let said = run(&["resolve", "--yes", "eu:160", "eu:161"]);
    assert_eq!(said.code, 0, "{said:?}");
    let said = run(&["delete", "--yes", "onecloud:121", "eu:160", "eu:160"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!sandbox.exists(Vendor::LeadSquared, "160"));
    assert!(sandbox.exists(Vendor::LeadSquared, "161"));
}

/// The time so many minutes from now, in full.
#[expect(clippy::disallowed_methods, reason = "a time to come is after now")]
fn in_minutes(minutes: i64) -> String {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    time.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_starts_after_the_given_time_or_the_deadline_whichever_is_earlier() {
    let (hour, two) = (in_minutes(60), in_minutes(120));
    for more in [
        &["--until", &hour][..],
        &["--until", &hour, "--deadline", "2h"],
        &["--until", &two, "--deadline", "1h"],
    ] {
        let (sandbox, _folder, list) = leadsquared(101).await;
        let shells = Shells::new(&sandbox);
        // The second call would wait for an hour and a half, which is known at once.
        let delete = ["delete", "--yes", "--rate", "1/5400", "--output", "ndjson"];
        let run = shells.run(&[&delete[..], &["--from", &list], more].concat());
        assert_eq!(run.code, 1, "{run:?}");
        assert_eq!(deletes(&sandbox), 1, "{run:?}");
        assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 1);
        let outcomes = run.outcomes();
        let left = outcomes
            .iter()
            .filter(|(_, outcome)| outcome == "unattempted");
        assert_eq!(left.count(), 1, "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_is_past_or_none_is_wrong_usage() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    for (time, words) in [
        (in_minutes(-1).as_str(), "is past"),
        ("soon", "such as 06:00"),
    ] {
        let run = shells.run(&[
            "delete",
            "--yes",
            "onecloud:121",
            "--until",
            time,
            "--output",
            "json",
        ]);
        assert_eq!(run.code, 2, "{run:?}");
        let message = json(&run.stderr)["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{message}");
    }
    // A zone that nobody knows must not be taken for another one.
    let mut command = shells.command(&["delete", "--yes", "onecloud:121", "--until", "06:00"]);
    let run = execute(command.env("TZ", "Nowhere/Land"));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("time zone is unknown"), "{run:?}");
    assert!(sandbox.journal().is_empty());
}
