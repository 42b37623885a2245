//! The standard stack: which layers wrap a provider, and in which order. Only this module decides that.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;

use crate::call::layer::{Around, Call, Layer, Next};
use crate::call::layers::{Check, Observe, Pace, Retry, Timeout};
use crate::call::pace::{LONGEST, Pacer};
use crate::call::retry::RetryPolicy;
use crate::model::attached::AttachedFile;
use crate::model::draft::{Created, NewTicket, TicketPatch};
use crate::model::message::{Message, NewComment};
use crate::model::query::{Page, PageRequest, TicketQuery};
use crate::model::ticket::{Ticket, TicketId};
use crate::provider::capability::ProviderInfo;
use crate::provider::concurrency::Concurrency;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteReport;
use crate::provider::download::Download;
use crate::provider::error::Result;
use crate::provider::operation::Request;
use crate::provider::target::DeleteTarget;
use crate::provider::ticket_provider::TicketProvider;
use crate::provider::vendor_job::VendorJob;

/// Options of the standard stack.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StackOptions {
    /// Timeout of one attempt, without waiting for the quota. Default 35 seconds: a little longer than the 30
    /// seconds of the providers' HTTP client, whose error is more precise.
    pub timeout: Duration,
    /// How often and how soon a failed call is repeated.
    pub retry: RetryPolicy,
    /// How long a single call of [`Tickets`](crate::Tickets) may wait to be sent, for the quota and between
    /// attempts, if its [context](crate::CallContext) has no deadline. Default 5 minutes. It does not apply
    /// to bulk changes.
    pub deadline: Duration,
    /// Concurrent calls, unless the [options](crate::bulk::BulkOptions::concurrency) of a bulk change set another number.
    /// Default: [`Auto`](Concurrency::Auto).
    pub concurrency: Concurrency,
    /// Page size of [`Tickets::list_all`](crate::Tickets::list_all), unless the query sets one. Default: the
    /// largest page size that the provider documents.
    pub page_size: Option<NonZeroU32>,
    /// Whether every write fails with `Config` before anything is sent. Default: no.
    pub read_only: bool,
    /// The pacer that keeps the account within its quotas. Default: a new pacer for the quotas that the
    /// provider documents. All handles of one account must share one pacer.
    pub pacer: Option<Arc<Pacer>>,
    /// Seed of the random waits between attempts, for reproducible runs. Default: a random seed.
    pub seed: Option<u64>,
    /// The name of the account in spans. Default: none.
    pub account: Option<Arc<str>>,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            timeout: LONGEST,
            retry: RetryPolicy::default(),
            deadline: Duration::from_secs(300),
            concurrency: Concurrency::Auto,
            page_size: None,
            read_only: false,
            pacer: None,
            seed: None,
            account: None,
        }
    }
}

impl StackOptions {
    /// Sets the timeout of one attempt.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how often and how soon a failed call is made again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Sets how long a single call may wait to be sent.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets how many calls are made concurrently.
    #[must_use]
    pub fn concurrency(mut self, calls: impl Into<Concurrency>) -> Self {
        self.concurrency = calls.into();
        self
    }

    /// Sets the page size of `list_all`.
    #[must_use]
    pub fn page_size(mut self, items: NonZeroU32) -> Self {
        self.page_size = Some(items);
        self
    }

    /// Sets whether every write fails before anything is sent.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets the pacer. All handles with this pacer share the account's quotas.
    #[must_use]
    pub fn pacer(mut self, pacer: Arc<Pacer>) -> Self {
        self.pacer = Some(pacer);
        self
    }

    /// Sets the seed of the random waits between attempts.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The pacer that is set, or a new one for the provider's quotas.
    pub(crate) fn pacer_for(&self, provider: &dyn TicketProvider) -> Arc<Pacer> {
        let new = || Arc::new(Pacer::new(provider.info().limits.clone()));
        self.pacer.clone().unwrap_or_else(new)
    }
}

/// The standard layers, the outermost first.
type Standard = Around<Observe, Around<Check, Around<Retry, Around<Pace, Timeout>>>>;

/// Wraps a provider in the standard layers: [`Observe`] → [`Check`] → [`Retry`] → [`Pace`] → [`Timeout`].
///
/// With the feature `metrics`, `Metrics` is the outermost layer.
///
/// `Check` is outside of every layer that waits, so invalid requests fail at once. `Pace` is inside `Retry`,
/// so every attempt takes a slot. `Timeout` is next to the provider, so it measures only the vendor's time.
pub fn standard_stack(
    provider: Arc<dyn TicketProvider>,
    options: &StackOptions,
) -> Arc<dyn TicketProvider> {
    let policy = options.retry.clone();
    let retry = match options.seed {
        Some(seed) => Retry::seeded(policy, seed),
        None => Retry::new(policy),
    };
    let pace = Pace::new(options.pacer_for(&*provider)).longest(options.timeout);
    let timeout = Timeout::new(options.timeout);
    let check = Check::default().read_only(options.read_only);
    let observe = options
        .account
        .clone()
        .map_or_else(Observe::default, Observe::of_account);
    let layers: Standard = Around(observe, Around(check, Around(retry, Around(pace, timeout))));
    #[cfg(feature = "metrics")]
    let layers = Around(crate::call::layers::Metrics::new(), layers);
    Arc::new(Stack::new(layers, provider))
}

/// A provider wrapped in a layer, which may combine several layers. Each call needs one boxed future. Only
/// this type forwards the operations one by one.
#[derive(Debug)]
pub struct Stack<L> {
    layer: L,
    provider: Arc<dyn TicketProvider>,
}

impl<L: Layer> Stack<L> {
    /// Wraps `provider` in `layer`.
    pub fn new(layer: L, provider: Arc<dyn TicketProvider>) -> Self {
        Self { layer, provider }
    }
}

/// Forwards operations through the layers. The signatures are written as `async_trait` expands them, because
/// `async_trait` does not expand macros.
macro_rules! forward {
    ($($name:ident = $request:ident($($argument:ident: &$life:lifetime $type:ty),+) -> $reply:ty;)+) => {$(
        fn $name<'s, 'c, $($life,)+ 'r>(
            &'s self,
            context: &'c CallContext,
            $($argument: &$life $type),+
        ) -> BoxFuture<'r, Result<$reply>>
        where
            's: 'r,
            'c: 'r,
            $($life: 'r,)+
            Self: 'r,
        {
            /// The provider's own operation.
            struct Innermost<'n> {
                provider: &'n dyn TicketProvider,
                $($argument: &'n $type),+
            }

            impl Next<$reply> for Innermost<'_> {
                async fn call(&self, call: Call<'_>) -> Result<$reply> {
                    self.provider.$name(call.context(), $(self.$argument),+).await
                }
            }

            Box::pin(async move {
                let provider = &*self.provider;
                let call = Call::new(provider.info(), context, Request::$request($($argument),+));
                self.layer.call(call, &Innermost { provider, $($argument),+ }).await
            })
        }
    )+};
}

#[deny(clippy::missing_trait_methods)]
impl<L: Layer> TicketProvider for Stack<L> {
    fn info(&self) -> &ProviderInfo {
        self.provider.info()
    }

    fn web_url(&self, id: &TicketId) -> Option<String> {
        self.provider.web_url(id)
    }

    forward! {
        get = Get(id: &'a TicketId) -> Ticket;
        list = List(query: &'a TicketQuery) -> Page<Ticket>;
        create = Create(ticket: &'a NewTicket) -> Created;
        update = Update(id: &'a TicketId, patch: &'b TicketPatch) -> ();
        resolve = Resolve(id: &'a TicketId) -> ();
        delete = Delete(targets: &'a [DeleteTarget]) -> DeleteReport;
        restore = Restore(id: &'a TicketId) -> ();
        purge = Purge(targets: &'a [DeleteTarget]) -> DeleteReport;
        messages = Messages(id: &'a TicketId, page: &'b PageRequest) -> Page<Message>;
        comment = Comment(id: &'a TicketId, comment: &'b NewComment) -> ();
        attachments = Attachments(id: &'a TicketId, page: &'b PageRequest) -> Page<AttachedFile>;
        download = Download(file: &'a AttachedFile) -> Download;
        job = Job(job: &'a VendorJob, targets: &'b [DeleteTarget]) -> Option<DeleteReport>;
    }
}
