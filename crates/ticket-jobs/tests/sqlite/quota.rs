//! The quotas of accounts, between ledgers and over time.

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures_util::future::join_all;
use ticket_core::DeleteTarget;
use ticket_core::call::{CallIntent, NoSlot, WaitReason};
use ticket_core::provider::{Limit, Quota, Request};
use ticket_jobs::Jobs;

use super::*;

#[tokio::test(start_paused = true)]
async fn two_ledgers_on_one_file_share_the_quota() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::from(START);
    let ledgers = [open(folder.path(), &clock), open(folder.path(), &clock)];
    let limit = Limit::new().window(Quota::new(25, 5 * SECOND));
    let limited = || NewCall {
        limits: vec![limit.clone()],
        ..call(Operation::Get, &["t0"])
    };
    let calls = (0..60).map(|index| ledgers[index % 2].take(limited()));
    let taken: Vec<_> = join_all(calls)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let slots: Vec<_> = taken
        .iter()
        .filter_map(|taken| match taken {
            Taken::Slot(id, _) => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(slots.len(), 25);
    assert_eq!(count(&folder, "SELECT count(*) FROM call"), 25);
    advance(SECOND).await;
    for id in slots {
        ledgers[0].end(id, Ended::Answered).await.unwrap();
    }
    let Taken::Full(wait) = ledgers[1].take(limited()).await.unwrap() else {
        panic!("a slot is free");
    };
    assert_eq!(wait, 5 * SECOND);
    advance(wait).await;
    slot(ledgers[1].take(limited()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn full_window_tells_when_enough_slots_are_free() {
    let (ledger, _folder) = ledger();
    let limit = Limit::new().window(Quota::new(4, 10 * SECOND));
    let limited = |requests| NewCall {
        limits: vec![limit.clone()],
        requests,
        ..call(Operation::Delete, &[])
    };
    for _ in 0..4 {
        let id = slot(ledger.take(limited(1)).await.unwrap());
        ledger.end(id, Ended::Answered).await.unwrap();
        advance(SECOND).await;
    }
    for (requests, seconds) in [(1, 6), (2, 7), (4, 9)] {
        let taken = ledger.take(limited(requests)).await.unwrap();
        assert_eq!(taken, Taken::Full(seconds * SECOND), "{requests}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_count_nowhere_are_removed_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::from(START);
    let ledger = open(folder.path(), &clock);
    let limited = |account: &str, seconds: u32| NewCall {
        account: account.to_owned(),
        limits: vec![Limit::new().window(Quota::new(9, seconds * SECOND))],
        ..call(Operation::Get, &[])
    };
    for (account, seconds) in [("short", 5), ("long", 3600)] {
        let id = slot(ledger.take(limited(account, seconds)).await.unwrap());
        ledger.end(id, Ended::Answered).await.unwrap();
    }
    let job = job(&ledger, 1).await;
    let worker = ledger.begin(&job).await.unwrap();
    let id = slot(ledger.take(delete(&job, worker, &["t0"])).await.unwrap());
    ledger.end(id, Ended::Answered).await.unwrap();
    drop(ledger);
    advance(60 * SECOND).await;
    // It cleans at its first transaction.
    let ledger = open(folder.path(), &clock);
    ledger.close("short", SECOND).await.unwrap();
    let of = |account| {
        let sql = "SELECT count(*) FROM call JOIN account ON number = account WHERE key";
        count(&folder, &format!("{sql} = '{account}'"))
    };
    assert_eq!((of("short"), of("long"), of("quota")), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn two_ledgers_on_one_file_stay_below_the_calls_at_once_together() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::from(START);
    let slots = [(); 2].map(|()| {
        let jobs = Jobs::new(Arc::new(open(folder.path(), &clock)));
        jobs.slots("desk", &[])
    });
    let target = [DeleteTarget::new("1")];
    let intent = |at_once| {
        let mut intent = CallIntent::new(Request::Delete(&target));
        intent.at_once = NonZeroUsize::new(at_once);
        intent
    };
    let few = intent(6);
    let taken = join_all((0..20).map(|call| slots[call % 2].take(&few))).await;
    let (mut held, busy): (Vec<_>, Vec<_>) = taken.into_iter().partition(Result::is_ok);
    assert_eq!((held.len(), busy.len()), (6, 14));
    for refused in busy {
        let Err(NoSlot::Wait { reason, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(reason, WaitReason::Concurrency);
    }
    // A read is not counted, nor is a call whose number the caller decides.
    let id = TicketId::new("1");
    let mut read = CallIntent::new(Request::Get(&id));
    read.at_once = few.at_once;
    assert!(slots[0].take(&read).await.is_ok());
    held.push(slots[0].take(&intent(0)).await);
    assert_eq!(
        count(&folder, "SELECT count(*) FROM call WHERE ended_at IS NULL"),
        7
    );
    for ended in held.drain(..2) {
        ended.unwrap().end(None).await;
    }
    assert!(slots[1].take(&few).await.is_ok());
    assert!(slots[0].take(&few).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_of_a_lost_worker_do_not_hold_back_others() {
    let (ledger, _folder) = ledger();
    let id = job(&ledger, 3).await;
    let worker = ledger.begin(&id).await.unwrap();
    let slots = Jobs::new(Arc::new(ledger)).slots("shop", &[]);
    let target = [DeleteTarget::new("t0")];
    let mut intent = CallIntent::new(Request::Delete(&target));
    intent.at_once = NonZeroUsize::new(2);
    let work = format!("{id} {} shop", worker.0);
    let mut of_worker = intent;
    of_worker.work = Some(&work);
    for _ in 0..2 {
        // Dropped as a process drops it that is killed.
        assert!(slots.take(&of_worker).await.is_ok());
    }
    assert!(slots.take(&intent).await.is_err());
    advance(LOST_AFTER).await;
    for is_free in [true, true, false] {
        assert_eq!(slots.take(&intent).await.is_ok(), is_free);
    }
}
