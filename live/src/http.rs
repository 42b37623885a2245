//! A request by hand, so that a test can look at a server without the client that it tests.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

/// The reply to a request by hand.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body as text. Invalid UTF-8 is replaced.
    pub body: String,
}

impl Reply {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Sends one request. HTTP/1.0: the reply ends where the connection does.
pub(crate) fn send(
    address: &str,
    method: &str,
    path: &str,
    authorization: (&str, &str),
    body: Option<&Value>,
) -> io::Result<Reply> {
    let body = body.map(Value::to_string);
    let (name, value) = authorization;
    let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\n{name}: {value}\r\n");
    request.push_str("Accept-Language: en\r\n");
    // Without them Roundup takes no write.
    let _ = write!(
        request,
        "Origin: http://{address}\r\nX-Requested-With: ticket-live\r\n"
    );
    if let Some(body) = &body {
        let length = body.len();
        let _ = write!(
            request,
            "Content-Type: application/json\r\nContent-Length: {length}\r\n"
        );
    }
    request.push_str("\r\n");
    request.push_str(body.as_deref().unwrap_or_default());
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    let reply = String::from_utf8_lossy(&reply);
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Ok(Reply {
        status: status.ok_or_else(|| io::Error::other("the reply has no status"))?,
        body: body.to_owned(),
    })
}
