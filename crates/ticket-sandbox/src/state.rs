//! The state behind the lock (vendors, faults, journal), and how one request is handled.
//!
//! Connections are in `in_process.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::time::Instant;

use crate::answer::{self, Answer, Delivery, Reply};
use crate::builder::SandboxBuilder;
use crate::calendar::Date;
use crate::fault::Faults;
use crate::journal::Exchange;
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
    pub(crate) journal: Vec<Exchange>,
    pub(crate) refuses_connections: bool,
    /// The endpoints that are processing a request, by path. An endpoint is busy while its guard is alive.
    busy: HashMap<String, Weak<()>>,
    /// The settings that the sandbox was started with.
    settings: SandboxBuilder,
    start: Instant,
}

impl State {
    pub(crate) fn new(settings: SandboxBuilder, start: Instant) -> Self {
        Self {
            vendors: settings.vendors(start),
            faults: Faults::default(),
            journal: Vec::new(),
            refuses_connections: false,
            busy: HashMap::new(),
            settings,
            start,
        }
    }

    /// Resets everything. `change` adjusts the settings that the sandbox was started with.
    pub(crate) fn reset(
        &mut self,
        change: impl FnOnce(SandboxBuilder) -> SandboxBuilder,
        now: Instant,
    ) {
        let settings = self.settings.clone();
        *self = Self {
            vendors: change(settings.clone()).vendors(now),
            refuses_connections: self.refuses_connections,
            ..Self::new(settings, now)
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
        let store = self.vendors.of_mut(vendor).store_mut();
        store.get(id)?;
        let message = store.message(kind, text, date);
        let number = message.number;
        store.change(id, |ticket| ticket.messages.push(message))?;
        Some(number.to_string())
    }

    /// Handles a request: changes the state, adds a journal entry and returns the answer.
    pub(crate) fn answer(&mut self, received: Received, now: Instant) -> Answer {
        let target = Target::parse(&received.path);
        let segments: Vec<&str> = target.segments.iter().map(String::as_str).collect();
        let endpoint = target.vendor.and_then(|vendor| {
            self.vendors
                .of(vendor)
                .endpoint(&received.method, &segments)
        });
        let fault = self.faults.pick(target.vendor, endpoint);
        let call = Call {
            segments: &segments,
            query: &received.query,
            headers: &received.headers,
            body: received.body.as_deref(),
            now,
            date: Date::at(now, self.start),
        };

        let intercepted = fault.as_ref().and_then(|fault| {
            answer::before_vendor(fault, endpoint, self.vendors.error_format(target.vendor))
        });
        let (answer, took_effect) = if let Some(answer) = intercepted {
            (answer, false)
        } else if self.is_busy(&received.path) {
            let reply = Reply::empty(503);
            let format = self.vendors.error_format(target.vendor);
            (
                answer::after_vendor(fault.as_ref(), endpoint, reply, format),
                false,
            )
        } else {
            let reply = self.reply(target.vendor, endpoint, &call);
            let took_effect = reply.took_effect;
            let format = self.vendors.error_format(target.vendor);
            let mut answer = answer::after_vendor(fault.as_ref(), endpoint, reply, format);
            let vendor = target.vendor.map(|vendor| self.vendors.of(vendor));
            if endpoint.is_some() && vendor.is_some_and(VendorServer::one_at_a_time) {
                self.occupy(&received.path, &mut answer);
            }
            (answer, took_effect)
        };

        let is_read_method = ["GET", "HEAD", "OPTIONS"].contains(&received.method.as_str());
        self.journal.push(Exchange {
            sequence: self.journal.len() as u64 + 1,
            vendor: target.vendor,
            endpoint,
            is_write: endpoint.map_or(!is_read_method, Endpoint::is_write),
            method: received.method,
            path: received.target,
            headers: received.headers,
            body: received.body.unwrap_or_default(),
            status: answer.status(),
            took_effect,
            faulted: fault.is_some(),
        });
        answer
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
        vendor: Option<Vendor>,
        endpoint: Option<Endpoint>,
        call: &Call<'_>,
    ) -> Reply {
        let Some(vendor) = vendor else {
            return Reply::empty(404);
        };
        let vendor = self.vendors.of_mut(vendor);
        match endpoint {
            _ if call.body.is_none() => vendor.error(endpoint, 413),
            Some(endpoint) => vendor.call(endpoint, call),
            None => vendor.no_endpoint(),
        }
    }
}
