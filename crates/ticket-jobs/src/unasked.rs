//! Tickets that the vendor changed although nobody asked for them become events of the job.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ticket_core::{ProviderInfo, TicketId};

use crate::model::Unasked;
use crate::words::may_hold_an_address;

/// How many events a lane records at once. What follows is told in one at its end, so that a vendor that always does this does not
/// fill the ledger.
const EVENTS: usize = 100;

/// What a lane was told of such tickets.
pub(crate) struct Told {
    waiting: Mutex<Waiting>,
    /// Who hears of them at once.
    tell: Option<Box<dyn Fn(Unasked) + Send + Sync>>,
}

struct Waiting {
    /// What is not recorded yet.
    unasked: Unasked,
    /// How many events were recorded.
    events: usize,
}

impl Told {
    /// Nothing yet, at this account.
    pub(crate) fn new(account: &str) -> Self {
        let (unasked, events) = (Unasked::new(account), 0);
        Self {
            waiting: Mutex::new(Waiting { unasked, events }),
            tell: None,
        }
    }

    /// The same, and `tell` hears of them at once.
    pub(crate) fn telling(account: &str, tell: impl Fn(Unasked) + Send + Sync + 'static) -> Self {
        let tell: Box<dyn Fn(Unasked) + Send + Sync> = Box::new(tell);
        Self {
            tell: Some(tell),
            ..Self::new(account)
        }
    }

    /// Keeps them until they are recorded. What is no id of this provider is only counted, and so is an address in an erasure.
    pub(crate) fn add(&self, tickets: &[TicketId], info: &ProviderInfo, is_erasure: bool) {
        let may_be_named = |id: &&TicketId| {
            info.check_id(id).is_ok() && !(is_erasure && may_hold_an_address(id.as_str()))
        };
        let named: Vec<_> = tickets.iter().filter(may_be_named).cloned().collect();
        let count = u64::try_from(tickets.len()).unwrap_or(u64::MAX);
        let account = {
            let mut waiting = self.waiting();
            waiting.unasked.add(&named, count);
            waiting.unasked.account.clone()
        };
        if let Some(tell) = &self.tell {
            let mut unasked = Unasked::new(account);
            unasked.add(&named, count);
            tell(unasked);
        }
    }

    /// Takes what is to be recorded now.
    pub(crate) fn take(&self, is_end: bool) -> Option<Unasked> {
        let mut waiting = self.waiting();
        if waiting.unasked.count == 0 || (waiting.events >= EVENTS && !is_end) {
            return None;
        }
        waiting.events += 1;
        let none = Unasked::new(waiting.unasked.account.clone());
        Some(std::mem::replace(&mut waiting.unasked, none))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
