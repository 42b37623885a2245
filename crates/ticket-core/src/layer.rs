//! Layers: what stands between the caller and a provider, written once for all operations.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use futures_core::future::BoxFuture;

use crate::capability::ProviderInfo;
use crate::delete::{DeleteOutcome, DeleteReport};
use crate::draft::{Created, NewTicket, TicketPatch};
use crate::error::{Effect, Result};
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

/// What an operation gives back; implemented for exactly these types.
pub trait Reply: sealed::Sealed + Send + 'static {
    /// The reply as it must be read after an earlier attempt of unknown effect: what looks like a refusal now
    /// may be the trace of what that attempt did.
    #[must_use]
    fn after_unknown_effect(self, info: &ProviderInfo) -> Self
    where
        Self: Sized,
    {
        let _ = info;
        self
    }
}

impl Reply for Ticket {}
impl Reply for Page<Ticket> {}
impl Reply for Page<Message> {}
impl Reply for Created {}
impl Reply for () {}

/// A ticket that is not found was deleted by the earlier attempt, unless the vendor
/// [finds none also where there is one](crate::Capabilities::not_found_is_vague). Of one that is refused nobody
/// knows, since some vendors refuse what is gone without saying why.
impl Reply for DeleteReport {
    fn after_unknown_effect(self, info: &ProviderInfo) -> Self {
        let is_vague = info.capabilities.is_not_found_vague();
        self.map(|outcome| match outcome {
            DeleteOutcome::NotFound(_) if !is_vague => DeleteOutcome::AlreadyGone,
            DeleteOutcome::NotFound(error) | DeleteOutcome::Failed(error) => {
                DeleteOutcome::Unknown(error.with_effect(Effect::Unknown))
            }
            settled => settled,
        })
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Ticket {}
    impl Sealed for super::Page<super::Ticket> {}
    impl Sealed for super::Page<super::Message> {}
    impl Sealed for super::Created {}
    impl Sealed for () {}
    impl Sealed for super::DeleteReport {}
}

/// One concern around every call, such as a timeout; generic over the reply, so that it is written once.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use futures_core::future::BoxFuture;
/// use ticket_core::{Call, Layer, Reply, Result};
///
/// /// Counts calls.
/// #[derive(Debug, Default)]
/// struct Count(AtomicUsize);
///
/// impl Layer for Count {
///     async fn call<'a, T: Reply>(
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
    fn call<'a, T: Reply>(
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

    fn around<'a, T: Reply>(
        &'a self,
        request: Request<'a>,
        next: impl Fn() -> BoxFuture<'a, Result<T>> + Send + Sync + 'a,
    ) -> BoxFuture<'a, Result<T>> {
        let info = self.inner.info();
        Box::pin(self.layer.call(Call { info, request }, next))
    }
}

/// Forwards operations through the layer. Spelt out as `async_trait` does it, so that each call is boxed
/// once and compilers of the declared age can see that the futures are `Send`.
macro_rules! forward {
    ($($name:ident = $request:ident($($argument:ident: &$life:lifetime $type:ty),+) -> $reply:ty;)+) => {$(
        fn $name<'s, $($life,)+ 'r>(&'s self, $($argument: &$life $type),+) -> BoxFuture<'r, Result<$reply>>
        where
            's: 'r,
            $($life: 'r,)+
            Self: 'r,
        {
            self.around(Request::$request($($argument),+), move || self.inner.$name($($argument),+))
        }
    )+};
}

#[deny(clippy::missing_trait_methods)]
impl<L: Layer> TicketProvider for Layered<L> {
    fn info(&self) -> &ProviderInfo {
        self.inner.info()
    }

    forward! {
        get = Get(id: &'a TicketId) -> Ticket;
        list = List(query: &'a TicketQuery) -> Page<Ticket>;
        create = Create(ticket: &'a NewTicket) -> Created;
        update = Update(id: &'a TicketId, patch: &'b TicketPatch) -> ();
        resolve = Resolve(id: &'a TicketId) -> ();
        delete = Delete(ids: &'a [TicketId]) -> DeleteReport;
        messages = Messages(id: &'a TicketId, page: &'b PageRequest) -> Page<Message>;
        comment = Comment(id: &'a TicketId, comment: &'b NewComment) -> ();
    }
}
