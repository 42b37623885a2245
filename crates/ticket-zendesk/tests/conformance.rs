//! The conformance suite against the sandbox: every promise of the contract, on real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, SkipReason};
use ticket_core::{NewTicket, Operation, TicketPatch, TicketProvider};
use ticket_sandbox::Vendor;
use ticket_sandbox::credentials::{ZENDESK_API_TOKEN, ZENDESK_EMAIL};
use ticket_testkit::{ProviderUnderTest, SandboxFixture, SandboxProvider};
use ticket_zendesk::{Zendesk, ZendeskConfig};

struct Subject;

impl ProviderUnderTest for Subject {
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::List,
        Operation::Create,
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Restore,
        Operation::Purge,
        Operation::Messages,
        Operation::Comment,
        Operation::Attachments,
        Operation::Download,
        Operation::Job,
    ];
    const MISSING_ID: &'static str = "999999999";
    const WRITES_THAT_NAME_THEIR_TICKET: &'static [Operation] =
        &[Operation::Update, Operation::Resolve, Operation::Comment];
    /// A 204 has no body, and a file may have any.
    const OPAQUE_REPLIES: &'static [Operation] = &[Operation::Delete, Operation::Download];
    const PAGE_SIZE: Option<usize> = Some(100);

    fn secrets() -> Vec<String> {
        [ZENDESK_API_TOKEN].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = ZendeskConfig::new(base_url, ZENDESK_EMAIL, ZENDESK_API_TOKEN);
        if let Some(timeout) = timeout {
            config = config.timeout(timeout);
        }
        Arc::new(Zendesk::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("No call back").description("Since Monday."))
    }

    /// A custom field that the account does not have is dropped (inferred).
    fn dropped_update() -> FixtureResult<(TicketPatch, &'static str)> {
        let patch = TicketPatch::new()
            .subject("Changed")
            .custom("custom_field_99", "x");
        Ok((patch, "custom_field_99"))
    }
}

impl SandboxProvider for Subject {
    const VENDOR: Vendor = Vendor::Zendesk;

    fn refusal(_status: u16, words: &str) -> Value {
        json!({ "error": "RecordInvalid", "description": words })
    }

    fn seed(seed: Seed) -> FixtureResult<(&'static str, Value)> {
        match seed {
            Seed::UnknownStatus => Ok(("status", "waiting_for_parts".into())),
            Seed::UnknownPriority => Ok(("priority", "p0".into())),
            Seed::UnmodelledField => Ok(("shelf", "conformance-b7".into())),
            other => Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        }
    }
}

ticket_conformance::tests!(SandboxFixture::<Subject>::start, skips: [
    a_delete_of_an_old_version_is_a_conflict,
    call_with_refused_fresh_token_is_tried_again,
    consistent_reads_show_every_write,
    exact_filters_are_exact,
    failed_preparing_reads_have_no_effect,
    merged_tickets_do_not_delete_others,
    odd_id_affects_no_other_outcome,
    only_the_documented_word_confirms,
    repeated_delete_spares_a_reused_id,
    totals_are_true,
    undeclared_operations_are_unsupported,
    undeclared_operations_send_nothing,
    unmentioned_ids_are_unknown,
    unrequested_deleted_ids_are_reported,
    wrong_totals_are_reported,
    wrong_totals_past_the_end_are_left_out_or_reported,
]);
