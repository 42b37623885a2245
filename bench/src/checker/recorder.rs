//! Between the providers and the sandbox: when each call began and ended, on the test's clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use ticket_http::{Transport, TransportError};
use ticket_sandbox::{Sandbox, Vendor};
use ticket_testkit::InProcess;
use tokio::time::Instant;

/// One call as the vendor's side sees it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) vendor: Vendor,
    /// What may be called once at a time.
    pub(super) endpoint: &'static str,
    pub(super) path: String,
    pub(super) began: Duration,
    /// `None` while it goes on.
    pub(super) ended: Option<Duration>,
    /// Whether the answer was lost on the way.
    pub(super) is_lost: bool,
}

#[derive(Debug)]
struct Shared {
    transport: InProcess,
    start: Instant,
    calls: Mutex<Vec<Call>>,
    loss: f64,
    random: Mutex<fastrand::Rng>,
}

/// Carries requests to the sandbox and remembers them.
#[derive(Clone, Debug)]
pub(super) struct Recorder(Arc<Shared>);

impl Recorder {
    /// Loses answers with the probability `loss`.
    pub(super) fn new(sandbox: Arc<Sandbox>, loss: f64, seed: u64) -> Self {
        Self(Arc::new(Shared {
            transport: InProcess::new(sandbox),
            start: Instant::now(),
            calls: Mutex::default(),
            loss,
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
        }))
    }

    pub(super) fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.0.start.elapsed()
    }
}

/// Notes the end of a call, also of one that is given up.
struct Ends<'a>(&'a Recorder, usize);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        let now = self.0.now();
        if let Some(call) = self.0.calls().get_mut(self.1) {
            call.ended = Some(now);
        }
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let call = call(request.uri().path(), self.now());
        let place = {
            let mut calls = self.calls();
            calls.push(call);
            calls.len() - 1
        };
        let _ends = Ends(self, place);
        let answer = self.0.transport.send(request).await;
        let drawn = self
            .0
            .random
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .f64();
        if drawn < self.0.loss {
            if let Some(call) = self.calls().get_mut(place) {
                call.is_lost = true;
            }
            return Err(TransportError::Lost);
        }
        answer
    }
}

fn call(path: &str, began: Duration) -> Call {
    let mut segments = path.trim_start_matches('/').split('/');
    let prefix = segments.next().unwrap_or_default();
    let vendor = Vendor::ALL
        .into_iter()
        .find(|vendor| vendor.prefix() == prefix);
    let endpoint = match segments.next_back() {
        Some("fetchSingleTicket") => "get",
        Some("fetchOpenTickets" | "fetchClosedTickets") => "list",
        Some("create") => "create",
        Some("update") => "update",
        Some("resolve") => "resolve",
        Some("delete") => "delete",
        Some("authenticate") => "authenticate",
        _ => "other",
    };
    Call {
        vendor: vendor.unwrap_or(Vendor::OneCloud),
        endpoint,
        path: path.to_owned(),
        began,
        ended: None,
        is_lost: false,
    }
}
