//! The server's clock: read after the lock, set back, set forward.

use std::sync::Arc;

use ticket_jobs::{Ended, Ledger as _, Taken};

use super::*;

const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000";

#[tokio::test]
async fn call_that_waited_for_its_account_is_taken_after_the_wait_and_its_slot_is_fresh() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    slot(&ledger, call(9)).await;
    let (holder, watcher) = (client(&url).await, client(&url).await);
    holder
        .batch_execute("BEGIN; SELECT 1 FROM tickets.account FOR UPDATE")
        .await
        .unwrap();
    let ledger = Arc::new(ledger);
    let waiting = {
        let ledger = Arc::clone(&ledger);
        tokio::spawn(async move { ledger.take(call(9)).await.unwrap() })
    };
    let sql = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while number(&watcher, sql).await == 0 {
        tokio::task::yield_now().await;
    }
    let seen_waiting = ledger.now();
    // Longer than a statement is on its way.
    for _ in 0..100 {
        number(&watcher, sql).await;
    }
    let waited_until = number(&holder, CLOCK).await;
    holder.batch_execute("COMMIT").await.unwrap();
    let Taken::Slot(id, fresh_since) = waiting.await.unwrap() else {
        panic!("no slot");
    };
    assert!(fresh_since > seen_waiting, "{fresh_since} {seen_waiting}");
    let sql = format!("SELECT taken_at FROM tickets.call WHERE id = {}", id.0);
    let taken_at = number(&watcher, &sql).await;
    assert!(taken_at >= waited_until, "{taken_at} {waited_until}");
    assert_eq!(
        number(&watcher, "SELECT last_now FROM tickets.account").await,
        taken_at
    );
}

#[tokio::test]
async fn clock_that_is_set_back_frees_no_slot() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    let first = slot(&ledger, call(2)).await;
    ledger.end(first, Ended::Answered).await.unwrap();
    // As if the clock had been an hour ahead until now.
    let hour = 3_600_000_000_000_i64;
    let ahead = format!(
        "UPDATE tickets.account SET last_now = last_now + {hour};
         UPDATE tickets.call SET taken_at = taken_at + {hour}, ended_at = ended_at + {hour},
            acts_until = acts_until + {hour}, expires_at = expires_at + {hour}"
    );
    client.batch_execute(&ahead).await.unwrap();
    let last_now = number(&client, "SELECT last_now FROM tickets.account").await;
    let second = slot(&ledger, call(2)).await;
    ledger.end(second, Ended::Answered).await.unwrap();
    let sql = format!(
        "SELECT count(*) FROM tickets.call WHERE id = {} AND taken_at = {last_now} AND ended_at = {last_now}",
        second.0
    );
    assert_eq!(number(&client, &sql).await, 1);
    match ledger.take(call(2)).await.unwrap() {
        Taken::Full(wait) => assert!(wait <= WINDOW && wait > WINDOW / 2, "{wait:?}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn clock_that_is_set_forward_closes_the_account_for_its_longest_window() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    slot(&ledger, call(1)).await;
    // Two windows: what the first call counted in seems to be over.
    let forward = format!(
        "CREATE OR REPLACE FUNCTION tickets.clock(given bigint) RETURNS bigint LANGUAGE sql AS $$
            SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 + {} $$",
        2 * WINDOW.as_nanos()
    );
    client.batch_execute(&forward).await.unwrap();
    for _ in 0..2 {
        match ledger.take(call(1)).await.unwrap() {
            Taken::Closed(wait) => assert!(wait <= WINDOW && wait > WINDOW / 2, "{wait:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        number(&client, "SELECT count(*) FROM tickets.call").await,
        1
    );
}
