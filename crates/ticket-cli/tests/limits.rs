//! How far a delete may go: `--plan`, `--deadline`, `--rate`, `--remaining`, and lists of any length. Held against what
//! the vendors saw.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::common::held::HeldVendor;
use crate::common::{FORMS, Run, at, deletes, execute, json, sandbox};
use serde_json::json;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

/// A file of the test's own with these lines.
fn file(folder: &Path, lines: impl IntoIterator<Item = String>) -> PathBuf {
    let path = folder.join("refs");
    std::fs::write(&path, lines.into_iter().collect::<Vec<_>>().join("\n")).unwrap();
    path
}

fn run(sandbox: &Sandbox, command: &[&str], files: &[(&str, &Path)]) -> Run {
    let mut command = at(sandbox, command);
    for (option, path) in files {
        command.arg(option).arg(path);
    }
    execute(&mut command)
}

/// A LeadSquared with no tickets but so many, and their names.
async fn leadsquared(tickets: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::builder().seed_tickets(false).start().await;
    let sandbox = sandbox.unwrap();
    sandbox.add_tickets(Vendor::LeadSquared, tickets);
    let ids = sandbox.ticket_ids(Vendor::LeadSquared).into_iter();
    let names = ids.map(|id| format!("leadsquared:{id}")).collect();
    (sandbox, names)
}

/// The ids of every delete that LeadSquared saw, one list per call.
fn batches(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let ids = |exchange: &ticket_sandbox::Exchange| {
        serde_json::from_value(exchange.json().unwrap()["TicketIds"].clone()).unwrap()
    };
    sandbox.journal().iter().map(ids).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_counts_calls_and_time_and_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let many = (0..10_000).map(|id| format!("leadsquared:{id}"));
    let more = ["sweeppea:1", "sweeppea:2", "onecloud:1", "leadsquared:7"];
    let list = file(folder.path(), many.chain(more.map(str::to_owned)));
    let plan = ["delete", "--plan", "--look", "none", "--output", "json"];
    let expected = json!([
        {"account": "leadsquared", "provider": "leadsquared", "tickets": 10_000, "calls": 100,
         "quota": "25 calls in 5 s", "least_time_s": 15, "at_once_most": 4, "removal": "trash", "takes_along": [],
         "restorable_until": null},
        {"account": "sweeppea", "provider": "sweeppea", "tickets": 2, "calls": 2,
         "quota": "150 calls in 60 s, one at a time", "least_time_s": 0, "at_once_most": 1,
         "removal": "permanent", "takes_along": [], "restorable_until": null},
        {"account": "onecloud", "provider": "onecloud", "tickets": 1, "calls": 1,
         "quota": "none known", "least_time_s": 0, "at_once_most": 32, "removal": "undocumented", "takes_along": [],
         "restorable_until": null},
    ]);
    let said = run(&sandbox, &plan, &[("--from", &list)]);
    let mut found = json(&said.stdout);
    let job = found[0]["job"].clone();
    for row in found.as_array_mut().unwrap() {
        let row = row.as_object_mut().unwrap();
        let host = row.remove("host").unwrap();
        assert_eq!(host.as_str().unwrap(), sandbox.address().to_string());
        assert_eq!(row.remove("job").as_ref(), Some(&job));
        assert_eq!(row.remove("schema"), Some(json!(1)));
        assert_eq!(row.remove("digest").unwrap().as_str().unwrap().len(), 64);
    }
    assert_eq!((said.code, found), (0, expected), "{said:?}");
    for form in FORMS {
        let plan = ["delete", "--plan", "--look", "none", "--output", form];
        let said = run(&sandbox, &plan, &[("--from", &list)]);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.stdout.contains("25 calls in 5 s"), "{said:?}");
        let summary = "10,003 tickets, 103 calls, at least 15 s";
        assert_eq!(said.stderr.contains(summary), form == "table", "{said:?}");
    }

    let list = file(
        folder.path(),
        (0..250).map(|id| format!("leadsquared:{id}")),
    );
    let rates = ["--rate", "2/10", "--rate", "1/60", "--output", "ndjson"];
    let said = run(
        &sandbox,
        &[&["delete", "--plan", "--look", "none"], &rates[..]].concat(),
        &[("--from", &list)],
    );
    let line = &said.lines()[0];
    assert_eq!(
        (&line["calls"], &line["least_time_s"]),
        (&3.into(), &120.into())
    );
    assert_eq!(line["quota"], "2 calls in 10 s, 1 call in 60 s");
    // A ticket is resolved by itself.
    let said = run(
        &sandbox,
        &["resolve", "--plan", "--look", "none", "--output", "ndjson"],
        &[("--from", &list)],
    );
    let line = &said.lines()[0];
    assert_eq!(
        (&line["calls"], &line["least_time_s"]),
        (&250.into(), &45.into())
    );
    assert_eq!(sandbox.journal().len(), 0);
    let both = execute(&mut at(
        &sandbox,
        &["delete", "--plan", "--dry-run", "onecloud:1"],
    ));
    assert_eq!(both.code, 2, "{both:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_deadline_left_goes_on_from_the_remaining_file_and_nothing_is_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, mut tickets) = leadsquared(450).await;
    // Named again, far from the first time: once is enough in what remains.
    tickets.push(tickets[449].clone());
    let rest = folder.path().join("rest");
    let list = file(folder.path(), tickets.clone());
    // The third call would have to wait for half a minute, which is known at once.
    let delete = ["delete", "--yes", "--rate", "2/30", "--output", "ndjson"];
    let said = run(
        &sandbox,
        &[&delete[..], &["--deadline", "10"]].concat(),
        &[("--from", &list), ("--remaining", &rest)],
    );
    assert_eq!(said.code, 1, "{said:?}");
    let outcomes = said.outcomes();
    let count = |outcome| outcomes.iter().filter(|(_, said)| said == outcome).count();
    assert_eq!(
        (count("deleted"), count("unattempted")),
        (200, 251),
        "{outcomes:?}"
    );
    assert_eq!(batches(&sandbox).len(), 2);
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 250);

    let remaining = std::fs::read_to_string(&rest).unwrap();
    let unattempted: BTreeSet<_> = (outcomes.iter())
        .filter(|(_, outcome)| outcome == "unattempted")
        .map(|(ticket, _)| ticket.as_str())
        .collect();
    assert_eq!(remaining.lines().count(), 250);
    assert_eq!(remaining.lines().collect::<BTreeSet<_>>(), unattempted);

    let none = folder.path().join("none");
    let said = run(
        &sandbox,
        &["delete", "--yes", "--output", "csv"],
        &[("--from", &rest), ("--remaining", &none)],
    );
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(std::fs::read_to_string(&none).unwrap(), "");
    assert!(sandbox.tickets(Vendor::LeadSquared).is_empty());
    let sent: Vec<_> = batches(&sandbox).into_iter().flatten().collect();
    assert_eq!(sent.len(), 450);
    assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), 450);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_file_for_what_remains_people_are_told_of_it() {
    let (sandbox, tickets) = leadsquared(101).await;
    let mut command = at(
        &sandbox,
        &["delete", "--yes", "--rate", "1/30", "--deadline", "10"],
    );
    let said = execute(command.args(tickets));
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.stderr
            .contains("101 tickets: 100 deleted, 1 unattempted"),
        "{said:?}"
    );
    let hint = "hint: 1 ticket is left; continue with `tickets job run ";
    assert!(said.stderr.contains(hint), "{said:?}");
    assert!(said.stdout.contains("deadline"), "{said:?}");
    assert_eq!(batches(&sandbox).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_leaves_the_file_for_what_remains_alone() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let rest = folder.path().join("rest");
    std::fs::write(&rest, "onecloud:1\n").unwrap();
    for option in ["--dry-run", "--plan"] {
        let said = run(
            &sandbox,
            &["delete", option, "--look", "none", "onecloud:121"],
            &[("--remaining", &rest)],
        );
        assert_eq!(said.code, 0, "{said:?}");
        assert_eq!(std::fs::read_to_string(&rest).unwrap(), "onecloud:1\n");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

/// No request is answered before the deadline, so that what was sent by then is what is sent at once.
#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_are_those_of_the_arguments_else_of_the_account_else_four_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Vec::new();
    for (options, account, expected) in [
        (&[][..], "", 4),
        (&[], "concurrency = \"auto\"\n", 4),
        (&["--concurrency", "auto"], "concurrency = 7\n", 4),
        (&[], "concurrency = 7\n", 7),
        (&["--concurrency", "3"], "concurrency = 7\n", 3),
        (&["--concurrency", "35"], "", 35),
    ] {
        let vendor = HeldVendor::start().await;
        let path = folder.path().join(format!("{}.toml", running.len()));
        let name = "[accounts.onecloud]\nprovider = \"onecloud\"\n";
        std::fs::write(&path, format!("{name}{account}{}", vendor.settings())).unwrap();
        let always = ["--deadline", "2", "--config", path.to_str().unwrap()];
        let child = vendor.delete_with(&[&always, options].concat(), 40, "ndjson");
        running.push((vendor, child, expected));
    }
    for (mut vendor, mut child, expected) in running {
        vendor.seen(expected).await;
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("deadline reached") {
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
        }
        vendor.answers.add(40);
        let run = Run::of(child.wait_with_output().unwrap());
        let deleted = |(_, outcome): &&(String, String)| outcome == "deleted";
        assert_eq!(run.outcomes().iter().filter(deleted).count(), expected);
        assert_eq!((run.code, run.lines().len()), (1, 40), "{run:?}");
        assert_eq!(*vendor.seen.borrow(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrency_of_nothing_is_refused_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    for verb in ["delete", "resolve"] {
        for wrong in ["0", "1.5", "many"] {
            let arguments = [verb, "--yes", "--concurrency", wrong, "sweeppea:2531581"];
            let said = execute(&mut at(&sandbox, &arguments));
            assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:?}");
            let words = "must be a whole number above 0";
            assert!(said.stderr.contains(words), "{said:?}");
            assert!(said.stderr.contains("--concurrency"), "{said:?}");
        }
    }
    assert_eq!(sandbox.journal().len(), 0);
}

/// The vendor counts more slowly than it documents. Whoever goes by the documented quota is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_kept_so_that_the_vendor_refuses_nothing() {
    let quota = ticket_sandbox::Quota {
        calls: 2,
        window: Duration::from_secs(1),
        model: ticket_sandbox::WindowModel::SlidingCountingRefused,
    };
    let sandbox = Sandbox::builder().sweeppea_quota(quota).start().await;
    let sandbox = sandbox.unwrap();
    sandbox.add_tickets(Vendor::Sweeppea, 4);
    let ids = sandbox
        .ticket_ids(Vendor::Sweeppea)
        .into_iter()
        .rev()
        .take(5);
    let tickets = ids.map(|id| format!("sweeppea:{id}"));
    let delete = [
        "delete",
        "--yes",
        "--rate",
        "2/1",
        "--rate",
        "1000/60",
        "--max-attempts",
        "1",
    ];
    let said = execute(at(&sandbox, &delete).args(tickets));
    let journal = sandbox.journal();
    assert_eq!(journal.len(), 5, "{said:?}");
    assert!(
        journal.iter().all(|exchange| exchange.status != Some(429)),
        "{said:?}"
    );
    for wrong in ["25", "0/5", "5/0", "a/b"] {
        let said = execute(&mut at(
            &sandbox,
            &["delete", "--yes", "--rate", wrong, "onecloud:1"],
        ));
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.stderr.contains("such as 25/5"), "{said:?}");
    }
    assert_eq!(deletes(&sandbox), 5);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_written_a_list_is_kept_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none");
    let asked = ["delete", "--yes", "onecloud:121", "onecloud:121"];
    let state = crate::common::state_folder();
    for (state, is_told) in [("/dev/null".as_ref(), true), (state.as_path(), false)] {
        let sandbox = sandbox().await;
        let mut command = at(&sandbox, &asked);
        let said = execute(command.env("TMPDIR", &none).env("XDG_STATE_HOME", state));
        assert_eq!(said.code, 0, "{said:?}");
        let words = "cannot be resumed if it ends early";
        assert_eq!(said.stderr.contains(words), is_told, "{said:?}");
        assert_eq!(deletes(&sandbox), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_long_list_each_ticket_is_sent_once_however_far_apart_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, tickets) = leadsquared(300).await;
    // Longer than is looked at together, and than is kept in memory; most of it is one ticket over and over.
    let first = tickets[0].clone();
    let filler = std::iter::repeat_n(first, 60_000);
    let all = tickets
        .iter()
        .cloned()
        .chain(filler)
        .chain(tickets.iter().rev().cloned());
    let list = file(folder.path(), all);
    for (option, outcome) in [("--dry-run", "would_delete"), ("--yes", "deleted")] {
        let said = run(
            &sandbox,
            &["delete", option, "--output", "csv"],
            &[("--from", &list)],
        );
        assert_eq!(said.code, 0, "{}", said.stderr);
        let mut times = std::collections::BTreeMap::new();
        for line in said.stdout.lines().skip(1) {
            let ticket = line.strip_suffix(&format!(",{outcome},,,,,")).unwrap();
            *times.entry(ticket).or_insert(0) += 1;
        }
        assert_eq!(times.len(), 300);
        for ticket in &tickets {
            let expected = if *ticket == tickets[0] { 60_002 } else { 2 };
            assert_eq!(times[ticket.as_str()], expected, "{ticket}");
        }
        assert!(
            said.stderr.contains("300 tickets (named 60,600 times"),
            "{}",
            said.stderr
        );
    }
    let sent: Vec<_> = batches(&sandbox).into_iter().flatten().collect();
    assert_eq!(sent.len(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_at_fault_is_not_asked_again_and_says_why() {
    let (sandbox, tickets) = leadsquared(1000).await;
    let refused = Rule::new(Fault::Status(401)).endpoint(Endpoint::Delete);
    sandbox.inject(refused.times(u64::MAX));
    let mut command = at(&sandbox, &["delete", "--yes", "--output", "json"]);
    let said = execute(command.args(&tickets));
    assert_eq!(said.code, 1);
    let rows = json(&said.stdout);
    let last = &rows[999];
    assert_eq!(last["outcome"], "unattempted", "{last}");
    assert_eq!(last["error"]["kind"], "unauthenticated");
    let message = last["error"]["message"].as_str().unwrap();
    assert!(message.contains("not attempted"), "{message}");
    // As many as are on their way at once.
    assert!(batches(&sandbox).len() <= 4);

    // Those that failed for the account's fault are left to do as well as those that were not attempted.
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("left");
    let mut command = at(&sandbox, &["delete", "--yes", "--remaining"]);
    let said = execute(command.arg(&left).args(&tickets));
    assert_eq!(said.code, 1, "{said:?}");
    let left = std::fs::read_to_string(left).unwrap();
    assert_eq!(left.lines().count(), 1000, "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_or_has_no_end_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let endless = vec![b'x'; 100_000];
    for (wrong, words) in [(&b"\xff\xfe"[..], "not UTF-8 text"), (&endless, "too long")] {
        let path = folder.path().join("refs");
        std::fs::write(
            &path,
            [b"onecloud:121\n", wrong, b"\nonecloud:122\n"].concat(),
        )
        .unwrap();
        let said = run(&sandbox, &["delete", "--yes"], &[("--from", &path)]);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:?}");
        assert!(said.stderr.contains("refs, line 2: "), "{said:?}");
        assert!(said.stderr.contains(words), "{said:?}");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_goes_through_all_accounts_in_the_order_asked() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let accounts = ["onecloud", "leadsquared", "leadsquared", "sweeppea"];
    let asked: Vec<_> = (0..100)
        .map(|id| format!("{}:{id}", accounts[id % 4]))
        .collect();
    let list = file(folder.path(), asked.clone());
    let dry = ["delete", "--dry-run", "--output", "ndjson"];
    let said = run(&sandbox, &dry, &[("--from", &list)]);
    let tickets: Vec<_> = said.outcomes().into_iter().map(|row| row.0).collect();
    assert_eq!((said.code, tickets), (0, asked));
    assert_eq!(sandbox.journal().len(), 0);
}
