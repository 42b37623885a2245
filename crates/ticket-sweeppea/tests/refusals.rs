//! Refusals: what kind each is, what a person is told to do, and what no error shows.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::time::Duration;

use ticket_core::{CallContext, Effect, ErrorKind, TicketProvider as _};
use ticket_sandbox::credentials::SWEEPPEA_API_KEY;

use common::{answer, answer_with, connected};

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
        (408, "", Timeout, "the vendor refused"),
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
    // Nor is a refusal a success for its calling itself one.
    answer(&sandbox, 503, r#"{"Response":true}"#);
    let error = client.delete_ticket("2531581").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn a_refusal_in_another_form_says_nothing_about_ticket_key_or_account() {
    let (sandbox, client) = connected().await;
    let page = "<html><title>Blocked</title></html>";
    for (status, body, kind, message) in [
        (401, page, ErrorKind::Unauthenticated, "a firewall"),
        (403, page, ErrorKind::Forbidden, "a firewall"),
        (403, "Blocked", ErrorKind::Forbidden, "a firewall"),
        (
            403,
            r#"{"message":"Forbidden"}"#,
            ErrorKind::Forbidden,
            "a firewall",
        ),
        (404, page, ErrorKind::BadResponse, "check the base URL"),
        (
            404,
            r#"[false,"Ticket not found",404]"#,
            ErrorKind::BadResponse,
            "check the base URL",
        ),
        (429, page, ErrorKind::RateLimited, "too many calls"),
    ] {
        answer(&sandbox, status, body);
        let error = client.delete_ticket("2531581").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (kind, Effect::None),
            "{error}"
        );
        assert!(error.message().contains(message), "{error}");
        let words = (body == "Blocked").then_some("Blocked");
        assert_eq!(error.vendor_message(), words, "{error}");
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
