//! Answers to one delete that do not say what happened, or say it wrongly.

use std::time::Duration;

use serde_json::json;
use ticket_sandbox::{Endpoint, Fault, OddId, Rule, TicketFault, Vendor, credentials};

use super::{answer, at_once, calls, counts, delete, name, vendor_with};
use crate::common::shells::Shells;
use crate::common::{SAMPLES, at, execute, is_true, sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn delete_that_is_only_accepted_is_unknown() {
    let statuses = SAMPLES.map(|sample| [(sample, 202), (sample, 203)]);
    at_once(statuses.concat().into_iter().map(accepted)).await;
}

async fn accepted(((vendor, id), status): ((Vendor, &str), u16)) {
    let sandbox = sandbox().await;
    let accepted = Rule::new(Fault::AcceptedNotDone(status)).endpoint(Endpoint::Delete);
    sandbox.inject(accepted.always());
    let run = delete(&sandbox, &["--max-attempts", "2"], &[name(vendor, id)]).await;
    let (outcome, error) = answer(&run);
    assert_eq!((outcome.as_str(), run.code), ("unknown", 1), "{run:?}");
    assert_eq!(error["effect"], "unknown", "{run:?}");
    assert!(sandbox.exists(vendor, id));
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_answered_with_408_after_effect_is_not_told_as_failed() {
    at_once(SAMPLES.into_iter().map(timed_out)).await;
}

async fn timed_out((vendor, id): (Vendor, &str)) {
    let sandbox = sandbox().await;
    let timeout = Rule::new(Fault::StatusAfterEffect(408)).endpoint(Endpoint::Delete);
    sandbox.inject(timeout.always());
    let run = delete(&sandbox, &["--max-attempts", "2"], &[name(vendor, id)]).await;
    let line = &run.lines()[0];
    assert!(!sandbox.exists(vendor, id));
    assert!(is_true(line, false), "{run:?}");
    let is_proven = line["outcome"] == "already_gone";
    assert!(is_proven || line["outcome"] == "unknown", "{run:?}");
    assert_eq!(run.code, i32::from(!is_proven), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_answer_is_named_as_such() {
    let sandbox = sandbox().await;
    sandbox.inject(Rule::new(Fault::Gzip).always());
    for (id, outcomes) in [
        ("2531581", ["unknown", "unknown"]),
        ("9999999", ["unknown", "failed"]),
    ] {
        let ticket = name(Vendor::Sweeppea, id);
        let run = delete(&sandbox, &["--max-attempts", "1"], &[ticket]).await;
        let (outcome, error) = answer(&run);
        assert!(outcomes.contains(&outcome.as_str()), "{run:?}");
        assert_eq!(run.code, 1, "{run:?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("compress"), "{message}");
        assert!(!message.contains("\\u{"), "{message}");
    }
    assert!(!sandbox.exists(Vendor::Sweeppea, "2531581"));
    // It is no misunderstanding: every request says that it takes no compression.
    for call in sandbox.journal() {
        assert_eq!(call.header("accept-encoding"), Some("identity"), "{call:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn id_that_nobody_asked_for_is_named_and_exits_1() {
    let (sandbox, tickets) = vendor_with(Vendor::LeadSquared, 3).await;
    sandbox.inject(Rule::new(Fault::OddId(OddId::Unasked)));
    let run = delete(&sandbox, &[], &tickets).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(counts(&run), [("deleted".to_owned(), 3)].into());
    assert!(run.stderr.contains("999999999"), "{run:?}");
    assert!(sandbox.ticket_ids(Vendor::LeadSquared).is_empty());
    assert_eq!(sandbox.journal().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn id_that_nobody_asked_for_is_named_by_its_job_and_the_report_later() {
    let (sandbox, tickets) = vendor_with(Vendor::LeadSquared, 3).await;
    sandbox.inject(Rule::new(Fault::OddId(OddId::Unasked)));
    let shells = Shells::new(&sandbox);
    let mut delete = vec!["delete", "--yes"];
    delete.extend(tickets.iter().map(String::as_str));
    assert_eq!(shells.run(&delete).code, 1);
    let (job, calls) = (shells.job(), sandbox.journal().len());
    let shown = shells.run(&["job", "show", &job]);
    let said =
        "leadsquared: the vendor says that it also deleted 999999999, which nobody asked for";
    assert!(shown.stdout.contains(said), "{shown:?}");
    assert_eq!(shells.run(&["job", "watch", &job]).code, 1);
    let expected = json!([{"account": "leadsquared", "tickets": ["999999999"], "count": 1}]);
    assert_eq!(shells.show(&job)["unasked"], expected);
    // Running it again does not forget it.
    assert_eq!(shells.run(&["job", "run", &job]).code, 1);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report");
    let run = shells.run(&["job", "report", &job, "--to", to.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{run:?}");
    for (file, said) in [
        (
            "report.json",
            "The vendor of account leadsquared says that it also deleted 999999999, which nobody",
        ),
        ("report.html", "says that it also deleted 999999999"),
        (
            "report.html",
            "; and a vendor changed tickets that nobody asked for.",
        ),
    ] {
        let text = std::fs::read_to_string(to.join(file)).unwrap();
        assert!(text.contains(said), "{file} lacks {said:?}");
    }
    assert_eq!(sandbox.journal().len(), calls);
}

/// To a delete and to a read alike, Sweeppea says the same of such a ticket as of one that is gone.
#[tokio::test(flavor = "multi_thread")]
async fn missing_ticket_after_a_lost_answer_is_unknown_where_it_may_belong_to_another_user() {
    let (sandbox, tickets) = vendor_with(Vendor::Sweeppea, 1).await;
    let ticket = &sandbox.ticket_ids(Vendor::Sweeppea)[0];
    sandbox.set_ticket_fault(Vendor::Sweeppea, ticket, TicketFault::OwnedByOther);
    sandbox.inject(Rule::new(Fault::ClosedBeforeEffect));
    let run = delete(&sandbox, &[], &tickets).await;
    let (outcome, error) = answer(&run);
    assert_eq!((outcome.as_str(), run.code), ("unknown", 1), "{run:?}");
    assert_eq!(error["effect"], "unknown", "{run:?}");
    assert!(sandbox.exists(Vendor::Sweeppea, ticket));
    let refused = calls(&sandbox, Endpoint::Delete);
    let statuses: Vec<_> = refused.iter().map(|call| call.status).collect();
    assert_eq!(statuses, [None, Some(404)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_read_after_a_lost_answer_proves_nothing() {
    let reads = [
        (Vendor::OneCloud, "121", r#"{"Id":"121","Subject":"x"}"#),
        (
            Vendor::Sweeppea,
            "2531581",
            // In two parts: the vendor's words stand in its own crate.
            concat!(
                r#"{"Response":true,"Data":{"Case"#,
                r#"Number":"2531581","Subject":"x","Status":false,"Priority":2}}"#
            ),
        ),
    ];
    at_once(reads.into_iter().map(stale)).await;
}

async fn stale((vendor, id, body): (Vendor, &str, &str)) {
    let sandbox = sandbox().await;
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Delete));
    // The ticket as it was.
    let stale = Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    };
    sandbox.inject(Rule::new(stale).endpoint(Endpoint::Get).always());
    let run = delete(&sandbox, &[], &[name(vendor, id)]).await;
    let (outcome, error) = answer(&run);
    assert_eq!((outcome.as_str(), run.code), ("unknown", 1), "{run:?}");
    assert_eq!(error["effect"], "unknown", "{run:?}");
    assert!(!sandbox.exists(vendor, id));
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_token_refused_as_expired_is_tried_again() {
    let (sandbox, tickets) = vendor_with(Vendor::OneCloud, 20).await;
    let refused = Fault::FreshTokenRefused(Duration::from_millis(300));
    sandbox.inject(Rule::new(refused).always());
    let mut command = at(&sandbox, &["delete", "--yes", "--output", "ndjson"]);
    let run = execute(
        command
            .env_remove("ONECLOUD_TOKEN")
            .env("ONECLOUD_EMAIL", credentials::ONECLOUD_EMAIL)
            .env("ONECLOUD_PASSWORD", credentials::ONECLOUD_PASSWORD)
            .env("ONECLOUD_SITE_ID", credentials::ONECLOUD_SITE_ID)
            .args(&tickets),
    );
    let said = vec!["20 tickets: 20 deleted"];
    assert_eq!((run.code, run.notices()), (0, said), "{run:?}");
    assert_eq!(counts(&run), [("deleted".to_owned(), 20)].into());
    assert!(sandbox.ticket_ids(Vendor::OneCloud).is_empty());
    // It does not cost a token per ticket.
    let tokens = calls(&sandbox, Endpoint::Authenticate);
    assert!((1..10).contains(&tokens.len()), "{}", tokens.len());
    assert!(tokens.iter().all(|call| call.faulted));
}
