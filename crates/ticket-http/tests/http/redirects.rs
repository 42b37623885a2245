//! Redirects: neither followed nor given credentials.

use secrecy::SecretString;
use ticket_core::{Effect, Error, ErrorKind, Operation};
use ticket_http::{HttpClient, HttpConfig};

use crate::server::{Answer, Server, refusing, with_headers};

#[tokio::test]
async fn a_redirect_is_not_followed_and_gets_no_credentials() {
    let elsewhere = Server::agreeable().await;
    let location = format!("{}/stolen", elsewhere.url());
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let location = location.clone();
        let server =
            Server::start(move |_| with_headers(status, &[("location", &location)], "")).await;
        let headers = [("x-api-key", SecretString::from("s3cret"))];
        let client = HttpClient::new(&server.url(), &HttpConfig::default(), &headers).unwrap();

        let error = client.delete(&["t", "1"]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert_eq!(error.effect(), Effect::Unknown);
        assert_eq!(error.status(), Some(status));
        let text = format!(
            "{} {error:?}",
            error.clone().in_operation("x", Operation::Delete)
        );
        assert!(text.contains("redirects are not followed"), "{text}");
        assert!(!text.contains("stolen"), "{text}");
        assert_eq!(server.targets(), ["/t/1"]);
    }
    elsewhere.client().get(&["next"]).send().await.unwrap();
    assert_eq!(elsewhere.targets(), ["/next"]);
}

#[tokio::test]
async fn a_redirect_that_a_client_of_ones_own_lets_through_is_an_error() {
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

/// Where `location` leads a client of the caller's own that follows redirects: what the caller is told.
async fn followed_to(location: String, answer: impl Fn(Answer) -> Answer + Send + Sync + 'static) -> Error {
    let server = Server::start(move |seen| match seen.line() {
        "DELETE /t/1 HTTP/1.1" => with_headers(303, &[("location", &location)], ""),
        _ => answer(Answer::SendAndClose(Vec::new())),
    })
    .await;
    let own = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = server.client_with(&HttpConfig::default().client(own));
    let error = client.delete(&["t", "1"]).send().await.unwrap_err();
    assert_eq!(server.seen()[0].line(), "DELETE /t/1 HTTP/1.1");
    error
}

#[tokio::test]
async fn dbg() {
    let (address, _taken) = refusing();
    let error = followed_to(format!("http://{address}/gone"), |a| a).await;
    println!("{error} {:?} {:?}", error.kind(), error.effect());
    let error = followed_to("ftp://h/".into(), |a| a).await;
    println!("{error} {:?} {:?}", error.kind(), error.effect());
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
