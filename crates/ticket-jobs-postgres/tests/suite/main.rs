//! The ledger in PostgreSQL keeps every promise.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[path = "../postgres/shared.rs"]
mod shared;

use std::sync::Arc;

use ticket_jobs::{Clock, Ledger, MemoryLedger};
use ticket_jobs_postgres::PostgresLedger;

/// An empty ledger. Where there is no PostgreSQL the cases run with the ledger in memory, which says that they were skipped.
async fn open(clock: Clock) -> Arc<dyn Ledger> {
    match shared::database() {
        Some(url) => Arc::new(
            PostgresLedger::connect_with_clock(&url, clock)
                .await
                .unwrap(),
        ),
        None => Arc::new(MemoryLedger::with_clock(clock)),
    }
}

// Each schedule opens a ledger with connections of its own, which takes longer than its steps.
ticket_jobs::ledger_tests!(open, schedules = 40);
