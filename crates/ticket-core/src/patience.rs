//! How long a call may still wait before it is sent: for a free slot, or between attempts.
//!
//! It goes with the call from whoever began it (a bulk delete, `Retry`) to whoever waits (`Retry`, `Pace`). The
//! trait has no place for it, so it is local to the task's present future. Not for how long the vendor may take:
//! see `Timeout`.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use tokio::time::Instant;

use crate::stop::Stop;

tokio::task_local! {
    static PATIENCE: Patience;
}

/// How far a call has come, for whoever no longer waits for it.
#[derive(Debug, Default)]
pub(crate) struct Course(AtomicU8);

impl Course {
    const BEGUN: u8 = 1;
    const HELD_BACK: u8 = 2;
    const SENT: u8 = 3;

    /// It is being made. From now on it counts as sent, unless somebody knows better.
    pub(crate) fn begin(&self) {
        self.0.store(Self::BEGUN, Relaxed);
    }

    /// It is held back. That says nothing where an earlier attempt was sent.
    pub(crate) fn hold_back(&self) {
        let _ = self
            .0
            .compare_exchange(Self::BEGUN, Self::HELD_BACK, Relaxed, Relaxed);
    }

    /// It is no longer held back.
    pub(crate) fn send(&self) {
        self.0.store(Self::SENT, Relaxed);
    }

    /// Whether it may have reached the vendor. Certain once the call has ended.
    pub(crate) fn may_be_sent(&self) -> bool {
        matches!(self.0.load(Relaxed), Self::BEGUN | Self::SENT)
    }
}

/// How long waiting may last. The default waits for ever.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patience {
    pub(crate) course: Arc<Course>,
    /// Nothing is sent later than this.
    pub(crate) deadline: Option<Instant>,
    /// Nothing is sent after this.
    pub(crate) stop: Option<Stop>,
}

/// Why waiting ended for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Impatience {
    /// The deadline came.
    Deadline,
    /// The work is to end.
    Stopped,
}

impl Patience {
    /// The patience of whoever began this call; `None` where nobody said anything.
    pub(crate) fn current() -> Option<Self> {
        PATIENCE.try_with(Clone::clone).ok()
    }

    /// Makes this the patience of all that `future` does.
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        PATIENCE.scope(self, future).await
    }

    /// Whether waiting until `moment` is in vain. It is so too where the deadline comes at that very moment.
    pub(crate) fn ends_by(&self, moment: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= moment)
    }

    /// Waits for `event`, which is dropped when patience ends. Nothing is begun once it has ended.
    pub(crate) async fn wait_for<F: Future>(&self, event: F) -> Result<F::Output, Impatience> {
        if self.stop.as_ref().is_some_and(Stop::is_finishing) {
            return Err(Impatience::Stopped);
        }
        if self
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            return Err(Impatience::Deadline);
        }
        let mut event = pin!(event);
        // Mostly there is nothing to wait for, and then nobody has to be woken up when patience ends.
        match event.as_mut().now_or_never() {
            Some(output) => Ok(output),
            None => Box::pin(self.wait_long_for(event)).await,
        }
    }

    async fn wait_long_for<F: Future>(&self, event: Pin<&mut F>) -> Result<F::Output, Impatience> {
        let stopped = async {
            match &self.stop {
                Some(stop) => stop.finishing().await,
                None => std::future::pending().await,
            }
        };
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let (stopped, deadline) = (pin!(stopped), pin!(deadline));
        match select(select(stopped, deadline), event).await {
            Either::Left((Either::Left(_), _)) => Err(Impatience::Stopped),
            Either::Left((Either::Right(_), _)) => Err(Impatience::Deadline),
            Either::Right((output, _)) => Ok(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_ends_first_decides() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let stop = Stop::new();
        let patience = Patience {
            deadline: Some(start + 2 * second),
            stop: Some(stop.clone()),
            ..Patience::default()
        };
        let wait = |seconds| patience.wait_for(tokio::time::sleep(seconds * second));
        assert_eq!(wait(1).await, Ok(()));
        assert_eq!(wait(3).await, Err(Impatience::Deadline));
        assert_eq!(start.elapsed(), 2 * second);
        let ready = patience.wait_for(std::future::ready(()));
        assert_eq!(ready.await, Err(Impatience::Deadline));
        stop.finish();
        assert_eq!(wait(1).await, Err(Impatience::Stopped));
        assert_eq!(
            Patience::default().wait_for(std::future::ready(7)).await,
            Ok(7)
        );
    }

    #[test]
    fn only_what_was_held_back_all_along_is_known_not_to_be_sent() {
        let course = Course::default();
        assert!(!course.may_be_sent());
        course.begin();
        assert!(course.may_be_sent());
        course.hold_back();
        assert!(!course.may_be_sent());
        course.send();
        course.hold_back();
        assert!(course.may_be_sent());
    }

    #[tokio::test]
    async fn it_belongs_to_the_future_in_its_scope_alone() {
        let patience = Patience {
            deadline: Some(Instant::now()),
            ..Patience::default()
        };
        let inside = patience.scope(async { Patience::current() }).await;
        assert!(inside.unwrap().deadline.is_some());
        assert!(Patience::current().is_none());
    }
}
