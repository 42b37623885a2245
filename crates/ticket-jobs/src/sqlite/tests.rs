//! What the writer does, as only the crate itself can arrange it.

use std::sync::mpsc::channel;

use futures_util::future::join_all;
use ticket_core::{ErrorKind, Operation};
use tokio::sync::oneshot;

use super::*;

fn delete() -> NewCall {
    NewCall {
        account: "quota".to_owned(),
        limits: Vec::new(),
        operation: Operation::Delete,
        requests: 1,
        tickets: vec!["121".into()],
        longest: Duration::from_secs(10),
        work: None,
    }
}

/// How many commits the WAL holds: the frames that name the size of the file.
fn commits(ledger: &SqliteLedger) -> usize {
    let wal = std::fs::read(ledger.path().with_file_name("jobs.db-wal")).unwrap();
    let frames = wal[32..].chunks(24 + 4096);
    frames.filter(|frame| frame[4..8] != [0; 4]).count()
}

async fn calls(ledger: &SqliteLedger) -> usize {
    let sql = "SELECT count(*) FROM call";
    let calls = ledger.read(move |read| read.first(sql, [], |row| row.get(0)));
    calls.await.unwrap().unwrap()
}

#[tokio::test]
async fn what_waits_is_committed_together_and_a_failure_undoes_only_itself() {
    let ledger = SqliteLedger::temporary().unwrap();
    let (go, wait) = channel::<()>();
    let holds_up = ledger.writer.send(None, Written, move |_| {
        let _ = wait.recv();
        Ok(())
    });
    let before = commits(&ledger);
    let taken: Vec<_> = (0..40)
        .map(|_| {
            ledger
                .writer
                .send(None, Synced, |write| write.take(&delete()))
        })
        .collect();
    let failed: oneshot::Receiver<Result<()>> = ledger.writer.send(None, Synced, |write| {
        write.take(&delete())?;
        write.execute("INSERT INTO nowhere VALUES (1)", [])?;
        Ok(())
    });
    let last = ledger
        .writer
        .send(None, Synced, |write| write.take(&delete()));
    go.send(()).unwrap();
    holds_up.await.unwrap().unwrap();
    for taken in join_all(taken).await {
        assert!(matches!(taken.unwrap().unwrap(), Taken::Slot(..)));
    }
    assert_eq!(failed.await.unwrap().unwrap_err().kind(), ErrorKind::Config);
    last.await.unwrap().unwrap();
    assert_eq!(calls(&ledger).await, 41);
    assert_eq!(commits(&ledger) - before, 1);
}

#[tokio::test]
async fn full_disk_fails_what_is_not_recorded_until_there_is_space() {
    let ledger = SqliteLedger::temporary().unwrap();
    let pages = |plus: i64| {
        ledger.write(Written, move |write| {
            let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
            let pages = write.first("PRAGMA page_count", [], count)?.unwrap_or(0);
            let sql = format!("PRAGMA max_page_count = {}", pages + plus);
            write.first(&sql, [], |_| Ok(()))
        })
    };
    pages(2).await.unwrap();
    let mut told = 0;
    let error = loop {
        let taken = join_all((0..8).map(|_| ledger.take(delete()))).await;
        let (taken, failed): (Vec<_>, Vec<_>) = taken.into_iter().partition(Result::is_ok);
        told += taken.len();
        assert_eq!(calls(&ledger).await, told);
        if let Some(Err(error)) = failed.into_iter().next() {
            break error;
        }
        assert!(told < 10_000, "the file grew beyond its size");
    };
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .message()
            .contains("its disk is full; free some space"),
        "{error}"
    );
    pages(1000).await.unwrap();
    assert!(matches!(
        ledger.take(delete()).await.unwrap(),
        Taken::Slot(..)
    ));
    assert_eq!(calls(&ledger).await, told + 1);
}

#[tokio::test]
async fn only_writes_are_synced() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path().join("private/jobs.db")).unwrap();
    let temporary = SqliteLedger::temporary().unwrap();
    let level = || {
        let sql = "PRAGMA synchronous";
        ledger.write(Written, |write| {
            write.first(sql, [], |row| row.get::<_, i64>(0))
        })
    };
    let read = NewCall {
        operation: Operation::Get,
        ..delete()
    };
    let at = |call: NewCall| {
        let durability = durability(&call);
        ledger.write(durability, |write| {
            write.first("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))
        })
    };
    assert_eq!(level().await.unwrap(), Some(1));
    let of_temporary = temporary.write(Synced, |write| {
        write.first("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))
    });
    assert_eq!(of_temporary.await.unwrap(), Some(0));
    assert_eq!(at(delete()).await.unwrap(), Some(2));
    assert_eq!(at(read.clone()).await.unwrap(), Some(1));
    for (call, expected) in [(delete(), 2), (read, 1)] {
        let Taken::Slot(id, _) = ledger.take(call).await.unwrap() else {
            panic!("no slot");
        };
        let of_call = OfCall(id.0.cast_signed());
        let level = ledger.write(of_call, |write| {
            write.first("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))
        });
        assert_eq!(level.await.unwrap(), Some(expected));
    }
}

#[tokio::test]
async fn page_of_tickets_costs_its_rows_alone() {
    let ledger = SqliteLedger::temporary().unwrap();
    for sql in [
        tickets::first_mentions(Which::Named),
        tickets::first_mentions(Which::Open),
        tickets::later_mentions(),
    ] {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let plan = ledger
            .read(move |read| read.all(&explain, (1, 0, 9), |row| row.get::<_, String>("detail")));
        let plan = plan.await.unwrap();
        assert!(
            plan[0].ends_with("USING PRIMARY KEY (job=? AND seq>?)"),
            "{plan:?}"
        );
        let is_sorted = plan.iter().all(|line| !line.contains("TEMP B-TREE"));
        assert!(is_sorted, "{plan:?}");
    }
}

#[tokio::test]
async fn statement_is_planned_once_whatever_is_bound() {
    let ledger = SqliteLedger::temporary().unwrap();
    let planned_again = ledger.read(|read| {
        let sql = tickets::first_mentions(Which::Open);
        let mut statement = read.connection.prepare_cached(&sql)?;
        for limit in [9, 10, 100] {
            let mut rows = statement.query((1, 0, limit))?;
            while rows.next()?.is_some() {}
        }
        Ok(statement.get_status(rusqlite::StatementStatus::RePrepare))
    });
    assert_eq!(planned_again.await.unwrap(), 0);
}
