//! The options of a bulk change, and how many calls it makes at once.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::notice::{Notice, Notify};
use crate::provider::capability::ProviderInfo;
use crate::provider::concurrency::Concurrency;
use crate::provider::error::Error;
use crate::provider::operation::Operation;

/// Concurrency and early termination of bulk changes. The deadline and the stop are in the handle's
/// [context](crate::Tickets::with).
///
/// ```
/// use std::num::NonZeroUsize;
/// use ticket_core::bulk::BulkOptions;
///
/// let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BulkOptions {
    /// Concurrent calls, within the account's quotas. Default: the [account's
    /// setting](crate::call::StackOptions::concurrency).
    pub concurrency: Option<Concurrency>,
    /// How long the change goes on without one success while the vendor is unreachable. It pauses between calls, 1 to
    /// 60 seconds, and makes one at a time. After this time, the remaining tickets are `Unattempted`. Default 15
    /// minutes; before the first success at most one minute. Zero: a call that fails is not made again, and five failed
    /// calls in a row end the change. The ticket of a failed call is read, and if the vendor answers, the count starts again.
    pub give_up_after: Duration,
    /// Whether nothing is changed: each ticket is only read, to learn what an [earlier
    /// attempt](crate::CallContext::earlier_attempt) came to.
    pub only_look: bool,
    /// The account's name in notices. Default: the provider's id.
    pub account: Option<Arc<str>>,
    /// Called with what happens beside the outcomes.
    pub(super) notify: Option<Notify>,
    /// Why nothing may be changed at all. Looks are made.
    pub(super) refused: Option<Error>,
    /// How many calls may be in flight now, if that adapts.
    pub(super) room: Option<Room>,
}

#[derive(Clone)]
pub(super) struct Room(pub(super) Arc<dyn Fn() -> Option<usize> + Send + Sync>);

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Room")
    }
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            concurrency: None,
            give_up_after: Duration::from_secs(15 * 60),
            only_look: false,
            account: None,
            notify: None,
            refused: None,
            room: None,
        }
    }
}

impl BulkOptions {
    /// Sets how many calls are made concurrently.
    #[must_use]
    pub fn concurrency(mut self, calls: impl Into<Concurrency>) -> Self {
        self.concurrency = Some(calls.into());
        self
    }

    /// Sets how long the change goes on without one success.
    #[must_use]
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }

    /// Changes nothing, and only looks at what an earlier attempt came to.
    #[must_use]
    pub fn only_look(mut self) -> Self {
        self.only_look = true;
        self
    }

    /// Sets the account's name in notices.
    #[must_use]
    pub fn account(mut self, name: impl Into<Arc<str>>) -> Self {
        self.account = Some(name.into());
        self
    }

    /// Attempts no ticket, for this reason if there is one.
    pub(crate) fn refused(mut self, reason: Option<Error>) -> Self {
        self.refused = reason;
        self
    }

    /// Makes at most as many calls at once as this says, whenever one could be made.
    pub(crate) fn room(mut self, room: impl Fn() -> Option<usize> + Send + Sync + 'static) -> Self {
        self.room = Some(Room(Arc::new(room)));
        self
    }

    /// Calls `notify` with the account's name and what happens beside the outcomes, after those that were set before. It
    /// must not block. Unasked tickets are told as soon as the vendor's reply is read, from the task of the call.
    #[must_use]
    pub fn notify(mut self, notify: impl Fn(&str, &Notice) + Send + Sync + 'static) -> Self {
        self.notify = Some(Notify(match self.notify.take() {
            Some(Notify(first)) => Arc::new(move |account: &str, notice: &Notice| {
                first(account, notice);
                notify(account, notice);
            }),
            None => Arc::new(notify),
        }));
        self
    }
}

impl BulkOptions {
    /// Tells the listener what happens beside the outcomes, for work around a bulk change: a pause before it, for instance.
    pub fn tell(&self, notice: &Notice) {
        if let Some(Notify(notify)) = &self.notify {
            notify(self.account.as_deref().unwrap_or_default(), notice);
        }
    }
}

/// Concurrent calls if the provider documents a quota. Four fill a documented window even if a reply takes
/// most of a second, and few outcomes are unknown when the change is aborted.
const WITHIN_WINDOWS: usize = 4;

/// The most concurrent calls if the provider documents no quota: then concurrency alone limits the speed.
const WITHOUT_WINDOWS: usize = 32;

/// The default concurrency of this operation.
pub(crate) fn usual_concurrency(info: &ProviderInfo, operation: Operation) -> NonZeroUsize {
    let limits = info.limits.iter();
    let covering = limits.filter(|limit| limit.covers(operation));
    let calls = if covering.clone().all(|limit| limit.windows.is_empty()) {
        WITHOUT_WINDOWS
    } else {
        WITHIN_WINDOWS
    };
    let calls = NonZeroUsize::MIN.saturating_add(calls - 1);
    let most = covering.filter_map(|limit| limit.max_concurrent).min();
    let most = most.into_iter().chain(most_accepted(info, operation)).min();
    most.map_or(calls, |most| most.min(calls))
}

/// How much work the vendor accepts at once, if it limits that.
pub(super) fn most_accepted(info: &ProviderInfo, operation: Operation) -> Option<NonZeroUsize> {
    let covering = info.limits.iter();
    let covering = covering.filter(|limit| limit.covers(operation));
    covering.filter_map(|limit| limit.max_accepted).min()
}
