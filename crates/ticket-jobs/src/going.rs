//! Whether the work of a lane goes on.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ticket_core::{CallContext, Error, Stop};
use tokio::time::Instant;

/// What ends the work of a lane early: a stop, a deadline, or a reason of its own.
#[derive(Clone, Debug)]
pub(crate) struct Going {
    stop: Option<Stop>,
    deadline: Option<Instant>,
    /// The first reason is kept: it is told of all that is left. Set by whichever task finds it.
    ended: Arc<OnceLock<Error>>,
}

impl Going {
    /// Work with this stop and deadline.
    pub(crate) fn new(context: &CallContext) -> Self {
        Self {
            stop: context.stop.clone(),
            deadline: context.deadline,
            ended: Arc::default(),
        }
    }

    /// Ends the work for this reason, unless there is one.
    pub(crate) fn end(&self, reason: Error) {
        let _ = self.ended.set(reason);
    }

    /// Why it ended, if neither a stop nor the deadline ended it.
    pub(crate) fn reason(&self) -> Option<&Error> {
        self.ended.get()
    }

    /// Whether nothing more is sent: what is not known by now is for a later run.
    pub(crate) fn is_over(&self) -> bool {
        self.reason().is_some()
            || self.stop.as_ref().is_some_and(Stop::is_finishing)
            || self
                .deadline
                .is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Waits. Returns whether the work goes on.
    pub(crate) async fn wait(&self, time: Duration) -> bool {
        let stopped = async {
            match &self.stop {
                Some(stop) => stop.finishing().await,
                None => std::future::pending().await,
            }
        };
        let time = match self.deadline {
            Some(deadline) => time.min(deadline.saturating_duration_since(Instant::now())),
            None => time,
        };
        tokio::select! {
            biased;
            () = stopped => false,
            () = tokio::time::sleep(time) => !self.is_over(),
        }
    }

    /// Stops the work, and that of everybody who has the same stop.
    pub(crate) fn stop(&self) {
        if let Some(stop) = &self.stop {
            stop.finish();
        }
    }
}
