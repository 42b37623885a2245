//! The state behind the lock (vendors, faults, journal), and how one request is handled.
//!
//! Connections are in `in_process.rs`.

mod lasting;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::time::Instant;

use crate::answer::{self, Answer, Delivery, Faulted};
use crate::calendar::Date;
use crate::fault::{Fault, Faults, TicketFault};
use crate::journal::{Exchange, Journal};
use crate::reply::{ErrorFormat as _, Reply};
use crate::settings::Settings;
use crate::store::List;
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendor::{Endpoint, Target, Vendor};
use crate::vendors::{Call, VendorServer, Vendors};

use lasting::Lasting;

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
    lasting: Lasting,
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
            lasting: Lasting::default(),
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
        let sequence = self.journal.next_sequence();
        let call = Call {
            method: &received.method,
            segments: &segments,
            query: &received.query,
            headers: &received.headers,
            body: received.body.as_deref(),
            now,
            date: Date::at(now, self.start),
            sequence,
            reversed: fault == Some(Fault::ReversedOrder),
            job_fault: match fault {
                Some(Fault::Job(odd)) => Some(odd),
                _ => None,
            },
        };
        if let (Some(vendor), Some(fault)) = (vendor, &fault) {
            self.prepare(vendor, endpoint, fault, &call);
        }

        let mut deleted = Vec::new();
        let (answer, took_effect) =
            if let Some(answer) = self.lasting.outage(&self.vendors, vendor, endpoint) {
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
            method: "GET",
            segments: &[],
            query: "",
            headers,
            body: None,
            now,
            date: Date::at(now, self.start),
            sequence: 0,
            reversed: false,
            job_fault: None,
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
            Fault::Outage { duration, status } => {
                self.lasting.add_outage(name, call.now, *duration, *status);
            }
            _ => {}
        }
    }

    /// Does what was accepted for a time that has passed, and ends what has lasted long enough.
    pub(crate) fn settle(&mut self, now: Instant) {
        self.lasting
            .settle(&mut self.vendors, &mut self.journal, now);
        let date = Date::at(now, self.start);
        for vendor in Vendor::ALL {
            for settled in self.vendors.of_mut(vendor).settle(now, date) {
                if let Some(entry) = self.journal.get_mut(settled.sequence) {
                    entry.took_effect = settled.took_effect;
                    entry.deleted = settled.deleted;
                }
            }
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
                self.lasting.add_ticket_fault(vendor, id, fault);
            }
        }
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
        if let Some(refused) = self
            .lasting
            .refused_for_a_ticket(name, vendor, endpoint, call)
        {
            return refused;
        }
        if !endpoint.is_write() {
            return self.lasting.read(name, vendor, endpoint, call);
        }
        vendor.store_mut().start_recording();
        let mut reply = vendor.call(endpoint, call);
        let before = vendor.store_mut().stop_recording();
        let store = (name, vendor.store_mut());
        self.lasting
            .defer(store, fault, before, &mut reply, call.now, sequence);
        reply
    }
}
