//! What `-v` and `--log-format` say: which account and which tickets, and never what people or vendors wrote.

use crate::common::{Run, at, deletes, execute, json, sandbox};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor, credentials};

const FORMATS: [&str; 3] = ["text", "json", "otel"];

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    execute(&mut at(sandbox, arguments))
}

fn has_line(run: &Run, line: impl Fn(&str) -> bool) -> bool {
    run.stderr.lines().any(line)
}

#[tokio::test(flavor = "multi_thread")]
async fn sentences_name_the_account_and_the_first_tickets() {
    let sandbox = sandbox().await;
    sandbox.add_tickets(Vendor::LeadSquared, 8);
    let ids = sandbox.ticket_ids(Vendor::LeadSquared);
    let tickets: Vec<_> = ids.iter().map(|id| format!("leadsquared:{id}")).collect();
    let mut delete = vec!["-v", "delete", "--yes", "onecloud:121"];
    delete.extend(tickets.iter().map(String::as_str));
    let run = run(&sandbox, &delete);
    assert_eq!(run.code, 0, "{run:?}");
    let more = ids.len() - 2;
    for line in [
        "onecloud: deleting 121".to_owned(),
        format!(
            "leadsquared: deleting {}, {} and {more} more",
            ids[0], ids[1]
        ),
    ] {
        assert!(has_line(&run, |said| said == line), "{line} {run:?}");
        let done = format!("{line}: done after ");
        assert!(has_line(&run, |said| said.starts_with(&done)), "{run:?}");
    }
    assert_eq!(deletes(&sandbox), 2);
    // Requests are for -vv.
    assert!(!run.stderr.contains("/onecloud"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_attempt_is_said_with_its_number_and_its_reason() {
    let sandbox = sandbox().await;
    let fails = Fault::Status(503);
    sandbox.inject(Rule::new(fails).vendor(Vendor::LeadSquared));
    let run = run(&sandbox, &["-v", "get", "leadsquared:160"]);
    assert_eq!(run.code, 0, "{run:?}");
    let is_said = |line: &str| {
        line.starts_with("leadsquared: attempt 2 of 4 in ") && line.ends_with(": HTTP 503")
    };
    assert!(has_line(&run, is_said), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn name_of_the_account_is_that_of_the_configuration() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let text = format!(
        "[accounts.support-eu]\nprovider = \"sweeppea\"\nbase_url = {:?}\napi_key_env = \"SWEEPPEA_API_KEY\"\n",
        sandbox.base_url(Vendor::Sweeppea)
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let run = run(
        &sandbox,
        &["-v", "get", "support-eu:2531581", "--config", file],
    );
    assert_eq!(run.code, 0, "{run:?}");
    let line = "support-eu: reading 2531581";
    assert!(has_line(&run, |said| said == line), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn twice_verbose_names_requests_without_ids_queries_and_settings() {
    let sandbox = sandbox().await;
    for (arguments, request) in [
        (
            &["get", "leadsquared:160"][..],
            "leadsquared: GET /api/tenants/{}/tickets/{}: 200 after ",
        ),
        (
            &["list", "rt", "--requester", "ann@example.com"],
            "rt: GET /REST/2.0/tickets: 200 after ",
        ),
        (
            &["delete", "--yes", "sweeppea:2531581"],
            "sweeppea: POST /tickets/delete: 200 after ",
        ),
    ] {
        for format in FORMATS {
            let run = run(
                &sandbox,
                &[&["-vv", "--log-format", format], arguments].concat(),
            );
            let is_first = format == "text";
            let is_said = has_line(&run, |line| line.starts_with(request));
            assert_eq!(is_said, is_first, "{request} {run:?}");
            for hidden in ["ann@example.com", credentials::LEADSQUARED_ORG_ID] {
                assert!(!run.stderr.contains(hidden), "{hidden} {run:?}");
            }
        }
    }
}

/// The documentation says what each field means, and programs rely on it.
#[tokio::test(flavor = "multi_thread")]
async fn each_json_line_is_an_object_whose_fields_are_documented() {
    let sandbox = sandbox().await;
    let pause = Fault::RateLimited {
        retry_after: Some(1),
    };
    sandbox.inject(Rule::new(pause).vendor(Vendor::Sweeppea));
    let arguments = ["delete", "--yes", "sweeppea:2531581", "--output", "ndjson"];
    let run = run(
        &sandbox,
        &[&["-vv", "--log-format", "json"], &arguments[..]].concat(),
    );
    assert_eq!(run.code, 0, "{run:?}");
    let formats = include_str!("../../../docs/formats.md");
    let list = [
        "list",
        "onecloud",
        "--page-size",
        "1",
        "--limit",
        "2",
        "--rate",
        "1/1",
    ];
    let waited = self::run(
        &sandbox,
        &[&["-vv", "--log-format", "json"], &list[..]].concat(),
    );
    assert_eq!(waited.code, 0, "{waited:?}");
    let lines = run.stderr.lines().chain(waited.stderr.lines());
    let objects = lines.filter(|line| line.starts_with('{'));
    let objects: Vec<Value> = objects.map(json).collect();
    for object in &objects {
        assert_eq!(object["schema"], 1);
        assert!(object["time"].as_str().unwrap().ends_with('Z'), "{object}");
        for (name, value) in object.as_object().unwrap() {
            assert!(formats.contains(&format!("`{name}`")), "{name}");
            if name == "event" || name == "level" {
                let word = format!("`{}`", value.as_str().unwrap());
                assert!(formats.contains(&word), "{word}");
            }
        }
    }
    let events: Vec<_> = objects
        .iter()
        .map(|object| object["event"].as_str().unwrap())
        .collect();
    for event in [
        "begun",
        "request",
        "rate_limited",
        "retrying",
        "waiting",
        "waited",
        "ended",
    ] {
        assert!(events.contains(&event), "{event} {events:?}");
    }
    let ended = objects.iter().find(|object| object["event"] == "ended");
    let ended = ended.unwrap();
    assert_eq!(ended["tickets"], serde_json::json!(["2531581"]));
    assert_eq!(
        (&ended["operation"], &ended["ticket_count"]),
        (&"delete".into(), &1.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn log_format_alone_is_once_verbose() {
    let sandbox = sandbox().await;
    for (format, words) in [
        ("text", "onecloud: reading 121\n"),
        ("json", "\"event\":\"begun\",\"account\":\"onecloud\""),
        (
            "otel",
            "ticket.account=\"onecloud\" ticket.provider=\"onecloud\" ticket.operation=\"get\"",
        ),
    ] {
        let get = ["get", "onecloud:121", "--log-format", format];
        let run = run(&sandbox, &get);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
        assert!(!run.stderr.contains("200"), "no requests: {run:?}");
    }
    let quiet = run(&sandbox, &["get", "onecloud:121"]);
    assert_eq!(quiet.stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_format_has_a_text_of_a_ticket() {
    let sandbox = sandbox().await;
    for format in FORMATS {
        for arguments in [
            &["get", "onecloud:121"][..],
            &["list", "onecloud"],
            &["messages", "onecloud:121"],
            &["update", "sweeppea:2531581", "--subject", "Subscribe Hello"],
            &["comment", "leadsquared:160", "--body", "Subscribe Hello"],
        ] {
            let verbose = ["-vvv", "--log-format", format];
            let run = run(&sandbox, &[&verbose, arguments].concat());
            assert_eq!(run.code, 0, "{run:?}");
            assert!(run.stderr.contains(arguments[1].split(':').next().unwrap()));
            for text in ["Hello", "Subscribe"] {
                assert!(!run.stderr.contains(text), "{run:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_format_has_a_secret_also_where_it_is_refused() {
    let sandbox = sandbox().await;
    for refused in [false, true] {
        if refused {
            sandbox.inject(
                Rule::new(Fault::Status(401))
                    .endpoint(Endpoint::Get)
                    .always(),
            );
        }
        for format in FORMATS {
            for ticket in ["onecloud:121", "sweeppea:2531581", "leadsquared:160"] {
                let get = ["-vvv", "--log-format", format, "get", ticket];
                let run = run(&sandbox, &get);
                assert_eq!(run.code, i32::from(refused), "{run:?}");
                for (name, value) in sandbox.environment() {
                    let is_secret = ["KEY", "TOKEN", "PASSWORD"]
                        .iter()
                        .any(|word| name.ends_with(word));
                    let said = format!("{}{}", run.stderr, run.stdout);
                    assert!(!is_secret || !said.contains(&value), "{name} {said}");
                }
            }
        }
    }
}
