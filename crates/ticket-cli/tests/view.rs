//! `tickets view` and `tickets messages`: whole conversations, on both sides. What they print word for word is in
//! `golden`, what a terminal shows in `pager.rs`.
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use crate::common::{at, execute, json, sandbox};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Fault, MessageKind, Rule, Sandbox, TicketSeed, Vendor};

/// The endpoints that were called, in order.
fn called(sandbox: &Sandbox) -> Vec<Endpoint> {
    let journal = sandbox.journal();
    journal
        .iter()
        .filter_map(|exchange| exchange.endpoint)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_vendor_shows_ticket_messages_and_files_and_is_asked_once_for_each() {
    for (vendor, id, calls) in [
        (
            Vendor::OneCloud,
            "121",
            &[Endpoint::Get, Endpoint::Messages][..],
        ),
        (Vendor::Sweeppea, "HYXTNJV", &[Endpoint::Get; 2]),
        (
            Vendor::LeadSquared,
            "143",
            &[Endpoint::Get, Endpoint::Messages],
        ),
        (Vendor::Redmine, "1", &[Endpoint::Get; 3]),
    ] {
        let sandbox = sandbox().await;
        let text = format!("What was said at {vendor:?}");
        if vendor != Vendor::Sweeppea {
            sandbox.add_message(vendor, id, MessageKind::Outgoing, &text);
        }
        let record = sandbox.ticket(vendor, id).unwrap();
        let ticket = format!("{}:{id}", vendor.prefix());
        let run = execute(&mut at(&sandbox, &["view", &ticket]));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.stderr, "", "{run:?}");
        assert!(
            run.stdout
                .starts_with(&format!("{}\n\nticket", record.subject)),
            "{run:?}"
        );
        for message in &record.messages {
            assert!(
                run.stdout.contains(&format!("\n  {}\n", message.text)),
                "{run:?}"
            );
        }
        assert_eq!(
            run.stdout.matches("── Message ").count(),
            record.messages.len(),
            "{run:?}"
        );
        assert_eq!(called(&sandbox), calls, "{vendor:?}");
        assert_eq!(crate::common::deletes(&sandbox), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_that_is_the_first_message_is_shown_once() {
    let sandbox = sandbox().await;
    let ticket = TicketSeed::new("Fire").description("It burns.");
    let id = sandbox.add_ticket(Vendor::OneCloud, ticket);
    let run = execute(&mut at(&sandbox, &["view", &format!("onecloud:{id}")]));
    assert_eq!(run.stdout.matches("It burns.").count(), 1, "{run:?}");
    let ticket = TicketSeed::new("Fire").description("It burns.");
    let id = sandbox.add_ticket(Vendor::Sweeppea, ticket);
    let run = execute(&mut at(&sandbox, &["view", &format!("sweeppea:{id}")]));
    assert_eq!(run.stdout.matches("It burns.").count(), 1, "{run:?}");
    assert!(run.stdout.contains("\nNo messages.\n"), "{run:?}");
}

/// A conversation of RT with so many more messages, of which one page is read.
async fn cut_off(fault: Fault) -> Sandbox {
    let sandbox = sandbox().await;
    for number in 1..=150 {
        let text = format!("Number {number}.");
        sandbox.add_message(Vendor::Rt, "1", MessageKind::Outgoing, text);
    }
    let pages = Rule::new(fault).endpoint(Endpoint::Messages);
    sandbox.inject(pages.skip(1).always());
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_fail_in_the_middle_are_shown_as_far_as_they_were_read() {
    for (arguments, has_files) in [
        (&["view", "rt:1"][..], true),
        (&["messages", "rt:1"], false),
    ] {
        let sandbox = cut_off(Fault::Status(403)).await;
        let run = execute(&mut at(&sandbox, arguments));
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stdout.contains("\n  Number 50.\n"), "{run:?}");
        assert!(!run.stdout.contains("\n  Number 150.\n"), "{run:?}");
        assert!(run.stderr.starts_with("error: rt:1: "), "{run:?}");
        assert!(run.stderr.contains("403"), "{run:?}");
        // The rest is read all the same.
        assert_eq!(
            run.stdout.ends_with("\nNo attachments.\n"),
            has_files,
            "{run:?}"
        );
        assert_eq!(
            run.stdout.contains("\nThe messages end here: rt:1: "),
            has_files,
            "{run:?}"
        );
        let pages = called(&sandbox);
        let pages = pages
            .iter()
            .filter(|endpoint| **endpoint == Endpoint::Messages);
        assert_eq!(pages.count(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_of_a_conversation_is_whole_also_if_the_conversation_is_not() {
    for (is_cut, code) in [(false, 0), (true, 1)] {
        for form in ["json", "ndjson"] {
            let sandbox = if is_cut {
                cut_off(Fault::Status(403)).await
            } else {
                sandbox().await
            };
            sandbox.add_message(
                Vendor::Rt,
                "1",
                MessageKind::Note,
                "\u{1b}[2J\u{202e}<p>x</p>",
            );
            let run = execute(&mut at(&sandbox, &["view", "rt:1", "--output", form]));
            assert_eq!(run.code, code, "{run:?}");
            if form == "ndjson" {
                assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
            }
            let view = json(&run.stdout);
            let ticket =
                json(&execute(&mut at(&sandbox, &["get", "rt:1", "--output", "json"])).stdout);
            for (field, value) in ticket.as_object().unwrap() {
                assert_eq!(view[field], *value, "{field}");
            }
            let messages = view["messages"].as_array().unwrap();
            assert_eq!(view["complete"], !is_cut, "{run:?}");
            assert_eq!(view["attachments"], Value::Array(Vec::new()));
            if is_cut {
                assert!(messages.len() >= 50, "{}", messages.len());
                assert_eq!(json(&run.stderr)["kind"], "forbidden", "{run:?}");
            } else {
                // The vendor's text, as it is.
                assert_eq!(
                    messages.last().unwrap()["body"],
                    "\u{1b}[2J\u{202e}<p>x</p>"
                );
                assert_eq!(run.stderr, "", "{run:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_has_no_call_for_is_said_and_is_null() {
    let sandbox = sandbox().await;
    let run = execute(&mut at(&sandbox, &["view", "onecloud:121"]));
    let said = "\nAttachments are not shown: OneCloud documents no call that reads them.\n";
    assert!(run.stdout.ends_with(said), "{run:?}");
    assert_eq!(run.code, 0, "{run:?}");
    let run = execute(&mut at(
        &sandbox,
        &["view", "onecloud:121", "--output", "json"],
    ));
    assert_eq!(json(&run.stdout)["attachments"], Value::Null, "{run:?}");
    assert_eq!(json(&run.stdout)["complete"], true, "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_named_with_their_ids_and_the_command_that_saves_them() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a bill.pdf");
    std::fs::write(&file, "12345").unwrap();
    let comment = [
        "comment",
        "rt:1",
        "--body",
        "See the bill",
        "--attach",
        file.to_str().unwrap(),
    ];
    assert_eq!(execute(&mut at(&sandbox, &comment)).code, 0);
    let record = sandbox.ticket(Vendor::Rt, "1").unwrap();
    let run = execute(&mut at(&sandbox, &["view", "rt:1"]));
    let row = format!(
        "\n{}   a bill.pdf  application/pdf  5 ",
        record.attachments[0].id
    );
    assert!(run.stdout.contains(&row), "{run:?}");
    let hint = "`tickets attachments rt:1 --download FOLDER`\n";
    assert!(run.stdout.ends_with(hint), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn web_prints_the_address_where_there_is_no_terminal_and_sends_nothing() {
    let sandbox = sandbox().await;
    for (ticket, path) in [
        ("rt:14", "/Ticket/Display.html?id=14"),
        ("redmine:7", "/issues/7"),
    ] {
        let vendor = if ticket.starts_with("rt") {
            Vendor::Rt
        } else {
            Vendor::Redmine
        };
        let mut command = at(&sandbox, &["view", ticket, "--web"]);
        let run = execute(command.env("DISPLAY", ":0"));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.stdout, format!("{}{path}\n", sandbox.base_url(vendor)));
        assert_eq!(run.stderr, "", "{run:?}");
    }
    for ticket in ["onecloud:121", "sweeppea:2531581", "leadsquared:160"] {
        let run = execute(&mut at(&sandbox, &["view", ticket, "--web"]));
        assert_eq!(run.code, 2, "{run:?}");
        assert_eq!(run.stdout, "", "{run:?}");
        assert!(
            run.stderr
                .contains("documents no address of a ticket's page"),
            "{run:?}"
        );
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_refused_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let run = execute(&mut at(&sandbox, &["view", "rt:1", "--output", "csv"]));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("`tickets messages`"), "{run:?}");
    assert!(sandbox.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_conversation_at_once_and_keeps_what_is_printed_readable() {
    for (form, last) in [("table", "\n  Number 90."), ("json", "\"Number 90.\"")] {
        let sandbox = cut_off(Fault::Status(403)).await;
        // Enough for the ticket and the first page of messages.
        let limits = ["--output", form, "--rate", "6/60"];
        let mut command = at(&sandbox, &["view", "rt:1"]);
        command
            .args(limits)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(last) {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "{said}");
        }
        let signal = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(signal.unwrap().success());
        stdout.read_to_string(&mut said).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{said}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains("stopped before the end of the conversation"),
            "{error}"
        );
        if form == "json" {
            let view = json(&said);
            assert_eq!(view["complete"], false);
            assert!(view["messages"].as_array().unwrap().len() >= 90);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_requesters_are_shown_one_to_a_line() {
    let sandbox = sandbox().await;
    let two = serde_json::json!(["a@example.com", "b@example.com"]);
    let ticket = TicketSeed::new("Fire").attribute("Requestor", two);
    let id = sandbox.add_ticket(Vendor::Rt, ticket);
    let run = execute(&mut at(&sandbox, &["view", &format!("rt:{id}")]));
    let both = "\nrequester  a@example.com\n           b@example.com\n";
    assert!(run.stdout.contains(both), "{run:?}");
}
