//! What the client promises, held against real sockets: each test looks at what the caller got and at what
//! the server saw.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod bodies;
#[cfg(feature = "rustls")]
mod certificates;
mod connections;
mod files;
mod foreign;
mod paths;
mod proxies;
mod redirects;
mod replies;
mod requests;
mod secrets;
mod server;
mod spans;
mod transport;
mod values;
