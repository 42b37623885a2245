//! A server that records what it reads and answers as the test says, byte by byte. It knows no more HTTP
//! than where a request ends, so that it can also answer wrongly.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ticket_http::{HttpClient, HttpConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The connection it came on, counted from 0.
    pub(crate) connection: usize,
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    pub(crate) fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the server does after it has read a request.
pub(crate) enum Answer {
    /// Sends these bytes and waits for the next request.
    Send(Vec<u8>),
    /// Sends these bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Sends these bytes and then nothing more, until the client hangs up.
    SendAndHang(Vec<u8>),
}

/// A complete reply with a body of this type.
pub(crate) fn reply(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
    with_headers(status, &[("content-type", content_type)], body)
}

/// A complete reply with these headers.
pub(crate) fn with_headers(
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let body = body.as_ref();
    let mut text = format!(
        "HTTP/1.1 {status} Any\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text += "\r\n";
    Answer::Send([text.as_bytes(), body].concat())
}

/// A port that refuses connections. It stays taken, so that no other server gets it meanwhile.
pub(crate) fn refusing() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(
                    stream,
                    connection,
                    Arc::clone(&log),
                    Arc::clone(&answer),
                ));
                connection += 1;
            }
        });
        Self { address, seen }
    }

    /// Answers every request with `{}`.
    pub(crate) async fn agreeable() -> Self {
        Self::start(|_| reply(200, "application/json", "{}")).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of this server without credentials.
    pub(crate) fn client(&self) -> HttpClient {
        self.client_with(&HttpConfig::default())
    }

    pub(crate) fn client_with(&self, config: &HttpConfig) -> HttpClient {
        HttpClient::new(&self.url(), config, &[]).unwrap()
    }

    /// Every request so far. One that was sent before the client got its answer is among them.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The request targets so far.
    pub(crate) fn targets(&self) -> Vec<String> {
        let target = |seen: &Seen| seen.target().to_owned();
        self.seen().iter().map(target).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    connection: usize,
    log: Arc<Mutex<Vec<Seen>>>,
    answer: Arc<impl Fn(&Seen) -> Answer>,
) {
    let mut bytes = Vec::new();
    while let Some(seen) = next_request(&mut stream, &mut bytes, connection).await {
        log.lock().unwrap().push(seen.clone());
        match answer(&seen) {
            Answer::Send(reply) => {
                if stream.write_all(&reply).await.is_err() {
                    return;
                }
            }
            Answer::SendAndClose(reply) => {
                let _ = stream.write_all(&reply).await;
                return;
            }
            Answer::SendAndHang(reply) => {
                let _ = stream.write_all(&reply).await;
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest).await;
                return;
            }
        }
    }
}

async fn next_request(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
    connection: usize,
) -> Option<Seen> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let mut seen = Seen {
                connection,
                head: String::from_utf8(bytes[..end].to_vec()).unwrap(),
                body: String::new(),
            };
            let length = seen
                .header("content-length")
                .map_or(0, |n| n.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                seen.body = String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).unwrap();
                bytes.drain(..end + 4 + length);
                return Some(seen);
            }
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}
