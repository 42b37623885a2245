//! The HTTP server: accepts connections, reads requests, sends answers or ends connections.
//!
//! What is answered is decided in `in_process.rs`.

mod half_sent;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header;
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::answer::{Delivery, Lost};
use crate::body::AnswerBody;
use crate::in_process::{Connection, Shared, response};
use crate::reply::Reply;
use half_sent::{Receiving, TimedStream};

/// Serves until `stop` is used or dropped, then closes the listening socket and all connections.
pub(crate) async fn run(listener: TcpListener, shared: Shared, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    let port = listener.local_addr().map_or(0, |address| address.port());
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, port, shared.clone()));
                }
                // Most likely out of file descriptors: retrying immediately would only spin.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, port: u16, shared: Shared) {
    // Small answers do not wait for the acknowledgement of the previous one.
    let _ = stream.set_nodelay(true);
    let served = Arc::new(Served {
        port,
        connection: shared.connect(),
        receiving: Arc::default(),
    });
    let stream = TimedStream::new(stream, Arc::clone(&served.receiving));
    let service = {
        let served = Arc::clone(&served);
        service_fn(move |request| Box::pin(exchange(request, Arc::clone(&served))))
    };
    let mut http = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let ended_silently = tokio::select! {
        biased;
        // The error is that the client disconnected, or the end that is read below.
        _ = poll_fn(|cx| http.poll_without_shutdown(cx)) => false,
        () = served.connection.ended() => true,
    };
    if ended_silently {
        // Sends what is left of the answer and reads no more.
        Pin::new(&mut http).graceful_shutdown();
        let _ = poll_fn(|cx| http.poll_without_shutdown(cx)).await;
    }
    if matches!(served.connection.end(), Some(Lost::Reset)) {
        let stream = http.into_parts().io.into_inner().into_inner();
        let _ = stream.set_zero_linger();
    }
}

/// A connection that is being served.
struct Served {
    /// The port that the server listens on.
    port: u16,
    connection: Connection,
    receiving: Arc<Receiving>,
}

async fn exchange(
    request: Request<Incoming>,
    served: Arc<Served>,
) -> Result<Response<AnswerBody>, Lost> {
    let (head, body) = request.into_parts();
    if let Some(reason) = foreign(&head, served.port) {
        let reply = Reply::text(403, reason);
        return Ok(response(reply, &Delivery::Immediate, None));
    }
    let limit = served.connection.body_limit(&head);
    let (body, is_whole) = match Limited::new(body, limit).collect().await {
        Ok(body) => (body.to_bytes(), true),
        Err(error) if error.is::<LengthLimitError>() => (Bytes::new(), false),
        // The client disconnected before the request was complete, or took too long.
        Err(_) => return Err(Lost::Closed),
    };
    served.receiving.done();
    let request = Request::from_parts(head, body);
    served.connection.exchange(request, is_whole).await
}

/// Why a request is refused that a web page may have caused: a browser names the page's origin, and, if the page's name
/// was made to resolve to this machine, that name as the host.
fn foreign(head: &Parts, port: u16) -> Option<&'static str> {
    if head.headers.contains_key(header::ORIGIN) {
        return Some("the sandbox answers no web pages: the request has an Origin header\n");
    }
    let hosts = head.headers.get_all(header::HOST).iter();
    let mut hosts = hosts.map(|host| host.to_str().unwrap_or_default());
    let authority = head.uri.authority().map(Authority::as_str);
    let is_own = |host: &str| {
        let Some((name, of)) = host.rsplit_once(':') else {
            return false;
        };
        let names = ["127.0.0.1", "localhost", "[::1]"];
        of == port.to_string() && names.iter().any(|own| name.eq_ignore_ascii_case(own))
    };
    let all_own = hosts.all(is_own) && authority.is_none_or(is_own);
    (!all_own).then_some("the Host header is not 127.0.0.1, localhost or [::1] with this port\n")
}
