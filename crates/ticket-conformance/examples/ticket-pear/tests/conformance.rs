//! The conformance suite against the vendor of `vendor/`: every promise of the contract, on real sockets.
//!
//! Skipped is what Pear has no such thing for: it files, changes and answers no tickets, and deletes one at a time.
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
use ticket_pear::{Pear, PearConfig};

use vendor::Vendor;
use vendor::api::{CREDENTIALS, EMAIL, KEY, PAGE};

/// The provider with a vendor of its own, which holds no ticket.
struct Fresh {
    vendor: Vendor,
    provider: Arc<Pear>,
}

impl Fresh {
    async fn start() -> Self {
        let vendor = Vendor::start().await;
        let provider = Arc::new(Pear::new(&config(&vendor)).unwrap());
        Self { vendor, provider }
    }
}

fn config(vendor: &Vendor) -> PearConfig {
    PearConfig::new(vendor.base_url(), EMAIL, KEY)
}

#[async_trait]
impl Fixture for Fresh {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        self.provider.clone()
    }

    fn expected_operations(&self) -> &'static [Operation] {
        &[Operation::Get, Operation::List, Operation::Delete]
    }

    async fn ticket(&self) -> Given<TicketId> {
        Ok(self.vendor.add_ticket("status", "open").into())
    }

    fn missing_id(&self) -> Given<TicketId> {
        Ok("999999".into())
    }

    async fn fill(&self, tickets: usize) -> Given<Vec<TicketId>> {
        let ids = (0..tickets).map(|_| self.vendor.add_ticket("status", "open"));
        Ok(ids.map(TicketId::from).collect())
    }

    fn page_size(&self) -> Given<usize> {
        Ok(PAGE)
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
        Ok(vec![KEY.to_owned(), CREDENTIALS.to_owned()])
    }

    fn impatient_provider(&self) -> Given<Arc<dyn TicketProvider>> {
        let config = config(&self.vendor).timeout(Duration::from_millis(250));
        Ok(Arc::new(Pear::new(&config).unwrap()))
    }
}

ticket_conformance::tests!(Fresh::start, skips: [
    comments_are_sent_whole, // Pear has no operation `comment`
    concurrent_creates_are_apart, // Pear has no operation `create`
    created_tickets_exist, // Pear has no operation `create`
    created_tickets_read_back, // Pear has no operation `create`
    delete_of_a_mix_answers_in_order, // Pear takes at most 1 per call
    delete_of_duplicates_answers_each, // Pear takes at most 1 per call
    each_create_is_a_ticket_of_its_own, // Pear has no operation `create`
    empty_updates_are_refused, // Pear has no operation `update`
    errors_show_no_ticket_text, // Pear has no operation `create`
    every_message_is_read_once, // Pear has no operation `messages`
    given_fields_of_a_patch_are_sent, // Pear has no operation `update`
    given_fields_of_a_ticket_are_sent, // Pear has no operation `create`
    given_filters_are_sent, // Pear's lists have no filter
    logs_hold_no_ticket_text, // Pear has no operation `create`
    messages_are_read, // Pear has no operation `messages`
    messages_are_the_tickets_own, // Pear has no operation `messages`
    missing_tickets_cannot_be_changed, // Pear has none of the operations `update`, `resolve`, `comment`
    page_limits_are_kept, // Pear's pages have one size
    required_fields_are_required, // Pear requires no field
    resolved_tickets_are_not_open, // Pear has no operation `resolve`
    state_filters_hold, // Pear has no filter by state
    texts_over_the_limit_are_refused, // Pear declares no limit of texts
    totals_are_true, // Pear states no total
    unknown_priorities_survive, // a ticket has no priority
    unmentioned_ids_are_unknown, // a reply to a delete names no ticket
    updates_change_what_they_name, // Pear has no operation `update`
    updates_leave_the_rest, // Pear has no operation `update`
]);
