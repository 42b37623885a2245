//! What `Pace` lets through to the vendor, and when: against a vendor in memory, on a paused clock.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod vendor;

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ticket_core::call::{Pace, Stack, Timeout, WaitReason};
use ticket_core::provider::{Limit, Quota};
use ticket_core::{
    CallContext, Effect, ErrorKind, Operation, Result, TicketId, TicketProvider as _,
};
use tokio::time::timeout;

use vendor::{Account, Vendor};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn quota(calls: u32, window: Duration) -> Limit {
    Limit::new().window(Quota::new(calls, window))
}

/// Polls once: the call is sent, or waits.
fn begin<F: Future + Unpin>(call: &mut F) {
    assert!(call.now_or_never().is_none());
}

/// One call at a time of these operations.
fn endpoint(operations: &[Operation]) -> Limit {
    Limit::of(operations).max_concurrent(NonZeroUsize::MIN)
}

#[tokio::test(start_paused = true)]
async fn calls_are_sent_in_the_order_in_which_they_came() {
    let account = Vendor::new(millis(100)).within([quota(2, seconds(5))]);
    let results = account.resolve_all(["a", "b", "c", "d", "e"]).await;
    assert!(results.iter().all(Result::is_ok));
    account.assert_seen(&[(0, "a"), (0, "b"), (5100, "c"), (5100, "d"), (10_200, "e")]);
    account.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn later_call_does_not_overtake_the_queue() {
    let account = Vendor::new(Duration::ZERO).within([quota(1, seconds(5))]);
    account.resolve("a").await.unwrap();
    let mut early = Box::pin(account.resolve("early"));
    begin(&mut early);
    // The slot is free, but the first in line has not woken up yet.
    tokio::time::advance(seconds(5)).await;
    let mut late = Box::pin(account.resolve("late"));
    begin(&mut late);
    early.await.unwrap();
    late.await.unwrap();
    account.assert_seen(&[(0, "a"), (5000, "early"), (10_000, "late")]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_free_one_window_after_the_answer_not_after_the_sending() {
    let account = Vendor::new(seconds(2)).within([quota(1, seconds(5))]);
    account.resolve_all(["a", "b", "c"]).await;
    account.assert_seen(&[(0, "a"), (7000, "b"), (14_000, "c")]);
}

#[tokio::test(start_paused = true)]
async fn the_whole_quota_is_used_at_once_where_it_is_free() {
    let account = Vendor::new(seconds(1)).within([quota(25, seconds(5))]);
    let ids: Vec<_> = (0..75).map(|id| id.to_string()).collect();
    account.resolve_all(ids.iter().map(String::as_str)).await;
    let numbered = (0u64..).zip(&ids);
    let expected: Vec<_> = numbered
        .map(|(index, id)| (index / 25 * 6000, id.as_str()))
        .collect();
    account.assert_seen(&expected);
}

#[tokio::test(start_paused = true)]
async fn dropped_call_in_flight_keeps_its_slot_for_a_window() {
    let account = Vendor::new(seconds(60)).within([quota(1, seconds(5))]);
    timeout(seconds(1), account.resolve("a")).await.unwrap_err();
    account.assert_idle();
    timeout(seconds(10), account.resolve("b"))
        .await
        .unwrap_err();
    account.assert_seen(&[(0, "a"), (6000, "b")]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_timed_out_keeps_its_slot_for_a_window() {
    let mut account = Vendor::new(seconds(60)).within([quota(1, seconds(5))]);
    let timed = Stack::new(Timeout::new(seconds(35)), Arc::clone(&account.vendor) as _);
    account.provider = Stack::new(Pace::new(Arc::clone(&account.pacer)), Arc::new(timed));
    let results = account.resolve_all(["a", "b"]).await;
    for result in results {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Timeout);
    }
    account.assert_seen(&[(0, "a"), (40_000, "b")]);
}

#[tokio::test(start_paused = true)]
async fn dropped_wait_leaves_the_queue_and_the_next_call_is_served() {
    let account = Vendor::new(Duration::ZERO).within([quota(1, seconds(5))]);
    account.resolve("a").await.unwrap();
    let mut first = Box::pin(account.resolve("first in line"));
    let mut second = Box::pin(account.resolve("in line"));
    let mut third = Box::pin(account.resolve("b"));
    begin(&mut first);
    begin(&mut second);
    begin(&mut third);
    assert_eq!(account.pacer.status().waiting, 3);
    drop(second);
    drop(first);
    assert_eq!(account.pacer.status().waiting, 1);
    third.await.unwrap();
    account.resolve("c").await.unwrap();
    account.assert_seen(&[(0, "a"), (5000, "b"), (10_000, "c")]);
    account.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn dropped_wait_for_concurrency_frees_its_place() {
    let limits = [
        Limit::new().max_concurrent(NonZeroUsize::MIN),
        endpoint(&[Operation::Resolve]),
        endpoint(&[Operation::Comment]),
    ];
    let account = Vendor::new(seconds(1)).within(limits);
    let mut on_its_way = Box::pin(account.resolve("a"));
    begin(&mut on_its_way);
    for _ in 0..3 {
        let mut same = Box::pin(account.resolve("same operation"));
        let mut other = Box::pin(account.comment("other operation"));
        begin(&mut same);
        begin(&mut other);
    }
    on_its_way.await.unwrap();
    account.resolve("b").await.unwrap();
    account.comment("c").await.unwrap();
    account.assert_seen(&[(0, "a"), (1000, "b"), (2000, "c")]);
    account.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn all_windows_hold_at_once() {
    let quotas = quota(2, seconds(1)).window(Quota::new(3, seconds(10)));
    let account = Vendor::new(Duration::ZERO).within([quotas]);
    account.resolve_all(["a", "b", "c", "d", "e"]).await;
    account.assert_seen(&[
        (0, "a"),
        (0, "b"),
        (1000, "c"),
        (10_000, "d"),
        (10_000, "e"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_never_exceed_the_limit() {
    let quotas = Limit::new().max_concurrent(NonZeroUsize::new(2).unwrap());
    let account = Vendor::new(seconds(1)).within([quotas]);
    let ids = ["a", "b", "c", "d", "e"];
    let mut calls = Box::pin(account.resolve_all(ids));
    begin(&mut calls);
    let status = account.pacer.status();
    assert_eq!((status.in_flight, status.waiting), (2, 3));
    assert_eq!(status.blocked_by.unwrap().reason, WaitReason::Concurrency);
    calls.await;
    account.assert_seen(&[(0, "a"), (0, "b"), (1000, "c"), (1000, "d"), (2000, "e")]);
}

#[tokio::test(start_paused = true)]
async fn busy_operation_delays_no_other_operation() {
    let limits = [
        quota(3, seconds(10)),
        endpoint(&[Operation::Resolve]),
        endpoint(&[Operation::Comment]),
    ];
    let account = Vendor::new(seconds(1)).within(limits);
    let _ = tokio::join!(
        account.resolve_all(["a", "b", "c"]),
        account.comment("other operation")
    );
    account.assert_seen(&[(0, "a"), (0, "other operation"), (1000, "b"), (11_000, "c")]);
}

#[tokio::test(start_paused = true)]
async fn operations_of_one_endpoint_share_its_limit() {
    let limits = [endpoint(&[Operation::Resolve, Operation::Comment])];
    let account = Vendor::new(seconds(1)).within(limits);
    let _ = tokio::join!(
        account.resolve_all(["a"]),
        account.comment("other operation")
    );
    account.assert_seen(&[(0, "a"), (1000, "other operation")]);
}

#[tokio::test(start_paused = true)]
async fn call_waiting_for_a_busy_operation_is_not_in_flight() {
    let limits = [
        Limit::new().max_concurrent(NonZeroUsize::new(2).unwrap()),
        endpoint(&[Operation::Resolve]),
        endpoint(&[Operation::Comment]),
    ];
    let account = Vendor::new(seconds(1)).within(limits);
    let _ = tokio::join!(
        account.resolve_all(["a", "b", "c"]),
        account.comment("other operation")
    );
    account.assert_seen(&[(0, "a"), (0, "other operation"), (1000, "b"), (2000, "c")]);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_pauses_the_account_for_retry_after() {
    let vendor = Vendor::new(millis(100)).refusing("refused", Some(seconds(30)));
    let account = vendor.within([quota(2, seconds(5))]);
    let results = account.resolve_all(["a", "refused", "b", "c", "d"]).await;
    assert_eq!(
        results[1].as_ref().unwrap_err().kind(),
        ErrorKind::RateLimited
    );
    account.assert_seen(&[
        (0, "a"),
        (0, "refused"),
        (30_100, "b"),
        (30_100, "c"),
        (35_200, "d"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_without_retry_after_pauses_for_the_shortest_window_or_a_second() {
    let vendor = Vendor::new(Duration::ZERO).refusing("refused", None);
    let quotas = quota(10, seconds(60)).window(Quota::new(10, seconds(5)));
    let account = vendor.within([quotas]);
    account.resolve_all(["refused", "a"]).await;
    account.assert_seen(&[(0, "refused"), (5000, "a")]);

    let vendor = Vendor::new(Duration::ZERO).refusing("refused", None);
    let account = vendor.within([]);
    account.resolve_all(["refused", "a"]).await;
    account.assert_seen(&[(0, "refused"), (1000, "a")]);
}

#[tokio::test(start_paused = true)]
async fn other_errors_do_not_pause_the_account() {
    let account = Vendor::new(Duration::ZERO).within([quota(2, seconds(5))]);
    let results = account.resolve_all(["missing", "a"]).await;
    assert_eq!(results[0].as_ref().unwrap_err().kind(), ErrorKind::NotFound);
    account.assert_seen(&[(0, "missing"), (0, "a")]);
}

#[tokio::test(start_paused = true)]
async fn rejected_call_keeps_its_slot_for_a_window() {
    let vendor = Vendor::new(Duration::ZERO).refusing("refused", Some(seconds(1)));
    let account = vendor.within([quota(2, seconds(5))]);
    account.resolve("refused").await.unwrap_err();
    account.resolve_all(["a", "b"]).await;
    account.assert_seen(&[(0, "refused"), (1000, "a"), (5000, "b")]);
}

#[tokio::test(start_paused = true)]
async fn a_quota_of_no_calls_is_an_error_and_nothing_waits() {
    let account = Vendor::new(Duration::ZERO)
        .within([quota(25, seconds(5)).window(Quota::new(0, seconds(60)))]);
    let error = account.resolve("a").now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(error.effect(), Effect::None);
    assert_eq!(
        error.to_string(),
        "memory resolve: the quota allows no calls"
    );
    account.assert_seen(&[]);
}

#[tokio::test(start_paused = true)]
async fn handles_that_share_a_pacer_share_the_quota() {
    let account = Vendor::new(Duration::ZERO).within([quota(2, seconds(5))]);
    let other = Stack::new(
        Pace::new(Arc::clone(&account.pacer)),
        Arc::clone(&account.vendor) as _,
    );
    account.resolve("a").await.unwrap();
    other
        .resolve(&CallContext::new(), &TicketId::new("b"))
        .await
        .unwrap();
    account.resolve("c").await.unwrap();
    account.assert_seen(&[(0, "a"), (0, "b"), (5000, "c")]);
}

#[tokio::test(start_paused = true)]
async fn without_quotas_nothing_waits() {
    let account = Vendor::new(seconds(1)).within([]);
    let ids: Vec<_> = (0..1000).map(|id| id.to_string()).collect();
    let mut calls = Box::pin(account.resolve_all(ids.iter().map(String::as_str)));
    begin(&mut calls);
    let status = account.pacer.status();
    assert_eq!((status.in_flight, status.waiting), (1000, 0));
    calls.await;
    assert_eq!(account.vendor.start.elapsed(), seconds(1));
    account.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn status_shows_what_the_queue_head_waits_for_and_until_when() {
    let vendor = Vendor::new(millis(100)).refusing("refused", Some(seconds(30)));
    let account = vendor.within([quota(1, seconds(5))]);
    let start = account.vendor.start;
    let waits_for = |account: &Account| {
        let status = account.pacer.status();
        assert_eq!((status.in_flight, status.waiting), (0, 2));
        let blocked_by = status.blocked_by.unwrap();
        (blocked_by.reason, blocked_by.until)
    };
    account.resolve("a").await.unwrap();
    let mut refused = Box::pin(account.resolve("refused"));
    let mut next = Box::pin(account.resolve("b"));
    begin(&mut refused);
    begin(&mut next);
    assert_eq!(
        waits_for(&account),
        (WaitReason::Quota, Some(start + millis(5100)))
    );
    let (refused, ()) = tokio::join!(refused, async {
        tokio::time::sleep(millis(6000)).await;
    });
    refused.unwrap_err();
    let mut last = Box::pin(account.resolve("c"));
    begin(&mut next);
    begin(&mut last);
    assert_eq!(
        waits_for(&account),
        (WaitReason::Closed, Some(start + millis(35_200)))
    );
    next.await.unwrap();
    last.await.unwrap();
    account.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn window_of_some_operations_counts_only_those() {
    let comments = Limit::of([Operation::Comment]).window(Quota::new(1, seconds(10)));
    let account = Vendor::new(Duration::ZERO).within([comments, quota(3, seconds(60))]);
    account.comment("a").await.unwrap();
    account.resolve("b").await.unwrap();
    account.comment("c").await.unwrap();
    // The three that all operations have together are used up.
    account.resolve("d").await.unwrap();
    account.assert_seen(&[(0, "a"), (0, "b"), (10_000, "c"), (60_000, "d")]);
    account.assert_idle();
}
