//! What is printed of each record: `--json`, `--jq`, `--raw`, `--no-headers` and `-o`.

use crate::common::{at, execute, execute_with_input, json, sandbox};
use serde_json::json;
use ticket_sandbox::{Endpoint, Sandbox};

/// The endpoints that were called, in order.
fn called(sandbox: &Sandbox) -> Vec<Endpoint> {
    let journal = sandbox.journal();
    journal
        .iter()
        .filter_map(|exchange| exchange.endpoint)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn json_prints_the_named_fields_in_their_order_and_nothing_else() {
    let sandbox = sandbox().await;
    let get = |more: &[&str]| {
        execute(&mut at(
            &sandbox,
            &[&["get", "onecloud:121"][..], more].concat(),
        ))
    };
    let run = get(&[
        "--json",
        "subject,requester.id,merged_into",
        "--output",
        "ndjson",
    ]);
    assert_eq!(
        run.stdout,
        "{\"schema\":1,\"subject\":\"Subscribe to onebox\",\"requester\":{\"id\":\"31329\"},\"merged_into\":null}\n",
        "{run:?}"
    );
    // JSON is what it prints without --output.
    let run = get(&["--json", "id"]);
    assert_eq!(run.stdout, "{\n  \"schema\": 1,\n  \"id\": \"121\"\n}\n");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(called(&sandbox), [Endpoint::Get; 2]);

    let list = execute(&mut at(&sandbox, &["list", "onecloud", "--json", "ticket"]));
    let rows = json(&list.stdout);
    assert_eq!(rows[0], json!({ "schema": 1, "ticket": "onecloud:121" }));
    assert_eq!(rows.as_array().unwrap().len(), 3, "{list:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_with_a_wrong_name_is_refused_with_the_right_ones_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    for (arguments, right) in [
        (&["get", "onecloud:121"][..], "ticket, id, subject"),
        (&["list", "onecloud"], "requester, requester.id"),
        (&["view", "onecloud:121"], "messages, attachments, complete"),
        (&["messages", "onecloud:121"], "author.email"),
        (&["attachments", "rt:1"], "media_type"),
        (&["providers"], "operations"),
        (
            &["find", "--text", "x", "--account", "onecloud"],
            "created_at",
        ),
        (&["create", "sweeppea", "--subject", "x"], "ticket, id, raw"),
    ] {
        let run = execute(&mut at(
            &sandbox,
            &[arguments, &["--json", "id,titel"]].concat(),
        ));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        let message = json(&run.stderr)["message"].as_str().unwrap().to_owned();
        let expected = "--json: there is no field \"titel\"";
        assert!(message.starts_with(expected), "{message}");
        assert!(message.contains(right), "{message}");
    }
    assert_eq!(called(&sandbox), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn view_reads_only_the_lists_that_are_wanted() {
    let sandbox = sandbox().await;
    let run = execute(&mut at(
        &sandbox,
        &["view", "rt:1", "--json", "subject,attachments"],
    ));
    assert_eq!(run.code, 0, "{run:?}");
    let keys: Vec<_> = json(&run.stdout)
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(keys, ["attachments", "schema", "subject"]);
    let endpoints = called(&sandbox);
    assert!(!endpoints.contains(&Endpoint::Messages), "{endpoints:?}");
    assert_eq!(endpoints[0], Endpoint::Get);
}

#[tokio::test(flavor = "multi_thread")]
async fn jq_sees_each_record_in_ndjson_and_the_whole_document_in_json() {
    let sandbox = sandbox().await;
    let list = |more: &[&str]| {
        let list = ["list", "onecloud", "--jq"];
        execute(&mut at(&sandbox, &[&list[..], more].concat()))
    };
    let references = "onecloud:121\nonecloud:1212\nonecloud:1234\n";
    let run = list(&[".[].ticket"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, references), "{run:?}");
    assert_eq!(list(&[".ticket", "-o", "ndjson"]).stdout, references);
    assert_eq!(list(&["length"]).stdout, "3\n");
    assert_eq!(
        list(&["select(.status == \"closed\") | {id, schema}", "-ondjson"]).stdout,
        "{\"id\":\"1234\",\"schema\":1}\n"
    );
    // It sees what --json leaves.
    assert_eq!(
        list(&[".[0]", "--json", "id"]).stdout,
        "{\"schema\":1,\"id\":\"121\"}\n"
    );
    let view = execute(&mut at(
        &sandbox,
        &[
            "view",
            "onecloud:121",
            "-o",
            "ndjson",
            "--jq",
            "[.id, .complete, .messages[0].direction]",
        ],
    ));
    assert_eq!(view.stdout, "[\"121\",true,\"inbound\"]\n", "{view:?}");
    // What it prints is a list of tickets.
    let delete = ["delete", "--from", "-", "--dry-run", "--output", "ndjson"];
    let run = execute_with_input(&mut at(&sandbox, &delete), references);
    assert_eq!(run.lines().len(), 3, "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_expression_is_refused_before_anything_is_sent() {
    let sandbox = sandbox().await;
    for (expression, place) in [
        (".[", "at the end"),
        (".a | ]", "`]`"),
        (".a | titel", "`titel`"),
        ("env", "`env`"),
    ] {
        let run = execute(&mut at(&sandbox, &["list", "onecloud", "--jq", expression]));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        let message = json(&run.stderr)["message"].as_str().unwrap().to_owned();
        let expected = "--jq: this is not a jq expression: ";
        assert!(message.starts_with(expected), "{message}");
        assert!(message.contains(place), "{message}");
    }
    let csv = ["list", "onecloud", "--jq", ".", "--output", "csv"];
    let run = execute(&mut at(&sandbox, &csv));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert_eq!(called(&sandbox), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn expression_that_fails_or_never_ends_ends_the_command_and_names_the_ticket() {
    let sandbox = sandbox().await;
    for (expression, why) in [
        (".subject.x", "cannot index"),
        ("def f: f; f", "it takes too much time or memory"),
        ("def f: 1 + f; f", "it calls itself too deeply"),
    ] {
        let list = ["list", "onecloud", "-o", "ndjson", "--jq", expression];
        let run = execute(&mut at(&sandbox, &list));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        let message = json(&run.stderr)["message"].as_str().unwrap().to_owned();
        let expected = "--jq, for onecloud:121: the expression fails: ";
        assert!(message.starts_with(expected), "{message}");
        assert!(message.contains(why), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vendors_json_is_refused_where_it_has_no_place() {
    let sandbox = sandbox().await;
    for form in ["table", "csv"] {
        let run = execute(&mut at(
            &sandbox,
            &["list", "onecloud", "--raw", "-o", form],
        ));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains("--output json or ndjson"), "{run:?}");
    }
    assert_eq!(called(&sandbox), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn expression_over_its_memory_ends_the_command_before_it_takes_the_memory() {
    let sandbox = sandbox().await;
    for expression in [
        "\"a\" * 4000000000",
        "[range(1000000000)]",
        "reduce range(60) as $i (.; [., .]) | tojson",
    ] {
        let list = ["list", "onecloud", "-o", "ndjson", "--jq", expression];
        let run = execute(&mut at(&sandbox, &list));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        assert!(
            run.stderr.contains("it takes too much time or memory"),
            "{run:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vendors_json_is_printed_only_on_request() {
    let sandbox = sandbox().await;
    for arguments in [
        &["get", "onecloud:121"][..],
        &["list", "onecloud"],
        &["find", "--subject", "e", "--account", "onecloud"],
        &["view", "rt:1"],
        &["messages", "rt:1"],
        &["attachments", "rt:1"],
        &[
            "create",
            "sweeppea",
            "--subject",
            "x",
            "--description",
            "y",
            "--priority",
            "low",
        ],
    ] {
        for form in ["json", "ndjson"] {
            let run = |more: &[&str]| {
                let arguments = [arguments, &["--output", form], more].concat();
                execute(&mut at(&sandbox, &arguments))
            };
            let (plain, raw) = (run(&[]), run(&["--raw"]));
            assert_eq!((plain.code, raw.code), (0, 0), "{plain:?} {raw:?}");
            assert!(!plain.stdout.contains("\"raw\""), "{plain:?}");
            // RT's sample ticket has no files.
            let has_rows = arguments[0] != "attachments";
            assert_eq!(raw.stdout.contains("\"raw\""), has_rows, "{raw:?}");
        }
    }
    let run = execute(&mut at(&sandbox, &["get", "onecloud:121", "--json", "raw"]));
    assert_eq!(json(&run.stdout)["raw"]["Id"], "121", "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_csv_without_headers_have_only_rows() {
    let sandbox = sandbox().await;
    for form in ["table", "csv"] {
        let list = |more: &[&str]| {
            let list = ["list", "onecloud", "-o", form];
            execute(&mut at(&sandbox, &[&list[..], more].concat())).stdout
        };
        let bare = list(&["--no-headers"]);
        let all = list(&[]);
        assert_eq!(bare.lines().count(), 3, "{bare}");
        assert!(bare.starts_with("onecloud:121"), "{bare}");
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert!(words(&all).ends_with(&words(&bare)), "{all}{bare}");
        let none = ["find", "--subject", "no such", "--account", "onecloud"];
        let none = [&none[..], &["--no-headers", "-o", form]].concat();
        let none = execute(&mut at(&sandbox, &none));
        assert_eq!((none.code, none.stdout.as_str()), (0, ""), "{none:?}");
    }
    let get = ["get", "onecloud:121", "-o", "csv", "--no-headers"];
    let run = execute(&mut at(&sandbox, &get));
    assert!(run.stdout.starts_with("onecloud:121,121,"), "{run:?}");
}

#[test]
fn wrong_usage_is_told_in_the_form_that_is_implied() {
    for arguments in [
        &["get", "--json", "id"][..],
        &["get", "--jq=.id"],
        &["get", "-o", "ndjson"],
        &["get", "-ojson"],
    ] {
        let run = execute(&mut crate::common::command(arguments));
        assert_eq!(run.code, 2, "{run:?}");
        assert!(json(&run.stderr)["message"].is_string(), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn get_of_several_prints_them_in_the_order_asked_and_tells_the_missing_ones() {
    let sandbox = sandbox().await;
    let asked = ["rt:2", "onecloud:121", "rt:99999", "rt:1"];
    let run = execute(&mut at(
        &sandbox,
        &[&["get", "-o", "ndjson", "--json", "ticket"][..], &asked].concat(),
    ));
    let printed: Vec<_> = run
        .lines()
        .iter()
        .map(|line| line["ticket"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(printed, ["rt:2", "onecloud:121", "rt:1"], "{run:?}");
    assert_eq!(run.code, 1, "{run:?}");
    let error = json(&run.stderr);
    assert_eq!(error["kind"], "not_found", "{run:?}");
    assert!(
        error["message"].as_str().unwrap().starts_with("rt:99999: "),
        "{run:?}"
    );
    assert_eq!(called(&sandbox), [Endpoint::Get; 4]);
    let table = execute(&mut at(&sandbox, &["get", "rt:2", "rt:1"]));
    assert_eq!(table.stdout.lines().count(), 3, "{table:?}");
    // A wrong one is refused before any is read.
    let before = called(&sandbox).len();
    let wrong = execute(&mut at(&sandbox, &["get", "rt:1", "121"]));
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""), "{wrong:?}");
    let wrong = execute(&mut at(&sandbox, &["get", "rt:1", "nobody:1"]));
    assert_eq!((wrong.code, wrong.stdout.as_str()), (3, ""), "{wrong:?}");
    assert_eq!(called(&sandbox).len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_list_says_what_was_asked_for() {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    for (arguments, said) in [
        (&["rt"][..], "No tickets: the list of rt is empty.\n"),
        (
            &[
                "rt",
                "--search",
                "a b",
                "--state",
                "open",
                "--created-after",
                "2026-01-01T00:00:00Z",
            ],
            "No tickets match: rt has none with --state open --created-after 2026-01-01T00:00:00Z --search 'a b'.\n",
        ),
    ] {
        let run = execute(&mut at(&sandbox, &[&["list"], arguments].concat()));
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (0, "", said)
        );
        let run = execute(&mut at(
            &sandbox,
            &[&["list"], arguments, &["-o", "json"]].concat(),
        ));
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("[]\n", ""));
    }
}

/// What a terminal of this width shows, without its colours, and with them.
#[cfg(target_os = "linux")]
fn at_terminal(sandbox: &Sandbox, columns: u16, line: &str) -> (String, String) {
    let line = format!("export TICKETS_PAGER=cat; {line}");
    let line = line.replace("tickets ", &format!("'{}' ", env!("CARGO_BIN_EXE_tickets")));
    let run =
        crate::common::in_terminal(sandbox, &crate::common::state_folder(), columns, &line, "");
    assert_eq!(run.code, 0, "{run:?}");
    let mut plain = String::new();
    for (number, part) in run.stdout.split('\u{1b}').enumerate() {
        plain += match part.split_once('m') {
            Some((_, text)) if number > 0 => text,
            _ => part,
        };
    }
    (plain, run.stdout)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn people_read_relative_times_and_coloured_states_and_programs_do_not() {
    let sandbox = sandbox().await;
    let (plain, coloured) = at_terminal(&sandbox, 80, "tickets list onecloud");
    assert!(
        !plain.contains("2026-01-26") && plain.contains(" ago"),
        "{plain}"
    );
    for colour in ["\u{1b}[38;5;10mopen", "\u{1b}[38;5;13mclosed"] {
        assert!(coloured.contains(colour), "{coloured:?}");
    }
    let (plain, coloured) = at_terminal(&sandbox, 80, "tickets get rt:1");
    assert!(plain.contains("2026-01-26 12:32Z ("), "{plain}");
    assert!(coloured.contains("\u{1b}[38;5;10mopen"), "{coloured:?}");
    for set in ["NO_COLOR=1", "TERM=dumb"] {
        let (plain, all) = at_terminal(&sandbox, 80, &format!("{set} tickets list onecloud"));
        assert_eq!(plain, all, "{set}");
    }
    let file = execute(&mut at(&sandbox, &["list", "onecloud"])).stdout;
    assert!(
        file.contains("2026-01-26 05:32Z") && !file.contains(" ago"),
        "{file}"
    );
    assert!(!file.contains('\u{1b}'), "{file:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn string_of_an_expression_cannot_drive_the_terminal() {
    let sandbox = sandbox().await;
    let seed = ticket_sandbox::TicketSeed::new("a\u{1b}[2Jb");
    let id = sandbox.add_ticket(ticket_sandbox::Vendor::OneCloud, seed);
    for expression in [".subject", "[.subject]"] {
        let line = format!("tickets get onecloud:{id} --jq {expression}");
        let (_, all) = at_terminal(&sandbox, 80, &line);
        assert!(!all.contains("\u{1b}[2J"), "{all:?}");
        assert!(all.contains("[2Jb"), "{all:?}");
    }
    let get = ["get", &format!("onecloud:{id}"), "--jq", ".subject"];
    let file = execute(&mut at(&sandbox, &get)).stdout;
    assert_eq!(file, "a\u{1b}[2Jb\n");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn no_line_is_wider_than_the_terminal() {
    use unicode_width::UnicodeWidthStr as _;
    let sandbox = sandbox().await;
    let subject = "A subject with many words and 世界 ".repeat(4);
    for vendor in [ticket_sandbox::Vendor::Rt, ticket_sandbox::Vendor::OneCloud] {
        sandbox.add_ticket(vendor, ticket_sandbox::TicketSeed::new(subject.clone()));
    }
    for columns in [40, 80] {
        for line in [
            "tickets list rt",
            "tickets list onecloud",
            "tickets list onecloud --no-headers",
            "tickets get rt:1",
            "tickets get onecloud:121 rt:1",
            "tickets view onecloud:121",
            "tickets messages onecloud:121",
            "tickets find --subject e --account rt --account onecloud",
            "tickets providers",
        ] {
            let (plain, _) = at_terminal(&sandbox, columns, line);
            let widest = plain.lines().map(|line| line.trim_end().width()).max();
            assert!(widest <= Some(usize::from(columns)), "{line}: {plain}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_asked_for_win_over_csv_of_a_variable() {
    let sandbox = sandbox().await;
    let fields = ["get", "onecloud:121", "--json", "id"];
    let run = execute(at(&sandbox, &fields).env("TICKETS_OUTPUT", "csv"));
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(json(&run.stdout)["id"], "121");
    let asked = [&fields[..], &["--output", "csv"]].concat();
    assert_eq!(execute(&mut at(&sandbox, &asked)).code, 2);
}
