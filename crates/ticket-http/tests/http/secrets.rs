//! Credentials, personal data and addresses: in no `Debug`, no message and no cause.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::time::Duration;

use secrecy::SecretString;
use ticket_core::{Error, ErrorKind};
use ticket_http::{HttpClient, HttpConfig, HttpRequest};

use crate::server::{Answer, Server, refusing, reply, with_headers};

/// The secret, its base64 and its percent-encoding; and what the request is about.
const HIDDEN: &[&str] = &[
    "s3/cr+et==",
    "czMvY3IrZXQ9PQ",
    "s3%2Fcr%2Bet%3D%3D",
    "hidden-id",
    "hidden-query",
    "hidden-body",
    "hidden-reply",
];

fn assert_hidden(shown: &str) {
    for hidden in HIDDEN {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}

fn assert_error_hides(error: &Error) {
    assert_hidden(&format!("{error}\n{error:?}\n{error:#?}"));
    let mut next: Option<&dyn StdError> = error.source();
    while let Some(cause) = next {
        assert_hidden(&format!("{cause}\n{cause:?}"));
        next = cause.source();
    }
}

fn assert_debug_hides(value: &impl Debug) {
    assert_hidden(&format!("{value:?}\n{value:#?}"));
}

fn client(url: &str, config: &HttpConfig) -> HttpClient {
    let headers = [
        ("x-api-key", SecretString::from(HIDDEN[0])),
        (
            "authorization",
            SecretString::from(format!("Basic {}", HIDDEN[1])),
        ),
    ];
    HttpClient::new(url, config, &headers).unwrap()
}

fn request(client: &HttpClient) -> HttpRequest<'_> {
    client
        .post(&["t", "hidden-id"])
        .query("hidden-query", HIDDEN[0])
        .json(&"hidden-body")
        .secret_header("x-token", &SecretString::from(HIDDEN[2]))
}

#[tokio::test]
async fn no_error_shows_credentials_addresses_or_bodies() {
    let config = HttpConfig::default()
        .timeout(Duration::from_secs(2))
        .max_body_bytes(100);
    let answers: [(ErrorKind, fn() -> Answer); 6] = [
        (ErrorKind::Timeout, || Answer::SendAndHang(Vec::new())),
        (ErrorKind::Unavailable, || Answer::SendAndClose(Vec::new())),
        (ErrorKind::Unavailable, || {
            Answer::SendAndClose(
                b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhidden-reply".to_vec(),
            )
        }),
        (ErrorKind::BadResponse, || {
            Answer::SendAndClose(b"hidden-reply\r\n\r\n".to_vec())
        }),
        (ErrorKind::BadResponse, || {
            reply(200, "text/plain", "hidden-reply".repeat(10))
        }),
        (ErrorKind::BadResponse, || {
            with_headers(
                302,
                &[("location", "https://s3/cr+et==@example.com/hidden-reply")],
                "",
            )
        }),
    ];
    for (kind, answer) in answers {
        let server = Server::start(move |_| answer()).await;
        let error = request(&client(&server.url(), &config))
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_error_hides(&error);
        // Not for want of sending them.
        let seen = &server.seen()[0];
        assert_eq!(seen.header("x-api-key"), Some(HIDDEN[0]));
        assert_eq!(seen.header("x-token"), Some(HIDDEN[2]));
        assert!(seen.target().contains(HIDDEN[2]) && seen.body.contains("hidden-body"));
    }

    let (address, _taken) = refusing();
    let url = format!("http://{address}");
    let error = request(&client(&url, &config)).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.source().is_some());
    assert_error_hides(&error);

    let refused = client(&url, &config);
    let refused = request(&refused)
        .query("q", &"hidden-query".repeat(10_000))
        .send()
        .await;
    assert_error_hides(&refused.unwrap_err());
}

#[tokio::test]
async fn a_proxy_s_password_is_not_shown() {
    let (address, _taken) = refusing();
    let proxy = format!("http://user:s3%2Fcr%2Bet%3D%3D@{address}/");
    let own = reqwest::Client::builder()
        .proxy(reqwest::Proxy::all(proxy).unwrap())
        .build()
        .unwrap();
    let config = HttpConfig::default().client(own);
    assert_debug_hides(&config);
    let error = request(&client("http://127.0.0.1:9", &config))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_error_hides(&error);
}

#[tokio::test]
async fn no_debug_shows_credentials_or_bodies() {
    let server =
        Server::start(|_| with_headers(400, &[("x-echo", "hidden-reply")], "hidden-reply")).await;
    let mut default_headers = reqwest::header::HeaderMap::new();
    default_headers.insert("x-own", HIDDEN[0].parse().unwrap());
    let own = reqwest::Client::builder()
        .no_proxy()
        .default_headers(default_headers)
        .build()
        .unwrap();
    let config = HttpConfig::default().client(own);
    assert_debug_hides(&config);
    let client = client(&server.url(), &config);
    assert_debug_hides(&client);
    assert!(format!("{client:?}").contains("x-api-key"));
    let request = request(&client);
    assert_debug_hides(&request);
    let reply = request.send().await.unwrap();
    assert_debug_hides(&reply);
    assert_debug_hides(&reply.error("refused"));
    assert_error_hides(&reply.json::<u8>().unwrap_err());
    assert!(format!("{reply:?}").contains("400"));
    assert_eq!(reply.body(), b"hidden-reply");
}

/// What the caller is told whose reply says these words, with `words` chosen by the provider or the reply's
/// text.
async fn told(status: u16, words: String, at_first: &str, later: &str) -> [String; 3] {
    let body = words.clone();
    let server = Server::start(move |_| reply(status, "text/plain", &body)).await;
    let headers = [("x-api-key", SecretString::from(at_first))];
    let client = HttpClient::new(&server.url(), &HttpConfig::default(), &headers).unwrap();
    let reply = client
        .get(&["t"])
        .secret_header("authorization", &SecretString::from(later))
        .send()
        .await
        .unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("x-api-key"), Some(at_first));
    assert_eq!(seen.header("authorization"), Some(later));
    let error = reply.rejection(ErrorKind::Forbidden, "refused", &words);
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Forbidden, Some(status))
    );
    let text = reply.text();
    let shown = format!("{error} {error:?}");
    [error.vendor_message().unwrap().to_owned(), shown, text]
}

#[tokio::test]
async fn a_credential_that_the_vendor_repeats_is_left_out() {
    for (at_first, later, words, left) in [
        (
            "s3cret-key",
            "Bearer t0ken",
            "key s3cret-key, token t0ken, Bearer t0ken; s3cret-key",
            "key [a credential], token [a credential], [a credential]; [a credential]",
        ),
        // Part of another one.
        (
            "s3cret",
            "s3cret-t0ken",
            "s3cret-t0ken is no token",
            "[a credential] is no token",
        ),
        (
            "s3cret-t0ken",
            "Bearer s3cret",
            "s3cret-t0ken is no key",
            "[a credential] is no key",
        ),
        // With spaces of its own.
        (
            "s3cret pass t0ken",
            "Bearer x-y",
            "not s3cret pass t0ken",
            "not [a credential]",
        ),
        // What basic authentication encodes, in plain.
        (
            "x-y-z",
            "Basic YW5uQGV4YW1wbGUuY29tOnMzY3JldC10MGtlbg==",
            "ann@example.com: s3cret-t0ken, YW5uQGV4YW1wbGUuY29tOnMzY3JldC10MGtlbg==",
            "[a credential]: [a credential], [a credential]",
        ),
    ] {
        let [message, shown, text] = told(401, words.to_owned(), at_first, later).await;
        assert_eq!(message, left);
        assert_eq!(text, left);
        for shown in [shown, text] {
            assert!(
                !shown.contains("s3cret") && !shown.contains("t0ken"),
                "{shown}"
            );
        }
    }
}

#[tokio::test]
async fn a_word_of_a_plain_header_stays_in_the_vendors_words() {
    let words = "priority: 'agent' is not a priority. agent-7 may not; s3cret";
    let server = Server::start(move |_| reply(400, "text/plain", words)).await;
    let headers = [("x-api-key", SecretString::from("s3cret"))];
    let client = HttpClient::new(&server.url(), &HttpConfig::default(), &headers).unwrap();
    let request = client.put(&["t"]).header("x-requested-with", "agent");
    let reply = request.send().await.unwrap();

    assert_eq!(server.seen()[0].header("x-requested-with"), Some("agent"));
    let left = "priority: 'agent' is not a priority. agent-7 may not; [a credential]";
    assert_eq!(reply.text(), left);
    let error = reply.rejection(ErrorKind::InvalidInput, "refused", words);
    assert_eq!(error.vendor_message(), Some(left));
}

#[tokio::test]
async fn a_credential_at_the_end_of_what_is_shown_is_left_out_whole() {
    let words = format!("{}{}", "x".repeat(280), "s3cret".repeat(80));
    let [message, _, text] = told(401, words, &"s3cret".repeat(80), "Bearer t0ken").await;
    for shown in [message, text] {
        assert_eq!(shown, format!("{}[a credential]", "x".repeat(280)));
    }
}
