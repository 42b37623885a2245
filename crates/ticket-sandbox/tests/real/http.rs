//! A request by hand, the same for both sides.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

/// One of the two servers.
pub(crate) struct Side {
    /// As `http://127.0.0.1:PORT`, with the path under which the vendor sits.
    pub(crate) base_url: String,
}

/// What was answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// With names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Reply {
    /// The body as JSON, or as text.
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| json!(self.text))
    }
}

impl Side {
    /// Sends a request. HTTP/1.0: the reply ends where the connection does.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> Reply {
        let address = self.base_url.strip_prefix("http://").unwrap();
        let (host, prefix) = match address.split_once('/') {
            Some((host, prefix)) => (host, format!("/{prefix}")),
            None => (address, String::new()),
        };
        let mut request = format!("{method} {prefix}{path} HTTP/1.0\r\nhost: {host}\r\n");
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        if !body.is_empty() || ["POST", "PUT"].contains(&method) {
            let _ = write!(request, "content-length: {}\r\n", body.len());
        }
        request = request + "\r\n" + body;
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let reply = String::from_utf8_lossy(&reply).into_owned();
        let (head, text) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        Reply {
            status: status.parse().unwrap(),
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            text: text.to_owned(),
        }
    }
}
