//! The bare server: fixed replies, as the vendors print them, with as little work as there can be. No state, no
//! authentication; not the sandbox. Each reply can be late by a fixed time, as those over a network are.

use std::convert::Infallible;
use std::fmt::{Display, Write as _};
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;

use crate::Error;
use crate::call::{ROWS, SHORT_TICKET};

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `METHOD /path?query`.
    pub line: String,
    /// The value of each header that says who calls or what the body is.
    pub headers: Vec<String>,
    /// The body.
    pub body: Bytes,
}

/// Serves until the task is dropped, each reply `latency` late. `seen` gets every request; without it none is kept.
///
/// # Errors
///
/// Where connections can no longer be accepted.
pub async fn serve(
    listener: TcpListener,
    seen: Option<UnboundedSender<Seen>>,
    latency: Duration,
) -> Result<(), Error> {
    let replies = Arc::new(Replies::new()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (replies, seen) = (Arc::clone(&replies), seen.clone());
        let service = service_fn(move |request| {
            let (replies, seen) = (Arc::clone(&replies), seen.clone());
            async move {
                if !latency.is_zero() {
                    tokio::time::sleep(latency).await;
                }
                Ok::<_, Infallible>(replies.answer(request, seen.as_ref()).await)
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // It ends when the contestant does, however that goes.
            let _ = connection.await;
        });
    }
}

/// What is answered, built once.
struct Replies {
    deleted: Bytes,
    ticket: Bytes,
    short_ticket: Bytes,
    list: Bytes,
    /// The rows of the list.
    rows: Vec<String>,
}

impl Replies {
    fn new() -> Result<Self, Error> {
        let rows = long_list()?;
        Ok(Self {
            deleted: printed(include_str!(
                "../../crates/ticket-sweeppea/tests/contract/delete-ok.json"
            ))?,
            ticket: printed(include_str!(
                "../../crates/ticket-onecloud/tests/contract/get-ok.json"
            ))?,
            short_ticket: json!({"Id": SHORT_TICKET}).to_string().into(),
            list: page(&rows, 0, rows.len()),
            rows: rows.iter().map(Value::to_string).collect(),
        })
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        seen: Option<&UnboundedSender<Seen>>,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return reply(StatusCode::BAD_REQUEST, Bytes::new());
        };
        let body = body.to_bytes();
        if let Some(seen) = seen {
            let headers = head.headers.iter();
            let telling = headers.filter(|(name, _)| {
                matches!(name.as_str(), "authorization" | "content-type")
                    || name.as_str().starts_with("x-")
            });
            let telling =
                telling.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?")));
            let mut headers: Vec<_> = telling.collect();
            headers.sort();
            // Whoever listened may have heard enough.
            let _ = seen.send(Seen {
                line: format!("{} {}", head.method, head.uri),
                headers,
                body: body.clone(),
            });
        }
        let path = head.uri.path();
        let body = match path.as_bytes().last() {
            Some(b'e') => self.deleted.clone(),
            Some(b'h') => all_successful(&body),
            Some(b'z') => match asked(head.uri.query().unwrap_or_default()) {
                (_, limit) if limit >= self.rows.len() => self.list.clone(),
                (offset, limit) => page(&self.rows, offset, limit),
            },
            _ if head.method == Method::DELETE => Bytes::from_static(b"{}"),
            Some(b'1') => self.short_ticket.clone(),
            Some(b'4') => self.ticket.clone(),
            _ => return reply(StatusCode::NOT_FOUND, Bytes::new()),
        };
        reply(StatusCode::OK, body)
    }
}

fn reply(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The reply to a delete at LeadSquared: the ids of the request, without their quotation marks.
fn all_successful(request: &[u8]) -> Bytes {
    let mut body = BytesMut::with_capacity(request.len() + 48);
    body.put_slice(b"{\"SuccessfulIds\":[");
    let ids = request.iter().skip_while(|byte| **byte != b'[').skip(1);
    body.extend(
        ids.take_while(|byte| **byte != b']')
            .filter(|byte| **byte != b'"'),
    );
    body.put_slice(b"],\"FailedIds\":[]}");
    body.freeze()
}

/// The body that the vendor prints, from the file of an exchange.
fn printed(exchange: &str) -> Result<Bytes, Error> {
    Ok(body_of(exchange)?.to_string().into())
}

/// The offset and the number of rows that a query asks for.
fn asked(query: &str) -> (usize, usize) {
    let value = |name| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| value.parse().ok().filter(|_| key == name))
    };
    (value("offset").unwrap_or(0), value("limit").unwrap_or(20))
}

/// A page of the list.
fn page(rows: &[impl Display], offset: usize, limit: usize) -> Bytes {
    let mut page = format!(
        "{{\"limit\":\"{limit}\",\"offset\":{offset},\"count\":{ROWS},\"total\":{ROWS},\"data\":["
    );
    for (index, row) in rows.iter().skip(offset).take(limit).enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(page, "{comma}{row}");
    }
    page.push_str("]}");
    page.into()
}

/// The rows that OneCloud prints, over and over, with ids of their own.
fn long_list() -> Result<Vec<Value>, Error> {
    let mut list = body_of(include_str!(
        "../../crates/ticket-onecloud/tests/contract/list-ok.json"
    ))?;
    let printed = list.get_mut("data").and_then(Value::as_array_mut);
    let printed = printed.ok_or("the printed list has no rows")?;
    let rows = (1..=ROWS).zip(printed.iter().cycle()).map(|(id, row)| {
        let mut row = row.clone();
        if let Some(row) = row.as_object_mut() {
            row.insert("Id".to_owned(), id.to_string().into());
        }
        row
    });
    Ok(rows.collect())
}

fn body_of(exchange: &str) -> Result<Value, Error> {
    let mut exchange: Value = serde_json::from_str(exchange)?;
    let body = exchange.pointer_mut("/response/body").map(Value::take);
    body.ok_or_else(|| "the exchange has no body".into())
}
