//! What becomes of each ticket of a batch, against the sandbox.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::time::Duration;

use ticket_core::{
    CallContext, Change, DeleteReport, DeleteTarget, Effect, ErrorKind, TicketId,
    TicketProvider as _, Tickets,
};
use ticket_leadsquared::LeadSquared;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};

use common::{answer, config, connected};

fn targets(ids: &[&str]) -> Vec<DeleteTarget> {
    ids.iter().copied().map(DeleteTarget::from).collect()
}

fn outcomes(report: &DeleteReport) -> Vec<(&str, &str)> {
    report
        .iter()
        .map(|(id, outcome)| (id.as_str(), Change::Delete.word(outcome)))
        .collect()
}

#[tokio::test]
async fn one_call_deletes_a_batch_and_answers_each_id_in_order_duplicates_too() {
    let (sandbox, provider) = connected().await;
    let report = provider
        .delete(
            &CallContext::new(),
            &targets(&["161", "9999", "160", "161"]),
        )
        .await
        .unwrap();
    assert_eq!(
        outcomes(&report),
        [
            ("161", "deleted"),
            ("9999", "failed"),
            ("160", "deleted"),
            ("161", "deleted")
        ]
    );
    let error = report.outcome(&"9999".into()).unwrap().error().unwrap();
    assert_eq!(
        (error.kind(), error.effect(), error.status()),
        (ErrorKind::Conflict, Effect::None, Some(200))
    );
    let journal = sandbox.journal();
    assert_eq!(journal.len(), 1);
    assert_eq!(
        journal[0].json().unwrap(),
        serde_json::json!({"TicketIds": ["161", "9999", "160"]})
    );
}

#[tokio::test]
async fn the_handle_splits_what_is_more_than_a_batch() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = LeadSquared::new(&config(&sandbox).delete_batch(2)).unwrap();
    let too_many = provider
        .delete(&CallContext::new(), &targets(&["143", "160", "161"]))
        .await
        .unwrap_err();
    assert_eq!(too_many.kind(), ErrorKind::InvalidInput);
    assert!(sandbox.journal().is_empty());
    let report = Tickets::new(provider).delete(["143", "160", "161"]).await;
    assert!(report.all_deleted());
    assert_eq!(sandbox.journal().len(), 2);
}

#[tokio::test]
async fn a_reply_that_contradicts_itself_or_is_silent_leaves_a_ticket_unknown() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        200,
        r#"{"SuccessfulIds":[160,161],"FailedIds":[161,7]}"#,
    );
    let report = provider
        .delete(&CallContext::new(), &targets(&["160", "161", "162"]))
        .await
        .unwrap();
    assert_eq!(
        outcomes(&report),
        [("160", "deleted"), ("161", "unknown"), ("162", "unknown"),]
    );
}

#[tokio::test]
async fn a_delete_of_nothing_sends_nothing() {
    let (sandbox, provider) = connected().await;
    assert!(
        provider
            .delete(&CallContext::new(), &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn over_the_limit_the_documented_window_is_the_wait() {
    let (sandbox, provider) = connected().await;
    sandbox.inject(Rule::new(Fault::RateLimited { retry_after: None }));
    let error = provider
        .delete(&CallContext::new(), &targets(&["160"]))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::RateLimited, Some(Duration::from_secs(5)))
    );
    sandbox.inject(Rule::new(Fault::RateLimited {
        retry_after: Some(11),
    }));
    let error = provider
        .delete(&CallContext::new(), &targets(&["160"]))
        .await
        .unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(11)));
    assert!(sandbox.exists(Vendor::LeadSquared, "160"));
}

#[tokio::test]
async fn a_batch_with_an_id_that_is_not_a_number_is_not_sent_and_the_handle_fails_that_id_only() {
    let (sandbox, provider) = connected().await;
    for id in [
        "abc", "#161", "+161", "0161", "1.61E+02", "161;Spam", "160-161", "161.0", "'161",
    ] {
        let refused = provider
            .delete(&CallContext::new(), &targets(&["160", id]))
            .await;
        let error = refused.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, Effect::None)
        );
        assert!(error.to_string().contains(id), "{error}");
    }
    assert!(sandbox.journal().is_empty());
    let report = Tickets::new(provider).delete(["abc", "160"]).await;
    let outcomes: Vec<_> = report
        .iter()
        .map(|(id, outcome)| (id.as_str(), Change::Delete.word(outcome)))
        .collect();
    assert_eq!(outcomes, [("abc", "failed"), ("160", "deleted")]);
    assert_eq!(
        sandbox.journal()[0].json().unwrap(),
        serde_json::json!({"TicketIds": ["160"]})
    );
}

#[tokio::test]
async fn a_number_larger_than_any_ticket_s_is_not_mentioned() {
    let (sandbox, provider) = connected().await;
    answer(&sandbox, 200, r#"{"SuccessfulIds":[160],"FailedIds":[]}"#);
    let report = provider
        .delete(
            &CallContext::new(),
            &targets(&["99999999999999999999", "160"]),
        )
        .await
        .unwrap();
    assert_eq!(
        outcomes(&report),
        [("99999999999999999999", "unknown"), ("160", "deleted")]
    );
}

#[tokio::test]
async fn a_ticket_that_nobody_asked_for_is_told() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        200,
        r#"{"SuccessfulIds":[999,161,"998",160],"FailedIds":[7]}"#,
    );
    let report = provider
        .delete(&CallContext::new(), &targets(&["161", "160", "161"]))
        .await
        .unwrap();
    let unasked: Vec<_> = report.unasked().iter().map(TicketId::as_str).collect();
    assert_eq!(unasked, ["998", "999"]);
    assert!(!report.all_deleted());
    let deleted = outcomes(&report);
    assert!(
        deleted.iter().all(|(_, word)| *word == "deleted"),
        "{deleted:?}"
    );
}

#[tokio::test]
async fn the_lists_decide_about_each_ticket_unless_the_call_failed_with_a_reason() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        200,
        r#"{"Status":"PartialSuccess","SuccessfulIds":[160],"FailedIds":[161]}"#,
    );
    let report = provider
        .delete(&CallContext::new(), &targets(&["160", "161"]))
        .await
        .unwrap();
    assert_eq!(outcomes(&report), [("160", "deleted"), ("161", "failed")]);
    for body in [
        r#"{"ExceptionType":"X","ExceptionMessage":"boom","SuccessfulIds":[160],"FailedIds":[]}"#,
        r#"{"Status":"Failure","ReasonForFailure":"no"}"#,
        r#"{"ReasonForFailure":"no","SuccessfulIds":[160],"FailedIds":[]}"#,
        r#"{"Status":"Failure","SuccessfulIds":[160]}"#,
    ] {
        answer(&sandbox, 200, body);
        let error = provider
            .delete(&CallContext::new(), &targets(&["160"]))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, Effect::Unknown),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_id_that_comes_twice_in_a_row_is_sent_once() {
    let (sandbox, provider) = connected().await;
    let report = provider
        .delete(&CallContext::new(), &targets(&["160", "160"]))
        .await
        .unwrap();
    assert_eq!(outcomes(&report), [("160", "deleted"), ("160", "deleted")]);
    let sent = sandbox.journal()[0].json().unwrap();
    assert_eq!(sent, serde_json::json!({"TicketIds": ["160"]}));
}

#[tokio::test]
async fn a_refusal_keeps_the_vendors_words_whichever_field_they_stand_in() {
    let (sandbox, provider) = connected().await;
    answer(&sandbox, 400, r#"{"Message":"no such tenant"}"#);
    let error = provider
        .delete(&CallContext::new(), &targets(&["160"]))
        .await
        .unwrap_err();
    assert_eq!(error.vendor_message(), Some("no such tenant"));
}

#[tokio::test]
async fn an_odd_entry_costs_itself_only() {
    let (sandbox, provider) = connected().await;
    for odd in [
        "",
        "null",
        "163.0",
        "1.62e2",
        "true",
        "-161",
        "[162]",
        r#"{"Id":162}"#,
        r#""""#,
        r#""0162""#,
        r#""x""#,
    ] {
        let list = format!("160,{odd},161").replace(",,", ",");
        answer(
            &sandbox,
            200,
            format!(r#"{{"SuccessfulIds":[{list}],"FailedIds":[]}}"#),
        );
        let report = provider
            .delete(&CallContext::new(), &targets(&["162", "161", "160"]))
            .await
            .unwrap();
        let expected = [("162", "unknown"), ("161", "deleted"), ("160", "deleted")];
        assert_eq!(outcomes(&report), expected, "{odd}");
        assert!(report.unasked().is_empty(), "{odd}");
        let error = report.outcome(&"162".into()).unwrap().error().unwrap();
        assert!(error.message().contains("does not mention"), "{error}");
    }
    for (body, word) in [
        (r#"{"SuccessfulIds":null,"FailedIds":[160]}"#, "failed"),
        (r#"{"SuccessfulIds":[160],"FailedIds":null}"#, "deleted"),
        (r#"{"SuccessfulIds":null,"FailedIds":null}"#, "unknown"),
    ] {
        answer(&sandbox, 200, body);
        let report = provider
            .delete(&CallContext::new(), &targets(&["160"]))
            .await;
        assert_eq!(outcomes(&report.unwrap()), [("160", word)], "{body}");
    }
    // Lists in the place of the object, behind a byte order mark or not.
    for body in ["[[160],[]]", "\u{feff}[[160],[]]", " \n[[160],[]]"] {
        answer(&sandbox, 200, body);
        let error = provider
            .delete(&CallContext::new(), &targets(&["160"]))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
    answer(
        &sandbox,
        200,
        r#"{"SuccessfulIds":[160,null,1.5],"FailedIds":null}"#,
    );
    let native = provider.trash_tickets(&["160"]).await.unwrap().value;
    assert_eq!(
        (native.successful_ids.len(), native.failed_ids.len()),
        (1, 0)
    );
}

#[tokio::test]
async fn only_the_documented_status_confirms_a_deletion() {
    let (sandbox, provider) = connected().await;
    let body = r#"{"SuccessfulIds":["160"],"FailedIds":[]}"#;
    for status in [201, 202, 203, 206, 207] {
        answer(&sandbox, status, body);
        let error = provider
            .delete(&CallContext::new(), &targets(&["160"]))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect(), error.status()),
            (ErrorKind::BadResponse, Effect::Unknown, Some(status))
        );
        assert!(sandbox.exists(Vendor::LeadSquared, "160"));
    }
    answer(&sandbox, 200, body);
    assert!(
        provider
            .delete(&CallContext::new(), &targets(&["160"]))
            .await
            .unwrap()
            .all_deleted()
    );
}
