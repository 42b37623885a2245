//! What the second look proves: apart in time from the first one, and answered by the vendor itself.

use std::sync::Arc;
use std::time::Duration;

use ticket_core::call::StackOptions;
use ticket_core::provider::NotFound;
use ticket_core::{CallContext, Effect, ErrorKind, Operation, ProviderInfo, Stop, Tickets};

use crate::common::{Fake, Log, error};
use crate::looking::{gone, lost, proving};
use crate::{at_once, delete, reason, seconds, words};

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

#[tokio::test(start_paused = true)]
async fn ticket_that_only_one_look_saw_unchanged_is_unknown_after_a_stop() {
    // The stop comes during the delete, so that the look just after it is not sent, or between the two looks.
    let during = (seconds(1), 500, vec![("delete", 0), ("get", 1)]);
    let between = (
        Duration::ZERO,
        2000,
        vec![("delete", 0), ("get", 0), ("get", 2)],
    );
    for (latency, stop_at, expected) in [during, between] {
        let stop = Stop::new();
        let fake = lost(|_| Ok(())).latency(latency);
        let fake = fake.info(ProviderInfo::consistent_reads);
        let log = fake.log();
        // Its pacer sends nothing after the stop.
        let tickets = Tickets::with_options(Arc::new(fake), &StackOptions::default());
        let tickets = tickets.with(CallContext::new().stop(stop.clone()));
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(stop_at)).await;
            stop.finish();
        };
        let options = at_once(1);
        let (settled, ()) = tokio::join!(delete(&tickets, ["1"], &options), stopping);
        assert_eq!(words(&settled), ["unknown"], "{expected:?}");
        assert_eq!(reason(&settled[0]).effect(), Effect::Unknown);
        let told = reason(&settled[0]).message();
        assert!(!told.contains("two reads"), "{told}");
        let calls = calls(&log);
        let calls: Vec<_> = calls
            .iter()
            .map(|(call, at)| (call.as_str(), *at))
            .collect();
        assert_eq!(calls, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_is_unchanged_only_if_two_looks_apart_in_time_saw_it_so() {
    // The look just after the delete does not tell; or there is none, since an earlier process made the delete.
    let refused = || Err(error(ErrorKind::Conflict, Effect::None));
    let fakes = [
        (
            lost(move |call| if call.number == 1 { refused() } else { Ok(()) }),
            false,
        ),
        (lost(|_| Ok(())), true),
    ];
    for (fake, only_look) in fakes {
        let fake = fake.info(ProviderInfo::consistent_reads);
        let log = fake.log();
        let mut context = CallContext::new();
        let mut options = at_once(1);
        options.only_look = only_look;
        if only_look {
            context = context.earlier_attempt(Effect::Unknown);
        }
        let settled = delete(&fake.bare().with(context), ["1"], &options).await;
        assert_eq!(words(&settled), ["failed"]);
        let told = reason(&settled[0]).message();
        assert!(
            told.contains("two reads show that it is unchanged"),
            "{told}"
        );
        let calls = calls(&log);
        let [.., (first, saw), (second, agreed)] = &*calls else {
            panic!("{calls:?}");
        };
        assert_eq!((first.as_str(), second.as_str()), ("get", "get"));
        assert_eq!(agreed - saw, 10, "{calls:?}");
        assert_eq!(log.deletes().len(), usize::from(!only_look));
    }
}
