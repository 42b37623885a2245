//! OneCloud (OneBox): Get, Create and Remove of the `ticketrz` and `ticket` resources.
//!
//! Printed by the vendor: the paths, the 200s, the two 401s. Inferred: every answer to a call
//! that is wrong in another way (400, 404, a missing or foreign token).

mod record;

use serde_json::{Value, json};

use super::{Call, VendorServer};
use crate::answer::{ErrorForms, Reply};
use crate::calendar::Date;
use crate::credentials::ONECLOUD_TOKEN;
use crate::store::{Store, TicketSeed};
use crate::vendor::Endpoint;
use record::{open_attributes, printed, printed_attributes};

const OVER_QUOTA: &str = "time limit reached please try again tomorrow at 18:00 - 06:00";
const REQUIRED: [&str; 5] = ["fullName", "contact", "subject", "category", "content"];

#[derive(Debug)]
pub(crate) struct OneCloud {
    store: Store,
    expired: bool,
    /// Calls left for today; `None` where nobody counts.
    calls_left: Option<u64>,
}

impl OneCloud {
    pub(crate) fn new(calls: Option<u64>) -> Self {
        Self {
            store: Store::new(515_090),
            expired: false,
            calls_left: calls,
        }
    }

    pub(crate) fn expire_token(&mut self) {
        self.expired = true;
    }

    pub(crate) fn exhaust_quota(&mut self) {
        self.calls_left = Some(0);
    }

    pub(crate) fn seed(&mut self, date: Date) {
        for (id, subject) in [("121", "Subscribe to onebox"), ("1212", "Price list")] {
            self.add(TicketSeed::new(subject).id(id).description("Hello"), date);
        }
        let seed = TicketSeed::new("brosur").id("1234").description("xxx");
        let mut record = self.store.record(seed.closed());
        record.attributes = printed_attributes();
        self.store.insert(record);
    }

    fn authenticate(&self, call: &Call<'_>) -> Result<(), Reply> {
        match call.bearer() {
            None => Err(self.error(401)),
            Some(ONECLOUD_TOKEN) if self.expired => {
                Err(refusal(401, &json!(401), "Expired token", &Value::Null))
            }
            Some(ONECLOUD_TOKEN) => Ok(()),
            Some(_) => Err(refusal(401, &json!(401), "jwt token invalid", &json!(""))),
        }
    }

    fn count(&mut self, endpoint: Endpoint) -> Result<(), Reply> {
        match &mut self.calls_left {
            None => Ok(()),
            Some(0) => {
                // The pages print the code as text for Get and as a number for the others.
                let code = match endpoint {
                    Endpoint::Get => json!("401"),
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
            Some(record) => Reply::json(200, &printed(record)),
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
        let mut record = self.store.record(seed);
        let id = record.id.clone();
        record.attributes = open_attributes(call.date);
        record.created_from = Some(Value::Object(body));
        self.store.insert(record);
        Reply::json(
            200,
            &json!({ "response_code": "200", "response_status": "Success", "ticketId": id }),
        )
        .effective()
    }

    fn delete(&mut self, call: &Call<'_>) -> Reply {
        match self.store.remove(call.last_segment()) {
            Some(_) => Reply::json(200, &json!({})).effective(),
            None => Reply::empty(404),
        }
    }
}

impl VendorServer for OneCloud {
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        match (method, segments) {
            ("GET", ["api", "ticketrz", id]) if !id.is_empty() => Some(Endpoint::Get),
            ("DELETE", ["api", "ticketrz", id]) if !id.is_empty() => Some(Endpoint::Delete),
            ("POST", ["api", "ticket", "create"]) => Some(Endpoint::Create),
            _ => None,
        }
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        if let Err(refused) = self.authenticate(call).and_then(|()| self.count(endpoint)) {
            return refused;
        }
        match endpoint {
            Endpoint::Get => self.get(call),
            Endpoint::Create => self.create(call),
            Endpoint::Delete => self.delete(call),
        }
    }

    fn no_endpoint(&self) -> Reply {
        Reply::html(404)
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let mut record = self.store.record(seed);
        let id = record.id.clone();
        record.attributes = open_attributes(date);
        if record.closed {
            record.attributes.insert("StatusId".into(), json!("TS7"));
            record
                .attributes
                .insert("CloseDate".into(), json!(date.spaced()));
        }
        self.store.insert(record);
        id
    }

    fn store(&self) -> &Store {
        &self.store
    }
}

impl ErrorForms for OneCloud {
    fn error(&self, status: u16) -> Reply {
        match status {
            401 => refusal(401, &json!(401), "jwt token not found", &json!("")),
            _ => Reply::empty(status),
        }
    }

    fn error_inside_200(&self) -> Reply {
        refusal(200, &json!("500"), "internal error", &json!(""))
    }
}

/// The error envelope; `blank` is what stands in its unused fields, null or empty text.
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
