//! The conformance suite against a vendor on loopback: every promise of the contract, on real sockets.
//!
//! To be done: a case that is red says what is missing. Give it what it needs, declare the operation and write
//! it, or, where the vendor has no such thing, name the case among the `skips` at the end.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{SkipReason, FixtureResult, Seed, Seeded};
use ticket_core::{Operation, TicketProvider};
use ticket_acme::{Acme, AcmeConfig};
use ticket_testkit::{
    LoopbackFixture, LoopbackVendor, ProviderUnderTest, Reply, Request, TicketStore, VendorApi,
};

/// What the vendor accepts.
const KEY: &str = "acme-conformance-key";

/// Whether the vendor keeps deleted tickets: a GET still reads them, without a sign, and a second DELETE succeeds again.
/// To be done: what do its pages say of both, and do its lists show them? Ask a real server if you have one.
const KEEPS_DELETED: bool = false;

/// The vendor. To be done: as its pages say, not as the client has it.
#[derive(Default)]
struct AcmeDesk {
    tickets: TicketStore,
    deleted: BTreeSet<String>,
}

impl VendorApi for AcmeDesk {
    fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != Some(&format!("Bearer {KEY}")) {
            return self.error(401, "unknown key");
        }
        match (request.method.as_str(), &*request.segments()) {
            ("GET", ["tickets", id]) => match self.tickets.get(id) {
                Some(ticket) if self.answers_for(id) => Reply::json(200, ticket),
                _ => self.error(404, "no such ticket"),
            },
            ("DELETE", ["tickets", id]) if self.answers_for(id) => {
                self.deleted.insert((*id).to_owned());
                Reply::empty(204)
            }
            ("DELETE", ["tickets", _]) => self.error(404, "no such ticket"),
            _ => Reply::empty(404),
        }
    }

    /// The vendor's form of an error.
    fn error(&self, status: u16, words: &str) -> Reply {
        Reply::json(status, &json!({ "message": words }))
    }
}

impl AcmeDesk {
    /// Whether the vendor knows this ticket, deleted or not.
    fn answers_for(&self, id: &str) -> bool {
        let is_hidden = !KEEPS_DELETED && self.deleted.contains(id);
        self.tickets.get(id).is_some() && !is_hidden
    }

    /// A new open ticket with this field.
    fn add(&mut self, name: &str, value: &str) -> String {
        self.tickets.add(|id| {
            let mut ticket = json!({
                "id": id, "subject": "Card refused", "description": "The till says: declined.",
            });
            let fields = ticket.as_object_mut().unwrap();
            fields.insert("status".to_owned(), Value::from("open"));
            fields.insert(name.to_owned(), Value::from(value));
            ticket
        })
    }
}

impl ProviderUnderTest for AcmeDesk {
    const OPERATIONS: &'static [Operation] = &[Operation::Get, Operation::Delete];
    const MISSING_ID: &'static str = "999999";

    fn secrets() -> Vec<String> {
        [KEY].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = AcmeConfig::new(base_url, KEY);
        if let Some(timeout) = timeout {
            config = config.timeout(timeout);
        }
        Arc::new(Acme::new(&config).unwrap())
    }
}

impl LoopbackVendor for AcmeDesk {
    fn add_ticket(&mut self) -> String {
        self.add("status", "open")
    }

    fn exists(&self, id: &str) -> bool {
        self.tickets.get(id).is_some() && !self.deleted.contains(id)
    }

    fn seed(&mut self, seed: Seed) -> FixtureResult<Seeded> {
        let (name, text) = match seed {
            Seed::UnknownStatus => ("status", "conformance-s9"),
            Seed::UnmodelledField => ("shelf", "conformance-b7"),
            Seed::UnknownPriority => return Err(SkipReason::new("a ticket has no priority")),
            Seed::Message => return Err(SkipReason::new("a ticket has no messages")),
            other => return Err(SkipReason::new(format!("the fixture cannot seed {other:?}"))),
        };
        Ok(Seeded::new(self.add(name, text), text))
    }
}

// To be done: does the vendor only accept deletes, and carry them out later? Does it keep idempotency keys of creates? Then
// delete the lines that say that it does not, and add what they name to `info.rs`, `provider.rs` and the vendor above.
ticket_conformance::tests!(LoopbackFixture::<AcmeDesk>::start, skips: [
    accepted_deletes_are_told_with_their_job, // Acme has no operation `job`
    unknown_jobs_are_not_found, // Acme has no operation `job`
    create_repeated_with_its_key_is_one_ticket, // Acme has no operation `create`
]);
