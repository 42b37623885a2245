//! `PUT /ticket/{id}`: one message per change, or per refusal, with status 200.

use serde_json::{Map, Value, json};

use super::fields::{self, is_inactive};
use super::steps::{field_steps, other_steps};
use super::{Rt, User, answered, crashed, if_match, json_body, refused};
use crate::calendar::Date;
use crate::reply::Reply;
use crate::store::Ticket;
use crate::vendors::call::{Call, object};

impl Rt {
    pub(super) fn update(&mut self, call: &Call<'_>, user: User) -> Reply {
        let id = call.segments.get(3).copied().unwrap_or_default();
        if self.store.get(id).is_some_and(|ticket| !user.sees(ticket)) {
            return refused(403, "Forbidden");
        }
        let body = match json_body(call) {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        let ticket = match (self.store.get(id), call.method) {
            (None, _) => return refused(404, "Resource does not exist; use POST to create"),
            (_, "POST") => return refused(409, "Resource already exists; use PUT to update"),
            (Some(ticket), _) => ticket,
        };
        if let Err(refused) = if_match(call, ticket) {
            return refused;
        }
        if call.header("if-unmodified-since").is_some() {
            return crashed();
        }
        let Value::Object(asked) = body else {
            return refused(400, "JSON object must be a HASH");
        };
        let id = ticket.id.clone();
        let (messages, changed) = self.apply(&id, &asked, call.date, user);
        let reply = answered(200, &json!(messages));
        if changed {
            reply.changed_state()
        } else {
            reply
        }
    }

    /// Makes the changes that are asked for. Returns RT's messages, and whether anything changed.
    pub(super) fn apply(
        &mut self,
        id: &str,
        asked: &Map<String, Value>,
        date: Date,
        user: User,
    ) -> (Vec<String>, bool) {
        let Some(ticket) = self.store.get(id) else {
            return (Vec::new(), false);
        };
        let may = user.changes(ticket);
        let prefix = format!("Ticket {id}: ");
        let (fields, others) = (field_steps(ticket, asked), other_steps(ticket, asked));
        let mut messages = Vec::new();
        let mut changed = false;
        let fields = fields
            .into_iter()
            .map(|step| (step, prefix.as_str(), "Permission Denied"));
        let others = others
            .into_iter()
            .map(|step| (step, "", "Permission denied"));
        for (step, prefix, denial) in fields.chain(others) {
            if !may {
                messages.push(format!("{prefix}{denial}"));
                continue;
            }
            messages.push(format!("{prefix}{}", step.message));
            if let Some((name, value)) = step.set {
                changed = true;
                let by = user.name();
                self.set(id, name, value, step.entry, (date, by));
            }
        }
        // A time that is set to null is cleared without a word and without an entry of the log.
        for name in ["Due", "Starts", "Started"] {
            if may && asked.get(name).is_some_and(Value::is_null) {
                self.store.change(id, |ticket| {
                    ticket.changes.insert(name.to_owned(), fields::NEVER.into());
                });
                changed = true;
            }
        }
        if let Some(target) = asked.get("MergeInto") {
            let target = fields::texts(target).into_iter().next().unwrap_or_default();
            let (message, merged) = self.merge(id, &target, date, user, may);
            messages.push(message);
            changed |= merged;
        }
        (messages, changed)
    }

    pub(super) fn set_status(&mut self, id: &str, status: &str, date: Date, user: User) {
        let asked = object(json!({ "Status": status }));
        self.apply(id, &asked, date, user);
    }

    /// Sets a field and adds the entry of the log.
    fn set(
        &mut self,
        id: &str,
        name: &'static str,
        value: Value,
        (kind, field, old, new): (&'static str, String, String, String),
        (date, by): (Date, &str),
    ) {
        let named = json!({ "Field": field, "OldValue": old, "NewValue": new });
        let entry = self.entry(kind, date, by, object(named.clone()));
        let watcher = (name == "Owner").then(|| self.entry("SetWatcher", date, by, object(named)));
        let is_delete = name == "Status" && value == "deleted";
        let change = |ticket: &mut Ticket| {
            match (name, &value) {
                ("Subject", Value::String(subject)) => ticket.subject.clone_from(subject),
                ("Status", Value::String(status)) => set_status(ticket, status, date),
                _ => {}
            }
            if name != "Subject" {
                ticket.changes.insert(name.to_owned(), value);
            }
            for entry in std::iter::once(entry).chain(watcher) {
                fields::touch(ticket, entry);
            }
        };
        if is_delete {
            self.store.trash(id, change);
        } else {
            self.store.change(id, change);
        }
    }

    fn merge(
        &mut self,
        id: &str,
        target: &str,
        date: Date,
        user: User,
        may: bool,
    ) -> (String, bool) {
        let Some(into) = self.store.get(target).map(|ticket| ticket.id.clone()) else {
            return ("New ticket doesn't exist".to_owned(), false);
        };
        if into == id {
            return ("Can't merge a ticket into itself".to_owned(), false);
        }
        if !may {
            return ("Permission Denied".to_owned(), false);
        }
        let moved = self
            .store
            .get(id)
            .map(|ticket| fields::list(ticket, "Requestor"));
        self.store.merge(id, Some(into.clone()));
        let fields = object(json!({ "Field": "MergedInto", "NewValue": into }));
        let entry = self.entry("AddLink", date, user.name(), fields);
        self.store.change(&into, |ticket| {
            let mut requesters = fields::list(ticket, "Requestor");
            let moved = moved.unwrap_or_default().into_iter();
            let new: Vec<_> = moved
                .filter(|address| !requesters.contains(address))
                .collect();
            requesters.extend(new);
            ticket.changes.insert("Requestor".into(), json!(requesters));
            fields::touch(ticket, entry);
        });
        ("Merge Successful".to_owned(), true)
    }
}

/// What a new status changes besides.
fn set_status(ticket: &mut Ticket, status: &str, date: Date) {
    let never = |ticket: &Ticket, name: &str| fields::text(ticket, name) == fields::NEVER;
    if status != "new" && never(ticket, "Started") {
        ticket.changes.insert("Started".into(), date.utc().into());
    }
    if is_inactive(status) {
        ticket.changes.insert("Resolved".into(), date.utc().into());
    }
    ticket.closed = is_inactive(status);
    ticket.deleted = status == "deleted";
}
