//! A vendor that notes when each call reached it, and an account with it that keeps within its quotas.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use ticket_core::call::{Pace, Pacer, Stack};
use ticket_core::provider::{Capabilities, Limit};
use ticket_core::{
    CallContext, Error, ErrorKind, NewComment, ProviderInfo, Result, TicketId, TicketProvider,
};
use tokio::time::{Instant, timeout};

use crate::seconds;

/// Notes when each call reached it, in milliseconds, and answers all of them equally late.
#[derive(Debug)]
pub(crate) struct Vendor {
    info: ProviderInfo,
    pub(crate) start: Instant,
    latency: Duration,
    /// Refuses the calls about these tickets.
    refuses: Vec<(&'static str, Option<Duration>)>,
    seen: Mutex<Vec<(u64, String)>>,
}

impl Vendor {
    pub(crate) fn new(latency: Duration) -> Self {
        Self {
            info: ProviderInfo::new("memory", "Memory", Capabilities::none()),
            start: Instant::now(),
            latency,
            refuses: Vec::new(),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn refusing(mut self, id: &'static str, retry_after: Option<Duration>) -> Self {
        self.refuses.push((id, retry_after));
        self
    }

    /// A handle that keeps within the limits.
    pub(crate) fn within(self, limits: impl Into<Vec<Limit>>) -> Account {
        let (vendor, pacer) = (Arc::new(self), Arc::new(Pacer::new(limits)));
        let provider = Stack::new(Pace::new(Arc::clone(&pacer)), Arc::clone(&vendor) as _);
        Account {
            vendor,
            pacer,
            provider,
        }
    }

    async fn answer(&self, id: &TicketId) -> Result<()> {
        let after = u64::try_from(self.start.elapsed().as_millis()).unwrap();
        self.seen.lock().unwrap().push((after, id.to_string()));
        tokio::time::sleep(self.latency).await;
        let refusal = self
            .refuses
            .iter()
            .find(|(refused, _)| *refused == id.as_str());
        match refusal {
            None if id.as_str() == "missing" => {
                Err(Error::new(ErrorKind::NotFound, "there is no such ticket"))
            }
            None => Ok(()),
            Some((_, retry_after)) => {
                let error = Error::new(ErrorKind::RateLimited, "too many calls");
                Err(retry_after.map_or(error.clone(), |wait| error.with_retry_after(wait)))
            }
        }
    }
}

#[async_trait]
impl TicketProvider for Vendor {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.answer(id).await
    }

    async fn comment(
        &self,
        _context: &CallContext,
        id: &TicketId,
        _comment: &NewComment,
    ) -> Result<()> {
        self.answer(id).await
    }
}

pub(crate) struct Account {
    pub(crate) vendor: Arc<Vendor>,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) provider: Stack<Pace>,
}

impl Account {
    pub(crate) async fn resolve(&self, id: &str) -> Result<()> {
        in_time(
            self.provider
                .resolve(&CallContext::new(), &TicketId::new(id)),
        )
        .await
    }

    pub(crate) async fn resolve_all(&self, ids: impl IntoIterator<Item = &str>) -> Vec<Result<()>> {
        join_all(ids.into_iter().map(|id| self.resolve(id))).await
    }

    pub(crate) async fn comment(&self, id: &str) -> Result<()> {
        let comment = NewComment::internal("seen");
        in_time(
            self.provider
                .comment(&CallContext::new(), &TicketId::new(id), &comment),
        )
        .await
    }

    pub(crate) fn assert_seen(&self, expected: &[(u64, &str)]) {
        let seen = self.vendor.seen.lock().unwrap();
        let seen: Vec<_> = seen.iter().map(|(at, id)| (*at, id.as_str())).collect();
        assert_eq!(seen, expected);
    }

    pub(crate) fn assert_idle(&self) {
        let status = self.pacer.status();
        assert_eq!((status.in_flight, status.waiting), (0, 0));
        assert_eq!(status.blocked_by, None);
    }
}

/// A call that would never be sent fails its test.
async fn in_time<T>(call: impl Future<Output = T>) -> T {
    timeout(seconds(3600), call).await.unwrap()
}
