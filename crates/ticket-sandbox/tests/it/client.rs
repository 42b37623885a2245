//! A plain HTTP/1.1 client on a socket: one connection, one request, everything that came back.

use std::io;

use serde_json::Value;
use ticket_sandbox::{Sandbox, Vendor, credentials};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// As far as it came.
    pub(crate) body: Vec<u8>,
    /// Whether all of it came that the framing promised.
    pub(crate) complete: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Splits the first answer off a stream's bytes.
    pub(crate) fn parse(bytes: &[u8]) -> (Self, &[u8]) {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, mut rest) = bytes.split_at(end.expect("a whole head") + 4);
        let head = std::str::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let mut answer = Self {
            status: status.parse().unwrap(),
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: Vec::new(),
            complete: false,
        };
        if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
                let size = std::str::from_utf8(&rest[..end]).unwrap();
                let size = usize::from_str_radix(size, 16).unwrap();
                answer.complete = size == 0;
                let chunk = &rest[end + 2..];
                answer.body.extend_from_slice(&chunk[..size]);
                rest = &chunk[size + 2..];
            }
        } else {
            let length: usize = answer
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap());
            answer.complete = rest.len() >= length;
            let (body, behind) = rest.split_at(length.min(rest.len()));
            answer.body = body.to_vec();
            rest = behind;
        }
        (answer, rest)
    }
}

/// Sends bytes and reads to the end of the connection.
pub(crate) async fn exchange(sandbox: &Sandbox, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(sandbox.address()).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Sends one request. A connection that is closed without an answer is `UnexpectedEof`.
pub(crate) async fn send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    use std::fmt::Write as _;

    let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    write!(request, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let answer = exchange(sandbox, request.as_bytes()).await?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Answer::parse(&answer).0)
}

/// A call as the vendor's clients make it, with the sandbox's credentials.
pub(crate) async fn call(
    sandbox: &Sandbox,
    vendor: Vendor,
    method: &str,
    path: &str,
    body: Value,
) -> io::Result<Answer> {
    let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
    let mut headers = match vendor {
        Vendor::OneCloud => bearer(credentials::ONECLOUD_TOKEN),
        Vendor::Sweeppea => bearer(credentials::SWEEPPEA_API_KEY),
        _ => vec![
            (
                "x-lsq-access-key",
                credentials::LEADSQUARED_ACCESS_KEY.into(),
            ),
            (
                "x-lsq-secret-key",
                credentials::LEADSQUARED_SECRET_KEY.into(),
            ),
        ],
    };
    headers.push(("content-type", "application/json".into()));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let path = format!("/{}{path}", vendor.prefix());
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(sandbox, method, &path, &headers, &body).await
}

pub(crate) async fn onecloud(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Answer {
    call(sandbox, Vendor::OneCloud, method, path, body)
        .await
        .unwrap()
}

pub(crate) async fn sweeppea(sandbox: &Sandbox, path: &str, body: Value) -> Answer {
    call(sandbox, Vendor::Sweeppea, "POST", path, body)
        .await
        .unwrap()
}

pub(crate) async fn leadsquared(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    body: Value,
) -> Answer {
    let path = format!("/api/tenants/{}{path}", credentials::LEADSQUARED_ORG_ID);
    call(sandbox, Vendor::LeadSquared, method, &path, body)
        .await
        .unwrap()
}

/// A file of a form: name, media type, content.
pub(crate) type File<'a> = (&'a str, &'a str, &'a str);

/// A form of texts and of files that are all named `files`, with its content type.
pub(crate) fn form(texts: &[(&str, &str)], files: &[File<'_>]) -> (&'static str, String) {
    use std::fmt::Write as _;

    let mut body = String::new();
    for (name, text) in texts {
        write!(
            body,
            "--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        )
        .unwrap();
    }
    for (name, media_type, content) in files {
        write!(
            body,
            "--limit\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n{content}\r\n"
        )
        .unwrap();
    }
    body.push_str("--limit--\r\n");
    ("multipart/form-data; boundary=limit", body)
}

/// A call of LeadSquared's with a body of this content type.
pub(crate) async fn leadsquared_with(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    (content_type, body): (&str, String),
) -> Answer {
    let headers = [
        ("x-lsq-access-key", credentials::LEADSQUARED_ACCESS_KEY),
        ("x-lsq-secret-key", credentials::LEADSQUARED_SECRET_KEY),
        ("content-type", content_type),
    ];
    let path = format!(
        "/leadsquared/api/tenants/{}{path}",
        credentials::LEADSQUARED_ORG_ID
    );
    send(sandbox, method, &path, &headers, &body).await.unwrap()
}

/// The form of a `ticketDTO` with files.
pub(crate) async fn leadsquared_form(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    ticket: &Value,
    files: &[File<'_>],
) -> Answer {
    let form = form(&[("ticketDTO", &ticket.to_string())], files);
    leadsquared_with(sandbox, method, path, form).await
}
