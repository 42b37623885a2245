//! What the environment says of proxies. Each test runs itself again in a process of its own, since a process cannot
//! safely change its environment.

use std::process::Command;

use ticket_core::{Effect, ErrorKind};
use ticket_http::{HttpClient, HttpConfig};

use crate::server::Server;

/// Where the child is to send its request; set for it alone.
const TARGET: &str = "TICKET_HTTP_TEST_TARGET";

/// Runs this test alone in a process with this target and this proxy, or none.
async fn again(test: &'static str, target: String, proxy: Option<String>) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("proxies::{test}"), "--nocapture"]);
    child.env(TARGET, target);
    for variable in ["NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        child.env_remove(variable);
    }
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        for variable in [name.to_owned(), name.to_lowercase()] {
            match &proxy {
                Some(proxy) => child.env(variable, proxy),
                None => child.env_remove(variable),
            };
        }
    }
    let output = tokio::task::spawn_blocking(move || child.output().unwrap());
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_this_computer_never_goes_through_a_proxy() {
    if let Ok(url) = std::env::var(TARGET) {
        let client = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap();
        client.get(&["direct"]).send().await.unwrap();
        // The proxy is in force: a client that does not rule it out goes through it.
        let own = HttpConfig::default().client(reqwest::Client::new());
        let client = HttpClient::new(&url, &own, &[]).unwrap();
        client.get(&["proxied"]).send().await.unwrap();
        return;
    }
    let (server, proxy) = (Server::agreeable().await, Server::agreeable().await);
    again(
        "a_request_to_this_computer_never_goes_through_a_proxy",
        server.url(),
        Some(proxy.url()),
    )
    .await;
    assert_eq!(server.targets(), ["/direct"]);
    assert_eq!(proxy.targets(), [format!("{}/proxied", server.url())]);
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test(flavor = "multi_thread")]
async fn proxy_gets_its_own_password_and_not_the_vendors_key() {
    use std::error::Error as _;

    use secrecy::SecretString;

    use crate::server::{Answer, refusing};

    if let Ok(url) = std::env::var(TARGET) {
        let key = [("x-api-key", SecretString::from("s3cret-key"))];
        let client = HttpClient::new(&url, &HttpConfig::default(), &key).unwrap();
        let error = client.post(&["t"]).json(&"x").send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Connect, Effect::None)
        );
        let text = error.to_string();
        assert!(text.contains("desk.example.com:443"), "{text}");
        assert!(text.contains("proxy settings"), "{text}");
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let causes: Vec<_> = causes.map(|cause| format!("{cause} {cause:?}")).collect();
        let shown = format!("{text} {error:?} {causes:?} {client:?}");
        for hidden in ["s3cret", "pr0xy", "dXNlcjpwcjB4eQ"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        return;
    }
    let through = async |address| {
        again(
            "proxy_gets_its_own_password_and_not_the_vendors_key",
            "https://desk.example.com/api".to_owned(),
            Some(format!("http://user:pr0xy@{address}")),
        )
        .await;
    };
    for refusal in ["407 Proxy Authentication Required", "502 Bad Gateway"] {
        let answer = format!("HTTP/1.1 {refusal}\r\ncontent-length: 0\r\n\r\n");
        let proxy = Server::start(move |_| Answer::SendAndClose(answer.clone().into_bytes())).await;
        through(proxy.address).await;
        let seen = proxy.seen();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].line(), "CONNECT desk.example.com:443 HTTP/1.1");
        let password = seen[0].header("proxy-authorization");
        assert_eq!(password, Some("Basic dXNlcjpwcjB4eQ=="));
        assert_eq!(seen[0].header("x-api-key"), None);
    }
    let (address, _taken) = refusing();
    through(address).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_resolve_has_no_effect() {
    // A label of more than 63 characters is in no name server, and none is asked for it.
    let host = format!("{}.invalid", "x".repeat(64));
    if let Ok(url) = std::env::var(TARGET) {
        let config = HttpConfig::default().allow_plain_http(true);
        let client = HttpClient::new(&url, &config, &[]).unwrap();
        let error = client.post(&["t"]).send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Connect, Effect::None)
        );
        let start = format!("no connection to {host}:80, nothing was sent: ");
        assert!(error.message().starts_with(&start), "{error}");
        assert!(error.message().contains("check the host name"), "{error}");
        return;
    }
    // A proxy would look it up.
    again(
        "a_name_that_does_not_resolve_has_no_effect",
        format!("http://{host}"),
        None,
    )
    .await;
}
