use std::io::ErrorKind;

use serde_json::{Value, json};
use ticket_sandbox::{Fault, Rule, Sandbox, TicketSeed, Vendor, credentials};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Answer, exchange, onecloud, send};

/// A connection that the server has answered on, and keeps open.
async fn connected(sandbox: &Sandbox) -> TcpStream {
    let mut stream = TcpStream::connect(sandbox.address()).await.unwrap();
    assert_eq!(ask(&mut stream).await.status, 404);
    stream
}

/// One request for a path that is nobody's.
async fn ask(stream: &mut TcpStream) -> Answer {
    let request = b"GET /nobody HTTP/1.1\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.unwrap());
    }
    Answer::parse(&bytes).0
}

#[tokio::test]
async fn refused_connections_are_refused_and_come_back_on_the_same_port() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.address();
    let mut open = connected(&sandbox).await;

    for _ in 0..3 {
        sandbox.refuse_connections().await.unwrap();
        sandbox.refuse_connections().await.unwrap();
        let refused = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        sandbox.accept_connections().await.unwrap();
        sandbox.accept_connections().await.unwrap();
        let answer = onecloud(&sandbox, "GET", "/api/ticketrz/121", Value::Null).await;
        assert_eq!(answer.status, 200);
    }
    // A connection that was open before does not survive, or a client's pool would not notice.
    assert!(matches!(open.read(&mut [0]).await, Ok(0) | Err(_)));
    assert_eq!(sandbox.journal().len(), 4);
}

#[tokio::test]
async fn dropped_sandbox_refuses_connections() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.address();
    let mut open = connected(&sandbox).await;
    drop(sandbox);
    // The server ends on its own task; it has ended once the open connection is closed.
    assert!(matches!(open.read(&mut [0]).await, Ok(0) | Err(_)));
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn connection_ends_after_a_reply_that_does_not_announce_it() {
    for fault in [Fault::CloseAfterReply, Fault::ResetAfterReply] {
        let sandbox = Sandbox::start().await.unwrap();
        let mut stream = connected(&sandbox).await;
        sandbox.inject(Rule::new(fault.clone()));
        let answer = ask(&mut stream).await;
        assert_eq!((answer.status, answer.header("connection")), (404, None));
        let end = stream.read(&mut [0]).await;
        match fault {
            Fault::CloseAfterReply => assert_eq!(end.unwrap(), 0),
            _ => assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset),
        }
    }
}

#[tokio::test]
async fn a_port_can_be_chosen_and_a_taken_one_is_an_error() {
    let sandbox = Sandbox::start().await.unwrap();
    let port = sandbox.address().port();
    let taken = Sandbox::builder().port(port).start().await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
}

#[tokio::test]
async fn environment_contains_the_address_of_every_vendor() {
    let sandbox = Sandbox::start().await.unwrap();
    let port = sandbox.address().port();
    let environment = sandbox.environment();
    let value = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.unwrap().1.clone()
    };
    assert_eq!(environment.len(), 16);
    assert_eq!(
        value("ZENDESK_BASE_URL"),
        format!("http://127.0.0.1:{port}/zendesk")
    );
    assert_eq!(value("ZENDESK_EMAIL"), credentials::ZENDESK_EMAIL);
    assert_eq!(value("ZENDESK_API_TOKEN"), credentials::ZENDESK_API_TOKEN);
    assert_eq!(value("RT_BASE_URL"), format!("http://127.0.0.1:{port}/rt"));
    assert_eq!(value("RT_TOKEN"), credentials::RT_TOKEN);
    assert_eq!(
        value("ONECLOUD_BASE_URL"),
        format!("http://127.0.0.1:{port}/onecloud")
    );
    assert_eq!(
        value("SWEEPPEA_BASE_URL"),
        format!("http://127.0.0.1:{port}/sweeppea")
    );
    assert_eq!(
        value("LEADSQUARED_BASE_URL"),
        format!("http://127.0.0.1:{port}/leadsquared")
    );
    assert_eq!(
        value("REDMINE_BASE_URL"),
        format!("http://127.0.0.1:{port}/redmine")
    );
    assert_eq!(value("REDMINE_API_KEY"), credentials::REDMINE_API_KEY);
    assert_eq!(value("REDMINE_PROJECT"), credentials::REDMINE_PROJECT);
    assert_eq!(value("ONECLOUD_TOKEN"), credentials::ONECLOUD_TOKEN);
    assert_eq!(value("SWEEPPEA_API_KEY"), credentials::SWEEPPEA_API_KEY);
    assert_eq!(value("LEADSQUARED_ORG_ID"), "22824");
    assert_eq!(
        value("LEADSQUARED_ACCESS_KEY"),
        credentials::LEADSQUARED_ACCESS_KEY
    );
    assert_eq!(
        value("LEADSQUARED_SECRET_KEY"),
        credentials::LEADSQUARED_SECRET_KEY
    );
}

#[tokio::test]
async fn the_journal_keeps_the_request_as_it_was_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    let path = "/sweeppea/tickets/%64elete?a=1&b=%20%2F&c";
    let headers = [("X-Case", "Kept"), ("x-case", "twice")];
    send(&sandbox, "POST", path, &headers, "\u{0}not json")
        .await
        .unwrap();
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(seen.sequence, 1);
    assert_eq!(seen.vendor, Some(Vendor::Sweeppea));
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.path, path);
    assert_eq!(seen.body, b"\0not json");
    assert_eq!(seen.json(), None);
    assert_eq!(seen.header("X-CASE"), Some("Kept"));
    let twice: Vec<_> = seen
        .headers
        .iter()
        .filter(|(name, _)| name == "x-case")
        .collect();
    assert_eq!(twice.len(), 2);
}

#[tokio::test]
async fn debug_output_has_no_keys() {
    let sandbox = Sandbox::start().await.unwrap();
    let headers = [
        ("authorization", "Bearer real-1"),
        ("x-lsq-access-key", "real-2"),
        ("x-lsq-secret-key", "real-3"),
        ("x-other", "shown"),
    ];
    send(&sandbox, "GET", "/onecloud/api/ticketrz/1", &headers, "")
        .await
        .unwrap();
    let password = "email=a&password=real-4&siteId=1";
    send(
        &sandbox,
        "POST",
        "/onecloud/api/authenticate",
        &[],
        password,
    )
    .await
    .unwrap();
    let debug = format!("{:?} {sandbox:?}", sandbox.journal());
    assert!(debug.contains("shown"), "{debug}");
    assert!(!debug.contains("real-"), "{debug}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = credentials::ONECLOUD_TOKEN;
    let get = |id: &str, more: &str| {
        format!(
            "GET /onecloud/api/ticketrz/{id} HTTP/1.1\r\n{more}authorization: Bearer {token}\r\n\r\n"
        )
    };
    let bytes = [
        get("121", ""),
        get("9", ""),
        get("1234", "connection: close\r\n"),
    ]
    .concat();
    let answers = exchange(&sandbox, bytes.as_bytes()).await.unwrap();
    let (first, rest) = Answer::parse(&answers);
    let (second, rest) = Answer::parse(rest);
    let (third, rest) = Answer::parse(rest);
    assert_eq!(first.json()["Id"], "121");
    assert_eq!(second.status, 404);
    assert_eq!(third.json()["Id"], "1234");
    assert_eq!(rest, b"");
    let sequence: Vec<_> = sandbox.journal().iter().map(|seen| seen.sequence).collect();
    assert_eq!(sequence, [1, 2, 3]);
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut stream = connected(&sandbox).await;
    for _ in 0..2 {
        assert_eq!(ask(&mut stream).await.status, 404);
    }
    assert_eq!(sandbox.journal().len(), 3);
    assert!(sandbox.journal().iter().all(|seen| seen.vendor.is_none()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_simultaneous_deletes_exactly_one_takes_effect() {
    let sandbox = std::sync::Arc::new(Sandbox::start().await.unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let sandbox = sandbox.clone();
        tasks.spawn(async move {
            onecloud(&sandbox, "DELETE", "/api/ticketrz/121", Value::Null)
                .await
                .status
        });
    }
    let mut statuses = tasks.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[..2], [200, 404]);
    let effects = sandbox
        .journal()
        .iter()
        .filter(|seen| seen.took_effect)
        .count();
    assert_eq!((effects, sandbox.journal().len()), (1, 40));
}

#[tokio::test]
async fn id_of_an_added_ticket_is_not_reused() {
    let sandbox = Sandbox::start().await.unwrap();
    let seed = TicketSeed::new("Early").id("515090");
    assert_eq!(sandbox.add_ticket(Vendor::OneCloud, seed), "515090");
    let next = sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new("Next"));
    assert_eq!(next, "515091");
    let after = sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new("After"));
    assert_eq!(after, "515092");

    // An id that is given twice is the same ticket, replaced.
    sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new("Late").id("515090"));
    let subjects: Vec<_> = sandbox
        .tickets(Vendor::OneCloud)
        .into_iter()
        .map(|t| t.subject)
        .collect();
    assert_eq!(subjects[3..], ["Next", "After", "Late"]);
}

#[tokio::test]
async fn sandboxes_are_independent() {
    let (first, second) = (
        Sandbox::start().await.unwrap(),
        Sandbox::start().await.unwrap(),
    );
    onecloud(&first, "DELETE", "/api/ticketrz/121", json!(null)).await;
    assert!(!first.exists(Vendor::OneCloud, "121"));
    assert!(second.exists(Vendor::OneCloud, "121"));
    assert_eq!(second.journal(), []);
}
