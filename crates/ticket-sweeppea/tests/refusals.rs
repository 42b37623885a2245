//! Refusals: what kind each is, what a person is told to do, and what no error shows.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::time::Duration;

use ticket_core::{CallContext, Effect, ErrorKind, TicketPatch, TicketProvider as _};
use ticket_sandbox::credentials::SWEEPPEA_API_KEY;

use common::{answer, answer_with, connected, new_ticket};

#[tokio::test]
async fn every_refusal_says_in_our_words_what_it_is() {
    use ErrorKind::{
        BadResponse, Conflict, Forbidden, InvalidInput, NotFound, QuotaExhausted, RateLimited,
        Server, Timeout, Unauthenticated, Unavailable,
    };
    let (sandbox, client) = connected().await;
    for (status, words, kind, message) in [
        (400, "", InvalidInput, "the request was refused"),
        (401, "", Unauthenticated, "see SWEEPPEA_API_KEY"),
        (
            403,
            "Invalid API Token",
            Unauthenticated,
            "see SWEEPPEA_API_KEY",
        ),
        (
            403,
            "Invalid API token. It does not match any account.",
            Unauthenticated,
            "see SWEEPPEA_API_KEY",
        ),
        (403, "", Forbidden, "the account does not allow this"),
        (
            403,
            "Account is disabled.",
            Forbidden,
            "the account does not",
        ),
        (403, "Quota", QuotaExhausted, "quota of calls is used up"),
        (403, "Your plan's Limit", QuotaExhausted, "quota of calls"),
        (
            400,
            "Cannot update closed ticket",
            Conflict,
            "locked or closed",
        ),
        (404, "", NotFound, "not found"),
        (408, "", Timeout, "gave up waiting"),
        (499, "", Timeout, "gave up waiting"),
        (423, "", Conflict, "locked or closed"),
        (429, "", RateLimited, "too many calls"),
        (500, "", Server, "the vendor failed"),
        (503, "", Unavailable, "busy or out of service"),
        (200, "", BadResponse, "without saying which"),
    ] {
        answer(
            &sandbox,
            status,
            format!(r#"{{"Response":false,"Message":"{words}"}}"#),
        );
        let error = client.delete_ticket("2531581").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_within_a_success_is_what_its_code_says_or_of_unknown_effect() {
    let (sandbox, client) = connected().await;
    for (words, code, kind, effect) in [
        ("", "403", ErrorKind::Forbidden, Effect::None),
        (
            "Invalid API Token",
            "403",
            ErrorKind::Unauthenticated,
            Effect::None,
        ),
        ("", "429", ErrorKind::RateLimited, Effect::None),
        ("", "500", ErrorKind::Server, Effect::Unknown),
        ("", "200", ErrorKind::BadResponse, Effect::Unknown),
        ("", "null", ErrorKind::BadResponse, Effect::Unknown),
    ] {
        let body = format!(r#"{{"Response":false,"Message":"{words}","Code":{code}}}"#);
        answer(&sandbox, 200, body);
        let error = client.delete_ticket("2531581").await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{error}");
    }
    // A success with the code of a failure is neither.
    for code in [404, 500, 0] {
        let body = format!(r#"{{"Response":true,"Message":"Ticket Not Found","Code":{code}}}"#);
        answer(&sandbox, 200, body);
        let error = client.delete_ticket("2531581").await.unwrap_err();
        let seen = (error.kind(), error.effect());
        assert_eq!(seen, (ErrorKind::BadResponse, Effect::Unknown), "{code}");
    }
    // Nor is a refusal a success if it says so, or if it has another code than its status.
    for (status, body, kind) in [
        (503, r#"{"Response":true}"#, ErrorKind::Unavailable),
        (404, r#"{"Response":true}"#, ErrorKind::BadResponse),
        (
            404,
            r#"{"Response":false,"Code":500}"#,
            ErrorKind::BadResponse,
        ),
        (
            400,
            r#"{"Response":false,"Code":202}"#,
            ErrorKind::BadResponse,
        ),
    ] {
        answer(&sandbox, status, body);
        let error = client.delete_ticket("2531581").await.unwrap_err();
        let seen = (error.kind(), error.effect());
        assert_eq!(seen, (kind, Effect::Unknown), "{body}");
    }
}

#[tokio::test]
async fn an_answer_in_another_form_is_nobodys() {
    let (sandbox, client) = connected().await;
    let page = "<html><title>Blocked</title></html>";
    let json = r#"{"message":"Forbidden"}"#;
    for (status, body) in [
        (301, ""),
        (302, page),
        (307, ""),
        (400, page),
        (401, page),
        (401, ""),
        (401, json),
        (403, page),
        (403, "Blocked"),
        (403, json),
        (404, page),
        (404, "404 page not found"),
        (404, json),
        (404, r#"[false,"Ticket not found",404]"#),
        (405, ""),
        (409, page),
        (410, json),
    ] {
        answer(&sandbox, status, body);
        let error = client.delete_ticket("2531581").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::None),
            "{error}"
        );
        assert!(error.message().contains("check the base URL"), "{error}");
        let words = (!["", page, json].contains(&body) && !body.starts_with('[')).then_some(body);
        assert_eq!(error.vendor_message(), words, "{error}");
    }
    for (status, body, kind, effect) in [
        (200, page, ErrorKind::BadResponse, Effect::Unknown),
        (429, page, ErrorKind::RateLimited, Effect::None),
        (408, "", ErrorKind::Timeout, Effect::Unknown),
        (408, page, ErrorKind::Timeout, Effect::Unknown),
        (499, "", ErrorKind::Timeout, Effect::Unknown),
        (502, page, ErrorKind::Unavailable, Effect::Unknown),
    ] {
        answer(&sandbox, status, body);
        let error = client.delete_ticket("2531581").await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{error}");
    }
}

#[tokio::test]
async fn only_the_documented_status_confirms_a_write() {
    let (sandbox, provider) = connected().await;
    let context = CallContext::new();
    let deleted = r#"{"Response":true,"Message":"Ticket Deleted Successfully"}"#;
    let closed = r#"{"Response":true,"Data":{"CaseNumber":"1","Status":true}}"#;
    let updated = r#"{"Response":true,"Ticket":{"CaseNumber":"1"}}"#;
    let patch = TicketPatch::new().subject("x");
    for status in [200, 201, 202, 203, 204, 205, 206, 207] {
        let body = |body: &'static str| {
            if [204, 205].contains(&status) {
                ""
            } else {
                body
            }
        };
        let id = "1".into();
        answer(&sandbox, status, body(deleted));
        let delete = provider.delete(&context, &["1".into()]).await.map(drop);
        answer(&sandbox, status, body(closed));
        let resolve = provider.resolve(&context, &id).await;
        answer(&sandbox, status, body(updated));
        let update = provider.update(&context, &id, &patch).await;
        answer(&sandbox, status, body(closed));
        let create = provider.create(&context, &new_ticket()).await.map(drop);
        for (result, documented) in [(delete, 200), (resolve, 200), (update, 200), (create, 201)] {
            if status == documented {
                result.unwrap();
                continue;
            }
            let error = result.unwrap_err();
            assert_eq!(
                (error.kind(), error.effect()),
                (ErrorKind::BadResponse, Effect::Unknown),
                "{error}"
            );
            let told = format!("HTTP {status} does not confirm the call; only {documented} does");
            assert!(error.message().contains(&told), "{error}");
        }
    }
}

#[tokio::test]
async fn only_a_message_that_says_deleted_confirms_a_deletion() {
    let (sandbox, client) = connected().await;
    for (rest, confirms) in [
        (r#","Message":"Ticket Deleted Successfully""#, true),
        (r#","Message":"The ticket has been deleted.""#, true),
        (r#","Message":"Ticket deletion was queued""#, false),
        (r#","Message":"Ticket will be deleted soon""#, false),
        (r#","Message":"Ticket could not be deleted""#, false),
        (r#","Message":"Ticket Not Found""#, false),
        (r#","Message":"OK""#, false),
        (r#","Message":7"#, false),
        ("", false),
    ] {
        answer(&sandbox, 200, format!(r#"{{"Response":true{rest}}}"#));
        match client.delete_ticket("2531581").await {
            Ok(()) => assert!(confirms, "{rest}"),
            Err(error) => assert_eq!(
                (confirms, error.kind(), error.effect()),
                (false, ErrorKind::BadResponse, Effect::Unknown),
                "{rest}"
            ),
        }
    }
}

#[tokio::test]
async fn the_wait_that_a_refusal_states_is_told_in_seconds_or_as_a_date() {
    let (sandbox, client) = connected().await;
    let busy = r#"{"Response":false,"Message":"Rate limit exceeded.","Code":429}"#;
    let date = ("date", "Mon, 26 Jan 2026 12:00:00 GMT");
    for wait in ["60", "Mon, 26 Jan 2026 12:01:00 GMT"] {
        answer_with(&sandbox, 429, &[date, ("retry-after", wait)], busy);
        let error = client.delete_ticket("2531581").await.unwrap_err();
        assert_eq!(
            error.retry_after(),
            Some(Duration::from_secs(60)),
            "{error}"
        );
    }
    answer(&sandbox, 429, busy);
    let error = client.delete_ticket("2531581").await.unwrap_err();
    assert_eq!(error.retry_after(), None, "{error}");
}

#[tokio::test]
async fn no_ticket_and_no_credential_reaches_an_error() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        500,
        r#"{"Subject":"my illness","AccountInfo":{"Email":"jane@example.com"}}"#,
    );
    let error = provider
        .get(&CallContext::new(), &"1".into())
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("illness"), "{error}");
    answer(
        &sandbox,
        403,
        format!(r#"{{"Response":false,"Message":"Invalid API Token {SWEEPPEA_API_KEY}"}}"#),
    );
    let error = provider
        .get(&CallContext::new(), &"1".into())
        .await
        .unwrap_err();
    assert_eq!(
        error.vendor_message(),
        Some("Invalid API Token [a credential]")
    );
}
