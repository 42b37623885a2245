//! The ledger in memory keeps every promise.

use std::sync::Arc;

use ticket_jobs::{Clock, Ledger, MemoryLedger};

async fn open(clock: Clock) -> Arc<dyn Ledger> {
    Arc::new(MemoryLedger::with_clock(clock))
}

ticket_jobs::ledger_tests!(open);
