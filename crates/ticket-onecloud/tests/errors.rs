//! What a reply means that is not what was asked for: the kind, the effect, and what confirms nothing.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use ticket_core::{CallContext, Effect, ErrorKind, TicketProvider as _};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};

use common::{answer, connected, new_ticket};

#[tokio::test]
async fn an_exhausted_quota_is_told_from_an_expired_token() {
    let (sandbox, provider) = connected().await;
    sandbox.exhaust_quota();
    let error = provider
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExhausted);
    // The reply has no date that "tomorrow" could follow.
    assert_eq!(error.available_at(), None);
    assert!(
        error.vendor_message().unwrap().contains("18:00 - 06:00"),
        "{error}"
    );
    assert!(!error.is_transient());

    let (sandbox, provider) = connected().await;
    sandbox.expire_token();
    let error = provider
        .delete(&CallContext::new(), &["121".into()])
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::TokenExpired, Effect::None)
    );
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
}

#[tokio::test]
async fn the_words_of_expiry_and_quota_count_with_401_alone() {
    let (sandbox, provider) = connected().await;
    let envelope = |code: &str, words: &str| {
        format!(
            r#"{{"_meta":{{"status":"ERROR"}},"records":{{"errorCode":{code},"userMessage":"{words}"}}}}"#
        )
    };
    for (status, code, words, kind, effect) in [
        (
            200,
            "\"504\"",
            "Gateway timeout while saving, please try again",
            ErrorKind::Unavailable,
            Effect::Unknown,
        ),
        (
            503,
            "null",
            "please try again",
            ErrorKind::Unavailable,
            Effect::Unknown,
        ),
        (
            500,
            "null",
            "Saved; mailer failed: Expired token for smtp",
            ErrorKind::Server,
            Effect::Unknown,
        ),
        (
            200,
            "401",
            "Expired token",
            ErrorKind::TokenExpired,
            Effect::None,
        ),
        (
            401,
            "null",
            "expired TOKEN",
            ErrorKind::TokenExpired,
            Effect::None,
        ),
        (
            401,
            "\"401\"",
            "Time limit reached",
            ErrorKind::QuotaExhausted,
            Effect::None,
        ),
        (
            401,
            "401",
            "please try again tomorrow",
            ErrorKind::QuotaExhausted,
            Effect::None,
        ),
        (
            401,
            "401",
            "bad jwt",
            ErrorKind::Unauthenticated,
            Effect::None,
        ),
        // A failing server's words are about itself, whatever their code says.
        (
            500,
            "401",
            "Expired token",
            ErrorKind::Server,
            Effect::Unknown,
        ),
        (
            503,
            "404",
            "not found",
            ErrorKind::Unavailable,
            Effect::Unknown,
        ),
        // An application's own code does not hide the status.
        (
            404,
            "\"1001\"",
            "no such ticket",
            ErrorKind::NotFound,
            Effect::None,
        ),
    ] {
        answer(&sandbox, status, envelope(code, words));
        let error = provider
            .create(&CallContext::new(), &new_ticket())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (kind, effect),
            "{status} {code} {words}"
        );
    }
}

#[tokio::test]
async fn an_error_of_unknown_effect_is_no_answer_about_the_ticket_whatever_its_code() {
    let (sandbox, provider) = connected().await;
    let body = r#"{"_meta":{"status":"ERROR"},"records":{"errorCode":"404","userMessage":"x"}}"#;
    answer(&sandbox, 500, body);
    let error = provider
        .delete(&CallContext::new(), &["1".into()])
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
}

#[tokio::test]
async fn a_success_that_calls_itself_failed_confirms_nothing() {
    let (sandbox, provider) = connected().await;
    for (words, is_one) in [
        ("Success", true),
        ("Created", true),
        ("Failed", false),
        ("ERROR: no such category", false),
    ] {
        let body =
            format!(r#"{{"response_code":"200","response_status":"{words}","ticketId":"7"}}"#);
        answer(&sandbox, 200, body);
        match provider.create(&CallContext::new(), &new_ticket()).await {
            Ok(created) => assert!(is_one && created.id.as_str() == "7", "{words}"),
            Err(error) => assert_eq!(
                (is_one, error.kind(), error.effect()),
                (false, ErrorKind::BadResponse, Effect::Unknown),
                "{words}"
            ),
        }
    }
}

#[tokio::test]
async fn an_error_code_is_read_as_text_and_as_number() {
    let (sandbox, provider) = connected().await;
    for code in ["403", "\"403\"", "\" 403 \""] {
        let body = format!(
            r#"{{"_meta":{{"status":"ERROR","count":1}},"records":{{"errorCode":{code},"userMessage":"no"}}}}"#
        );
        answer(&sandbox, 200, &body);
        let error = provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Forbidden, Effect::None),
            "{code}"
        );
    }
    // Neither a byte order mark nor small letters hide anything.
    answer(
        &sandbox,
        200,
        "\u{feff}{\"_meta\":{\"status\":\"error\"},\"records\":{\"errorCode\":401,\"userMessage\":\"Expired token\"}}",
    );
    let error = provider
        .delete(&CallContext::new(), &["1".into()])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenExpired);
    // An error that does not say which one confirms nothing.
    for records in [
        "null",
        "{}",
        r#"{"errorCode":null}"#,
        r#"{"errorCode":"x"}"#,
        r#"{"errorCode":200}"#,
        r#"{"errorCode":-1}"#,
        r#""Expired token""#,
        "[]",
    ] {
        answer(
            &sandbox,
            200,
            format!(r#"{{"_meta":{{"status":"ERROR"}},"records":{records}}}"#),
        );
        let error = provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{records}"
        );
    }
}

#[tokio::test]
async fn a_reply_of_the_wrong_shape_names_the_field() {
    let (sandbox, provider) = connected().await;
    for (body, field) in [
        (r#"{"Id":["1"]}"#, "Id"),
        (r#"{"Id":null}"#, "Id"),
        (r#"{"Id":""}"#, "Id"),
        (r#"{"Subject":"x"}"#, "Id"),
    ] {
        answer(&sandbox, 200, body);
        let error = provider
            .get(&CallContext::new(), &"1".into())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::BadResponse, Some(200)),
            "{body}"
        );
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{body}: {error}"
        );
    }
    for body in ["[]", "null", "7", "\"x\"", "{", "[[[[", "<html>", "\0"] {
        answer(&sandbox, 200, body);
        assert_eq!(
            provider
                .get(&CallContext::new(), &"1".into())
                .await
                .unwrap_err()
                .kind(),
            ErrorKind::BadResponse,
            "{body}"
        );
        answer(&sandbox, 200, body);
        let deleted = provider.delete(&CallContext::new(), &["1".into()]).await;
        let error = deleted.expect_err(&format!("{body:?} confirms nothing"));
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
}

#[tokio::test]
async fn nothing_but_the_documented_reply_confirms_a_removal() {
    let (sandbox, provider) = connected().await;
    for body in [
        r#"{"error":"ticket is locked"}"#,
        r#"{"success":false}"#,
        r#"{"_meta":{"status":"FAILED"},"records":{"errorCode":"403"}}"#,
        r#"{"_meta":{"status":"ERROR"},"_meta":{"status":"ERROR"},"records":{"errorCode":"403"}}"#,
        r#"{"response_code":"200","response_status":"Failed"}"#,
        r#"{"response_code":"Failed"}"#,
        r#"{"sites":[1]}"#,
    ] {
        answer(&sandbox, 200, body);
        let error = provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
    answer(&sandbox, 202, "{}");
    assert_eq!(
        provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap_err()
            .effect(),
        Effect::Unknown
    );
    // PHP's usual content type.
    sandbox.inject(Rule::new(Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"{}".to_vec(),
    }));
    assert!(
        provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap()
            .all_deleted()
    );
}

#[tokio::test]
async fn a_web_page_says_nothing_about_a_ticket() {
    let (sandbox, provider) = connected().await;
    sandbox.inject(Rule::new(Fault::HtmlPage { status: 404 }));
    let error = provider
        .delete(&CallContext::new(), &["121".into()])
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::BadResponse, Effect::None)
    );
    assert!(error.to_string().contains("base URL"), "{error}");
}

#[tokio::test]
async fn no_ticket_and_no_credential_reaches_an_error() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        500,
        r#"{"Subject":"my illness","Email":"jane@example.com"}"#,
    );
    let error = provider
        .get(&CallContext::new(), &"1".into())
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("illness"), "{error}");
    let words = format!(
        r#"{{"_meta":{{"status":"ERROR"}},"records":{{"errorCode":401,"userMessage":"bad jwt {ONECLOUD_TOKEN}"}}}}"#
    );
    answer(&sandbox, 401, &words);
    let error = provider
        .get(&CallContext::new(), &"1".into())
        .await
        .unwrap_err();
    assert_eq!(error.vendor_message(), Some("bad jwt [a credential]"));
    let config = OneCloudConfig::with_login(
        "https://me:s3cret@h/?key=s3cret",
        "jane@example.com",
        "s3cret",
        "1",
    );
    let shown = format!("{config:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("jane"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_exhausted_quota_says_when_it_is_free_again_where_the_reply_is_dated() {
    let words = "time limit reached please try again tomorrow at 18:00 - 06:00";
    let body = format!(
        r#"{{"_meta":{{"status":"ERROR"}},"records":{{"errorCode":"401","userMessage":"{words}"}}}}"#
    );
    // In Jakarta, which is the default, it is the sixth already.
    let date = "Thu, 05 Mar 2026 20:00:00 GMT";
    for (zone, expected) in [
        ("Asia/Jakarta", "2026-03-07T11:00:00Z"),
        ("UTC", "2026-03-06T18:00:00Z"),
    ] {
        let sandbox = Sandbox::start().await.unwrap();
        let base_url = sandbox.base_url(Vendor::OneCloud);
        let config = OneCloudConfig::new(base_url, ONECLOUD_TOKEN).time_zone(zone);
        let provider = OneCloud::new(&config).unwrap();
        sandbox.inject(Rule::new(Fault::Reply {
            status: 401,
            headers: vec![("date".to_owned(), date.to_owned())],
            body: body.clone().into_bytes(),
        }));
        let result = provider.get(&CallContext::new(), &"121".into()).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::QuotaExhausted);
        assert_eq!(error.available_at(), Some(expected.parse().unwrap()));
    }
}
