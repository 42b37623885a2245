//! Faults that outlast a request: changes carried out later, reads that lag, outages, and faults of single tickets.

use tokio::time::Instant;

use super::State;
use crate::answer::{Answer, Delivery, Lost};
use crate::fault::{Fault, TicketFault};
use crate::reply::Reply;
use crate::store::{Store, Version};
use crate::vendor::{Endpoint, Vendor};
use crate::vendors::Call;

impl State {
    /// Does what was accepted for a time that has passed, and ends what has lasted long enough.
    pub(crate) fn settle(&mut self, now: Instant) {
        while let Some(due) = self
            .accepted
            .iter()
            .position(|accepted| accepted.due <= now)
        {
            let accepted = self.accepted.remove(due);
            let store = self.vendors.of_mut(accepted.vendor).store_mut();
            let (mut took_effect, mut deleted) = (false, Vec::new());
            for (existed, change) in accepted.changes {
                // In the meantime, somebody else may have deleted the ticket.
                if store.has(&change) != existed {
                    continue;
                }
                let is_delete = change.is_deleted();
                if let Some(before) = store.swap(change) {
                    took_effect = true;
                    let is_delete = is_delete && !before.is_deleted();
                    deleted.extend(is_delete.then(|| before.into_id()));
                }
            }
            if let Some(entry) = self.journal.get_mut(accepted.sequence) {
                entry.took_effect = took_effect;
                entry.deleted = deleted;
            }
        }
        self.lagging.retain(|lagging| lagging.until > now);
        self.outages.retain(|outage| outage.until > now);
    }

    pub(crate) fn set_ticket_fault(&mut self, vendor: Vendor, id: &str, fault: TicketFault) {
        let store = self.vendors.of_mut(vendor).store_mut();
        match fault {
            TicketFault::MergedInto(target) => store.merge(id, target),
            TicketFault::OwnedByOther => {
                store.change(id, |ticket| ticket.owned_by_other = true);
            }
            TicketFault::Refused(_) | TicketFault::GoneIsError(_) => {
                self.ticket_faults.insert((vendor, id.to_owned()), fault);
            }
        }
    }

    /// The answer during an outage of the vendor.
    pub(super) fn outage(
        &self,
        vendor: Option<Vendor>,
        endpoint: Option<Endpoint>,
    ) -> Option<Answer> {
        let mut outages = self.outages.iter();
        let outage = outages.find(|outage| Some(outage.vendor) == vendor)?;
        Some(match outage.status {
            None => Answer::Lost(Lost::Refused),
            Some(status) => {
                let format = self.vendors.error_format(vendor);
                Answer::send(format.error(endpoint, status), Delivery::Immediate)
            }
        })
    }

    /// Takes back, or keeps for later, the changes of a write with such a fault.
    pub(super) fn defer(
        &mut self,
        name: Vendor,
        fault: Option<&Fault>,
        before: Vec<Version>,
        reply: &mut Reply,
        now: Instant,
        sequence: u64,
    ) {
        let store = self.vendors.of_mut(name).store_mut();
        match fault {
            Some(Fault::AcceptedNotDone(_)) => {
                undo(store, before);
                reply.took_effect = false;
            }
            Some(Fault::AcceptedForLater { after, .. }) => {
                let changes = undo(store, before);
                reply.took_effect = false;
                if !changes.is_empty() {
                    self.accepted.push(Accepted {
                        vendor: name,
                        due: now + *after,
                        sequence,
                        changes,
                    });
                }
            }
            Some(Fault::LaggingReads(time)) => {
                let until = now + *time;
                let tickets = before.into_iter().filter(Version::is_ticket);
                self.lagging.extend(tickets.map(|before| Lagging {
                    vendor: name,
                    until,
                    before: Some(before),
                }));
            }
            _ => {}
        }
    }

    /// Handles a read. Tickets whose reads lag are put back to what they were, and afterwards to what they are.
    pub(super) fn read(&mut self, name: Vendor, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        let vendor = self.vendors.of_mut(name);
        // The earliest version comes last and is the one that is shown.
        for lagging in self.lagging.iter_mut().rev() {
            if lagging.vendor == name {
                let before = lagging.before.take();
                lagging.before = before.and_then(|before| vendor.store_mut().swap(before));
            }
        }
        let reply = vendor.call(endpoint, call);
        for lagging in &mut self.lagging {
            if lagging.vendor == name {
                let after = lagging.before.take();
                lagging.before = after.and_then(|after| vendor.store_mut().swap(after));
            }
        }
        reply
    }

    /// The refusal of a call because of the fault of a ticket that it names.
    pub(super) fn refused_for_a_ticket(
        &self,
        name: Vendor,
        endpoint: Endpoint,
        call: &Call<'_>,
    ) -> Option<Reply> {
        if self.ticket_faults.is_empty() || !endpoint.is_write() {
            return None;
        }
        let vendor = self.vendors.of(name);
        let status = vendor
            .named_ids(endpoint, call)
            .into_iter()
            .find_map(|id| {
                let exists = vendor.store().get(&id).is_some();
                match self.ticket_faults.get(&(name, id))? {
                    TicketFault::Refused(status) if exists => Some(*status),
                    TicketFault::GoneIsError(status) if !exists && endpoint == Endpoint::Delete => {
                        Some(*status)
                    }
                    _ => None,
                }
            })?;
        Some(vendor.error(Some(endpoint), status))
    }
}

/// A change to be made, and whether the ticket must exist for it.
type Change = (bool, Version);

/// Takes back the changes of a call. Returns how to make them again.
fn undo(store: &mut Store, before: Vec<Version>) -> Vec<Change> {
    store.take_removed();
    let before = before.into_iter().rev();
    let undone = before.filter_map(|before| Some((before.is_ticket(), store.swap(before)?)));
    let mut changes: Vec<Change> = undone.collect();
    changes.reverse();
    changes
}

/// A call that was answered as accepted and is carried out later.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) vendor: Vendor,
    due: Instant,
    /// Its journal entry.
    sequence: u64,
    changes: Vec<Change>,
}

/// A changed ticket that reads show as it was before.
#[derive(Debug)]
pub(super) struct Lagging {
    pub(super) vendor: Vendor,
    pub(super) until: Instant,
    /// `None` if another ticket has its id now.
    before: Option<Version>,
}

/// A time in which nothing reaches a vendor.
#[derive(Debug)]
pub(super) struct Outage {
    pub(super) vendor: Vendor,
    pub(super) until: Instant,
    /// `None` refuses connections.
    pub(super) status: Option<u16>,
}
