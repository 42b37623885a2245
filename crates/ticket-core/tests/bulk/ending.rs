//! Work that ends before it is done: told why of each ticket that was not tried.

use std::future::Future;
use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::Settled;
use ticket_core::{CallContext, Change, Effect, ErrorKind, Stop};
use tokio::time::Instant;

use crate::common::{Fake, error};
use crate::{at_once, delete, reason, seconds, words};

#[tokio::test(start_paused = true)]
async fn account_error_ends_the_change() {
    let at_fault = [
        ErrorKind::Unauthenticated,
        ErrorKind::TokenExpired,
        ErrorKind::QuotaExhausted,
        ErrorKind::Config,
        ErrorKind::Unsupported,
    ];
    for &kind in ErrorKind::ALL {
        let fake = Fake::new(2).answering(move |_| Err(error(kind, Effect::None)));
        let log = fake.log();
        let settled = delete(&fake.bare(), ["a", "b", "c", "d"], &at_once(1)).await;
        if at_fault.contains(&kind) {
            assert_eq!(
                words(&settled),
                ["failed", "failed", "unattempted", "unattempted"]
            );
            let not_attempted = reason(&settled[3]);
            assert_eq!(
                (not_attempted.kind(), not_attempted.effect()),
                (kind, Effect::None)
            );
            assert_eq!(
                not_attempted.to_string(),
                "fake delete d: not attempted because an earlier call failed for the whole account: it failed"
            );
            assert_eq!(log.ids(), ["a,b"]);
        } else {
            assert!(!words(&settled).contains(&"unattempted"), "{kind}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unreachable_vendor_ends_the_change_after_consecutive_failures() {
    let fake = Fake::new(1).answering(|call| match call.number {
        // Four failures, a success, and then nothing but failures.
        4 => Ok(()),
        _ => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
    });
    let log = fake.log();
    let ids = (0..100).map(|id| id.to_string());
    let settled = delete(&fake.bare(), ids, &at_once(1)).await;
    assert_eq!(log.count(), 10);
    assert_eq!(words(&settled)[..4], ["unknown"; 4]);
    assert_eq!(words(&settled)[4], "deleted");
    assert_eq!(words(&settled)[5..10], ["unknown"; 5]);
    assert!(
        words(&settled)[10..]
            .iter()
            .all(|word| *word == "unattempted")
    );
    assert_eq!(
        reason(&settled[99]).to_string(),
        "fake delete 99: not attempted because 5 calls in a row failed: it failed"
    );
    let patient = at_once(1).give_up_after(NonZeroU32::MAX);
    let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Connect, Effect::None)));
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &patient).await;
    assert_eq!(words(&settled), ["failed"; 100]);
}

#[tokio::test(start_paused = true)]
async fn error_reply_resets_the_count_of_consecutive_failures() {
    let fake = Fake::new(1).answering(|call| {
        Err(match call.number % 10 {
            0 => error(ErrorKind::Timeout, Effect::Unknown),
            _ => error(ErrorKind::Forbidden, Effect::None),
        })
    });
    let settled = delete(&fake.bare(), (0..200).map(|id| id.to_string()), &at_once(1)).await;
    assert!(!words(&settled).contains(&"unattempted"));
}

/// Ten tickets one by one, a second each, two at once; `end` happens along with it.
async fn interrupted(
    context: CallContext,
    end: impl Future<Output = ()>,
) -> (Vec<Settled<usize>>, Vec<String>, Duration) {
    let fake = Fake::new(1).latency(seconds(1));
    let log = fake.log();
    let tickets = fake.bare().with(context);
    let start = Instant::now();
    let ids = (0..10).map(|id| id.to_string());
    let work = async {
        let settled = delete(&tickets, ids, &at_once(2)).await;
        (settled, start.elapsed())
    };
    let ((settled, took), ()) = tokio::join!(work, end);
    (settled, log.ids(), took)
}

#[tokio::test(start_paused = true)]
async fn finish_waits_for_calls_in_flight_and_starts_none() {
    let stop = Stop::new();
    let context = CallContext::new().stop(stop.clone());
    let (settled, sent, took) = interrupted(context, async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.finish();
    })
    .await;
    assert_eq!(sent, ["0", "1", "2", "3"]);
    assert_eq!(words(&settled)[..4], ["deleted"; 4]);
    assert_eq!(words(&settled)[4..], ["unattempted"; 6]);
    assert_eq!(reason(&settled[9]).kind(), ErrorKind::Cancelled);
    assert_eq!(took, seconds(2));
}

#[tokio::test(start_paused = true)]
async fn abandon_leaves_calls_in_flight_unknown() {
    let stop = Stop::new();
    let context = CallContext::new().stop(stop.clone());
    let (settled, sent, took) = interrupted(context, async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        stop.abandon();
    })
    .await;
    assert_eq!(sent, ["0", "1", "2", "3"]);
    assert_eq!(words(&settled)[..2], ["deleted"; 2]);
    assert_eq!(words(&settled)[2..4], ["unknown"; 2]);
    assert_eq!(words(&settled)[4..], ["unattempted"; 6]);
    let left = reason(&settled[2]);
    assert_eq!(
        (left.kind(), left.effect()),
        (ErrorKind::Cancelled, Effect::Unknown)
    );
    assert_eq!(took, Duration::from_millis(1500));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let deadline = Instant::now() + Duration::from_millis(2500);
    let (settled, sent, took) = interrupted(CallContext::new().deadline(deadline), async {}).await;
    assert_eq!(sent.len(), 6);
    assert_eq!(words(&settled)[..6], ["deleted"; 6]);
    assert_eq!(words(&settled)[6..], ["unattempted"; 4]);
    assert!(reason(&settled[9]).to_string().contains("deadline"));
    assert_eq!(took, seconds(3));
}

#[tokio::test(start_paused = true)]
async fn change_stopped_before_its_start_sends_nothing() {
    let stop = Stop::new();
    stop.finish();
    let (settled, sent, took) = interrupted(CallContext::new().stop(stop), async {}).await;
    assert_eq!(words(&settled), ["unattempted"; 10]);
    assert_eq!((sent, took), (Vec::<String>::new(), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn first_reason_for_ending_is_reported() {
    let stop = Stop::new();
    let fake = Fake::new(1)
        .latency(seconds(2))
        .answering(|_| Err(error(ErrorKind::Unauthenticated, Effect::None)));
    let context = CallContext::new().stop(stop.clone());
    // The second comes after the first was refused.
    let later = stream::once(Box::pin(async {
        tokio::time::sleep(seconds(5)).await;
        "b"
    }));
    let work = fake.bare().with(context).apply(
        Change::Delete,
        stream::iter(["a"]).chain(later).enumerate(),
        &at_once(1),
    );
    let (settled, ()) = tokio::join!(work.collect::<Vec<_>>(), async {
        tokio::time::sleep(seconds(1)).await;
        stop.finish();
    });
    assert_eq!(words(&settled), ["failed", "unattempted"]);
    assert_eq!(reason(&settled[1]).kind(), ErrorKind::Cancelled);
}
