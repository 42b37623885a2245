//! Calls and the quotas that they count in.

use std::time::Duration;

use ticket_core::provider::Limit;
use ticket_core::{Result, TicketId};
use ticket_jobs::store::unreadable;
use ticket_jobs::{CallId, Ended, MARGIN, NewCall, Suspension, Taken};
use tokio_postgres::types::Type;

use crate::ledger::{PostgresLedger, get};
use crate::pool::Again::Always;
use crate::time::since_boot;
use crate::values::{duration, int, nanos, span, uint};

/// How long to wait where so many calls are in flight that no other may be.
const BUSY_MILLIS: std::ops::Range<u64> = 20..100;

/// The limits of a call as columns.
#[derive(Default)]
struct Columns {
    windows: Vec<i64>,
    calls: Vec<i64>,
    operations: Vec<String>,
    at_once: Vec<i64>,
    at_once_operations: Vec<String>,
}

impl Columns {
    fn of(call: &NewCall) -> Self {
        let mut columns = Self::default();
        let limits = call.limits.iter();
        for limit in limits.filter(|limit| limit.covers(call.operation)) {
            for quota in limit.windows.iter().filter(|quota| !quota.window.is_zero()) {
                columns.windows.push(span(quota.window));
                columns.calls.push(i64::from(quota.calls));
                columns.operations.push(operations(limit));
            }
            if let Some(most) = limit.max_concurrent {
                columns.at_once.push(int(most.get()));
                columns.at_once_operations.push(operations(limit));
            }
        }
        columns
    }
}

/// The operations of a limit, separated by commas; empty where it is about all.
pub(crate) fn operations(limit: &Limit) -> String {
    let names = limit.operations.iter().map(|operation| operation.as_str());
    names.collect::<Vec<_>>().join(",")
}

impl PostgresLedger {
    pub(crate) async fn take_slots(&self, call: &NewCall) -> Result<Taken> {
        let columns = Columns::of(call);
        let work = call.work.as_ref();
        let ids: Vec<&str> = call.tickets.iter().map(TicketId::as_str).collect();
        let sent = since_boot();
        let row = self
            .row(
                Always,
                "SELECT * FROM tickets.take($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                &[
                    (&self.given(), Type::INT8),
                    (&call.account, Type::TEXT),
                    (&work.map(|work| work.job.as_str()), Type::TEXT),
                    (&work.map(|work| int(work.worker.0)), Type::INT8),
                    (&work.map(|work| &*work.account), Type::TEXT),
                    (&call.operation.as_str(), Type::TEXT),
                    (&call.operation.is_write(), Type::BOOL),
                    (&int(call.requests), Type::INT8),
                    (&ids, Type::TEXT_ARRAY),
                    (&span(call.longest.saturating_add(MARGIN)), Type::INT8),
                    (&columns.windows, Type::INT8_ARRAY),
                    (&columns.calls, Type::INT8_ARRAY),
                    (&columns.operations, Type::TEXT_ARRAY),
                    (&columns.at_once, Type::INT8_ARRAY),
                    (&columns.at_once_operations, Type::TEXT_ARRAY),
                    (&fastrand::i64(..), Type::INT8),
                ],
            )
            .await?;
        let told: i64 = get(&row, "told")?;
        let value: Option<i64> = get(&row, "value")?;
        let value = value.unwrap_or_default();
        let taken = match get::<&str>(&row, "what")? {
            "slot" => Taken::Slot(CallId(uint(value))),
            "full" => Taken::Full(duration(value)),
            "closed" => Taken::Closed(duration(value)),
            "busy" => Taken::Busy(Duration::from_millis(fastrand::u64(BUSY_MILLIS))),
            other => return Err(unreadable("an answer to a call", other)),
        };
        if self.time().heard(sent, told, since_boot()) {
            return self.clock_was_set(call, taken).await;
        }
        Ok(taken)
    }

    /// The database's clock was set forward: calls that still count may seem to count no longer, so the account is closed for
    /// its longest window.
    async fn clock_was_set(&self, call: &NewCall, taken: Taken) -> Result<Taken> {
        if let Taken::Slot(id) = taken {
            self.end_call(id, Ended::Unsent).await?;
        }
        let row = self
            .row(
                Always,
                "SELECT tickets.close_for_longest_window($1)",
                &[(&call.account, Type::TEXT)],
            )
            .await?;
        Ok(Taken::Closed(duration(row.try_get(0).unwrap_or_default())))
    }

    pub(crate) async fn end_call(&self, call: CallId, ended: Ended) -> Result<()> {
        let (kind, effect, status, accepted) = match &ended {
            Ended::Answered | Ended::Unsent => (None, None, None, None),
            Ended::Accepted { job, status } => (None, None, *status, Some(job.as_str())),
            Ended::Failed {
                kind,
                effect,
                status,
            } => (Some(kind.as_str()), Some(effect.as_str()), *status, None),
        };
        self.done(
            Always,
            "SELECT tickets.end_call($1, $2, $3, $4, $5, $6, $7)",
            &[
                (&self.given(), Type::INT8),
                (&int(call.0), Type::INT8),
                (&(ended == Ended::Unsent), Type::BOOL),
                (&kind, Type::TEXT),
                (&effect, Type::TEXT),
                (&status.map(i32::from), Type::INT4),
                (&accepted, Type::TEXT),
            ],
        )
        .await
    }

    pub(crate) async fn close_account(&self, account: &str, wait: Duration) -> Result<()> {
        self.done(
            Always,
            "SELECT tickets.close_account($1, $2, $3)",
            &[
                (&self.given(), Type::INT8),
                (&account, Type::TEXT),
                (&span(wait), Type::INT8),
            ],
        )
        .await
    }

    pub(crate) async fn suspend_account(
        &self,
        account: &str,
        why: Option<&Suspension>,
    ) -> Result<()> {
        let until = why.and_then(|why| why.until).map(nanos);
        self.done(
            Always,
            "SELECT tickets.suspend($1, $2, $3)",
            &[
                (&account, Type::TEXT),
                (&why.map(|why| &*why.because), Type::TEXT),
                (&until, Type::INT8),
            ],
        )
        .await
    }
}
