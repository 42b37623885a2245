//! A proxy in front of a real server, held on both sides: what the client got, and what the server saw. The server is
//! another one of ours, where its replies need not have odd framing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::time::Duration;

use serde_json::json;
use ticket_conformance::{Fault, FaultTarget};
use ticket_testkit::{
    Frequency, Loopback, Reply, Request, Scripted, TicketStore, Upstream, VendorApi,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const GET: &str = "GET /tickets HTTP/1.1\r\n\r\n";
const CREATE: &str = "POST /tickets HTTP/1.1\r\n\r\n";

#[derive(Debug, Default)]
struct Desk(TicketStore);

impl VendorApi for Desk {
    fn answer(&mut self, request: &Request) -> Reply {
        match (request.method.as_str(), &*request.segments()) {
            ("POST", _) => {
                let id = self.0.add(|id| json!({ "id": id }));
                Reply::json(201, &json!({ "id": id }))
            }
            ("GET", ["tickets", id]) if self.0.get(id).is_none() => Reply::empty(404),
            _ => Reply::json(200, &json!({ "tickets": self.0.len() })),
        }
    }
}

/// The real server, and the proxy in front of it.
async fn servers() -> (Loopback<Desk>, Loopback<Upstream>) {
    let server = Loopback::start(Desk::default()).await.unwrap();
    let proxy = Loopback::start(Upstream::new(server.base_url()))
        .await
        .unwrap();
    (server, proxy)
}

/// Sends bytes and gives all that came back; nothing where the connection is lost.
async fn exchange<V: VendorApi>(server: &Loopback<V>, request: &str) -> String {
    let base_url = server.base_url();
    let mut stream = TcpStream::connect(base_url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn request_and_reply_pass_unchanged() {
    let server = Loopback::scripted().await.unwrap();
    let base_url = format!("{}/desk/", server.base_url());
    let proxy = Loopback::start(Upstream::new(base_url)).await.unwrap();
    let reply = Reply::json_text(418, "{\"a\":\r\n\r\n1}").header("etag", "\"7\"");
    server.answer_next(reply);
    let request = "PUT /tickets/1?q=a%20b HTTP/1.1\r\nHost: desk.example\r\nIf-Match: \"6\"\r\n\
        Transfer-Encoding: chunked\r\nX-Odd:  a: b \r\n\r\n3\r\n{\r\n\r\n1;x=1\r\n}\r\n0\r\n\r\n";
    let answer = exchange(&proxy, request).await;
    assert!(answer.starts_with("HTTP/1.1 418 "), "{answer}");
    assert!(answer.contains("\r\netag: \"7\"\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{\"a\":\r\n\r\n1}"), "{answer}");

    let [seen] = &server.requests()[..] else {
        panic!()
    };
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("PUT", "/desk/tickets/1?q=a%20b")
    );
    assert_eq!(seen.text(), "{\r\n}");
    for (name, value) in [
        ("host", "desk.example"),
        ("if-match", "\"6\""),
        ("x-odd", "a: b"),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
    let [noted] = &proxy.requests()[..] else {
        panic!()
    };
    assert_eq!(noted.path, "/tickets/1?q=a%20b");
    assert_eq!(noted.body, seen.body);
    assert_eq!((noted.status, noted.took_effect), (Some(418), false));
}

#[tokio::test]
async fn secrets_reach_the_server_and_not_the_journal() {
    let (server, proxy) = servers().await;
    let headers = [
        "Authorization",
        "Cookie",
        "X-Redmine-API-Key",
        "X-Auth-Token",
    ];
    let lines = headers.map(|name| format!("{name}: s3cret\r\n")).concat();
    let answer = exchange(&proxy, &format!("GET / HTTP/1.1\r\n{lines}\r\n")).await;
    assert!(answer.contains(" 200 "), "{answer}");
    for name in headers {
        assert_eq!(server.requests()[0].header(name), Some("s3cret"));
        assert_eq!(proxy.requests()[0].header(name), Some("[hidden]"));
    }
    assert!(!format!("{:?}", proxy.requests()).contains("s3cret"));
}

#[tokio::test]
async fn reply_in_any_framing_is_read_whole() {
    for (reply, body) in [
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            "abcde",
        ),
        ("HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", "ab"),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Loopback::start(Upstream::new(base_url)).await.unwrap();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = vec![0; 1024];
            let length = stream.read(&mut seen).await.unwrap();
            stream.write_all(reply.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&seen[..length]).into_owned()
        };
        let (seen, answer) = tokio::join!(server, exchange(&proxy, GET));
        assert!(seen.starts_with("GET /tickets HTTP/1.1\r\n"), "{seen}");
        assert_eq!(answer.split_once("\r\n\r\n").unwrap().1, body, "{reply}");
    }
}

#[tokio::test]
async fn reply_that_is_cut_off_and_a_server_that_is_gone_are_bad_gateways() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let proxy = Loopback::start(Upstream::new(base_url)).await.unwrap();
    let cut = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let cut = b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nabc";
        stream.write_all(cut).await.unwrap();
        drop((stream, listener));
    };
    let ((), first) = tokio::join!(cut, exchange(&proxy, CREATE));
    let second = exchange(&proxy, CREATE).await;
    for answer in [first, second] {
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    }
    let noted = proxy.requests();
    assert!(
        noted
            .iter()
            .all(|noted| noted.status == Some(502) && !noted.took_effect)
    );
}

#[tokio::test]
async fn fault_hits_as_it_says_and_the_server_acts_or_does_not() {
    for (fault, acts, part) in [
        (Fault::ConnectionReset, false, ""),
        (Fault::LostResponse, true, ""),
        (Fault::Status(503), false, " 503 "),
        (
            Fault::RateLimited {
                retry_after: Some(Duration::from_secs(7)),
            },
            false,
            "retry-after: 7\r\n",
        ),
        (Fault::StatusAfterEffect(504), true, " 504 "),
        (Fault::Truncated, true, " 201 "),
    ] {
        let (server, proxy) = servers().await;
        proxy.inject(fault.clone(), FaultTarget::NextWrite);
        assert!(exchange(&proxy, GET).await.contains(" 200 "), "{fault:?}");
        let answer = exchange(&proxy, CREATE).await;
        assert!(answer.contains(part), "{fault:?}: {answer}");
        assert_eq!(answer.is_empty(), part.is_empty(), "{fault:?}: {answer}");
        assert_eq!(
            server.with_vendor(|desk| desk.0.len()),
            usize::from(acts),
            "{fault:?}"
        );
        assert_eq!(server.requests().len(), 1 + usize::from(acts), "{fault:?}");
        assert_eq!(proxy.requests()[1].took_effect, acts, "{fault:?}");
        assert!(
            exchange(&proxy, CREATE).await.contains(" 201 "),
            "{fault:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn slow_reply_comes_after_its_time_and_with_effect() {
    let (server, proxy) = servers().await;
    let hour = Duration::from_secs(60 * 60);
    proxy.inject(Fault::Slow(hour), FaultTarget::NextWrite);
    let started = Instant::now();
    assert!(exchange(&proxy, CREATE).await.contains(" 201 "));
    assert!(started.elapsed() >= hour);
    assert_eq!(server.with_vendor(|desk| desk.0.len()), 1);
}

#[tokio::test]
async fn ticket_is_exchanged_for_another_one_on_the_way() {
    let (server, proxy) = servers().await;
    let other = server.with_vendor(|desk| desk.0.add(|id| json!({ "id": id })));
    let fault = Fault::AboutAnother {
        asked: "77".into(),
        other: other.clone().into(),
    };
    proxy.inject(fault, FaultTarget::NextRead);
    let get = "GET /tickets/77 HTTP/1.1\r\n\r\n";
    assert!(exchange(&proxy, get).await.contains(" 200 "));
    assert!(exchange(&proxy, get).await.contains(" 404 "));
    let seen: Vec<_> = server
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    assert_eq!(
        seen,
        [format!("/tickets/{other}"), "/tickets/77".to_owned()]
    );
    assert!(
        proxy
            .requests()
            .iter()
            .all(|noted| noted.path == "/tickets/77")
    );
}

/// Which of so many creates are lost.
async fn lost(server: &Loopback<Scripted>, creates: usize) -> Vec<usize> {
    let mut lost = Vec::new();
    for number in 1..=creates {
        assert!(!exchange(server, GET).await.is_empty(), "a read is hit");
        if exchange(server, CREATE).await.is_empty() {
            lost.push(number);
        }
    }
    lost
}

#[tokio::test]
async fn fault_hits_the_request_with_its_number_and_each_counts_alone() {
    let server = Loopback::scripted().await.unwrap();
    for number in [2, 5, 5, 7] {
        let frequency = Frequency::Nth(number);
        server.inject_at(Fault::LostResponse, FaultTarget::NextWrite, frequency);
    }
    // The second of those for the fifth waits for the next one.
    assert_eq!(lost(&server, 10).await, [2, 5, 6, 7]);
}

#[tokio::test]
async fn fault_hits_at_random_the_same_for_a_seed_until_it_is_withdrawn() {
    let server = Loopback::scripted().await.unwrap();
    let mut hits = Vec::new();
    for (percent, seed) in [(30, 1), (30, 1), (30, 2), (0, 1), (100, 1)] {
        server.withdraw_faults();
        let frequency = Frequency::Percent { percent, seed };
        server.inject_at(Fault::LostResponse, FaultTarget::NextWrite, frequency);
        hits.push(lost(&server, 60).await);
    }
    assert_eq!(hits[0], hits[1]);
    assert_ne!(hits[0], hits[2]);
    assert!((1..60).contains(&hits[0].len()), "{hits:?}");
    assert_eq!((hits[3].len(), hits[4].len()), (0, 60));
    server.withdraw_faults();
    assert_eq!(lost(&server, 5).await, [0; 0]);
}
