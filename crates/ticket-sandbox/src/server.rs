//! The HTTP server: accepts connections, reads requests, sends answers or ends connections.
//!
//! What is answered is decided in `in_process.rs`.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::body::AnswerBody;
use crate::in_process::{Connection, Lost, Shared};

/// Larger request bodies are answered with 413 and not kept.
const MAX_REQUEST_BODY: usize = 32 * 1024 * 1024;

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
    let connection = Arc::new(shared.connect());
    let served = Arc::clone(&connection);
    let service = service_fn(move |request| Box::pin(exchange(request, Arc::clone(&served))));
    let mut http = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let ended_silently = tokio::select! {
        biased;
        // The error is that the client disconnected, or the end that is read below.
        _ = poll_fn(|cx| http.poll_without_shutdown(cx)) => false,
        () = connection.ended() => true,
    };
    if ended_silently {
        // Sends what is left of the answer and reads no more.
        Pin::new(&mut http).graceful_shutdown();
        let _ = poll_fn(|cx| http.poll_without_shutdown(cx)).await;
    }
    if matches!(connection.end(), Some(Lost::Reset)) {
        let stream = http.into_parts().io.into_inner();
        let _ = stream.set_zero_linger();
    }
}

async fn exchange(
    request: Request<Incoming>,
    connection: Arc<Connection>,
) -> Result<Response<AnswerBody>, Lost> {
    let (head, body) = request.into_parts();
    let (body, is_whole) = match Limited::new(body, MAX_REQUEST_BODY).collect().await {
        Ok(body) => (body.to_bytes(), true),
        Err(error) if error.is::<LengthLimitError>() => (Bytes::new(), false),
        // The client disconnected before the request was complete.
        Err(_) => return Err(Lost::Closed),
    };
    let request = Request::from_parts(head, body);
    connection.exchange(request, is_whole).await
}
