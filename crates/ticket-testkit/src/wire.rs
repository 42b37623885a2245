//! HTTP/1.1 as it is read from a socket: requests of clients, and replies of a server behind a proxy.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;

use crate::message::{Request, header};

type Headers = Vec<(String, String)>;

pub(crate) async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let (line, headers) = read_head(stream).await?;
    let mut words = line.split_whitespace();
    let mut request = Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        headers,
        ..Request::default()
    };
    request.body = read_body(stream, &request.headers)
        .await?
        .unwrap_or_default();
    Some(request)
}

/// The first line and the headers.
pub(crate) async fn read_head(stream: &mut BufReader<TcpStream>) -> Option<(String, Headers)> {
    let first = read_line(stream).await?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Some((first, headers));
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

/// The body without its framing; `Some(None)` if the headers do not say where it ends.
pub(crate) async fn read_body(
    stream: &mut BufReader<TcpStream>,
    headers: &Headers,
) -> Option<Option<Vec<u8>>> {
    if header(headers, "transfer-encoding") == Some("chunked") {
        let mut body = Vec::new();
        loop {
            let line = read_line(stream).await?;
            let size = line.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16).ok()?;
            let chunk = read_bytes(stream, size).await?;
            body.extend(chunk);
            read_line(stream).await?;
            if size == 0 {
                return Some(Some(body));
            }
        }
    }
    match header(headers, "content-length").map(str::parse) {
        Some(Ok(length)) => Some(Some(read_bytes(stream, length).await?)),
        _ => Some(None),
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    Some(line)
}

async fn read_bytes(stream: &mut BufReader<TcpStream>, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}
