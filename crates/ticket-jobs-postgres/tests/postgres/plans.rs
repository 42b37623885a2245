//! Statements keep to their index, however long the list is.

use ticket_core::Outcome;
use ticket_jobs::{Ended, Ledger as _};

use super::*;

/// How many entries of tickets were read so far, by an index or without one, by sessions that are over.
async fn read(client: &tokio_postgres::Client) -> i64 {
    let end_all = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    number(client, end_all).await;
    let sql = "SELECT (sum(idx_tup_read) + (SELECT seq_tup_read FROM pg_stat_user_tables
            WHERE relname = 'ticket'))::bigint
        FROM pg_stat_user_indexes WHERE relname = 'ticket'";
    number(client, sql).await
}

#[tokio::test]
async fn work_on_a_long_list_reads_only_the_tickets_that_it_is_about() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    let job = job(&ledger, 5_000).await;
    let worker = ledger.begin(&job).await.unwrap();
    let before = read(&client).await;
    let claimed = claim(&ledger, worker).await;
    let id = slot(&ledger, work(&job, worker, &claimed, 9)).await;
    ledger.end(id, Ended::Answered).await.unwrap();
    let outcomes = claimed.iter().map(|ticket| (ticket.seq, Outcome::Done));
    ledger.settle(worker, outcomes.collect()).await.unwrap();
    let entries = read(&client).await - before;
    assert!(
        (2..100).contains(&entries),
        "{entries} entries for 2 tickets"
    );
}
