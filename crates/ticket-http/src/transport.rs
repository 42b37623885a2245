//! What carries a request in the network's place, injected by an application or a test.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

/// Carries requests in the network's place, for example to a vendor in the same process.
///
/// The types are those of the crates `http` 1 and `bytes` 1. The request has an absolute URI and the headers as they
/// would be sent, `host` included; its body is complete, files included. The reply's body is complete and not coded.
///
/// Without one, requests go over the network. With one, nothing of it is used: no sockets, no certificates, no
/// proxies, no connect timeout. What is checked and promised about requests and replies stays. The total timeout runs
/// on tokio's clock, so that a test with a paused clock is exact and repeatable.
///
/// ```
/// use async_trait::async_trait;
/// use bytes::Bytes;
/// use ticket_http::{HttpClient, HttpConfig, Transport, TransportError};
///
/// struct Vendor;
///
/// #[async_trait]
/// impl Transport for Vendor {
///     async fn send(
///         &self,
///         request: http::Request<Bytes>,
///     ) -> Result<http::Response<Bytes>, TransportError> {
///         match request.uri().path() {
///             "/tickets/160" => Ok(http::Response::new(Bytes::from("{}"))),
///             _ => Err(TransportError::Lost),
///         }
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let config = HttpConfig::default().transport(Vendor);
/// let client = HttpClient::new("http://localhost", &config, &[])?;
/// assert_eq!(client.get(&["tickets", "160"]).send().await?.body(), b"{}");
/// # Ok::<(), ticket_core::Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends the request once, and returns the whole reply.
    ///
    /// # Errors
    ///
    /// What the caller may conclude about the vendor: see [`TransportError`].
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request).await
    }
}

/// Why a [`Transport`] has no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection, for this reason. Nothing was sent: `Connect`, effect none.
    NotConnected(String),
    /// The request may have been sent, and no complete reply came: `Unavailable`, effect unknown.
    Lost,
    /// No complete reply came in time: `Timeout`, effect unknown.
    TimedOut,
    /// What came is no HTTP: `BadResponse`, effect unknown.
    NotHttp,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(why) => write!(f, "no connection: {why}"),
            Self::Lost => f.write_str("the connection was lost"),
            Self::TimedOut => f.write_str("no complete reply in time"),
            Self::NotHttp => f.write_str("the reply is not HTTP"),
        }
    }
}

impl std::error::Error for TransportError {}
