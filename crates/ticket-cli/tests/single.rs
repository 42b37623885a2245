//! What the commands about one ticket promise: `get`, `create`, and how they fail.

use std::time::Duration;

use crate::common::{
    FORMS, SAMPLES, at, command, create_arguments, execute, execute_with_input, json, sandbox,
};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Fault, Rule, TicketSeed, Vendor};

fn assert_error_object(object: &Value) {
    let keys: Vec<_> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "effect",
            "kind",
            "message",
            "retry_after_s",
            "schema",
            "status"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_shown_in_every_form() {
    let sandbox = sandbox().await;
    for (vendor, id) in SAMPLES {
        let ticket = format!("{}:{id}", vendor.prefix());
        let truth = sandbox.ticket(vendor, id).unwrap();
        for form in FORMS {
            let run = execute(&mut at(&sandbox, &["get", &ticket, "--output", form]));
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
            assert!(run.stdout.contains(&truth.subject), "{run:?}");
            if form.ends_with("json") {
                let shown = json(&run.stdout);
                assert_eq!(shown["ticket"], ticket.as_str());
                assert_eq!(shown["id"], id);
                assert_eq!(shown["subject"], truth.subject.as_str());
                assert!(shown.get("raw").is_none(), "{run:?}");
            }
            if form == "ndjson" || form == "csv" {
                assert_eq!(
                    run.stdout.lines().count(),
                    if form == "csv" { 2 } else { 1 },
                    "{run:?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_json_is_passed_on_to_the_letter_on_one_line() {
    let sandbox = sandbox().await;
    let body = "{\n  \"Id\" : \"121\",\r\n  \"Subject\":\"a \\u0041  b\", \"New\": [1.10, 12345678901234567890123]\n}";
    sandbox.inject(
        Rule::new(Fault::Reply {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        })
        .times(2),
    );
    let line = execute(&mut at(
        &sandbox,
        &["get", "onecloud:121", "--output", "ndjson", "--raw"],
    ))
    .stdout;
    assert_eq!(line.lines().count(), 1);
    let raw =
        "{\"Id\":\"121\",\"Subject\":\"a \\u0041  b\",\"New\":[1.10,12345678901234567890123]}";
    assert!(line.contains(raw), "{line}");
    let pretty = execute(&mut at(
        &sandbox,
        &["get", "onecloud:121", "--output", "json", "--raw"],
    ))
    .stdout;
    assert!(
        pretty.contains("12345678901234567890123\n") && pretty.contains("\"a \\u0041  b\""),
        "{pretty}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ticket_says_cannot_drive_the_terminal() {
    let sandbox = sandbox().await;
    let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m";
    let id = sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new(evil).description(evil));
    let run = execute(&mut at(&sandbox, &["get", &format!("onecloud:{id}")]));
    assert_eq!(run.code, 0);
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{7}', '\u{9b}']),
        "{run:?}"
    );
    assert!(run.stdout.contains("\\u{1b}[2J"), "{run:?}");
}

/// How many requests wrote: some vendors are asked for an id first.
fn writes(sandbox: &ticket_sandbox::Sandbox) -> usize {
    let journal = sandbox.journal();
    journal.iter().filter(|seen| seen.is_write).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_filed_as_it_was_given() {
    for vendor in Vendor::ALL {
        let sandbox = sandbox().await;
        for form in FORMS {
            let before = sandbox.tickets(vendor).len();
            let arguments = [&create_arguments(vendor)[..], &["--output", form]].concat();
            let run = execute(&mut at(&sandbox, &arguments));
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
            let tickets = sandbox.tickets(vendor);
            assert_eq!(tickets.len(), before + 1);
            let filed = tickets.last().unwrap();
            // Redmine ends lines with `\r\n`.
            let description = filed.description.replace("\r\n", "\n");
            assert_eq!(
                (filed.subject.as_str(), description.as_str()),
                ("Café — déjà vu", "a\nb")
            );
            let name = format!("{}:{}", vendor.prefix(), filed.id);
            assert!(run.stdout.contains(&name), "{run:?}");
            if form.ends_with("json") {
                let shown = json(&run.stdout);
                assert_eq!(
                    (shown["ticket"].as_str(), shown["id"].as_str()),
                    (Some(name.as_str()), Some(filed.id.as_str()))
                );
                assert!(shown.get("raw").is_none(), "{run:?}");
            }
        }
        assert_eq!(writes(&sandbox), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_can_come_from_standard_input() {
    let sandbox = sandbox().await;
    let arguments = [
        "create",
        "sweeppea",
        "--subject",
        "x",
        "--priority",
        "low",
        "--description-file",
        "-",
    ];
    let run = execute_with_input(&mut at(&sandbox, &arguments), "line 1\nline 2\n");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        sandbox
            .tickets(Vendor::Sweeppea)
            .last()
            .unwrap()
            .description,
        "line 1\nline 2\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_cannot_carry_is_refused_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let sweeppea = [
        "create",
        "sweeppea",
        "--subject",
        "x",
        "--description",
        "y",
        "--priority",
        "low",
    ];
    for (more, words) in [
        (&["--category", "Request"][..], "--category"),
        (&["--requester-email", "a@example.com"], "--requester-email"),
        (&["--requester-id", "1"], "--requester-id"),
        (&["--requester-phone", "1"], "--requester-phone"),
        (&["--tag", "vip"], "--tag"),
        (&["--field", "Channel=Chat"], "`Channel`"),
    ] {
        let run = execute(&mut at(&sandbox, &[&sweeppea, more].concat()));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            run.stderr.starts_with("error: sweeppea: ") && run.stderr.contains(words),
            "{run:?}"
        );
    }
    let run = execute(&mut at(
        &sandbox,
        &["create", "onecloud", "--subject", "x", "--output", "json"],
    ));
    assert_eq!(run.code, 2);
    let object = json(&run.stderr);
    assert_error_object(&object);
    assert_eq!(
        (&object["kind"], &object["status"]),
        (&"invalid_input".into(), &Value::Null)
    );
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_is_lost_is_unknown_and_not_repeated_where_no_key_is_kept() {
    for vendor in Vendor::ALL
        .into_iter()
        .filter(|vendor| *vendor != Vendor::Zendesk)
    {
        let sandbox = sandbox().await;
        sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Create));
        let before = sandbox.tickets(vendor).len();
        let run = execute(&mut at(&sandbox, &create_arguments(vendor)));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        assert!(
            run.stderr.contains("hint: the request may have succeeded"),
            "{run:?}"
        );
        assert_eq!(sandbox.tickets(vendor).len(), before + 1);
        assert_eq!(writes(&sandbox), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_repeated_with_its_key_and_told_as_the_earlier_one() {
    let sandbox = sandbox().await;
    let before = sandbox.tickets(Vendor::Zendesk).len();
    let lose = || sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Create));
    let create = create_arguments(Vendor::Zendesk);
    let is_told = |stderr: &str| stderr.contains("was created by an earlier attempt");
    lose();
    let run = execute(&mut at(&sandbox, &create));
    assert!(run.code == 0 && is_told(&run.stderr), "{run:?}");
    assert_eq!(sandbox.tickets(Vendor::Zendesk).len(), before + 1);
    // As after a crash: another process gives the same key again.
    let more = ["--idempotency-key", "order-17", "--max-attempts", "1"];
    let create = [&create[..], &more].concat();
    lose();
    let run = execute(&mut at(&sandbox, &create));
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    for _ in 0..2 {
        let run = execute(&mut at(&sandbox, &[&create[..], &["-o", "json"]].concat()));
        assert!(run.code == 0 && is_told(&run.stderr), "{run:?}");
        let created = json(&run.stdout);
        let tickets = sandbox.tickets(Vendor::Zendesk);
        let newest = tickets.last().map(|ticket| ticket.id.clone());
        assert_eq!(created["id"].as_str(), newest.as_deref());
        assert_eq!(created["by_earlier_attempt"], true);
        assert_eq!(tickets.len(), before + 2);
    }
    for vendor in [Vendor::OneCloud, Vendor::Rt] {
        let sent = sandbox.journal().len();
        let create = [&create_arguments(vendor)[..], &more].concat();
        let run = execute(&mut at(&sandbox, &create));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains("--idempotency-key"), "{run:?}");
        assert_eq!(sandbox.journal().len(), sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_tried_as_often_as_was_said_and_says_so() {
    for (attempts, words) in [("1", None), ("2", Some("tried 2 times"))] {
        let sandbox = sandbox().await;
        sandbox.inject(Rule::new(Fault::Status(503)).times(u64::MAX));
        let get = ["get", "onecloud:121", "--max-attempts", attempts];
        let run = execute(&mut at(&sandbox, &get));
        assert_eq!(run.code, 1, "{run:?}");
        assert_eq!(run.stderr.contains("tried"), words.is_some(), "{run:?}");
        assert!(run.stderr.contains(words.unwrap_or_default()), "{run:?}");
        assert_eq!(sandbox.journal().len().to_string(), attempts);
    }
    let run = execute(&mut command(&[
        "get",
        "onecloud:121",
        "--max-attempts",
        "0",
    ]));
    assert_eq!(run.code, 2, "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_by_waiting_says_how_long() {
    for (fault, more, kind, hint) in [
        (
            Fault::RateLimited {
                retry_after: Some(7),
            },
            &["--max-attempts", "1"][..],
            "rate_limited",
            "wait 7 s, then run it again",
        ),
        (
            // An answer within the usual time, but not within this.
            Fault::Delay(Duration::from_secs(5)),
            &["--timeout", "1", "--max-attempts", "1"],
            "timeout",
            "--timeout SECONDS allows more time",
        ),
    ] {
        let sandbox = sandbox().await;
        sandbox.inject(Rule::new(fault).times(u64::MAX));
        let get = ["get", "onecloud:121", "--output", "json"];
        let run = execute(&mut at(&sandbox, &[&get[..], more].concat()));
        assert_eq!(run.code, 1, "{run:?}");
        let error = json(&run.stderr);
        assert_eq!(
            (&error["kind"], &error["hint"]),
            (&kind.into(), &hint.into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_read_is_one_json_object_on_stderr() {
    let sandbox = sandbox().await;
    for form in ["json", "ndjson"] {
        let run = execute(&mut at(&sandbox, &["get", "sweeppea:9", "--output", form]));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
        let object = json(&run.stderr);
        assert_error_object(&object);
        assert_eq!(object["kind"], "not_found");
        assert_eq!(object["effect"], "none");
        assert_eq!(object["status"], 404);
        assert!(
            object["message"]
                .as_str()
                .unwrap()
                .contains("Ticket Not Found or Access Denied")
        );
    }
    let run = execute(&mut at(&sandbox, &["get", "sweeppea:9"]));
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with("error: sweeppea:9: "), "{run:?}");
    assert!(run.stderr.contains("(HTTP 404)"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_ends_2_and_sends_nothing() {
    let sandbox = sandbox().await;
    for arguments in [
        &["get"][..],
        &["get", "121"],
        &["get", "onecloud:"],
        &["get", "onecloud:121", "--output", "xml"],
        &["get", "onecloud:121", "--timeout", "0"],
        &["get", "onecloud:121", "--token", "x"],
        &["create", "onecloud"],
        &[
            "create",
            "sweeppea",
            "--subject",
            "x",
            "--field",
            "no-value",
        ],
        &["delete"],
        &["erase", "onecloud:121"],
    ] {
        let run = execute(&mut at(&sandbox, arguments));
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (2, ""),
            "{arguments:?} {run:?}"
        );
        assert!(!run.stderr.is_empty());
        // Programs read what is wrong wherever they asked for it: before or after the command.
        if arguments.contains(&"xml") || arguments.is_empty() {
            continue;
        }
        let (before, after) = (["--output", "ndjson"], ["--output=json"]);
        for arguments in [[&before, arguments].concat(), [arguments, &after].concat()] {
            let run = execute(&mut at(&sandbox, &arguments));
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
            assert_eq!(run.stderr.lines().count(), 1, "{arguments:?} {run:?}");
            let object = json(&run.stderr);
            assert_error_object(&object);
            assert_eq!(object["kind"], "invalid_input");
        }
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[test]
fn missing_configuration_ends_3_and_says_which() {
    let run = execute(&mut command(&["get", "onecloud:121"]));
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(
        run.stderr.contains("ONECLOUD_BASE_URL") && run.stderr.contains("ONECLOUD_TOKEN"),
        "{run:?}"
    );
    let run = execute(&mut command(&["create", "nobody", "--subject", "x"]));
    assert_eq!(run.code, 3);
    let known = tickets::PROVIDERS.iter().map(|known| (known.info)().id);
    let known: Vec<_> = known.collect();
    assert!(run.stderr.contains(&known.join(", ")), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_network_nothing_was_sent_and_it_ends_1() {
    let sandbox = sandbox().await;
    // Bound and not listening: connecting is refused, and nobody else can get the port.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let base_url = format!("http://{}", closed.local_addr().unwrap());
    let unreachable = |arguments: &[&str]| {
        let arguments = [&["--max-attempts", "1"], arguments].concat();
        execute(at(&sandbox, &arguments).env("ONECLOUD_BASE_URL", &base_url))
    };

    let read = unreachable(&["get", "onecloud:121", "--output", "json"]);
    assert_eq!((read.code, read.stdout.as_str()), (1, ""), "{read:?}");
    let object = json(&read.stderr);
    assert_eq!(
        (&object["kind"], &object["effect"]),
        (&"connect".into(), &"none".into())
    );
    let read = unreachable(&["get", "onecloud:121"]);
    assert!(
        read.stderr
            .contains("hint: the address comes from ONECLOUD_BASE_URL"),
        "{read:?}"
    );
    let created = unreachable(&create_arguments(Vendor::OneCloud));
    assert_eq!(
        (created.code, created.stdout.as_str()),
        (1, ""),
        "{created:?}"
    );

    // The other accounts are none the worse for it.
    let deleted = unreachable(&[
        "delete",
        "--yes",
        "onecloud:121",
        "leadsquared:160",
        "--output",
        "ndjson",
    ]);
    assert_eq!(deleted.code, 1);
    let deleted = deleted.in_order(&["onecloud:121", "leadsquared:160"]);
    let lines = deleted.lines();
    assert_eq!(
        (&lines[0]["outcome"], &lines[0]["error"]["kind"]),
        (&"failed".into(), &"connect".into())
    );
    assert_eq!(
        (&lines[0]["error"]["effect"], &lines[1]["outcome"]),
        (&"none".into(), &"deleted".into())
    );
    assert!(sandbox.exists(Vendor::OneCloud, "121") && !sandbox.exists(Vendor::LeadSquared, "160"));
}
