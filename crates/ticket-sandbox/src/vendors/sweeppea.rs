//! Sweeppea: `/tickets/fetchSingleTicket`, `/tickets/create`, `/tickets/delete`, all POST.
//!
//! Printed by the vendor: bodies, messages, the limits' numbers. Inferred: the answers above the
//! text limits and to a body that is no JSON object, and the gateway's 404.

mod record;

use serde_json::{Map, Value, json};

use super::{Call, VendorServer, object};
use crate::answer::{ErrorForms, Reply};
use crate::calendar::Date;
use crate::credentials::SWEEPPEA_API_KEY;
use crate::quota::Counter;
use crate::store::{Store, TicketSeed};
use crate::vendor::Endpoint;
use record::{attributes, printed};

const MAX_TITLE: usize = 200;
const MAX_DESCRIPTION: usize = 20_000;
const MAX_API_CALLS: u64 = 100_000;
/// The administrator of the printed sample, the only one there is.
const ADMIN: (&str, &str) = ("Admin User", "support@yourdomain.com");

/// Which edition of the vendor's pages the Sweeppea server words its answers by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Wording {
    /// The pages of early 2026: short messages, no `Help`, no `Telemetry`, no `AssignedTo`.
    Old,
    /// The later pages.
    #[default]
    New,
}

#[derive(Debug)]
pub(crate) struct Sweeppea {
    store: Store,
    counter: Option<Counter>,
    wording: Wording,
    calls: u64,
}

impl Sweeppea {
    pub(crate) fn new(counter: Option<Counter>, wording: Wording) -> Self {
        Self {
            store: Store::new(2_650_479),
            counter,
            wording,
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
                TicketSeed::new("Issue with sweepstakes configuration"),
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
    }

    fn worded<'a>(&self, old: &'a str, new: &'a str) -> &'a str {
        match self.wording {
            Wording::Old => old,
            Wording::New => new,
        }
    }

    fn authenticate(&self, call: &Call<'_>) -> Result<(), Reply> {
        match call.bearer() {
            Some(SWEEPPEA_API_KEY) => Ok(()),
            Some(key) if !key.is_empty() => Err(self.error(403)),
            _ => Err(self.error(401)),
        }
    }

    fn count(&mut self, call: &Call<'_>) -> Result<(), Reply> {
        let admitted = self
            .counter
            .as_mut()
            .is_none_or(|counter| counter.admit(call.now));
        if !admitted {
            return Err(self.error(429));
        }
        self.calls += 1;
        Ok(())
    }

    /// Adds the call counters that the later pages show.
    fn with_telemetry(&self, mut body: Value) -> Value {
        if let (Wording::New, Some(body)) = (self.wording, body.as_object_mut()) {
            body.insert(
                "Telemetry".into(),
                json!({ "DataConsumed": 0, "APICalls": self.calls, "MaxAPICalls": MAX_API_CALLS }),
            );
        }
        body
    }

    /// A 400, with the expected body where the later pages have it.
    fn invalid(&self, message: &str, expected: &Value) -> Reply {
        let mut body = refusal(400, message);
        if let (Wording::New, Some(body)) = (self.wording, body.as_object_mut()) {
            body.insert("Help".into(), json!({ "ExpectedBody": expected }));
        }
        Reply::json(400, &body)
    }

    fn get(&self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let Some(id) = text(&body, "caseNumber") else {
            return Reply::json(400, &refusal(400, "Missing caseNumber"));
        };
        match self.store.get(id) {
            Some(record) if !record.owned_by_other => {
                let body = json!({ "Response": true, "Data": printed(record) });
                Reply::json(200, &self.with_telemetry(body))
            }
            _ => Reply::json(404, &refusal(404, "Ticket Not Found or Access Denied")),
        }
    }

    fn create(&mut self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let request = match self.check_create(&body) {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let seed = TicketSeed::new(request.title).description(request.description);
        let mut record = self.store.record(seed);
        record.attributes = attributes(call.date);
        record
            .attributes
            .insert("Priority".into(), json!(request.priority));
        let mut data = json!({
            "CaseNumber": record.id,
            "Subject": record.subject,
            "Priority": request.priority,
            "ResourceAffected": "General",
            "CreationDate": call.date.utc_millis(),
            "Status": "Open",
        });
        if let (Wording::New, Some(data)) = (self.wording, data.as_object_mut()) {
            let admin = json!({ "FullName": ADMIN.0, "Email": ADMIN.1 });
            data.insert(
                "AssignedTo".into(),
                if request.assigned { admin } else { Value::Null },
            );
        }
        record.created_from = Some(Value::Object(body));
        self.store.insert(record);
        let reply = json!({
            "Response": true, "Message": "Ticket Created Successfully", "Data": data,
        });
        Reply::json(201, &self.with_telemetry(reply)).effective()
    }

    fn check_create<'a>(&self, body: &'a Map<String, Value>) -> Result<NewTicket<'a>, Reply> {
        let expected = json!({
            "Title": "string (required) \u{2014} Ticket subject/title, max 200 characters",
            "Description":
                "string (required) \u{2014} Detailed description of the issue, max 20,000 characters",
            "Priority": "number (required) \u{2014} Priority level: 1 (Low), 2 (Medium), 3 (High)",
            "AssignTo": "string (optional) \u{2014} Name or email of an admin user",
        });
        let (Some(title), Some(description), Some(priority)) = (
            text(body, "Title"),
            text(body, "Description"),
            body.get("Priority").filter(|priority| !priority.is_null()),
        ) else {
            return Err(self.invalid(
                "Missing Required Fields: Title, Description and Priority are required",
                &expected,
            ));
        };
        let Some(priority) = priority.as_u64().filter(|number| (1..=3).contains(number)) else {
            return Err(self.invalid(
                "Invalid Priority Value. Must be 1 (Low), 2 (Medium), or 3 (High)",
                &expected,
            ));
        };
        for (name, value, most) in [
            ("Title", title, MAX_TITLE),
            ("Description", description, MAX_DESCRIPTION),
        ] {
            if value.chars().count() > most {
                let message = format!("{name} is longer than {most} characters");
                return Err(self.invalid(&message, &expected));
            }
        }
        let assign_to = text(body, "AssignTo");
        if let Some(who) = assign_to {
            if !who.eq_ignore_ascii_case(ADMIN.0) && who != ADMIN.1 {
                let message = format!(
                    "No admin user found matching \"{who}\". Only admin users can be assigned to \
                     tickets. Provide a valid admin name or email."
                );
                return Err(Reply::json(400, &refusal(400, &message)));
            }
        }
        Ok(NewTicket {
            title,
            description,
            priority,
            assigned: assign_to.is_some(),
        })
    }

    fn delete(&mut self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let Some(id) = text(&body, "CaseId") else {
            return self.invalid(
                "Missing Required Field: CaseId is required",
                &json!({ "CaseId": "string (required) \u{2014} case id of the ticket" }),
            );
        };
        match self.store.get(id) {
            Some(record) if !record.closed && !record.owned_by_other => {
                if record.locked {
                    let message = format!(
                        "Ticket {id} is locked while our engineering team works on it. It can be \
                         deleted once that work is finished."
                    );
                    return Reply::json(409, &refusal(409, &message));
                }
            }
            _ => {
                let message = "Ticket Not Found, Already Closed, or Not Owned by User";
                return Reply::json(404, &refusal(404, message));
            }
        }
        self.store.remove(id);
        Reply::json(
            200,
            &json!({ "Response": true, "Message": "Ticket Deleted Successfully" }),
        )
        .effective()
    }
}

/// A create call that is in order.
struct NewTicket<'a> {
    title: &'a str,
    description: &'a str,
    priority: u64,
    assigned: bool,
}

impl VendorServer for Sweeppea {
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        match (method, segments) {
            ("POST", ["tickets", "fetchSingleTicket"]) => Some(Endpoint::Get),
            ("POST", ["tickets", "create"]) => Some(Endpoint::Create),
            ("POST", ["tickets", "delete"]) => Some(Endpoint::Delete),
            _ => None,
        }
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        if let Err(refused) = self.authenticate(call).and_then(|()| self.count(call)) {
            return refused;
        }
        match endpoint {
            Endpoint::Get => self.get(call),
            Endpoint::Create => self.create(call),
            Endpoint::Delete => self.delete(call),
        }
    }

    fn no_endpoint(&self) -> Reply {
        Reply::json(404, &json!({ "message": "Not Found" }))
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let mut record = self.store.record(seed);
        let id = record.id.clone();
        record.attributes = attributes(date);
        if record.closed {
            record.attributes.extend(object(json!({
                "ClosedBy": "John Doe", "CloseDate": date.utc_millis(), "Completion": 100,
            })));
        }
        self.store.insert(record);
        id
    }

    fn store(&self) -> &Store {
        &self.store
    }
}

impl ErrorForms for Sweeppea {
    fn error(&self, status: u16) -> Reply {
        let message = match status {
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

    fn error_inside_200(&self) -> Reply {
        Reply {
            status: 200,
            ..self.error(500)
        }
    }
}

fn refusal(status: u16, message: &str) -> Value {
    json!({ "Response": false, "Message": message, "Code": status })
}

/// A text that is there and not empty.
fn text<'a>(body: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    body.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}
