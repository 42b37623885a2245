//! Answers requests on plain `http` types, without sockets. The socket server is a user of this module.
//!
//! What is answered is decided in `state.rs` and, under `/control`, in `control.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Bytes};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::answer::{Answer, Delivery, Lost};
use crate::body::AnswerBody;
use crate::control;
use crate::reply::Reply;
use crate::state::{Received, State};

/// Larger request bodies are answered with 413 and not kept.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// The same for requests without valid credentials.
const MAX_BODY_OF_STRANGERS: usize = 64 * 1024;

/// The state that the connections and the handle share. Never locked across an await.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection {
            shared: self.clone(),
            end: Mutex::new(None),
            ended: Arc::new(Notify::new()),
        }
    }
}

/// A connection to a sandbox without a socket, created by [`Sandbox::connect`](crate::Sandbox::connect).
///
/// It carries one request at a time, like a connection of HTTP/1.1. A fault can end it without the client noticing:
/// then the next request on it is lost without effect. After any [`Lost`] it stays closed.
#[derive(Debug)]
pub struct Connection {
    shared: Shared,
    /// How the connection ended; `None` while it is open.
    end: Mutex<Option<Lost>>,
    /// Notified when the last answer before the end has been sent.
    ended: Arc<Notify>,
}

impl Connection {
    /// Sends a request and waits for the whole answer.
    ///
    /// Routing, faults, quotas, the journal and `/control` are those of the socket. The path and the query of the
    /// request are used; its scheme and authority are not. Delays pass on tokio's clock, so a paused clock skips them.
    /// A fault that never answers makes this future pending until the fault's time is over.
    ///
    /// # Errors
    ///
    /// Returns how the connection ended if there is no complete answer.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        let is_head = request.method() == Method::HEAD;
        let (head, body) = request.into_parts();
        let is_whole = body.len() <= MAX_BODY_OF_STRANGERS || body.len() <= self.body_limit(&head);
        let body = if is_whole { body } else { Bytes::new() };
        let answer = self.exchange(Request::from_parts(head, body), is_whole);
        let (mut head, mut body) = answer.await?.into_parts();
        if is_head || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&head.status) {
            return Ok(Response::from_parts(head, Bytes::new()));
        }
        if let Some(size) = body.size_hint().exact() {
            let size = HeaderValue::from(size);
            head.headers.entry(header::CONTENT_LENGTH).or_insert(size);
        }
        let mut received = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                self.close(Lost::Closed);
                let received = Response::from_parts(head, received.into());
                return Err(Lost::Cut(Box::new(received)));
            };
            if let Some(data) = frame.data_ref() {
                received.extend_from_slice(data);
            }
        }
        Ok(Response::from_parts(head, received.into()))
    }

    /// Handles a request and returns the answer before its body is sent. `is_whole` is false if the body was larger
    /// than the sandbox reads.
    pub(crate) async fn exchange(
        &self,
        request: Request<Bytes>,
        is_whole: bool,
    ) -> Result<Response<AnswerBody>, Lost> {
        if let Some(end) = self.end() {
            return Err(end);
        }
        let received = received(request, is_whole);
        let answer = {
            let mut state = self.shared.lock();
            if state.refuses_connections {
                return Err(Lost::Refused);
            }
            let now = Instant::now();
            match control::answer(&mut state, &received, now) {
                Some(reply) => Answer::send(reply, Delivery::Immediate),
                None => state.answer(received, now),
            }
        };
        let (reply, delivery, busy_guard) = match answer {
            Answer::Lost(lost) => {
                self.close(lost.clone());
                return Err(lost);
            }
            Answer::Send {
                reply,
                delivery,
                busy_guard,
            } => (reply, delivery, busy_guard),
        };
        if let Delivery::Delayed(time) = delivery {
            sleep(time).await;
        }
        let mut response = response(reply, &delivery, busy_guard);
        if let Delivery::ThenEnd(end) = delivery {
            self.close(end);
            let body = response.body_mut();
            body.notify_when_sent(Arc::clone(&self.ended));
        }
        Ok(response)
    }

    /// The maximum size of a request's body, which depends on its credentials.
    pub(crate) fn body_limit(&self, head: &Parts) -> usize {
        let path = head.uri.path();
        let state = self.shared.lock();
        let is_known = state.knows(path, &headers(head), Instant::now());
        if is_known || path.starts_with(control::PREFIX) {
            MAX_BODY
        } else {
            MAX_BODY_OF_STRANGERS
        }
    }

    /// Waits until the last answer before the end has been sent.
    pub(crate) async fn ended(&self) {
        self.ended.notified().await;
    }

    /// How the connection ended; `None` while it is open.
    pub(crate) fn end(&self) -> Option<Lost> {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.clone()
    }

    fn close(&self, how: Lost) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
    }
}

fn received(request: Request<Bytes>, is_whole: bool) -> Received {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    Received {
        method: head.method.to_string(),
        target: match head.uri.path_and_query() {
            Some(target) => target.to_string(),
            None => path.clone(),
        },
        path,
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers(&head),
        body: is_whole.then(|| body.into()),
    }
}

fn headers(head: &Parts) -> Vec<(String, String)> {
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    headers.collect()
}

pub(crate) fn response(
    reply: Reply,
    delivery: &Delivery,
    busy_guard: Option<Arc<()>>,
) -> Response<AnswerBody> {
    let promised = reply.body.len().max(1);
    let mut response = Response::new(AnswerBody::new(reply.body, delivery, busy_guard));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    add_headers(&mut response, &reply.headers);
    if matches!(delivery, Delivery::CutMidway) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(promised));
    }
    response
}

/// Adds the headers of a reply, except those that are invalid or that frame the body.
fn add_headers(response: &mut Response<AnswerBody>, headers: &[(String, String)]) {
    for (name, value) in headers {
        let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) else {
            continue;
        };
        let framing = [
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::CONNECTION,
        ];
        if !framing.contains(&name) {
            response.headers_mut().append(name, value);
        }
    }
}
