//! The conformance suite against the sandbox: every promise of the contract, on real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, SkipReason};
use ticket_core::model::Priority;
use ticket_core::{NewTicket, Operation, TicketProvider};
use ticket_sandbox::credentials::SWEEPPEA_API_KEY;
use ticket_sandbox::{MessageKind, Vendor};
use ticket_sweeppea::{HttpConfig, Sweeppea, SweeppeaConfig};
use ticket_testkit::{ProviderUnderTest, SandboxFixture, SandboxProvider};

struct Subject;

impl ProviderUnderTest for Subject {
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::List,
        Operation::Create,
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Messages,
    ];
    const MISSING_ID: &'static str = "9999999";
    const WRITES_THAT_NAME_THEIR_TICKET: &'static [Operation] = &[Operation::Update];
    const WRITES_CONFIRMED_BY_A_WORD: &'static [Operation] = &[Operation::Delete];
    const PAGE_SIZE: Option<usize> = Some(20);

    fn secrets() -> Vec<String> {
        [SWEEPPEA_API_KEY].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = SweeppeaConfig::new(SWEEPPEA_API_KEY).base_url(base_url);
        if let Some(timeout) = timeout {
            config = config.http(HttpConfig::default().timeout(timeout));
        }
        Arc::new(Sweeppea::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Entry page down")
            .description("Nobody can enter.")
            .priority(Priority::High))
    }
}

impl SandboxProvider for Subject {
    const VENDOR: Vendor = Vendor::Sweeppea;
    const MESSAGE: MessageKind = MessageKind::Note;

    fn refusal(status: u16, words: &str) -> Value {
        json!({ "Response": false, "Message": words, "Code": status })
    }

    fn other_word() -> FixtureResult<Value> {
        Ok(json!({ "Response": true, "Message": "Ticket queued" }))
    }

    fn seed(seed: Seed) -> FixtureResult<(&'static str, Value)> {
        match seed {
            Seed::UnknownPriority => Ok(("Priority", 9.into())),
            Seed::UnmodelledField => Ok(("Shelf", "conformance-b7".into())),
            Seed::UnknownStatus => Err(SkipReason::new("Sweeppea's status is a yes or a no")),
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
    call_with_refused_fresh_token_is_tried_again,
    failed_preparing_reads_have_no_effect, // Sweeppea does not read before it writes
    repeated_delete_spares_a_reused_id,
    a_second_run_reaches_the_rest,
    comments_are_sent_whole,
    consistent_reads_show_every_write,
    delete_of_a_mix_answers_in_order,
    delete_of_duplicates_answers_each,
    exact_filters_are_exact, // Sweeppea declares no exact filter that can be tried
    gone_tickets_settle_after_a_failure,
    merged_tickets_do_not_delete_others,
    odd_id_affects_no_other_outcome,
    page_limits_are_kept,
    unrequested_deleted_ids_are_reported,
    unknown_statuses_survive,
    unmentioned_ids_are_unknown,
    wrong_totals_are_reported,
]);
