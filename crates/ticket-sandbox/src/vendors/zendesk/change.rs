//! Reading, creating and updating single tickets.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::record::{
    AGENT, CUSTOM_FIELDS, PRIORITIES, STATUSES, attribute, attributes, is_closed, printed,
};
use super::{Zendesk, host, id, invalid, json_reply, not_found, refusal, with};
use crate::reply::{ErrorFormat as _, Reply};
use crate::store::Ticket;
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendor::Endpoint;
use crate::vendors::call::Call;

/// How long a reply is kept by its key.
const KEPT_FOR: Duration = Duration::from_secs(2 * 60 * 60);

/// The reply to a create, kept by its key.
#[derive(Debug)]
pub(super) struct Kept {
    body: Vec<u8>,
    reply: String,
    location: String,
    since: Instant,
}

/// The keys of a ticket that a request may name. `description` cannot change after the create, which nothing says.
const PERMITTED: [&str; 22] = [
    "subject",
    "comment",
    "requester",
    "requester_id",
    "submitter_id",
    "priority",
    "status",
    "type",
    "tags",
    "custom_fields",
    "external_id",
    "assignee_id",
    "assignee_email",
    "group_id",
    "organization_id",
    "due_at",
    "brand_id",
    "problem_id",
    "description",
    "safe_update",
    "updated_stamp",
    "ticket_form_id",
];

impl Zendesk {
    pub(super) fn get(&self, call: &Call<'_>) -> Reply {
        let Some(ticket) = self.live(&id(call)) else {
            return not_found();
        };
        let mut body = json!({ "ticket": printed(ticket, &host(call)) });
        if includes_users(call) {
            body = with(body, "users", self.people([ticket].into_iter()));
        }
        json_reply(200, &body)
    }

    /// A ticket that is not in the trash.
    pub(super) fn live(&self, id: &str) -> Option<&Ticket> {
        self.store.get(id).filter(|ticket| !ticket.deleted)
    }

    pub(super) fn create(&mut self, call: &Call<'_>) -> Reply {
        let key = call.header("idempotency-key").map(str::to_owned);
        self.kept
            .retain(|_, kept| call.now.duration_since(kept.since) < KEPT_FOR);
        if let Some(kept) = key.as_ref().and_then(|key| self.kept.get(key)) {
            if Some(kept.body.as_slice()) != call.body {
                return refusal(
                    400,
                    "IdempotentRequestError",
                    "Request parameters don't match the given idempotency key",
                );
            }
            let reply = json_reply(201, &Value::Null).body(kept.reply.clone());
            let reply = reply.header("location", kept.location.clone());
            return reply.header("x-idempotency-lookup", "hit");
        }
        let Some(fields) = ticket_of(call) else {
            return self.error(Some(Endpoint::Create), 400);
        };
        let comment = fields.get("comment");
        let has_text = comment
            .and_then(|comment| comment.get("body")?.as_str())
            .or_else(|| fields.get("description")?.as_str())
            .is_some_and(|text| !text.trim().is_empty());
        if !has_text {
            return invalid("comment", "Description: cannot be blank");
        }
        let mut ticket = self.store.ticket(TicketSeed::default(), call.date);
        ticket.created_from = Some(Value::Object(fields.clone()));
        ticket.changes.insert("submitter_id".into(), json!(AGENT));
        ticket.changes.insert("requester_id".into(), json!(AGENT));
        ticket.changes.insert("status".into(), json!("new"));
        let dropped = match self.apply(&mut ticket, &fields, call) {
            Ok(dropped) => dropped,
            Err(refused) => return refused,
        };
        let first = ticket.messages.first();
        ticket.description = first.map_or_else(String::new, |first| first.text.clone());
        let location = format!("{}/api/v2/tickets/{}.json", host(call), ticket.id);
        let audit = self.audit(&ticket, &fields);
        let body = json!({ "ticket": printed(&ticket, &host(call)), "audit": audit }).to_string();
        self.store.insert(ticket);
        let mut reply = json_reply(201, &Value::Null).body(body.clone());
        reply = reply.header("location", location.clone());
        if let Some(key) = key {
            reply = reply.header("x-idempotency-lookup", "miss");
            let kept = Kept {
                body: call.body.unwrap_or_default().to_vec(),
                reply: body,
                location,
                since: call.now,
            };
            self.kept.insert(key, kept);
        }
        warned(reply, &dropped).changed_state()
    }

    pub(super) fn update(&mut self, call: &Call<'_>) -> Reply {
        let Some(known) = self.live(&id(call)) else {
            return not_found();
        };
        let mut ticket = known.clone();
        let Some(fields) = ticket_of(call) else {
            return self.error(Some(Endpoint::Update), 400);
        };
        let is_safe = fields.get("safe_update") == Some(&Value::Bool(true));
        let stamp = attribute(&ticket, "updated_at");
        if is_safe && fields.get("updated_stamp") != Some(&stamp) {
            return self.error(Some(Endpoint::Update), 409);
        }
        if attribute(&ticket, "status") == "closed" {
            return invalid("status", "Status: closed prevents ticket update");
        }
        if ticket.locked {
            return invalid("base", "The ticket cannot be changed now");
        }
        let before = attributes(&ticket);
        let subject = ticket.subject.clone();
        let messages = ticket.messages.len();
        let dropped = match self.apply(&mut ticket, &fields, call) {
            Ok(dropped) => dropped,
            Err(refused) => return refused,
        };
        let took_effect = attributes(&ticket) != before
            || ticket.subject != subject
            || ticket.messages.len() != messages;
        if took_effect {
            // Whole seconds; at least one later than before, so that the stamp differs.
            let at_least = stamp
                .as_str()
                .and_then(|stamp| call.date.second_after(stamp));
            let stamp = at_least.unwrap_or_else(|| call.date.utc());
            ticket.changes.insert("updated_at".into(), json!(stamp));
        }
        let audit = self.audit(&ticket, &fields);
        let body = json!({ "ticket": printed(&ticket, &host(call)), "audit": audit });
        let id = ticket.id.clone();
        self.store.change(&id, |known| *known = ticket);
        let reply = warned(json_reply(200, &body), &dropped);
        Reply {
            took_effect,
            ..reply
        }
    }

    /// Applies the fields of a request. Returns the names of what is not permitted.
    fn apply(
        &mut self,
        ticket: &mut Ticket,
        fields: &Map<String, Value>,
        call: &Call<'_>,
    ) -> Result<Vec<String>, Reply> {
        let unpermitted = fields
            .keys()
            .filter(|name| !PERMITTED.contains(&name.as_str()));
        let unpermitted: Vec<String> = unpermitted.map(|name| format!("ticket.{name}")).collect();
        let one_of = |name: &str, known: &[&str]| match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) if value.as_str().is_some_and(|text| known.contains(&text)) => {
                Ok(Some(value.clone()))
            }
            Some(_) => Err(invalid(name, "is not included in the list")),
        };
        if let Some(status) = one_of("status", &STATUSES)? {
            ticket.closed = status.as_str().is_some_and(is_closed);
            ticket.changes.insert("status".into(), status);
        }
        if let Some(priority) = one_of("priority", &PRIORITIES)? {
            ticket.changes.insert("priority".into(), priority);
        }
        if let Some(subject) = fields.get("subject").and_then(Value::as_str) {
            subject.clone_into(&mut ticket.subject);
        }
        for name in [
            "type",
            "tags",
            "external_id",
            "due_at",
            "group_id",
            "brand_id",
            "organization_id",
            "problem_id",
            "ticket_form_id",
            "assignee_id",
        ] {
            // A seed can name fields that are ignored without a word, as the real service does with some.
            let is_ignored = ticket
                .changes
                .get("sandbox_ignores")
                .and_then(Value::as_array)
                .is_some_and(|names| names.contains(&json!(name)));
            if let Some(value) = fields.get(name).filter(|_| !is_ignored) {
                ticket.changes.insert(name.into(), value.clone());
            }
        }
        self.apply_people(ticket, fields)?;
        if let Some(Value::Array(given)) = fields.get("custom_fields") {
            let mut custom = attribute(ticket, "custom_fields");
            for field in custom.as_array_mut().into_iter().flatten() {
                let given = given
                    .iter()
                    .find(|given| given.get("id") == field.get("id"));
                if let Some(value) = given.and_then(|given| given.get("value")) {
                    field["value"] = value.clone();
                }
            }
            debug_assert!(
                custom
                    .as_array()
                    .is_some_and(|fields| fields.len() == CUSTOM_FIELDS.len())
            );
            ticket.changes.insert("custom_fields".into(), custom);
        }
        if let Some(comment) = fields.get("comment") {
            self.add_comment(ticket, comment, call)?;
        } else if let (true, Some(text)) = (
            ticket.messages.is_empty(),
            fields.get("description").and_then(Value::as_str),
        ) {
            let message = self.store.message(MessageKind::Outgoing, text, call.date);
            ticket.messages.push(message);
        }
        Ok(unpermitted)
    }

    fn apply_people(
        &mut self,
        ticket: &mut Ticket,
        fields: &Map<String, Value>,
    ) -> Result<(), Reply> {
        if let Some(requester) = fields.get("requester") {
            let Some(email) = requester.get("email").and_then(Value::as_str) else {
                return Err(invalid("requester", "Requester: Email: cannot be blank"));
            };
            let name = requester.get("name").and_then(Value::as_str);
            let id = self.person(email, name);
            ticket.changes.insert("requester_id".into(), json!(id));
        }
        for (name, key) in [
            ("requester_id", "requester_id"),
            ("assignee_id", "assignee_id"),
        ] {
            match fields.get(name).map(Value::as_u64) {
                Some(Some(id)) if self.users.contains_key(&id) => {
                    ticket.changes.insert(key.into(), json!(id));
                }
                Some(Some(_)) => return Err(invalid(name, "is invalid")),
                _ => {}
            }
        }
        if let Some(email) = fields.get("assignee_email").and_then(Value::as_str) {
            let mut users = self.users.iter();
            let agent = users.find(|(_, user)| user.is_agent && user.email == email);
            match agent {
                Some((id, _)) => ticket.changes.insert("assignee_id".into(), json!(id)),
                None => return Err(invalid("assignee", "Assignee: is invalid")),
            };
        }
        Ok(())
    }

    /// The log entry of a change, as far as clients read it.
    fn audit(&mut self, ticket: &Ticket, fields: &Map<String, Value>) -> Value {
        let events = fields
            .iter()
            .filter(|(name, _)| name.as_str() != "description");
        let events: Vec<Value> = events
            .map(|(name, value)| match name.as_str() {
                "comment" => json!({ "type": "Comment", "public": value.get("public") }),
                _ => json!({ "type": "Change", "field_name": name, "value": value }),
            })
            .collect();
        let number = self.store.message_number();
        json!({
            "id": number, "ticket_id": ticket.id.parse::<u64>().ok(),
            "author_id": AGENT, "events": events,
        })
    }
}

pub(super) fn includes_users(call: &Call<'_>) -> bool {
    let include = call.parameter("include").unwrap_or_default();
    include.split(',').any(|name| name == "users")
}

/// The object `ticket` of a body.
fn ticket_of(call: &Call<'_>) -> Option<Map<String, Value>> {
    match call.json_object()?.remove("ticket")? {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

/// Says in a header which parameters were dropped.
fn warned(reply: Reply, dropped: &[String]) -> Reply {
    if dropped.is_empty() {
        return reply;
    }
    let names: Vec<String> = dropped.iter().map(|name| format!("{name:?}")).collect();
    let warning = format!(
        "{{:action=>\"update\", :unpermitted_keys=>[{}], :controller=>\"api/v2/tickets\"}}",
        names.join(", ")
    );
    reply.header("x-zendesk-api-warn", warning)
}
