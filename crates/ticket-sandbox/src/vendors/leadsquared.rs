//! LeadSquared Service CRM: ticket details, create, update and trash, conversations, portal
//! activities and internal notes.
//!
//! Documented by the vendor: all paths but one, the 200 replies, the statuses and the quota message. Inferred: the
//! path of the details, every error body, the replies to an unknown id, the maximum batch size.

mod account;
mod activity;
mod record;
mod request;
mod update;

use std::collections::HashSet;

use serde_json::{Value, json};

use super::call::{Call, VendorServer, id_text};
use crate::calendar::Date;
use crate::credentials::{LEADSQUARED_ACCESS_KEY, LEADSQUARED_ORG_ID, LEADSQUARED_SECRET_KEY};
use crate::quota::Counter;
use crate::reply::{ErrorFormat, Reply};
use crate::store::{Store, Ticket};
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Endpoint;
pub(crate) use account::Account;
use account::{failure, json_body};
use record::{attributes, guid, is_closed, key, printed};
use request::Request;

#[derive(Debug)]
pub(crate) struct LeadSquared {
    store: Store,
    counter: Option<Counter>,
    /// The number of portal activities so far. Their ids start at 1.
    activities: u64,
    account: Account,
}

impl LeadSquared {
    pub(crate) fn new(counter: Option<Counter>, account: Account) -> Self {
        Self {
            store: Store::new(163, 131, |_| None),
            counter,
            activities: 0,
            account,
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
        for (kind, text) in [
            (MessageKind::Incoming, "Example message"),
            (MessageKind::Outgoing, "Example answer"),
        ] {
            let message = self.store.message(kind, text, date);
            self.store
                .change("143", |ticket| ticket.messages.push(message));
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
            Err(self.error(None, 429))
        }
    }

    fn get(&self, call: &Call<'_>) -> Reply {
        match self.store.get(call.last_segment()) {
            Some(ticket) => Reply::json(200, &printed(ticket)),
            None => Reply::empty(404),
        }
    }

    fn create(&mut self, call: &Call<'_>) -> Reply {
        let request = Request::json(call).or_else(|| Request::form(call));
        let checked = request
            .ok_or_else(|| Reply::empty(400))
            .and_then(|request| request.check(&self.account));
        let request = match checked {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let mut ticket = self.store.ticket(TicketSeed::default(), call.date);
        let message = request
            .is_form
            .then_some("Ticket has been created successfully");
        ticket.created_from = Some(Value::Object(request.body.clone()));
        request.apply(&mut ticket);
        let reply = json!({
            "Status": "Success",
            "ReasonForFailure": null,
            "Id": ticket.id,
            "Message": message,
            "TicketId": guid(&ticket.id),
            "Key": key(&ticket.id),
        });
        self.store.insert(ticket);
        Reply::json(200, &reply).changed_state()
    }

    fn delete(&mut self, call: &Call<'_>) -> Reply {
        let body = json_body(call).unwrap_or_default();
        let ids: Option<Vec<Value>> = match body.get("TicketIds") {
            Some(Value::Array(ids)) if !ids.is_empty() && ids.len() <= self.account.max_delete => {
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
        let ["api", "tenants", _, rest @ ..] = segments else {
            return None;
        };
        match (method, rest) {
            ("GET", ["tickets", id]) if !id.is_empty() => Some(Endpoint::Get),
            ("POST", ["tickets"]) => Some(Endpoint::Create),
            ("PUT", ["tickets", "trash"]) => Some(Endpoint::Delete),
            ("PUT", ["tickets", id, "update"]) if !id.is_empty() => Some(Endpoint::Update),
            ("POST", ["conversation", "filter"]) => Some(Endpoint::Messages),
            // The only path with the singular `ticket`.
            ("POST", ["ticket", id, "portal", "activity"]) if !id.is_empty() => {
                Some(Endpoint::Comment)
            }
            ("POST", ["internalnote", "upload"]) => Some(Endpoint::Comment),
            _ => None,
        }
    }

    fn knows(&self, call: &Call<'_>) -> bool {
        Self::authenticate(call).is_ok()
    }

    fn admit(&mut self, _endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        Self::authenticate(call)?;
        self.count(call)
    }

    fn named_ids(&self, endpoint: Endpoint, call: &Call<'_>) -> Vec<String> {
        let in_path = call.segments.get(4).copied();
        let body = || json_body(call).unwrap_or_default();
        let field = |name: &str| body().get(name).and_then(id_text).into_iter().collect();
        match (endpoint, in_path) {
            (Endpoint::Delete, _) => {
                let ids = body().remove("TicketIds").unwrap_or_default();
                let ids = ids.as_array().map(Vec::as_slice).unwrap_or_default();
                ids.iter().filter_map(id_text).collect()
            }
            (Endpoint::Messages, _) => field("TicketId"),
            (Endpoint::Comment, Some("upload")) => field("RelatedTicketId"),
            (Endpoint::Get | Endpoint::Update | Endpoint::Comment, Some(id)) => {
                vec![id.to_owned()]
            }
            _ => Vec::new(),
        }
    }

    fn call(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Reply {
        if call.segments.get(2) != Some(&LEADSQUARED_ORG_ID) {
            return Reply::empty(404);
        }
        match endpoint {
            Endpoint::Get => self.get(call),
            Endpoint::Create => self.create(call),
            Endpoint::Update => self.update(call),
            Endpoint::Delete => self.delete(call),
            Endpoint::Messages => self.conversations(call),
            Endpoint::Comment if call.last_segment() == "upload" => self.internal_note(call),
            Endpoint::Comment => self.portal_activity(call),
            Endpoint::Authenticate
            | Endpoint::List
            | Endpoint::Resolve
            | Endpoint::Attachments
            | Endpoint::Lookup
            | Endpoint::Stage
            | Endpoint::Job => self.no_endpoint(),
        }
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let mut ticket = self.store.ticket(seed, date);
        let id = ticket.id.clone();
        if let Some(Value::String(status)) = ticket.changes.get("Status") {
            ticket.closed = is_closed(status);
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

impl ErrorFormat for LeadSquared {
    fn error(&self, _endpoint: Option<Endpoint>, status: u16) -> Reply {
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
        match self.account.retry_after {
            Some(seconds) => reply.header("retry-after", seconds.to_string()),
            None => reply,
        }
    }

    fn no_endpoint(&self) -> Reply {
        Reply::html(404)
    }

    fn error_inside_200(&self) -> Reply {
        failure(None, "Internal error")
    }
}

/// An id as the reply returns it: a number, or the text that was sent if it is not a number.
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
