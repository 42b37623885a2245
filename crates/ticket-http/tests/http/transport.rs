//! An injected transport: what it is given, and what its errors mean. No socket, and a paused clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use secrecy::SecretString;
use ticket_core::model::Attachment;
use ticket_core::{Effect, ErrorKind};
use ticket_http::{HttpClient, HttpConfig, Multipart, Transport, TransportError};
use tokio::time::Instant;

type Answer = fn() -> Result<Response<Bytes>, TransportError>;

/// Keeps the requests and answers after a while.
struct Vendor {
    seen: Mutex<Vec<Request<Bytes>>>,
    takes: Duration,
    answer: Answer,
}

#[async_trait]
impl Transport for Vendor {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.seen.lock().unwrap().push(request);
        tokio::time::sleep(self.takes).await;
        (self.answer)()
    }
}

fn vendor(answer: Answer) -> Arc<Vendor> {
    Arc::new(Vendor {
        seen: Mutex::default(),
        takes: Duration::from_secs(7),
        answer,
    })
}

fn client(vendor: &Arc<Vendor>) -> HttpClient {
    let config = HttpConfig::default()
        .max_body_bytes(1000)
        .transport(Arc::clone(vendor));
    let key = [("x-api-key", SecretString::from("s3cret"))];
    // An https address without certificates, on another computer.
    HttpClient::new("https://desk.example.com/api", &config, &key).unwrap()
}

fn reply(status: u16, header: (&str, &str), body: impl Into<Bytes>) -> Response<Bytes> {
    let reply = Response::builder().status(status);
    reply.header(header.0, header.1).body(body.into()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn transport_gets_the_request_as_it_would_be_sent() {
    let vendor = vendor(|| Ok(reply(200, ("x-a", "b"), "{}")));
    let client = client(&vendor);
    let token = SecretString::from("Bearer t0ken");
    let request = client.post(&["t", "a/b"]).query("q", "1 2").json(&["ä"]);
    let reply = request.secret_header("authorization", &token).send().await;
    let reply = reply.unwrap();
    assert_eq!((reply.status(), reply.body()), (200, &b"{}"[..]));
    assert_eq!(reply.header("x-a"), Some("b"));
    client.delete(&["t"]).send().await.unwrap();

    let seen = vendor.seen.lock().unwrap();
    let [first, second] = &**seen else {
        panic!("{seen:?}");
    };
    assert_eq!(first.method(), "POST");
    assert_eq!(
        first.uri().to_string(),
        "https://desk.example.com/api/t/a%2Fb?q=1%202"
    );
    for (name, value) in [
        ("host", "desk.example.com"),
        ("accept-encoding", "identity"),
        ("content-type", "application/json"),
        ("content-length", "6"),
        ("x-api-key", "s3cret"),
        ("authorization", "Bearer t0ken"),
    ] {
        assert_eq!(first.headers()[name], value);
    }
    assert!(first.headers()["authorization"].is_sensitive());
    assert_eq!(&first.body()[..], "[\"ä\"]".as_bytes());
    assert_eq!(
        (second.method().as_str(), second.body().len()),
        ("DELETE", 0)
    );
    assert_eq!(second.headers().get("content-length"), None);
    assert!(format!("{:?}", HttpConfig::default().transport(Arc::clone(&vendor))).contains("true"));
}

#[tokio::test(start_paused = true)]
async fn transport_gets_forms_with_their_files() {
    let vendor = vendor(|| Ok(reply(200, ("x-a", "b"), "{}")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.txt");
    std::fs::write(&path, "the log").unwrap();
    let form = Multipart::new()
        .text("subject", "Card refused")
        .file("files", Attachment::from_path(&path))
        .file("files", Attachment::new("note.txt", *b"a note"));
    let client = client(&vendor);
    client.put(&["t"]).multipart(form).send().await.unwrap();
    let missing = Multipart::new().file("files", Attachment::from_path(folder.path().join("no")));
    let error = client.put(&["t"]).multipart(missing).send().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);

    let seen = vendor.seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    let content_type = seen[0].headers()["content-type"].to_str().unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let body = String::from_utf8(seen[0].body().to_vec()).unwrap();
    assert_eq!(seen[0].headers()["content-length"], body.len().to_string());
    assert!(body.ends_with(&format!("--{boundary}--\r\n")), "{body}");
    for part in ["Card refused", "filename=\"log.txt\"", "the log", "a note"] {
        assert!(body.contains(part), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn failure_of_a_transport_has_its_kind_and_effect() {
    let (none, unknown) = (Effect::None, Effect::Unknown);
    let table: [(Answer, ErrorKind, Effect, &str); 5] = [
        (
            || Err(TransportError::NotConnected("refused".to_owned())),
            ErrorKind::Connect,
            none,
            "no connection to desk.example.com:443, nothing was sent: refused",
        ),
        (
            || {
                Err(TransportError::NotConnected(
                    "via https://s3cret@proxy".to_owned(),
                ))
            },
            ErrorKind::Connect,
            none,
            "no connection to desk.example.com:443, nothing was sent: no cause is known",
        ),
        (
            || Err(TransportError::Lost),
            ErrorKind::Unavailable,
            unknown,
            "the connection to desk.example.com:443 was lost before the reply was complete",
        ),
        (
            || Err(TransportError::TimedOut),
            ErrorKind::Timeout,
            unknown,
            "no complete reply from desk.example.com:443 within 30 s",
        ),
        (
            || Err(TransportError::NotHttp),
            ErrorKind::BadResponse,
            unknown,
            "the reply from desk.example.com:443 is not HTTP",
        ),
    ];
    for (answer, kind, effect, told) in table {
        let vendor = vendor(answer);
        let error = client(&vendor).delete(&["t"]).send().await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{error}");
        assert_eq!(error.message(), told);
        assert_eq!(vendor.seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn reply_of_a_transport_is_checked_like_the_networks() {
    let table: [(Answer, ErrorKind, Effect, &str); 4] = [
        (
            || Ok(reply(302, ("location", "https://sso.example.com/?k=1"), "")),
            ErrorKind::BadResponse,
            Effect::None,
            "redirects to sso.example.com",
        ),
        (
            || Ok(reply(200, ("content-encoding", "br"), "x")),
            ErrorKind::BadResponse,
            Effect::Unknown,
            "compressed with br",
        ),
        (
            || Ok(reply(200, ("x-a", "b"), &b"\x1f\x8b\x08"[..])),
            ErrorKind::BadResponse,
            Effect::Unknown,
            "compressed with gzip",
        ),
        (
            || Ok(reply(200, ("x-a", "b"), vec![b'x'; 1001])),
            ErrorKind::BadResponse,
            Effect::Unknown,
            "larger than the limit of 1000 bytes",
        ),
    ];
    for (answer, kind, effect, told) in table {
        let error = client(&vendor(answer)).delete(&["t"]).send().await;
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, effect), "{error}");
        assert!(error.message().contains(told), "{error}");
    }
    let large = vendor(|| Ok(reply(404, ("x-a", "b"), vec![b'x'; 1001])));
    let reply = client(&large).get(&["t"]).send().await.unwrap();
    assert_eq!((reply.status(), reply.body().len()), (404, 1000));
}

#[tokio::test(start_paused = true)]
async fn total_timeout_of_a_transport_runs_on_the_paused_clock() {
    let started = Instant::now();
    let prompt = vendor(|| Ok(reply(200, ("x-a", "b"), "{}")));
    client(&prompt).get(&["t"]).send().await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(7));
    let slow = Arc::new(Vendor {
        seen: Mutex::default(),
        takes: Duration::from_secs(31),
        answer: || Ok(reply(200, ("x-a", "b"), "{}")),
    });
    let started = Instant::now();
    let error = client(&slow).delete(&["t"]).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Timeout, Effect::Unknown)
    );
    assert_eq!(started.elapsed(), Duration::from_secs(30));
}
