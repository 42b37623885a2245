//! What a fault does to a request and its reply.

use std::fmt::Write as _;

use serde_json::{Value, json};
use ticket_conformance::{Fault, Gateway};

use super::Shared;
use crate::gzip::gzip;
use crate::message::{Reply, Request};
use crate::vendor_api::VendorApi;

impl<V: VendorApi> Shared<V> {
    /// The reply of a fault that prevents the request from being handled.
    pub(super) fn refused(&self, fault: &Fault) -> Option<Reply> {
        Some(match fault {
            Fault::ConnectionReset | Fault::NeverAnswers => Reply::empty(503),
            Fault::Status(status) => self.vendor.error(*status, "a fault"),
            Fault::RateLimited { retry_after } => {
                let reply = self.vendor.error(429, "too many calls");
                match retry_after {
                    Some(wait) => reply.header("retry-after", wait.as_secs().to_string()),
                    None => reply,
                }
            }
            Fault::Words { status, words } => self.vendor.error(*status, words),
            Fault::RetryAfter(value) => {
                let reply = self.vendor.error(429, "too many calls");
                reply.header("retry-after", value.as_str())
            }
            Fault::Gateway(gateway) => gateway_reply(*gateway),
            Fault::Malformed => Reply::json(200, &json!(["nothing of the kind"])),
            Fault::WebPage { status } => Reply::new(*status, "<html><body>Gateway</body></html>")
                .header("content-type", "text/html"),
            Fault::Redirect { status } => Reply::empty(*status).header("location", "/elsewhere"),
            _ => return None,
        })
    }

    /// The reply after applying the fault.
    pub(super) fn faulted(&self, fault: Option<&Fault>, mut reply: Reply) -> Reply {
        let format = self.vendor.reply_format();
        match fault {
            Some(Fault::StatusAfterEffect(status)) => self.vendor.error(*status, "a fault"),
            Some(Fault::ErrorInSuccess) => self.vendor.error(200, "a fault"),
            Some(Fault::UnconfirmedStatus(status)) if reply.status < 300 => {
                reply.status = *status;
                reply
            }
            Some(Fault::Truncated) if reply.body.is_empty() => Reply::json(200, &json!({})),
            Some(Fault::Empty) => Reply::empty(200),
            Some(Fault::WrongTypes) => {
                if let Ok(body) = serde_json::from_slice(&reply.body) {
                    reply.body = swap_types(body).to_string().into_bytes();
                }
                reply
            }
            Some(Fault::Gzip) => {
                reply.body = gzip(&reply.body);
                reply.header("content-encoding", "gzip")
            }
            Some(Fault::OddRow(odd)) => format.odd_row(reply, *odd),
            Some(Fault::WrongTotal(wrong)) => format.wrong_total(reply, *wrong),
            Some(Fault::OddId(odd)) => format.odd_id(reply, *odd),
            Some(Fault::Oversized) => {
                Reply::json(200, &json!({ "filler": "x".repeat(8 * 1024 * 1024) }))
            }
            Some(Fault::NeverEnds) => Reply::json(200, &json!({ "id": 1 })),
            _ => reply,
        }
    }
}

/// The bytes of a reply. With some faults, it announces more than it has.
pub(super) fn bytes(fault: Option<&Fault>, mut reply: Reply) -> Vec<u8> {
    let length = match fault {
        Some(Fault::NeverEnds) => 1_000_000,
        _ => reply.body.len(),
    };
    if fault == Some(&Fault::Truncated) {
        reply.body.truncate(length / 2);
    }
    let mut head = format!("HTTP/1.1 {} Said\r\n", reply.status);
    for (name, value) in &reply.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if reply.status != 204 {
        let _ = write!(head, "content-length: {length}\r\n");
    }
    let mut bytes = (head + "connection: close\r\n\r\n").into_bytes();
    bytes.extend_from_slice(&reply.body);
    bytes
}

fn gateway_reply(gateway: Gateway) -> Reply {
    let body = gateway.body();
    let reply = Reply::new(gateway.status(), body);
    if gateway == Gateway::Redirect {
        return reply.header("location", "/sign-in");
    }
    match body.chars().next() {
        None => reply,
        Some('<') => reply.header("content-type", "text/html"),
        Some('{') => reply.header("content-type", "application/json"),
        Some(_) => reply.header("content-type", "text/plain"),
    }
}

/// The request with one id in place of another: in the path, in the query, and in a JSON body.
pub(super) fn about(request: &Request, asked: &str, other: &str) -> Request {
    let mut request = request.clone();
    let (path, query) = match request.path.split_once('?') {
        Some((path, query)) => {
            let pairs = query.split('&').map(|pair| match pair.split_once('=') {
                Some((name, id)) if id == asked => format!("{name}={other}"),
                _ => pair.to_owned(),
            });
            (path, format!("?{}", pairs.collect::<Vec<_>>().join("&")))
        }
        None => (&*request.path, String::new()),
    };
    let segments = path.split('/');
    // Also in a segment with an extension, such as `1.json`.
    let segments = segments.map(|segment| match segment.strip_prefix(asked) {
        Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("{other}{rest}"),
        _ => segment.to_owned(),
    });
    let path = segments.collect::<Vec<_>>().join("/");
    request.path = path + &query;
    if let Some(mut body) = request.json() {
        replace(&mut body, asked, other);
        request.body = body.to_string().into_bytes();
    }
    request
}

fn replace(value: &mut Value, asked: &str, other: &str) {
    match value {
        Value::String(text) if text == asked => other.clone_into(text),
        Value::Number(number) if number.to_string() == asked => {
            *value = serde_json::from_str(other).unwrap_or_else(|_| other.into());
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace(item, asked, other)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, asked, other)),
        _ => {}
    }
}

/// Turns numbers into strings and strings into numbers.
fn swap_types(value: Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::String(_) => 1.into(),
        Value::Array(list) => list.into_iter().map(swap_types).collect(),
        Value::Object(map) => {
            let fields = map.into_iter();
            fields
                .map(|(name, value)| (name, swap_types(value)))
                .collect()
        }
        other => other,
    }
}
