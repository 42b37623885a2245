//! The HTTP server: accepts connections, reads requests, sends answers or cuts them off.
//!
//! What is answered is decided in `state.rs`.

use std::error::Error as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::answer::{Answer, Delivery};
use crate::body::{AnswerBody, Cut};
use crate::state::{Received, State};

/// Larger request bodies are answered with 413 and not kept.
const MAX_REQUEST_BODY: usize = 32 * 1024 * 1024;

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
}

/// Serves until `stop` is used or dropped, then closes the listening socket and all connections.
pub(crate) async fn run(listener: TcpListener, shared: Shared, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, shared.clone()));
                }
                // Most likely out of file descriptors: retrying immediately would only spin.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, shared: Shared) {
    // Small answers do not wait for the acknowledgement of the previous one.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| exchange(request, shared.clone()));
    let mut connection = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let Err(error) = (&mut connection).await else {
        return;
    };
    let cut = error.source().and_then(|source| source.downcast_ref());
    if cut == Some(&Cut::Reset) {
        let stream = connection.into_parts().io.into_inner();
        let _ = stream.set_zero_linger();
    }
}

async fn exchange(request: Request<Incoming>, shared: Shared) -> Result<Response<AnswerBody>, Cut> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MAX_REQUEST_BODY).collect().await {
        Ok(body) => Some(Vec::from(body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => None,
        // The client disconnected before the request was complete.
        Err(_) => return Err(Cut::Close),
    };
    let received = Received {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        body,
    };
    let answer = shared.lock().answer(received, Instant::now());
    match answer {
        Answer::Close => Err(Cut::Close),
        Answer::Reset => Err(Cut::Reset),
        Answer::Send {
            status,
            headers,
            body,
            delivery,
            busy_guard,
        } => {
            if let Delivery::Delayed(time) = delivery {
                sleep(time).await;
            }
            Ok(response(status, &headers, body, &delivery, busy_guard))
        }
    }
}

fn response(
    status: u16,
    headers: &[(String, String)],
    body: Vec<u8>,
    delivery: &Delivery,
    busy_guard: Option<Arc<()>>,
) -> Response<AnswerBody> {
    let promised = body.len().max(1);
    let mut response = Response::new(match *delivery {
        Delivery::Immediate | Delivery::Delayed(_) => AnswerBody::Whole(Bytes::from(body)),
        Delivery::Dripping(pause) => AnswerBody::dripping(body, pause, busy_guard),
        Delivery::CutMidway => AnswerBody::cut_midway(body),
        Delivery::PaddedTo(size) => AnswerBody::padded(body, size),
    });
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
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
    if matches!(delivery, Delivery::CutMidway) {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(promised));
    }
    response
}
