//! The standard stack as a whole, on a paused clock: what its layers are to each other.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use common::{Fake, error, make, operations};
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::call::{Check, Pacer, Retry, RetryPolicy, StackOptions};
use ticket_core::provider::{Capabilities, Limit, NotFound, Quota, Support};
use ticket_core::{CallContext, Change, Effect, ErrorKind, Operation, Outcome, Stop, Tickets};
use tokio::time::Instant;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn quotas(calls: u32, window: u64) -> Limit {
    Limit::new().window(Quota::new(calls, seconds(window)))
}

fn stacked(fake: Fake, options: StackOptions) -> Tickets {
    Tickets::with_options(Arc::new(fake), &options.seed(1))
}

fn ids(count: usize) -> impl futures_core::Stream<Item = String> + Send {
    stream::iter((0..count).map(|id| id.to_string()))
}

#[tokio::test(start_paused = true)]
async fn documented_quota_applies_unless_a_pacer_is_given() {
    let limited = || Fake::new(1).info(|info| info.limit(quotas(2, 10)));
    let fake = limited();
    let log = fake.log();
    stacked(fake, StackOptions::default())
        .delete(["a", "b", "c"])
        .await;
    let times: Vec<_> = log.calls().iter().map(|call| call.at.as_secs()).collect();
    assert_eq!(times, [0, 0, 10]);

    let fake = limited();
    let log = fake.log();
    let pacer = Arc::new(Pacer::new([quotas(3, 10)]));
    let tickets = stacked(fake, StackOptions::default().pacer(Arc::clone(&pacer)));
    assert!(Arc::ptr_eq(tickets.pacer().unwrap(), &pacer));
    tickets.delete(["a", "b", "c", "d"]).await;
    let times: Vec<_> = log.calls().iter().map(|call| call.at.as_secs()).collect();
    assert_eq!(times, [0, 0, 0, 10]);
    assert!(Tickets::bare(Arc::new(Fake::new(1))).pacer().is_none());
}

#[tokio::test(start_paused = true)]
async fn every_attempt_takes_a_slot_and_has_its_own_timeout() {
    let slow = seconds(100);
    let fake = Fake::new(1)
        .info(|info| info.limit(quotas(1, 60)))
        .latency(slow);
    let log = fake.log();
    let options = StackOptions::default().timeout(seconds(5));
    let report = stacked(fake, options).delete(["a"]).await;
    let error = report.outcome(&"a".into()).unwrap().error().unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Timeout, Effect::Unknown)
    );
    assert_eq!(error.attempts(), 4);
    let times: Vec<_> = log.calls().iter().map(|call| call.at.as_secs()).collect();
    // Each begins a window after the one before had timed out. The last four are the look at the ticket.
    assert_eq!(times, [0, 65, 130, 195, 260, 325, 390, 455]);
    assert_eq!(log.deletes().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_pauses_every_handle_and_loses_no_call() {
    let fake = Fake::new(1).answering(|call| match call.number {
        0 => Err(error(ErrorKind::RateLimited, Effect::None).with_retry_after(seconds(30))),
        _ => Ok(()),
    });
    let log = fake.log();
    let tickets = stacked(fake, StackOptions::default());
    let other = tickets.clone();
    let (first, second) = tokio::join!(tickets.delete(["a"]), async {
        tokio::time::sleep(seconds(1)).await;
        other.delete(["b"]).await
    });
    assert!(first.all_deleted() && second.all_deleted());
    let times: Vec<_> = log.calls().iter().map(|call| call.at.as_secs()).collect();
    assert_eq!(times, [0, 30, 30]);
}

#[tokio::test(start_paused = true)]
async fn single_call_fails_at_its_deadline_with_the_wait_reason() {
    let fake = Fake::new(1).info(|info| info.limit(quotas(1, 600)));
    let log = fake.log();
    let tickets = stacked(fake, StackOptions::default());
    assert!(tickets.get("a").await.is_ok());
    let start = Instant::now();
    let error = tickets.get("b").await.unwrap_err();
    // Known at once to be in vain.
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::RateLimited, Effect::None)
    );
    assert_eq!(error.retry_after(), Some(seconds(600)));
    assert!(error.to_string().contains("1 call"), "{error}");
    assert_eq!(log.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn bulk_work_waits_for_a_small_quota_as_long_as_it_takes() {
    let fake = Fake::new(1).info(|info| info.limit(quotas(1, 600)));
    let log = fake.log();
    let report = stacked(fake, StackOptions::default())
        .delete(["a", "b", "c"])
        .await;
    assert!(report.all_deleted());
    let times: Vec<_> = log.calls().iter().map(|call| call.at.as_secs()).collect();
    assert_eq!(times, [0, 600, 1200]);
}

#[tokio::test(start_paused = true)]
async fn stopped_change_does_not_wait_for_the_quota() {
    let fake = Fake::new(1)
        .info(|info| info.limit(quotas(3, 600)))
        .latency(seconds(1));
    let log = fake.log();
    let tickets = stacked(fake, StackOptions::default());
    let stop = Stop::new();
    let tickets = tickets.with(CallContext::new().stop(stop.clone()));
    let options = BulkOptions::default();
    let start = Instant::now();
    let work = tickets
        .apply(Change::Delete, ids(10).enumerate(), &options)
        .collect::<Vec<_>>();
    let (settled, ()) = tokio::join!(work, async {
        tokio::time::sleep(seconds(20)).await;
        stop.finish();
    });
    assert_eq!(start.elapsed(), seconds(20));
    assert_eq!(log.count(), 3);
    let words: Vec<_> = settled
        .iter()
        .map(|settled| Change::Delete.word(&settled.outcome))
        .collect();
    assert_eq!(words[..3], ["deleted"; 3]);
    assert_eq!(words[3..], ["unattempted"; 7]);
    assert!(settled[3..].iter().all(|settled| {
        let error = settled.outcome.error().unwrap();
        error.kind() == ErrorKind::Cancelled && error.effect() == Effect::None
    }));
}

#[tokio::test(start_paused = true)]
async fn tickets_without_a_slot_before_the_deadline_are_unattempted() {
    let fake = Fake::new(1).info(|info| info.limit(quotas(3, 600)));
    let log = fake.log();
    let tickets = stacked(fake, StackOptions::default());
    let tickets = tickets.with(CallContext::new().deadline(Instant::now() + seconds(100)));
    let options = BulkOptions::default();
    let settled: Vec<_> = tickets
        .apply(Change::Delete, ids(20).enumerate(), &options)
        .collect()
        .await;
    let words: Vec<_> = settled
        .iter()
        .map(|settled| Change::Delete.word(&settled.outcome))
        .collect();
    assert_eq!(words[..3], ["deleted"; 3]);
    assert_eq!(words[3..], ["unattempted"; 17]);
    for settled in &settled[3..] {
        let reason = settled.outcome.error().unwrap().to_string();
        assert!(
            reason.contains("allows no call before the deadline"),
            "{reason}"
        );
    }
    assert_eq!(log.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn stop_between_attempts_keeps_the_unknown_effect() {
    let fake = Fake::new(1)
        .info(|info| info.limit(quotas(1, 600)))
        .answering(|_| Err(error(ErrorKind::Timeout, Effect::Unknown)));
    let log = fake.log();
    let tickets = stacked(fake, StackOptions::default());
    let stop = Stop::new();
    let tickets = tickets.with(CallContext::new().stop(stop.clone()));
    let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
    let work = tickets
        .apply(Change::Delete, ids(2).enumerate(), &options)
        .collect::<Vec<_>>();
    let (mut settled, ()) = tokio::join!(work, async {
        tokio::time::sleep(seconds(300)).await;
        stop.finish();
    });
    settled.sort_by_key(|settled| settled.key);
    let words: Vec<_> = settled
        .iter()
        .map(|settled| Change::Delete.word(&settled.outcome))
        .collect();
    assert_eq!(words, ["unknown", "unattempted"]);
    let error = settled[0].outcome.error().unwrap();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    assert_eq!(log.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_can_be_switched_off() {
    let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Connect, Effect::None)));
    let log = fake.log();
    let never = RetryPolicy::default().max_attempts(std::num::NonZeroU32::MIN);
    let error = stacked(fake, StackOptions::default().retry(never))
        .get("a")
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1);
    assert_eq!(log.count(), 1);
}

/// What becomes of a ticket whose first delete may have worked and whose second finds nothing, at a vendor with these
/// capabilities that says so of tickets that exist as well; with the operations that it saw.
async fn ambiguously_not_found(
    capabilities: Capabilities,
    looked: Option<ErrorKind>,
) -> (Outcome, Vec<Operation>) {
    let fake = Fake::new(1)
        .info(|mut info| {
            info.capabilities = capabilities.with(
                Operation::Delete,
                Support::new().not_found(NotFound::Ambiguous),
            );
            info
        })
        .answering(move |call| match (call.operation, call.number, looked) {
            (Operation::Delete, 0, _) => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
            (Operation::Get, _, Some(kind)) => Err(error(kind, Effect::None)),
            _ => Ok(()),
        })
        .outcomes(|_, _| Outcome::NotFound(error(ErrorKind::NotFound, Effect::None)));
    let log = fake.log();
    // Without `Check`, which would hide a look that should not be.
    let retry = Retry::seeded(RetryPolicy::default(), 1);
    let report = fake.layered(retry).delete(["a"]).await;
    let operations = log.calls().iter().map(|call| call.operation).collect();
    (report.outcome(&"a".into()).unwrap().clone(), operations)
}

#[tokio::test(start_paused = true)]
async fn ambiguous_not_found_is_already_done_only_if_get_proves_it() {
    let readable = || Capabilities::none().get();
    let (gone, calls) = ambiguously_not_found(readable(), Some(ErrorKind::NotFound)).await;
    assert_eq!(gone.as_str(), "already_done");
    assert_eq!(
        calls,
        [Operation::Delete, Operation::Delete, Operation::Get]
    );
    // The read may lag behind the delete: also where it is read once more.
    let (there, calls) = ambiguously_not_found(readable(), None).await;
    assert_eq!(there.as_str(), "unknown");
    assert_eq!(there.error().unwrap().effect(), Effect::Unknown);
    assert_eq!(calls[2..], [Operation::Get, Operation::Get]);
    let (nobody_knows, _) = ambiguously_not_found(readable(), Some(ErrorKind::Forbidden)).await;
    assert_eq!(nobody_knows.as_str(), "unknown");
    assert_eq!(nobody_knows.error().unwrap().effect(), Effect::Unknown);
    // Where a read finds neither what is gone nor what is another's.
    let ambiguous = Support::new().not_found(NotFound::Ambiguous);
    let readable = Capabilities::none().with(Operation::Get, ambiguous);
    let (no_proof, _) = ambiguously_not_found(readable, Some(ErrorKind::NotFound)).await;
    assert_eq!(no_proof.as_str(), "unknown");
}

#[tokio::test(start_paused = true)]
async fn ambiguous_not_found_without_get_is_unknown() {
    let (outcome, calls) = ambiguously_not_found(Capabilities::none(), None).await;
    assert_eq!(outcome.as_str(), "unknown");
    let error = outcome.error().unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::NotFound, Effect::Unknown)
    );
    // Not even asked for.
    assert_eq!(calls, [Operation::Delete, Operation::Delete]);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_makes_the_same_waits() {
    let times = async |seed| {
        let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Connect, Effect::None)));
        let log = fake.log();
        let options = StackOptions::default().seed(seed);
        Tickets::with_options(Arc::new(fake), &options)
            .get("a")
            .await
            .unwrap_err();
        log.calls().iter().map(|call| call.at).collect::<Vec<_>>()
    };
    assert_eq!(times(7).await, times(7).await);
    assert_ne!(times(7).await, times(8).await);
}

#[tokio::test(start_paused = true)]
async fn abandoned_call_that_waits_for_the_quota_is_unattempted() {
    let fake = Fake::new(1)
        .info(|info| info.limit(quotas(1, 600)))
        .latency(seconds(60));
    let log = fake.log();
    let stop = Stop::new();
    let tickets = stacked(fake, StackOptions::default().timeout(seconds(100)))
        .with(CallContext::new().stop(stop.clone()));
    let options = BulkOptions::default();
    let work = tickets
        .apply(Change::Delete, ids(10).enumerate(), &options)
        .collect::<Vec<_>>();
    let (mut settled, ()) = tokio::join!(work, async {
        tokio::time::sleep(seconds(3)).await;
        stop.abandon();
    });
    settled.sort_by_key(|settled| settled.key);
    let words: Vec<_> = settled
        .iter()
        .map(|settled| Change::Delete.word(&settled.outcome))
        .collect();
    assert_eq!(words[0], "unknown");
    assert_eq!(words[1..], ["unattempted"; 9]);
    assert_eq!(log.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn bulk_change_waits_for_a_long_pause_of_the_vendor() {
    let fake = Fake::new(1).answering(|call| match call.number {
        0..4 => Err(error(ErrorKind::RateLimited, Effect::None).with_retry_after(seconds(600))),
        _ => Ok(()),
    });
    let log = fake.log();
    let report = stacked(fake, StackOptions::default())
        .delete((0..20).map(|id| id.to_string()))
        .await;
    assert!(report.all_deleted());
    assert!(log.calls()[4..].iter().all(|call| call.at >= seconds(600)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tickets_are_sent_in_list_order_on_many_threads() {
    let one_at_a_time = Limit::new().max_concurrent(NonZeroUsize::MIN);
    let fake = Fake::new(1).info(|info| info.limit(one_at_a_time));
    let log = fake.log();
    let options = BulkOptions::default().concurrency(NonZeroUsize::MIN.saturating_add(31));
    let work = stacked(fake, StackOptions::default()).apply(
        Change::Delete,
        ids(2000).enumerate(),
        &options,
    );
    assert_eq!(work.count().await, 2000);
    let in_order: Vec<_> = (0..2000).map(|id| id.to_string()).collect();
    assert_eq!(log.ids(), in_order);
}

#[tokio::test(start_paused = true)]
async fn read_only_account_refuses_every_write_and_no_read() {
    let (fake, alone) = (Fake::new(2), Fake::new(2));
    let logs = [fake.log(), alone.log()];
    let stacked = stacked(fake, StackOptions::default().read_only(true));
    for tickets in [stacked, alone.layered(Check::default().read_only(true))] {
        for operation in operations() {
            let error = make(&tickets, operation).await;
            assert_eq!(error.is_some(), operation.is_write(), "{operation}");
            let Some(error) = error else { continue };
            assert_eq!(
                (error.kind(), error.effect()),
                (ErrorKind::Config, Effect::None)
            );
            assert_eq!(error.operation(), Some(operation));
            assert!(error.to_string().contains("`read_only`"), "{error}");
        }
        for change in [Change::Delete, Change::Resolve, Change::Restore] {
            let asked = ids(5).map(|id| (id.clone(), id));
            let work = tickets.apply(change, asked, &BulkOptions::default());
            let settled: Vec<_> = work.collect().await;
            assert_eq!(settled.len(), 5);
            for one in settled {
                let error = one.outcome.error().unwrap();
                assert_eq!(
                    (error.kind(), error.effect()),
                    (ErrorKind::Config, Effect::None)
                );
            }
        }
    }
    for log in &logs {
        let reads = operations().filter(|operation| !operation.is_write());
        assert_eq!(log.count(), reads.count());
        assert!(log.calls().iter().all(|call| !call.operation.is_write()));
    }
}

#[tokio::test(start_paused = true)]
async fn read_only_account_is_still_looked_at_for_what_an_earlier_attempt_did() {
    let fake = Fake::new(2);
    let log = fake.log();
    let tickets = stacked(fake, StackOptions::default().read_only(true));
    let tickets = tickets.with(CallContext::new().earlier_attempt(Effect::Unknown));
    let asked = ids(2).map(|id| (id.clone(), id));
    let options = BulkOptions::default().only_look();
    let settled: Vec<_> = tickets
        .apply(Change::Delete, asked, &options)
        .collect()
        .await;
    assert_eq!(settled.len(), 2);
    // They are there, and reads may lag behind.
    assert!(
        settled
            .iter()
            .all(|one| matches!(one.outcome, Outcome::Unknown(_)))
    );
    assert!(
        log.count() >= 2 && log.deletes().is_empty(),
        "{:?}",
        log.calls()
    );
}
