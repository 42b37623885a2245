//! The slots of an account in a ledger: each call is recorded before it is sent, and its end after it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use ticket_core::call::{CallIntent, NoSlot, Slot, Slots, WaitReason};
use ticket_core::provider::Limit;
use ticket_core::{Error, Operation, Result};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::clock::until;
use crate::ledger::Ledger;
use crate::model::{CallId, Ended, JobId, NewCall, Taken, Work, WorkerId};

/// How long it may take from the moment at which a call's slot is taken until the call is sent. A process that was stopped
/// or asleep in between does not send it: its slot may be somebody else's by then.
const STALE: Duration = Duration::from_secs(1);

/// How often in a row that may happen: a disk that always takes so long would keep the call from being sent for ever.
const TRIES: usize = 30;

const TOO_SLOW: &str = "the ledger takes longer than a second to record a call, again and again, so the call was not sent: \
    see whether its disk is too slow or too busy";

/// The slots of one account.
#[derive(Debug)]
pub(crate) struct LedgerSlots {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) account: Arc<str>,
    pub(crate) limits: Vec<Limit>,
}

impl LedgerSlots {
    /// How many calls of lost workers are in flight.
    async fn lost(&self) -> Result<usize, NoSlot> {
        let accounts = self.ledger.accounts().await.map_err(NoSlot::Failed)?;
        let account = accounts.iter().find(|account| account.key == *self.account);
        let lost = account.map_or(0, |account| account.lost);
        Ok(usize::try_from(lost).unwrap_or(usize::MAX))
    }

    /// Whether the call has to be recorded: it changes something, or a limit counts it.
    fn is_recorded(&self, intent: &CallIntent<'_>) -> bool {
        let operation = intent.operation();
        operation.is_write() || self.limits.iter().any(|limit| limit.covers(operation))
    }

    /// The call, which may be one of so many more at once.
    fn call(&self, intent: &CallIntent<'_>, more: usize) -> NewCall {
        let mut limits = self.limits.clone();
        let at_once = intent.at_once.map(|calls| calls.saturating_add(more));
        limits.extend(at_once.map(of_writes));
        NewCall {
            account: self.account.to_string(),
            limits,
            operation: intent.operation(),
            requests: intent.requests,
            tickets: intent.request.ids().cloned().collect(),
            longest: intent.longest,
            work: intent.work.and_then(work),
        }
    }
}

impl Slots for LedgerSlots {
    fn take<'a>(
        &'a self,
        intent: &'a CallIntent<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Slot>, NoSlot>> {
        if !self.is_recorded(intent) {
            return Box::pin(async { Ok(Box::new(Unrecorded) as _) });
        }
        let (mut call, mut lost, mut late) = (self.call(intent, 0), 0, 0);
        Box::pin(async move {
            loop {
                let (reason, at_least) = match take(&self.ledger, call.clone()).await? {
                    Answer::Slot(mut slot, asked) => {
                        if until(asked, self.ledger.now()) > STALE {
                            slot.end_with(Ended::Unsent).await;
                            late += 1;
                            if late < TRIES {
                                continue;
                            }
                            return Err(NoSlot::Failed(Error::config(TOO_SLOW)));
                        }
                        slot.is_given = true;
                        return Ok(slot as _);
                    }
                    // Who goes on with the work of a process that is gone does not wait for its last calls; they count
                    // in windows only.
                    Answer::Wait(reason @ WaitReason::Concurrency, at_least)
                        if intent.at_once.is_some() =>
                    {
                        let now_lost = self.lost().await?;
                        if now_lost > lost {
                            (lost, call) = (now_lost, self.call(intent, now_lost));
                            continue;
                        }
                        (reason, at_least)
                    }
                    Answer::Wait(reason, at_least) => (reason, at_least),
                };
                return Err(NoSlot::Wait { reason, at_least });
            }
        })
    }

    fn close_for(&self, wait: Duration) {
        let (ledger, account) = (Arc::clone(&self.ledger), Arc::clone(&self.account));
        // Begun before this returns, so that no slot is given out in between.
        drop(begin(async move {
            // A ledger that cannot be written gives out no slots either.
            let _ = ledger.close(&account, wait).await;
        }));
    }
}

/// At most so many calls at once that change something.
fn of_writes(calls: NonZeroUsize) -> Limit {
    let writes = Operation::ALL.iter().copied();
    let writes: Vec<_> = writes.filter(|operation| operation.is_write()).collect();
    Limit::of(writes).max_concurrent(calls)
}

/// Begins an operation of a ledger at once, so that it happens before any later one, and also if nobody waits for it.
fn begin(operation: impl Future<Output = ()> + Send + 'static) -> BoxFuture<'static, ()> {
    let mut operation = Box::pin(operation);
    if (&mut operation).now_or_never().is_some() {
        return Box::pin(std::future::ready(()));
    }
    match Handle::try_current() {
        Ok(runtime) => Box::pin(runtime.spawn(operation).map(drop)),
        // The runtime is gone; the operation is on its way all the same.
        Err(_) => Box::pin(std::future::ready(())),
    }
}

/// What a ledger says of a call.
enum Answer {
    Slot(Box<Recorded>, Timestamp),
    Wait(WaitReason, Duration),
}

/// Takes the slots in a task of its own, so that a caller who stops waiting leaves no call behind that is not sent.
async fn take(ledger: &Arc<dyn Ledger>, call: NewCall) -> Result<Answer, NoSlot> {
    let (sender, receiver) = oneshot::channel();
    let ledger = Arc::clone(ledger);
    tokio::spawn(async move {
        let is_of_a_job = call.work.is_some();
        let answer = ledger.take(call).await.map(|taken| match taken {
            Taken::Slot(id, asked) => {
                let slot = Recorded {
                    ledger: Some(ledger),
                    id,
                    is_of_a_job,
                    is_given: false,
                };
                Answer::Slot(Box::new(slot), asked)
            }
            Taken::Full(wait) => Answer::Wait(WaitReason::Quota, wait),
            Taken::Closed(wait) => Answer::Wait(WaitReason::Closed, wait),
            Taken::Busy(wait) => Answer::Wait(WaitReason::Concurrency, wait),
        });
        // If nobody waits any more, the slot is dropped.
        let _ = sender.send(answer);
    });
    let stopped = |_| Err(Error::config("the ledger's task was stopped"));
    let answer = receiver.await.unwrap_or_else(stopped);
    answer.map_err(NoSlot::Failed)
}

/// A call that is recorded. If it is dropped after it was given out, it keeps its slots until it expires: its request may
/// still arrive. Before that it was not sent.
#[derive(Debug)]
struct Recorded {
    /// `None` once the end is recorded.
    ledger: Option<Arc<dyn Ledger>>,
    id: CallId,
    is_of_a_job: bool,
    is_given: bool,
}

impl Recorded {
    /// Records the end, even if nobody waits for it.
    fn end_with(&mut self, ended: Ended) -> BoxFuture<'static, ()> {
        let (Some(ledger), id) = (self.ledger.take(), self.id) else {
            return Box::pin(std::future::ready(()));
        };
        begin(async move {
            // What cannot be recorded stays in flight, and the ledger gives out no further slot.
            let _ = ledger.end(id, ended).await;
        })
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        if !self.is_given {
            drop(self.end_with(Ended::Unsent));
        }
    }
}

impl Slot for Recorded {
    /// Waits only for a call that is no part of a job: the outcomes of a job are recorded after this. Until the end is
    /// recorded, the call counts as in flight.
    fn end(mut self: Box<Self>, error: Option<&Error>) -> BoxFuture<'static, ()> {
        let recorded = self.end_with(Ended::of(error));
        if self.is_of_a_job {
            return Box::pin(std::future::ready(()));
        }
        recorded
    }
}

/// A read that no limit counts.
#[derive(Debug)]
struct Unrecorded;

impl Slot for Unrecorded {
    fn end(self: Box<Self>, _: Option<&Error>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// The text in a call's context that names the work that it is a part of.
pub(crate) fn label(job: &JobId, worker: WorkerId, account: &str) -> String {
    format!("{job} {} {account}", worker.0)
}

/// The work that a label names.
fn work(label: &str) -> Option<Work> {
    let mut parts = label.splitn(3, ' ');
    Some(Work {
        job: parts.next()?.parse().ok()?,
        worker: WorkerId(parts.next()?.parse().ok()?),
        account: parts.next()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_names_its_work_whatever_the_account_is_called() {
        let job = JobId::random();
        let label = label(&job, WorkerId(7), "support eu");
        let expected = Work {
            job,
            worker: WorkerId(7),
            account: "support eu".to_owned(),
        };
        assert_eq!(work(&label), Some(expected));
        assert_eq!(work("a call of somebody else"), None);
    }
}
