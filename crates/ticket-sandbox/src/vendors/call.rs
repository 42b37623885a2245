//! A call to a vendor, the trait that handles it, and what the vendors share.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::calendar::Date;
use crate::fault::JobFault;
use crate::form::{self, Part};
use crate::reply::{ErrorFormat, Reply};
use crate::store::{Store, Ticket};
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Endpoint;

/// A request to an endpoint.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    /// The decoded path after the vendor's prefix.
    pub(crate) segments: &'a [&'a str],
    /// The query string, not decoded.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) now: Instant,
    pub(crate) date: Date,
    /// The number of the request in the journal.
    pub(crate) sequence: u64,
    /// Whether a list is in the opposite order.
    pub(crate) reversed: bool,
    /// What is odd about the job that the call begins.
    pub(crate) job_fault: Option<JobFault>,
}

impl Call<'_> {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The token of a bearer header; `None` if there is no such header.
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The name and the password of basic authentication; `None` if there is no such header.
    pub(super) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header("authorization")?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;
        Some((name.to_owned(), password.to_owned()))
    }

    /// The body as a JSON object; `None` if it is anything else.
    pub(super) fn json_object(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(self.body?).ok()
    }

    /// The content type without its parameters.
    pub(super) fn content_type(&self) -> Option<&str> {
        self.header("content-type").map(form::without_parameters)
    }

    /// The parts of a multipart form; `None` if the body is anything else.
    pub(super) fn parts(&self) -> Option<Vec<Part>> {
        form::parts(self.header("content-type")?, self.body?)
    }

    /// The first value of a query parameter, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(super) fn last_segment(&self) -> &str {
        self.segments.last().copied().unwrap_or_default()
    }
}

/// What became of a call whose work was done after its answer.
#[derive(Debug)]
pub(crate) struct Settled {
    /// The number of the call in the journal.
    pub(crate) sequence: u64,
    pub(crate) took_effect: bool,
    /// The ids of the tickets that were deleted.
    pub(crate) deleted: Vec<String>,
}

/// A vendor as the sandbox calls it.
pub(crate) trait VendorServer: ErrorFormat + Send {
    /// The endpoint for a method and a path. Checks nothing else.
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint>;
    /// Whether the headers of a call have the vendor's credentials.
    fn knows(&self, call: &Call<'_>) -> bool;
    /// Checks the credentials, then the quota.
    fn admit(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply>;
    /// The ids of the tickets that an admitted call names. Ids in bodies that are not as documented may be missing.
    fn named_ids(&self, endpoint: Endpoint, call: &Call<'_>) -> Vec<String>;
    /// Handles an admitted call.
    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply;
    /// Does the work whose time has come. By default there is none: each call is done when it is answered.
    fn settle(&mut self, now: Instant, date: Date) -> Vec<Settled> {
        let _ = (now, date);
        Vec::new()
    }
    /// Whether lists begin with the newest ticket.
    fn lists_newest_first(&self) -> bool {
        false
    }
    /// Whether an endpoint handles one request at a time and answers concurrent ones with 503.
    fn one_at_a_time(&self) -> bool {
        false
    }
    /// Adds a ticket without a request and returns its id.
    fn add(&mut self, seed: TicketSeed, date: Date) -> String;
    /// Adds a message without a request and returns its id; `None` if no ticket has this id.
    fn add_message(
        &mut self,
        id: &str,
        kind: MessageKind,
        text: &str,
        date: Date,
    ) -> Option<String> {
        let store = self.store_mut();
        store.get(id)?;
        let message = store.message(kind, text, date);
        let number = message.number;
        store.change(id, |ticket| ticket.messages.push(message))?;
        Some(number.to_string())
    }
    /// The record of a ticket, with all of the vendor's fields.
    fn record(&self, ticket: &Ticket) -> TicketRecord;
    /// The vendor's tickets.
    fn store(&self) -> &Store;
    /// The vendor's tickets, for changes without a request.
    fn store_mut(&mut self) -> &mut Store;
}

/// Applies the ticket's changes to the fields of a new ticket.
pub(super) fn with_changes(mut fields: Map<String, Value>, ticket: &Ticket) -> Map<String, Value> {
    let changes = ticket.changes.iter();
    fields.extend(changes.map(|(name, value)| (name.clone(), value.clone())));
    fields
}

/// An id in a body: a text or a number.
pub(super) fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Sets a field of an object.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}

/// A JSON object literal as a map.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
