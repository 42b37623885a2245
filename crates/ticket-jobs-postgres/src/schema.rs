//! The tables and functions of a ledger, and how a ledger of an earlier version gets them.

use ticket_core::{Error, Result};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::failure::Failure;
use crate::pool::Pool;

/// What makes a ledger of version `n + 1` of one of version `n`; the first makes a ledger of nothing.
const STEPS: &[&[&str]] = &[
    &[include_str!("sql/tables.sql")],
    // The accounts of its job of which a worker has claimed tickets, or tried to.
    &["ALTER TABLE worker ADD COLUMN accounts int[] NOT NULL DEFAULT '{}'"],
];

/// The functions of an earlier version.
const DROP_FUNCTIONS: &str = "DO $$
DECLARE f record;
BEGIN
    FOR f IN SELECT oid::regprocedure AS signature FROM pg_proc WHERE pronamespace = 'tickets'::regnamespace LOOP
        EXECUTE format('DROP FUNCTION %s', f.signature);
    END LOOP;
END $$";

/// All functions, which are made anew with each version.
const FUNCTIONS: &[&str] = &[
    include_str!("sql/common.sql"),
    include_str!("sql/jobs.sql"),
    include_str!("sql/offers.sql"),
    include_str!("sql/work.sql"),
    include_str!("sql/calls.sql"),
    include_str!("sql/verify.sql"),
    include_str!("sql/server.sql"),
];

/// Who may run what. It stands last: it looks at all functions.
const RIGHTS: &str = include_str!("sql/rights.sql");

const VERSION: &str = "SELECT schema_version FROM tickets.store";

/// How often the making of the tables is tried again while others do the same.
const TRIES: usize = 20;

/// Makes the newest tables if they are not there. Any number of processes may do so at once. `is_given`: whether the time is
/// that of a test's clock.
pub(crate) async fn migrate(pool: &Pool, is_given: bool) -> Result<()> {
    let mut client = pool
        .connect()
        .await
        .map_err(|failure| failure.told(pool.place()))?;
    let told = |error: &tokio_postgres::Error| Failure::of(pool.place(), error).told(pool.place());
    for (setting, good) in [
        ("synchronous_commit", &["on", "remote_apply"][..]),
        ("fsync", &["on"]),
    ] {
        let sql = format!("SHOW {setting}");
        let rows = client.query_typed(&sql, &[]).await;
        let rows = rows.map_err(|error| told(&error))?;
        let found: &str = rows.first().map_or("", |row| row.get(0));
        if !good.contains(&found) {
            return Err(Error::config(format!(
                "the ledger {} can lose commits: its server has {setting} = {found}; set it to on, for this database or \
                 user at least",
                pool.place()
            )));
        }
    }
    let mut tries = 0;
    loop {
        match step(&mut client, is_given, pool.place()).await {
            Ok(done) => return done,
            Err(error) => {
                tries += 1;
                let others_do_it = error.code().is_some_and(|code| {
                    [
                        SqlState::UNIQUE_VIOLATION,
                        SqlState::DUPLICATE_TABLE,
                        SqlState::DUPLICATE_SCHEMA,
                        SqlState::DUPLICATE_OBJECT,
                        SqlState::T_R_DEADLOCK_DETECTED,
                    ]
                    .contains(code)
                });
                if !others_do_it || tries == TRIES {
                    return Err(told(&error));
                }
            }
        }
    }
}

/// Brings the ledger to the newest version, in one transaction.
async fn step(
    client: &mut tokio_postgres::Client,
    is_given: bool,
    place: &str,
) -> std::result::Result<Result<()>, tokio_postgres::Error> {
    let newest = STEPS.len();
    // Most often all is there, and whoever connects may do no more than look.
    let found = version(client).await?;
    let newer = || {
        Error::config(format!(
            "the ledger {place} was written by a newer version of tickets; use that one, or name another ledger"
        ))
    };
    if found >= newest {
        return Ok(if found > newest { Err(newer()) } else { Ok(()) });
    }
    let transaction = client.transaction().await?;
    if found == 0 {
        transaction.batch_execute("CREATE SCHEMA tickets").await?;
    } else {
        let sql = "LOCK TABLE tickets.store IN ACCESS EXCLUSIVE MODE";
        transaction.batch_execute(sql).await?;
    }
    // Another process may have done it in the meantime.
    let found = match found {
        0 => 0,
        _ => rows_version(&transaction.query_typed(VERSION, &[]).await?),
    };
    if found >= newest {
        return Ok(if found > newest { Err(newer()) } else { Ok(()) });
    }
    let sql = "SET LOCAL search_path = tickets, pg_temp; SET LOCAL client_min_messages = warning";
    transaction.batch_execute(sql).await?;
    for sql in STEPS.iter().skip(found).flat_map(|step| step.iter()) {
        transaction.batch_execute(sql).await?;
    }
    transaction.batch_execute(DROP_FUNCTIONS).await?;
    for sql in FUNCTIONS {
        transaction.batch_execute(sql).await?;
    }
    transaction.batch_execute(RIGHTS).await?;
    let newest = i32::try_from(newest).unwrap_or(i32::MAX);
    transaction
        .query_typed(
            "INSERT INTO store (schema_version, clock_is_given) VALUES ($1, $2)
                ON CONFLICT (one) DO UPDATE SET schema_version = excluded.schema_version",
            &[(&newest, Type::INT4), (&is_given, Type::BOOL)],
        )
        .await?;
    transaction.commit().await?;
    Ok(Ok(()))
}

/// The version of the ledger in this database; 0 if there is none.
async fn version(
    client: &tokio_postgres::Client,
) -> std::result::Result<usize, tokio_postgres::Error> {
    match client.query_typed(VERSION, &[]).await {
        Ok(rows) => Ok(rows_version(&rows)),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(0),
        Err(error) => Err(error),
    }
}

fn rows_version(rows: &[Row]) -> usize {
    let version = rows.first().map_or(0, |row| row.get::<_, i32>(0));
    usize::try_from(version).unwrap_or_default()
}
