//! The state behind the lock (vendors, faults, journal), and how one request is handled.
//!
//! Connections are in `in_process.rs`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Weak};

use tokio::time::Instant;

use crate::answer::{self, Answer, Delivery, Faulted, Lost};
use crate::calendar::Date;
use crate::fault::{Fault, Faults, TicketFault};
use crate::journal::{Exchange, Journal};
use crate::reply::{ErrorFormat as _, Reply};
use crate::settings::Settings;
use crate::store::{List, Store, Version};
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendor::{Endpoint, Target, Vendor};
use crate::vendors::{Call, VendorServer, Vendors};

/// A request as received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// The request target as on the request line.
    pub(crate) target: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    /// `None` if it was larger than the sandbox reads.
    pub(crate) body: Option<Vec<u8>>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) vendors: Vendors,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) refuses_connections: bool,
    /// The endpoints that are processing a request, by path. An endpoint is busy while its guard is alive.
    busy: HashMap<String, Weak<()>>,
    /// The faults of tickets that last until they are reset, also when the ticket is gone.
    ticket_faults: BTreeMap<(Vendor, String), TicketFault>,
    accepted: Vec<Accepted>,
    lagging: Vec<Lagging>,
    outages: Vec<Outage>,
    /// The settings that the sandbox was started with.
    settings: Settings,
    start: Instant,
}

impl State {
    pub(crate) fn new(settings: Settings, start: Instant) -> Self {
        Self {
            vendors: settings.vendors(start),
            faults: Faults::default(),
            journal: Journal::new(settings.journal_bytes),
            refuses_connections: false,
            busy: HashMap::new(),
            ticket_faults: BTreeMap::new(),
            accepted: Vec::new(),
            lagging: Vec::new(),
            outages: Vec::new(),
            settings,
            start,
        }
    }

    /// The settings that the sandbox was started with.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Resets everything. The next reset starts from the same settings as this one.
    pub(crate) fn reset(&mut self, changed: Settings, now: Instant) {
        *self = Self {
            settings: self.settings.clone(),
            refuses_connections: self.refuses_connections,
            ..Self::new(changed, now)
        };
    }

    pub(crate) fn add_ticket(&mut self, vendor: Vendor, seed: TicketSeed, now: Instant) -> String {
        let date = Date::at(now, self.start);
        self.vendors.of_mut(vendor).add(seed, date)
    }

    pub(crate) fn add_message(
        &mut self,
        vendor: Vendor,
        id: &str,
        kind: MessageKind,
        text: &str,
        now: Instant,
    ) -> Option<String> {
        let date = Date::at(now, self.start);
        self.vendors
            .of_mut(vendor)
            .add_message(id, kind, text, date)
    }

    /// Handles a request: changes the state, adds a journal entry and returns the answer.
    pub(crate) fn answer(&mut self, received: Received, now: Instant) -> Answer {
        self.settle(now);
        let target = Target::parse(&received.path);
        let vendor = target.vendor;
        let segments: Vec<&str> = target.segments.iter().map(String::as_str).collect();
        let endpoint = vendor.and_then(|vendor| {
            let vendor = self.vendors.of(vendor);
            vendor.endpoint(&received.method, &segments)
        });
        let fault = self.faults.pick(vendor, endpoint);
        let call = Call {
            segments: &segments,
            query: &received.query,
            headers: &received.headers,
            body: received.body.as_deref(),
            now,
            date: Date::at(now, self.start),
            reversed: fault == Some(Fault::ReversedOrder),
        };
        if let (Some(vendor), Some(fault)) = (vendor, &fault) {
            self.prepare(vendor, endpoint, fault, &call);
        }

        let sequence = self.journal.next_sequence();
        let mut deleted = Vec::new();
        let (answer, took_effect) = if let Some(answer) = self.outage(vendor, endpoint) {
            (answer, false)
        } else if let Some(answer) = fault.as_ref().and_then(|fault| {
            let faulted = self.faulted(vendor, endpoint, &received.path, sequence);
            answer::before_vendor(fault, faulted)
        }) {
            (answer, false)
        } else if self.is_busy(&received.path) {
            let faulted = self.faulted(vendor, endpoint, &received.path, sequence);
            let busy = answer::after_vendor(fault.as_ref(), Reply::empty(503), faulted);
            (busy, false)
        } else {
            let reply = self.reply(vendor, endpoint, fault.as_ref(), &call, sequence);
            if let Some(vendor) = vendor {
                deleted = self.vendors.of_mut(vendor).store_mut().take_removed();
            }
            let took_effect = reply.took_effect;
            let faulted = self.faulted(vendor, endpoint, &received.path, sequence);
            let mut answer = answer::after_vendor(fault.as_ref(), reply, faulted);
            let vendor = vendor.map(|vendor| self.vendors.of(vendor));
            if endpoint.is_some() && vendor.is_some_and(VendorServer::one_at_a_time) {
                self.occupy(&received.path, &mut answer);
            }
            (answer, took_effect)
        };

        let is_read_method = ["GET", "HEAD", "OPTIONS"].contains(&received.method.as_str());
        self.journal.push(Exchange {
            sequence,
            vendor,
            endpoint,
            is_write: endpoint.map_or(!is_read_method, Endpoint::is_write),
            method: received.method,
            path: received.target,
            headers: received.headers,
            body: received.body.unwrap_or_default(),
            status: answer.status(),
            took_effect,
            deleted,
            faulted: fault.is_some(),
            fault,
        });
        answer
    }

    /// Whether the headers of a request have the credentials of the vendor with this path.
    pub(crate) fn knows(&self, path: &str, headers: &[(String, String)], now: Instant) -> bool {
        let call = Call {
            segments: &[],
            query: "",
            headers,
            body: None,
            now,
            date: Date::at(now, self.start),
            reversed: false,
        };
        let vendor = Target::parse(path).vendor;
        vendor.is_some_and(|vendor| self.vendors.of(vendor).knows(&call))
    }

    fn faulted<'a>(
        &'a self,
        vendor: Option<Vendor>,
        endpoint: Option<Endpoint>,
        path: &'a str,
        sequence: u64,
    ) -> Faulted<'a> {
        Faulted {
            vendor,
            endpoint,
            path,
            sequence,
            format: self.vendors.error_format(vendor),
        }
    }

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

    /// The effects of a fault before the vendor handles the call.
    fn prepare(
        &mut self,
        name: Vendor,
        endpoint: Option<Endpoint>,
        fault: &Fault,
        call: &Call<'_>,
    ) {
        let vendor = self.vendors.of_mut(name);
        match fault {
            Fault::IdsGivenOutAgain => vendor.store_mut().reuses_ids = true,
            Fault::TicketsFiled(count) => {
                for _ in 0..*count {
                    vendor.add(TicketSeed::new("Filed in the meantime"), call.date);
                }
            }
            Fault::TicketsRemoved(count) => {
                let store = vendor.store();
                let ranks = store.list(List::Open, 0).iter();
                let first: Vec<_> = if vendor.lists_newest_first() {
                    ranks.rev().take(*count).collect()
                } else {
                    ranks.take(*count).collect()
                };
                let ids = first.into_iter().filter_map(|rank| store.at(rank));
                let ids: Vec<String> = ids.map(|ticket| ticket.id.clone()).collect();
                for id in ids {
                    vendor.store_mut().remove(&id);
                }
                // The request did not do it.
                vendor.store_mut().take_removed();
            }
            Fault::Ticket(fault) => {
                let named = endpoint.map(|endpoint| vendor.named_ids(endpoint, call));
                if let Some(id) = named.and_then(|named| named.into_iter().next()) {
                    self.set_ticket_fault(name, &id, fault.clone());
                }
            }
            Fault::FreshTokenRefused(time) => self.vendors.onecloud.refuse_next_token(*time),
            Fault::Outage { duration, status } => self.outages.push(Outage {
                vendor: name,
                until: call.now + *duration,
                status: *status,
            }),
            _ => {}
        }
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
    fn outage(&self, vendor: Option<Vendor>, endpoint: Option<Endpoint>) -> Option<Answer> {
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

    fn is_busy(&self, path: &str) -> bool {
        let held = self.busy.get(path);
        held.is_some_and(|held| held.strong_count() > 0)
    }

    /// Keeps the endpoint busy until a delayed answer is sent. An immediate answer is sent before the next request is
    /// handled.
    fn occupy(&mut self, path: &str, answer: &mut Answer) {
        if let Answer::Send {
            delivery: Delivery::Delayed(_) | Delivery::Dripping(_),
            busy_guard,
            ..
        } = answer
        {
            let guard = Arc::new(());
            self.busy.insert(path.to_owned(), Arc::downgrade(&guard));
            *busy_guard = Some(guard);
        }
    }

    fn reply(
        &mut self,
        name: Option<Vendor>,
        endpoint: Option<Endpoint>,
        fault: Option<&Fault>,
        call: &Call<'_>,
        sequence: u64,
    ) -> Reply {
        let Some(name) = name else {
            return ().no_endpoint();
        };
        let vendor = self.vendors.of_mut(name);
        let endpoint = match endpoint {
            _ if call.body.is_none() => return vendor.error(endpoint, 413),
            Some(endpoint) => endpoint,
            None => return vendor.no_endpoint(),
        };
        if let Err(refused) = vendor.admit(endpoint, call) {
            return refused;
        }
        if let Some(refused) = self.refused_for_a_ticket(name, endpoint, call) {
            return refused;
        }
        if !endpoint.is_write() {
            return self.read(name, endpoint, call);
        }
        let vendor = self.vendors.of_mut(name);
        vendor.store_mut().start_recording();
        let mut reply = vendor.call(endpoint, call);
        let before = vendor.store_mut().stop_recording();
        match fault {
            Some(Fault::AcceptedNotDone(_)) => {
                undo(vendor.store_mut(), before);
                reply.took_effect = false;
            }
            Some(Fault::AcceptedForLater { after, .. }) => {
                let changes = undo(vendor.store_mut(), before);
                reply.took_effect = false;
                if !changes.is_empty() {
                    self.accepted.push(Accepted {
                        vendor: name,
                        due: call.now + *after,
                        sequence,
                        changes,
                    });
                }
            }
            Some(Fault::LaggingReads(time)) => {
                let until = call.now + *time;
                let tickets = before.into_iter().filter(Version::is_ticket);
                self.lagging.extend(tickets.map(|before| Lagging {
                    vendor: name,
                    until,
                    before: Some(before),
                }));
            }
            _ => {}
        }
        reply
    }

    /// Handles a read. Tickets whose reads lag are put back to what they were, and afterwards to what they are.
    fn read(&mut self, name: Vendor, endpoint: Endpoint, call: &Call<'_>) -> Reply {
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
    fn refused_for_a_ticket(
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
