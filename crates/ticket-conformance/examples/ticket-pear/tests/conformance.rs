//! The conformance suite against a vendor on loopback: every promise of the contract, on real sockets.
//!
//! Skipped is what Pear has no such thing for: it files, changes and answers no tickets, and deletes one at a time.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, Seeded, SkipReason};
use ticket_core::{Operation, TicketProvider};
use ticket_pear::{Pear, PearConfig};
use ticket_testkit::{
    LoopbackFixture, LoopbackVendor, ProviderUnderTest, Reply, ReplyFormat, Request, TicketStore,
    VendorApi,
};

/// What the vendor accepts.
const KEY: &str = "pear-conformance-key";

/// Whose key it is.
const EMAIL: &str = "ann@example.com";

/// The base64 of the address, a colon and the key.
const CREDENTIALS: &str = "YW5uQGV4YW1wbGUuY29tOnBlYXItY29uZm9ybWFuY2Uta2V5";

/// How many tickets a page of the list has.
const PAGE: usize = 20;

/// The vendor, as its page (`api.html`) says.
#[derive(Default)]
struct PearDesk {
    tickets: TicketStore,
}

impl VendorApi for PearDesk {
    fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != Some(&format!("Basic {CREDENTIALS}")) {
            return self.error(401, "unknown key");
        }
        match (request.method.as_str(), &*request.segments()) {
            ("GET", ["tickets"]) => self.list(request),
            ("GET", ["tickets", id]) => match self.tickets.get(id) {
                Some(ticket) => Reply::json(200, ticket),
                None => self.error(404, "no such ticket"),
            },
            ("DELETE", ["tickets", id]) => match self.tickets.remove(id) {
                Some(_) => Reply::empty(202),
                None => self.error(404, "no such ticket"),
            },
            _ => Reply::empty(404),
        }
    }

    fn reply_format(&self) -> ReplyFormat {
        ReplyFormat::default()
            .rows("/tickets", "id")
            .subject("subject")
    }
}

impl PearDesk {
    /// A page: the cursor is `c` and the number of tickets before it.
    fn list(&self, request: &Request) -> Reply {
        let before = match request.query("cursor") {
            None => Some(0),
            Some(cursor) => cursor.strip_prefix('c').and_then(|c| c.parse().ok()),
        };
        let Some(before) = before else {
            return self.error(422, "no such cursor");
        };
        let tickets: Vec<_> = self.tickets.iter().skip(before).take(PAGE).collect();
        let end = before + tickets.len();
        let next = (end < self.tickets.len()).then(|| format!("c{end}"));
        Reply::json(200, &json!({ "tickets": tickets, "next": next }))
    }

    /// A new open ticket with this field.
    fn add(&mut self, name: &str, value: &str) -> String {
        self.tickets.add(|id| {
            let id: u64 = id.parse().unwrap();
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

impl ProviderUnderTest for PearDesk {
    const OPERATIONS: &'static [Operation] = &[Operation::Get, Operation::List, Operation::Delete];
    const MISSING_ID: &'static str = "999999";
    const PAGE_SIZE: Option<usize> = Some(PAGE);

    fn secrets() -> Vec<String> {
        [KEY, CREDENTIALS].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = PearConfig::new(base_url, EMAIL, KEY);
        if let Some(timeout) = timeout {
            config = config.timeout(timeout);
        }
        Arc::new(Pear::new(&config).unwrap())
    }
}

impl LoopbackVendor for PearDesk {
    fn add_ticket(&mut self) -> String {
        self.add("status", "open")
    }

    fn exists(&self, id: &str) -> bool {
        self.tickets.get(id).is_some()
    }

    fn seed(&mut self, seed: Seed) -> FixtureResult<Seeded> {
        let (name, text) = match seed {
            Seed::UnknownStatus => ("status", "conformance-s9"),
            Seed::UnmodelledField => ("shelf", "conformance-b7"),
            Seed::UnknownPriority => return Err(SkipReason::new("a ticket has no priority")),
            Seed::Message => return Err(SkipReason::new("a ticket has no messages")),
            other => {
                return Err(SkipReason::new(format!(
                    "the fixture cannot seed {other:?}"
                )));
            }
        };
        Ok(Seeded::new(self.add(name, text), text))
    }
}

ticket_conformance::tests!(LoopbackFixture::<PearDesk>::start, skips: [
    a_delete_of_an_old_version_is_a_conflict,
    an_update_of_an_old_version_is_a_conflict,
    files_are_listed_and_read_to_the_byte,
    files_cost_the_declared_requests,
    accepted_deletes_are_told_with_their_job,
    unknown_jobs_are_not_found,
    purged_tickets_are_gone_for_good,
    purging_a_ticket_that_is_not_in_the_trash_changes_nothing,
    create_repeated_with_its_key_is_one_ticket,
    restored_tickets_are_back,
    restoring_a_ticket_that_is_not_deleted_changes_nothing,
    what_an_update_drops_is_reported,
    call_with_refused_fresh_token_is_tried_again, // the vendor issues no tokens
    comments_are_sent_whole, // Pear has no operation `comment`
    concurrent_creates_make_separate_tickets, // Pear has no operation `create`
    consistent_reads_show_every_write, // Pear does not declare that reads are consistent
    created_tickets_exist, // Pear has no operation `create`
    created_tickets_read_back, // Pear has no operation `create`
    delete_of_a_mix_answers_in_order, // Pear takes at most 1 per call
    delete_of_duplicates_answers_each, // Pear takes at most 1 per call
    deleted_ids_are_not_reused, // Pear does not declare that ids are never given out again
    each_create_makes_its_own_ticket, // Pear has no operation `create`
    empty_updates_are_refused, // Pear has no operation `update`
    errors_show_no_ticket_text, // Pear has no operation `create`
    every_message_is_read_once, // Pear has no operation `messages`
    failed_preparing_reads_have_no_effect, // Pear does not read before it writes
    given_fields_of_a_patch_are_sent, // Pear has no operation `update`
    given_fields_of_a_ticket_are_sent, // Pear has no operation `create`
    given_filters_are_sent, // Pear's lists have no filter
    logs_hold_no_ticket_text, // Pear has no operation `create`
    merged_tickets_do_not_delete_others, // the vendor does not merge tickets
    messages_are_read, // Pear has no operation `messages`
    messages_belong_to_their_ticket, // Pear has no operation `messages`
    missing_tickets_cannot_be_changed, // Pear has none of the operations `update`, `resolve`, `comment`
    odd_id_affects_no_other_outcome, // Pear takes at most 1 per call
    only_the_documented_word_confirms, // a DELETE is confirmed by its status
    page_limits_are_kept, // Pear's pages have one size
    required_fields_are_required, // Pear requires no field
    resolved_tickets_are_not_open, // Pear has no operation `resolve`
    decided_fields_are_told, // Pear has no operation `create`
    exact_filters_are_exact, // Pear has no operation `create`
    state_filters_hold, // Pear has no filter by state
    texts_over_the_limit_are_refused, // Pear declares no limit of texts
    totals_are_true, // Pear states no total
    unrequested_deleted_ids_are_reported, // the fixture does not say where a reply to a delete has ids
    unknown_priorities_survive, // a ticket has no priority
    unmentioned_ids_are_unknown, // a reply to a delete names no ticket
    updates_change_the_given_fields, // Pear has no operation `update`
    updates_change_no_other_field, // Pear has no operation `update`
    writes_about_another_ticket_are_conflicts, // the fixture knows no write whose reply names the ticket
    wrong_totals_are_reported, // the fixture does not say where a list has its total
    wrong_totals_do_not_shorten_a_list, // the fixture does not say where a list has its total
    wrong_totals_past_the_end_are_left_out_or_reported, // Pear's lists end with the page of the last ticket
]);
