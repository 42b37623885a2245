//! The sandbox in place of the network: what `ticket-http` sends goes to a sandbox in the same process.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use ticket_http::{Transport, TransportError};
use ticket_sandbox::{Connection, Lost, Sandbox};

/// Sends the requests of a provider to a sandbox without a socket, for `HttpConfig::transport`.
///
/// Connections are kept and used again, so that a fault that ends one silently loses the next request on it. On a paused
/// clock a test is exact, fast and repeatable.
///
/// ```
/// use std::sync::Arc;
/// use ticket_http::{HttpClient, HttpConfig};
/// use ticket_sandbox::{Sandbox, Vendor};
/// use ticket_testkit::InProcess;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let sandbox = Arc::new(Sandbox::builder().in_process());
/// let config = HttpConfig::default().transport(InProcess::new(Arc::clone(&sandbox)));
/// let client = HttpClient::new(&sandbox.base_url(Vendor::OneCloud), &config, &[])?;
/// assert_eq!(client.get(&["nowhere"]).send().await?.status(), 404);
/// assert_eq!(sandbox.journal().len(), 1);
/// # Ok::<(), ticket_core::Error>(())
/// # }).unwrap();
/// ```
pub struct InProcess {
    sandbox: Arc<Sandbox>,
    idle: Mutex<Vec<Connection>>,
}

impl InProcess {
    /// Sends to this sandbox.
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self {
            sandbox,
            idle: Mutex::default(),
        }
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess")
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = kept.unwrap_or_else(|| self.sandbox.connect());
        match connection.send(request).await {
            Ok(reply) => {
                idle().push(connection);
                Ok(reply)
            }
            Err(Lost::Refused) => Err(TransportError::NotConnected(
                "connection refused".to_owned(),
            )),
            // As over the network, the status of a refusal counts although its body is cut.
            Err(Lost::Cut(reply)) if !reply.status().is_success() => Ok(*reply),
            Err(_) => Err(TransportError::Lost),
        }
    }
}
