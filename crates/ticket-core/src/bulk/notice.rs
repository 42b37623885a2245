//! What a bulk change tells beside the outcomes of its tickets.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use crate::model::ticket::TicketId;
use crate::provider::error::Error;
use crate::provider::vendor_job::VendorJob;

/// What happens during a bulk change beside the outcomes of its tickets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// Nothing is sent until `until`, because of this error.
    Paused {
        /// Why.
        error: Error,
        /// When the next call is made.
        until: Instant,
    },
    /// The vendor answers again after a pause.
    Resumed,
    /// Only tickets of unknown outcome are left, and they are looked at again at `until`.
    Looking {
        /// How many.
        tickets: usize,
        /// When.
        until: Instant,
    },
    /// The change of this ticket failed, and neither its reply nor a read tells whether it was made: the ticket is looked at again
    /// once all others are settled, and its outcome follows then. For a caller who limits failures, and so must not wait for
    /// that. Told again whenever another call about it failed like that; not of a change that the vendor accepted for later.
    Held(TicketId),
    /// The vendor accepted the change of these tickets and has not carried it out yet; it is asked again at `until`.
    Accepted {
        /// The vendor's work.
        job: VendorJob,
        /// How many tickets.
        tickets: usize,
        /// When.
        until: Instant,
    },
    /// The vendor says that it changed these tickets, which nobody asked for.
    Unasked(Vec<TicketId>),
    /// The change ends early, for this reason: what follows of its tickets is what is known by now. Not after a stop or a
    /// deadline, of which the caller knows.
    Ended(Error),
}

type Listener = dyn Fn(&str, &Notice) + Send + Sync;

#[derive(Clone)]
pub(super) struct Notify(pub(super) Arc<Listener>);

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notify")
    }
}

/// Tells the caller what happens beside the outcomes.
pub(super) struct Teller {
    pub(super) account: Arc<str>,
    pub(super) notify: Option<Notify>,
}

impl Teller {
    pub(super) fn tell(&self, notice: &Notice) {
        if let Some(Notify(notify)) = &self.notify {
            notify(&self.account, notice);
        }
    }
}

/// Takes what happens during the calls for one batch.
pub(super) type Tell<'a> = &'a (dyn Fn(&Notice) + Sync);
