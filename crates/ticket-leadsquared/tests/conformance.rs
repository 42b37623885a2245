//! The conformance suite against the sandbox: every promise of the contract, on real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, SkipReason};
use ticket_core::model::Person;
use ticket_core::{NewTicket, Operation, TicketProvider};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_sandbox::Vendor;
use ticket_sandbox::credentials::{
    LEADSQUARED_ACCESS_KEY, LEADSQUARED_ORG_ID, LEADSQUARED_SECRET_KEY,
};
use ticket_testkit::{ProviderUnderTest, SandboxFixture, SandboxProvider};

struct Subject;

impl ProviderUnderTest for Subject {
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::Create,
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Messages,
        Operation::Comment,
    ];
    const MISSING_ID: &'static str = "999999999";
    /// `"Status": "Failure"` with 200 (inferred).
    const REFUSES_WITH_SUCCESS: bool = true;
    const WRITES_CONFIRMED_BY_A_WORD: &'static [Operation] =
        &[Operation::Update, Operation::Resolve];

    fn secrets() -> Vec<String> {
        [LEADSQUARED_ACCESS_KEY, LEADSQUARED_SECRET_KEY]
            .map(str::to_owned)
            .to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = LeadSquaredConfig::new(
            base_url,
            LEADSQUARED_ORG_ID,
            LEADSQUARED_ACCESS_KEY,
            LEADSQUARED_SECRET_KEY,
        );
        if let Some(timeout) = timeout {
            config = config.timeout(timeout);
        }
        Arc::new(LeadSquared::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("No call back")
            .description("Since Monday.")
            .requester(Person::default().email("customer@example.com")))
    }
}

impl SandboxProvider for Subject {
    const VENDOR: Vendor = Vendor::LeadSquared;

    fn refusal(_status: u16, words: &str) -> Value {
        json!({ "Status": "Error", "ExceptionMessage": words })
    }

    fn other_word() -> FixtureResult<Value> {
        Ok(json!({ "Status": "Queued", "ReasonForFailure": null, "Id": "1", "TicketId": null }))
    }

    fn seed(seed: Seed) -> FixtureResult<(&'static str, Value)> {
        match seed {
            Seed::UnknownStatus => Ok(("Status", "Waiting for parts".into())),
            Seed::UnknownPriority => Ok(("Priority", "P0".into())),
            Seed::UnmodelledField => Ok(("Shelf", "conformance-b7".into())),
            other => Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        }
    }

    fn names_no_ticket() -> FixtureResult<Value> {
        Ok(json!({ "SuccessfulIds": [], "FailedIds": [] }))
    }
}

ticket_conformance::tests!(SandboxFixture::<Subject>::start, skips: [
    a_delete_of_an_old_version_is_a_conflict,
    an_update_of_an_old_version_is_a_conflict,
    files_are_listed_and_read_to_the_byte,
    accepted_deletes_are_told_with_their_job,
    unknown_jobs_are_not_found,
    purged_tickets_are_gone_for_good,
    purging_a_ticket_that_is_not_in_the_trash_changes_nothing,
    create_repeated_with_its_key_is_one_ticket,
    restored_tickets_are_back,
    restoring_a_ticket_that_is_not_deleted_changes_nothing,
    what_an_update_drops_is_reported,
    call_with_refused_fresh_token_is_tried_again,
    a_full_last_page_ends_the_list,
    deleted_tickets_are_not_listed, // LeadSquared has no operation `list`
    failed_preparing_reads_have_no_effect, // LeadSquared does not read before it writes
    repeated_delete_spares_a_reused_id,
    a_second_run_reaches_the_rest,
    a_short_list_is_one_page,
    an_empty_list_is_one_empty_page,
    consistent_reads_show_every_write,
    cursors_move_on,
    decided_fields_are_told, // LeadSquared declares no reply that decides a field
    errors_in_a_success_are_unknown,
    every_ticket_is_listed_once,
    exact_filters_are_exact, // LeadSquared has no operation `list`
    foreign_cursors_are_refused_or_end,
    given_filters_are_sent,
    gone_tickets_settle_after_a_failure,
    half_characters_are_replaced,
    listed_tickets_can_be_read,
    merged_tickets_do_not_delete_others,
    odd_row_affects_no_other_row,
    page_limits_are_kept,
    page_limit_of_zero_is_refused,
    rows_without_an_id_are_reported,
    state_filters_hold,
    texts_over_the_limit_are_refused,
    the_same_cursor_is_the_same_page,
    totals_are_true,
    writes_about_another_ticket_are_conflicts,
    wrong_totals_are_reported,
    wrong_totals_do_not_shorten_a_list,
    wrong_totals_past_the_end_are_left_out_or_reported, // LeadSquared has no operation `list`
]);
