//! The answer to a request: the vendor's reply, as changed by a fault.
//!
//! When a fault applies is in `fault.rs`; sending is in `in_process.rs` and `body.rs`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::fault::{Fault, Gateway};
use crate::reply::{ErrorFormat, Reply};
use crate::rewrite;
use crate::vendor::{Endpoint, Vendor};

/// Why a request got no complete answer.
///
/// Whether the call took effect is not told here, but in the journal:
/// [`Exchange::took_effect`](crate::Exchange::took_effect).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Lost {
    /// The connection was refused: nothing was sent.
    Refused,
    /// The connection was closed before the first byte of the answer.
    Closed,
    /// The connection was reset before the first byte of the answer.
    Reset,
    /// The connection was closed in the middle of the answer. The body is what arrived of it.
    Cut(Box<Response<Bytes>>),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "connection refused",
            Self::Closed => "connection closed before the answer",
            Self::Reset => "connection reset before the answer",
            Self::Cut(_) => "connection closed in the middle of the answer",
        })
    }
}

impl std::error::Error for Lost {}

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
    pub(crate) fn send(mut reply: Reply, delivery: Delivery) -> Self {
        // The HTTP server would replace an invalid status after the journal entry is written.
        if !(200..1000).contains(&reply.status) {
            reply.status = 500;
        }
        Self::Send {
            reply,
            delivery,
            busy_guard: None,
        }
    }

    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Lost(_) => None,
            Self::Send { reply, .. } => Some(reply.status),
        }
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
    Some(Answer::send(reply, Delivery::Immediate))
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
        return Answer::send(reply, Delivery::Immediate);
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
    Answer::send(reply, delivery)
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
