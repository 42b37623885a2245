//! Calls and the quotas that they count in.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_core::provider::Limit;
use ticket_core::{Error, ErrorKind, Result, TicketId};
use ticket_jobs::{CallId, Ended, MARGIN, NewCall, Suspension, Taken};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::ledger::{CallsOf, PostgresLedger, Shared, get};
use crate::pool::Again::Always;
use crate::time::since_boot;
use crate::values::{self, duration, int, nanos, span, uint};

/// How long to wait where so many calls are in flight that no other may be.
const BUSY_MILLIS: std::ops::Range<u64> = 20..100;

/// A call for the database.
fn to_json(call: &NewCall) -> Value {
    let (mut windows, mut at_once) = (Vec::new(), Vec::new());
    let limits = call.limits.iter();
    for limit in limits.filter(|limit| limit.covers(call.operation)) {
        let operations = operations(limit);
        for quota in limit.windows.iter().filter(|quota| !quota.window.is_zero()) {
            let (span, calls) = (span(quota.window), quota.calls);
            windows.push(json!({"span": span, "calls": calls, "operations": operations}));
        }
        if let Some(most) = limit.max_concurrent {
            at_once.push(json!({"calls": most.get(), "operations": operations}));
        }
    }
    let tickets: Vec<&str> = call.tickets.iter().map(TicketId::as_str).collect();
    json!({
        "operation": call.operation.as_str(),
        "is_write": call.operation.is_write(),
        "requests": int(call.requests),
        "tickets": tickets,
        "longest": span(call.longest.saturating_add(MARGIN)),
        "windows": windows,
        "at_once": at_once,
        // Tells a call that is recorded already, if the answer was lost.
        "mark": fastrand::i64(..),
    })
}

/// The operations of a limit, separated by commas; empty where it is about all.
pub(crate) fn operations(limit: &Limit) -> String {
    let names = limit.operations.iter().map(|operation| operation.as_str());
    names.collect::<Vec<_>>().join(",")
}

impl PostgresLedger {
    pub(crate) async fn take_slots(&self, call: NewCall) -> Result<Taken> {
        let about = (call.account.clone(), call.work.clone());
        let (shared, of) = (Arc::clone(&self.shared), about.clone());
        let take = move |calls| Arc::clone(&shared).take_all(of.clone(), calls);
        self.shared.takes.ask(&about, call, take).await?
    }

    pub(crate) async fn end_call(&self, call: CallId, ended: Ended) -> Result<()> {
        if ended == Ended::Answered {
            let shared = Arc::clone(&self.shared);
            let end = move |calls| Arc::clone(&shared).end_answered(calls);
            return self.shared.ends.ask(&(), call, end).await;
        }
        self.shared.end_otherwise(call, &ended).await
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

impl Shared {
    async fn take_all(
        self: Arc<Self>,
        of: CallsOf,
        calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Taken>>> {
        let (account, work) = of;
        let work = work.as_ref();
        let calls = Value::Array(calls.iter().map(to_json).collect()).to_string();
        let (asked, sent) = (self.time.now(), since_boot());
        let rows = self
            .rows(
                Always,
                "SELECT * FROM tickets.take($1, $2, $3, $4, $5, $6)",
                &[
                    (&self.time.given(), Type::INT8),
                    (&account, Type::TEXT),
                    (&work.map(|work| work.job.as_str()), Type::TEXT),
                    (&work.map(|work| int(work.worker.0)), Type::INT8),
                    (&work.map(|work| &*work.account), Type::TEXT),
                    (&calls, Type::TEXT),
                ],
            )
            .await?;
        let told = rows.first().map(|row| get(row, "told")).transpose()?;
        let waited = rows.first().map(|row| get(row, "waited")).transpose()?;
        // The slots are no older than the account's lock.
        let asked = values::time(asked.saturating_add(waited.unwrap_or_default()));
        let taken = |row: &Row| {
            let value: Option<i64> = get(row, "value")?;
            let value = value.unwrap_or_default();
            Ok(match get::<&str>(row, "what")? {
                "slot" => Taken::Slot(CallId(uint(value)), asked),
                "full" => Taken::Full(duration(value)),
                "closed" => Taken::Closed(duration(value)),
                "busy" => Taken::Busy(Duration::from_millis(fastrand::u64(BUSY_MILLIS))),
                state => {
                    let job = work.map_or("", |work| work.job.as_str());
                    let message = format!("job {job} is {state}; nothing was sent");
                    return Err(Error::new(ErrorKind::Cancelled, message));
                }
            })
        };
        let taken: Vec<_> = rows.iter().map(taken).collect();
        if told.is_some_and(|told| self.time.heard(sent, told, since_boot())) {
            return self.clock_was_set(&account, taken).await;
        }
        Ok(taken)
    }

    /// The database's clock was set forward: calls that still count may seem to count no longer, so the account is closed for
    /// its longest window.
    async fn clock_was_set(
        &self,
        account: &str,
        taken: Vec<Result<Taken>>,
    ) -> Result<Vec<Result<Taken>>> {
        for taken in &taken {
            if let Ok(Taken::Slot(id, _)) = taken {
                self.end_otherwise(*id, &Ended::Unsent).await?;
            }
        }
        let rows = self
            .rows(
                Always,
                "SELECT tickets.close_for_longest_window($1)",
                &[(&account, Type::TEXT)],
            )
            .await?;
        let wait = rows.first().and_then(|row| row.try_get(0).ok());
        let closed = Taken::Closed(duration(wait.unwrap_or_default()));
        Ok(vec![Ok(closed); taken.len()])
    }

    async fn end_answered(self: Arc<Self>, calls: Vec<CallId>) -> Result<Vec<()>> {
        let ids: Vec<i64> = calls.iter().map(|call| int(call.0)).collect();
        self.rows(
            Always,
            "SELECT tickets.end_answered($1, $2)",
            &[(&self.time.given(), Type::INT8), (&ids, Type::INT8_ARRAY)],
        )
        .await?;
        Ok(vec![(); calls.len()])
    }

    async fn end_otherwise(&self, call: CallId, ended: &Ended) -> Result<()> {
        let (kind, effect, status, accepted) = match ended {
            Ended::Answered | Ended::Unsent => (None, None, None, None),
            Ended::Accepted { job, status } => (None, None, *status, Some(job.as_str())),
            Ended::Failed {
                kind,
                effect,
                status,
            } => (Some(kind.as_str()), Some(effect.as_str()), *status, None),
        };
        self.rows(
            Always,
            "SELECT tickets.end_call($1, $2, $3, $4, $5, $6, $7)",
            &[
                (&self.time.given(), Type::INT8),
                (&int(call.0), Type::INT8),
                (&(*ended == Ended::Unsent), Type::BOOL),
                (&kind, Type::TEXT),
                (&effect, Type::TEXT),
                (&status.map(i32::from), Type::INT4),
                (&accepted, Type::TEXT),
            ],
        )
        .await
        .map(drop)
    }
}
