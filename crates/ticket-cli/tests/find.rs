//! `tickets find`: what it finds, what it asks for that, and what it says it could not search.

use crate::common::ann::{ADDRESS, Ann, OTHERS_IN_ALL, SEARCHED, assert_nobody, find, found};
use crate::common::shells::Shells;
use crate::common::{FORMS, at, deletes, execute, execute_with_input, json};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Exchange, Sandbox, TicketSeed, Vendor};

/// How many requests of this kind a vendor got.
fn requests(sandbox: &Sandbox, vendor: Vendor, endpoint: Endpoint) -> usize {
    let journal = sandbox.journal();
    let is_one = |exchange: &&Exchange| {
        exchange.vendor == Some(vendor) && exchange.endpoint == Some(endpoint)
    };
    journal.iter().filter(is_one).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_a_requester_are_found_at_every_vendor_and_nobody_elses() {
    let ann = Ann::new().await;
    let mut hers = ann.tickets(&SEARCHED);
    ann.ticket(Vendor::LeadSquared);
    hers.sort();
    // Blanks and case make no difference.
    let arguments = ["--all-accounts", "--requester", " Ann@Example.com ", "-vv"];
    let run = find(&ann.sandbox, &arguments);
    assert_eq!((found(&run), run.code), (hers, 4), "{run:?}");
    assert_nobody(&[("stderr", run.stderr.as_bytes())]);
    // The conversation of each ticket at OneCloud, each ticket at Sweeppea, the vendor's own filter at RT.
    let count = |vendor, endpoint| requests(&ann.sandbox, vendor, endpoint);
    assert_eq!(count(Vendor::OneCloud, Endpoint::Messages), 4);
    assert_eq!(count(Vendor::Sweeppea, Endpoint::Get), 4);
    assert_eq!(count(Vendor::Rt, Endpoint::Get), 0);
    assert_eq!(count(Vendor::LeadSquared, Endpoint::List), 0);
    assert_eq!((deletes(&ann.sandbox), ann.others()), (0, OTHERS_IN_ALL));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_one_system_are_both_searched_and_that_is_said_once() {
    let ann = Ann::new().await;
    let ticket = ann.ticket(Vendor::Rt);
    let id = ticket.strip_prefix("rt:").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let account = |name: &str| {
        let base_url = ann.sandbox.base_url(Vendor::Rt);
        format!(
            "[accounts.{name}]\nprovider = \"rt\"\nbase_url = \"{base_url}\"\ntoken_env = \"RT_TOKEN\"\n"
        )
    };
    std::fs::write(&file, account("eu") + &account("us")).unwrap();
    let search = |accounts: &[&str]| {
        let named = accounts.iter().flat_map(|name| ["--account", *name]);
        let arguments = ["find", "--requester", ADDRESS].into_iter().chain(named);
        let mut command = at(&ann.sandbox, &arguments.collect::<Vec<_>>());
        execute(command.env("TICKETS_CONFIG", &file))
    };
    let both = search(&["eu", "us"]);
    assert_eq!(both.code, 0, "{both:?}");
    for name in ["eu", "us"] {
        assert!(both.stdout.contains(&format!("{name}:{id}")), "{both:?}");
    }
    let said = "eu and us are accounts of the same system";
    assert_eq!(both.stderr.matches(said).count(), 1, "{both:?}");
    let one = search(&["eu"]);
    assert!(!one.stderr.contains("same system"), "{one:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_those_of_list_in_every_form() {
    let ann = Ann::new().await;
    let ticket = ann.ticket(Vendor::Rt);
    let id = ticket.strip_prefix("rt:").unwrap();
    for form in FORMS {
        let find = [
            "find",
            "--account",
            "rt",
            "--requester",
            ADDRESS,
            "--output",
            form,
        ];
        let found = execute(&mut at(&ann.sandbox, &find));
        assert_eq!(found.code, 0, "{found:?}");
        let query = format!("id = {id}");
        let list = ["list", "rt", "--query", &query, "--output", form];
        let listed = execute(&mut at(&ann.sandbox, &list));
        assert_eq!(found.stdout, listed.stdout, "{form}");
        assert!(found.stdout.contains(&ticket), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn summary_says_how_each_account_was_searched_and_what_to_do_about_the_others() {
    let ann = Ann::new().await;
    ann.tickets(&SEARCHED);
    let arguments = ["find", "--all-accounts", "--requester", ADDRESS];
    let run = execute(&mut at(&ann.sandbox, &arguments));
    assert_eq!(run.code, 4, "{run:?}");
    for said in [
        "onecloud: this reads the conversation of each ticket that the list does not rule out; quota: ",
        "sweeppea: this reads each ticket that the list does not rule out; quota: 150 calls in 60 s",
        "leadsquared: not searched: LeadSquared cannot list tickets; name them by their ids",
        "onecloud: 1 found; ",
        "4 tickets listed, 4 conversations read",
        "sweeppea: 1 found; ",
        "4 tickets listed, 4 read",
        "rt: 1 found; 1 ticket listed; filtered by the vendor: requester",
        "zendesk: 1 found; ",
        "5 tickets found. The search is incomplete: see leadsquared.",
    ] {
        assert!(run.stderr.contains(said), "{said}: {run:?}");
    }
    // For programs: one object for each account.
    let run = find(&ann.sandbox, &arguments[1..]);
    let summary: Vec<Value> = run.stderr.lines().map(json).collect();
    let of = |account: &str| {
        summary
            .iter()
            .find(|one| one["account"] == account)
            .unwrap()
    };
    assert_eq!(summary.len(), 6);
    let onecloud = of("onecloud");
    assert_eq!(onecloud["search"], "complete");
    assert_eq!(
        [
            &onecloud["listed"],
            &onecloud["conversations"],
            &onecloud["found"]
        ],
        [4, 4, 1]
    );
    let leadsquared = of("leadsquared");
    assert_eq!(leadsquared["search"], "not_searched");
    assert_eq!(leadsquared["error"]["kind"], "unsupported");
    assert_eq!(leadsquared["provider"], "leadsquared");
}

#[tokio::test(flavor = "multi_thread")]
async fn search_without_a_hit_is_no_failure() {
    let ann = Ann::new().await;
    let arguments = [
        "find",
        "--account",
        "rt",
        "--account",
        "redmine",
        "--requester",
    ];
    let run = execute(&mut at(
        &ann.sandbox,
        &[&arguments[..], &[ADDRESS]].concat(),
    ));
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert!(run.stderr.ends_with("No tickets found.\n"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requesters_are_read_from_standard_input() {
    let ann = Ann::new().await;
    let mut hers = ann.tickets(&[Vendor::Rt, Vendor::Sweeppea]);
    let arguments = [
        "find",
        "--account",
        "rt",
        "--account",
        "sweeppea",
        "--requester",
        "-",
        "--output",
        "ndjson",
    ];
    let input = "\u{feff}nobody@example.com\r\n\r\nANN@example.com\r\nann@example.com\r\n";
    let run = execute_with_input(&mut at(&ann.sandbox, &arguments), input);
    hers.sort();
    assert_eq!((found(&run), run.code), (hers, 0), "{run:?}");
    let sent = ann.sandbox.journal().len();
    let run = execute_with_input(&mut at(&ann.sandbox, &arguments), "\n \n");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert_eq!(ann.sandbox.journal().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_criterion_narrows_the_search() {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    let ticket = |seed: TicketSeed| format!("rt:{}", sandbox.add_ticket(Vendor::Rt, seed));
    let spam = ticket(
        TicketSeed::new("Buy NOW")
            .description("cheap")
            .attribute("Requestor", serde_json::json!(["x@spam.example"]))
            .attribute("Created", "2026-01-02T00:00:00Z"),
    );
    let plus = ticket(
        TicketSeed::new("Refund")
            .attribute("Requestor", serde_json::json!(["jo+shop@example.com"]))
            .attribute("Created", "2026-03-04T00:00:00Z"),
    );
    let closed = ticket(
        TicketSeed::new("Done")
            .closed()
            .attribute("Requestor", serde_json::json!(["jo@example.com"]))
            .attribute("Created", "2026-05-06T00:00:00Z"),
    );
    for (criteria, expected) in [
        (&["--domain", "spam.example"][..], vec![&spam]),
        (
            &["--domain", "spam.example", "--domain", "EXAMPLE.com"],
            vec![&spam, &plus, &closed],
        ),
        (&["--subject", "buy now"], vec![&spam]),
        (&["--text", "refund"], vec![&plus]),
        (&["--state", "closed"], vec![&closed]),
        (&["--created-after", "2026-03-01"], vec![&plus, &closed]),
        (&["--created-before", "2026-03-01"], vec![&spam]),
        (&["--requester", "jo@example.com"], vec![&closed]),
        (
            &["--requester", "jo@example.com", "--ignore-plus-tags"],
            vec![&plus, &closed],
        ),
        (
            &["--requester", "jo@example.com", "--state", "open"],
            vec![],
        ),
        (&["--where", ".subject | test(\"^B\")"], vec![&spam]),
    ] {
        let run = find(&sandbox, &[&["--account", "rt"], criteria].concat());
        let mut expected: Vec<_> = expected.into_iter().cloned().collect();
        expected.sort();
        assert_eq!(
            (found(&run), run.code),
            (expected, 0),
            "{criteria:?} {run:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_criteria_and_accounts_are_refused_before_anything_is_sent() {
    let ann = Ann::new().await;
    for (arguments, code, said) in [
        (&["--all-accounts"][..], 2, "--requester <ADDRESS>"),
        (&["--requester", ADDRESS], 2, "--all-accounts"),
        (
            &["--requester", ADDRESS, "--all-accounts", "--account", "rt"],
            2,
            "cannot be used with",
        ),
        (
            &["--all-accounts", "--requester", " "],
            2,
            "--requester is empty",
        ),
        (&["--all-accounts", "--subject", ""], 2, "subject"),
        (&["--all-accounts", "--domain", "a@b"], 2, "domain"),
        (&["--all-accounts", "--where", ".a |"], 2, "--where: "),
        (
            &["--all-accounts", "--field", "a=1", "--field", "a=2"],
            2,
            "is given twice",
        ),
        (&["--all-accounts", "--created-after", "soon"], 2, "30d"),
        (
            &["--subject", "x", "--account", "rt", "--account", "rr"],
            3,
            "there is no account \"rr\"",
        ),
    ] {
        let run = execute(&mut at(&ann.sandbox, &[&["find"], arguments].concat()));
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (code, ""),
            "{arguments:?} {run:?}"
        );
        assert!(run.stderr.contains(said), "{arguments:?} {run:?}");
    }
    assert!(ann.sandbox.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_a_list_for_other_commands() {
    let ann = Ann::new().await;
    let shells = Shells::new(&ann.sandbox);
    let hers = ann.tickets(&[Vendor::Rt, Vendor::Redmine, Vendor::OneCloud]);
    let run = shells.run(&[
        "find",
        "--all-accounts",
        "--requester",
        ADDRESS,
        "--output",
        "ndjson",
    ]);
    let rows = run.stdout;
    assert_eq!(rows.lines().count(), hers.len());
    let piped = |arguments: &[&str]| execute_with_input(&mut shells.command(arguments), &rows);

    let plan = piped(&["delete", "--from", "-", "--plan", "--output", "json"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    let job = shells.show(&shells.job());
    assert_eq!(
        (&job["tickets"], &job["state"]),
        (&3.into(), &"awaiting_confirmation".into())
    );
    let resolve = piped(&["resolve", "--from", "-", "--dry-run", "--output", "ndjson"]);
    // OneCloud's tickets cannot be resolved.
    assert_eq!(resolve.code, 2, "{resolve:?}");
    assert!(
        resolve.stderr.contains("no way to resolve a ticket"),
        "{resolve:?}"
    );
    let archive = tempfile::tempdir().unwrap();
    let to = archive.path().to_str().unwrap();
    let export = piped(&["export", "--from", "-", "--to", to, "--output", "ndjson"]);
    assert_eq!((export.code, export.lines().len()), (0, 3), "{export:?}");
    assert_eq!(deletes(&ann.sandbox), 0);

    // A row that was cut off, and one with an outcome, make the list wrong as a whole.
    let first = rows.lines().next().unwrap();
    let done = first.replacen('{', "{\"outcome\":\"deleted\",", 1);
    for wrong in [
        &first[..first.len() / 2],
        &done,
        "{\"ticket\":\"rt:1\"}",
        "rt:1",
    ] {
        let list = format!("{first}\n{wrong}\n");
        let run = execute_with_input(
            &mut shells.command(&["delete", "--from", "-", "--plan"]),
            &list,
        );
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.stderr
                .contains("standard input, line 2: this is not a row"),
            "{run:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn rows_and_summary_stand_apart_on_a_terminal() {
    let ann = Ann::new().await;
    let shells = Shells::new(&ann.sandbox);
    let hers = ann.tickets(&[Vendor::Rt, Vendor::Sweeppea]);
    let find = ["find", "--all-accounts", "--requester", ADDRESS];
    let run = shells.at_terminal(&find, "");
    assert_eq!(run.code, 4, "{run:?}");
    let lines: Vec<_> = run.stdout.lines().map(str::trim_end).collect();
    for ticket in &hers {
        let is_row = |line: &&&str| line.contains(&format!("{ticket} "));
        assert_eq!(lines.iter().filter(is_row).count(), 1, "{run:?}");
    }
    let last = "2 tickets found. The search is incomplete: see leadsquared.";
    assert!(lines.contains(&last), "{run:?}");
}
