//! The quotas of accounts, between ledgers and over time.

use futures_util::future::join_all;
use ticket_core::provider::{Limit, Quota};

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
            Taken::Slot(id) => Some(*id),
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
