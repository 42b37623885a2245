//! Many tickets of one account: one outcome for each, whatever happens, on a paused clock. Here: what goes out
//! together, and in which order it is answered.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod accepted;
#[path = "../common/mod.rs"]
mod common;
mod ending;
mod judging;
mod looking;
mod looking_again;
mod patience;
mod purging;
mod purging_again;
mod resolving;
mod restoring;
mod splitting;
mod writing;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Fake, error};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Settled};
use ticket_core::call::{Check, StackOptions};
use ticket_core::provider::{Limit, Quota};
use ticket_core::{Change, Effect, Error, ErrorKind, TicketId, Tickets};
use tokio::time::Instant;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at_once(calls: usize) -> BulkOptions {
    BulkOptions::default().concurrency(NonZeroUsize::new(calls).unwrap())
}

/// Deletes these and gives the outcomes in the order asked, after checking that each place has exactly one.
async fn delete<I>(tickets: &Tickets, ids: I, options: &BulkOptions) -> Vec<Settled<usize>>
where
    I: IntoIterator<IntoIter: Send> + Send,
    I::Item: Into<TicketId> + Send,
{
    let mut settled: Vec<_> = tickets
        .apply(Change::Delete, stream::iter(ids).enumerate(), options)
        .collect()
        .await;
    settled.sort_by_key(|settled| settled.key);
    assert!(
        settled
            .iter()
            .enumerate()
            .all(|(place, settled)| settled.key == place)
    );
    settled
}

fn words(settled: &[Settled<usize>]) -> Vec<&str> {
    settled
        .iter()
        .map(|settled| Change::Delete.word(&settled.outcome))
        .collect()
}

fn reason(settled: &Settled<usize>) -> &Error {
    settled.outcome.error().unwrap()
}

#[tokio::test(start_paused = true)]
async fn input_is_read_only_as_fast_as_batches_are_sent() {
    let fake = Fake::new(2);
    let log = fake.log();
    let taken = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&taken);
    let ids = stream::iter(0..1_000_000).map(move |id: u32| {
        *counter.lock().unwrap() += 1;
        id.to_string()
    });
    let work = fake
        .bare()
        .apply(Change::Delete, ids.enumerate(), &at_once(2));
    assert_eq!(*taken.lock().unwrap(), 0);
    let first: Vec<_> = work.take(3).collect().await;
    assert_eq!(first.len(), 3);
    assert!(log.count() <= 4, "{:?}", log.ids());
    assert!(*taken.lock().unwrap() <= 8);
}

#[tokio::test(start_paused = true)]
async fn batches_are_full_and_sent_concurrently() {
    let fake = Fake::new(100).latency(seconds(1));
    let log = fake.log();
    let start = Instant::now();
    let settled = delete(
        &fake.bare(),
        (0..1000).map(|id| id.to_string()),
        &at_once(5),
    )
    .await;
    assert!(settled.iter().all(|settled| settled.outcome.is_done()));
    assert_eq!(settled.len(), 1000);
    assert!(log.calls().iter().all(|call| call.ids.len() == 100));
    assert_eq!(log.count(), 10);
    // Ten calls of a second each, five at once.
    assert_eq!(start.elapsed(), seconds(2));
}

#[tokio::test(start_paused = true)]
async fn batch_waits_to_be_full_only_while_a_call_is_under_way() {
    let fake = Fake::new(2).latency(seconds(4));
    let log = fake.log();
    // The seconds from the ticket before: `c` comes during the first call, `e` after all others.
    let arrivals = [("a", 0), ("b", 0), ("c", 1), ("d", 2), ("e", 9)];
    let arriving = stream::iter(arrivals).then(|(id, wait)| async move {
        if wait > 0 {
            tokio::time::sleep(seconds(wait)).await;
        }
        id
    });
    let tickets = fake.bare();
    let work = tickets.apply(Change::Delete, arriving.enumerate(), &at_once(4));
    assert_eq!(work.count().await, 5);
    let calls = log.calls();
    let calls = calls
        .iter()
        .map(|call| (call.at.as_secs(), call.ids.concat()));
    let calls: Vec<_> = calls.collect();
    let expected = [(0, "ab"), (3, "cd"), (12, "e")];
    assert_eq!(calls, expected.map(|(at, ids)| (at, ids.to_owned())));
}

/// How many calls a delete of 96 tickets begins with, by what the provider documents, the account and the options.
async fn first_at_once(quotas: Limit, account: Option<usize>, options: &BulkOptions) -> usize {
    let fake = Fake::new(1)
        .latency(seconds(1))
        .info(|info| info.limit(quotas));
    let log = fake.log();
    let mut stack = StackOptions::default();
    if let Some(calls) = account.and_then(NonZeroUsize::new) {
        stack.concurrency = calls.into();
    }
    let tickets = Tickets::with_options(Arc::new(fake), &stack);
    let settled = delete(&tickets, (0..96).map(|id| id.to_string()), options).await;
    assert!(settled.iter().all(|settled| settled.outcome.is_done()));
    let calls = log.calls();
    // Each call takes a second, and they begin together.
    calls
        .chunk_by(|one, next| one.at == next.at)
        .next()
        .unwrap()
        .len()
}

#[tokio::test(start_paused = true)]
async fn concurrency_comes_from_options_then_account_then_quotas() {
    let default = BulkOptions::default();
    let window = || Limit::new().window(Quota::new(1000, seconds(1)));
    let three = NonZeroUsize::new(3).unwrap();
    assert_eq!(first_at_once(Limit::new(), None, &default).await, 4);
    assert_eq!(first_at_once(window(), None, &default).await, 4);
    let few = || Limit::new().max_concurrent(three);
    assert_eq!(first_at_once(few(), None, &default).await, 3);
    for quotas in [Limit::new(), window()] {
        assert_eq!(first_at_once(quotas.clone(), Some(6), &default).await, 6);
        assert_eq!(first_at_once(quotas, Some(6), &at_once(48)).await, 48);
    }
    // A handle without a pacer fits them too.
    let bare = Fake::new(1).latency(seconds(1));
    let bare = bare.info(|info| info.limit(few())).bare();
    let start = Instant::now();
    delete(&bare, ["a", "b", "c", "d"], &default).await;
    assert_eq!(start.elapsed(), seconds(2));
    // Nobody goes above what the provider documents.
    assert_eq!(first_at_once(few(), Some(6), &at_once(48)).await, 3);
}

#[tokio::test(start_paused = true)]
async fn outcomes_arrive_in_order_of_completion_with_their_key() {
    // The first call is answered last.
    let fake = Fake::new(1)
        .latency(seconds(1))
        .answering(|call| match call.number {
            0 => Err(error(ErrorKind::Conflict, Effect::None)),
            _ => Ok(()),
        });
    let slow = fake.bare().layer(Slow);
    let settled: Vec<_> = slow
        .apply(
            Change::Delete,
            stream::iter(["a", "b"]).enumerate(),
            &at_once(2),
        )
        .collect()
        .await;
    let places: Vec<_> = settled
        .iter()
        .map(|settled| (settled.key, settled.id.as_str()))
        .collect();
    assert_eq!(places, [(1, "b"), (0, "a")]);
}

/// Holds back what concerns the ticket `a`.
#[derive(Debug)]
struct Slow;

impl ticket_core::call::Layer for Slow {
    async fn call<T: ticket_core::call::Reply>(
        &self,
        call: ticket_core::call::Call<'_>,
        next: &impl ticket_core::call::Next<T>,
    ) -> ticket_core::Result<T> {
        if let ticket_core::provider::Request::Delete([target]) = call.request() {
            if target.id.as_str() == "a" {
                tokio::time::sleep(seconds(9)).await;
            }
        }
        next.call(call).await
    }
}

#[tokio::test(start_paused = true)]
async fn partial_batch_is_sent_while_the_input_is_pending() {
    let fake = Fake::new(100);
    let log = fake.log();
    let ids = stream::iter(["a", "b"]).chain(stream::pending());
    let mut work = Box::pin(
        fake.bare()
            .apply(Change::Delete, ids.enumerate(), &at_once(4)),
    );
    for id in ["a", "b"] {
        let next = tokio::time::timeout(seconds(100), work.next()).await;
        assert_eq!(next.unwrap().unwrap().id.as_str(), id);
    }
    assert_eq!(log.ids(), ["a,b"]);
    let third = tokio::time::timeout(seconds(100), work.next()).await;
    assert!(third.is_err());
}

#[tokio::test(start_paused = true)]
async fn empty_input_has_no_outcomes_and_makes_no_calls() {
    let fake = Fake::new(3);
    let log = fake.log();
    assert!(delete(&fake.bare(), [""; 0], &at_once(4)).await.is_empty());
    assert_eq!(log.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn invalid_id_fails_alone_and_is_not_sent() {
    let fake = Fake::new(3);
    let log = fake.log();
    let settled = delete(
        &fake.layered(Check::default()),
        ["", "a", "", "b"],
        &at_once(1),
    )
    .await;
    assert_eq!(words(&settled), ["failed", "deleted", "failed", "deleted"]);
    assert_eq!(
        reason(&settled[0]).to_string(),
        "fake delete: the ticket id is empty"
    );
    assert_eq!(log.ids(), ["a", "b"]);
    let settled = delete(
        &Fake::new(3).layered(Check::default()),
        ["", "", ""],
        &at_once(1),
    )
    .await;
    assert_eq!(words(&settled), ["failed"; 3]);
}

#[tokio::test(start_paused = true)]
async fn duplicate_id_in_a_batch_is_sent_once_and_has_two_outcomes() {
    let fake = Fake::new(3);
    let log = fake.log();
    let settled = delete(&fake.bare(), ["a", "b", "a"], &at_once(4)).await;
    assert_eq!(words(&settled), ["deleted"; 3]);
    assert_eq!(log.ids(), ["a,b"]);
}

#[tokio::test(start_paused = true)]
async fn replies_are_received_while_the_reader_is_slow() {
    let start = Instant::now();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heard);
    let fake = Fake::new(1).latency(seconds(1)).answering(move |_| {
        noted.lock().unwrap().push(start.elapsed().as_secs());
        Ok(())
    });
    let mut work = fake.bare().apply(
        Change::Delete,
        stream::iter(["a", "b", "c", "d"]).enumerate(),
        &at_once(2),
    );
    while let Some(settled) = work.next().await {
        assert!(settled.outcome.is_done());
        tokio::time::sleep(seconds(60)).await;
    }
    // Two begin at once, the others as the reader comes back; each takes a second, whatever the reader does.
    assert_eq!(*heard.lock().unwrap(), [1, 1, 62, 122]);
}

#[tokio::test(start_paused = true)]
async fn provider_panic_continues_in_the_callers_task() {
    // As it begins, and after it has waited.
    for latency in [Duration::ZERO, seconds(1)] {
        let fake = Fake::new(1)
            .latency(latency)
            .answering(|_| panic!("a bug of the provider"));
        let log = fake.log();
        let work = fake
            .bare()
            .apply(Change::Delete, stream::iter(["a"]).enumerate(), &at_once(1))
            .count();
        let panic = std::panic::AssertUnwindSafe(work)
            .catch_unwind()
            .await
            .unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"a bug of the provider"));
        assert_eq!(log.ids(), ["a"]);
    }
}
