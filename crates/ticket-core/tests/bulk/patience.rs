//! How long a change waits for a vendor that does not answer, or whose quota is used up, and when it gives up.

use ticket_core::{CallContext, Effect, ErrorKind, Operation};
use tokio::time::Instant;

use crate::common::{Fake, error};
use crate::{at_once, delete, reason, seconds, words};

#[tokio::test(start_paused = true)]
async fn outage_is_waited_for_unless_the_deadline_comes_before_the_next_call() {
    // The pauses are of 1, 2, 4 and 8 seconds.
    for (deadline, word) in [(60, "deleted"), (9, "failed")] {
        let fake = Fake::new(1).answering(|call| {
            if call.at < seconds(10) {
                Err(error(ErrorKind::Unavailable, Effect::None))
            } else {
                Ok(())
            }
        });
        let log = fake.log();
        let start = Instant::now();
        let context = CallContext::new().deadline(start + seconds(deadline));
        let settled = delete(&fake.bare().with(context), ["1"], &at_once(1)).await;
        assert_eq!(words(&settled), [word]);
        let calls = log.calls();
        assert!(
            calls.iter().all(|call| call.at < seconds(deadline)),
            "{calls:?}"
        );
        if word == "failed" {
            // It does not wait for what would come too late.
            assert_eq!((calls.len(), start.elapsed()), (4, seconds(7)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn change_that_the_account_ends_looks_at_nothing_any_more() {
    let fake = Fake::new(1).answering(|call| match (call.operation, call.ids.first()) {
        (Operation::Delete, Some(id)) if id == "1" => {
            Err(error(ErrorKind::BadResponse, Effect::Unknown))
        }
        (Operation::Delete, _) => Err(error(ErrorKind::Unauthenticated, Effect::None)),
        _ => Ok(()),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1", "2", "3"], &at_once(1)).await;
    assert_eq!(words(&settled), ["unknown", "failed", "unattempted"]);
    // It was still there at the first look, and a later read would be refused like the delete.
    let calls = log.calls();
    let calls: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(calls, ["delete", "get", "delete"]);
}

#[tokio::test(start_paused = true)]
#[expect(
    clippy::disallowed_methods,
    reason = "the vendor names a time of day, which is compared with the clock"
)]
async fn look_waits_for_a_used_up_quota_but_not_for_refused_credentials() {
    for (kind, word, calls) in [
        (ErrorKind::QuotaExhausted, "already_gone", 4),
        (ErrorKind::Unauthenticated, "unknown", 3),
    ] {
        let free = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60);
        let fake = Fake::new(1).answering(move |call| match call.number {
            0 => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
            1 => Ok(()),
            2 => Err(error(kind, Effect::None).with_available_at(free)),
            _ => Err(error(ErrorKind::NotFound, Effect::None)),
        });
        let log = fake.log();
        let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
        assert_eq!(words(&settled), [word]);
        assert_eq!(log.count(), calls, "{:?}", log.calls());
        assert_eq!(log.deletes(), ["1"]);
    }
}

#[tokio::test(start_paused = true)]
#[expect(
    clippy::disallowed_methods,
    reason = "the vendor names a time of day, which is compared with the clock"
)]
async fn exhausted_quota_is_waited_for_where_the_deadline_allows_it() {
    let quota = |seconds: i64| {
        let free = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        move |call: &crate::common::Seen| {
            if (2..60).contains(&call.at.as_secs()) {
                Err(error(ErrorKind::QuotaExhausted, Effect::None).with_available_at(free))
            } else {
                Ok(())
            }
        }
    };
    for (hours, is_waited_for) in [(3, true), (1, false)] {
        let fake = Fake::new(1).latency(seconds(1)).answering(quota(2 * 3600));
        let deadline = Instant::now() + seconds(hours * 3600);
        let tickets = fake.bare().with(CallContext::new().deadline(deadline));
        let settled = delete(&tickets, (0..9).map(|id| id.to_string()), &at_once(1)).await;
        let left = settled
            .iter()
            .filter(|settled| settled.outcome.is_left_to_do())
            .count();
        let done = settled
            .iter()
            .filter(|settled| settled.outcome.is_done())
            .count();
        assert_eq!((done, left), if is_waited_for { (9, 0) } else { (2, 7) });
    }
}

#[tokio::test(start_paused = true)]
async fn quota_that_should_be_free_already_is_not_asked_for_without_end() {
    let past = jiff::Timestamp::UNIX_EPOCH;
    let fake = Fake::new(1).answering(move |call| match call.number {
        0 => Ok(()),
        _ => Err(error(ErrorKind::QuotaExhausted, Effect::None).with_available_at(past)),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), (0..100).map(|id| id.to_string()), &at_once(1)).await;
    assert!(log.count() < 30, "{}", log.count());
    let left = settled
        .iter()
        .filter(|settled| settled.outcome.is_left_to_do());
    assert_eq!(left.count(), 99);
}

#[tokio::test(start_paused = true)]
#[expect(
    clippy::disallowed_methods,
    reason = "the vendor names a time of day, which is compared with the clock"
)]
async fn exhausted_quota_is_waited_for_without_a_deadline_as_long_as_an_outage_would_be() {
    let options = || at_once(1).give_up_after(seconds(600));
    for (wait, is_waited_for) in [(500, true), (700, false)] {
        let free = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(wait);
        let fake = Fake::new(1).answering(move |call| {
            if call.at.as_secs() < 400 {
                Err(error(ErrorKind::QuotaExhausted, Effect::None).with_available_at(free))
            } else {
                Ok(())
            }
        });
        let log = fake.log();
        let settled = delete(&fake.bare(), ["1", "2"], &options()).await;
        let done = settled.iter().filter(|settled| settled.outcome.is_done());
        assert_eq!(done.count(), if is_waited_for { 2 } else { 0 });
        assert_eq!(log.count(), if is_waited_for { 3 } else { 1 });
    }
}

#[tokio::test(start_paused = true)]
async fn vendor_that_asks_for_a_longer_wait_than_is_left_ends_the_change_and_this_is_told() {
    for (kind, effect) in [
        (ErrorKind::RateLimited, Effect::None),
        (ErrorKind::Unavailable, Effect::None),
    ] {
        let fake = Fake::new(1).latency(seconds(1));
        let fake = fake.answering(move |call| match call.ids[0].as_str() {
            "1" => Ok(()),
            _ => Err(error(kind, effect).with_retry_after(seconds(7200))),
        });
        let log = fake.log();
        let start = Instant::now();
        let settled = delete(&fake.bare(), ["1", "2", "3"], &at_once(1)).await;
        assert_eq!(words(&settled), ["deleted", "failed", "unattempted"]);
        assert_eq!(
            reason(&settled[2]).to_string(),
            "fake delete 3: not attempted because the vendor asks to wait 7200 s: it failed"
        );
        assert_eq!((log.deletes().len(), start.elapsed()), (2, seconds(2)));
    }
}
