//! A server that is not the one that the ledger was last used with: what was recorded last may be lost.

use ticket_core::Outcome;
use ticket_jobs::{Ended, Ledger as _, Taken, Which};

use super::*;

#[tokio::test]
async fn changed_timeline_closes_accounts_and_puts_in_doubt_what_may_have_been_sent() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    let job = job(&ledger, 6).await;
    let worker = ledger.begin(&job).await.unwrap();
    let claimed = claim(&ledger, worker).await;
    slot(&ledger, work(&job, worker, &claimed, 9)).await;
    client
        .batch_execute("UPDATE tickets.store SET timeline = 'FFFFFFFF'")
        .await
        .unwrap();
    // Each connection looks once, when it is new.
    let again = PostgresLedger::connect(&url).await.unwrap();
    let lost = again.beat(worker).await.unwrap_err();
    assert_eq!(lost.kind(), ticket_core::ErrorKind::Conflict);
    let tickets = again.tickets(&job, Which::Open, None, 9).await.unwrap();
    assert!(tickets.iter().all(|ticket| ticket.in_doubt), "{tickets:?}");
    // The ones that were claimed, and those whose claim may be lost.
    let next = again.begin(&job).await.unwrap();
    for _ in 0..3 {
        let claimed = claim(&again, next).await;
        assert_eq!(claimed.len(), 2);
        let may_act = |ticket: &Claimed| ticket.in_doubt.is_some_and(|time| !time.is_zero());
        assert!(claimed.iter().all(may_act), "{claimed:?}");
    }
    match again.take(work(&job, next, &claimed, 9)).await.unwrap() {
        Taken::Closed(wait) => assert!(wait > WINDOW && wait <= WINDOW + WINDOW, "{wait:?}"),
        other => panic!("{other:?}"),
    }
    let other = NewCall {
        account: "an account whose row may be lost".to_owned(),
        ..call(1)
    };
    let taken = again.take(other).await.unwrap();
    assert!(matches!(taken, Taken::Closed(_)), "{taken:?}");
    assert_eq!(again.verify(&job).await.unwrap(), Vec::<String>::new());
    // Once for a change, not for each connection.
    let once = "SELECT count(*) FROM tickets.call WHERE worker IS NULL AND job IS NOT NULL";
    PostgresLedger::connect(&url).await.unwrap();
    assert_eq!(number(&client, once).await, 1);
}

/// Claims are lost with calls, so no open ticket of an earlier job can be told from one that was sent. Nothing else is in doubt.
#[tokio::test]
async fn changed_timeline_leaves_outcomes_and_later_jobs_without_doubt() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    let (over, begun) = (job(&ledger, 2).await, job(&ledger, 4).await);
    for job in [&over, &begun] {
        let worker = ledger.begin(job).await.unwrap();
        let claimed = claim(&ledger, worker).await;
        slot(&ledger, work(job, worker, &claimed, 9)).await;
        let done = claimed.iter().map(|ticket| (ticket.seq, Outcome::Done));
        ledger.settle(worker, done.collect()).await.unwrap();
    }
    client
        .batch_execute("UPDATE tickets.store SET timeline = 'FFFFFFFF'")
        .await
        .unwrap();
    let again = PostgresLedger::connect(&url).await.unwrap();
    let later = job(&again, 2).await;
    let doubts = async |job| {
        let tickets = again.tickets(job, Which::Named, None, 9).await.unwrap();
        let told = tickets.iter();
        told.map(|ticket| (ticket.outcome.is_some(), ticket.in_doubt))
            .collect::<Vec<_>>()
    };
    assert_eq!(doubts(&over).await, [(true, false); 2]);
    let (settled, open) = ((true, false), (false, true));
    assert_eq!(doubts(&begun).await, [settled, settled, open, open]);
    assert_eq!(doubts(&later).await, [(false, false); 2]);
    let next = again.begin(&later).await.unwrap();
    let claimed = claim(&again, next).await;
    assert!(
        claimed.iter().all(|ticket| ticket.in_doubt.is_none()),
        "{claimed:?}"
    );
    for job in [&over, &begun, &later] {
        assert_eq!(again.verify(job).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn ids_that_were_lost_are_not_given_out_again() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    let job = job(&ledger, 6).await;
    // What the replica has not heard of, whose numbers are still to be given out there.
    let mut workers = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..3 {
        workers.push(ledger.begin(&job).await.unwrap());
        calls.push(slot(&ledger, call(9)).await);
    }
    client
        .batch_execute(&format!(
            "DELETE FROM tickets.call; DELETE FROM tickets.worker;
            SELECT setval('tickets.call_id_seq', {}, false);
            SELECT setval('tickets.worker_id_seq', {}, false);
            UPDATE tickets.store SET timeline = 'FFFFFFFF'",
            calls[0].0, workers[0].0
        ))
        .await
        .unwrap();
    let again = PostgresLedger::connect(&url).await.unwrap();
    // The call that is presumed stays one in flight, although those that were lost end.
    for call in calls {
        again.end(call, Ended::Answered).await.unwrap();
    }
    let in_flight = "SELECT count(*) FROM tickets.call WHERE ended_at IS NULL";
    assert_eq!(number(&client, in_flight).await, 1);
    // And a worker that was lost is none of those that begin.
    for _ in 0..3 {
        again.begin(&job).await.unwrap();
    }
    for worker in workers {
        let lost = again.beat(worker).await.unwrap_err();
        assert_eq!(lost.kind(), ticket_core::ErrorKind::Conflict);
    }
}
