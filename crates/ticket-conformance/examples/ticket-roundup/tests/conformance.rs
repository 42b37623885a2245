//! The conformance suite against a tracker on loopback, which answers as a Roundup 2.6.0 was observed to.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]
#![allow(clippy::indexing_slicing, reason = "helpers of tests may panic")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, Seeded, SkipReason};
use ticket_core::provider::Connect as _;
use ticket_core::{NewTicket, Operation, TicketProvider};
use ticket_roundup::{Roundup, RoundupConfig};
use ticket_testkit::{
    LoopbackFixture, LoopbackVendor, ProviderUnderTest, Reply, ReplyFormat, Request, TicketStore,
    VendorApi,
};

const PASSWORD: &str = "roundup-conformance-pw";

/// The base64 of `agent`, a colon and the password.
const CREDENTIALS: &str = "YWdlbnQ6cm91bmR1cC1jb25mb3JtYW5jZS1wdw==";

#[derive(Default)]
struct Tracker {
    issues: TicketStore,
    /// How often each was changed.
    versions: BTreeMap<String, u64>,
    retired: BTreeMap<String, bool>,
}

impl VendorApi for Tracker {
    fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != Some(&format!("Basic {CREDENTIALS}")) {
            return self.error(401, "");
        }
        let origin = ["origin", "x-requested-with"].map(|name| request.header(name).is_some());
        if !self.is_read(request) && origin != [true, true] {
            return self.error(400, "Required Header Missing");
        }
        match (request.method.as_str(), &*request.segments()) {
            ("GET", ["t", "rest", "data", "issue"]) => self.list(request),
            ("POST", ["t", "rest", "data", "issue"]) => {
                let title = request.json().unwrap()["title"].clone();
                let id = self.add("title", title);
                Reply::json(201, &json!({ "data": { "id": id, "link": "" } }))
            }
            (method, ["t", "rest", "data", "issue", id]) => self.item(method, id, request),
            _ => Reply::empty(404),
        }
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        common::error(status, words)
    }

    fn reply_format(&self) -> ReplyFormat {
        common::reply_format()
    }
}

impl Tracker {
    fn list(&self, request: &Request) -> Reply {
        let number = |name| request.query(name).and_then(|text| text.parse().ok());
        let shown = |issue: &&Value| !self.is_retired(issue["id"].as_str().unwrap());
        let mut shown: Vec<_> = self.issues.iter().filter(shown).collect();
        if let Some(id) = request.query("id") {
            shown.retain(|issue| issue["id"] == *id);
        }
        let (size, index) = (number("@page_size"), number("@page_index"));
        let (size, index): (usize, usize) = (size.unwrap_or(usize::MAX), index.unwrap_or(1));
        let before = size.saturating_mul(index - 1);
        let rows: Vec<_> = shown.iter().skip(before).take(size).collect();
        let mut data = json!({ "collection": rows, "@total_size": shown.len(), "@links": {} });
        if before + rows.len() < shown.len() {
            data["@links"]["next"] = json!([{ "rel": "next" }]);
        }
        if rows.is_empty() && index > 1 {
            data["@total_size"] = json!(size * (index - 1));
        }
        Reply::json(200, &json!({ "data": data }))
    }

    /// One issue, retired or not.
    fn item(&mut self, method: &str, id: &str, request: &Request) -> Reply {
        if self.issues.get(id).is_none() {
            return self.error(404, &format!("no such issue {id}"));
        }
        let version = self.versions.entry(id.to_owned()).or_default();
        let etag = format!("\"{version}\"");
        if method == "GET" {
            let reply = Reply::json(200, &json!({ "data": { "id": id } }));
            return reply.header("etag", &etag);
        }
        if request.header("if-match") != Some(&etag) {
            return self.error(412, "If-Match is missing or does not match.");
        }
        *version += 1;
        let done = json!({ "data": { "id": id, "attribute": {} } });
        match method {
            "DELETE" => {
                self.retired.insert(id.to_owned(), true);
                return Reply::json(200, &json!({ "data": { "status": "ok" } }));
            }
            "PATCH" => _ = self.retired.insert(id.to_owned(), false),
            _ => {
                let issue = self.issues.get_mut(id).unwrap();
                for (name, value) in request.json().unwrap().as_object().unwrap() {
                    issue[name] = match name.as_str() {
                        "status" => json!({ "name": value }),
                        _ => value.clone(),
                    };
                }
            }
        }
        Reply::json(200, &done)
    }

    fn is_retired(&self, id: &str) -> bool {
        self.retired.get(id) == Some(&true)
    }

    /// A new issue with this property.
    fn add(&mut self, name: &str, value: Value) -> String {
        self.issues.add(|id| {
            let mut issue = json!({
                "id": id, "title": "Printer on fire", "status": { "name": "unread" },
                "priority": null, "creation": "2026-11-28.20:11:35",
            });
            issue[name] = value;
            issue
        })
    }
}

impl ProviderUnderTest for Tracker {
    const OPERATIONS: &'static [Operation] = common::OPERATIONS;
    const MISSING_ID: &'static str = "999999";
    const PAGE_SIZE: Option<usize> = Some(50);
    const WRITES_THAT_NAME_THEIR_TICKET: &'static [Operation] =
        common::WRITES_THAT_NAME_THEIR_TICKET;
    const WRITES_CONFIRMED_BY_A_WORD: &'static [Operation] = common::WRITES_CONFIRMED_BY_A_WORD;

    fn secrets() -> Vec<String> {
        [PASSWORD, CREDENTIALS].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = RoundupConfig::new(format!("{base_url}/t"), "agent", PASSWORD);
        if let Some(timeout) = timeout {
            config = Roundup::with_timeout(config, timeout);
        }
        Arc::new(Roundup::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Printer on fire"))
    }
}

impl LoopbackVendor for Tracker {
    fn add_ticket(&mut self) -> String {
        self.add("priority", Value::Null)
    }

    fn exists(&self, id: &str) -> bool {
        self.issues.get(id).is_some() && !self.is_retired(id)
    }

    fn seed(&mut self, seed: Seed) -> FixtureResult<Seeded> {
        let (name, value, text) = match seed {
            Seed::UnknownStatus => ("status", json!({ "name": "in-limbo" }), "in-limbo"),
            Seed::UnknownPriority => ("priority", json!({ "name": "P0" }), "P0"),
            Seed::UnmodelledField => ("activity", json!("2026-11-28"), "2026-11-28"),
            other => return Err(SkipReason::new(format!("the tracker has no {other:?}"))),
        };
        Ok(Seeded::new(self.add(name, value), text))
    }

    fn other_word(&self) -> FixtureResult<Reply> {
        Ok(common::other_word())
    }
}

ticket_conformance::tests!(LoopbackFixture::<Tracker>::start, skips: [
    accepted_deletes_are_told_with_their_job,
    unknown_jobs_are_not_found,
    purged_tickets_are_gone_for_good,
    purging_a_ticket_that_is_not_in_the_trash_changes_nothing,
    create_repeated_with_its_key_is_one_ticket,
    a_delete_of_an_old_version_is_a_conflict, // Roundup does not declare that `delete` depends on a version
    an_update_of_an_old_version_is_a_conflict, // Roundup does not declare that `update` depends on a version
    files_are_listed_and_read_to_the_byte, // Roundup has no operation `attachments`
    files_cost_the_declared_requests, // Roundup sends no files
    what_an_update_drops_is_reported, // the vendor is not known to drop a field of an update
    call_with_refused_fresh_token_is_tried_again, // the vendor issues no tokens
    comments_are_sent_whole, // Roundup has no operation `comment`
    delete_of_a_mix_answers_in_order, // Roundup takes at most 1 per call
    delete_of_duplicates_answers_each, // Roundup takes at most 1 per call
    every_message_is_read_once, // Roundup has no operation `messages`
    merged_tickets_do_not_delete_others, // the vendor does not merge tickets
    messages_are_read, // Roundup has no operation `messages`
    messages_belong_to_their_ticket, // Roundup has no operation `messages`
    odd_id_affects_no_other_outcome, // Roundup takes at most 1 per call
    repeated_delete_spares_a_reused_id, // Roundup declares that ids are never given out again
    decided_fields_are_told, // Roundup declares no reply that decides a field
    exact_filters_are_exact, // Roundup declares no exact filter that can be tried
    state_filters_hold, // Roundup has no filter by state
    unmentioned_ids_are_unknown, // the vendor's reply to a delete does not name tickets
    unrequested_deleted_ids_are_reported, // the fixture does not say where a reply to a delete has ids
    wrong_totals_past_the_end_are_left_out_or_reported, // Roundup's lists end with the page of the last ticket
]);
