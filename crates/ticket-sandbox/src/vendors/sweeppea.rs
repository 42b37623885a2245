//! Sweeppea: everything under `/tickets/`, all of it POST.
//!
//! Documented by the vendor: bodies, messages, the numbers of the limits. Inferred: the replies to texts over the
//! limits and to a body that is not a JSON object; that a lock also prevents updating and resolving; the gateway's
//! 404.

mod change;
mod create;
mod list;
mod record;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, VendorServer};
use crate::calendar::Date;
use crate::credentials::SWEEPPEA_API_KEY;
use crate::quota::Counter;
use crate::reply::{ErrorFormat, Reply};
use crate::store::{List, Store, Ticket};
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Endpoint;
use record::{attributes, printed, resolution};

const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_API_CALLS: u64 = 100_000;

/// Which edition of the vendor's documentation the replies of Sweeppea follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Wording {
    /// The edition of early 2026: short messages, no `Help`, no `Telemetry`, no `AssignedTo`.
    Old,
    /// The later edition.
    #[default]
    New,
}

#[derive(Debug)]
pub(crate) struct Sweeppea {
    store: Store,
    counter: Option<Counter>,
    wording: Wording,
    one_at_a_time: bool,
    calls: u64,
}

impl Sweeppea {
    pub(crate) fn new(counter: Option<Counter>, wording: Wording, one_at_a_time: bool) -> Self {
        Self {
            store: Store::new(2_650_479, 1, place),
            counter,
            wording,
            one_at_a_time,
            calls: 0,
        }
    }

    pub(crate) fn seed(&mut self, date: Date) {
        for (seed, id, description) in [
            (
                TicketSeed::new("Spam entry on the landing page"),
                "2531581",
                "The same text forty times",
            ),
            (
                TicketSeed::new("Issue with sweepstakes entry"),
                "2650478",
                "Users are unable to submit entries",
            ),
            (
                TicketSeed::new("Issue with sweepstakes configuration")
                    .attribute("ResourceAffected", "renaissance")
                    .attribute("Views", 5)
                    .attribute("Completion", 50),
                "HYXTNJV",
                "<p>Unable to configure the entry page settings...</p>",
            ),
            (
                TicketSeed::new("Resolved").closed(),
                "2490017",
                "Closed long ago",
            ),
            (
                TicketSeed::new("Foreign").owned_by_other(),
                "2490018",
                "Of another user",
            ),
            (
                TicketSeed::new("Locked").locked(),
                "ABC1234",
                "In the engineers' workshop",
            ),
        ] {
            self.add(seed.id(id).description(description), date);
        }
        let note = "Investigating the issue...";
        let note = self.store.message(MessageKind::Note, note, date);
        self.store
            .change("HYXTNJV", |ticket| ticket.messages.push(note));
    }

    fn worded<'a>(&self, old: &'a str, new: &'a str) -> &'a str {
        match self.wording {
            Wording::Old => old,
            Wording::New => new,
        }
    }

    fn authenticate(&self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        match call.bearer() {
            Some(SWEEPPEA_API_KEY) => Ok(()),
            Some(key) if !key.is_empty() => Err(self.error(Some(endpoint), 403)),
            _ => Err(self.error(Some(endpoint), 401)),
        }
    }

    fn count(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        let admitted = self
            .counter
            .as_mut()
            .is_none_or(|counter| counter.admit(call.now));
        if !admitted {
            return Err(self.error(Some(endpoint), 429));
        }
        self.calls += 1;
        Ok(())
    }

    /// Adds the call counters of the later edition.
    fn with_telemetry(&self, mut body: Value) -> Value {
        if let (Wording::New, Some(body)) = (self.wording, body.as_object_mut()) {
            body.insert(
                "Telemetry".into(),
                json!({ "DataConsumed": 0, "APICalls": self.calls, "MaxAPICalls": MAX_API_CALLS }),
            );
        }
        body
    }

    /// A 400. In the later edition it includes the expected body.
    fn invalid(&self, message: &str, expected: &Value) -> Reply {
        let mut body = refusal(400, message);
        if let (Wording::New, Some(body)) = (self.wording, body.as_object_mut()) {
            body.insert("Help".into(), json!({ "ExpectedBody": expected }));
        }
        Reply::json(400, &body)
    }

    fn missing_case_id(&self) -> Reply {
        self.invalid(
            "Missing Required Field: CaseId is required",
            &json!({ "CaseId": "string (required) \u{2014} case id of the ticket" }),
        )
    }

    fn get(&self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let Some(id) = text(&body, "caseNumber") else {
            return Reply::json(400, &refusal(400, "Missing caseNumber"));
        };
        match self.store.get(id) {
            Some(ticket) if !ticket.owned_by_other => {
                let body = json!({ "Response": true, "Data": printed(ticket) });
                Reply::json(200, &self.with_telemetry(body))
            }
            _ => self.error(Some(Endpoint::Get), 404),
        }
    }

    fn delete(&mut self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let Some(id) = text(&body, "CaseId") else {
            return self.missing_case_id();
        };
        match self.store.get(id) {
            Some(ticket) if !ticket.closed && !ticket.owned_by_other => {
                if ticket.locked {
                    return locked(id);
                }
            }
            _ => return self.error(Some(Endpoint::Delete), 404),
        }
        self.store.remove(id);
        Reply::json(
            200,
            &json!({ "Response": true, "Message": "Ticket Deleted Successfully" }),
        )
        .changed_state()
    }
}

impl VendorServer for Sweeppea {
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        let ("POST", ["tickets", call]) = (method, segments) else {
            return None;
        };
        match *call {
            "fetchSingleTicket" => Some(Endpoint::Get),
            "fetchOpenTickets" | "fetchClosedTickets" => Some(Endpoint::List),
            "create" => Some(Endpoint::Create),
            "update" => Some(Endpoint::Update),
            "resolve" => Some(Endpoint::Resolve),
            "delete" => Some(Endpoint::Delete),
            _ => None,
        }
    }

    fn knows(&self, call: &Call<'_>) -> bool {
        self.authenticate(Endpoint::Get, call).is_ok()
    }

    fn admit(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        self.authenticate(endpoint, call)?;
        self.count(endpoint, call)
    }

    fn named_ids(&self, endpoint: Endpoint, call: &Call<'_>) -> Vec<String> {
        let key = match endpoint {
            Endpoint::Get => "caseNumber",
            Endpoint::Update | Endpoint::Resolve | Endpoint::Delete => "CaseId",
            _ => return Vec::new(),
        };
        let body = call.json_object().unwrap_or_default();
        text(&body, key).map(str::to_owned).into_iter().collect()
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        match endpoint {
            Endpoint::Get => self.get(call),
            Endpoint::List => self.list(call),
            Endpoint::Create => self.create(call),
            Endpoint::Update => self.update(call),
            Endpoint::Resolve => self.resolve(call),
            Endpoint::Delete => self.delete(call),
            Endpoint::Authenticate
            | Endpoint::Messages
            | Endpoint::Comment
            | Endpoint::Attachments
            | Endpoint::Lookup
            | Endpoint::Stage
            | Endpoint::Job => self.no_endpoint(),
        }
    }

    fn lists_newest_first(&self) -> bool {
        true
    }

    fn one_at_a_time(&self) -> bool {
        self.one_at_a_time
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let mut ticket = self.store.ticket(seed, date);
        let id = ticket.id.clone();
        if ticket.closed {
            let mut changes = resolution(&ticket, date);
            changes.append(&mut ticket.changes);
            ticket.changes = changes;
        }
        self.store.insert(ticket);
        id
    }

    fn record(&self, ticket: &Ticket) -> TicketRecord {
        ticket.record(attributes(ticket))
    }

    fn store(&self) -> &Store {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

/// Open and closed tickets are in separate lists, in order of age. Other users' tickets are in no list.
fn place(ticket: &Ticket) -> Option<(List, u64)> {
    let list = if ticket.closed {
        List::Closed
    } else {
        List::Open
    };
    (!ticket.owned_by_other).then_some((list, 0))
}

impl ErrorFormat for Sweeppea {
    fn error(&self, endpoint: Option<Endpoint>, status: u16) -> Reply {
        // In both editions, update has its own message without a code.
        match (endpoint, status) {
            (Some(Endpoint::Update), 401) => return codeless(401, "Unauthorized: Missing token"),
            (Some(Endpoint::Update), 404) => return codeless(404, "Ticket not found"),
            (Some(Endpoint::Update), 500) => {
                return codeless(500, "Internal server error: unexpected failure");
            }
            _ => {}
        }
        let message = match status {
            404 => match endpoint {
                Some(Endpoint::Get) => "Ticket Not Found or Access Denied",
                Some(Endpoint::Resolve) => "Ticket Not Found or Already Closed",
                Some(Endpoint::Delete) => "Ticket Not Found, Already Closed, or Not Owned by User",
                _ => return Reply::empty(404),
            },
            401 => self.worded(
                "Invalid or Missing Bearer Token",
                "Missing or invalid Bearer token. Send your API token in the Authorization header \
                 as: Authorization: Bearer YOUR_API_TOKEN",
            ),
            403 => self.worded(
                "Invalid API Token",
                "Invalid API token. It does not match any account.",
            ),
            429 => {
                let calls = self
                    .counter
                    .as_ref()
                    .map_or(150, |counter| counter.quota().calls);
                let message = format!(
                    "Rate limit exceeded. Your plan allows {calls} API calls per minute. Wait a \
                     few seconds and try again."
                );
                return Reply::json(429, &refusal(429, &message)).header("retry-after", "60");
            }
            500 => self.worded(
                "Internal Server Error",
                "Internal server error. Please try again; if it persists, contact support with \
                 the time of this request.",
            ),
            _ => return Reply::empty(status),
        };
        Reply::json(status, &refusal(status, message))
    }

    fn no_endpoint(&self) -> Reply {
        Reply::json(404, &json!({ "message": "Not Found" }))
    }

    fn error_inside_200(&self) -> Reply {
        Reply {
            status: 200,
            ..self.error(None, 500)
        }
    }
}

fn refusal(status: u16, message: &str) -> Value {
    json!({ "Response": false, "Message": message, "Code": status })
}

/// The error reply of an update, which has no code.
fn codeless(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "Response": false, "Message": message }))
}

fn locked(id: &str) -> Reply {
    let message = format!(
        "Ticket {id} is locked while our engineering team works on it. It can be deleted once that \
         work is finished."
    );
    Reply::json(409, &refusal(409, &message))
}

/// The error message for the first field that is too long.
fn too_long<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str, usize)>) -> Option<String> {
    fields
        .into_iter()
        .find(|(_, value, most)| value.chars().count() > *most)
        .map(|(name, _, most)| format!("{name} is longer than {most} characters"))
}

/// The value of a field if it is a non-empty string.
fn text<'a>(body: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    body.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}
