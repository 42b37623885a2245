//! The slots of an account: windows, concurrency, and pauses that the vendor asked for.

use std::num::NonZeroUsize;

use futures_util::future::join_all;
use ticket_core::provider::{Limit, Quota};
use ticket_core::{Effect, ErrorKind, Operation};

use super::bench::{
    Bench, CaseResult, LONGEST, MILLI, before, call, delete, same, secs, window, wrong,
};
use crate::ledger::{LOST_AFTER, MARGIN};
use crate::model::{Ended, NewCall, Taken};

fn limited(limits: impl Into<Vec<Limit>>) -> NewCall {
    NewCall {
        limits: limits.into(),
        ..call(Operation::Delete)
    }
}

/// Takes a slot and ends the call.
async fn made(bench: &Bench, call: &NewCall) -> CaseResult {
    let id = bench.slot(call).await?;
    Ok(bench.ledger.end(id, Ended::Answered).await?)
}

pub(super) async fn slot_is_free_one_window_after_the_end(bench: &Bench) -> CaseResult {
    let call = limited([window(2, 5)]);
    let first = bench.slot(&call).await?;
    bench.advance(secs(1));
    let second = bench.slot(&call).await?;
    bench.full(&call).await?;
    bench.advance(secs(2));
    bench.ledger.end(second, Ended::Answered).await?;
    bench.advance(secs(1));
    let failed = Ended::Failed {
        kind: ErrorKind::RateLimited,
        effect: Effect::None,
        status: Some(429),
    };
    bench.ledger.end(first, failed).await?;
    // The second call ended one second ago, the first one now; a refused call counts as well.
    bench.free_after(&call, secs(4)).await?;
    bench.free_after(&call, secs(1)).await?;
    Ok(())
}

pub(super) async fn call_in_flight_holds_its_slot(bench: &Bench) -> CaseResult {
    let call = limited([window(1, 5)]);
    let id = bench.slot(&call).await?;
    for _ in 0..9 {
        bench.advance(secs(1));
        let wait = bench.full(&call).await?;
        same(
            "a call that is in flight for longer than the window may end now",
            wait <= secs(5),
            true,
        )?;
    }
    bench.ledger.end(id, Ended::Answered).await?;
    bench.free_after(&call, secs(5)).await?;
    Ok(())
}

pub(super) async fn dead_call_holds_its_slot_until_it_expires(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let call = NewCall {
        limits: vec![window(1, 5)],
        longest: secs(60),
        ..delete(&job, worker, &["1"])
    };
    bench.slot(&call).await?;
    bench.advance(LOST_AFTER);
    let other = limited([window(1, 5)]);
    bench.full(&other).await?;
    bench.advance((secs(60) + MARGIN).saturating_sub(LOST_AFTER));
    bench.free_after(&other, secs(5)).await?;
    Ok(())
}

pub(super) async fn each_request_takes_a_slot(bench: &Bench) -> CaseResult {
    let one = limited([window(5, 10)]);
    let three = NewCall {
        requests: 3,
        ..one.clone()
    };
    made(bench, &three).await?;
    bench.full(&three).await?;
    bench.advance(secs(4));
    made(bench, &one).await?;
    made(bench, &one).await?;
    bench.full(&one).await?;
    bench.free_after(&three, secs(6)).await?;
    bench.full(&one).await?;
    Ok(())
}

pub(super) async fn all_windows_hold_at_once(bench: &Bench) -> CaseResult {
    let both = Limit::new()
        .window(Quota::new(1, secs(2)))
        .window(Quota::new(2, secs(20)));
    let call = limited([both]);
    made(bench, &call).await?;
    let second = bench.free_after(&call, secs(2)).await?;
    bench.ledger.end(second, Ended::Answered).await?;
    let third = bench.free_after(&call, secs(18)).await?;
    bench.ledger.end(third, Ended::Answered).await?;
    bench.free_after(&call, secs(2)).await?;
    Ok(())
}

pub(super) async fn limit_counts_only_its_operations(bench: &Bench) -> CaseResult {
    let reads = Limit::of([Operation::Get, Operation::Messages]).window(Quota::new(1, secs(10)));
    let limits = vec![window(3, 20), reads];
    let of = |operation| NewCall {
        operation,
        ..limited(limits.clone())
    };
    made(bench, &of(Operation::Delete)).await?;
    made(bench, &of(Operation::Get)).await?;
    bench.full(&of(Operation::Messages)).await?;
    made(bench, &of(Operation::Delete)).await?;
    // The account's own limit counts all three.
    bench.full(&of(Operation::Delete)).await?;
    bench.advance(secs(10));
    bench.full(&of(Operation::Get)).await?;
    bench.free_after(&of(Operation::Get), secs(10)).await?;
    Ok(())
}

pub(super) async fn used_slots_are_told(bench: &Bench) -> CaseResult {
    let reads = Limit::of([Operation::Get]).window(Quota::new(5, secs(10)));
    let limits = vec![window(5, 20), reads.clone()];
    let of = |operation, requests| NewCall {
        operation,
        requests,
        ..limited(limits.clone())
    };
    let used = async |limit: &Limit, seconds| {
        let account = of(Operation::Get, 1).account;
        bench.ledger.used(&account, limit, secs(seconds)).await
    };
    let all = window(5, 20);
    same("used before any call", used(&all, 20).await?, 0)?;
    made(bench, &of(Operation::Get, 1)).await?;
    made(bench, &of(Operation::Delete, 2)).await?;
    same("used by all", used(&all, 20).await?, 3)?;
    same("used by reads", used(&reads, 10).await?, 1)?;
    bench.advance(secs(10));
    same("used by reads a window later", used(&reads, 10).await?, 0)?;
    same("used by all half a window later", used(&all, 20).await?, 3)?;
    Ok(())
}

pub(super) async fn calls_at_once_are_limited(bench: &Bench) -> CaseResult {
    let at_once = |most| Limit::new().max_concurrent(NonZeroUsize::MIN.saturating_add(most));
    let reads = Limit::of([Operation::Get]).max_concurrent(NonZeroUsize::MIN);
    let limits = vec![at_once(1), reads];
    // Requests of one call follow one another.
    let of = |operation| NewCall {
        operation,
        requests: 9,
        ..limited(limits.clone())
    };
    let read = bench.slot(&of(Operation::Get)).await?;
    bench.busy(&of(Operation::Get)).await?;
    bench.slot(&of(Operation::Delete)).await?;
    bench.busy(&of(Operation::Delete)).await?;
    bench.ledger.end(read, Ended::Answered).await?;
    bench.slot(&of(Operation::Get)).await?;
    bench.busy(&of(Operation::Delete)).await?;
    bench.advance(before(LONGEST + MARGIN));
    bench.busy(&of(Operation::Delete)).await?;
    bench.advance(MILLI);
    bench.slot(&of(Operation::Delete)).await?;
    Ok(())
}

pub(super) async fn unsent_call_counts_nowhere(bench: &Bench) -> CaseResult {
    let limit = window(1, 5).max_concurrent(NonZeroUsize::MIN);
    let call = limited([limit]);
    for _ in 0..3 {
        let id = bench.slot(&call).await?;
        bench.ledger.end(id, Ended::Unsent).await?;
    }
    let id = bench.slot(&call).await?;
    bench.ledger.end(id, Ended::Answered).await?;
    bench.full(&call).await?;
    Ok(())
}

pub(super) async fn closed_account_gives_no_slots(bench: &Bench) -> CaseResult {
    let ours = call(Operation::Get);
    let other = NewCall {
        account: "another account".to_owned(),
        ..ours.clone()
    };
    let closed = async |time| match bench.ledger.take(ours.clone()).await? {
        Taken::Closed(wait) => same("an account was closed, and for how long", wait, time),
        found => wrong("an account was closed", "closed", found),
    };
    bench.ledger.close(&ours.account, secs(30)).await?;
    closed(secs(30)).await?;
    bench.slot(&other).await?;
    bench.advance(secs(10));
    bench.ledger.close(&ours.account, secs(5)).await?;
    closed(secs(20)).await?;
    bench.ledger.close(&ours.account, secs(40)).await?;
    bench.advance(before(secs(40)));
    closed(MILLI).await?;
    bench.advance(MILLI);
    bench.slot(&ours).await?;
    Ok(())
}

pub(super) async fn accounts_have_their_own_slots(bench: &Bench) -> CaseResult {
    let ours = limited([window(1, 5)]);
    let other = NewCall {
        account: "another account".to_owned(),
        ..ours.clone()
    };
    bench.slot(&ours).await?;
    bench.slot(&other).await?;
    bench.full(&ours).await?;
    bench.full(&other).await?;
    Ok(())
}

pub(super) async fn all_calls_share_the_slots(bench: &Bench) -> CaseResult {
    let limits = vec![window(2, 5)];
    let single = limited(limits.clone());
    let (job, worker) = bench.claimed(&["1"]).await?;
    let work = NewCall {
        limits: limits.clone(),
        ..delete(&job, worker, &["1"])
    };
    bench.slot(&single).await?;
    bench.slot(&work).await?;
    bench.full(&single).await?;
    bench.full(&work).await?;
    Ok(())
}

pub(super) async fn calls_that_ask_at_once_keep_the_limits(bench: &Bench) -> CaseResult {
    let at_once = NonZeroUsize::MIN.saturating_add(2);
    for (limit, expected) in [
        (window(5, 60), 5),
        (Limit::new().max_concurrent(at_once), 3),
    ] {
        let call = NewCall {
            account: format!("account of {expected}"),
            ..limited([limit])
        };
        let takes = (0..20).map(|_| bench.ledger.take(call.clone()));
        let mut slots = 0;
        for taken in join_all(takes).await {
            if let Taken::Slot(..) = taken? {
                slots += 1;
            }
        }
        same("twenty calls asked at once for slots", slots, expected)?;
    }
    Ok(())
}

pub(super) async fn refused_call_is_not_recorded(bench: &Bench) -> CaseResult {
    let (job, worker) = bench.claimed(&["1"]).await?;
    let call = NewCall {
        limits: vec![window(1, 5)],
        ..delete(&job, worker, &["1"])
    };
    made(bench, &limited([window(1, 5)])).await?;
    for _ in 0..3 {
        bench.full(&call).await?;
    }
    bench.ledger.close(&call.account, secs(1)).await?;
    bench.ledger.take(call.clone()).await?;
    same(
        "a call was refused",
        bench.ledger.calls(&job, None, 10).await?.len(),
        0,
    )?;
    same(
        "its ticket is not in doubt",
        bench.doubts(&job).await?,
        vec![false],
    )?;
    bench.advance(secs(1));
    bench.free_after(&call, secs(4)).await?;
    Ok(())
}

pub(super) async fn long_windows_are_kept(bench: &Bench) -> CaseResult {
    let day = secs(24 * 3600);
    let call = limited([window(3, day.as_secs())]);
    made(bench, &call).await?;
    bench.advance(day / 2);
    made(bench, &call).await?;
    made(bench, &call).await?;
    bench.free_after(&call, day / 2).await?;
    bench.full(&call).await?;
    Ok(())
}
