//! The conformance suite against the sandbox: every promise of the contract, on real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_conformance::{Cannot, Fault, Fixture, Given, Plant, Planted, Seen};
use ticket_core::{NewTicket, Operation, Person, TicketId, TicketProvider};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_sandbox::credentials::{
    LEADSQUARED_ACCESS_KEY, LEADSQUARED_ORG_ID, LEADSQUARED_SECRET_KEY,
};
use ticket_sandbox::{MessageKind, Rule, Sandbox, TicketSeed, Vendor};

/// Longer than anybody waits.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const VENDOR: Vendor = Vendor::LeadSquared;

/// The provider with a sandbox of its own, which holds no ticket.
struct Fresh {
    sandbox: Sandbox,
    provider: Arc<LeadSquared>,
}

impl Fresh {
    async fn start() -> Self {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .leadsquared_quota(None)
            .start()
            .await
            .unwrap();
        let provider = Arc::new(LeadSquared::new(&config(&sandbox)).unwrap());
        Self { sandbox, provider }
    }
}

fn config(sandbox: &Sandbox) -> LeadSquaredConfig {
    LeadSquaredConfig::new(
        sandbox.base_url(VENDOR),
        LEADSQUARED_ORG_ID,
        LEADSQUARED_ACCESS_KEY,
        LEADSQUARED_SECRET_KEY,
    )
}

/// A reply with this body, of which the vendor did nothing.
fn reply(status: u16, body: impl Into<String>) -> ticket_sandbox::Fault {
    ticket_sandbox::Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into().into_bytes(),
    }
}

/// What the sandbox calls the fault.
fn played(fault: Fault) -> Given<ticket_sandbox::Fault> {
    use ticket_sandbox::Fault as Played;

    Ok(match fault {
        Fault::ConnectionReset => Played::ConnectionReset,
        Fault::LostResponse => Played::LostResponse,
        Fault::Status(status) => Played::Status(status),
        Fault::StatusAfterEffect(status) => Played::StatusAfterEffect(status),
        Fault::RateLimited { retry_after } => Played::RateLimited {
            retry_after: retry_after.map(|wait| wait.as_secs()),
        },
        Fault::Words { status, words } => {
            let words = serde_json::Value::from(words);
            let body = format!(r#"{{"Status":"Error","ExceptionMessage":{words}}}"#);
            reply(status, body)
        }
        Fault::Malformed => reply(200, "[\"nothing of the kind\"]"),
        Fault::Truncated => Played::TruncatedJson,
        Fault::Empty => Played::EmptyBody,
        Fault::WebPage { status } => Played::HtmlPage { status },
        Fault::WrongTypes => Played::WrongTypes,
        Fault::Oversized => Played::OversizedBody(8 * 1024 * 1024),
        Fault::NeverAnswers => Played::Delay(DAY),
        Fault::NeverEnds => Played::SlowDrip(DAY),
        Fault::Redirect { status } => Played::Reply {
            status,
            headers: vec![(
                "location".to_owned(),
                format!("/{}/elsewhere", VENDOR.prefix()),
            )],
            body: Vec::new(),
        },
        Fault::NamesNoTicket => reply(200, r#"{"SuccessfulIds":[],"FailedIds":[]}"#),
        other => {
            return Err(Cannot::because(format!(
                "the sandbox does not play {other:?}"
            )));
        }
    })
}

#[async_trait]
impl Fixture for Fresh {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        self.provider.clone()
    }

    fn expected_operations(&self) -> &'static [Operation] {
        &[
            Operation::Get,
            Operation::Create,
            Operation::Update,
            Operation::Resolve,
            Operation::Delete,
            Operation::Messages,
            Operation::Comment,
        ]
    }

    fn new_ticket(&self) -> Given<NewTicket> {
        Ok(NewTicket::new("No call back")
            .description("Since Monday.")
            .requester(Person::default().email("customer@example.com")))
    }

    async fn ticket(&self) -> Given<TicketId> {
        let seed = TicketSeed::new("Made by the fixture").description("A text");
        Ok(self.sandbox.add_ticket(VENDOR, seed).into())
    }

    fn missing_id(&self) -> Given<TicketId> {
        Ok("999999999".into())
    }

    async fn inject(&self, fault: Fault) -> Given<()> {
        if fault == Fault::NoConnection {
            self.sandbox.refuse_connections().await.unwrap();
        } else {
            self.sandbox
                .inject(Rule::new(played(fault)?).vendor(VENDOR));
        }
        Ok(())
    }

    async fn heal(&self) -> Given<()> {
        self.sandbox.accept_connections().await.unwrap();
        Ok(())
    }

    fn journal(&self) -> Given<Vec<Seen>> {
        let seen = self.sandbox.journal().into_iter();
        Ok(seen
            .map(|seen| {
                if seen.is_write {
                    Seen::write()
                } else {
                    Seen::read()
                }
                .took_effect(seen.took_effect)
                .path(seen.path)
                .text(String::from_utf8_lossy(&seen.body))
            })
            .collect())
    }

    async fn exists(&self, id: &TicketId) -> Given<bool> {
        Ok(self.sandbox.exists(VENDOR, id.as_str()))
    }

    async fn plant(&self, plant: Plant) -> Given<Planted> {
        let (name, text) = match plant {
            Plant::UnknownStatus => ("Status", "Waiting for parts"),
            Plant::UnknownPriority => ("Priority", "P0"),
            Plant::UnmodelledField => ("Shelf", "conformance-b7"),
            Plant::Message => {
                let id = self.ticket().await?;
                let text = "  Nobody called,\n STILL. ";
                let kind = MessageKind::Incoming;
                self.sandbox.add_message(VENDOR, id.as_str(), kind, text);
                return Ok(Planted::new(id, text));
            }
            other => return Err(Cannot::because(format!("nothing is known of {other:?}"))),
        };
        let seed = TicketSeed::new("Planted").attribute(name, text);
        Ok(Planted::new(self.sandbox.add_ticket(VENDOR, seed), text))
    }

    fn secrets(&self) -> Given<Vec<String>> {
        Ok(vec![
            LEADSQUARED_ACCESS_KEY.to_owned(),
            LEADSQUARED_SECRET_KEY.to_owned(),
        ])
    }

    fn impatient_provider(&self) -> Given<Arc<dyn TicketProvider>> {
        let config = config(&self.sandbox).timeout(Duration::from_millis(250));
        Ok(Arc::new(LeadSquared::new(&config).unwrap()))
    }
}

ticket_conformance::tests!(Fresh::start, skips: [
    a_full_last_page_ends_the_list,
    a_short_list_is_one_page,
    an_empty_list_is_one_empty_page,
    cursors_move_on,
    every_ticket_is_listed_once,
    foreign_cursors_do_no_harm,
    given_filters_are_sent,
    listed_tickets_can_be_read,
    page_limits_are_kept,
    pages_of_nothing_are_refused,
    state_filters_hold,
    texts_over_the_limit_are_refused,
    the_same_cursor_is_the_same_page,
    totals_are_true,
]);
