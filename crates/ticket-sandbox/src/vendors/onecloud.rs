//! OneCloud (OneBox): the `ticketrz` and `ticket` resources and the tokens.
//!
//! Documented by the vendor: the paths, the 200 and 401 replies. Inferred: the replies to all other invalid calls
//! (400, 404, a missing or unknown token), and that token requests do not count against the daily quota.

mod list;
mod messages;
mod record;
mod token;

use std::time::Duration;

use serde_json::{Value, json};

use super::call::{Call, VendorServer};
use crate::calendar::Date;
use crate::reply::{ErrorFormat, Reply};
use crate::store::{List, Store, Ticket};
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Endpoint;
use record::{attributes, number, printed, printed_attributes};
use token::{TokenState, Tokens, wrong_credentials};

const OVER_QUOTA: &str = "time limit reached please try again tomorrow at 18:00 - 06:00";
const REQUIRED: [&str; 5] = ["fullName", "contact", "subject", "category", "content"];

#[derive(Debug)]
pub(crate) struct OneCloud {
    store: Store,
    tokens: Tokens,
    /// Calls left for today; `None` for no quota.
    calls_left: Option<u64>,
    quirks: Quirks,
}

/// Behaviour that some of the vendor's samples show and others do not.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Quirks {
    /// A page has one row more than requested.
    pub(crate) extra_row: bool,
    /// The maximum number of rows in a page, even if more are requested.
    pub(crate) largest_page: Option<usize>,
    /// Messages after the first one are nested in another object.
    pub(crate) nested_messages: bool,
}

impl OneCloud {
    pub(crate) fn new(calls: Option<u64>, quirks: Quirks) -> Self {
        Self {
            store: Store::new(515_090, 2_325_772, |ticket| {
                Some((List::Open, number(&ticket.id)))
            }),
            tokens: Tokens::new(),
            calls_left: calls,
            quirks,
        }
    }

    pub(crate) fn expire_token(&mut self) {
        self.tokens.expire();
    }

    /// Refuses the next token as expired for this time after it is issued.
    pub(crate) fn refuse_next_token(&mut self, time: Duration) {
        self.tokens.refuse_next(time);
    }

    pub(crate) fn exhaust_quota(&mut self) {
        self.calls_left = Some(0);
    }

    pub(crate) fn seed(&mut self, date: Date) {
        for (id, subject) in [("121", "Subscribe to onebox"), ("1212", "Price list")] {
            self.add(TicketSeed::new(subject).id(id).description("Hello"), date);
        }
        let seed = TicketSeed::new("brosur").id("1234").description("xxx");
        self.add(
            TicketSeed {
                attributes: printed_attributes(),
                ..seed.closed()
            },
            date,
        );
    }

    fn authenticate(&self, call: &Call<'_>) -> Result<(), Reply> {
        let Some(token) = call.bearer() else {
            return Err(self.error(None, 401));
        };
        match self.tokens.state_of(token, call.now) {
            TokenState::Valid => Ok(()),
            TokenState::Expired => Err(refusal(401, &json!(401), "Expired token", &Value::Null)),
            TokenState::Unknown => Err(refusal(401, &json!(401), "jwt token invalid", &json!(""))),
        }
    }

    fn count(&mut self, endpoint: Endpoint) -> Result<(), Reply> {
        match &mut self.calls_left {
            None => Ok(()),
            Some(0) => {
                // The vendor documents the code as a string for Get and Find and as a number for the other endpoints.
                let code = match endpoint {
                    Endpoint::Get | Endpoint::List => json!("401"),
                    _ => json!(401),
                };
                Err(refusal(401, &code, OVER_QUOTA, &json!("")))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn get(&self, call: &Call<'_>) -> Reply {
        match self.store.get(call.last_segment()) {
            Some(ticket) => Reply::json(200, &printed(ticket)),
            None => Reply::empty(404),
        }
    }

    fn create(&mut self, call: &Call<'_>) -> Reply {
        let Some(body) = call.json_object() else {
            return refusal(400, &json!("400"), "body is not a JSON object", &json!(""));
        };
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        if let Some(missing) = REQUIRED.iter().find(|key| text(key).is_empty()) {
            let message = format!("{missing} is required");
            return refusal(400, &json!("400"), &message, &json!(""));
        }
        let seed = TicketSeed::new(text("subject")).description(text("content"));
        let mut ticket = self.file(seed, call.date);
        let id = ticket.id.clone();
        ticket.created_from = Some(Value::Object(body));
        self.store.insert(ticket);
        Reply::json(
            200,
            &json!({ "response_code": "200", "response_status": "Success", "ticketId": id }),
        )
        .changed_state()
    }

    /// Creates a ticket whose text is its first message. Does not insert it.
    fn file(&mut self, seed: TicketSeed, date: Date) -> Ticket {
        let mut ticket = self.store.ticket(seed, date);
        if !ticket.description.is_empty() {
            let message = self
                .store
                .message(MessageKind::Incoming, &ticket.description, date);
            ticket.messages.push(message);
        }
        ticket
    }

    fn delete(&mut self, call: &Call<'_>) -> Reply {
        match self.store.remove(call.last_segment()) {
            Some(_) => Reply::json(200, &json!({})).changed_state(),
            None => Reply::empty(404),
        }
    }
}

impl VendorServer for OneCloud {
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        match (method, segments) {
            ("GET", ["api", "ticketrz", id]) if !id.is_empty() => Some(Endpoint::Get),
            ("DELETE", ["api", "ticketrz", id]) if !id.is_empty() => Some(Endpoint::Delete),
            ("GET", ["api", "ticketrz"]) => Some(Endpoint::List),
            ("POST", ["api", "ticket", "create"]) => Some(Endpoint::Create),
            ("GET", ["api", "ticket", "conversations", id]) if !id.is_empty() => {
                Some(Endpoint::Messages)
            }
            ("POST", ["api", "authenticate"]) => Some(Endpoint::Authenticate),
            _ => None,
        }
    }

    fn knows(&self, call: &Call<'_>) -> bool {
        self.authenticate(call).is_ok()
    }

    fn admit(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        if endpoint == Endpoint::Authenticate {
            return Ok(());
        }
        self.authenticate(call)?;
        self.count(endpoint)
    }

    fn named_ids(&self, endpoint: Endpoint, call: &Call<'_>) -> Vec<String> {
        match endpoint {
            Endpoint::Get | Endpoint::Delete | Endpoint::Messages => {
                vec![call.last_segment().to_owned()]
            }
            _ => Vec::new(),
        }
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        match endpoint {
            Endpoint::Authenticate => self.tokens.ask(call),
            Endpoint::Get => self.get(call),
            Endpoint::List => self.list(call),
            Endpoint::Messages => self.messages(call),
            Endpoint::Create => self.create(call),
            Endpoint::Delete => self.delete(call),
            Endpoint::Update
            | Endpoint::Resolve
            | Endpoint::Comment
            | Endpoint::Attachments
            | Endpoint::Lookup
            | Endpoint::Stage
            | Endpoint::Job => self.no_endpoint(),
        }
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let ticket = self.file(seed, date);
        let id = ticket.id.clone();
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

impl ErrorFormat for OneCloud {
    fn error(&self, endpoint: Option<Endpoint>, status: u16) -> Reply {
        match status {
            401 if endpoint == Some(Endpoint::Authenticate) => wrong_credentials(""),
            401 => refusal(401, &json!(401), "jwt token not found", &json!("")),
            _ => Reply::empty(status),
        }
    }

    fn no_endpoint(&self) -> Reply {
        Reply::html(404)
    }

    fn error_inside_200(&self) -> Reply {
        refusal(200, &json!("500"), "internal error", &json!(""))
    }
}

/// The error envelope. `blank` is the value of its unused fields: null or an empty string.
fn refusal(status: u16, code: &Value, message: &str, blank: &Value) -> Reply {
    Reply::json(
        status,
        &json!({
            "_meta": { "status": "ERROR", "count": 1 },
            "records": {
                "errorCode": code,
                "userMessage": message,
                "devMessage": blank,
                "more": null,
                "applicationCode": blank,
            },
        }),
    )
}
