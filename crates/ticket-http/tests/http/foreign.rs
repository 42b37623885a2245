//! Replies that are not the vendor's own, and statuses that confirm nothing.

use secrecy::SecretString;
use ticket_core::{Effect, ErrorKind};
use ticket_http::{HttpClient, HttpConfig, HttpResponse};

use crate::server::{Server, reply};

/// The reply to a delete, which was sent with a secret.
async fn received(status: u16, content_type: &'static str, body: &'static str) -> HttpResponse {
    let server = Server::start(move |_| reply(status, content_type, body)).await;
    let key = [("x-api-key", SecretString::from("s3cret"))];
    let client = HttpClient::new(&server.url(), &HttpConfig::default(), &key).unwrap();
    client.delete(&["t"]).send().await.unwrap()
}

#[tokio::test]
async fn only_a_documented_status_confirms() {
    let accepted = "the vendor accepted the request but did not confirm it (HTTP 202)";
    for status in [200, 201, 202, 203, 204, 205, 206, 207, 226, 299] {
        let body = if [204, 205].contains(&status) {
            ""
        } else {
            "{}"
        };
        let reply = received(status, "application/json", body).await;
        reply.expect_confirmed(&[status]).unwrap();
        let confirmed = reply.expect_confirmed(&[200]);
        if status == 200 {
            confirmed.unwrap();
            continue;
        }
        let error = confirmed.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse, "{status}");
        assert_eq!(error.effect(), Effect::Unknown, "{status}");
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.to_string() == accepted, status == 202, "{error}");
    }
    let refused = received(409, "application/json", "{}").await;
    let error = refused.expect_confirmed(&[200, 204]).unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
}

#[tokio::test]
async fn json_of_any_form_may_be_the_vendors() {
    for body in ["{}", "[1]", "\u{feff} {\"a\"", "\"gone\"", "17", "null"] {
        for status in [200, 404] {
            let reply = received(status, "text/html", body);
            // A page is one by its type, unless it is an object or a list.
            let scalar = !body.contains(['{', '[']);
            assert_eq!(reply.await.expect_json().is_err(), scalar, "{body}");
            let reply = received(status, "application/json", body).await;
            reply.expect_json().unwrap();
            reply.expect_no_page().unwrap();
        }
    }
}

#[tokio::test]
async fn what_came_instead_of_json_is_named() {
    for (content_type, body, what) in [
        (
            "text/html",
            "<!doctype html><head>\n<TITLE lang=en>Sign\n  in</TITLE><p>s3cret",
            "an HTML page (title: Sign in)",
        ),
        ("text/html", "Sorry", "an HTML page"),
        ("text/plain", "<html><title></title>", "an HTML page"),
        ("text/plain", "<html><title>cut off", "an HTML page"),
        (
            "text/html",
            "<title>https://sso.example.com/?key=abc</title>",
            "an HTML page",
        ),
        (
            "text/html",
            "<title>Key s3cret is unknown</title>",
            "an HTML page (title: Key [a credential] is unknown)",
        ),
        ("text/plain", "no route", "text"),
        ("application/json", "no route", "text"),
        ("application/json", " \r\n", "an empty body"),
    ] {
        for status in [200, 401, 404] {
            let reply = received(status, content_type, body).await;
            let error = reply.expect_json().unwrap_err();
            let told = format!("the reply is {what}, not the vendor's JSON; ");
            assert!(error.message().starts_with(&told), "{error}");
            assert_eq!(error.kind(), ErrorKind::BadResponse);
            assert_eq!(error.status(), Some(status));
            let shown = format!("{error} {error:?}");
            assert!(
                !shown.contains("s3cret") && !shown.contains("://"),
                "{shown}"
            );
            // Where only the status is documented, text may be the vendor's.
            assert_eq!(reply.expect_no_page().is_err(), what.contains("HTML"));
        }
    }
    let long: &str = format!("<title>{}</title>", "ä".repeat(5_000)).leak();
    let error = received(200, "text/html", long).await.expect_json();
    assert!(
        error
            .unwrap_err()
            .message()
            .contains(&format!("{})", "ä".repeat(80)))
    );
}

#[tokio::test]
async fn effect_and_kind_of_a_foreign_reply_follow_its_status() {
    use ErrorKind::{
        BadResponse, InvalidInput, RateLimited, Server as Failed, Timeout, Unavailable,
    };
    let (none, unknown) = (Effect::None, Effect::Unknown);
    for (status, kind, effect) in [
        (200, BadResponse, unknown),
        (201, BadResponse, unknown),
        (400, BadResponse, none),
        (401, BadResponse, none),
        (403, BadResponse, none),
        (404, BadResponse, none),
        (405, BadResponse, none),
        (407, BadResponse, none),
        (410, BadResponse, none),
        // About this request, whoever says it.
        (413, InvalidInput, none),
        (414, InvalidInput, none),
        (431, InvalidInput, none),
        // An outage is one, whoever reports it.
        (408, Timeout, unknown),
        (429, RateLimited, none),
        (499, Timeout, unknown),
        (500, Failed, unknown),
        (502, Unavailable, unknown),
        (503, Unavailable, unknown),
    ] {
        let reply = received(status, "text/html", "<html>").await;
        for error in [
            reply.expect_json().unwrap_err(),
            reply.expect_no_page().unwrap_err(),
            reply.foreign(),
        ] {
            assert_eq!((error.kind(), error.effect()), (kind, effect), "{status}");
        }
    }
}
