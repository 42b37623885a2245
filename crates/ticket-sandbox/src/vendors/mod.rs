//! The vendors' servers: one module each, one function per endpoint.
//!
//! Not for sockets, faults or the journal: a vendor only sees a call and answers it.

mod leadsquared;
mod onecloud;
mod sweeppea;

use serde_json::{Map, Value};
use tokio::time::Instant;

pub(crate) use leadsquared::{Account, LeadSquared};
pub(crate) use onecloud::{OneCloud, Quirks};
pub(crate) use sweeppea::Sweeppea;
pub use sweeppea::Wording;

use crate::answer::{ErrorFormat, Reply};
use crate::calendar::Date;
use crate::form::{self, Part};
use crate::store::{Store, Ticket};
use crate::ticket::{TicketRecord, TicketSeed};
use crate::vendor::{Endpoint, Vendor};

/// A request to an endpoint.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The decoded path behind the vendor's prefix.
    pub(crate) segments: &'a [&'a str],
    /// As on the request line, behind the question mark.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) now: Instant,
    pub(crate) date: Date,
}

impl Call<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The token of a bearer header; `None` where there is no such header.
    fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The body as a JSON object; `None` where it is anything else.
    fn json_object(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(self.body?).ok()
    }

    /// The content type without its parameters.
    fn content_type(&self) -> Option<&str> {
        self.header("content-type").map(form::without_parameters)
    }

    /// The parts of a multipart form; `None` where the body is anything else.
    fn parts(&self) -> Option<Vec<Part>> {
        form::parts(self.header("content-type")?, self.body?)
    }

    /// A parameter of the query, decoded; the first one where it was sent twice.
    fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    fn last_segment(&self) -> &str {
        self.segments.last().copied().unwrap_or_default()
    }
}

/// What the state needs of a vendor.
pub(crate) trait VendorServer: ErrorFormat + Send {
    /// The endpoint behind a method and a path, before any other check.
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint>;
    /// Credentials, then limits, then the call itself.
    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply;
    /// Whether an endpoint is busy until its answer has left, and answers 503 to whoever comes before.
    fn one_at_a_time(&self) -> bool {
        false
    }
    /// What the vendor's gateway says to a path that is none of its endpoints.
    fn no_endpoint(&self) -> Reply;
    /// Puts a ticket there without a request and returns its id.
    fn add(&mut self, seed: TicketSeed, date: Date) -> String;
    /// A ticket with all of the vendor's fields.
    fn record(&self, ticket: &Ticket) -> TicketRecord;
    /// The true state.
    fn store(&self) -> &Store;
    /// The true state, to be changed without a request.
    fn store_mut(&mut self) -> &mut Store;
}

/// All vendors.
#[derive(Debug)]
pub(crate) struct Vendors {
    pub(crate) onecloud: OneCloud,
    pub(crate) sweeppea: Sweeppea,
    pub(crate) leadsquared: LeadSquared,
}

impl Vendors {
    pub(crate) fn of(&self, vendor: Vendor) -> &dyn VendorServer {
        match vendor {
            Vendor::OneCloud => &self.onecloud,
            Vendor::Sweeppea => &self.sweeppea,
            Vendor::LeadSquared => &self.leadsquared,
        }
    }

    pub(crate) fn of_mut(&mut self, vendor: Vendor) -> &mut dyn VendorServer {
        match vendor {
            Vendor::OneCloud => &mut self.onecloud,
            Vendor::Sweeppea => &mut self.sweeppea,
            Vendor::LeadSquared => &mut self.leadsquared,
        }
    }

    /// How errors are worded; plainly outside every vendor's prefix.
    pub(crate) fn error_format(&self, vendor: Option<Vendor>) -> &dyn ErrorFormat {
        match vendor {
            None => &(),
            Some(Vendor::OneCloud) => &self.onecloud,
            Some(Vendor::Sweeppea) => &self.sweeppea,
            Some(Vendor::LeadSquared) => &self.leadsquared,
        }
    }

    /// Puts the tickets there that the vendors' own pages use as samples.
    pub(crate) fn seed(&mut self, date: Date) {
        self.onecloud.seed(date);
        self.sweeppea.seed(date);
        self.leadsquared.seed(date);
    }
}

/// The fields of a new ticket of the vendor's, with what is different about this one.
fn with_changes(mut fields: Map<String, Value>, ticket: &Ticket) -> Map<String, Value> {
    let changes = ticket.changes.iter();
    fields.extend(changes.map(|(name, value)| (name.clone(), value.clone())));
    fields
}

/// A JSON object literal as a map.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
