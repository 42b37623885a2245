//! What `tickets resolve` promises. It shares its way with `delete`, whose tests hold the rest.

use crate::common::{FORMS, at, deletes, execute, execute_with_input, sandbox};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

const TWO: [&str; 2] = ["sweeppea:2531581", "leadsquared:160"];

fn closed(sandbox: &Sandbox, vendor: Vendor, id: &str) -> bool {
    sandbox.ticket(vendor, id).unwrap().closed
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_resolved_and_stay_where_they_are() {
    for form in FORMS {
        let sandbox = sandbox().await;
        let resolve = [&["resolve", "--yes", "--output", form][..], &TWO].concat();
        let run = execute(&mut at(&sandbox, &resolve));
        let run = match form {
            "ndjson" => run.in_order(&TWO),
            _ => run,
        };
        assert_eq!(run.code, 0, "{run:?}");
        for ticket in TWO {
            assert!(run.stdout.contains(ticket), "{run:?}");
        }
        assert!(run.stdout.matches("resolved").count() == 2, "{run:?}");
        assert!(closed(&sandbox, Vendor::Sweeppea, "2531581"));
        assert!(closed(&sandbox, Vendor::LeadSquared, "160"));
        assert_eq!(sandbox.journal().len(), 2);
        match form {
            "ndjson" => assert_eq!(
                run.stdout,
                "{\"schema\":1,\"ticket\":\"sweeppea:2531581\",\"outcome\":\"resolved\"}\n\
                 {\"schema\":1,\"ticket\":\"leadsquared:160\",\"outcome\":\"resolved\"}\n"
            ),
            "table" => {
                assert!(run.stderr.contains("This resolves 2 tickets"), "{run:?}");
                assert!(run.stderr.contains("2 tickets: 2 resolved"), "{run:?}");
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ticket_has_its_answer_as_often_as_asked_and_is_sent_once() {
    let sandbox = sandbox().await;
    let input = "# done with\nsweeppea:9\nsweeppea:2531581\n\nleadsquared:160\nsweeppea:2531581\nsweeppea:ABC1234\n";
    let resolve = ["resolve", "--yes", "--from", "-", "--output", "ndjson"];
    let run = execute_with_input(&mut at(&sandbox, &resolve), input);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = [
        ("sweeppea:9", "not_found"),
        ("sweeppea:2531581", "resolved"),
        ("sweeppea:2531581", "resolved"),
        ("leadsquared:160", "resolved"),
        ("sweeppea:ABC1234", "failed"),
    ];
    let run = run.in_order(&expected.map(|(ticket, _)| ticket));
    let expected = expected.map(|(ticket, outcome)| (ticket.to_owned(), outcome.to_owned()));
    assert_eq!(run.outcomes(), expected);
    assert_eq!(run.lines()[4]["error"]["kind"], "conflict");
    assert_eq!(run.lines()[0]["error"]["status"], 404);
    assert_eq!(sandbox.journal().len(), 4);
    assert!(!closed(&sandbox, Vendor::Sweeppea, "ABC1234"));
}

/// What is closed was resolved, whoever did it: a read tells, after one attempt and after a repeat alike.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_a_read() {
    for (attempts, calls, words) in [
        ("1", 4, ["already resolved", "already resolved"]),
        ("2", 5, ["already resolved", "resolved"]),
    ] {
        let sandbox = sandbox().await;
        for endpoint in [Endpoint::Resolve, Endpoint::Update] {
            sandbox.inject(Rule::new(Fault::LostResponse).endpoint(endpoint));
        }
        let resolve = ["resolve", "--yes", "--max-attempts", attempts];
        let run = execute(&mut at(&sandbox, &[&resolve[..], &TWO].concat()));
        assert_eq!(run.code, 0, "{run:?}");
        let rows: Vec<_> = run.stdout.lines().skip(1).collect();
        for ((row, ticket), word) in rows.iter().zip(TWO).zip(words) {
            let rest = row.strip_prefix(ticket).map(str::trim);
            assert_eq!(rest, Some(word), "{run:?}");
        }
        assert!(closed(&sandbox, Vendor::Sweeppea, "2531581"));
        assert!(closed(&sandbox, Vendor::LeadSquared, "160"));
        assert_eq!(sandbox.journal().len(), calls);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_yes_or_with_a_dry_run_nothing_is_sent() {
    let sandbox = sandbox().await;
    let run = execute(&mut at(&sandbox, &[&["resolve"][..], &TWO].concat()));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(
        run.stderr.contains("--yes resolves without asking"),
        "{run:?}"
    );
    let dry = ["resolve", "--dry-run", "--output", "ndjson"];
    let run = execute(&mut at(&sandbox, &[&dry[..], &TWO].concat()));
    let expected = TWO.map(|ticket| (ticket.to_owned(), "would_resolve".to_owned()));
    assert_eq!(
        (run.code, run.outcomes()),
        (0, expected.to_vec()),
        "{run:?}"
    );
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ticket_that_cannot_be_resolved_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    let resolve = ["resolve", "--yes", "sweeppea:2531581", "onecloud:121"];
    let run = execute(&mut at(&sandbox, &resolve));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(
        run.stderr
            .starts_with("error: onecloud:121: the vendor documents no way to resolve"),
        "{run:?}"
    );
    // Also where a file names it.
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), "sweeppea:2531581\nonecloud:121\n").unwrap();
    let path = list.path().to_str().unwrap();
    let run = execute(&mut at(&sandbox, &["resolve", "--yes", "--from", path]));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    let said = format!("error: {path}, line 2: onecloud:121: the vendor documents no way");
    assert!(run.stderr.starts_with(&said), "{run:?}");
    assert_eq!(deletes(&sandbox), 0);
    assert_eq!(sandbox.journal().len(), 0);
}
