//! LeadSquared Service CRM: ticket details, create (JSON) and trash.
//!
//! Printed by the vendor: paths of create and trash, the 200s, the statuses and the sentence of
//! the limit. Inferred: the path of the details, every error body, the answer to an unknown id,
//! the largest batch.

mod record;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Call, VendorServer};
use crate::answer::{ErrorForms, Reply};
use crate::calendar::Date;
use crate::credentials::{LEADSQUARED_ACCESS_KEY, LEADSQUARED_ORG_ID, LEADSQUARED_SECRET_KEY};
use crate::quota::Counter;
use crate::store::{Store, TicketSeed};
use crate::vendor::Endpoint;
use record::{attributes, guid, key, printed, set_field};

#[derive(Debug)]
pub(crate) struct LeadSquared {
    store: Store,
    counter: Option<Counter>,
    /// Seconds for a `Retry-After` header on the 429s; the vendor documents none.
    retry_after: Option<u64>,
    max_delete: usize,
}

impl LeadSquared {
    pub(crate) fn new(
        counter: Option<Counter>,
        retry_after: Option<u64>,
        max_delete: usize,
    ) -> Self {
        Self {
            store: Store::new(163),
            counter,
            retry_after,
            max_delete,
        }
    }

    pub(crate) fn seed(&mut self, date: Date) {
        for (id, title) in [
            ("143", "Update Email Id"),
            ("160", "Test ticket from API"),
            ("161", "Cannot log in"),
            ("162", "Wrong invoice"),
        ] {
            self.add(
                TicketSeed::new(title)
                    .id(id)
                    .description("Example description"),
                date,
            );
        }
    }

    fn authenticate(call: &Call<'_>) -> Result<(), Reply> {
        let known = call.header("x-lsq-access-key") == Some(LEADSQUARED_ACCESS_KEY)
            && call.header("x-lsq-secret-key") == Some(LEADSQUARED_SECRET_KEY);
        if known {
            Ok(())
        } else {
            Err(Reply::empty(401))
        }
    }

    fn count(&mut self, call: &Call<'_>) -> Result<(), Reply> {
        let admitted = self
            .counter
            .as_mut()
            .is_none_or(|counter| counter.admit(call.now));
        if admitted {
            Ok(())
        } else {
            Err(self.error(429))
        }
    }

    fn get(&self, call: &Call<'_>) -> Reply {
        match self.store.get(call.last_segment()) {
            Some(record) => Reply::json(200, &printed(record)),
            None => Reply::empty(404),
        }
    }

    fn create(&mut self, call: &Call<'_>) -> Reply {
        let request = match NewTicket::read(call) {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let seed = TicketSeed::new(request.title).description(request.description);
        let mut record = self.store.record(seed);
        let guid = guid(&record.id);
        record.attributes = attributes(&record, &guid, call.date);
        if let Some(lead) = request.lead {
            record.attributes.insert("LeadId".into(), json!(lead));
        }
        for (name, value) in request.others {
            set_field(&mut record.attributes, &name, value);
        }
        record.created_from = Some(Value::Object(request.body));
        let reply = json!({
            "Status": "Success",
            "ReasonForFailure": null,
            "Id": record.id,
            "Message": null,
            "TicketId": guid,
            "Key": key(&record.id),
        });
        self.store.insert(record);
        Reply::json(200, &reply).effective()
    }

    fn delete(&mut self, call: &Call<'_>) -> Reply {
        let body = json_body(call).unwrap_or_default();
        let ids: Option<Vec<Value>> = match body.get("TicketIds") {
            Some(Value::Array(ids)) if !ids.is_empty() && ids.len() <= self.max_delete => {
                ids.iter().map(ticket_id).collect()
            }
            _ => None,
        };
        let Some(ids) = ids else {
            return Reply::empty(400);
        };
        let (mut deleted, mut failed) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for id in ids {
            let name = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.store.remove(&name) {
                Some(_) => deleted.push(id),
                None => failed.push(id),
            }
        }
        let took_effect = !deleted.is_empty();
        let reply = json!({ "SuccessfulIds": deleted, "FailedIds": failed });
        Reply {
            took_effect,
            ..Reply::json(200, &reply)
        }
    }
}

impl VendorServer for LeadSquared {
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        let ["api", "tenants", _, "tickets", rest @ ..] = segments else {
            return None;
        };
        match (method, rest) {
            ("GET", [id]) if !id.is_empty() => Some(Endpoint::Get),
            ("POST", []) => Some(Endpoint::Create),
            ("PUT", ["trash"]) => Some(Endpoint::Delete),
            _ => None,
        }
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        if let Err(refused) = Self::authenticate(call).and_then(|()| self.count(call)) {
            return refused;
        }
        if call.segments.get(2) != Some(&LEADSQUARED_ORG_ID) {
            return Reply::empty(404);
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
        let guid = guid(&id);
        record.attributes = attributes(&record, &guid, date);
        self.store.insert(record);
        id
    }

    fn store(&self) -> &Store {
        &self.store
    }
}

impl ErrorForms for LeadSquared {
    fn error(&self, status: u16) -> Reply {
        if status != 429 {
            return Reply::empty(status);
        }
        let (calls, seconds) = self.counter.as_ref().map_or((25, 5), |counter| {
            let quota = counter.quota();
            (quota.calls, quota.window.as_secs())
        });
        let reply = Reply::text(
            429,
            format!("API calls exceeded the limit of {calls} in {seconds} second(s)"),
        );
        match self.retry_after {
            Some(seconds) => reply.header("retry-after", seconds.to_string()),
            None => reply,
        }
    }

    fn error_inside_200(&self) -> Reply {
        Reply::json(
            200,
            &json!({
                "Status": "Failure", "ReasonForFailure": "Internal error", "Id": null,
                "Message": null, "TicketId": null, "Key": null,
            }),
        )
    }
}

/// A create call that is in order.
struct NewTicket {
    body: Map<String, Value>,
    title: String,
    description: String,
    lead: Option<String>,
    /// The other fields, by their schema names.
    others: Vec<(String, Value)>,
}

impl NewTicket {
    fn read(call: &Call<'_>) -> Result<Self, Reply> {
        let body = json_body(call).ok_or_else(|| Reply::empty(400))?;
        let mut fields = Vec::new();
        match body.get("Fields") {
            None | Some(Value::Null) => {}
            Some(Value::Array(entries)) => {
                for entry in entries {
                    fields.push(field(entry).ok_or_else(|| Reply::empty(400))?);
                }
            }
            Some(_) => return Err(Reply::empty(400)),
        }
        let text = |name: &str| {
            fields
                .iter()
                .find(|(known, _)| known == name)
                .and_then(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        let given = |key: &str| body.get(key).filter(|value| !value.is_null());
        let lead = given("LeadId")
            .and_then(Value::as_str)
            .filter(|lead| !lead.is_empty());

        let type_id = given("TypeId").ok_or_else(|| mandatory("TypeId"))?;
        let related =
            given("RelatedTicketTypeId").ok_or_else(|| mandatory("RelatedTicketTypeId"))?;
        if *type_id != json!("1") || *related != json!(1) {
            return Err(Reply::empty(400));
        }
        if lead.is_none()
            && text("LeadDetail.EmailAddress").is_none()
            && text("LeadDetail.Phone").is_none()
        {
            return Err(mandatory("leadId"));
        }
        let title = text("Title").ok_or_else(|| mandatory("Title"))?.to_owned();
        let description = text("Description").unwrap_or_default().to_owned();
        let lead = lead.map(str::to_owned);
        fields.retain(|(name, _)| {
            !["Title", "Description", "RelatedCustomerId"].contains(&name.as_str())
                && !name.starts_with("LeadDetail.")
        });
        Ok(Self {
            title,
            description,
            lead,
            others: fields,
            body,
        })
    }
}

/// The 500 that stands for a missing mandatory field, in the form of the vendor's core API.
fn mandatory(name: &str) -> Reply {
    Reply::json(
        500,
        &json!({
            "Status": "Error",
            "ExceptionType": "MXMandatoryAttributeMissingException",
            "ExceptionMessage": format!("'{name}' is mandatory for creating ticket"),
        }),
    )
}

/// The JSON object of a request; the vendor documents 400 for any other content type.
fn json_body(call: &Call<'_>) -> Option<Map<String, Value>> {
    let content_type = call.header("content-type")?.split(';').next()?;
    if !content_type.trim().eq_ignore_ascii_case("application/json") {
        return None;
    }
    call.json_object()
}

fn field(entry: &Value) -> Option<(String, Value)> {
    let name = entry.get("SchemaName")?.as_str()?;
    let value = entry.get("Value").cloned().unwrap_or_default();
    matches!(value, Value::Null | Value::String(_)).then(|| (name.to_owned(), value))
}

/// An id as the reply gives it: a number, or the text that was sent where that is no number.
fn ticket_id(id: &Value) -> Option<Value> {
    match id {
        Value::String(text) => Some(match text.parse::<u64>() {
            Ok(number) => json!(number),
            Err(_) => json!(text),
        }),
        Value::Number(number) => number.as_u64().map(Value::from),
        _ => None,
    }
}
