//! Layers: what stands between the caller and a provider, written once for all operations.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures_core::future::BoxFuture;

use crate::capability::ProviderInfo;
use crate::delete::DeleteReport;
use crate::draft::{Created, NewTicket, TicketPatch};
use crate::error::Result;
use crate::message::{Message, NewComment};
use crate::operation::{Operation, Request};
use crate::provider::TicketProvider;
use crate::query::{Page, PageRequest, TicketQuery};
use crate::ticket::{Ticket, TicketId};

/// The call that a layer stands around.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    info: &'a ProviderInfo,
    request: Request<'a>,
}

impl<'a> Call<'a> {
    /// The provider that is called.
    pub const fn info(&self) -> &'a ProviderInfo {
        self.info
    }

    /// The operation with its arguments.
    pub const fn request(&self) -> Request<'a> {
        self.request
    }

    /// The operation.
    pub const fn operation(&self) -> Operation {
        self.request.operation()
    }
}

/// One concern around every call, such as a timeout; generic over the reply, so that it is written once.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use futures_core::future::BoxFuture;
/// use ticket_core::{Call, Layer, Result};
///
/// /// Counts calls.
/// #[derive(Debug, Default)]
/// struct Count(AtomicUsize);
///
/// impl Layer for Count {
///     async fn call<'a, T: Send + 'a>(
///         &'a self,
///         _call: Call<'a>,
///         next: impl Fn() -> BoxFuture<'a, Result<T>> + Send + Sync + 'a,
///     ) -> Result<T> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         next().await
///     }
/// }
/// ```
pub trait Layer: Debug + Send + Sync + 'static {
    /// Makes the call, by running `next` once, several times or not at all.
    ///
    /// # Errors
    ///
    /// Returns what `next` returns, or the layer's own error.
    fn call<'a, T: Send + 'a>(
        &'a self,
        call: Call<'a>,
        next: impl Fn() -> BoxFuture<'a, Result<T>> + Send + Sync + 'a,
    ) -> impl Future<Output = Result<T>> + Send + 'a;
}

/// A provider with a layer around it. The only place that forwards the operations one by one.
#[derive(Debug)]
pub struct Layered<L> {
    layer: L,
    inner: Arc<dyn TicketProvider>,
}

impl<L: Layer> Layered<L> {
    /// Puts `layer` around `inner`.
    pub fn new(layer: L, inner: Arc<dyn TicketProvider>) -> Self {
        Self { layer, inner }
    }

    fn call<'a>(&'a self, request: Request<'a>) -> Call<'a> {
        Call {
            info: self.inner.info(),
            request,
        }
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<L: Layer> TicketProvider for Layered<L> {
    fn info(&self) -> &ProviderInfo {
        self.inner.info()
    }

    async fn get(&self, id: &TicketId) -> Result<Ticket> {
        self.layer
            .call(self.call(Request::Get(id)), || self.inner.get(id))
            .await
    }

    async fn list(&self, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.layer
            .call(self.call(Request::List(query)), || self.inner.list(query))
            .await
    }

    async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.layer
            .call(self.call(Request::Create(ticket)), || {
                self.inner.create(ticket)
            })
            .await
    }

    async fn update(&self, id: &TicketId, patch: &TicketPatch) -> Result<()> {
        self.layer
            .call(self.call(Request::Update(id, patch)), || {
                self.inner.update(id, patch)
            })
            .await
    }

    async fn resolve(&self, id: &TicketId) -> Result<()> {
        self.layer
            .call(self.call(Request::Resolve(id)), || self.inner.resolve(id))
            .await
    }

    async fn delete(&self, ids: &[TicketId]) -> Result<DeleteReport> {
        self.layer
            .call(self.call(Request::Delete(ids)), || self.inner.delete(ids))
            .await
    }

    async fn messages(&self, id: &TicketId, page: &PageRequest) -> Result<Page<Message>> {
        self.layer
            .call(self.call(Request::Messages(id, page)), || {
                self.inner.messages(id, page)
            })
            .await
    }

    async fn comment(&self, id: &TicketId, comment: &NewComment) -> Result<()> {
        self.layer
            .call(self.call(Request::Comment(id, comment)), || {
                self.inner.comment(id, comment)
            })
            .await
    }
}
