//! What the author of a provider gives to the suite: the provider, and a vendor to look behind.
//!
//! Not for what is done with it: see `cases/`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ticket_core::{
    CallContext, ErrorKind, NewTicket, Operation, TicketId, TicketPatch, TicketProvider,
};

use crate::fault::Fault;

/// Why a fixture cannot give something. The cases that need it are skipped, for this reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cannot(String);

impl Cannot {
    /// It cannot be given because of this; to be read behind "because".
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cannot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cannot {}

/// What a fixture gives, or why it cannot.
pub type Given<T> = Result<T, Cannot>;

/// A request as the vendor saw it. Renewing a token is none of these.
///
/// ```
/// use ticket_conformance::Seen;
///
/// let seen = Seen::write().took_effect(true).path("/tickets/1").text(r#"{"subject":"Card refused"}"#);
/// assert!(seen.is_write);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// Whether it was meant to change something at the vendor.
    pub is_write: bool,
    /// Whether it did, where that is known.
    pub took_effect: Option<bool>,
    /// Path and query as they were sent, not decoded, where the protocol has such a thing.
    pub path: Option<String>,
    /// The body as text, where it is one.
    pub text: Option<String>,
}

impl Seen {
    /// A request that reads.
    pub fn read() -> Self {
        Self {
            is_write: false,
            took_effect: None,
            path: None,
            text: None,
        }
    }

    /// A request that is meant to change something.
    pub fn write() -> Self {
        Self {
            is_write: true,
            ..Self::read()
        }
    }

    /// Says whether it did change something.
    #[must_use]
    pub fn took_effect(mut self, took_effect: bool) -> Self {
        self.took_effect = Some(took_effect);
        self
    }

    /// Adds the path with its query, not decoded.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Adds the body.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// Something that stands at the vendor and that no provider can know beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Seed {
    /// A ticket with a status that the provider has no meaning for.
    UnknownStatus,
    /// A ticket with a priority that the provider has no meaning for.
    UnknownPriority,
    /// A ticket with something in the vendor's JSON that [`Ticket`](ticket_core::Ticket) has no field for.
    UnmodelledField,
    /// A ticket on which something was written.
    Message,
}

/// What was seeded, and on which ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seeded {
    /// The ticket.
    pub id: TicketId,
    /// The text that must survive: the status or priority as the vendor writes it, the piece of JSON to the letter,
    /// or the words of the message.
    pub text: String,
}

impl Seeded {
    /// This text, on this ticket.
    pub fn new(id: impl Into<TicketId>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
        }
    }
}

/// A provider under test with its vendor: a sandbox, a test server, or a real account made for it.
///
/// Each case gets a fixture of its own, so nothing that one case leaves behind reaches another. What is not
/// overridden here answers [`Cannot`], and the cases that need it are skipped with that reason.
#[async_trait]
pub trait Fixture: Send + Sync + 'static {
    /// The provider, connected, without layers around it. The same one at every call.
    fn provider(&self) -> Arc<dyn TicketProvider>;

    /// The manifest: what the provider is meant to do. Losing an operation fails a case, and so does one that
    /// is not written here.
    fn expected_operations(&self) -> &'static [Operation];

    /// A ticket that the vendor takes, with at least what it requires.
    fn new_ticket(&self) -> Given<NewTicket> {
        Err(Cannot::because("the fixture gives no ticket to be filed"))
    }

    /// A change that the vendor takes. By default another subject or text, whichever the provider carries.
    fn patch(&self) -> Given<TicketPatch> {
        use ticket_core::Field;

        let provider = self.provider();
        let capabilities = &provider.info().capabilities;
        let fields = capabilities.fields(Operation::Update);
        let carries = |field| fields.is_some_and(|fields| fields.carried().contains(&field));
        if carries(Field::Subject) {
            Ok(TicketPatch::new().subject("Changed by the suite"))
        } else if carries(Field::Description) {
            Ok(TicketPatch::new().description("Changed by the suite"))
        } else {
            Err(Cannot::because(
                "neither subject nor text can be changed, and the fixture gives no other change",
            ))
        }
    }

    /// An open ticket that exists, a new one at each call. By default the provider files it; a fixture that can
    /// do so in another way tells a fault of `create` from those of other operations.
    async fn ticket(&self) -> Given<TicketId> {
        let new = self.new_ticket()?;
        match self.provider().create(&CallContext::new(), &new).await {
            Ok(created) => Ok(created.id),
            Err(error) if error.kind() == ErrorKind::Unsupported => Err(Cannot::because(
                "the provider cannot file tickets, and the fixture has no other way",
            )),
            Err(error) => Err(Cannot::because(format!(
                "the ticket could not be filed: {error}"
            ))),
        }
    }

    /// An id in the vendor's form that no ticket has.
    fn missing_id(&self) -> Given<TicketId> {
        Err(Cannot::because("the fixture knows no id without a ticket"))
    }

    /// Sees to it that the provider's list without a filter has exactly this many tickets, all of them open, and
    /// gives their ids.
    /// Called once per fixture, before anything else.
    async fn fill(&self, tickets: usize) -> Given<Vec<TicketId>> {
        let _ = tickets;
        Err(Cannot::because(
            "the fixture cannot decide what a list holds",
        ))
    }

    /// How many tickets a full page has where no limit is asked for.
    fn page_size(&self) -> Given<usize> {
        Err(Cannot::because(
            "the fixture does not say how large a page is",
        ))
    }

    /// Lets the next request go wrong.
    async fn inject(&self, fault: Fault) -> Given<()> {
        let _ = fault;
        Err(Cannot::because("the fixture has no faults"))
    }

    /// Ends [`Fault::NoConnection`].
    async fn heal(&self) -> Given<()> {
        Err(Cannot::because("the fixture cannot connect again"))
    }

    /// Every request that reached the vendor so far, in order, logins left out.
    fn journal(&self) -> Given<Vec<Seen>> {
        Err(Cannot::because(
            "the fixture does not see what reaches the vendor",
        ))
    }

    /// Whether the ticket exists in truth, asked in another way than by the provider.
    async fn exists(&self, id: &TicketId) -> Given<bool> {
        let _ = id;
        Err(Cannot::because(
            "the fixture cannot look behind the provider",
        ))
    }

    /// Puts something at the vendor that no provider can know beforehand.
    async fn seed(&self, seed: Seed) -> Given<Seeded> {
        let _ = seed;
        Err(Cannot::because("the fixture plants nothing"))
    }

    /// A ticket with more messages than one page holds, and the words of each, no two alike. For providers whose
    /// messages come in pages.
    async fn conversation(&self) -> Given<(TicketId, Vec<String>)> {
        Err(Cannot::because(
            "the fixture writes no messages that fill several pages",
        ))
    }

    /// What the provider was configured with and must never show, of at least 8 characters each. What is sent
    /// encoded as a whole, such as the user and the key of basic authentication, stands here in plain and as sent.
    fn secrets(&self) -> Given<Vec<String>> {
        Err(Cannot::because(
            "the fixture does not say what is secret about its configuration",
        ))
    }

    /// Those of the [`secrets`](Self::secrets) that go with every request, and that a vendor can therefore repeat.
    /// All of them by default.
    fn sent_secrets(&self) -> Given<Vec<String>> {
        self.secrets()
    }

    /// The same provider, but one that gives up after a moment. For providers that have a time limit of their own.
    fn short_timeout_provider(&self) -> Given<Arc<dyn TicketProvider>> {
        Err(Cannot::because(
            "the provider has no time limit of its own that a fixture could set",
        ))
    }
}
