//! What goes over the wire: method, headers, body, and nothing else.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Serialize, Serializer};
use ticket_core::model::Attachment;
use ticket_core::{Effect, ErrorKind};
use ticket_http::{HttpClient, HttpConfig, Multipart};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::server::{Answer, Server, with_headers};

const OWN: &str = concat!("ticket-http/", env!("CARGO_PKG_VERSION"));

#[tokio::test]
async fn a_request_carries_what_it_was_given_and_no_more() {
    let server = Server::start(|_| with_headers(200, &[("set-cookie", "a=b")], "{}")).await;
    let config = HttpConfig::default().user_agent("ticket-example/1.2.0");
    let headers = [("X-Api-Key", SecretString::from("s3cret"))];
    let client = HttpClient::new(&server.url(), &config, &headers).unwrap();

    client.get(&["t"]).send().await.unwrap();
    client.post(&["t"]).json(&["ä"]).send().await.unwrap();
    client.put(&["t"]).send().await.unwrap();
    client.patch(&["t"]).send().await.unwrap();
    client.delete(&["t"]).send().await.unwrap();

    let seen = server.seen();
    let methods: Vec<_> = seen.iter().map(|seen| seen.line().to_owned()).collect();
    assert_eq!(
        methods,
        [
            "GET /t HTTP/1.1",
            "POST /t HTTP/1.1",
            "PUT /t HTTP/1.1",
            "PATCH /t HTTP/1.1",
            "DELETE /t HTTP/1.1"
        ]
    );
    for seen in &seen {
        assert_eq!(seen.header("x-api-key"), Some("s3cret"));
        assert_eq!(
            seen.header("user-agent"),
            Some(format!("ticket-example/1.2.0 {OWN}").as_str())
        );
        assert_eq!(seen.header("accept-encoding"), Some("identity"));
        for absent in ["cookie", "referer"] {
            assert_eq!(seen.header(absent), None, "{absent}");
        }
    }
    assert_eq!(seen[1].header("content-type"), Some("application/json"));
    assert_eq!(seen[1].body, "[\"ä\"]");
    assert_eq!(seen[2].header("content-length"), Some("0"));
    assert_eq!(seen[3].header("content-length"), Some("0"));
    assert_eq!(seen[0].header("content-type"), None);
}

#[tokio::test]
async fn form_fields_arrive_as_they_were_given() {
    let server = Server::agreeable().await;
    let fields = [("email", "a@example.com"), ("siteId", "1&2")];
    server
        .client()
        .post(&["login"])
        .form(&fields)
        .send()
        .await
        .unwrap();

    let seen = server.seen();
    assert_eq!(
        seen[0].header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(seen[0].body, "email=a%40example.com&siteId=1%262");
}

#[tokio::test]
async fn files_arrive_with_name_media_type_and_every_byte() {
    let server = Server::agreeable().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("screen shot.png");
    std::fs::write(&path, "the picture").unwrap();
    let form = Multipart::new()
        .text("ticketDTO", "{\"Id\":\"143\"}")
        .file(
            "files",
            Attachment::from_path(&path).media_type("image/png"),
        )
        .file("files", Attachment::new("note.txt", *b"a note"));
    server
        .client()
        .put(&["t"])
        .multipart(form)
        .send()
        .await
        .unwrap();

    let seen = &server.seen()[0];
    let content_type = seen.header("content-type").unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let body = seen.body.replace(boundary, "=").to_ascii_lowercase();
    assert_eq!(
        body,
        "--=\r\ncontent-disposition: form-data; name=\"ticketdto\"\r\n\r\n{\"id\":\"143\"}\r\n\
         --=\r\ncontent-disposition: form-data; name=\"files\"; filename=\"screen shot.png\"\r\n\
         content-type: image/png\r\n\r\nthe picture\r\n\
         --=\r\ncontent-disposition: form-data; name=\"files\"; filename=\"note.txt\"\r\n\r\na note\r\n--=--\r\n"
    );
    let length: usize = seen.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, seen.body.len());
}

#[tokio::test]
async fn a_file_that_is_missing_or_too_large_is_named_and_nothing_is_sent() {
    let server = Server::agreeable().await;
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.bin");
    std::fs::write(&large, [0; 11]).unwrap();
    for (file, words) in [
        (
            Attachment::from_path(folder.path().join("none.png")),
            "\"none.png\" cannot be read",
        ),
        (
            Attachment::from_path(&large),
            "\"large.bin\" has 11 bytes, at most 10",
        ),
        (
            Attachment::new("bytes.bin", [0; 11]),
            "\"bytes.bin\" has 11 bytes, at most 10",
        ),
        (
            Attachment::from_path(folder.path()),
            "is not a regular file",
        ),
        (
            Attachment::new("a.png", [0]).media_type("no type"),
            "not a media type",
        ),
        (Attachment::new("", [0]), "no file name"),
        (
            Attachment::new("a\"\r\nX-Evil: 1", [0]),
            "control characters",
        ),
    ] {
        let form = Multipart::new().file("files", file).max_file_bytes(10);
        let error = server
            .client()
            .post(&["t"])
            .multipart(form)
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, Effect::None)
        );
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn file_that_shrinks_while_sending_fails_with_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.txt");
    // More than the system's buffers take, so that the most of it is still to be read when the server acts. A file
    // without content takes no room on the disk.
    let size = 256 * 1024 * 1024;
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(size).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = [0; 1024];
        let mut received = stream.read(&mut read).await.unwrap() as u64;
        file.set_len(1).unwrap();
        received += tokio::io::copy(&mut stream, &mut tokio::io::sink())
            .await
            .unwrap();
        received
    });
    let form = Multipart::new().file("files", Attachment::from_path(&path));
    let client = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap();
    let request = client.post(&["t"]).multipart(form.max_file_bytes(u64::MAX));
    let error = request.send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::Unknown)
    );
    assert!(
        error
            .message()
            .contains("a file could not be read to its end"),
        "{error}"
    );
    assert!(server.await.unwrap() < size);
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_refused_without_waiting_for_its_other_end() {
    use std::io::Write as _;

    let server = Server::agreeable().await;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let Ok(made) = std::process::Command::new("mkfifo").arg(&pipe).status() else {
        // Past the capture of a test's output, so that it is seen.
        let skipped = b"a_pipe_is_refused_without_waiting_for_its_other_end: skipped, no mkfifo\n";
        std::io::stderr().write_all(skipped).unwrap();
        return;
    };
    assert!(made.success());
    let client = server.client();
    let form = Multipart::new().file("files", Attachment::from_path(&pipe));
    let sending = client.post(&["t"]).multipart(form).send();
    let sent = tokio::time::timeout(Duration::from_secs(10), sending).await;
    // Whoever waits for the other end gets it, so that a failure ends as well.
    let mut both_ends = std::fs::File::options();
    let _other_end = both_ends.read(true).write(true).open(&pipe).unwrap();
    let error = sent.expect("refused at once").unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::InvalidInput, Effect::None)
    );
    assert!(
        error.to_string().contains("\"pipe\" is not a regular file"),
        "{error}"
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_user_agent_that_was_given_is_kept() {
    let server = Server::agreeable().await;
    let unnamed = HttpConfig::default().or_user_agent("provider/1");
    let named = HttpConfig::default().user_agent("application/2");
    for config in [unnamed, named.or_user_agent("provider/1")] {
        let request = server.client_with(&config);
        request.get(&["t"]).send().await.unwrap();
    }
    let seen = server.seen();
    let agents: Vec<_> = seen.iter().map(|seen| seen.header("user-agent")).collect();
    let expected = [format!("provider/1 {OWN}"), format!("application/2 {OWN}")];
    assert_eq!(
        agents,
        expected.each_ref().map(|agent| Some(agent.as_str()))
    );
}

#[tokio::test]
async fn a_renewed_token_replaces_the_old_one_in_its_request_alone() {
    let server = Server::agreeable().await;
    let headers = [("authorization", SecretString::from("Bearer old"))];
    let client = HttpClient::new(&server.url(), &HttpConfig::default(), &headers).unwrap();
    let renewed = SecretString::from("Bearer new");
    let request = client.get(&["t"]).secret_header("Authorization", &renewed);
    request.send().await.unwrap();
    client.get(&["t"]).send().await.unwrap();

    let seen = server.seen();
    assert_eq!(seen[0].header("authorization"), Some("Bearer new"));
    assert_eq!(
        seen[0].head.to_lowercase().matches("authorization").count(),
        1
    );
    assert_eq!(seen[1].header("authorization"), Some("Bearer old"));
}

#[tokio::test]
async fn a_plain_header_replaces_the_old_one_in_its_request_alone() {
    let server = Server::agreeable().await;
    let client = server.client();
    let request = client.patch(&["t"]).header("If-Match", "\"v1\"");
    let request = request.header("if-match", "\"v2\"").json(&["a"]);
    request.send().await.unwrap();
    client.get(&["t"]).send().await.unwrap();

    let seen = server.seen();
    assert_eq!(seen[0].header("if-match"), Some("\"v2\""));
    assert_eq!(seen[0].head.to_lowercase().matches("if-match").count(), 1);
    assert_eq!(seen[0].body, "[\"a\"]");
    assert_eq!(seen[1].header("if-match"), None);
}

#[tokio::test]
async fn a_plain_header_that_cannot_be_sent_is_named_and_nothing_is_sent() {
    let server = Server::agreeable().await;
    let client = server.client();
    for (value, why) in [
        ("", "has no value"),
        (" v1", "white space"),
        ("v1\r\nx: y", "cannot be sent"),
        ("v1é", "cannot be sent"),
    ] {
        let request = client.patch(&["t"]).header("if-match", value);
        let error = request.send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.effect(), Effect::None);
        let text = format!("{error} {error:?}");
        assert!(text.contains("if-match") && text.contains(why), "{text}");
        assert!(!text.contains("v1"), "{text}");
    }
    client.get(&["next"]).send().await.unwrap();
    assert_eq!(server.targets(), ["/next"]);
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_named_without_its_value() {
    let server = Server::agreeable().await;
    let client = server.client();
    for (value, why) in [
        ("", "has no value"),
        ("Bearer ", "white space"),
        ("s3cret\n", "white space"),
        ("s3\r\nx: cret", "cannot be sent"),
        ("s3crét", "cannot be sent"),
        ("s3\0cret", "cannot be sent"),
    ] {
        let value = SecretString::from(value);
        let headers = [("x-api-key", value.clone())];
        let at_first = HttpClient::new(&server.url(), &HttpConfig::default(), &headers);
        let later = client.get(&["t"]).secret_header("x-api-key", &value).send();
        for error in [at_first.unwrap_err(), later.await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Config);
            let text = format!("{error} {error:?}");
            assert!(text.contains("x-api-key") && text.contains(why), "{text}");
            assert!(!text.contains("s3"), "{text}");
        }
    }
    let config = HttpConfig::default().user_agent("a\nb");
    assert!(HttpClient::new(&server.url(), &config, &[]).is_err());
    client.get(&["next"]).send().await.unwrap();
    assert_eq!(server.targets(), ["/next"]);
}

#[tokio::test]
async fn a_body_without_json_is_refused_before_sending() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("s3cret"))
        }
    }
    let server = Server::agreeable().await;
    let client = server.client();
    let error = client.post(&["t"]).json(&Broken).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.effect(), Effect::None);
    assert!(!format!("{error:?}").contains("s3cret"));
    client.get(&["next"]).send().await.unwrap();
    assert_eq!(server.targets(), ["/next"]);
}

#[tokio::test]
async fn clones_share_connections() {
    let server = Server::start(|_| Answer::Send(b"HTTP/1.1 204 No\r\n\r\n".to_vec())).await;
    let client = server.client();
    client.get(&["1"]).send().await.unwrap();
    client.clone().get(&["2"]).send().await.unwrap();
    let connections: Vec<_> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0]);
}
