//! Whatever comes in, the server answers or hangs up, changes nothing, and serves the next one.

use serde_json::Value;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor, credentials};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Answer, exchange, onecloud, send};

/// Every path that takes a JSON body, with its method.
const BODIES: [(&str, &str); 12] = [
    ("POST", "/onecloud/api/ticket/create"),
    ("POST", "/sweeppea/tickets/create"),
    ("POST", "/sweeppea/tickets/delete"),
    ("POST", "/sweeppea/tickets/fetchSingleTicket"),
    ("POST", "/leadsquared/api/tenants/22824/tickets"),
    ("PUT", "/leadsquared/api/tenants/22824/tickets/trash"),
    ("PUT", "/leadsquared/api/tenants/22824/tickets/160/update"),
    ("POST", "/leadsquared/api/tenants/22824/conversation/filter"),
    (
        "POST",
        "/leadsquared/api/tenants/22824/ticket/160/portal/activity",
    ),
    ("POST", "/leadsquared/api/tenants/22824/internalnote/upload"),
    ("POST", "/sweeppea/tickets/update"),
    ("POST", "/sweeppea/tickets/resolve"),
];

async fn send_with_keys(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> u16 {
    let token = if path.starts_with("/onecloud") {
        credentials::ONECLOUD_TOKEN
    } else {
        credentials::SWEEPPEA_API_KEY
    };
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-lsq-access-key", credentials::LEADSQUARED_ACCESS_KEY),
        ("x-lsq-secret-key", credentials::LEADSQUARED_SECRET_KEY),
        ("content-type", "application/json"),
    ];
    send(sandbox, method, path, &headers, body)
        .await
        .unwrap()
        .status
}

async fn assert_untouched(sandbox: &Sandbox) {
    let counts = Vendor::ALL.map(|vendor| sandbox.tickets(vendor).len());
    assert_eq!(counts, [3, 6, 4, 4, 5, 4]);
    assert!(sandbox.journal().iter().all(|seen| !seen.took_effect));
    let answer = onecloud(sandbox, "GET", "/api/ticketrz/121", Value::Null).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn body_that_is_not_a_json_object_is_refused() {
    let builder = Sandbox::builder().leadsquared_quota(None);
    let sandbox = builder.start().await.unwrap();
    let deep = "[".repeat(1_000_000);
    let deep_object = r#"{"a":"#.repeat(100_000);
    let bodies = [
        "",
        "nonsense",
        "null",
        "[]",
        "7",
        "\"CaseId\"",
        "{\"CaseId\":",
        "{\"a\":1e999}",
        "{\"a\":\"\\ud800\"}",
        &deep,
        &deep_object,
    ];
    for (method, path) in BODIES {
        for body in bodies {
            let status = send_with_keys(&sandbox, method, path, body).await;
            assert_eq!(status, 400, "{path} {}", body.get(..20).unwrap_or(body));
        }
    }
    assert_untouched(&sandbox).await;
}

#[tokio::test]
async fn oversized_request_body_is_refused_unread() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    let head = "POST /sweeppea/tickets/delete HTTP/1.1\r\ncontent-length: 999999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = vec![b'x'; 1024 * 1024];
    // The server stops reading at some point, and then writing fails or the answer is there.
    let mut written = 0;
    while written < 64 && sandbox.journal().is_empty() {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
        written += 1;
    }
    assert!(written < 64);
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!((seen.status, seen.body.len()), (Some(413), 0));
    assert_untouched(&sandbox).await;
}

#[tokio::test]
async fn hostile_path_reaches_no_ticket() {
    let sandbox = Sandbox::start().await.unwrap();
    for id in [
        "..",
        ".",
        "%2e%2e",
        "..%2f121",
        "a%2fb",
        "%00",
        "%",
        "%zz",
        "%ff%fe",
        "121%20",
        "121;x",
        "+121",
        "0121",
        "%EF%BC%91",
        "121%3Fx",
    ] {
        let path = format!("/onecloud/api/ticketrz/{id}");
        assert_eq!(
            send_with_keys(&sandbox, "DELETE", &path, "").await,
            404,
            "{id}"
        );
        assert_eq!(sandbox.journal().pop().unwrap().path, path);
    }
    let long = format!("/onecloud/api/ticketrz/{}", "1".repeat(50_000));
    assert_eq!(send_with_keys(&sandbox, "DELETE", &long, "").await, 404);
    assert_untouched(&sandbox).await;
}

#[tokio::test]
async fn invalid_http_gets_400_or_a_closed_connection() {
    let sandbox = Sandbox::start().await.unwrap();
    let long_header = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(1_000_000));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    let requests: [&[u8]; 9] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
    ];
    for request in requests {
        // A reset is as good as an answer: the server does not read what it has refused.
        let answer = exchange(&sandbox, request).await.unwrap_or_default();
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(sandbox.journal(), []);
    assert_untouched(&sandbox).await;
}

#[tokio::test]
async fn incomplete_request_is_not_in_the_journal() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    let token = credentials::SWEEPPEA_API_KEY;
    let request = format!(
        "POST /sweeppea/tickets/delete HTTP/1.1\r\nauthorization: Bearer {token}\r\n\
         content-length: 21\r\n\r\n{{\"CaseId\":\"2531581\""
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    drop(stream);
    assert_untouched(&sandbox).await;
    let journal = sandbox.journal();
    let mut vendors = journal.iter().map(|seen| seen.vendor);
    assert!(vendors.all(|vendor| vendor == Some(Vendor::OneCloud)));
    assert!(sandbox.exists(Vendor::Sweeppea, "2531581"));
}

#[tokio::test]
async fn other_request_target_forms_are_parsed_or_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = credentials::ONECLOUD_TOKEN;
    let own = format!("GET http://{}/onecloud/api/ticketrz/121", sandbox.address());
    for (line, status) in [
        ("GET http://elsewhere/onecloud/api/ticketrz/121", "403"),
        (own.as_str(), "200"),
        ("GET /onecloud/api/ticketrz/121?sinceId=1#x", "200"),
        ("OPTIONS *", "404"),
        ("HEAD /onecloud/api/ticketrz/121", "404"),
        ("BREW /onecloud/api/ticketrz/121", "404"),
    ] {
        let request = format!(
            "{line} HTTP/1.1\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        let answer = exchange(&sandbox, request.as_bytes()).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line}: {answer}"
        );
    }
    assert_untouched(&sandbox).await;
}

#[tokio::test]
async fn http_1_0_is_answered_and_the_connection_closed() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = credentials::ONECLOUD_TOKEN;
    let request =
        format!("GET /onecloud/api/ticketrz/121 HTTP/1.0\r\nauthorization: Bearer {token}\r\n\r\n");
    let whole = exchange(&sandbox, request.as_bytes()).await.unwrap();
    assert!(whole.starts_with(b"HTTP/1.0 200 OK\r\n"));
    assert_eq!(Answer::parse(&whole).0.json()["Id"], "121");

    // A body without a length ends where the connection ends.
    sandbox.inject(Rule::new(Fault::OversizedBody(100_000)));
    let padded = exchange(&sandbox, request.as_bytes()).await.unwrap();
    let head = padded.windows(4).position(|four| four == b"\r\n\r\n");
    assert_eq!(padded.len() - head.unwrap() - 4, 100_000);
    assert_untouched(&sandbox).await;
}
