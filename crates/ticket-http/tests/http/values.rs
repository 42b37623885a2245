//! What is built step by step and shown: nothing is forgotten, and what may be shown is.

use std::time::Duration;

use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use ticket_core::ErrorKind;
use ticket_core::model::Attachment;
use ticket_http::{HttpClient, HttpConfig, Multipart, Reply, WireId, shown_url};

use crate::server::{Server, reply};

#[test]
fn a_configuration_shows_what_was_chosen() {
    let config = HttpConfig::default()
        .timeout(Duration::from_secs(1_001))
        .max_body_bytes(1_002)
        .allow_plain_http(true)
        .user_agent("example/1.2.3")
        .connect_timeout(Duration::from_secs(1_003));
    let shown = format!("{config:?}");
    for part in [
        "connect_timeout: 1003s",
        " timeout: 1001s",
        "max_body_bytes: 1002",
        "allow_plain_http: true",
        "user_agent: Some(\"example/1.2.3\")",
        "own_client: false",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn a_form_shows_how_many_parts_it_has_and_how_large_a_file_may_be() {
    let form = Multipart::new()
        .text("subject", "hidden")
        .file("files", Attachment::new("hidden.txt", *b"hidden"));
    let shown = format!("{form:?}");
    for part in ["[a text]", "[6 bytes]", "max_file_bytes: 26214400"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn a_url_is_shown_without_what_may_be_secret_and_only_where_it_has_a_host() {
    for (url, shown) in [
        (
            "https://me:s3cret@example.com:8443/api?key=s3cret#s3cret",
            "https://example.com:8443/api",
        ),
        ("http://127.0.0.1", "http://127.0.0.1/"),
        ("mailto:s3cret@example.com", "[no URL]"),
        ("s3cret", "[no URL]"),
    ] {
        assert_eq!(shown_url(url), shown);
    }
}

#[tokio::test]
async fn debug_of_request_and_reply_shows_no_content() {
    #[derive(Debug, Deserialize)]
    struct Row {
        id: WireId,
    }

    let server =
        Server::start(|_| reply(200, "application/json", r#"{"id":160,"t":"hidden"}"#)).await;
    let client = server.client();
    assert!(format!("{:?}", client.get(&["hidden"])).contains("GET"));
    let read: Reply<Row> = client.get(&["t"]).send().await.unwrap().reply().unwrap();
    let shown = format!("{read:?}");
    assert!(
        shown.contains("160") && !shown.contains("hidden"),
        "{shown}"
    );
    assert_eq!(read.value.id.into_string(), "160");
}

#[tokio::test]
async fn empty_body_is_announced_only_for_methods_with_a_body() {
    let server = Server::agreeable().await;
    let client = server.client();
    client.get(&["t"]).send().await.unwrap();
    client.delete(&["t"]).send().await.unwrap();
    client.post(&["t"]).send().await.unwrap();
    client.put(&["t"]).send().await.unwrap();
    let lengths: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| seen.header("content-length").map(str::to_owned))
        .collect();
    let none = Some("0".to_owned());
    assert_eq!(lengths, [None, None, none.clone(), none]);
}

#[test]
fn a_secret_that_cannot_be_sent_is_refused_before_it_is_needed() {
    for (secret, good) in [
        ("Bearer t0ken", true),
        ("", false),
        ("Bearer ", false),
        ("t0ken\n", false),
        ("tökén", false),
    ] {
        let checked = HttpClient::check_secret_header("authorization", &SecretString::from(secret));
        assert_eq!(checked.is_ok(), good, "{secret:?}");
        if let Err(error) = checked {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error:?}").contains("t0k"), "{error:?}");
        }
    }
}

/// Its errors quote what was found, in words that begin as serde's own.
#[derive(Debug)]
struct Quoting;

impl<'de> Deserialize<'de> for Quoting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(D::Error::custom(text))
    }
}

#[tokio::test]
async fn decoder_message_that_resembles_serde_is_not_repeated() {
    for words in [
        "unknown variant `x`, expected hidden",
        "unknown field `x`, expected hidden",
        "another sentence, expected hidden",
        "hidden",
    ] {
        let body = serde_json::to_string(words).unwrap();
        let server = Server::start(move |_| reply(200, "application/json", &body)).await;
        let read = server.client().get(&["t"]).send().await.unwrap();
        let error = read.json::<Quoting>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
    }
}

/// What a request's body holds is left out of the vendor's words as what its headers hold.
#[tokio::test]
async fn a_secret_of_the_body_that_the_vendor_repeats_is_left_out() {
    let words = "wrong: p w/1 (p%20w%2F1)";
    let server = Server::start(move |_| reply(401, "text/plain", words)).await;
    let client = server.client();
    let secret = SecretString::from("p w/1");
    let request = client.post(&["t"]).form(&[("p", "p w/1")]);
    let read = request.secret_in_body(&secret).send().await.unwrap();
    let left = "wrong: [a credential] ([a credential])";
    assert_eq!(read.text(), left);
    let error = read.rejection(ErrorKind::Unauthenticated, "refused", words);
    assert_eq!(error.vendor_message(), Some(left));
    // An empty one is in every text.
    let request = client.post(&["t"]).secret_in_body(&SecretString::from(""));
    assert_eq!(request.send().await.unwrap().text(), words);
}

#[tokio::test]
async fn lost_connection_keeps_each_system_cause_once() {
    use std::error::Error as _;

    let (address, _taken) = crate::server::refusing();
    let client =
        HttpClient::new(&format!("http://{address}"), &HttpConfig::default(), &[]).unwrap();
    let error = client.get(&["t"]).send().await.unwrap_err();
    let cause = error.source().unwrap().to_string();
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused).to_string();
    assert!(cause.to_lowercase().contains(&refused), "{cause}");
    let told: Vec<_> = cause.split(": ").collect();
    assert!(told.windows(2).all(|two| two[0] != two[1]), "{cause}");
    assert!(told.len() > 1 && told[0] != told[told.len() - 1], "{cause}");
}
