//! What `tickets delete` promises, held against what really happened at the vendors.

use std::time::Duration;

use crate::common::{
    FORMS, SAMPLES, at, command, deletes, execute, execute_with_input, is_true, json, sandbox,
};
use ticket_sandbox::{Endpoint, Fault, Rule, Vendor};

const FOUR: [&str; 4] = [
    "onecloud:121",
    "sweeppea:2531581",
    "leadsquared:160",
    "leadsquared:161",
];

fn delete<'a>(more: &[&'a str], tickets: &[&'a str]) -> Vec<&'a str> {
    [&["delete", "--yes", "--output", "ndjson"], more, tickets].concat()
}

/// Sweeppea says *not found* also of a ticket that is closed; it is read before anybody is told that it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn closed_ticket_that_the_vendor_does_not_find_is_not_told_as_gone() {
    let sandbox = sandbox().await;
    let run = execute(&mut at(&sandbox, &delete(&[], &["sweeppea:2490017"])));
    assert_eq!(run.code, 1, "{run:?}");
    let row = &run.lines()[0];
    assert_eq!(row["outcome"], "failed", "{row}");
    assert_eq!(row["error"]["effect"], "none", "{row}");
    let message = row["error"]["message"].as_str().unwrap();
    assert!(message.contains("the ticket exists"), "{message}");
    assert!(sandbox.exists(Vendor::Sweeppea, "2490017"));
}

#[tokio::test(flavor = "multi_thread")]
async fn four_tickets_of_three_vendors_are_deleted_in_three_calls() {
    let sandbox = sandbox().await;
    let run = execute(&mut at(&sandbox, &delete(&[], &FOUR))).in_order(&FOUR);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        run.stdout,
        "{\"schema\":1,\"ticket\":\"onecloud:121\",\"outcome\":\"deleted\"}\n\
         {\"schema\":1,\"ticket\":\"sweeppea:2531581\",\"outcome\":\"deleted\"}\n\
         {\"schema\":1,\"ticket\":\"leadsquared:160\",\"outcome\":\"deleted\"}\n\
         {\"schema\":1,\"ticket\":\"leadsquared:161\",\"outcome\":\"deleted\"}\n"
    );
    assert_eq!(run.notices(), ["4 tickets: 4 deleted"], "{run:?}");
    for (vendor, id) in SAMPLES {
        assert!(!sandbox.exists(vendor, id));
    }
    assert!(!sandbox.exists(Vendor::LeadSquared, "161"));
    assert_eq!(sandbox.journal().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_has_its_answers_in_the_order_asked_and_lines_have_them_all() {
    let sandbox = sandbox().await;
    let asked = [
        "leadsquared:161",
        "sweeppea:2531581",
        "leadsquared:160",
        "onecloud:121",
        "sweeppea:2650478",
    ];
    let run = execute(&mut at(&sandbox, &delete(&[], &asked)));
    assert_eq!(run.code, 0);
    let expected = asked.map(|ticket| (ticket.to_owned(), "deleted".to_owned()));
    assert_eq!(run.in_order(&asked).outcomes(), expected);
    for form in ["table", "json"] {
        let sandbox = crate::common::sandbox().await;
        let delete = [&["delete", "--yes", "--output", form][..], &asked].concat();
        let said = execute(&mut at(&sandbox, &delete)).stdout;
        let places = asked.map(|ticket| said.find(ticket).unwrap());
        assert!(places.is_sorted(), "{form}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_named_twice_is_answered_twice_and_sent_once() {
    let sandbox = sandbox().await;
    let asked = [
        "onecloud:121",
        "leadsquared:160",
        "onecloud:121",
        "leadsquared:160",
        "leadsquared:161",
    ];
    let run = execute(&mut at(&sandbox, &delete(&[], &asked)));
    assert_eq!(run.code, 0, "{run:?}");
    let answered = [asked[0], asked[0], asked[1], asked[1], asked[4]];
    assert_eq!(
        run.in_order(&asked).outcomes(),
        answered.map(|ticket| (ticket.to_owned(), "deleted".to_owned()))
    );
    let journal = sandbox.journal();
    assert_eq!(journal.len(), 2);
    let batch = journal
        .iter()
        .find(|exchange| exchange.vendor == Some(Vendor::LeadSquared))
        .unwrap();
    assert_eq!(
        batch.json().unwrap()["TicketIds"],
        serde_json::json!(["160", "161"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_deleted_is_said_with_its_error_and_ends_1() {
    let sandbox = sandbox().await;
    let asked = [
        "onecloud:9",
        "sweeppea:ABC1234",
        "sweeppea:9",
        "onecloud:121",
    ];
    let run = execute(&mut at(&sandbox, &delete(&[], &asked))).in_order(&asked);
    assert_eq!(run.code, 1);
    let lines = run.lines();
    let outcomes: Vec<_> = lines
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["not_found", "failed", "not_found", "deleted"]);
    let locked = &lines[1]["error"];
    assert_eq!(
        (&locked["kind"], &locked["effect"]),
        (&"conflict".into(), &"none".into())
    );
    assert_eq!(
        (&locked["status"], &locked["retry_after_s"]),
        (&409.into(), &serde_json::Value::Null)
    );
    assert!(
        locked["message"]
            .as_str()
            .unwrap()
            .contains("locked while our engineering team"),
        "{locked}"
    );
    assert_eq!(lines[3].get("error"), None);
    assert!(sandbox.exists(Vendor::Sweeppea, "ABC1234"));
    assert!(!sandbox.exists(Vendor::OneCloud, "121"));
}

/// At OneCloud a read tells, at LeadSquared a read after the vendor answered a repeat. Sweeppea says the same of what is
/// another user's, so that nothing tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_is_unknown_unless_a_read_proves_that_the_ticket_is_gone() {
    for (vendor, id) in SAMPLES {
        for attempts in ["1", "2"] {
            let sandbox = sandbox().await;
            sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Delete));
            let ticket = format!("{}:{id}", vendor.prefix());
            let delete = delete(&["--max-attempts", attempts], &[&ticket]);
            let run = execute(&mut at(&sandbox, &delete));
            let line = &run.lines()[0];
            let is_proven = match vendor {
                Vendor::OneCloud => true,
                Vendor::Sweeppea => false,
                _ => attempts == "2",
            };
            if is_proven {
                assert_eq!((run.code, &line["outcome"]), (0, &"already_gone".into()));
            } else {
                assert_eq!((run.code, &line["outcome"]), (1, &"unknown".into()));
                assert_eq!(line["error"]["effect"], "unknown", "{line}");
            }
            assert!(!sandbox.exists(vendor, id));
            assert_eq!(deletes(&sandbox).to_string(), attempts);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_no_outcome_contradicts_the_true_state() {
    let faults = [
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::Status(500),
        Fault::Status(503),
        Fault::Status(400),
        Fault::StatusAfterEffect(500),
        Fault::StatusAfterEffect(502),
        Fault::RateLimited {
            retry_after: Some(1),
        },
        Fault::RateLimited { retry_after: None },
        Fault::HtmlPage { status: 200 },
        Fault::HtmlPage { status: 502 },
        Fault::TruncatedJson,
        Fault::CutBody,
        Fault::EmptyBody,
        Fault::ErrorInside200,
        Fault::WrongTypes,
        Fault::OversizedBody(16 * 1024 * 1024),
        Fault::Delay(Duration::from_secs(3600)),
    ];
    // Always; and only the first time, so that a repeat finds what the first attempt has left.
    let cases = faults
        .into_iter()
        .flat_map(|fault| [(fault.clone(), u64::MAX, "1"), (fault, 1, "2")]);
    let runs = cases.map(|case| tokio::spawn(contradicts_nothing(case)));
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
}

async fn contradicts_nothing((fault, times, attempts): (Fault, u64, &'static str)) {
    let sandbox = sandbox().await;
    for vendor in Vendor::ALL {
        let rule = Rule::new(fault.clone()).vendor(vendor);
        sandbox.inject(rule.endpoint(Endpoint::Delete).times(times));
    }
    let tickets = SAMPLES.map(|(vendor, id)| format!("{}:{id}", vendor.prefix()));
    // A short window, since a refusal that names no time closes the account for one.
    let limits = [
        "--timeout",
        "2",
        "--max-attempts",
        attempts,
        "--rate",
        "100/1",
    ];
    let mut command = at(&sandbox, &delete(&limits, &[]));
    command.args(&tickets);
    let run = tokio::task::spawn_blocking(move || execute(&mut command));
    let run = run.await.unwrap();
    let run = run.in_order(&tickets.each_ref().map(String::as_str));
    let lines = run.lines();
    assert_eq!(lines.len(), 3, "{fault:?} {run:?}");
    for ((vendor, id), line) in SAMPLES.into_iter().zip(&lines) {
        assert!(
            is_true(line, sandbox.exists(vendor, id)),
            "{fault:?} {times} {line}"
        );
    }
    let done = |line: &serde_json::Value| {
        ["deleted", "already_gone"].contains(&line["outcome"].as_str().unwrap())
    };
    let all_done = lines.iter().all(done);
    assert_eq!(run.code, i32::from(!all_done), "{fault:?} {run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_wait_is_passed_on() {
    let sandbox = sandbox().await;
    let limited = Fault::RateLimited {
        retry_after: Some(7),
    };
    sandbox.inject(Rule::new(limited).times(u64::MAX));
    let run = execute(&mut at(
        &sandbox,
        &delete(&["--max-attempts", "1"], &["sweeppea:2531581"]),
    ));
    let line = &run.lines()[0];
    assert_eq!(line["outcome"], "failed");
    assert_eq!(line["error"]["kind"], "rate_limited");
    assert_eq!(line["error"]["effect"], "none");
    assert_eq!(line["error"]["status"], 429);
    assert_eq!(line["error"]["retry_after_s"], 7);
    assert_eq!(run.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_nothing_at_all() {
    let sandbox = sandbox().await;
    for form in FORMS {
        let arguments = [&["delete", "--dry-run", "--output", form][..], &FOUR].concat();
        let run = execute(&mut at(&sandbox, &arguments));
        assert_eq!(run.code, 0, "{run:?}");
        for ticket in FOUR {
            assert!(run.stdout.contains(ticket), "{form}: {run:?}");
        }
        assert_eq!(run.stdout.matches("would").count(), 4, "{form}: {run:?}");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_and_without_yes_nothing_is_sent() {
    let sandbox = sandbox().await;
    let run = execute(&mut at(&sandbox, &[&["delete"][..], &FOUR].concat()));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("4 tickets"), "{run:?}");
    assert!(run.stderr.contains("--yes"), "{run:?}");
    // Programs are told as well what can be done, in the same line.
    let run = execute(&mut at(
        &sandbox,
        &["delete", "onecloud:121", "--output", "json"],
    ));
    assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{run:?}");
    let hint = json(&run.stderr)["hint"].as_str().unwrap().to_owned();
    assert!(hint.starts_with("--yes deletes"), "{hint}");
    // The answer to a question that was not asked counts for nothing.
    let run = execute_with_input(&mut at(&sandbox, &["delete", "onecloud:121"]), "y\n");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(sandbox.journal().len(), 0);
}

const ORDER: [&str; 3] = ["leadsquared:160", "leadsquared:161", "onecloud:121"];

#[tokio::test(flavor = "multi_thread")]
async fn tickets_come_from_a_file_and_from_standard_input() {
    let text = "\u{feff}# spam wave\r\n\r\n  leadsquared:160\r\nleadsquared:161  \n#sweeppea:2531581\nonecloud:121";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("refs.txt");
    std::fs::write(&file, text).unwrap();
    let expected = ORDER.map(|ticket| (ticket.to_owned(), "deleted".to_owned()));

    let at_file = sandbox().await;
    let run = execute(&mut at(
        &at_file,
        &delete(&["--from", file.to_str().unwrap()], &[]),
    ));
    assert_eq!(
        (run.code, run.in_order(&ORDER).outcomes()),
        (0, expected.to_vec())
    );
    for dash in [&["--from", "-"][..], &["-"]] {
        let sandbox = sandbox().await;
        let run = execute_with_input(&mut at(&sandbox, &delete(dash, &[])), text);
        assert_eq!(
            (run.code, run.in_order(&ORDER).outcomes()),
            (0, expected.to_vec())
        );
        assert_eq!(deletes(&sandbox), 2);
        assert!(sandbox.exists(Vendor::Sweeppea, "2531581"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_cannot_name_the_tickets_and_confirm_them() {
    let sandbox = sandbox().await;
    let run = execute_with_input(
        &mut at(&sandbox, &["delete", "--from", "-"]),
        "onecloud:121\ny\n",
    );
    // `y` is taken for a ticket, which it is not.
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("standard input, line 2"), "{run:?}");
    let run = execute_with_input(
        &mut at(&sandbox, &["delete", "--from", "-"]),
        "onecloud:121\n",
    );
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--yes"), "{run:?}");
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_line_of_a_file_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    for (wrong, code, words) in [
        ("160", 2, "is not a ticket reference"),
        (":160", 2, "is not a ticket reference"),
        ("leadsquared:", 2, "is not a ticket reference"),
        ("leadsquared:1\u{1b}[2J", 2, "U+001B (control character)"),
        ("leadsquared:1,2", 2, "has several columns"),
        ("leadsquared:1 2", 2, "is not a ticket reference"),
        ("{\"ticket\":\"leadsquared:160\"}", 2, "is JSON"),
        ("freshdesk:1", 3, "there is no account \"freshdesk\""),
    ] {
        let input = format!("onecloud:121\n\n{wrong}\nleadsquared:160\n");
        let run = execute_with_input(
            &mut at(&sandbox, &["delete", "--yes", "--from", "-"]),
            &input,
        );
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{run:?}");
        assert!(run.stderr.contains("standard input, line 3"), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_is_wrong_usage() {
    let sandbox = sandbox().await;
    let run = execute_with_input(&mut at(&sandbox, &["delete", "--yes", "-"]), "# none\n\n");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("no ticket is given"), "{run:?}");
    let run = execute(&mut at(&sandbox, &["delete", "--yes"]));
    assert_eq!(run.code, 2, "{run:?}");
    let run = execute_with_input(
        &mut at(&sandbox, &["delete", "--yes", "--from", "no/such/file"]),
        "",
    );
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("no/such/file"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_names_every_ticket_and_its_outcome() {
    let asked = ["onecloud:121", "onecloud:9", "onecloud:121"];
    for form in FORMS {
        let sandbox = sandbox().await;
        let arguments = [&["delete", "--yes", "--output", form][..], &asked].concat();
        let run = execute(&mut at(&sandbox, &arguments));
        assert_eq!(run.code, 1, "{run:?}");
        let words = ["deleted", "not found", "deleted"];
        match form {
            "table" => {
                let lines: Vec<_> = run.stdout.lines().collect();
                assert!(
                    lines[0].starts_with("TICKET") && lines.len() == 4,
                    "{run:?}"
                );
                for ((ticket, word), line) in asked.iter().zip(words).zip(&lines[1..]) {
                    assert!(line.starts_with(ticket) && line.contains(word), "{run:?}");
                }
                assert!(
                    run.stderr.contains("2 tickets: 1 deleted, 1 not found"),
                    "{run:?}"
                );
                assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
            }
            "json" => {
                let array = crate::common::json(&run.stdout);
                assert_eq!(array.as_array().unwrap().len(), 3);
                assert_eq!(array[1]["error"]["kind"], "not_found");
            }
            "ndjson" => {
                let run = run.in_order(&asked);
                assert_eq!(run.lines()[2]["outcome"], "not_found");
            }
            _ => {
                let mut lines: Vec<_> = run.stdout.lines().collect();
                assert_eq!(
                    lines[0],
                    "ticket,outcome,kind,effect,status,retry_after_s,message"
                );
                lines[1..].sort_unstable();
                assert_eq!(lines[1], "onecloud:121,deleted,,,,,");
                assert_eq!(lines[2], lines[1]);
                assert!(
                    lines[3].starts_with("onecloud:9,not_found,not_found,none,404,,"),
                    "{run:?}"
                );
            }
        }
    }
}

#[test]
fn with_sandbox_nothing_but_the_sandbox_is_needed_or_used() {
    let mut command = command(&[&["--sandbox", "delete", "--yes"][..], &FOUR].concat());
    // Were it used, nothing would listen here.
    let run = execute(
        command
            .env("ONECLOUD_BASE_URL", "http://127.0.0.1:9")
            .env("TICKETS_CONFIG", "no/such/file"),
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.stdout.matches("deleted").count(), 4, "{run:?}");
    assert!(run.stderr.contains("no real ticket is changed"), "{run:?}");
}
