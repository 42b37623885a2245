//! Whether a worker lives and is ready, for programs on the same machine.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use ticket_jobs::WorkerEvent;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::metrics::Metrics;

/// For how long after its last answer the ledger counts as answering: a few polls.
const READY_FOR: Duration = Duration::from_secs(5);

/// How long a client may take to ask.
const HEADERS: Duration = Duration::from_secs(5);

/// How long a connection lasts.
const CONNECTION: Duration = Duration::from_secs(60);

/// What is known of a worker.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// When the ledger answered last.
    answered: Mutex<Option<Instant>>,
}

impl Health {
    pub(super) fn heard(&self, event: &WorkerEvent) {
        let answered = match event {
            WorkerEvent::Answered => Some(Instant::now()),
            WorkerEvent::NoAnswer { .. } => None,
            _ => return,
        };
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = answered;
    }

    fn is_ready(&self) -> bool {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.is_some_and(|answered| answered.elapsed() <= READY_FOR)
    }

    fn answer<B>(&self, request: &Request<B>, metrics: Option<&Metrics>) -> Response<Full<Bytes>> {
        if !is_local(request) {
            return plain(StatusCode::FORBIDDEN, "this host is not served here\n");
        }
        let path = request.uri().path();
        if !["/livez", "/readyz", "/metrics"].contains(&path) {
            return plain(StatusCode::NOT_FOUND, "ask for /livez or /readyz\n");
        }
        if request.method() != Method::GET {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "ask with GET\n");
        }
        match (path, metrics) {
            ("/livez", _) => plain(StatusCode::OK, "ok\n"),
            ("/readyz", _) if self.is_ready() => plain(StatusCode::OK, "ok\n"),
            ("/readyz", _) => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the ledger does not answer\n",
            ),
            (_, Some(metrics)) => plain(StatusCode::OK, metrics.render()),
            (_, None) => plain(StatusCode::NOT_FOUND, "--metrics serves them\n"),
        }
    }
}

/// Whether the request names this machine. A page of the Internet that leads a browser here names another host.
fn is_local<B>(request: &Request<B>) -> bool {
    let host = request.headers().get(HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let plain = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// Answers until the process ends.
pub(super) async fn serve(listener: TcpListener, health: Arc<Health>, metrics: Option<Metrics>) {
    let metrics = Arc::new(metrics);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of files, perhaps: it may pass.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (health, metrics) = (Arc::clone(&health), Arc::clone(&metrics));
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let answer = health.answer(&request, metrics.as_ref().as_ref());
                std::future::ready(Ok::<_, Infallible>(answer))
            });
            let mut server = http1::Builder::new();
            server
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS)
                .max_buf_size(16 * 1024);
            let connection = server.serve_connection(TokioIo::new(stream), service);
            // Whoever asked may be gone.
            let _ = tokio::time::timeout(CONNECTION, connection).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(health: &Health, method: &str, path: &str, host: Option<&str>) -> u16 {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let request = request.body(()).unwrap();
        health.answer(&request, None).status().as_u16()
    }

    #[tokio::test(start_paused = true)]
    async fn worker_is_ready_while_the_ledger_answers() {
        let health = Health::default();
        let ready = || status(&health, "GET", "/readyz", Some("127.0.0.1:9100"));
        assert_eq!(ready(), 503);
        health.heard(&WorkerEvent::Answered);
        assert_eq!(ready(), 200);
        tokio::time::advance(READY_FOR + Duration::from_millis(1)).await;
        assert_eq!(ready(), 503);
        health.heard(&WorkerEvent::Answered);
        let error = tickets::Error::config("the database is gone");
        health.heard(&WorkerEvent::NoAnswer { error });
        assert_eq!(ready(), 503);
        let live = status(&health, "GET", "/livez", Some("localhost"));
        assert_eq!(live, 200);
    }

    #[test]
    fn request_that_names_another_host_is_refused() {
        let health = Health::default();
        let live = |host| status(&health, "GET", "/livez", host);
        for host in [
            "127.0.0.1",
            "127.0.0.1:9100",
            "LOCALHOST:9100",
            "[::1]:9100",
            "[::1]",
        ] {
            assert_eq!(live(Some(host)), 200, "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:9100",
            "10.0.0.1",
            "",
        ] {
            assert_eq!(live(Some(host)), 403, "{host}");
        }
        assert_eq!(live(None), 403);
        let local = Some("localhost");
        assert_eq!(status(&health, "POST", "/livez", local), 405);
        assert_eq!(status(&health, "GET", "/", local), 404);
        assert_eq!(status(&health, "GET", "/metrics", local), 404);
    }
}
