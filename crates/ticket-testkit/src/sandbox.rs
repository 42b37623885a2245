//! The fixture of a provider whose vendor `ticket-sandbox` implements.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use ticket_conformance::{
    Fault, FaultTarget, Fixture, FixtureResult, Gateway, OddId, OddRow, ReceivedRequest, Seed,
    Seeded, SkipReason, WrongTotal,
};
use ticket_core::{NewTicket, Operation, TicketId, TicketPatch, TicketProvider};
use ticket_sandbox::{Endpoint, MessageKind, Rule, Sandbox, TicketFault, TicketSeed, Vendor};

use crate::fixture::{
    ProviderUnderTest, SHORT, check_error_in_success, no_word_confirms, page_size,
    reply_names_no_ticket, secrets_of,
};

/// Longer than any test waits.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// More messages than any vendor's page has.
const MESSAGES: usize = 120;

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
    fn seed(seed: Seed) -> FixtureResult<(&'static str, Value)>;

    /// The body of a reply to a write that a word confirms, with another word that the vendor does not document.
    fn other_word() -> FixtureResult<Value> {
        Err(no_word_confirms())
    }

    /// The body of a successful delete that names none of the tickets. For vendors whose replies name them.
    fn names_no_ticket() -> FixtureResult<Value> {
        Err(reply_names_no_ticket())
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
            .zendesk_quota(None)
            .zendesk_endpoint_limits(false)
            .zendesk_job_time(Duration::ZERO)
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
fn sandbox_fault<P: SandboxProvider>(fault: Fault) -> FixtureResult<ticket_sandbox::Fault> {
    use ticket_sandbox::Fault as SandboxFault;

    Ok(match fault {
        Fault::ConnectionReset => SandboxFault::ConnectionReset,
        Fault::LostResponse => SandboxFault::LostResponse,
        Fault::Status(status) => SandboxFault::Status(status),
        Fault::StatusAfterEffect(status) => SandboxFault::StatusAfterEffect(status),
        Fault::RateLimited { retry_after } => SandboxFault::RateLimited {
            retry_after: retry_after.map(|wait| wait.as_secs()),
        },
        Fault::Words { status, words } => reply(status, &P::refusal(status, &words)),
        Fault::Malformed => reply(200, &serde_json::json!(["nothing of the kind"])),
        Fault::Truncated => SandboxFault::TruncatedJson,
        Fault::Empty => SandboxFault::EmptyBody,
        Fault::WebPage { status } => SandboxFault::HtmlPage { status },
        Fault::WrongTypes => SandboxFault::WrongTypes,
        Fault::Oversized => SandboxFault::OversizedBody(8 * 1024 * 1024),
        Fault::NeverAnswers => SandboxFault::Delay(DAY),
        Fault::NeverEnds => SandboxFault::SlowDrip(DAY),
        Fault::Redirect { status } => {
            let elsewhere = format!("/{}/elsewhere", P::VENDOR.prefix());
            SandboxFault::Reply {
                status,
                headers: vec![("location".to_owned(), elsewhere)],
                body: Vec::new(),
            }
        }
        Fault::NamesNoTicket => reply(200, &P::names_no_ticket()?),
        Fault::OtherWord => reply(200, &P::other_word()?),
        Fault::UnconfirmedStatus(status) => SandboxFault::AcceptedNotDone(status),
        Fault::ErrorInSuccess => {
            check_error_in_success::<P>()?;
            SandboxFault::ErrorInside200AfterEffect
        }
        Fault::RetryAfter(value) => {
            let body = P::refusal(429, "too many calls").to_string();
            let json = ("content-type".to_owned(), "application/json".to_owned());
            SandboxFault::Reply {
                status: 429,
                headers: vec![json, ("retry-after".to_owned(), value)],
                body: body.into_bytes(),
            }
        }
        Fault::Gateway(gateway) => SandboxFault::Gateway(sandbox_gateway(gateway)?),
        Fault::Gzip => SandboxFault::Gzip,
        Fault::OddRow(odd) => SandboxFault::OddRow(sandbox_row(odd)?),
        Fault::WrongTotal(wrong) => SandboxFault::WrongTotal(match wrong {
            WrongTotal::PageSize => ticket_sandbox::WrongTotal::PageSize,
            WrongTotal::Zero => ticket_sandbox::WrongTotal::Zero,
            WrongTotal::TooSmall => ticket_sandbox::WrongTotal::TooSmall,
            WrongTotal::TooLarge => ticket_sandbox::WrongTotal::TooLarge,
            other => return Err(not_in_sandbox(&other)),
        }),
        // Only their replies to deletes list ids.
        Fault::OddId(odd) if matches!(P::VENDOR, Vendor::LeadSquared | Vendor::Rt) => {
            SandboxFault::OddId(match odd {
                OddId::Null => ticket_sandbox::OddId::Null,
                OddId::Float => ticket_sandbox::OddId::Float,
                OddId::OtherType => ticket_sandbox::OddId::Text,
                OddId::Missing => ticket_sandbox::OddId::Missing,
                OddId::Unasked => ticket_sandbox::OddId::Unasked,
                other => return Err(not_in_sandbox(&other)),
            })
        }
        Fault::OddId(_) => return Err(reply_names_no_ticket()),
        // Only its tokens are issued on request.
        Fault::FreshTokenRefused if P::VENDOR == Vendor::OneCloud => {
            SandboxFault::FreshTokenRefused(REFUSED)
        }
        Fault::FreshTokenRefused => {
            return Err(SkipReason::new("the vendor issues no tokens"));
        }
        other => return Err(not_in_sandbox(&other)),
    })
}

fn not_in_sandbox(fault: &dyn fmt::Debug) -> SkipReason {
    SkipReason::new(format!("the sandbox does not implement {fault:?}"))
}

fn sandbox_gateway(gateway: Gateway) -> FixtureResult<ticket_sandbox::Gateway> {
    use ticket_sandbox::Gateway as SandboxFault;

    Ok(match gateway {
        Gateway::SignIn => SandboxFault::SignIn,
        Gateway::Firewall => SandboxFault::Firewall,
        Gateway::Redirect => SandboxFault::Redirect,
        Gateway::PageNotFound => SandboxFault::PageNotFound,
        Gateway::NoRoute => SandboxFault::NoRoute,
        Gateway::DefaultBackend => SandboxFault::DefaultBackend,
        Gateway::Framework => SandboxFault::Framework,
        Gateway::Empty => SandboxFault::Empty,
        other => return Err(not_in_sandbox(&other)),
    })
}

fn sandbox_row(odd: OddRow) -> FixtureResult<ticket_sandbox::OddRow> {
    use ticket_sandbox::OddRow as SandboxFault;

    Ok(match odd {
        OddRow::LoneSurrogate => SandboxFault::LoneSurrogate,
        OddRow::EmptyDate => SandboxFault::EmptyDate,
        OddRow::YearOneDate => SandboxFault::YearOneDate,
        OddRow::NumberDate => SandboxFault::NumberDate,
        OddRow::ZonelessDate => SandboxFault::ZonelessDate,
        OddRow::MissingId => SandboxFault::MissingId,
        OddRow::NullId => SandboxFault::NullId,
        OddRow::Null => SandboxFault::Null,
        OddRow::Repeated => SandboxFault::Repeated,
        other => return Err(not_in_sandbox(&other)),
    })
}

fn or_lost_port<T>(done: std::io::Result<T>) -> FixtureResult<T> {
    done.map_err(|error| SkipReason::new(format!("the sandbox's port is lost: {error}")))
}

#[async_trait]
impl<P: SandboxProvider> Fixture for SandboxFixture<P> {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        Arc::clone(&self.provider)
    }

    fn expected_operations(&self) -> &'static [Operation] {
        P::OPERATIONS
    }

    fn new_ticket(&self) -> FixtureResult<NewTicket> {
        P::new_ticket()
    }

    async fn ticket(&self) -> FixtureResult<TicketId> {
        let seed = TicketSeed::new("Made by the fixture").description("A text");
        Ok(self.sandbox.add_ticket(P::VENDOR, seed).into())
    }

    fn missing_id(&self) -> FixtureResult<TicketId> {
        Ok(P::MISSING_ID.into())
    }

    async fn fill(&self, tickets: usize) -> FixtureResult<Vec<TicketId>> {
        self.sandbox.add_tickets(P::VENDOR, tickets);
        let ids = self.sandbox.ticket_ids(P::VENDOR).into_iter();
        Ok(ids.map(TicketId::new).collect())
    }

    fn page_size(&self) -> FixtureResult<usize> {
        page_size::<P>()
    }

    async fn inject(&self, fault: Fault, target: FaultTarget) -> FixtureResult<()> {
        if fault == Fault::NoConnection {
            return or_lost_port(self.sandbox.refuse_connections().await);
        }
        if let Fault::AboutAnother { asked, other } = &fault {
            let merged = TicketFault::MergedInto(Some(other.to_string()));
            self.sandbox
                .set_ticket_fault(P::VENDOR, asked.as_str(), merged);
            return Ok(());
        }
        let is_of_token = fault == Fault::FreshTokenRefused;
        let rule = Rule::new(sandbox_fault::<P>(fault)?).vendor(P::VENDOR);
        let rule = match target {
            // The request for a token.
            _ if is_of_token => rule,
            FaultTarget::NextWrite => rule.writes(),
            _ => rule.reads(),
        };
        self.sandbox.inject(rule);
        if is_of_token {
            self.sandbox.expire_token();
        }
        Ok(())
    }

    async fn withdraw_faults(&self) {
        self.sandbox.withdraw_faults();
    }

    async fn restore_connections(&self) -> FixtureResult<()> {
        or_lost_port(self.sandbox.accept_connections().await)
    }

    fn journal(&self) -> FixtureResult<Vec<ReceivedRequest>> {
        let received = self.sandbox.journal().into_iter();
        let calls = received.filter(|received| received.endpoint != Some(Endpoint::Authenticate));
        let calls = calls.map(|received| {
            let status = received.status;
            let received = if received.is_write {
                ReceivedRequest::write()
            } else {
                ReceivedRequest::read()
            }
            .took_effect(received.took_effect)
            .path(received.path)
            .text(String::from_utf8_lossy(&received.body));
            match status {
                Some(status) => received.status(status),
                None => received,
            }
        });
        Ok(calls.collect())
    }

    async fn exists(&self, id: &TicketId) -> FixtureResult<bool> {
        Ok(self.sandbox.exists(P::VENDOR, id.as_str()))
    }

    async fn seed(&self, seed: Seed) -> FixtureResult<Seeded> {
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

    async fn conversation(&self) -> FixtureResult<(TicketId, Vec<String>)> {
        let id = self.ticket().await?;
        let texts: Vec<String> = (1..=MESSAGES)
            .map(|number| format!("Message {number}"))
            .collect();
        for text in &texts {
            let added = self
                .sandbox
                .add_message(P::VENDOR, id.as_str(), P::MESSAGE, text);
            added.ok_or_else(|| SkipReason::new("the ticket is gone"))?;
        }
        Ok((id, texts))
    }

    async fn merge(&self, from: &TicketId, into: &TicketId) -> FixtureResult<()> {
        if !P::MERGES_TICKETS {
            return Err(SkipReason::new("the vendor documents no merged tickets"));
        }
        let merged = TicketFault::MergedInto(Some(into.to_string()));
        self.sandbox
            .set_ticket_fault(P::VENDOR, from.as_str(), merged);
        Ok(())
    }

    async fn dropped_update(&self) -> FixtureResult<(TicketId, TicketPatch, String)> {
        let (patch, field) = P::dropped_update()?;
        Ok((self.ticket().await?, patch, field.to_owned()))
    }

    fn writes_that_name_their_ticket(&self) -> &'static [Operation] {
        P::WRITES_THAT_NAME_THEIR_TICKET
    }

    fn writes_confirmed_by_a_word(&self) -> &'static [Operation] {
        P::WRITES_CONFIRMED_BY_A_WORD
    }

    fn operations_with_opaque_replies(&self) -> &'static [Operation] {
        P::OPAQUE_REPLIES
    }

    fn secrets(&self) -> FixtureResult<Vec<String>> {
        secrets_of(P::secrets())
    }

    fn sent_secrets(&self) -> FixtureResult<Vec<String>> {
        secrets_of(P::sent_secrets())
    }

    fn short_timeout_provider(&self) -> FixtureResult<Arc<dyn TicketProvider>> {
        let base_url = self.sandbox.base_url(P::VENDOR);
        Ok(P::connect(&base_url, Some(SHORT)))
    }
}
