//! The server for Restate's calls.
//!
//! The SDK's own one leaves Nagle's algorithm on. Each entry of a journal is a small frame, and waits up to 40 ms for an
//! acknowledgement then; with short steps that costs most of a quota.

use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use restate_sdk::endpoint::Endpoint;
use restate_sdk::hyper::HyperEndpoint;
use tokio::net::TcpListener;

/// Accepts connections for ever.
pub async fn serve(listener: TcpListener, endpoint: Endpoint) {
    let endpoint = HyperEndpoint::new(endpoint);
    loop {
        let accepted = listener.accept().await;
        let Ok(stream) = accepted.and_then(|(stream, _)| stream.set_nodelay(true).map(|()| stream))
        else {
            // No descriptor is free, or the peer is gone already.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let http = http2::Builder::new(TokioExecutor::new());
        // A connection that breaks is the server's to repeat.
        tokio::spawn(http.serve_connection(TokioIo::new(stream), endpoint.clone()));
    }
}
