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
use ticket_onecloud::{HttpConfig, OneCloud, OneCloudConfig};
use ticket_sandbox::credentials::{
    ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID, ONECLOUD_TOKEN,
};
use ticket_sandbox::{Endpoint, MessageKind, Rule, Sandbox, TicketSeed, Vendor};

/// Longer than anybody waits.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const VENDOR: Vendor = Vendor::OneCloud;

/// The provider with a sandbox of its own, which holds no ticket.
struct Fresh {
    sandbox: Sandbox,
    provider: Arc<OneCloud>,
}

impl Fresh {
    async fn start() -> Self {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .start()
            .await
            .unwrap();
        let provider = Arc::new(OneCloud::new(&config(&sandbox)).unwrap());
        Self { sandbox, provider }
    }
}

/// With a token that is good, and a login to renew it with.
fn config(sandbox: &Sandbox) -> OneCloudConfig {
    let mut config = OneCloudConfig::with_login(
        sandbox.base_url(VENDOR),
        ONECLOUD_EMAIL,
        ONECLOUD_PASSWORD,
        ONECLOUD_SITE_ID,
    );
    config.token = Some(ONECLOUD_TOKEN.into());
    config
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
            let body = format!(
                r#"{{"_meta":{{"status":"ERROR","count":1}},"records":{{"errorCode":"{status}","userMessage":{words}}}}}"#
            );
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
        Fault::NamesNoTicket => {
            return Err(Cannot::because(
                "OneCloud's reply to a delete names no ticket, and none is missing in it",
            ));
        }
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
            Operation::List,
            Operation::Create,
            Operation::Delete,
            Operation::Messages,
        ]
    }

    fn new_ticket(&self) -> Given<NewTicket> {
        Ok(NewTicket::new("Card refused")
            .description("The till says: declined.")
            .category("Request")
            .requester(Person::named("A customer").email("customer@example.com")))
    }

    async fn ticket(&self) -> Given<TicketId> {
        let seed = TicketSeed::new("Made by the fixture").description("A text");
        Ok(self.sandbox.add_ticket(VENDOR, seed).into())
    }

    fn missing_id(&self) -> Given<TicketId> {
        Ok("999999999".into())
    }

    async fn fill(&self, tickets: usize) -> Given<Vec<TicketId>> {
        self.sandbox.add_tickets(VENDOR, tickets);
        let ids = self.sandbox.ticket_ids(VENDOR).into_iter();
        Ok(ids.map(TicketId::new).collect())
    }

    fn page_size(&self) -> Given<usize> {
        Ok(20)
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
        let calls = seen.filter(|seen| seen.endpoint != Some(Endpoint::Authenticate));
        Ok(calls
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
            Plant::UnknownStatus => ("StatusId", "TS99"),
            Plant::UnknownPriority => ("PriorityId", "TP99"),
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
            ONECLOUD_TOKEN.to_owned(),
            ONECLOUD_PASSWORD.to_owned(),
        ])
    }

    fn sent_secrets(&self) -> Given<Vec<String>> {
        Ok(vec![ONECLOUD_TOKEN.to_owned()])
    }

    fn impatient_provider(&self) -> Given<Arc<dyn TicketProvider>> {
        let http = HttpConfig::default().timeout(Duration::from_millis(250));
        let config = config(&self.sandbox).http(http);
        Ok(Arc::new(OneCloud::new(&config).unwrap()))
    }
}

ticket_conformance::tests!(Fresh::start, skips: [
    comments_are_sent_whole,
    delete_of_a_mix_answers_in_order,
    delete_of_duplicates_answers_each,
    empty_updates_are_refused,
    given_fields_of_a_patch_are_sent,
    missing_tickets_cannot_be_changed,
    resolved_tickets_are_not_open,
    state_filters_hold,
    texts_over_the_limit_are_refused,
    unmentioned_ids_are_unknown,
    updates_change_what_they_name,
    updates_leave_the_rest,
]);
