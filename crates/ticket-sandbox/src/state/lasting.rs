//! Faults that outlast a request: changes carried out later, reads that lag, outages, and faults of single tickets.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::answer::{Answer, Delivery, Lost};
use crate::fault::{Fault, TicketFault};
use crate::journal::Journal;
use crate::reply::Reply;
use crate::store::{Store, Version};
use crate::vendor::{Endpoint, Vendor};
use crate::vendors::{Call, VendorServer, Vendors};

/// The faults that last.
#[derive(Debug, Default)]
pub(super) struct Lasting {
    /// The faults of tickets that last until they are reset, also when the ticket is gone.
    ticket_faults: BTreeMap<(Vendor, String), TicketFault>,
    accepted: Vec<Accepted>,
    lagging: Vec<Lagging>,
    outages: Vec<Outage>,
}

impl Lasting {
    /// Does what was accepted for a time that has passed, and ends what has lasted long enough.
    pub(super) fn settle(&mut self, vendors: &mut Vendors, journal: &mut Journal, now: Instant) {
        while let Some(due) = self
            .accepted
            .iter()
            .position(|accepted| accepted.due <= now)
        {
            let accepted = self.accepted.remove(due);
            let store = vendors.of_mut(accepted.vendor).store_mut();
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
            if let Some(entry) = journal.get_mut(accepted.sequence) {
                entry.took_effect = took_effect;
                entry.deleted = deleted;
            }
        }
        self.lagging.retain(|lagging| lagging.until > now);
        self.outages.retain(|outage| outage.until > now);
    }

    /// Keeps a fault of a ticket until it is reset.
    pub(super) fn add_ticket_fault(&mut self, vendor: Vendor, id: &str, fault: TicketFault) {
        self.ticket_faults.insert((vendor, id.to_owned()), fault);
    }

    /// Begins an outage. Without a status, connections are refused.
    pub(super) fn add_outage(
        &mut self,
        vendor: Vendor,
        now: Instant,
        duration: Duration,
        status: Option<u16>,
    ) {
        self.outages.push(Outage {
            vendor,
            until: now + duration,
            status,
        });
    }

    /// The answer during an outage of the vendor.
    pub(super) fn outage(
        &self,
        vendors: &Vendors,
        vendor: Option<Vendor>,
        endpoint: Option<Endpoint>,
    ) -> Option<Answer> {
        let mut outages = self.outages.iter();
        let outage = outages.find(|outage| Some(outage.vendor) == vendor)?;
        Some(match outage.status {
            None => Answer::Lost(Lost::Refused),
            Some(status) => {
                let format = vendors.error_format(vendor);
                Answer::send(format.error(endpoint, status), Delivery::Immediate)
            }
        })
    }

    /// Takes back, or keeps for later, the changes of a write with such a fault.
    pub(super) fn defer(
        &mut self,
        (name, store): (Vendor, &mut Store),
        fault: Option<&Fault>,
        before: Vec<Version>,
        reply: &mut Reply,
        now: Instant,
        sequence: u64,
    ) {
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
    pub(super) fn read(
        &mut self,
        name: Vendor,
        vendor: &mut dyn VendorServer,
        endpoint: Endpoint,
        call: &Call<'_>,
    ) -> Reply {
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
        vendor: &dyn VendorServer,
        endpoint: Endpoint,
        call: &Call<'_>,
    ) -> Option<Reply> {
        if self.ticket_faults.is_empty() || !endpoint.is_write() {
            return None;
        }
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
struct Accepted {
    vendor: Vendor,
    due: Instant,
    /// Its journal entry.
    sequence: u64,
    changes: Vec<Change>,
}

/// A changed ticket that reads show as it was before.
#[derive(Debug)]
struct Lagging {
    vendor: Vendor,
    until: Instant,
    /// `None` if another ticket has its id now.
    before: Option<Version>,
}

/// A time in which nothing reaches a vendor.
#[derive(Debug)]
struct Outage {
    vendor: Vendor,
    until: Instant,
    /// `None` refuses connections.
    status: Option<u16>,
}
