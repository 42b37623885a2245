//! The vendor on loopback, for the tests: it holds tickets, and goes wrong where a case asks for it.
//!
//! What its pages say is in `api.rs` alone: this file is alike for all vendors.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod api;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::Fault;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longer than anybody waits.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query, not decoded.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) took_effect: bool,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// What goes back.
#[derive(Clone, Debug)]
struct Reply {
    status: u16,
    /// Lines that end with `\r\n`.
    headers: String,
    body: String,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: "content-type: application/json\r\n".to_owned(),
            body: body.to_string(),
        }
    }

    fn empty(status: u16) -> Self {
        Self {
            status,
            headers: String::new(),
            body: String::new(),
        }
    }
}

/// What is true at the vendor.
#[derive(Debug, Default)]
struct State {
    tickets: BTreeMap<String, Value>,
    /// How many there ever were.
    made: usize,
    fault: Option<Fault>,
    answer: Option<Reply>,
    requests: Vec<Request>,
}

impl State {
    /// A new open ticket with this field.
    fn add(&mut self, name: &str, value: &str) -> String {
        self.made += 1;
        let id = self.made.to_string();
        let mut ticket = api::new_ticket(&id);
        ticket[name] = value.into();
        self.tickets.insert(id.clone(), ticket);
        id
    }
}

#[derive(Debug)]
pub(crate) struct Vendor {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: Mutex<JoinHandle<()>>,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.server.lock().unwrap().abort();
    }
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = Arc::default();
        Self {
            address: listener.local_addr().unwrap(),
            server: Mutex::new(tokio::spawn(serve(listener, Arc::clone(&state)))),
            state,
        }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn add_ticket(&self, name: &str, value: &str) -> String {
        self.state.lock().unwrap().add(name, value)
    }

    pub(crate) fn exists(&self, id: &str) -> bool {
        self.state.lock().unwrap().tickets.contains_key(id)
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.state.lock().unwrap().tickets.keys().cloned().collect()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Answers the next request as the `response` of a recorded exchange says, and does nothing. A `body` of
    /// `null` is none.
    pub(crate) fn answer_once(&self, response: &Value) {
        let status = response["status"].as_u64().unwrap();
        let mut reply = Reply::empty(status.try_into().unwrap());
        for (name, value) in response["headers"].as_object().unwrap() {
            let _ = write!(reply.headers, "{name}: {}\r\n", value.as_str().unwrap());
        }
        if !response["body"].is_null() {
            reply.body = response["body"].to_string();
        }
        self.state.lock().unwrap().answer = Some(reply);
    }

    /// Lets the next request go wrong.
    pub(crate) fn inject(&self, fault: Fault) {
        self.state.lock().unwrap().fault = Some(fault);
    }

    pub(crate) fn refuse_connections(&self) {
        self.server.lock().unwrap().abort();
    }

    pub(crate) async fn accept_connections(&self) {
        self.refuse_connections();
        // The aborted server still has the address until it is polled.
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        *self.server.lock().unwrap() = tokio::spawn(serve(listener, Arc::clone(&self.state)));
    }
}

/// One request per connection.
async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&state)));
    }
}

async fn answer(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let fault = state.lock().unwrap().fault.take();
    let reply = match fault.as_ref().and_then(refused) {
        Some(refused) => {
            state.lock().unwrap().requests.push(request);
            refused
        }
        None => perform(&mut state.lock().unwrap(), request),
    };
    match fault {
        Some(Fault::ConnectionReset | Fault::LostResponse) => return,
        Some(Fault::NeverAnswers) => tokio::time::sleep(DAY).await,
        _ => {}
    }
    let (head, body) = played(fault.as_ref(), reply);
    let mut stream = stream.into_inner();
    // A client that went away is no concern of the vendor's.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    match fault {
        Some(Fault::NeverEnds) => tokio::time::sleep(DAY).await,
        _ => drop(stream.shutdown().await),
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace();
    let mut request = Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        ..Request::default()
    };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let header = (name.to_owned(), value.trim().to_owned());
        request.headers.push(header);
    }
    let length = request.header("content-length").map(str::parse);
    let mut body = vec![0; length.and_then(Result::ok).unwrap_or_default()];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Some(request)
}

/// Does what is asked.
fn perform(state: &mut State, mut request: Request) -> Reply {
    let reply = match state.answer.take() {
        Some(answer) => answer,
        None => api::answer(state, &request),
    };
    request.took_effect = request.method != "GET" && reply.status < 300;
    state.requests.push(request);
    reply
}

/// The reply in place of doing what is asked.
fn refused(fault: &Fault) -> Option<Reply> {
    Some(match fault {
        Fault::ConnectionReset | Fault::NeverAnswers => Reply::empty(503),
        Fault::Status(status) => api::error(*status, "a fault"),
        Fault::RateLimited { retry_after } => {
            let mut reply = api::error(429, "too many calls");
            if let Some(wait) = retry_after {
                let _ = write!(reply.headers, "retry-after: {}\r\n", wait.as_secs());
            }
            reply
        }
        Fault::Words { status, words } => api::error(*status, words),
        Fault::Malformed => Reply::json(200, &json!(["nothing of the kind"])),
        Fault::WebPage { status } => Reply {
            status: *status,
            headers: "content-type: text/html\r\n".to_owned(),
            body: "<html><body>Gateway</body></html>".to_owned(),
        },
        Fault::Redirect { status } => Reply {
            headers: "location: /elsewhere\r\n".to_owned(),
            ..Reply::empty(*status)
        },
        _ => return None,
    })
}

/// The bytes of a reply, damaged as the fault says.
fn played(fault: Option<&Fault>, mut reply: Reply) -> (String, String) {
    let mut length = None;
    match fault {
        Some(Fault::StatusAfterEffect(status)) => reply = api::error(*status, "a fault"),
        Some(Fault::Truncated) => {
            if reply.body.is_empty() {
                reply = Reply::json(200, &json!({}));
            }
            length = Some(reply.body.len());
            let half = reply.body.chars().count() / 2;
            reply.body = reply.body.chars().take(half).collect();
        }
        Some(Fault::Empty) => reply = Reply::empty(200),
        Some(Fault::WrongTypes) => {
            let body = serde_json::from_str(&reply.body).map(other_types);
            reply.body = body.map_or(reply.body, |body: Value| body.to_string());
        }
        Some(Fault::Oversized) => {
            reply = Reply::json(200, &json!({ "filler": "x".repeat(8 * 1024 * 1024) }));
        }
        Some(Fault::NeverEnds) => {
            reply = Reply::json(200, &json!({ "id": 1 }));
            length = Some(1_000_000);
        }
        _ => {}
    }
    let length = length.unwrap_or(reply.body.len());
    let mut head = format!("HTTP/1.1 {} Said\r\n{}", reply.status, reply.headers);
    if reply.status != 204 {
        let _ = write!(head, "content-length: {length}\r\n");
    }
    (head + "connection: close\r\n\r\n", reply.body)
}

/// Numbers become texts, texts become numbers.
fn other_types(value: Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::String(_) => 1.into(),
        Value::Array(list) => list.into_iter().map(other_types).collect(),
        Value::Object(map) => {
            let fields = map.into_iter();
            fields
                .map(|(name, value)| (name, other_types(value)))
                .collect()
        }
        other => other,
    }
}
