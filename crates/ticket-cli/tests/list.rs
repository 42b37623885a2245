//! What the commands that read many things promise: `list` and `messages`, page by page.

use std::collections::BTreeSet;

use crate::common::{FORMS, at, command, execute, execute_with_input, json, sandbox};
use serde_json::Value;
use ticket_sandbox::{
    Endpoint, Exchange, Fault, MessageKind, Rule, Sandbox, TicketSeed, Vendor, credentials,
};

/// Who can list tickets.
const LISTING: [Vendor; 2] = [Vendor::OneCloud, Vendor::Sweeppea];

/// A sandbox with no tickets but so many at each vendor.
async fn sandbox_of(tickets: usize) -> Sandbox {
    let builder = Sandbox::builder().seed_tickets(false);
    let sandbox = builder.start().await.unwrap();
    for vendor in Vendor::ALL {
        sandbox.add_tickets(vendor, tickets);
    }
    sandbox
}

/// The tickets really there, as account:id.
fn references(sandbox: &Sandbox, vendor: Vendor) -> BTreeSet<String> {
    let tickets = sandbox.tickets(vendor).into_iter();
    tickets
        .filter(|ticket| !ticket.owned_by_other)
        .map(|ticket| format!("{}:{}", vendor.prefix(), ticket.id))
        .collect()
}

/// The rows of what was printed in one of the forms of JSON.
fn rows(form: &str, stdout: &str) -> Vec<Value> {
    match form {
        "json" => json(stdout).as_array().unwrap().clone(),
        _ => stdout.lines().map(json).collect(),
    }
}

fn tickets(rows: &[Value]) -> BTreeSet<String> {
    let names = rows.iter().map(|row| row["ticket"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_lists_every_ticket_once() {
    let sandbox = sandbox().await;
    for vendor in LISTING {
        sandbox.add_tickets(vendor, 150);
        let truth = references(&sandbox, vendor);
        for form in FORMS {
            let run = execute(&mut at(
                &sandbox,
                &["list", vendor.prefix(), "--output", form],
            ));
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
            if form.ends_with("json") {
                let rows = rows(form, &run.stdout);
                assert_eq!((rows.len(), tickets(&rows)), (truth.len(), truth.clone()));
                for row in rows {
                    assert!(
                        row.get("raw").is_none() && row["subject"].is_string(),
                        "{row}"
                    );
                }
                continue;
            }
            let mut lines = run.stdout.lines();
            let header = lines.next().unwrap();
            let expected = if form == "csv" {
                "ticket,id,subject,"
            } else {
                "TICKET "
            };
            assert!(header.starts_with(expected), "{header}");
            let first = |line: &str| {
                let cell = line.split([',', ' ']).next().unwrap();
                cell.to_owned()
            };
            let listed: Vec<_> = lines.map(first).collect();
            assert_eq!(listed.len(), truth.len(), "{vendor:?} {form}");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), truth);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_counts_tickets_and_asks_for_no_page_more() {
    let sandbox = sandbox_of(70).await;
    for vendor in LISTING {
        for (limit, pages) in [("1", 1), ("20", 1), ("21", 2), ("60", 3)] {
            // OneCloud is asked for pages of 100 rows; those of Sweeppea have 20.
            let pages = if vendor == Vendor::OneCloud { 1 } else { pages };
            let before = sandbox.journal().len();
            let arguments = [
                "list",
                vendor.prefix(),
                "--limit",
                limit,
                "--output",
                "ndjson",
            ];
            let run = execute(&mut at(&sandbox, &arguments));
            assert_eq!(run.code, 0, "{run:?}");
            assert_eq!(run.stdout.lines().count().to_string(), limit);
            let journal = &sandbox.journal()[before..];
            assert_eq!(journal.len(), pages, "{vendor:?} {limit}");
            if vendor == Vendor::OneCloud {
                // No more rows than are wanted.
                assert_eq!(query(&journal[0]), format!("limit={limit}"));
            }
        }
        let before = sandbox.journal().len();
        for wrong in ["0", "-1", "all"] {
            let run = execute(&mut at(
                &sandbox,
                &["list", vendor.prefix(), "--limit", wrong],
            ));
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        }
        assert_eq!(sandbox.journal().len(), before);
    }
}

/// What stands behind the question mark.
fn query(exchange: &Exchange) -> String {
    let query = exchange.path.split_once('?');
    query.map(|(_, query)| query.to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_the_size_of_the_arguments_else_of_the_account_else_the_largest_documented() {
    let sandbox = sandbox_of(250).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let account = |name: &str, vendor: Vendor, more: &str| {
        format!(
            "[accounts.{name}]\nprovider = \"{}\"\nbase_url = \"{}\"\n{more}\n",
            vendor.prefix(),
            sandbox.base_url(vendor),
        )
    };
    let token = format!("token = \"{}\"\n", credentials::ONECLOUD_TOKEN);
    let key = format!("api_key = \"{}\"\n", credentials::SWEEPPEA_API_KEY);
    let plain = account("plain", Vendor::OneCloud, &token);
    let sized = token + "page_size = 125";
    let sized = account("sized", Vendor::OneCloud, &sized);
    let fixed = account("fixed", Vendor::Sweeppea, &(key + "page_size = 20"));
    std::fs::write(&path, plain + &sized + &fixed).unwrap();
    let run = |arguments: &[&str]| {
        let before = sandbox.journal().len();
        let forms = ["list", "--output", "ndjson"];
        let mut command = command(&[&forms, arguments].concat());
        let run = execute(command.env("TICKETS_CONFIG", &path));
        let queries: Vec<_> = sandbox.journal()[before..].iter().map(query).collect();
        (run, queries)
    };
    let truth = sandbox.ticket_ids(Vendor::OneCloud).len();
    for (arguments, size, pages) in [
        (&["plain"][..], 100, 3),
        // Each page begins with the last row of the page before, so that two pages do not do.
        (&["sized"], 125, 3),
        (&["sized", "--page-size", "50"], 50, 6),
        // The first page may be as long as the server's longest.
        (&["plain", "--page-size", "1000"], 1000, 2),
    ] {
        let (run, queries) = run(arguments);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(tickets(&run.lines()).len(), truth, "{arguments:?}");
        let offset = |page| match page {
            0 => format!("limit={size}"),
            page => format!("limit={size}&offset={}", page * (size.min(truth) - 1)),
        };
        let expected: Vec<_> = (0..pages).map(offset).collect();
        assert_eq!(queries, expected, "{arguments:?}");
    }
    // A size that the vendor cannot be asked for is refused by its name, whoever named it; without one it is read.
    for arguments in [&["sweeppea", "--page-size", "20"][..], &["fixed"]] {
        let mut command = command(&[&["list"], arguments].concat());
        command.env("TICKETS_CONFIG", &path);
        command.env("SWEEPPEA_API_KEY", credentials::SWEEPPEA_API_KEY);
        let before = sandbox.journal().len();
        let run = execute(&mut command);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        let words = "Sweeppea cannot carry --page-size; leave it out";
        assert!(run.stderr.contains(words), "{run:?}");
        assert_eq!(sandbox.journal().len(), before);
    }
    for wrong in ["0", "1.5", "all"] {
        let (run, queries) = run(&["plain", "--page-size", wrong]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            run.stderr.contains("must be a whole number above 0"),
            "{run:?}"
        );
        assert!(queries.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_gives_smaller_pages_than_asked_for_is_listed_to_its_end() {
    let builder = Sandbox::builder().seed_tickets(false);
    let sandbox = builder.onecloud_largest_page(30).start().await.unwrap();
    sandbox.add_tickets(Vendor::OneCloud, 95);
    for size in ["40", "100", "1000"] {
        let before = sandbox.journal().len();
        let list = [
            "list",
            "onecloud",
            "--output",
            "ndjson",
            "--page-size",
            size,
        ];
        let run = execute(&mut at(&sandbox, &list));
        assert_eq!((run.code, run.lines().len()), (0, 95), "{run:?}");
        let listed = tickets(&run.lines());
        assert_eq!(listed, references(&sandbox, Vendor::OneCloud));
        let journal = &sandbox.journal()[before..];
        let offsets = ["", "&offset=29", "&offset=58", "&offset=87"];
        let expected = offsets.map(|offset| format!("limit={size}{offset}"));
        assert_eq!(journal.iter().map(query).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_reach_the_vendor() {
    let sandbox = sandbox_of(3).await;
    let seed = |subject: &str| TicketSeed::new(subject);
    let closed = sandbox.add_ticket(Vendor::Sweeppea, seed("Old").closed());
    let urgent = seed("Fire").attribute("Priority", 3);
    let urgent = sandbox.add_ticket(Vendor::Sweeppea, urgent);
    for (filters, expected) in [
        (&["--state", "closed"][..], &closed),
        (&["--search", "Fire"], &urgent),
        (&["--priority", "high"], &urgent),
        (
            &["--state", "open", "--search", "fire", "--priority", "high"],
            &urgent,
        ),
    ] {
        let list = ["list", "sweeppea", "--output", "ndjson"];
        let run = execute(&mut at(&sandbox, &[&list, filters].concat()));
        let listed = tickets(&run.lines());
        assert_eq!(
            listed,
            BTreeSet::from([format!("sweeppea:{expected}")]),
            "{run:?}"
        );
    }
    let before = sandbox.journal().len();
    let arguments = ["list", "sweeppea", "--category", "api", "--limit", "1"];
    execute(&mut at(&sandbox, &arguments));
    assert!(
        sandbox.journal()[before]
            .json()
            .unwrap()
            .to_string()
            .contains("\"api\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_cannot_do_is_refused_by_name_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    for (arguments, words) in [
        (&["list", "onecloud", "--state", "open"][..], "--state"),
        (&["list", "onecloud", "--search", "x"], "--search"),
        (&["list", "onecloud", "--priority", "low"], "--priority"),
        (&["list", "onecloud", "--category", "x"], "--category"),
        (&["list", "sweeppea", "--priority", "urgent"], "--priority"),
        (&["list", "leadsquared"], "no way to list tickets"),
        (&["list", "onecloud", "--state", "any"], "possible values"),
        (&["list"], "name one of the accounts"),
        (&["messages", "onecloud"], "is not a ticket reference"),
    ] {
        let run = execute(&mut at(&sandbox, arguments));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
    let run = execute(&mut at(
        &sandbox,
        &["list", "leadsquared", "--output", "json"],
    ));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert_eq!(json(&run.stderr)["kind"], "unsupported");
    assert_eq!(sandbox.journal().len(), 0);
    assert_eq!(execute(&mut command(&["list", "onecloud"])).code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_middle_keeps_the_rows_before_it() {
    for form in FORMS {
        let sandbox = sandbox_of(250).await;
        let broken = Rule::new(Fault::Status(500)).endpoint(Endpoint::List);
        sandbox.inject(broken.skip(2).times(u64::MAX));
        let once = ["list", "onecloud", "--max-attempts", "1"];
        let run = execute(&mut at(
            &sandbox,
            &[&once[..], &["--output", form]].concat(),
        ));
        assert_eq!(run.code, 1, "{run:?}");
        let printed = match form {
            "table" | "csv" => run.stdout.lines().count() - 1,
            _ => rows(form, &run.stdout).len(),
        };
        // The second page repeats the last row of the first.
        assert_eq!(printed, 199, "{form} {run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
        if form.ends_with("json") {
            assert_eq!(json(&run.stderr)["status"], 500, "{run:?}");
        } else {
            assert!(run.stderr.starts_with("error: onecloud: "), "{run:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_at_the_start_prints_nothing_but_itself() {
    let sandbox = sandbox().await;
    sandbox.inject(Rule::new(Fault::Status(500)).times(u64::MAX));
    for arguments in [["list", "onecloud"], ["messages", "onecloud:121"]] {
        for form in FORMS {
            let once = ["--max-attempts", "1", "--output", form];
            let run = execute(&mut at(&sandbox, &[&arguments[..], &once].concat()));
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
            assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_is_no_failure() {
    let sandbox = sandbox_of(0).await;
    let id = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("x").closed());
    for arguments in [
        ["list".to_owned(), "onecloud".to_owned()],
        ["messages".to_owned(), format!("sweeppea:{id}")],
    ] {
        for (form, printed) in [("table", ""), ("json", "[]\n"), ("ndjson", "")] {
            let run = execute(at(&sandbox, &["--output", form]).args(&arguments));
            assert_eq!((run.code, run.stdout.as_str()), (0, printed), "{run:?}");
            assert_eq!(run.stderr.is_empty(), form != "table", "{run:?}");
        }
        let run = execute(at(&sandbox, &["--output", "csv"]).args(&arguments));
        assert_eq!((run.code, run.stdout.lines().count()), (0, 1), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_handed_on_to_a_delete() {
    let sandbox = sandbox_of(45).await;
    let list = execute(&mut at(
        &sandbox,
        &["list", "onecloud", "--output", "ndjson"],
    ));
    let lines = list.lines();
    let listed: Vec<_> = lines
        .iter()
        .map(|row| row["ticket"].as_str().unwrap())
        .collect();
    let delete = ["delete", "--yes", "--from", "-", "--output", "ndjson"];
    let run = execute_with_input(&mut at(&sandbox, &delete), &listed.join("\n"));
    assert_eq!((run.code, run.lines().len()), (0, 45), "{run:?}");
    assert!(sandbox.tickets(Vendor::OneCloud).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_wrote_is_whole_for_programs_and_cannot_drive_the_terminal() {
    let sandbox = sandbox_of(0).await;
    let evil = format!("\u{1b}[2J\u{9b}31m{}\u{7}", "long ".repeat(100));
    let id = sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new(&evil));
    let text = format!("{evil}\nsecond line");
    sandbox.add_message(Vendor::OneCloud, &id, MessageKind::Incoming, &text);
    let ticket = format!("onecloud:{id}");
    for (arguments, key, whole) in [
        (["list", "onecloud"], "subject", &evil),
        (["messages", &ticket], "body", &text),
    ] {
        let run = |form| {
            execute(&mut at(
                &sandbox,
                &[&arguments[..], &["--output", form]].concat(),
            ))
        };
        assert_eq!(rows("json", &run("json").stdout)[0][key], whole.as_str());
        assert_eq!(
            rows("ndjson", &run("ndjson").stdout)[0][key],
            whole.as_str()
        );
        assert!(run("csv").stdout.contains(whole.as_str()));
        let table = run("table").stdout;
        assert!(!table.contains(['\u{1b}', '\u{9b}', '\u{7}']), "{table}");
        assert!(table.contains("\\u{1b}[2J"), "{table}");
        // A row is one line, and a message is shown as a whole.
        let is_row = key == "subject";
        assert_eq!(table.lines().count() == 2, is_row, "{table}");
        assert_eq!(table.contains("second line"), !is_row, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_shown_in_every_form() {
    let sandbox = sandbox().await;
    for (vendor, id, kind, direction, words) in [
        (
            Vendor::OneCloud,
            "121",
            MessageKind::Outgoing,
            "outbound",
            "to the customer",
        ),
        (
            Vendor::Sweeppea,
            "2531581",
            MessageKind::Note,
            "internal",
            "internal",
        ),
        (
            Vendor::LeadSquared,
            "160",
            MessageKind::PortalIncoming,
            "inbound",
            "from the customer",
        ),
    ] {
        sandbox.add_message(vendor, id, kind, "It is\non its way");
        let truth = sandbox.ticket(vendor, id).unwrap().messages;
        let ticket = format!("{}:{id}", vendor.prefix());
        for form in FORMS {
            let run = execute(&mut at(&sandbox, &["messages", &ticket, "--output", form]));
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
            if form.ends_with("json") {
                let rows = rows(form, &run.stdout);
                assert_eq!(rows.len(), truth.len(), "{run:?}");
                let last = rows.last().unwrap();
                assert_eq!(
                    (&last["ticket"], &last["body"], &last["direction"]),
                    (
                        &ticket.as_str().into(),
                        &"It is\non its way".into(),
                        &direction.into()
                    )
                );
                assert!(last.get("raw").is_none() && last["created_at"].is_string());
            } else if form == "csv" {
                assert!(run.stdout.contains(direction), "{run:?}");
            } else {
                let last = format!("── Message {} · ", truth.len());
                let (_, last) = run.stdout.split_once(&last).unwrap();
                let whose = last.lines().next().unwrap();
                assert!(whose.starts_with(words), "{run:?}");
                assert!(last.ends_with("\n  It is\n  on its way\n"), "{run:?}");
            }
        }
    }
    let run = execute(&mut at(
        &sandbox,
        &["messages", "sweeppea:9", "--output", "json"],
    ));
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    assert_eq!(json(&run.stderr)["kind"], "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn list_that_leaves_archived_tickets_out_says_so_and_how_they_are_listed() {
    let sandbox = sandbox_of(2).await;
    let old = TicketSeed::new("Old").attribute("updated_at", "2020-01-01T00:00:00Z");
    sandbox.add_ticket(Vendor::Zendesk, old.archived());
    let note = "note: Zendesk's list leaves out archived tickets; --updated-before lists them too";
    let list = ["list", "zendesk"];
    let run = execute(&mut at(&sandbox, &list));
    assert_eq!(
        (run.code, run.stdout.contains("Old")),
        (0, false),
        "{run:?}"
    );
    assert!(run.stderr.contains(note), "{run:?}");
    // Nobody takes the first tickets for all, and what is asked for has them.
    let before = ["--updated-before", "2021-01-01T00:00:00Z"];
    for (options, has_old) in [(&["--limit", "1"][..], false), (&before, true)] {
        let run = execute(&mut at(&sandbox, &[&list, options].concat()));
        assert_eq!(
            (run.code, run.stdout.contains("Old")),
            (0, has_old),
            "{run:?}"
        );
        assert!(!run.stderr.contains("archived"), "{run:?}");
    }
    let asked: Vec<_> = sandbox
        .journal()
        .iter()
        .map(|seen| seen.path.clone())
        .collect();
    assert!(asked.last().unwrap().contains("/incremental/"), "{asked:?}");
    assert_eq!(asked.len(), 3, "{asked:?}");
}
