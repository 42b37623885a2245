//! The answer to a request: the vendor's reply, as changed by a fault.
//!
//! When a fault applies is in `fault.rs`; sending is in `in_process.rs` and `body.rs`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::fault::{Fault, Gateway};
use crate::in_process::Lost;
use crate::rewrite;
use crate::vendor::{Endpoint, Vendor};

/// The vendor's reply, before any fault is applied.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) took_effect: bool,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            took_effect: false,
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::json_text(status, body.to_string())
    }

    pub(crate) fn json_text(status: u16, body: String) -> Self {
        Self::empty(status)
            .header("content-type", "application/json")
            .body(body)
    }

    pub(crate) fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::empty(status)
            .header("content-type", "text/plain")
            .body(body)
    }

    pub(crate) fn html(status: u16) -> Self {
        let title = match status {
            200 => "Sign in",
            404 => "404 Not Found",
            502 => "502 Bad Gateway",
            503 => "503 Service Temporarily Unavailable",
            504 => "504 Gateway Time-out",
            _ => "Error",
        };
        Self::empty(status)
            .header("content-type", "text/html")
            .body(format!(
                "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
            ))
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Marks that the vendor's state has changed.
    pub(crate) fn changed_state(mut self) -> Self {
        self.took_effect = true;
        self
    }

    pub(crate) fn send(mut self, delivery: Delivery) -> Answer {
        // The HTTP server would replace an invalid status after the journal entry is written.
        if !(200..1000).contains(&self.status) {
            self.status = 500;
        }
        Answer::Send {
            reply: self,
            delivery,
            busy_guard: None,
        }
    }
}

/// Writes a JSON array one entry at a time: 100,000 entries held as `Value`s take a gigabyte.
pub(crate) fn json_array(entries: impl Iterator<Item = Value>) -> String {
    let mut text = String::from("[");
    for (index, entry) in entries.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&entry.to_string());
    }
    text.push(']');
    text
}

/// What the connection does with a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// End the connection without sending a byte.
    Lost(Lost),
    /// Send this answer.
    Send {
        reply: Reply,
        delivery: Delivery,
        /// Keeps the endpoint busy; dropped when the answer has been sent.
        busy_guard: Option<Arc<()>>,
    },
}

/// How the body of an answer is sent.
#[derive(Debug)]
pub(crate) enum Delivery {
    Immediate,
    /// The whole answer, after this delay.
    Delayed(Duration),
    /// One byte at a time, with this pause before each.
    Dripping(Duration),
    /// The first half of the announced `Content-Length`; then the connection closes.
    CutMidway,
    /// The body, padded with spaces to this many bytes in total.
    PaddedTo(u64),
    /// The whole answer; then the connection ends without having been announced.
    ThenEnd(Lost),
}

impl Answer {
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Lost(_) => None,
            Self::Send { reply, .. } => Some(reply.status),
        }
    }
}

/// The vendor's error formats, as needed by faults.
pub(crate) trait ErrorFormat {
    /// The vendor's error reply with this status on this endpoint.
    fn error(&self, endpoint: Option<Endpoint>, status: u16) -> Reply;
    /// A reply with status 200 whose body is an error in the vendor's format.
    fn error_inside_200(&self) -> Reply;
    /// The gateway's reply to a path that is not an endpoint.
    fn no_endpoint(&self) -> Reply;
}

/// Used for paths outside every vendor's prefix.
impl ErrorFormat for () {
    fn error(&self, _endpoint: Option<Endpoint>, status: u16) -> Reply {
        Reply::empty(status)
    }

    fn error_inside_200(&self) -> Reply {
        Reply::json(200, &json!({ "error": "internal error" }))
    }

    fn no_endpoint(&self) -> Reply {
        Reply::empty(404)
    }
}

/// The request that a fault applies to.
#[derive(Clone, Copy)]
pub(crate) struct Faulted<'a> {
    pub(crate) vendor: Option<Vendor>,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) path: &'a str,
    /// The number of the request in the journal.
    pub(crate) sequence: u64,
    pub(crate) format: &'a dyn ErrorFormat,
}

/// The answer of a fault that applies before the vendor handles the call; `None` if the vendor handles it.
pub(crate) fn before_vendor(fault: &Fault, request: Faulted<'_>) -> Option<Answer> {
    let Faulted {
        endpoint, format, ..
    } = request;
    let reply = match fault {
        Fault::ConnectionReset => return Some(Answer::Lost(Lost::Reset)),
        Fault::ClosedBeforeEffect => return Some(Answer::Lost(Lost::Closed)),
        Fault::Status(status) => format.error(endpoint, *status),
        Fault::RateLimited { retry_after } => {
            let seconds = retry_after.map(|seconds| seconds.to_string());
            rate_limited(endpoint, seconds.as_deref(), format)
        }
        Fault::OddRetryAfter(odd) => rate_limited(endpoint, Some(odd.value()), format),
        Fault::HtmlPage { status } => Reply::html(*status),
        Fault::Gateway(gateway) => gateway_reply(*gateway, request),
        Fault::ErrorInside200 => format.error_inside_200(),
        Fault::Reply {
            status,
            headers,
            body,
        } => Reply {
            status: *status,
            headers: headers.clone(),
            body: body.clone(),
            took_effect: false,
        },
        _ => return None,
    };
    Some(reply.send(Delivery::Immediate))
}

fn rate_limited(
    endpoint: Option<Endpoint>,
    retry_after: Option<&str>,
    format: &dyn ErrorFormat,
) -> Reply {
    let mut reply = format.error(endpoint, 429);
    reply.headers.retain(|(name, _)| name != "retry-after");
    match retry_after {
        Some(value) => reply.header("retry-after", value),
        None => reply,
    }
}

fn gateway_reply(gateway: Gateway, request: Faulted<'_>) -> Reply {
    match gateway {
        Gateway::SignIn => Reply::html(200),
        Gateway::Firewall => Reply::html(403),
        Gateway::Redirect => Reply::empty(302).header("location", "/sign-in"),
        Gateway::WrongPath => request.format.no_endpoint(),
        Gateway::PageNotFound => Reply::text(404, "404 page not found\n"),
        Gateway::NoRoute => Reply::json(
            404,
            &json!({ "message": "no Route matched with those values" }),
        ),
        Gateway::DefaultBackend => Reply::text(404, "default backend - 404"),
        Gateway::Framework => Reply::json(
            404,
            &json!({ "status": 404, "error": "Not Found", "path": request.path }),
        ),
        Gateway::Empty => Reply::empty(404),
    }
}

/// Applies a fault to the vendor's reply.
pub(crate) fn after_vendor(
    fault: Option<&Fault>,
    mut reply: Reply,
    request: Faulted<'_>,
) -> Answer {
    let Faulted {
        vendor,
        endpoint,
        format,
        sequence,
        ..
    } = request;
    let Some(fault) = fault else {
        return reply.send(Delivery::Immediate);
    };
    let mut delivery = Delivery::Immediate;
    match fault {
        Fault::LostResponse => return Answer::Lost(Lost::Closed),
        Fault::ResetAfterEffect => return Answer::Lost(Lost::Reset),
        Fault::StatusAfterEffect(status) => reply = format.error(endpoint, *status),
        Fault::ErrorInside200AfterEffect => reply = format.error_inside_200(),
        // A call that the vendor refuses is not accepted.
        Fault::AcceptedNotDone(status) | Fault::AcceptedForLater { status, .. }
            if (200..300).contains(&reply.status) =>
        {
            reply.status = *status;
        }
        Fault::WrongTotal(how) => rewrite::total(&mut reply, vendor, *how, sequence),
        Fault::OddRow(how) => rewrite::row(&mut reply, vendor, *how),
        Fault::OddId(how) => rewrite::batch_id(&mut reply, *how),
        Fault::Gzip => rewrite::gzip(&mut reply),
        Fault::TruncatedJson => reply.body.truncate(reply.body.len() / 2),
        Fault::EmptyBody => {
            reply.body.clear();
            reply.headers.retain(|(name, _)| name != "content-type");
        }
        Fault::WrongTypes => {
            if let Ok(mut json) = serde_json::from_slice(&reply.body) {
                swap_types(&mut json);
                reply.body = json.to_string().into_bytes();
            }
        }
        Fault::CloseAfterReply => delivery = Delivery::ThenEnd(Lost::Closed),
        Fault::ResetAfterReply => delivery = Delivery::ThenEnd(Lost::Reset),
        Fault::CutBody => delivery = Delivery::CutMidway,
        Fault::OversizedBody(size) => delivery = Delivery::PaddedTo(*size),
        Fault::SlowDrip(pause) => delivery = Delivery::Dripping(*pause),
        Fault::Delay(time) => delivery = Delivery::Delayed(*time),
        // These apply before the vendor handles the call or change its state.
        _ => {}
    }
    reply.send(delivery)
}

fn swap_types(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => *value = Value::String(flag.to_string()),
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::String(text) => {
            *value = text.parse::<u64>().unwrap_or(text.len() as u64).into();
        }
        Value::Array(items) => items.iter_mut().for_each(swap_types),
        Value::Object(fields) => fields.values_mut().for_each(swap_types),
    }
}
