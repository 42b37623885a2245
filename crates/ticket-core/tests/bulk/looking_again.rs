//! What the second look proves: it is answered by the vendor itself.

use std::time::Duration;

use ticket_core::provider::NotFound;
use ticket_core::{Effect, ErrorKind, Operation};

use crate::common::{Fake, Log, error};
use crate::looking::{gone, proving};
use crate::{at_once, delete, words};

/// The operations that reached the provider, with the second of each.
fn calls(log: &Log) -> Vec<(String, u64)> {
    let calls = log.calls().into_iter();
    calls
        .map(|call| (call.operation.to_string(), call.at.as_secs()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn not_found_is_the_vendors_after_its_own_answer_and_not_after_a_page_or_half_an_answer() {
    // Whoever answers with a page may also answer 404.
    for (kind, word) in [
        (ErrorKind::BadResponse, "unknown"),
        // The status came, and its body was lost or stalled.
        (ErrorKind::Unavailable, "unknown"),
        (ErrorKind::Timeout, "unknown"),
        (ErrorKind::Conflict, "already_gone"),
    ] {
        let fake = Fake::new(1).answering(move |call| match call.operation {
            Operation::Delete => Err(error(kind, Effect::Unknown).with_status(200)),
            _ => gone(),
        });
        let fake = proving(fake, NotFound::Undocumented);
        let log = fake.log();
        let options = at_once(1).give_up_after(Duration::ZERO);
        let settled = delete(&fake.bare(), ["1"], &options).await;
        assert_eq!(words(&settled), [word], "{kind}");
        // The control read decides, unless the vendor has just answered.
        let calls = log.calls();
        let lists = calls.iter().any(|call| call.operation == Operation::List);
        assert_eq!(lists, word == "unknown", "{kind}: {calls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn not_found_at_the_second_look_needs_a_control_read_whatever_answered_the_delete() {
    // The vendor answered in its own form, and the look just after it found the ticket.
    for (control_passes, word) in [(true, "already_gone"), (false, "unknown")] {
        let fake = Fake::new(1).answering(move |call| match (call.operation, call.number) {
            (Operation::Delete, _) => {
                Err(error(ErrorKind::InvalidInput, Effect::Unknown).with_status(200))
            }
            (Operation::Get, 1) => Ok(()),
            (Operation::List, _) if control_passes => Ok(()),
            // A gateway without a route.
            _ => gone(),
        });
        let fake = proving(fake, NotFound::Undocumented);
        let log = fake.log();
        let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
        assert_eq!(words(&settled), [word]);
        let expected = [("delete", 0), ("get", 0), ("get", 5), ("list", 5)];
        assert_eq!(
            calls(&log)[..4],
            expected.map(|(call, at)| (call.to_owned(), at))
        );
    }
}
