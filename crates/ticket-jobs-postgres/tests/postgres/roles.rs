//! The roles of `roles.sql`: each can do its work, and nothing else.

use ticket_core::{ErrorKind, Outcome};
use ticket_jobs::{Confirmed, Ended, Ledger as _, Step};

use super::*;

/// Fails unless the role was not allowed to do it.
fn refused<T: std::fmt::Debug>(what: &str, result: ticket_core::Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{what}: {error}");
    assert!(
        error.to_string().contains("does not allow"),
        "{what}: {error}"
    );
}

#[tokio::test]
async fn each_role_does_its_work_and_nothing_else() {
    let Some((owner, url)) = ledger().await else {
        return;
    };
    let admin = client(&url).await;
    // Twice: it may be run again.
    for _ in 0..2 {
        admin
            .batch_execute(include_str!("../../roles.sql"))
            .await
            .unwrap();
    }
    let users = "
        CREATE USER a_reader; CREATE USER a_planner; CREATE USER a_worker; CREATE USER a_stranger;
        GRANT tickets_reader TO a_reader;
        GRANT tickets_planner TO a_planner;
        GRANT tickets_worker TO a_worker;";
    admin.batch_execute(users).await.unwrap();
    let of = |user: &str| url.replace("postgres@", &format!("{user}@"));
    let connect = async |user| PostgresLedger::connect(&of(user)).await;
    let planner = connect("a_planner").await.unwrap();
    let worker = connect("a_worker").await.unwrap();
    let reader = connect("a_reader").await.unwrap();
    refused("a stranger connects", connect("a_stranger").await);

    let new = NewJob::new(Change::Delete).awaiting_confirmation();
    refused("a worker creates", worker.create(new.clone()).await);
    refused("a reader creates", reader.create(new.clone()).await);
    let job = planner.create(new).await.unwrap();
    let listed = Listed {
        seq: 0,
        account: ACCOUNT.to_owned(),
        id: "1".into(),
        version: None,
        people: Vec::new(),
    };
    planner.add(&job, vec![listed]).await.unwrap();
    let read = slot(&planner, call(9)).await;
    planner.end(read, Ended::Answered).await.unwrap();
    let account = JobAccount::new(ACCOUNT, KEY, 1);
    planner.seal(&job, vec![account], None).await.unwrap();
    let confirmed = || Confirmed::new(planner.now(), "somebody@here");
    refused("a worker confirms", worker.confirm(&job, confirmed()).await);
    planner.confirm(&job, confirmed()).await.unwrap();

    refused("a planner works", planner.begin(&job).await);
    refused("a reader works", reader.begin(&job).await);
    let id = worker.begin(&job).await.unwrap();
    let claimed = claim(&worker, id).await;
    let taken = slot(&worker, work(&job, id, &claimed, 9)).await;
    worker.end(taken, Ended::Answered).await.unwrap();
    worker.beat(id).await.unwrap();
    worker.steer(&job, Step::Pause).await.unwrap();
    refused("a worker cancels", worker.steer(&job, Step::Cancel).await);
    refused("a worker resumes", worker.steer(&job, Step::Resume).await);
    refused("a reader pauses", reader.steer(&job, Step::Pause).await);
    planner.steer(&job, Step::Resume).await.unwrap();
    refused("a worker prunes", worker.prune(worker.now()).await);
    worker.settle(id, vec![(0, Outcome::Done)]).await.unwrap();
    refused(
        "a planner settles",
        planner.settle(id, vec![(0, Outcome::Done)]).await,
    );
    worker.finish(id).await.unwrap();

    for ledger in [&reader, &planner, &worker, &owner] {
        assert_eq!(ledger.job(&job).await.unwrap().counts["done"], 1);
        assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
        assert_eq!(ledger.accounts().await.unwrap().len(), 1);
    }
    for user in ["a_reader", "a_planner", "a_worker"] {
        let client = client(&of(user)).await;
        for sql in [
            "UPDATE tickets.ticket SET outcome = NULL",
            "DELETE FROM tickets.call",
            "INSERT INTO tickets.account (key) VALUES ('x')",
            "UPDATE tickets.store SET timeline = NULL",
            "SELECT tickets.remove_job(1)",
            "SELECT tickets.quarantine()",
            "CREATE TABLE tickets.x ()",
        ] {
            let error = client.batch_execute(sql).await.unwrap_err();
            let code = error.code().map(tokio_postgres::error::SqlState::code);
            assert_eq!(code, Some("42501"), "{user}: {sql}: {error}");
        }
    }
}
