//! Connections: what a lost one leaves behind, and how many statements there are.

use std::sync::Arc;

use ticket_core::Outcome;
use ticket_jobs::{CallId, Ended, Ledger as _, Taken};

use super::proxy::Proxy;
use super::*;

/// A ledger behind a proxy.
async fn behind_proxy() -> Option<(PostgresLedger, Proxy, tokio_postgres::Client)> {
    let url = shared::database()?;
    let port = ticket_live::postgres()?.port();
    let proxy = Proxy::start(port.parse().unwrap()).await;
    let ledger = PostgresLedger::connect(&proxy.url(&url, port))
        .await
        .unwrap();
    Some((ledger, proxy, client(&url).await))
}

#[tokio::test]
async fn each_method_of_a_worker_is_one_statement() {
    let Some((ledger, proxy, _)) = behind_proxy().await else {
        return;
    };
    let job = job(&ledger, 4).await;
    proxy.statements();
    let worker = ledger.begin(&job).await.unwrap();
    assert_eq!(proxy.statements(), 1, "begin");
    let claimed = claim(&ledger, worker).await;
    assert_eq!(proxy.statements(), 1, "claim");
    let id = slot(&ledger, work(&job, worker, &claimed, 9)).await;
    assert_eq!(proxy.statements(), 1, "take");
    ledger.end(id, Ended::Answered).await.unwrap();
    assert_eq!(proxy.statements(), 1, "end");
    let outcomes = claimed.iter().map(|ticket| (ticket.seq, Outcome::Done));
    ledger.settle(worker, outcomes.collect()).await.unwrap();
    assert_eq!(proxy.statements(), 1, "settle");
    ledger.beat(worker).await.unwrap();
    assert_eq!(proxy.statements(), 1, "beat");
    ledger.offers(&[ACCOUNT.to_owned()], 9).await.unwrap();
    assert_eq!(proxy.statements(), 1, "offers");
}

#[tokio::test]
async fn lost_answer_is_asked_for_again_and_nothing_happens_twice() {
    let Some((ledger, proxy, client)) = behind_proxy().await else {
        return;
    };
    proxy.lose_next_answer();
    let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    assert!(proxy.has_lost());
    assert_eq!(ledger.jobs().await.unwrap().len(), 1);
    ledger.discard(&job).await.unwrap();
    let job = super::job(&ledger, 4).await;
    let worker = ledger.begin(&job).await.unwrap();
    proxy.lose_next_answer();
    let claimed = claim(&ledger, worker).await;
    assert!(proxy.has_lost());
    assert_eq!(
        claimed.iter().map(|ticket| ticket.seq).collect::<Vec<_>>(),
        [0, 1]
    );
    proxy.lose_next_answer();
    let id = slot(&ledger, work(&job, worker, &claimed, 1)).await;
    assert!(proxy.has_lost());
    let calls = ledger.calls(&job, None, 9).await.unwrap();
    assert_eq!(calls.iter().map(|call| call.id).collect::<Vec<_>>(), [id]);
    proxy.lose_next_answer();
    ledger.end(id, Ended::Answered).await.unwrap();
    let outcomes: Vec<_> = claimed
        .iter()
        .map(|ticket| (ticket.seq, Outcome::Done))
        .collect();
    proxy.lose_next_answer();
    ledger.settle(worker, outcomes).await.unwrap();
    assert!(proxy.has_lost());
    let told = ledger.job(&job).await.unwrap();
    assert_eq!((told.open, told.counts["done"]), (2, 2));
    assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
    assert_eq!(
        number(&client, "SELECT count(*) FROM tickets.call").await,
        1
    );
}

#[tokio::test]
async fn sessions_hold_nothing_that_a_later_statement_needs() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    // As behind a pooler that gives each transaction another session.
    let end_all = async || {
        let sql = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        number(&client, sql).await
    };
    let job = job(&ledger, 2).await;
    assert!(end_all().await > 0);
    let worker = ledger.begin(&job).await.unwrap();
    end_all().await;
    let claimed = claim(&ledger, worker).await;
    end_all().await;
    let id = slot(&ledger, work(&job, worker, &claimed, 1)).await;
    end_all().await;
    ledger.end(id, Ended::Answered).await.unwrap();
    end_all().await;
    let outcomes = claimed.iter().map(|ticket| (ticket.seq, Outcome::Done));
    ledger.settle(worker, outcomes.collect()).await.unwrap();
    let told = ledger.job(&job).await.unwrap();
    assert_eq!(
        (told.open, told.state),
        (0, ticket_jobs::JobState::Completed)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crash_of_the_server_loses_no_slot_and_invents_none() {
    let Some(server) = ticket_live::or_skip(ticket_live::Postgres::start()) else {
        return;
    };
    let url = server.url("postgres");
    let ledger = Arc::new(PostgresLedger::connect(&url).await.unwrap());
    let takers = (0..8).map(|_| {
        let ledger = Arc::clone(&ledger);
        tokio::spawn(async move {
            let mut slots: Vec<CallId> = Vec::new();
            for _ in 0..50 {
                match ledger.take(call(1000)).await.unwrap() {
                    Taken::Slot(id, _) => slots.push(id),
                    other => panic!("{other:?}"),
                }
            }
            slots
        })
    });
    let takers: Vec<_> = takers.collect();
    let count = async || {
        let limit = Limit::new();
        ledger.used(KEY, &limit, WINDOW).await.unwrap()
    };
    while count().await < 50 {
        tokio::task::yield_now().await;
    }
    tokio::task::block_in_place(|| server.crash()).unwrap();
    let mut slots = Vec::new();
    for taker in takers {
        slots.extend(taker.await.unwrap());
    }
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), 400);
    assert_eq!(count().await, 400);
}
