//! Work that ends before it is done: told why of each ticket that was not tried.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Notice, Settled};
use ticket_core::call::{Retry, RetryPolicy};
use ticket_core::{CallContext, Change, Effect, ErrorKind, Operation, ProviderInfo, Stop};
use tokio::time::Instant;

use crate::common::{Fake, error};
use crate::{at_once, delete, reason, seconds, words};

fn retry() -> Retry {
    Retry::seeded(RetryPolicy::default(), 1)
}

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
        if kind.is_transient() {
            // The vendor may answer later; see below.
        } else if at_fault.contains(&kind) {
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

/// A vendor that answers nothing between two times.
fn out_of_service(from: u64, to: u64) -> Fake {
    Fake::new(1).answering(move |call| {
        if (from..to).contains(&call.at.as_secs()) {
            Err(error(ErrorKind::Unavailable, Effect::Unknown))
        } else {
            Ok(())
        }
    })
}

#[tokio::test(start_paused = true)]
async fn change_outlives_an_outage_of_minutes() {
    let fake = out_of_service(5, 300).latency(Duration::from_millis(100));
    let log = fake.log();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let options = at_once(4).notify(move |account, notice| {
        assert_eq!(account, "fake");
        sink.lock().unwrap().push(notice.clone());
    });
    let settled = delete(&fake.bare(), (0..400).map(|id| id.to_string()), &options).await;
    let count = |word| {
        words(&settled)
            .iter()
            .filter(|other| **other == word)
            .count()
    };
    assert_eq!((count("deleted"), settled.len()), (400, 400));
    // One call at a time, with pauses of up to a minute; each is looked at once.
    let during = log.calls();
    let during = during
        .iter()
        .filter(|call| (5..300).contains(&call.at.as_secs()));
    assert!(during.clone().count() < 30, "{}", during.count());
    let told = told.lock().unwrap();
    assert!(
        matches!(told.first(), Some(Notice::Paused { .. })),
        "{told:?}"
    );
    assert!(matches!(told.last(), Some(Notice::Resumed)), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn unreachable_vendor_ends_the_change_after_a_time_without_success() {
    let fake = out_of_service(5, u64::MAX).latency(Duration::from_millis(100));
    let start = Instant::now();
    let options = at_once(1).give_up_after(seconds(600));
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &options).await;
    assert_eq!(words(&settled)[..50], ["deleted"; 50]);
    // Every second attempt during the outage was for another ticket.
    let count = |word| {
        words(&settled)
            .iter()
            .filter(|other| **other == word)
            .count()
    };
    assert!((1..=10).contains(&count("unknown")), "{}", count("unknown"));
    assert_eq!(count("unknown") + count("unattempted"), 50);
    assert!(
        reason(&settled[99])
            .to_string()
            .starts_with("fake delete 99: not attempted because no call has succeeded for "),
        "{}",
        reason(&settled[99])
    );
    let took = start.elapsed().as_secs();
    assert!((500..=610).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn vendor_that_was_never_reached_ends_the_change_soon() {
    let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Connect, Effect::None)));
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &at_once(1)).await;
    assert_eq!(log.count(), 2);
    let left = settled
        .iter()
        .filter(|settled| settled.outcome.is_left_to_do());
    assert_eq!(left.count(), 100);
    assert!(words(&settled).contains(&"failed"));
    assert_eq!(
        reason(settled.iter().find(|one| one.key == 99).unwrap()).to_string(),
        "fake delete 99: not attempted because 2 calls in a row failed: it failed"
    );
}

#[tokio::test(start_paused = true)]
async fn vendor_that_never_answered_ends_the_change_after_a_minute() {
    let fake = out_of_service(0, u64::MAX);
    let start = Instant::now();
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &at_once(1)).await;
    assert!(
        words(&settled)
            .iter()
            .all(|word| ["unknown", "unattempted"].contains(word))
    );
    let took = start.elapsed().as_secs();
    assert!((30..=60).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn change_without_patience_ends_after_five_failed_calls_in_a_row() {
    let fake = Fake::new(1).answering(|call| match call.ids[0].as_str() {
        "4" => Ok(()),
        _ => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
    });
    let log = fake.log();
    let start = Instant::now();
    let options = at_once(1).give_up_after(Duration::ZERO);
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &options).await;
    assert_eq!(log.deletes().len(), 10);
    assert_eq!(words(&settled)[..4], ["unknown"; 4]);
    assert_eq!(words(&settled)[4], "deleted");
    assert_eq!(words(&settled)[5..10], ["unknown"; 5]);
    assert_eq!(words(&settled)[10..], ["unattempted"; 90]);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn change_that_may_not_repeat_leaves_what_is_unknown_alone() {
    let fake = out_of_service(0, 50).info(|mut info| {
        info.never_reuses_ids = false;
        info
    });
    let log = fake.log();
    let settled = delete(&fake.layered(retry()), ["a", "b"], &at_once(1)).await;
    let deletes = log.calls();
    let deletes = deletes
        .iter()
        .filter(|call| call.operation == Operation::Delete);
    let ids: Vec<_> = deletes.map(|call| call.ids.join(",")).collect();
    // `a` is looked at instead, and still there.
    assert_eq!(ids, ["a", "b", "b"].map(str::to_owned)[..ids.len()]);
    assert_eq!(ids.iter().filter(|id| *id == "a").count(), 1);
    assert_eq!(words(&settled)[..1], ["unknown"]);
}

#[tokio::test(start_paused = true)]
async fn tickets_that_fail_one_by_one_do_not_end_the_change() {
    // Without patience as well: the vendor answers the read after each failed delete.
    for options in [at_once(4), at_once(1).give_up_after(Duration::ZERO)] {
        let fake = Fake::new(1).answering(|call| match call.operation {
            Operation::Delete if call.ids[0].parse::<u32>().unwrap() < 40 => {
                Err(error(ErrorKind::Server, Effect::Unknown))
            }
            _ => Ok(()),
        });
        let log = fake.log();
        let start = Instant::now();
        let settled = delete(&fake.bare(), (0..80).map(|id| id.to_string()), &options).await;
        let deleted = settled.iter().filter(|settled| settled.outcome.is_done());
        assert_eq!(deleted.count(), 40);
        let unknown = words(&settled)
            .iter()
            .filter(|word| **word == "unknown")
            .count();
        assert_eq!(unknown, 40);
        assert_eq!(log.deletes().len(), 80);
        assert!(start.elapsed() < seconds(10), "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn five_answers_of_somebody_else_end_the_change() {
    for effect in [Effect::None, Effect::Unknown] {
        let fake = Fake::new(1).answering(move |_| Err(error(ErrorKind::BadResponse, effect)));
        let log = fake.log();
        let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &at_once(1)).await;
        let deletes = log.calls();
        let deletes = deletes
            .iter()
            .filter(|call| call.operation == Operation::Delete);
        assert_eq!(deletes.count(), 5);
        let word = if effect == Effect::None {
            "failed"
        } else {
            "unknown"
        };
        assert_eq!(words(&settled)[..5], [word; 5]);
        assert_eq!(words(&settled)[5..], ["unattempted"; 95]);
        let left = settled
            .iter()
            .filter(|settled| settled.outcome.is_left_to_do());
        assert_eq!(left.count(), if effect == Effect::None { 100 } else { 95 });
    }
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

/// The vendor answers the reads before the deletes, but no delete for two minutes.
#[tokio::test(start_paused = true)]
async fn vendor_that_answers_reads_is_waited_for_before_the_first_success() {
    let start = Instant::now();
    let fake = Fake::new(3)
        .info(ProviderInfo::redirects_ids)
        .answering(move |call| match call.operation {
            Operation::Delete if start.elapsed() < seconds(120) => {
                Err(error(ErrorKind::Unavailable, Effect::None))
            }
            _ => Ok(()),
        });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1", "2", "3"], &BulkOptions::default()).await;
    assert!(settled.iter().all(|settled| settled.outcome.is_done()));
    assert_eq!(log.deletes().last().map(String::as_str), Some("1,2,3"));
}
