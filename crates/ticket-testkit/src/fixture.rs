//! What the author of a provider describes, and the fixture for a vendor on loopback.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_conformance::{
    Fault, FaultTarget, Fixture, FixtureResult, ReceivedRequest, Seed, Seeded, SkipReason,
};
use ticket_core::{NewTicket, Operation, TicketId, TicketPatch, TicketProvider};

use crate::loopback::Loopback;
use crate::message::Reply;
use crate::vendor_api::VendorApi;

/// What the suite needs to know about a provider, for any kind of vendor.
pub trait ProviderUnderTest: Send + Sync + 'static {
    /// The operations that the provider is expected to support: see [`Fixture::expected_operations`].
    const OPERATIONS: &'static [Operation];

    /// An id in the vendor's format that no ticket has.
    const MISSING_ID: &'static str;

    /// The writes whose replies name the ticket that was changed: see [`Fixture::writes_that_name_their_ticket`].
    const WRITES_THAT_NAME_THEIR_TICKET: &'static [Operation] = &[];

    /// The writes that a word in the reply confirms: see [`Fixture::writes_confirmed_by_a_word`].
    const WRITES_CONFIRMED_BY_A_WORD: &'static [Operation] = &[];

    /// The operations whose replies are opaque: see [`Fixture::operations_with_opaque_replies`].
    const OPAQUE_REPLIES: &'static [Operation] = &[];

    /// Whether the vendor documents that it refuses a call with a success status and an error in the body. Default: no.
    const REFUSES_WITH_SUCCESS: bool = false;

    /// How many tickets a full page of the list has if no limit is requested.
    const PAGE_SIZE: Option<usize> = None;

    /// The secrets in the provider's configuration: see [`Fixture::secrets`]. A server that is started for the tests may
    /// make them up.
    fn secrets() -> Vec<String>;

    /// The secrets that are sent with every request. By default all of them.
    fn sent_secrets() -> Vec<String> {
        Self::secrets()
    }

    /// Connects to the vendor at this address with [`secrets`](Self::secrets), and with this timeout instead of the
    /// provider's default. Adds no layers.
    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider>;

    /// A ticket that the vendor accepts, with at least the required fields.
    fn new_ticket() -> FixtureResult<NewTicket> {
        Err(SkipReason::new("the fixture provides no ticket to create"))
    }

    /// An update of an open ticket that the vendor confirms without changing one of the fields, and the name of that
    /// field: see [`Fixture::dropped_update`].
    fn dropped_update() -> FixtureResult<(TicketPatch, &'static str)> {
        Err(SkipReason::new(
            "the vendor is not known to drop a field of an update",
        ))
    }
}

/// Long enough for a request on loopback, short enough for a test.
pub(crate) const SHORT: Duration = Duration::from_millis(250);

pub(crate) fn secrets_of(secrets: Vec<String>) -> FixtureResult<Vec<String>> {
    if secrets.is_empty() {
        return Err(SkipReason::new(
            "the provider has no secret in its configuration",
        ));
    }
    Ok(secrets)
}

pub(crate) fn page_size<P: ProviderUnderTest>() -> FixtureResult<usize> {
    P::PAGE_SIZE.ok_or_else(|| SkipReason::new("the fixture does not say how large a page is"))
}

/// Whether [`Fault::ErrorInSuccess`] means what the suite takes it for.
pub(crate) fn check_error_in_success<P: ProviderUnderTest>() -> FixtureResult<()> {
    if P::REFUSES_WITH_SUCCESS {
        return Err(SkipReason::new(
            "the vendor refuses calls with a success status and an error in the body",
        ));
    }
    Ok(())
}

pub(crate) fn no_word_confirms() -> SkipReason {
    SkipReason::new("no word in the vendor's replies confirms a write")
}

pub(crate) fn reply_names_no_ticket() -> SkipReason {
    SkipReason::new("the vendor's reply to a delete does not name tickets")
}

/// A vendor whose state the suite can read. It answers as a [`VendorApi`] and is created anew for every case.
pub trait LoopbackVendor: VendorApi + ProviderUnderTest + Default {
    /// Adds an open ticket and returns its id.
    fn add_ticket(&mut self) -> String;

    /// Adds this many open tickets and returns their ids. By default one by one.
    fn add_tickets(&mut self, tickets: usize) -> Vec<String> {
        (0..tickets).map(|_| self.add_ticket()).collect()
    }

    /// Whether the ticket exists.
    fn exists(&self, id: &str) -> bool;

    /// Adds data that no provider can know in advance: see [`Fixture::seed`].
    fn seed(&mut self, seed: Seed) -> FixtureResult<Seeded> {
        Err(SkipReason::new(format!("the fixture cannot seed {seed:?}")))
    }

    /// The reply to a successful delete that names none of the tickets. For vendors whose replies name them.
    fn names_no_ticket(&self) -> FixtureResult<Reply> {
        Err(reply_names_no_ticket())
    }

    /// The reply to a write that a word confirms, with another word that the vendor does not document.
    fn other_word(&self) -> FixtureResult<Reply> {
        Err(no_word_confirms())
    }

    /// Merges a ticket into another one: see [`Fixture::merge`].
    fn merge(&mut self, from: &TicketId, into: &TicketId) -> FixtureResult<()> {
        let _ = (from, into);
        Err(SkipReason::new("the vendor does not merge tickets"))
    }

    /// A ticket with more messages than one page holds: see [`Fixture::conversation`].
    fn conversation(&mut self) -> FixtureResult<(TicketId, Vec<String>)> {
        Err(SkipReason::new(
            "the fixture cannot create several pages of messages",
        ))
    }
}

/// The [`Fixture`] of a [`LoopbackVendor`]: `ticket_conformance::tests!(LoopbackFixture::<Acme>::start, skips: [])`.
pub struct LoopbackFixture<V> {
    server: Loopback<V>,
    provider: Arc<dyn TicketProvider>,
}

impl<V: LoopbackVendor> LoopbackFixture<V> {
    /// Starts a new vendor without tickets and connects the provider to it.
    ///
    /// # Panics
    ///
    /// If no port can be bound.
    #[expect(clippy::expect_used, reason = "a test without a server has failed")]
    pub async fn start() -> Self {
        let server = Loopback::start(V::default()).await.expect("a port");
        let provider = V::connect(&server.base_url(), None);
        Self { server, provider }
    }
}

impl<V> fmt::Debug for LoopbackFixture<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopbackFixture")
            .field("server", &self.server)
            .field("provider", &self.provider)
            .finish()
    }
}

#[async_trait]
impl<V: LoopbackVendor> Fixture for LoopbackFixture<V> {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        Arc::clone(&self.provider)
    }

    fn expected_operations(&self) -> &'static [Operation] {
        V::OPERATIONS
    }

    fn new_ticket(&self) -> FixtureResult<NewTicket> {
        V::new_ticket()
    }

    async fn ticket(&self) -> FixtureResult<TicketId> {
        Ok(self.server.with_vendor(V::add_ticket).into())
    }

    fn missing_id(&self) -> FixtureResult<TicketId> {
        Ok(V::MISSING_ID.into())
    }

    async fn fill(&self, tickets: usize) -> FixtureResult<Vec<TicketId>> {
        let ids = self
            .server
            .with_vendor(|vendor| vendor.add_tickets(tickets));
        Ok(ids.into_iter().map(TicketId::new).collect())
    }

    fn page_size(&self) -> FixtureResult<usize> {
        page_size::<V>()
    }

    async fn inject(&self, fault: Fault, target: FaultTarget) -> FixtureResult<()> {
        match fault {
            Fault::NoConnection => self.server.refuse_connections(),
            Fault::NamesNoTicket => {
                let reply = self.server.with_vendor(|vendor| vendor.names_no_ticket())?;
                self.server.inject_reply(reply, target);
            }
            Fault::OtherWord => {
                let reply = self.server.with_vendor(|vendor| vendor.other_word())?;
                self.server.inject_reply(reply, target);
            }
            Fault::FreshTokenRefused => {
                return Err(SkipReason::new("the vendor issues no tokens"));
            }
            other => {
                let format = self.server.with_vendor(|vendor| vendor.reply_format());
                format.check_supports(&other)?;
                if other == Fault::ErrorInSuccess {
                    check_error_in_success::<V>()?;
                }
                self.server.inject(other, target);
            }
        }
        Ok(())
    }

    async fn withdraw_faults(&self) {
        self.server.withdraw_faults();
    }

    async fn restore_connections(&self) -> FixtureResult<()> {
        let healed = self.server.accept_connections().await;
        healed.map_err(|error| SkipReason::new(format!("the port is taken: {error}")))
    }

    fn journal(&self) -> FixtureResult<Vec<ReceivedRequest>> {
        let requests = self.server.requests().into_iter();
        let received = requests.map(|request| {
            let is_read = self.server.with_vendor(|vendor| vendor.is_read(&request));
            let status = request.status;
            let received = if is_read {
                ReceivedRequest::read()
            } else {
                ReceivedRequest::write()
            }
            .took_effect(request.took_effect)
            .text(request.text())
            .path(request.path);
            match status {
                Some(status) => received.status(status),
                None => received,
            }
        });
        Ok(received.collect())
    }

    async fn exists(&self, id: &TicketId) -> FixtureResult<bool> {
        Ok(self.server.with_vendor(|vendor| vendor.exists(id.as_str())))
    }

    async fn seed(&self, seed: Seed) -> FixtureResult<Seeded> {
        self.server.with_vendor(|vendor| vendor.seed(seed))
    }

    async fn conversation(&self) -> FixtureResult<(TicketId, Vec<String>)> {
        self.server.with_vendor(V::conversation)
    }

    async fn merge(&self, from: &TicketId, into: &TicketId) -> FixtureResult<()> {
        self.server.with_vendor(|vendor| vendor.merge(from, into))
    }

    async fn dropped_update(&self) -> FixtureResult<(TicketId, TicketPatch, String)> {
        let (patch, field) = V::dropped_update()?;
        Ok((self.ticket().await?, patch, field.to_owned()))
    }

    fn writes_that_name_their_ticket(&self) -> &'static [Operation] {
        V::WRITES_THAT_NAME_THEIR_TICKET
    }

    fn writes_confirmed_by_a_word(&self) -> &'static [Operation] {
        V::WRITES_CONFIRMED_BY_A_WORD
    }

    fn operations_with_opaque_replies(&self) -> &'static [Operation] {
        V::OPAQUE_REPLIES
    }

    fn secrets(&self) -> FixtureResult<Vec<String>> {
        secrets_of(V::secrets())
    }

    fn sent_secrets(&self) -> FixtureResult<Vec<String>> {
        secrets_of(V::sent_secrets())
    }

    fn short_timeout_provider(&self) -> FixtureResult<Arc<dyn TicketProvider>> {
        Ok(V::connect(&self.server.base_url(), Some(SHORT)))
    }
}
