//! `tickets export` and `tickets archive`: what is written, and what the vendor saw.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::common::shells::Shells;
use crate::common::{Run, json, sandbox};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor, WrongTotal};

/// RT's courtesy of ten calls a second would only take time.
const FAST: [&str; 2] = ["--rate", "100000/1"];

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap();
            found.insert(name.to_owned(), fs::read(&path).unwrap());
        }
    }
    found
}

fn export(shells: &Shells<'_>, what: &[&str], dir: &Path) -> Run {
    let to = ["--to", dir.to_str().unwrap(), "--output", "ndjson"];
    shells.run(&[&["export"], what, &to, &FAST].concat())
}

fn archive(shells: &Shells<'_>, arguments: &[&str]) -> Run {
    shells.run(&[&["archive"], arguments].concat())
}

/// How many requests of each kind RT got since this one.
fn asked(sandbox: &Sandbox, after: u64) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for exchange in sandbox.journal_after(after) {
        assert!(!exchange.is_write, "{exchange:?}");
        let endpoint = format!("{:?}", exchange.endpoint.unwrap());
        *counts.entry(endpoint).or_insert(0) += 1;
    }
    counts
}

fn last(sandbox: &Sandbox) -> u64 {
    sandbox
        .journal()
        .last()
        .map_or(0, |exchange| exchange.sequence)
}

/// The tickets of RT that a list has: none in the trash, and none that the account does not see.
fn ids(sandbox: &Sandbox) -> Vec<String> {
    let seen = sandbox.tickets(Vendor::Rt).into_iter();
    let seen = seen.filter(|ticket| !ticket.deleted && !ticket.owned_by_other);
    seen.map(|ticket| ticket.id).collect()
}

/// A comment with a file for the first ticket of RT.
fn attach(shells: &Shells<'_>, folder: &Path) -> String {
    let id = ids(shells.sandbox)[0].clone();
    let file = folder.join("report.bin");
    fs::write(&file, b"\0\x01binary").unwrap();
    let ticket = format!("rt:{id}");
    let comment = [
        "comment",
        &ticket,
        "--body",
        "see the file",
        "--attach",
        file.to_str().unwrap(),
    ];
    let run = shells.run(&comment);
    assert_eq!(run.code, 0, "{run:?}");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_account_is_in_the_archive_and_only_changes_are_read_again() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let id = attach(&shells, folder.path());
    let dir = folder.path().join("archive");
    let begun = last(&sandbox);
    let run = export(&shells, &["rt", "--attachments"], &dir);
    assert_eq!(run.code, 0, "{run:?}");
    let all = ids(&sandbox);
    let mut expected: Vec<_> = all
        .iter()
        .map(|id| (format!("rt:{id}"), "exported".to_owned()))
        .collect();
    let mut outcomes = run.outcomes();
    expected.sort();
    outcomes.sort();
    assert_eq!(outcomes, expected);
    assert!(asked(&sandbox, begun).contains_key("Messages"));
    let written = files(&dir);
    let entry = json(std::str::from_utf8(&written[&format!("rt/{id}/entry.json")]).unwrap());
    assert_eq!(entry["provider"], "rt");
    assert_eq!(entry["host"], sandbox.address().to_string());
    let ticket = json(std::str::from_utf8(&written[&format!("rt/{id}/ticket.json")]).unwrap());
    assert_eq!(
        ticket["Subject"],
        sandbox.ticket(Vendor::Rt, &id).unwrap().subject
    );
    let bytes = &sandbox.ticket(Vendor::Rt, &id).unwrap().attachments[0].bytes;
    let file = entry["attachments"][0]["sha256"].as_str().unwrap();
    assert_eq!(&written[&format!("files/{file}")], bytes);
    let messages = std::str::from_utf8(&written[&format!("rt/{id}/messages.json")]).unwrap();
    assert!(messages.contains("see the file"), "{messages}");

    // RT's times are in whole seconds, so that a ticket that has just changed is read again. The others are not.
    let begun = last(&sandbox);
    let run = export(&shells, &["rt", "--attachments"], &dir);
    assert!(
        run.outcomes()
            .iter()
            .all(|(_, outcome)| outcome == "unchanged"),
        "{run:?}"
    );
    assert_eq!(files(&dir), written);
    let others: Vec<_> = sandbox
        .journal_after(begun)
        .into_iter()
        .filter(|exchange| !exchange.path.contains(&format!("/{id}")))
        .collect();
    assert!(
        others
            .iter()
            .all(|exchange| exchange.endpoint == Some(Endpoint::List)),
        "{others:?}"
    );

    let other = all.last().unwrap();
    let comment = shells.run(&["comment", &format!("rt:{other}"), "--body", "one more"]);
    assert_eq!(comment.code, 0, "{comment:?}");
    let run = export(&shells, &["rt", "--attachments"], &dir);
    let exported: Vec<_> = run
        .outcomes()
        .into_iter()
        .filter(|(_, outcome)| outcome == "exported")
        .collect();
    assert_eq!(exported, [(format!("rt:{other}"), "exported".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_export_goes_on_and_equals_an_undisturbed_one() {
    let sandbox = sandbox().await;
    sandbox.add_tickets(Vendor::Rt, 40);
    let shells = Shells::new(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    attach(&shells, folder.path());
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let run = export(&shells, &["rt", "--attachments"], &whole);
    assert_eq!(run.code, 0, "{run:?}");
    let count = run.lines().len();
    let arguments = [
        "export",
        "rt",
        "--attachments",
        "--output",
        "ndjson",
        "--to",
        killed.to_str().unwrap(),
    ];
    let arguments = [&arguments[..], &FAST].concat();
    // Twice: after some tickets each time, none of the others can be read.
    for _ in 0..2 {
        sandbox.inject(
            Rule::new(Fault::Delay(Duration::from_secs(3600)))
                .endpoint(Endpoint::Messages)
                .skip(40)
                .always(),
        );
        let (mut child, _stdout, told) = shells.start(&arguments, 5);
        let pid = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-KILL", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(child.wait().unwrap().code(), None);
        sandbox.withdraw_faults();
        for line in told.lines().map(json) {
            let (_, id) = line["ticket"].as_str().unwrap().split_once(':').unwrap();
            assert!(
                killed.join("rt").join(id).join("entry.json").exists(),
                "{line}"
            );
        }
        assert!(fs::read_dir(killed.join("rt")).unwrap().count() < count);
    }
    let run = export(&shells, &["rt", "--attachments"], &killed);
    assert_eq!((run.code, run.lines().len()), (0, count), "{run:?}");
    let unchanged = run
        .outcomes()
        .iter()
        .filter(|(_, outcome)| outcome == "unchanged")
        .count();
    assert!((5..count).contains(&unchanged), "{unchanged}");
    assert_eq!(files(&killed), files(&whole));
    assert_eq!(
        archive(&shells, &["verify", killed.to_str().unwrap()]).code,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_told_and_the_rest_goes_on() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("archive");
    let list = folder.path().join("list");
    let id = &ids(&sandbox)[0];
    fs::write(&list, format!("rt:{id}\n# gone\nrt:999999\nonecloud:121\n")).unwrap();
    let run = export(
        &shells,
        &["--from", list.to_str().unwrap(), "--attachments"],
        &dir,
    );
    assert_eq!(run.code, 1, "{run:?}");
    let lines = run.lines();
    let line = |ticket: &str| {
        lines
            .iter()
            .find(|line| line["ticket"] == *ticket)
            .unwrap()
            .clone()
    };
    assert_eq!(line(&format!("rt:{id}"))["outcome"], "exported");
    let failed = line("rt:999999");
    assert_eq!(
        (&failed["outcome"], &failed["error"]["kind"]),
        (&"failed".into(), &"not_found".into())
    );
    // OneCloud documents no way to read attached files.
    let cloud = line("onecloud:121");
    assert_eq!(cloud["lacks"][0]["what"], "attachments");
    assert_eq!(cloud["lacks"][0]["because"], "unsupported");
    assert!(dir.join("onecloud/121/entry.json").exists());
    assert!(!dir.join("rt/999999").exists());
    let table = shells.run(&["export", "onecloud", "--to", dir.to_str().unwrap()]);
    assert!(
        table.stderr.contains("exported, 1 unchanged, 0 failed."),
        "{table:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn list_that_may_be_incomplete_is_exit_code_4() {
    let sandbox = sandbox().await;
    sandbox.add_tickets(Vendor::Rt, 3);
    let shells = Shells::new(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("archive");
    sandbox.inject(
        Rule::new(Fault::WrongTotal(WrongTotal::TooLarge))
            .endpoint(Endpoint::List)
            .always(),
    );
    let run = export(&shells, &["rt"], &dir);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(
        run.stderr.contains("the list may be incomplete"),
        "{}",
        run.stderr
    );
    assert_eq!(run.lines().len(), ids(&sandbox).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn archive_is_shown_verified_and_pruned() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let id = attach(&shells, folder.path());
    let path = folder.path().join("archive");
    let dir = path.to_str().unwrap();
    let none = archive(&shells, &["verify", dir]);
    assert_eq!(none.code, 3);
    assert!(none.stderr.contains("there is no archive in"), "{none:?}");
    assert_eq!(export(&shells, &["rt", "--attachments"], &path).code, 0);
    let count = ids(&sandbox).len();
    let begun = last(&sandbox);

    let list = archive(&shells, &["show", dir, "--output", "ndjson"]);
    assert_eq!((list.code, list.lines().len()), (0, count));
    let ticket = format!("rt:{id}");
    let one = archive(&shells, &["show", dir, &ticket, "--output", "json"]);
    let shown = json(&one.stdout);
    assert_eq!(
        (&shown["ticket"], &shown["entry"]["id"]),
        (&(*ticket).into(), &(*id).into())
    );
    assert_eq!(archive(&shells, &["show", dir, "rt:999999"]).code, 1);

    let clean = archive(&shells, &["verify", dir]);
    assert_eq!((clean.code, &*clean.stdout), (0, ""), "{clean:?}");
    let expected = format!("{count} tickets and 1 attached file verified: no contradictions.\n");
    assert_eq!(clean.stderr, expected);
    let part = path.join(format!("rt/{id}/messages.json"));
    let mut bytes = fs::read(&part).unwrap();
    bytes[10] ^= 1;
    fs::write(&part, bytes).unwrap();
    let wrong = archive(&shells, &["verify", dir, "--output", "ndjson"]);
    assert_eq!((wrong.code, wrong.lines().len()), (1, 1));
    assert_eq!(wrong.lines()[0]["path"], format!("rt/{id}/messages.json"));

    let unasked = archive(&shells, &["prune", dir, "--older-than", "2999-01-01"]);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert!(
        unasked.stderr.contains("nothing was removed"),
        "{unasked:?}"
    );
    assert_eq!(fs::read_dir(path.join("rt")).unwrap().count(), count);
    let young = archive(&shells, &["prune", dir, "--older-than", "30d", "--yes"]);
    assert_eq!(
        (young.code, &*young.stderr),
        (0, "0 tickets and 0 attached files removed.\n")
    );
    let pruned = archive(
        &shells,
        &[
            "prune",
            dir,
            "--older-than",
            "2999-01-01",
            "--yes",
            "--output",
            "ndjson",
        ],
    );
    assert_eq!(
        (pruned.code, pruned.lines().len()),
        (0, count + 1),
        "{pruned:?}"
    );
    assert_eq!(
        files(&path).into_keys().collect::<Vec<_>>(),
        ["archive.json"]
    );
    assert_eq!(asked(&sandbox, begun), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn folder_of_something_else_is_refused_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter"), "mine").unwrap();
    let run = export(&shells, &["rt"], folder.path());
    assert_eq!(run.code, 3, "{run:?}");
    assert!(
        run.stderr.contains("is not an archive and not empty"),
        "{run:?}"
    );
    assert_eq!(export(&shells, &[], folder.path()).code, 2);
    assert_eq!(sandbox.journal().len(), 0);
    assert_eq!(files(folder.path()).len(), 1);
}
