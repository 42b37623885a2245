//! What the author of a provider gives to the suite: the provider, and access to the vendor behind it.
//!
//! How the suite uses it is in `cases/`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ticket_core::model::Attachment;
use ticket_core::{
    CallContext, ErrorKind, NewTicket, Operation, TicketId, TicketPatch, TicketProvider,
};

use crate::fault::{Fault, FaultTarget};

/// The text of the file of [`Fixture::ticket_with_file`].
pub const FILE_TEXT: &str = "A file of the suite.\n";

/// Why a fixture cannot provide something. The cases that need it are skipped with this reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipReason(String);

impl SkipReason {
    /// Creates the reason. The report prints it after the word "because".
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The text of the reason.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SkipReason {}

/// What a fixture provides, or why it cannot.
pub type FixtureResult<T> = Result<T, SkipReason>;

/// A request that the vendor received. Token requests are not included.
///
/// ```
/// use ticket_conformance::ReceivedRequest;
///
/// let seen = ReceivedRequest::write().took_effect(true).path("/tickets/1").text(r#"{"subject":"Card refused"}"#);
/// assert!(seen.is_write);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// Whether the request is a write.
    pub is_write: bool,
    /// Whether it changed something, if that is known.
    pub took_effect: Option<bool>,
    /// Path and query as sent, not decoded, if the protocol has them.
    pub path: Option<String>,
    /// The body, if it is text.
    pub text: Option<String>,
    /// The status of the reply, if there was one.
    pub status: Option<u16>,
}

impl ReceivedRequest {
    /// Creates a request that reads.
    pub fn read() -> Self {
        Self {
            is_write: false,
            took_effect: None,
            path: None,
            text: None,
            status: None,
        }
    }

    /// Creates a request that writes.
    pub fn write() -> Self {
        Self {
            is_write: true,
            ..Self::read()
        }
    }

    /// Sets whether the request changed something.
    #[must_use]
    pub fn took_effect(mut self, took_effect: bool) -> Self {
        self.took_effect = Some(took_effect);
        self
    }

    /// Sets path and query, not decoded.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets the status of the reply.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

/// Data at the vendor that no provider can know in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Seed {
    /// A ticket with a status that the provider cannot map.
    UnknownStatus,
    /// A ticket with a priority that the provider cannot map.
    UnknownPriority,
    /// A ticket with a field in the vendor's JSON that [`Ticket`](ticket_core::Ticket) does not have.
    UnmodelledField,
    /// A ticket with a message.
    Message,
}

/// What was seeded, and in which ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seeded {
    /// The ticket.
    pub id: TicketId,
    /// The text that must be preserved: the status or priority as the vendor writes it, the exact piece of JSON, or
    /// the text of the message.
    pub text: String,
}

impl Seeded {
    /// Creates the description of this text in this ticket.
    pub fn new(id: impl Into<TicketId>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
        }
    }
}

/// A provider under test with its vendor: a sandbox, a test server, or a real account for tests.
///
/// Each case gets its own fixture, so cases do not affect each other. A method that is not overridden returns
/// [`SkipReason`], and the cases that need it are skipped with that reason.
#[async_trait]
pub trait Fixture: Send + Sync + 'static {
    /// The connected provider, without layers. Returns the same one at every call.
    fn provider(&self) -> Arc<dyn TicketProvider>;

    /// The manifest: the operations that the provider is expected to support. A case fails if one is missing or if
    /// the provider declares one that is not listed here.
    fn expected_operations(&self) -> &'static [Operation];

    /// A ticket that the vendor accepts, with at least the required fields.
    fn new_ticket(&self) -> FixtureResult<NewTicket> {
        Err(SkipReason::new("the fixture provides no ticket to create"))
    }

    /// A change that the vendor accepts. By default a new subject or description, whichever the provider supports.
    fn patch(&self) -> FixtureResult<TicketPatch> {
        use ticket_core::provider::Field;

        let provider = self.provider();
        let capabilities = &provider.info().capabilities;
        let fields = capabilities.fields(Operation::Update);
        let carries = |field| fields.is_some_and(|fields| fields.carried().contains(&field));
        if carries(Field::Subject) {
            Ok(TicketPatch::new().subject("Changed by the suite"))
        } else if carries(Field::Description) {
            Ok(TicketPatch::new().description("Changed by the suite"))
        } else {
            Err(SkipReason::new(
                "neither subject nor text can be changed, and the fixture provides no other change",
            ))
        }
    }

    /// An open ticket that exists, a new one at each call. By default the provider creates it. A fixture that creates
    /// it in another way separates faults of `create` from faults of other operations.
    async fn ticket(&self) -> FixtureResult<TicketId> {
        let new = self.new_ticket()?;
        match self.provider().create(&CallContext::new(), &new).await {
            Ok(created) => Ok(created.id),
            Err(error) if error.kind() == ErrorKind::Unsupported => Err(SkipReason::new(
                "the provider cannot create tickets, and neither can the fixture",
            )),
            Err(error) => Err(SkipReason::new(format!(
                "the ticket could not be created: {error}"
            ))),
        }
    }

    /// A ticket with one file of the text [`FILE_TEXT`], a new one at each call. By default the provider creates it. For
    /// providers that read files.
    async fn ticket_with_file(&self) -> FixtureResult<TicketId> {
        let file = Attachment::new("suite.txt", FILE_TEXT.as_bytes()).media_type("text/plain");
        let new = self.new_ticket()?.attachment(file);
        let created = self.provider().create(&CallContext::new(), &new).await;
        created.map(|created| created.id).map_err(|error| {
            SkipReason::new(format!("no ticket with a file could be created: {error}"))
        })
    }

    /// An id in the vendor's format that no ticket has.
    fn missing_id(&self) -> FixtureResult<TicketId> {
        Err(SkipReason::new(
            "the fixture knows no id that no ticket has",
        ))
    }

    /// Makes the provider's unfiltered list contain exactly this many tickets, all of them open, and returns their
    /// ids. Called once per fixture, before anything else.
    async fn fill(&self, tickets: usize) -> FixtureResult<Vec<TicketId>> {
        let _ = tickets;
        Err(SkipReason::new(
            "the fixture cannot control what a list contains",
        ))
    }

    /// How many tickets a full page has if no limit is requested.
    fn page_size(&self) -> FixtureResult<usize> {
        Err(SkipReason::new(
            "the fixture does not say how large a page is",
        ))
    }

    /// Injects a fault into the next request of this kind. Requests of the other kind before it are answered as usual.
    async fn inject(&self, fault: Fault, target: FaultTarget) -> FixtureResult<()> {
        let _ = (fault, target);
        Err(SkipReason::new("the fixture cannot inject faults"))
    }

    /// Withdraws the injected faults that no request has hit. A provider may find out by a read that there is nothing to
    /// write. By default does nothing, for fixtures that inject no faults.
    async fn withdraw_faults(&self) {}

    /// Ends [`Fault::NoConnection`].
    async fn restore_connections(&self) -> FixtureResult<()> {
        Err(SkipReason::new("the fixture cannot restore connections"))
    }

    /// Every request that reached the vendor so far, in order, without logins.
    fn journal(&self) -> FixtureResult<Vec<ReceivedRequest>> {
        Err(SkipReason::new(
            "the fixture does not see what reaches the vendor",
        ))
    }

    /// Whether the ticket exists at the vendor, determined without the provider.
    async fn exists(&self, id: &TicketId) -> FixtureResult<bool> {
        let _ = id;
        Err(SkipReason::new(
            "the fixture cannot read the state of the vendor",
        ))
    }

    /// Adds data to the vendor that no provider can know in advance.
    async fn seed(&self, seed: Seed) -> FixtureResult<Seeded> {
        let _ = seed;
        Err(SkipReason::new("the fixture cannot seed data"))
    }

    /// A ticket with more messages than fit in one page, and the text of each message. All texts are different. For
    /// providers that page their messages.
    async fn conversation(&self) -> FixtureResult<(TicketId, Vec<String>)> {
        Err(SkipReason::new(
            "the fixture cannot create several pages of messages",
        ))
    }

    /// Merges a ticket into another one, as the vendor does: afterwards `from` leads to `into`. For vendors that merge
    /// tickets or redirect their ids in another way.
    async fn merge(&self, from: &TicketId, into: &TicketId) -> FixtureResult<()> {
        let _ = (from, into);
        Err(SkipReason::new("the fixture cannot merge tickets"))
    }

    /// A ticket, an update of it that the vendor confirms without changing one of the fields, and the name of that field
    /// as the provider reports it, such as `category`. For vendors that drop fields without an error.
    async fn dropped_update(&self) -> FixtureResult<(TicketId, TicketPatch, String)> {
        Err(SkipReason::new(
            "the fixture knows no update of which the vendor drops a field",
        ))
    }

    /// The writes whose replies name the ticket that was changed: some of `update`, `resolve` and `comment`. By
    /// default none.
    fn writes_that_name_their_ticket(&self) -> &'static [Operation] {
        &[]
    }

    /// The writes that a word in the reply confirms, besides the status. By default none.
    fn writes_confirmed_by_a_word(&self) -> &'static [Operation] {
        &[]
    }

    /// The operations whose replies cannot be damaged so that somebody could see it: their success is a status without a
    /// body, or a file of any content. Faults of a body are not injected into them. By default none.
    fn operations_with_opaque_replies(&self) -> &'static [Operation] {
        &[]
    }

    /// The secrets in the provider's configuration, of at least 8 characters each. If a secret is sent only encoded,
    /// such as user and key in basic authentication, list both the plain and the encoded form.
    fn secrets(&self) -> FixtureResult<Vec<String>> {
        Err(SkipReason::new(
            "the fixture does not list the secrets of its configuration",
        ))
    }

    /// The [`secrets`](Self::secrets) that are sent with every request, so that a vendor can repeat them in a reply.
    /// By default all of them.
    fn sent_secrets(&self) -> FixtureResult<Vec<String>> {
        self.secrets()
    }

    /// The same provider with a very short timeout. For providers that have their own timeout.
    fn short_timeout_provider(&self) -> FixtureResult<Arc<dyn TicketProvider>> {
        Err(SkipReason::new(
            "the provider has no timeout of its own that the fixture can set",
        ))
    }
}
