//! The fixture of a provider whose vendor `ticket-sandbox` implements.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use ticket_conformance::{
    Cannot, Fault, Fixture, Gateway, Given, OddId, OddRow, Seed, Seeded, Seen, WrongTotal,
};
use ticket_core::{NewTicket, Operation, TicketId, TicketProvider};
use ticket_sandbox::{Endpoint, MessageKind, Rule, Sandbox, TicketFault, TicketSeed, Vendor};

use crate::fixture::{ProviderUnderTest, SHORT, contradicts, names_tickets, owned, page_size};

/// Longer than any test waits.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a fresh token is refused: longer than one call, shorter than a test's patience.
const REFUSED: Duration = Duration::from_millis(20);

/// What the fixture needs to know about a provider whose vendor the sandbox implements.
pub trait SandboxProvider: ProviderUnderTest {
    /// The vendor.
    const VENDOR: Vendor;

    /// Whether the vendor documents that tickets are merged. Default: no.
    const MERGES_TICKETS: bool = false;

    /// The kind of the messages that the fixture adds.
    const MESSAGE: MessageKind = MessageKind::Incoming;

    /// The body of an error with this message, in the vendor's format.
    fn refusal(status: u16, words: &str) -> Value;

    /// An attribute that no provider can know in advance, and its value, which must be preserved. The fixture itself
    /// seeds messages.
    fn seed(seed: Seed) -> Given<(&'static str, Value)>;

    /// The body of a successful delete that names none of the tickets. For vendors whose replies name them.
    fn names_no_ticket() -> Given<Value> {
        Err(names_tickets())
    }
}

/// The [`Fixture`] of a [`SandboxProvider`]: `ticket_conformance::tests!(SandboxFixture::<Acme>::start, skips: [])`.
pub struct SandboxFixture<P> {
    sandbox: Sandbox,
    provider: Arc<dyn TicketProvider>,
    of: PhantomData<P>,
}

impl<P: SandboxProvider> SandboxFixture<P> {
    /// Starts a new sandbox without tickets and quotas and connects the provider to it.
    ///
    /// # Panics
    ///
    /// If no port can be bound.
    #[expect(clippy::expect_used, reason = "a test without a server has failed")]
    pub async fn start() -> Self {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .leadsquared_quota(None)
            .sweeppea_quota(None)
            .start()
            .await
            .expect("a port");
        let provider = P::connect(&sandbox.base_url(P::VENDOR), None);
        Self {
            sandbox,
            provider,
            of: PhantomData,
        }
    }
}

impl<P> fmt::Debug for SandboxFixture<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxFixture")
            .field("sandbox", &self.sandbox)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// A reply with this body, without effect.
fn reply(status: u16, body: &Value) -> ticket_sandbox::Fault {
    ticket_sandbox::Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

/// The sandbox's fault for a fault of the suite.
fn sandbox_fault<P: SandboxProvider>(fault: Fault) -> Given<ticket_sandbox::Fault> {
    use ticket_sandbox::Fault as Played;

    Ok(match fault {
        Fault::ConnectionReset => Played::ConnectionReset,
        Fault::LostResponse => Played::LostResponse,
        Fault::Status(status) => Played::Status(status),
        Fault::StatusAfterEffect(status) => Played::StatusAfterEffect(status),
        Fault::RateLimited { retry_after } => Played::RateLimited {
            retry_after: retry_after.map(|wait| wait.as_secs()),
        },
        Fault::Words { status, words } => reply(status, &P::refusal(status, &words)),
        Fault::Malformed => reply(200, &serde_json::json!(["nothing of the kind"])),
        Fault::Truncated => Played::TruncatedJson,
        Fault::Empty => Played::EmptyBody,
        Fault::WebPage { status } => Played::HtmlPage { status },
        Fault::WrongTypes => Played::WrongTypes,
        Fault::Oversized => Played::OversizedBody(8 * 1024 * 1024),
        Fault::NeverAnswers => Played::Delay(DAY),
        Fault::NeverEnds => Played::SlowDrip(DAY),
        Fault::Redirect { status } => {
            let elsewhere = format!("/{}/elsewhere", P::VENDOR.prefix());
            Played::Reply {
                status,
                headers: vec![("location".to_owned(), elsewhere)],
                body: Vec::new(),
            }
        }
        Fault::NamesNoTicket => reply(200, &P::names_no_ticket()?),
        Fault::UnconfirmedStatus(status) => Played::AcceptedNotDone(status),
        Fault::ErrorInSuccess => {
            contradicts::<P>()?;
            Played::ErrorInside200AfterEffect
        }
        Fault::RetryAfter(value) => {
            let body = P::refusal(429, "too many calls").to_string();
            let json = ("content-type".to_owned(), "application/json".to_owned());
            Played::Reply {
                status: 429,
                headers: vec![json, ("retry-after".to_owned(), value)],
                body: body.into_bytes(),
            }
        }
        Fault::Gateway(gateway) => Played::Gateway(played_gateway(gateway)?),
        Fault::Gzip => Played::Gzip,
        Fault::OddRow(odd) => Played::OddRow(played_row(odd)?),
        Fault::WrongTotal(wrong) => Played::WrongTotal(match wrong {
            WrongTotal::PageSize => ticket_sandbox::WrongTotal::PageSize,
            WrongTotal::Zero => ticket_sandbox::WrongTotal::Zero,
            WrongTotal::TooSmall => ticket_sandbox::WrongTotal::TooSmall,
            WrongTotal::TooLarge => ticket_sandbox::WrongTotal::TooLarge,
            other => return Err(not_played(&other)),
        }),
        // Only its replies to deletes list ids.
        Fault::OddId(odd) if P::VENDOR == Vendor::LeadSquared => Played::OddId(match odd {
            OddId::Null => ticket_sandbox::OddId::Null,
            OddId::Float => ticket_sandbox::OddId::Float,
            OddId::OtherType => ticket_sandbox::OddId::Text,
            OddId::Missing => ticket_sandbox::OddId::Missing,
            OddId::Unasked => ticket_sandbox::OddId::Unasked,
            other => return Err(not_played(&other)),
        }),
        Fault::OddId(_) => return Err(names_tickets()),
        // Only its tokens are issued on request.
        Fault::FreshTokenRefused if P::VENDOR == Vendor::OneCloud => {
            Played::FreshTokenRefused(REFUSED)
        }
        Fault::FreshTokenRefused => {
            return Err(Cannot::because("the vendor issues no tokens"));
        }
        other => return Err(not_played(&other)),
    })
}

fn not_played(fault: &dyn fmt::Debug) -> Cannot {
    Cannot::because(format!("the sandbox does not play {fault:?}"))
}

fn played_gateway(gateway: Gateway) -> Given<ticket_sandbox::Gateway> {
    use ticket_sandbox::Gateway as Played;

    Ok(match gateway {
        Gateway::SignIn => Played::SignIn,
        Gateway::Firewall => Played::Firewall,
        Gateway::Redirect => Played::Redirect,
        Gateway::PageNotFound => Played::PageNotFound,
        Gateway::NoRoute => Played::NoRoute,
        Gateway::DefaultBackend => Played::DefaultBackend,
        Gateway::Framework => Played::Framework,
        Gateway::Empty => Played::Empty,
        other => return Err(not_played(&other)),
    })
}

fn played_row(odd: OddRow) -> Given<ticket_sandbox::OddRow> {
    use ticket_sandbox::OddRow as Played;

    Ok(match odd {
        OddRow::LoneSurrogate => Played::LoneSurrogate,
        OddRow::EmptyDate => Played::EmptyDate,
        OddRow::YearOneDate => Played::YearOneDate,
        OddRow::NumberDate => Played::NumberDate,
        OddRow::ZonelessDate => Played::ZonelessDate,
        OddRow::MissingId => Played::MissingId,
        OddRow::NullId => Played::NullId,
        OddRow::Null => Played::Null,
        OddRow::Repeated => Played::Repeated,
        other => return Err(not_played(&other)),
    })
}

fn given<T>(done: std::io::Result<T>) -> Given<T> {
    done.map_err(|error| Cannot::because(format!("the sandbox's port is lost: {error}")))
}

#[async_trait]
impl<P: SandboxProvider> Fixture for SandboxFixture<P> {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        Arc::clone(&self.provider)
    }

    fn expected_operations(&self) -> &'static [Operation] {
        P::OPERATIONS
    }

    fn new_ticket(&self) -> Given<NewTicket> {
        P::new_ticket()
    }

    async fn ticket(&self) -> Given<TicketId> {
        let seed = TicketSeed::new("Made by the fixture").description("A text");
        Ok(self.sandbox.add_ticket(P::VENDOR, seed).into())
    }

    fn missing_id(&self) -> Given<TicketId> {
        Ok(P::MISSING_ID.into())
    }

    async fn fill(&self, tickets: usize) -> Given<Vec<TicketId>> {
        self.sandbox.add_tickets(P::VENDOR, tickets);
        let ids = self.sandbox.ticket_ids(P::VENDOR).into_iter();
        Ok(ids.map(TicketId::new).collect())
    }

    fn page_size(&self) -> Given<usize> {
        page_size::<P>()
    }

    async fn inject(&self, fault: Fault) -> Given<()> {
        if fault == Fault::NoConnection {
            return given(self.sandbox.refuse_connections().await);
        }
        if let Fault::AboutAnother { asked, other } = &fault {
            let merged = TicketFault::MergedInto(Some(other.to_string()));
            self.sandbox
                .set_ticket_fault(P::VENDOR, asked.as_str(), merged);
            return Ok(());
        }
        let is_of_token = fault == Fault::FreshTokenRefused;
        let rule = Rule::new(sandbox_fault::<P>(fault)?).vendor(P::VENDOR);
        self.sandbox.inject(rule);
        if is_of_token {
            self.sandbox.expire_token();
        }
        Ok(())
    }

    async fn heal(&self) -> Given<()> {
        given(self.sandbox.accept_connections().await)
    }

    fn journal(&self) -> Given<Vec<Seen>> {
        let seen = self.sandbox.journal().into_iter();
        let calls = seen.filter(|seen| seen.endpoint != Some(Endpoint::Authenticate));
        let calls = calls.map(|seen| {
            let status = seen.status;
            let seen = if seen.is_write {
                Seen::write()
            } else {
                Seen::read()
            }
            .took_effect(seen.took_effect)
            .path(seen.path)
            .text(String::from_utf8_lossy(&seen.body));
            match status {
                Some(status) => seen.status(status),
                None => seen,
            }
        });
        Ok(calls.collect())
    }

    async fn exists(&self, id: &TicketId) -> Given<bool> {
        Ok(self.sandbox.exists(P::VENDOR, id.as_str()))
    }

    async fn seed(&self, seed: Seed) -> Given<Seeded> {
        if seed == Seed::Message {
            let id = self.ticket().await?;
            let text = "  Nobody called,\n STILL. ";
            self.sandbox
                .add_message(P::VENDOR, id.as_str(), P::MESSAGE, text);
            return Ok(Seeded::new(id, text));
        }
        let (name, value) = P::seed(seed)?;
        let text = value.as_str().map(str::to_owned);
        let text = text.unwrap_or_else(|| value.to_string());
        let seed = TicketSeed::new("Planted").attribute(name, value);
        let id = self.sandbox.add_ticket(P::VENDOR, seed);
        Ok(Seeded::new(id, text))
    }

    async fn merge(&self, from: &TicketId, into: &TicketId) -> Given<()> {
        if !P::MERGES_TICKETS {
            return Err(Cannot::because("the vendor documents no merged tickets"));
        }
        let merged = TicketFault::MergedInto(Some(into.to_string()));
        self.sandbox
            .set_ticket_fault(P::VENDOR, from.as_str(), merged);
        Ok(())
    }

    fn writes_that_name_their_ticket(&self) -> &'static [Operation] {
        P::WRITES_THAT_NAME_THEIR_TICKET
    }

    fn secrets(&self) -> Given<Vec<String>> {
        owned(P::SECRETS)
    }

    fn sent_secrets(&self) -> Given<Vec<String>> {
        owned(P::SENT_SECRETS)
    }

    fn short_timeout_provider(&self) -> Given<Arc<dyn TicketProvider>> {
        let base_url = self.sandbox.base_url(P::VENDOR);
        Ok(P::connect(&base_url, Some(SHORT)))
    }
}
