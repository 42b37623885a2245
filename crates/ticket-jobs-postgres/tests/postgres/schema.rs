//! The tables: made once, of a known version, in a server that loses no commit.

use futures_util::future::join_all;
use ticket_jobs::{BEAT, Ended, LOST_AFTER, Ledger as _};

use super::*;

#[tokio::test]
async fn workers_that_start_at_once_make_one_ledger() {
    let Some(url) = shared::database() else {
        return;
    };
    let ledgers = join_all((0..6).map(|_| PostgresLedger::connect(&url))).await;
    let ledgers: Vec<_> = ledgers.into_iter().map(Result::unwrap).collect();
    let job = job(&ledgers[0], 1).await;
    for ledger in &ledgers {
        assert_eq!(ledger.job(&job).await.unwrap().tickets, 1);
    }
    let client = client(&url).await;
    assert_eq!(
        number(&client, "SELECT count(*) FROM tickets.store").await,
        1
    );
}

#[tokio::test]
async fn ledger_of_a_newer_version_is_refused() {
    let Some((_, url)) = ledger().await else {
        return;
    };
    let newer = "UPDATE tickets.store SET schema_version = 99";
    client(&url).await.batch_execute(newer).await.unwrap();
    let error = PostgresLedger::connect(&url).await.unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn ledger_of_an_earlier_version_gets_the_functions_of_this_one_and_keeps_its_jobs() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let job = job(&ledger, 2).await;
    let worker = ledger.begin(&job).await.unwrap();
    let tickets = claim(&ledger, worker).await;
    let earlier = "UPDATE tickets.store SET schema_version = 1; DROP FUNCTION tickets.end_answered;
        ALTER TABLE tickets.worker DROP COLUMN accounts";
    client(&url).await.batch_execute(earlier).await.unwrap();
    let ledger = PostgresLedger::connect(&url).await.unwrap();
    let calls = tickets.chunks(1).map(|one| work(&job, worker, one, 2));
    let slots = join_all(calls.map(|call| slot(&ledger, call))).await;
    for id in slots {
        ledger.end(id, Ended::Answered).await.unwrap();
    }
    let calls = ledger.calls(&job, None, 10).await.unwrap();
    assert_eq!(calls.len(), 2);
    assert!(
        calls.iter().all(|call| call.ended_at.is_some()),
        "{calls:?}"
    );
}

#[tokio::test]
async fn server_that_can_lose_commits_is_refused() {
    let Some((_, url)) = ledger().await else {
        return;
    };
    let off = format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        url.split(['/', '?']).nth(3).unwrap()
    );
    client(&url).await.batch_execute(&off).await.unwrap();
    let error = PostgresLedger::connect(&url).await.unwrap_err();
    assert!(
        error.to_string().contains("synchronous_commit = off"),
        "{error}"
    );
}

#[tokio::test]
async fn server_that_is_not_there_is_told_with_its_address_and_without_the_password() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("postgres://me:secret@127.0.0.1:{port}/jobs");
    let error = PostgresLedger::connect(&url).await.unwrap_err().to_string();
    assert!(
        error.contains(&format!("postgres://me@127.0.0.1:{port}/jobs")),
        "{error}"
    );
    assert!(!error.contains("secret"), "{error}");
}

#[tokio::test]
async fn times_in_functions_are_those_of_the_contract() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    let lost_after = number(&client, "SELECT tickets.lost_after()").await;
    assert_eq!(
        i128::from(lost_after),
        i128::try_from(LOST_AFTER.as_nanos()).unwrap()
    );
    let job = job(&ledger, 1).await;
    let (first, second) = (
        ledger.begin(&job).await.unwrap(),
        ledger.begin(&job).await.unwrap(),
    );
    claim(&ledger, first).await;
    match ledger.claim(second, ACCOUNT).await.unwrap() {
        Claim::Later(wait) => assert_eq!(wait, BEAT),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ticket_is_looked_up_by_its_id_also_where_there_are_no_statistics() {
    let Some((ledger, url)) = ledger().await else {
        return;
    };
    job(&ledger, 5_000).await;
    let client = client(&url).await;
    client
        .batch_execute("SET enable_seqscan = off; DELETE FROM pg_statistic")
        .await
        .unwrap();
    for (sql, index) in [
        (
            "account = 0 AND id = ANY ('{7}')",
            "ticket_job_account_id_key",
        ),
        ("account = 0 AND seq BETWEEN 7 AND 9", "ticket_account"),
        ("seq = 7", "ticket_pkey"),
    ] {
        let sql = format!("EXPLAIN SELECT 1 FROM tickets.ticket WHERE job = 1 AND {sql}");
        let plan = client.query(&sql, &[]).await.unwrap();
        let plan: String = plan.iter().map(|row| row.get::<_, String>(0)).collect();
        assert!(plan.contains(&format!("using {index} ")), "{plan}");
    }
}
