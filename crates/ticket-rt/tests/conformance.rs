//! The conformance suite against the sandbox: every promise of the contract, on real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, SkipReason};
use ticket_core::model::{Person, Priority};
use ticket_core::{NewTicket, Operation, TicketPatch, TicketProvider};
use ticket_rt::{Rt, RtConfig};
use ticket_sandbox::Vendor;
use ticket_sandbox::credentials::RT_TOKEN;
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
        Operation::Restore,
        Operation::Messages,
        Operation::Comment,
        Operation::Attachments,
        Operation::Download,
    ];
    const MISSING_ID: &'static str = "999999";
    /// `["Ticket 3: Permission Denied"]` with 200 (observed).
    const REFUSES_WITH_SUCCESS: bool = true;
    const PAGE_SIZE: Option<usize> = Some(20);

    fn secrets() -> Vec<String> {
        [RT_TOKEN].map(str::to_owned).to_vec()
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = RtConfig::new(base_url, RT_TOKEN);
        if let Some(timeout) = timeout {
            config = config.timeout(timeout);
        }
        Arc::new(Rt::new(&config).unwrap())
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Printer on fire")
            .description("Smoke and flames.")
            .category("General")
            .requester(Person::default().email("ann@example.com"))
            .priority(Priority::High))
    }

    /// RT confirms an update of a field that it does not know (observed).
    fn dropped_update() -> FixtureResult<(TicketPatch, &'static str)> {
        let patch = TicketPatch::new().subject("Changed").custom("Shelf", "x");
        Ok((patch, "Shelf"))
    }
}

impl SandboxProvider for Subject {
    const VENDOR: Vendor = Vendor::Rt;
    const MERGES_TICKETS: bool = true;

    fn refusal(_status: u16, words: &str) -> Value {
        json!({ "message": words })
    }

    fn seed(seed: Seed) -> FixtureResult<(&'static str, Value)> {
        match seed {
            Seed::UnknownStatus => Ok(("Status", "waiting".into())),
            Seed::UnknownPriority => Ok(("Priority", "73".into())),
            Seed::UnmodelledField => Ok(("Shelf", "conformance-b7".into())),
            other => Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        }
    }

    fn names_no_ticket() -> FixtureResult<Value> {
        Ok(json!([]))
    }
}

ticket_conformance::tests!(SandboxFixture::<Subject>::start, skips: [
    accepted_deletes_are_told_with_their_job,
    unknown_jobs_are_not_found,
    purged_tickets_are_gone_for_good,
    purging_a_ticket_that_is_not_in_the_trash_changes_nothing,
    create_repeated_with_its_key_is_one_ticket,
    call_with_refused_fresh_token_is_tried_again,
    errors_in_a_success_are_unknown,
    only_the_documented_word_confirms,
    repeated_delete_spares_a_reused_id,
    writes_about_another_ticket_are_conflicts,
    wrong_totals_past_the_end_are_left_out_or_reported,
]);
