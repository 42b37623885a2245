//! Redirects: neither followed nor given credentials.

use secrecy::SecretString;
use ticket_core::{Effect, Error, ErrorKind, Operation};
use ticket_http::{HttpClient, HttpConfig};

use crate::server::{Answer, Server, refusing, reply, with_headers};

#[tokio::test]
async fn a_redirect_is_not_followed_and_gets_no_credentials() {
    let elsewhere = Server::agreeable().await;
    let location = format!("{}/stolen?code=stolen", elsewhere.url());
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let location = location.clone();
        let server =
            Server::start(move |_| with_headers(status, &[("location", &location)], "")).await;
        let headers = [("x-api-key", SecretString::from("s3cret"))];
        let client = HttpClient::new(&server.url(), &HttpConfig::default(), &headers).unwrap();

        let error = client.delete(&["t", "1"]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        // Who answers 303 tells where to see the result; 300, 304 and 305 are no answers to a write.
        let effect = match status {
            301 | 302 | 307 | 308 => Effect::None,
            _ => Effect::Unknown,
        };
        assert_eq!(error.effect(), effect, "{status}");
        assert_eq!(error.status(), Some(status));
        let text = format!(
            "{} {error:?}",
            error.clone().in_operation("x", Operation::Delete)
        );
        assert!(
            text.contains("redirects to 127.0.0.1; redirects are not followed"),
            "{text}"
        );
        assert!(!text.contains("stolen"), "{text}");
        assert_eq!(server.targets(), ["/t/1"]);
    }
    elsewhere.client().get(&["next"]).send().await.unwrap();
    assert_eq!(elsewhere.targets(), ["/next"]);
}

#[tokio::test]
async fn redirect_returned_by_an_injected_client_is_an_error() {
    let server = Server::start(|_| with_headers(302, &[("location", "/elsewhere")], "")).await;
    let own = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let client = server.client_with(&HttpConfig::default().client(own));
    let error = client.post(&["t"]).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::BadResponse, Some(302))
    );
    assert_eq!(server.targets(), ["/t"]);
}

/// What the caller is told whose own client follows the redirect of a deletion, answered with `status`, to
/// `location`; and what the server saw.
async fn followed(status: u16, location: &str, second: fn() -> Answer) -> (Error, Vec<String>) {
    let location = location.to_owned();
    let server = Server::start(move |seen| match seen.target() {
        "/t/1" => with_headers(status, &[("location", &location)], ""),
        _ => second(),
    })
    .await;
    let own = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = server.client_with(&HttpConfig::default().client(own));
    let error = client.delete(&["t", "1"]).send().await.unwrap_err();
    let seen = server.seen();
    let lines = seen.iter().map(|seen| seen.line().to_owned());
    (error, lines.collect())
}

#[tokio::test]
async fn a_failure_after_a_followed_redirect_is_unknown() {
    let (address, _taken) = refusing();
    let dead = format!("http://{address}/t");
    for status in [302, 303, 307] {
        for (location, kind) in [
            (dead.as_str(), ErrorKind::Unavailable),
            ("ftp://h/", ErrorKind::Unavailable),
            ("/lost", ErrorKind::Unavailable),
            // In a circle, until the client gives up.
            ("/t/1", ErrorKind::BadResponse),
        ] {
            let lose = || Answer::SendAndClose(Vec::new());
            let (error, lines) = followed(status, location, lose).await;
            assert_eq!(error.effect(), Effect::Unknown, "{status} {location}");
            assert_eq!(error.kind(), kind, "{location}: {error}");
            assert!(!error.to_string().contains("nothing was sent"), "{error}");
            assert_eq!(lines[0], "DELETE /t/1 HTTP/1.1");
        }
    }
}

#[tokio::test]
async fn reply_after_a_followed_redirect_is_rejected() {
    for second in [
        || reply(200, "application/json", "{}"),
        || reply(404, "text/plain", "no such page"),
    ] {
        let (error, lines) = followed(303, "/login", second).await;
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown)
        );
        assert_eq!(lines, ["DELETE /t/1 HTTP/1.1", "GET /login HTTP/1.1"]);
    }
}

#[tokio::test]
async fn injected_client_without_connection_has_unknown_effect() {
    let (address, _taken) = refusing();
    let own = reqwest::Client::builder().no_proxy().build().unwrap();
    let config = HttpConfig::default().client(own);
    let client = HttpClient::new(&format!("http://{address}"), &config, &[]).unwrap();
    let error = client.post(&["t"]).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::Unknown)
    );
    let text = error.to_string();
    assert!(
        text.contains("refused") && text.contains("check the base URL"),
        "{text}"
    );
}

#[tokio::test]
async fn plain_http_to_another_computer_is_refused_before_sending() {
    // `0.0.0.0` reaches this computer on most systems, so that a request sent in spite of all arrives.
    let server = Server::agreeable().await;
    let url = format!("http://0.0.0.0:{}", server.address.port());
    let error = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Config, Effect::None)
    );
    assert!(
        error
            .to_string()
            .contains("plain http to 0.0.0.0 is refused"),
        "{error}"
    );
    let own = HttpConfig::default().client(reqwest::Client::new());
    assert!(HttpClient::new(&url, &own, &[]).is_err());

    // The name is told to the client, not looked up.
    let url = format!("http://localhost:{}", server.address.port());
    let client = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap();
    client.get(&["allowed"]).send().await.unwrap();
    assert_eq!(server.targets(), ["/allowed"]);
}
