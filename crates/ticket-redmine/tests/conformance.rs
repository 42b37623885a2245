//! The conformance suite against the sandbox: every promise of the contract, on real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, SkipReason};
use ticket_core::{NewTicket, Operation, TicketPatch, TicketProvider};
use ticket_redmine::{Redmine, RedmineConfig};
use ticket_sandbox::credentials::REDMINE_API_KEY;
use ticket_sandbox::{MessageKind, Vendor};
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
        Operation::Comment,
        Operation::Attachments,
        Operation::Download,
    ];
    const MISSING_ID: &'static str = "999999999";
    /// A 204 has no body, and a file may have any.
    const OPAQUE_REPLIES: &'static [Operation] = &[
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Comment,
        Operation::Download,
    ];
    const PAGE_SIZE: Option<usize> = Some(25);

    fn secrets() -> Vec<String> {
        [REDMINE_API_KEY].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = RedmineConfig::new(base_url, REDMINE_API_KEY).project("support");
        if let Some(timeout) = timeout {
            config = config.timeout(timeout);
        }
        Arc::new(Redmine::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("No call back").description("Since Monday."))
    }

    /// Redmine confirms a custom field that it does not have, and drops it (observed).
    fn dropped_update() -> FixtureResult<(TicketPatch, &'static str)> {
        let patch = TicketPatch::new().subject("Changed").custom("cf_99", "x");
        Ok((patch, "cf_99"))
    }
}

impl SandboxProvider for Subject {
    const VENDOR: Vendor = Vendor::Redmine;
    const MESSAGE: MessageKind = MessageKind::Outgoing;

    fn refusal(_status: u16, words: &str) -> Value {
        json!({ "errors": [words] })
    }

    fn seed(seed: Seed) -> FixtureResult<(&'static str, Value)> {
        match seed {
            Seed::UnknownStatus => Ok(("status", "Waiting for parts".into())),
            Seed::UnknownPriority => Ok(("priority", "P0".into())),
            Seed::UnmodelledField => Ok(("shelf", "conformance-b7".into())),
            other => Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        }
    }
}

ticket_conformance::tests!(SandboxFixture::<Subject>::start, skips: [
    a_delete_of_an_old_version_is_a_conflict,
    an_update_of_an_old_version_is_a_conflict,
    accepted_deletes_are_told_with_their_job,
    unknown_jobs_are_not_found,
    purged_tickets_are_gone_for_good,
    purging_a_ticket_that_is_not_in_the_trash_changes_nothing,
    create_repeated_with_its_key_is_one_ticket,
    restored_tickets_are_back,
    restoring_a_ticket_that_is_not_deleted_changes_nothing,
    call_with_refused_fresh_token_is_tried_again,
    consistent_reads_show_every_write,
    delete_of_a_mix_answers_in_order,
    delete_of_duplicates_answers_each,
    deleted_ids_are_not_reused,
    merged_tickets_do_not_delete_others,
    odd_id_affects_no_other_outcome,
    only_the_documented_word_confirms,
    unmentioned_ids_are_unknown,
    unrequested_deleted_ids_are_reported,
    writes_about_another_ticket_are_conflicts,
]);
