//! The ledger in a SQLite file keeps every promise.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;

use ticket_jobs::{Clock, Ledger, SqliteLedger};

async fn open(clock: Clock) -> Arc<dyn Ledger> {
    Arc::new(SqliteLedger::temporary_with_clock(clock).unwrap())
}

// A schedule costs a hundred times as much as in memory.
ticket_jobs::ledger_tests!(open, schedules = 100);
