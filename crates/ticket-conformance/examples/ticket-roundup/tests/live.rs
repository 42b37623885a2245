//! The suite on a real Roundup, behind a proxy of the testkit, and its real limit: see [`ticket_live`].
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is a failed test, in helpers too, and what was measured is printed"
)]

mod common;

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, Seeded, SkipReason, Suite};
use ticket_core::call::{Pacer, RetryPolicy, StackOptions};
use ticket_core::provider::{Connect as _, Limit, Quota};
use ticket_core::{NewTicket, Operation, TicketProvider, Tickets};
use ticket_live::{Unavailable, or_skip};
use ticket_roundup::{Roundup, RoundupConfig};
use ticket_testkit::{
    LoopbackFixture, LoopbackVendor, ProviderUnderTest, Reply, ReplyFormat, VendorApi,
};

/// What Roundup has not.
const SKIPS: &[&str] = &[
    "accepted_deletes_are_told_with_their_job",
    "unknown_jobs_are_not_found",
    "purged_tickets_are_gone_for_good",
    "purging_a_ticket_that_is_not_in_the_trash_changes_nothing",
    "create_repeated_with_its_key_is_one_ticket",
    "comments_are_sent_whole",
    "files_cost_the_declared_requests",
    "what_an_update_drops_is_reported",
    "an_update_of_an_old_version_is_a_conflict",
    "messages_are_read",
    "every_message_is_read_once",
    "messages_belong_to_their_ticket",
    "files_are_listed_and_read_to_the_byte",
    "delete_of_duplicates_answers_each",
    "delete_of_a_mix_answers_in_order",
    "unmentioned_ids_are_unknown",
    "a_delete_of_an_old_version_is_a_conflict",
    "merged_tickets_do_not_delete_others",
    "repeated_delete_spares_a_reused_id",
    "odd_id_affects_no_other_outcome",
    "unrequested_deleted_ids_are_reported",
    "decided_fields_are_told",
    "exact_filters_are_exact",
    "state_filters_hold",
    "wrong_totals_past_the_end_are_left_out_or_reported",
    "call_with_refused_fresh_token_is_tried_again",
];

/// One server for both tests: each has a tracker of its own.
fn server() -> Option<&'static ticket_live::Roundup> {
    static SHARED: OnceLock<Result<ticket_live::Roundup, Unavailable>> = OnceLock::new();
    or_skip(SHARED.get_or_init(ticket_live::Roundup::start).as_ref())
}

fn config(live: &ticket_live::Roundup, tracker_url: &str) -> RoundupConfig {
    RoundupConfig::new(tracker_url, &*live.admin.name, live.admin.password.clone())
}

struct Live(&'static ticket_live::Roundup);

impl Default for Live {
    fn default() -> Self {
        let live = server().unwrap();
        live.clear().unwrap();
        Self(live)
    }
}

impl VendorApi for Live {
    fn upstream(&self) -> Option<&str> {
        Some(self.0.server.url())
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        common::error(status, words)
    }

    fn reply_format(&self) -> ReplyFormat {
        common::reply_format()
    }
}

impl ProviderUnderTest for Live {
    const OPERATIONS: &'static [Operation] = common::OPERATIONS;
    const MISSING_ID: &'static str = "999999";
    const PAGE_SIZE: Option<usize> = Some(50);
    const WRITES_THAT_NAME_THEIR_TICKET: &'static [Operation] =
        common::WRITES_THAT_NAME_THEIR_TICKET;
    const WRITES_CONFIRMED_BY_A_WORD: &'static [Operation] = common::WRITES_CONFIRMED_BY_A_WORD;

    fn secrets() -> Vec<String> {
        let admin = &server().unwrap().admin;
        let secrets = [&admin.password, &admin.token];
        secrets
            .map(|secret| secret.expose_secret().to_owned())
            .to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = config(server().unwrap(), &format!("{base_url}/open"));
        if let Some(timeout) = timeout {
            // A real server takes its time with the requests that are answered.
            config = Roundup::with_timeout(config, timeout.max(Duration::from_secs(1)));
        }
        Arc::new(Roundup::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Printer on fire"))
    }
}

impl LoopbackVendor for Live {
    fn add_ticket(&mut self) -> String {
        self.add_tickets(1).remove(0)
    }

    fn add_tickets(&mut self, tickets: usize) -> Vec<String> {
        let ids = self.0.file_many(tickets).unwrap().into_iter();
        ids.map(|id| id.to_string()).collect()
    }

    fn exists(&self, id: &str) -> bool {
        let Ok(id) = id.parse::<u64>() else {
            return false;
        };
        let sql = format!("SELECT id FROM _issue WHERE id = {id} AND __retired__ = 0");
        !self.0.server.rows(&sql).unwrap().is_empty()
    }

    fn seed(&mut self, seed: Seed) -> FixtureResult<Seeded> {
        let (name, text) = match seed {
            Seed::UnknownStatus => ("status", "in-progress"),
            Seed::UnknownPriority => ("priority", "urgent"),
            Seed::UnmodelledField => ("creation", ""),
            other => return Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        };
        let ask = |method: &str, path: &str, body: Option<&Value>| {
            let path = format!("/open/rest/data/issue{path}");
            let reply = self.0.server.send(&self.0.admin, method, &path, body);
            reply.unwrap().json()["data"].take()
        };
        let mut issue = json!({ "title": "Planted" });
        if !text.is_empty() {
            issue[name] = text.into();
        }
        let filed = ask("POST", "", Some(&issue));
        let id = filed["id"].as_str().unwrap();
        let row = ask("GET", &format!("?id={id}&@fields=creation"), None);
        let creation = row["collection"][0]["creation"].as_str().unwrap();
        Ok(Seeded::new(
            id,
            if text.is_empty() { creation } else { text },
        ))
    }

    fn other_word(&self) -> FixtureResult<Reply> {
        Ok(common::other_word())
    }
}

#[tokio::test]
async fn suite_holds_on_a_real_server() {
    let Some(live) = server() else {
        return;
    };
    let suite = Suite::new(LoopbackFixture::<Live>::start)
        .limit(Duration::from_secs(120))
        .differs(
            "writes_about_another_ticket_are_conflicts",
            "the version that a write names is not that of the other ticket, so nothing is written",
        );
    let report = suite.run().await;
    println!("Roundup {}: {report}", live.version);
    assert!(report.is_success(), "{}", live.server.log().unwrap());
    let skipped = report.cases.iter().filter(|case| case.is_skipped());
    let skipped = skipped.filter(|case| !SKIPS.contains(&case.case.as_str()));
    assert_eq!(
        skipped.count(),
        0,
        "a case is skipped that the server could play"
    );
}

/// 42 creates, 42 reads and 42 deletes of 3 requests each, at the tracker's own limit, none of them repeated.
#[tokio::test]
async fn requests_at_the_real_limit_are_never_refused() {
    let Some(live) = server() else {
        return;
    };
    let window = Duration::from_secs(ticket_live::Roundup::SECONDS);
    let quota = Quota::new(ticket_live::Roundup::REQUESTS, window);
    let options = StackOptions::default()
        .pacer(Arc::new(Pacer::new(vec![Limit::new().window(quota)])))
        .retry(RetryPolicy::default().max_attempts(NonZeroU32::MIN));
    let tracker = format!("{}/limited", live.server.url());
    let roundup = Roundup::new(&config(live, &tracker)).unwrap();
    let tickets = Tickets::with_options(Arc::new(roundup), &options);
    let mut ids = Vec::new();
    for _ in 0..42 {
        let created = tickets.create(&NewTicket::new("At the limit")).await;
        ids.push(created.unwrap().id);
    }
    for id in &ids {
        tickets.get(id.clone()).await.unwrap();
    }
    let report = tickets.delete(ids).await;
    let log = live.server.log().unwrap();
    assert!(report.all_deleted(), "{report:?}\n{log}");
    let requests = log.lines().filter(|line| line.contains(" /limited/"));
    let (refused, answered): (Vec<_>, Vec<_>) = requests.partition(|line| line.contains("\" 429 "));
    println!(
        "the tracker answered {} requests at its limit, and refused {}",
        answered.len(),
        refused.len()
    );
    assert_eq!((answered.len(), refused), (42 * 5, Vec::new()));
}
