//! Layers: code that runs between the caller and a provider, written once for all operations.

use std::fmt::Debug;
use std::future::Future;

use crate::model::attached::AttachedFile;
use crate::model::draft::Created;
use crate::model::message::Message;
use crate::model::query::Page;
use crate::model::ticket::{Ticket, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteReport;
use crate::provider::download::Download;
use crate::provider::error::Result;
use crate::provider::operation::{Operation, Request};

/// The call that a layer wraps.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    info: &'a ProviderInfo,
    context: &'a CallContext,
    request: Request<'a>,
}

impl<'a> Call<'a> {
    pub(crate) const fn new(
        info: &'a ProviderInfo,
        context: &'a CallContext,
        request: Request<'a>,
    ) -> Self {
        Self {
            info,
            context,
            request,
        }
    }

    /// The provider that is called.
    pub const fn info(&self) -> &'a ProviderInfo {
        self.info
    }

    /// The call's context: deadline, stop, earlier attempts.
    pub const fn context(&self) -> &'a CallContext {
        self.context
    }

    /// The same call with another context, for the inner layers.
    #[must_use]
    pub const fn with_context<'b>(self, context: &'b CallContext) -> Call<'b>
    where
        'a: 'b,
    {
        Call { context, ..self }
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

/// The result of an operation. Implemented for a fixed set of types.
pub trait Reply: sealed::Sealed + Send + 'static {
    /// Reinterprets the reply after an earlier attempt of unknown effect: a rejection now may be the result of
    /// what that attempt did.
    #[must_use]
    fn after_unknown_effect(self) -> Self
    where
        Self: Sized,
    {
        self
    }

    /// The ticket that the reply is about, if it says so.
    fn ticket(&self) -> Option<&TicketId> {
        None
    }
}

impl Reply for Ticket {
    fn ticket(&self) -> Option<&TicketId> {
        Some(&self.id)
    }
}

impl Reply for Page<Ticket> {}
impl Reply for Page<Message> {}
impl Reply for Page<AttachedFile> {}
impl Reply for Download {}
impl Reply for Created {}
impl Reply for () {}
impl Reply for Option<DeleteReport> {}

impl Reply for DeleteReport {
    fn after_unknown_effect(self) -> Self {
        self.in_doubt()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Ticket {}
    impl Sealed for super::Page<super::Ticket> {}
    impl Sealed for super::Page<super::Message> {}
    impl Sealed for super::Page<super::AttachedFile> {}
    impl Sealed for super::Download {}
    impl Sealed for super::Created {}
    impl Sealed for () {}
    impl Sealed for super::DeleteReport {}
    impl Sealed for Option<super::DeleteReport> {}
}

/// The inside of a layer: the inner layers and, last, the provider.
pub trait Next<T>: Send + Sync {
    /// Makes the call.
    ///
    /// # Errors
    ///
    /// Returns the errors of the inner layers and the provider.
    fn call(&self, call: Call<'_>) -> impl Future<Output = Result<T>> + Send;
}

/// One concern that wraps every call, such as a timeout. It is generic over the reply type, so it is written
/// once for all operations.
///
/// [`Tickets::layer`](crate::Tickets::layer) adds a layer to a handle, [`Stack`](crate::call::Stack) to a provider.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use ticket_core::Result;
/// use ticket_core::call::{Call, Layer, Next, Reply};
///
/// /// Counts calls.
/// #[derive(Debug, Default)]
/// struct Count(AtomicUsize);
///
/// impl Layer for Count {
///     async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         next.call(call).await
///     }
/// }
/// ```
pub trait Layer: Debug + Send + Sync + 'static {
    /// Makes the call, by running `next` once, several times or not at all.
    ///
    /// # Errors
    ///
    /// Returns what `next` returns, or the layer's own error.
    fn call<T: Reply>(
        &self,
        call: Call<'_>,
        next: &impl Next<T>,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// Two layers as one. The first is the outer one.
#[derive(Debug)]
pub(crate) struct Around<A, B>(pub(crate) A, pub(crate) B);

impl<A: Layer, B: Layer> Layer for Around<A, B> {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let inside = Inner {
            layer: &self.1,
            next,
        };
        self.0.call(call, &inside).await
    }
}

/// A layer together with its inside.
struct Inner<'a, L, N> {
    layer: &'a L,
    next: &'a N,
}

impl<T: Reply, L: Layer, N: Next<T>> Next<T> for Inner<'_, L, N> {
    fn call(&self, call: Call<'_>) -> impl Future<Output = Result<T>> + Send {
        self.layer.call(call, self.next)
    }
}
