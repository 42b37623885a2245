//! The conformance suite against the vendor of `vendor/`: every promise of the contract, on real sockets.
//!
//! To be done: a case that is red says what is missing. Give it what it needs, declare the operation and write
//! it, or, where the vendor has no such thing, name the case among the `skips` at the end.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod vendor;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ticket_conformance::{Cannot, Fault, Fixture, Given, Plant, Planted, Seen};
use ticket_core::{Operation, TicketId, TicketProvider};
use ticket_acme::{Acme, AcmeConfig};

use vendor::Vendor;
use vendor::api::KEY;

/// The provider with a vendor of its own, which holds no ticket.
struct Fresh {
    vendor: Vendor,
    provider: Arc<Acme>,
}

impl Fresh {
    async fn start() -> Self {
        let vendor = Vendor::start().await;
        let provider = Arc::new(Acme::new(&config(&vendor)).unwrap());
        Self { vendor, provider }
    }
}

fn config(vendor: &Vendor) -> AcmeConfig {
    AcmeConfig::new(vendor.base_url(), KEY)
}

#[async_trait]
impl Fixture for Fresh {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        self.provider.clone()
    }

    fn expected_operations(&self) -> &'static [Operation] {
        &[Operation::Get, Operation::Delete]
    }

    async fn ticket(&self) -> Given<TicketId> {
        Ok(self.vendor.add_ticket("status", "open").into())
    }

    fn missing_id(&self) -> Given<TicketId> {
        Ok("999999".into())
    }

    async fn inject(&self, fault: Fault) -> Given<()> {
        match fault {
            Fault::NoConnection => self.vendor.refuse_connections(),
            Fault::NamesNoTicket => {
                return Err(Cannot::because("a reply to a delete names no ticket"));
            }
            other => self.vendor.inject(other),
        }
        Ok(())
    }

    async fn heal(&self) -> Given<()> {
        self.vendor.accept_connections().await;
        Ok(())
    }

    fn journal(&self) -> Given<Vec<Seen>> {
        let requests = self.vendor.requests().into_iter();
        Ok(requests
            .map(|request| {
                let is_read = request.method == "GET";
                if is_read { Seen::read() } else { Seen::write() }
                    .took_effect(request.took_effect)
                    .path(request.path)
                    .text(request.body)
            })
            .collect())
    }

    async fn exists(&self, id: &TicketId) -> Given<bool> {
        Ok(self.vendor.exists(id.as_str()))
    }

    async fn plant(&self, plant: Plant) -> Given<Planted> {
        let (name, text) = match plant {
            Plant::UnknownStatus => ("status", "conformance-s9"),
            Plant::UnmodelledField => ("shelf", "conformance-b7"),
            Plant::UnknownPriority => return Err(Cannot::because("a ticket has no priority")),
            Plant::Message => return Err(Cannot::because("a ticket has no messages")),
            other => return Err(Cannot::because(format!("nothing plants {other:?}"))),
        };
        Ok(Planted::new(self.vendor.add_ticket(name, text), text))
    }

    fn secrets(&self) -> Given<Vec<String>> {
        Ok(vec![KEY.to_owned()])
    }

    fn impatient_provider(&self) -> Given<Arc<dyn TicketProvider>> {
        let config = config(&self.vendor).timeout(Duration::from_millis(250));
        Ok(Arc::new(Acme::new(&config).unwrap()))
    }
}

ticket_conformance::tests!(Fresh::start, skips: []);
