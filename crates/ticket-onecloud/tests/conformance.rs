//! The conformance suite against the sandbox: every promise of the contract, on real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, SkipReason};
use ticket_core::model::Person;
use ticket_core::{NewTicket, Operation, TicketProvider};
use ticket_onecloud::{HttpConfig, OneCloud, OneCloudConfig};
use ticket_sandbox::Vendor;
use ticket_sandbox::credentials::{
    ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID, ONECLOUD_TOKEN,
};
use ticket_testkit::{ProviderUnderTest, SandboxFixture, SandboxProvider};

struct Subject;

impl ProviderUnderTest for Subject {
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::List,
        Operation::Create,
        Operation::Delete,
        Operation::Messages,
    ];
    const MISSING_ID: &'static str = "999999999";
    const PAGE_SIZE: Option<usize> = Some(20);

    /// With a token that is good, and a login to renew it with.
    fn secrets() -> Vec<String> {
        [ONECLOUD_TOKEN, ONECLOUD_PASSWORD]
            .map(str::to_owned)
            .to_vec()
    }

    fn sent_secrets() -> Vec<String> {
        [ONECLOUD_TOKEN].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = OneCloudConfig::with_login(
            base_url,
            ONECLOUD_EMAIL,
            ONECLOUD_PASSWORD,
            ONECLOUD_SITE_ID,
        );
        config.token = Some(ONECLOUD_TOKEN.into());
        if let Some(timeout) = timeout {
            config = config.http(HttpConfig::default().timeout(timeout));
        }
        Arc::new(OneCloud::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Card refused")
            .description("The till says: declined.")
            .category("Request")
            .requester(Person::named("A customer").email("customer@example.com")))
    }
}

impl SandboxProvider for Subject {
    const VENDOR: Vendor = Vendor::OneCloud;

    fn refusal(status: u16, words: &str) -> Value {
        json!({
            "_meta": { "status": "ERROR", "count": 1 },
            "records": { "errorCode": status.to_string(), "userMessage": words },
        })
    }

    fn seed(seed: Seed) -> FixtureResult<(&'static str, Value)> {
        match seed {
            Seed::UnknownStatus => Ok(("StatusId", "TS99".into())),
            Seed::UnknownPriority => Ok(("PriorityId", "TP99".into())),
            Seed::UnmodelledField => Ok(("Shelf", "conformance-b7".into())),
            other => Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        }
    }
}

ticket_conformance::tests!(SandboxFixture::<Subject>::start, skips: [
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
    failed_preparing_reads_have_no_effect, // OneCloud does not read before it writes
    only_the_documented_word_confirms, // the fixture knows no write that a word confirms
    repeated_delete_spares_a_reused_id,
    comments_are_sent_whole,
    consistent_reads_show_every_write,
    delete_of_a_mix_answers_in_order,
    delete_of_duplicates_answers_each,
    empty_updates_are_refused,
    exact_filters_are_exact, // OneCloud declares no exact filter that can be tried
    given_fields_of_a_patch_are_sent,
    merged_tickets_do_not_delete_others,
    missing_tickets_cannot_be_changed,
    odd_id_affects_no_other_outcome,
    resolved_tickets_are_not_open,
    state_filters_hold,
    texts_over_the_limit_are_refused,
    unrequested_deleted_ids_are_reported,
    unmentioned_ids_are_unknown,
    updates_change_the_given_fields,
    updates_change_no_other_field,
    writes_about_another_ticket_are_conflicts,
    wrong_totals_past_the_end_are_left_out_or_reported, // OneCloud's lists end with the page of the last ticket
]);
