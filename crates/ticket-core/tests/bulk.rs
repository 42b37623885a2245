//! Many tickets of one account: one outcome for each, whatever happens, on a paused clock.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::future::Future;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Fake, error};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use ticket_core::{
    BulkOptions, Capabilities, DeleteOutcome, Effect, Error, ErrorKind, MockTicketProvider,
    ProviderInfo, RawValue, ResolveOutcome, Settled, Status, Stop, Ticket, TicketId, Tickets,
};
use tokio::time::Instant;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at_once(calls: usize) -> BulkOptions {
    BulkOptions::default().concurrency(NonZeroUsize::new(calls).unwrap())
}

/// Deletes these and gives the outcomes in the order asked, after checking that each place has exactly one.
async fn delete<I>(tickets: &Tickets, ids: I, options: &BulkOptions) -> Vec<Settled<DeleteOutcome>>
where
    I: IntoIterator<IntoIter: Send> + Send,
    I::Item: Into<TicketId> + Send,
{
    let mut settled: Vec<_> = tickets
        .delete_all(stream::iter(ids), options)
        .collect()
        .await;
    settled.sort_by_key(|settled| settled.index);
    assert!(
        settled
            .iter()
            .enumerate()
            .all(|(place, settled)| settled.index == place)
    );
    settled
}

fn words(settled: &[Settled<DeleteOutcome>]) -> Vec<&str> {
    settled
        .iter()
        .map(|settled| settled.outcome.as_str())
        .collect()
}

fn reason(settled: &Settled<DeleteOutcome>) -> &Error {
    settled.outcome.error().unwrap()
}

#[tokio::test(start_paused = true)]
async fn ids_are_taken_only_as_fast_as_batches_go_out() {
    let fake = Fake::new(2);
    let log = fake.log();
    let taken = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&taken);
    let ids = stream::iter(0..1_000_000).map(move |id: u32| {
        *counter.lock().unwrap() += 1;
        id.to_string()
    });
    let work = fake.bare().delete_all(ids, &at_once(2));
    assert_eq!(*taken.lock().unwrap(), 0);
    let first: Vec<_> = work.take(3).collect().await;
    assert_eq!(first.len(), 3);
    assert!(log.count() <= 4, "{:?}", log.ids());
    assert!(*taken.lock().unwrap() <= 8);
}

#[tokio::test(start_paused = true)]
async fn batches_are_full_and_go_out_several_at_once() {
    let fake = Fake::new(100).latency(seconds(1));
    let log = fake.log();
    let start = Instant::now();
    let settled = delete(
        &fake.bare(),
        (0..1000).map(|id| id.to_string()),
        &at_once(5),
    )
    .await;
    assert!(settled.iter().all(|settled| settled.outcome.is_deleted()));
    assert_eq!(settled.len(), 1000);
    assert!(log.calls().iter().all(|call| call.ids.len() == 100));
    assert_eq!(log.count(), 10);
    // Ten calls of a second each, five at once.
    assert_eq!(start.elapsed(), seconds(2));
}

#[tokio::test(start_paused = true)]
async fn outcomes_come_in_the_order_of_completion_with_their_place() {
    // The first call is answered last.
    let fake = Fake::new(1)
        .latency(seconds(1))
        .answering(|call| match call.number {
            0 => Err(error(ErrorKind::Conflict, Effect::None)),
            _ => Ok(()),
        });
    let slow = fake.bare().layer(Slow);
    let settled: Vec<_> = slow
        .delete_all(stream::iter(["a", "b"]), &at_once(2))
        .collect()
        .await;
    let places: Vec<_> = settled
        .iter()
        .map(|settled| (settled.index, settled.id.as_str()))
        .collect();
    assert_eq!(places, [(1, "b"), (0, "a")]);
}

/// Holds back what concerns the ticket `a`.
#[derive(Debug)]
struct Slow;

impl ticket_core::Layer for Slow {
    async fn call<'a, T: ticket_core::Reply>(
        &'a self,
        call: ticket_core::Call<'a>,
        next: impl Fn() -> futures_core::future::BoxFuture<'a, ticket_core::Result<T>>
        + Send
        + Sync
        + 'a,
    ) -> ticket_core::Result<T> {
        if let ticket_core::Request::Delete([id]) = call.request() {
            if id.as_str() == "a" {
                tokio::time::sleep(seconds(9)).await;
            }
        }
        next().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_not_full_does_not_wait_for_ids_that_may_never_come() {
    let fake = Fake::new(100);
    let log = fake.log();
    let ids = stream::iter(["a", "b"]).chain(stream::pending());
    let mut work = Box::pin(fake.bare().delete_all(ids, &at_once(4)));
    for id in ["a", "b"] {
        let next = tokio::time::timeout(seconds(100), work.next()).await;
        assert_eq!(next.unwrap().unwrap().id.as_str(), id);
    }
    assert_eq!(log.ids(), ["a,b"]);
    let third = tokio::time::timeout(seconds(100), work.next()).await;
    assert!(third.is_err());
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_of_nothing() {
    let fake = Fake::new(3);
    let log = fake.log();
    assert!(delete(&fake.bare(), [""; 0], &at_once(4)).await.is_empty());
    assert_eq!(log.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_cannot_be_one_is_refused_by_itself_and_never_sent() {
    let fake = Fake::new(3);
    let log = fake.log();
    let settled = delete(&fake.bare(), ["", "a", "", "b"], &at_once(4)).await;
    assert_eq!(words(&settled), ["failed", "deleted", "failed", "deleted"]);
    assert_eq!(log.ids(), ["a", "b"]);
    let settled = delete(&Fake::new(3).bare(), ["", "", ""], &at_once(1)).await;
    assert_eq!(words(&settled), ["failed"; 3]);
}

#[tokio::test(start_paused = true)]
async fn an_id_twice_in_a_batch_is_sent_once_and_answered_twice() {
    let fake = Fake::new(3);
    let log = fake.log();
    let settled = delete(&fake.bare(), ["a", "b", "a"], &at_once(4)).await;
    assert_eq!(words(&settled), ["deleted"; 3]);
    assert_eq!(log.ids(), ["a,b"]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_refused_is_split_until_the_one_at_fault_is_found() {
    let bad = |ids: &[String]| ids.iter().any(|id| id == "5");
    let fake = Fake::new(8).answering(move |call| {
        if bad(&call.ids) {
            Err(error(ErrorKind::InvalidInput, Effect::None).with_status(400))
        } else {
            Ok(())
        }
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..8).map(|id| id.to_string()), &at_once(1)).await;
    let failed: Vec<_> = settled
        .iter()
        .filter(|settled| !settled.outcome.is_deleted())
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        (failed[0].id.as_str(), failed[0].outcome.as_str()),
        ("5", "failed")
    );
    assert_eq!(reason(failed[0]).ticket(), Some(&"5".into()));
    assert_eq!(log.count(), 7, "{:?}", log.ids());
    // No id was sent again after it had been deleted.
    let done: Vec<_> = log
        .calls()
        .into_iter()
        .filter(|call| !bad(&call.ids))
        .collect();
    assert_eq!(done.iter().map(|call| call.ids.len()).sum::<usize>(), 7);
}

#[tokio::test(start_paused = true)]
async fn no_other_failure_splits_a_batch() {
    for &kind in ErrorKind::ALL {
        for effect in [Effect::None, Effect::Unknown] {
            if (kind, effect) == (ErrorKind::InvalidInput, Effect::None) {
                continue;
            }
            let fake = Fake::new(4).answering(move |_| Err(error(kind, effect)));
            let log = fake.log();
            let settled = delete(&fake.bare(), ["a", "b", "c", "d"], &at_once(4)).await;
            let word = if effect == Effect::None {
                "failed"
            } else {
                "unknown"
            };
            assert_eq!(words(&settled), [word; 4], "{kind} {effect}");
            assert_eq!(log.count(), 1, "{kind} {effect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_at_fault_is_not_asked_again() {
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
            let untried = reason(&settled[3]);
            assert_eq!((untried.kind(), untried.effect()), (kind, Effect::None));
            assert_eq!(
                untried.to_string(),
                "fake delete d: not tried, since an earlier call failed for the whole account: it failed"
            );
            assert_eq!(log.ids(), ["a,b"]);
        } else {
            assert!(!words(&settled).contains(&"unattempted"), "{kind}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_is_out_of_reach_is_given_up_after_calls_in_a_row() {
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
        "fake delete 99: not tried, since 5 calls in a row failed: it failed"
    );
    let patient = at_once(1).give_up_after(NonZeroU32::MAX);
    let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Connect, Effect::None)));
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &patient).await;
    assert_eq!(words(&settled), ["failed"; 100]);
}

/// Ten tickets one by one, a second each, two at once; `end` happens along with it.
async fn interrupted(
    options: BulkOptions,
    end: impl Future<Output = ()>,
) -> (Vec<Settled<DeleteOutcome>>, Vec<String>, Duration) {
    let fake = Fake::new(1).latency(seconds(1));
    let log = fake.log();
    let tickets = fake.bare();
    let start = Instant::now();
    let ids = (0..10).map(|id| id.to_string());
    let work = async {
        let settled = delete(&tickets, ids, &options).await;
        (settled, start.elapsed())
    };
    let ((settled, took), ()) = tokio::join!(work, end);
    (settled, log.ids(), took)
}

#[tokio::test(start_paused = true)]
async fn finishing_waits_for_what_is_on_its_way_and_tries_nothing_else() {
    let stop = Stop::new();
    let options = at_once(2).stop(stop.clone());
    let (settled, sent, took) = interrupted(options, async {
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
async fn abandoning_leaves_what_is_on_its_way_unknown() {
    let stop = Stop::new();
    let options = at_once(2).stop(stop.clone());
    let (settled, sent, took) = interrupted(options, async {
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
    let (settled, sent, took) = interrupted(at_once(2).deadline(deadline), async {}).await;
    assert_eq!(sent.len(), 6);
    assert_eq!(words(&settled)[..6], ["deleted"; 6]);
    assert_eq!(words(&settled)[6..], ["unattempted"; 4]);
    assert!(reason(&settled[9]).to_string().contains("deadline"));
    assert_eq!(took, seconds(3));
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_before_it_began_sends_nothing() {
    let stop = Stop::new();
    stop.finish();
    let (settled, sent, took) = interrupted(at_once(2).stop(stop), async {}).await;
    assert_eq!(words(&settled), ["unattempted"; 10]);
    assert_eq!((sent, took), (Vec::<String>::new(), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn resolving_answers_for_each_ticket_by_itself() {
    let fake = Fake::new(1).answering(|call| match call.ids.concat().as_str() {
        "gone" => Err(error(ErrorKind::NotFound, Effect::None)),
        "lost" => Err(error(ErrorKind::Timeout, Effect::Unknown)),
        "locked" => Err(error(ErrorKind::Conflict, Effect::None)),
        _ => Ok(()),
    });
    let log = fake.log();
    let ids = stream::iter(["a", "gone", "lost", "locked"]);
    let settled: Vec<Settled<ResolveOutcome>> =
        fake.bare().resolve_all(ids, &at_once(1)).collect().await;
    let words: Vec<_> = settled
        .iter()
        .map(|settled| settled.outcome.as_str())
        .collect();
    assert_eq!(words, ["resolved", "not_found", "unknown", "failed"]);
    assert_eq!(log.ids(), ["a", "gone", "lost", "locked"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_keeps_no_answer_from_being_heard() {
    let start = Instant::now();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heard);
    let fake = Fake::new(1).latency(seconds(1)).answering(move |_| {
        noted.lock().unwrap().push(start.elapsed().as_secs());
        Ok(())
    });
    let mut work = fake
        .bare()
        .delete_all(stream::iter(["a", "b", "c", "d"]), &at_once(2));
    while let Some(settled) = work.next().await {
        assert!(settled.outcome.is_deleted());
        tokio::time::sleep(seconds(60)).await;
    }
    // Two begin at once, the others as the reader comes back; each takes a second, whatever the reader does.
    assert_eq!(*heard.lock().unwrap(), [1, 1, 62, 122]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_success_shows_that_the_vendor_is_within_reach() {
    let fake = Fake::new(1).answering(|call| {
        Err(match call.number % 10 {
            0 => error(ErrorKind::Timeout, Effect::Unknown),
            _ => error(ErrorKind::Forbidden, Effect::None),
        })
    });
    let settled = delete(&fake.bare(), (0..200).map(|id| id.to_string()), &at_once(1)).await;
    assert!(!words(&settled).contains(&"unattempted"));
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_refuses_everything_is_not_asked_about_each_ticket_of_every_batch() {
    let refused = || error(ErrorKind::InvalidInput, Effect::None).with_status(400);
    let fake = Fake::new(8).answering(move |_| Err(refused()));
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..80).map(|id| id.to_string()), &at_once(1)).await;
    assert_eq!(words(&settled), ["failed"; 80]);
    // Two batches are split to the end, the other eight are not.
    assert_eq!(log.count(), 2 * 15 + 8);
}

#[tokio::test(start_paused = true)]
async fn tickets_that_fail_by_themselves_for_other_reasons_keep_no_later_batch_from_being_split() {
    let fake = Fake::new(2).answering(|call| match call.ids.join(",").as_str() {
        "good" => Ok(()),
        ids if ids.contains(',') => Err(error(ErrorKind::InvalidInput, Effect::None)),
        _ => Err(error(ErrorKind::Conflict, Effect::None)),
    });
    let log = fake.log();
    let ids = ["a", "b", "c", "d", "e", "good"];
    let settled = delete(&fake.bare(), ids, &at_once(1)).await;
    assert_eq!(words(&settled)[..5], ["failed"; 5]);
    assert_eq!(words(&settled)[5], "deleted");
    assert_eq!(reason(&settled[4]).kind(), ErrorKind::Conflict);
    assert_eq!(log.ids()[6..], ["e,good", "e", "good"]);
}

#[tokio::test(start_paused = true)]
async fn batches_are_split_until_as_many_tickets_as_two_hold_were_refused_one_by_one() {
    let refused = |kind| Err(error(kind, Effect::None));
    let fake = Fake::new(4).answering(move |call| match call.ids.join(",").as_str() {
        "good" => Ok(()),
        "locked" | "closed" => refused(ErrorKind::Conflict),
        _ => refused(ErrorKind::InvalidInput),
    });
    let log = fake.log();
    let batches = ["a b c locked", "d e f closed", "g h i good"];
    let ids = batches.iter().flat_map(|batch| batch.split(' '));
    let settled = delete(&fake.bare(), ids, &at_once(1)).await;
    // Six were refused by themselves before the third batch, two fewer than two batches hold.
    assert_eq!(words(&settled)[..11], ["failed"; 11]);
    assert_eq!(words(&settled)[11], "deleted");
    assert_eq!(
        log.ids()[14..],
        ["g,h,i,good", "g,h", "i,good", "g", "h", "i", "good"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_does_so_in_the_callers_task() {
    // As it begins, and after it has waited.
    for latency in [Duration::ZERO, seconds(1)] {
        let fake = Fake::new(1)
            .latency(latency)
            .answering(|_| panic!("a bug of the provider"));
        let log = fake.log();
        let work = fake
            .bare()
            .delete_all(stream::iter(["a"]), &at_once(1))
            .count();
        let panic = std::panic::AssertUnwindSafe(work)
            .catch_unwind()
            .await
            .unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"a bug of the provider"));
        assert_eq!(log.ids(), ["a"]);
    }
}

/// What is said of a ticket that a repeated resolve did not find, and which is then read like this; not at all
/// where there is nothing to read.
async fn resolved_again(look: Option<Result<Option<Status>, ErrorKind>>) -> ResolveOutcome {
    let capabilities = Capabilities::none().resolve();
    let capabilities = match look {
        Some(_) => capabilities.get(),
        None => capabilities,
    };
    let mut provider = MockTicketProvider::new();
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", capabilities));
    provider
        .expect_resolve()
        .times(1)
        .returning(|_| Err(error(ErrorKind::NotFound, Effect::Unknown)));
    provider
        .expect_get()
        .times(usize::from(look.is_some()))
        .returning(move |id| {
            let status = look.clone().unwrap();
            let mut ticket = Ticket::new(id, RawValue::NULL.to_owned());
            ticket.status = status.map_err(|kind| error(kind, Effect::None))?;
            Ok(ticket)
        });
    let tickets = Tickets::bare(Arc::new(provider));
    let mut work = tickets.resolve_all(stream::iter(["a"]), &at_once(1));
    work.next().await.unwrap().outcome
}

#[tokio::test(start_paused = true)]
async fn a_repeated_resolve_that_finds_nothing_is_settled_by_a_look() {
    for (look, word) in [
        (Some(Ok(Some(Status::Resolved))), "resolved"),
        (Some(Ok(Some(Status::Closed))), "resolved"),
        (Some(Ok(Some(Status::Open))), "unknown"),
        (Some(Ok(None)), "unknown"),
        (Some(Err(ErrorKind::NotFound)), "unknown"),
        (None, "unknown"),
    ] {
        let outcome = resolved_again(look.clone()).await;
        assert_eq!(outcome.as_str(), word, "{look:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_reason_for_ending_is_the_one_that_is_told() {
    let stop = Stop::new();
    let fake = Fake::new(1)
        .latency(seconds(2))
        .answering(|_| Err(error(ErrorKind::Unauthenticated, Effect::None)));
    let options = at_once(1).stop(stop.clone());
    // The second comes after the first was refused.
    let later = stream::once(Box::pin(async {
        tokio::time::sleep(seconds(5)).await;
        "b"
    }));
    let work = fake
        .bare()
        .delete_all(stream::iter(["a"]).chain(later), &options);
    let (settled, ()) = tokio::join!(work.collect::<Vec<_>>(), async {
        tokio::time::sleep(seconds(1)).await;
        stop.finish();
    });
    assert_eq!(words(&settled), ["failed", "unattempted"]);
    assert_eq!(reason(&settled[1]).kind(), ErrorKind::Cancelled);
}
