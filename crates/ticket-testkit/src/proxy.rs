//! A proxy in front of a real server: requests are forwarded, noted, and met by faults, as those to a
//! [`Loopback`](crate::Loopback) of one's own are.

use std::fmt::Write as _;
use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::message::{Reply, Request};
use crate::vendor_api::VendorApi;
use crate::wire;

/// A server somewhere else, to which everything is forwarded: `Loopback::start(Upstream::new(url))` is a proxy.
///
/// Errors of faults are `{"message": ".."}`. For a vendor with another format implement [`VendorApi`] with
/// [`upstream`](VendorApi::upstream).
#[derive(Clone, Debug)]
pub struct Upstream(String);

impl Upstream {
    /// The server at this base URL, such as `http://127.0.0.1:8080`.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self(base_url.into())
    }
}

impl VendorApi for Upstream {
    fn upstream(&self) -> Option<&str> {
        Some(&self.0)
    }
}

/// The headers of one connection, not of the message. Bodies are read whole and sent with their length.
const OF_CONNECTION: [&str; 5] = [
    "connection",
    "keep-alive",
    "content-length",
    "transfer-encoding",
    "expect",
];

fn is_of_message(name: &str) -> bool {
    let mut of_connection = OF_CONNECTION.iter();
    !of_connection.any(|known| known.eq_ignore_ascii_case(name))
}

/// Sends a request to the server at this base URL, on a connection of its own. The header `Host` stays that of the
/// proxy, so that addresses in replies lead to it where the server builds them from there.
pub(crate) async fn forward(base_url: &str, request: &Request) -> io::Result<Reply> {
    let address = base_url.strip_prefix("http://").unwrap_or(base_url);
    let (host, prefix) = address.split_once('/').unwrap_or((address, ""));
    let prefix = match prefix.trim_end_matches('/') {
        "" => String::new(),
        prefix => format!("/{prefix}"),
    };
    let mut head = format!("{} {prefix}{} HTTP/1.1\r\n", request.method, request.path);
    let of_message = request
        .headers
        .iter()
        .filter(|(name, _)| is_of_message(name));
    for (name, value) in of_message {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let length = request.body.len();
    let _ = write!(
        head,
        "content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&request.body);
    let mut stream = BufReader::new(TcpStream::connect(host).await?);
    stream.write_all(&bytes).await?;
    let reply = read_reply(&mut stream, request.method == "HEAD").await;
    reply.ok_or_else(|| io::Error::other("the reply is cut off"))
}

async fn read_reply(stream: &mut BufReader<TcpStream>, is_head: bool) -> Option<Reply> {
    let (line, headers) = wire::read_head(stream).await?;
    let status = line.split(' ').nth(1)?.trim().parse().ok()?;
    let body = if is_head || matches!(status, 204 | 304) {
        Vec::new()
    } else if let Some(body) = wire::read_body(stream, &headers).await? {
        body
    } else {
        let mut body = Vec::new();
        stream.read_to_end(&mut body).await.ok()?;
        body
    };
    Some(Reply {
        status,
        headers: headers
            .into_iter()
            .filter(|(name, _)| is_of_message(name))
            .collect(),
        body,
    })
}

/// Replaces the values of headers that carry secrets, before a request to a real server is noted.
pub(crate) fn hide_secrets(request: &mut Request) {
    const PARTS: [&str; 4] = ["authorization", "cookie", "key", "token"];
    for (name, value) in &mut request.headers {
        let name = name.to_ascii_lowercase();
        if PARTS.iter().any(|part| name.contains(part)) {
            "[hidden]".clone_into(value);
        }
    }
}
