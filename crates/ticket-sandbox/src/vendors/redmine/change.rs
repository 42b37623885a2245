//! Creating and updating tickets. Redmine refuses few wrong values; most of what it does not accept it drops without
//! a word, also from an update by somebody who may only write notes.

use serde_json::{Map, Value, json};

use super::fields::{Applied, is_true};
use super::record::printed;
use super::site::{self, User};
use super::{Redmine, denied, host, item_id, json_reply, may_see, not_found, unauthorized};
use crate::calendar::Date;
use crate::reply::{ErrorFormat as _, Reply};
use crate::store::{LogEntry, Message, Ticket};
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendors::call::{Call, id_text, object};

impl Redmine {
    pub(super) fn create(&mut self, call: &Call<'_>, user: Option<&'static User>) -> Reply {
        let Some(user) = user else {
            return unauthorized();
        };
        let fields = match self.fields(call) {
            Ok(fields) => fields,
            Err(refused) => return refused,
        };
        let mut ticket = self.store.ticket(TicketSeed::default(), call.date);
        ticket.created_from = Some(Value::Object(fields.clone()));
        ticket.changes.insert("author".into(), user.named());
        let project = fields.get("project_id").and_then(id_text);
        let project = project.and_then(|name| site::project_id(&name));
        let project = project.filter(|id| *id != site::PRIVATE_PROJECT || user.is_admin);
        ticket.changes.extend(
            project
                .and_then(site::project)
                .map(|project| ("project".to_owned(), project)),
        );
        let mut applied = Applied::default();
        if !fields.contains_key("subject") {
            applied.refuse("Subject cannot be blank");
        }
        let changes = self.apply(&mut ticket, &fields, user, (true, call.date));
        applied.errors.extend(changes.errors);
        if project.is_none() {
            // In this place: after the subject, before everything else.
            let place = usize::from(
                applied
                    .errors
                    .iter()
                    .any(|error| error.starts_with("Subject")),
            );
            let missing = ["Project", "Tracker", "Status"];
            let missing = missing.map(|name| format!("{name} cannot be blank"));
            applied.errors.splice(place..place, missing);
        }
        let uploads = self.uploads(fields.get("uploads").unwrap_or(&Value::Null));
        match uploads {
            Err(missing) => return not_saved(missing),
            Ok(_) if !applied.errors.is_empty() => return refused(&applied.errors),
            Ok(uploads) => {
                for (id, upload) in uploads {
                    self.attach(id, &upload, None, &mut ticket);
                }
            }
        }
        let location = format!("{}/issues/{}", host(call), ticket.id);
        let reply = json_reply(201, &json!({ "issue": printed(&ticket) }));
        self.store.insert(ticket);
        reply.header("location", location).changed_state()
    }

    pub(super) fn update(&mut self, call: &Call<'_>, user: Option<&'static User>) -> Reply {
        let found = item_id(call).and_then(|id| self.store.get(&id));
        let Some(ticket) = found else {
            return not_found();
        };
        let user = match user {
            Some(user) if may_see(ticket, Some(user)) => user,
            user => return denied(user),
        };
        let mut ticket = ticket.clone();
        let fields = match self.fields(call) {
            Ok(fields) => fields,
            Err(refused) => return refused,
        };
        // No reply has the version, so a client can only guess it.
        if fields.contains_key("lock_version") {
            return json_reply(422, &json!({ "errors": [] }));
        }
        let mut applied = Applied::default();
        if user.is_admin || self.reporter_edits {
            applied = self.apply(&mut ticket, &fields, user, (false, call.date));
        }
        let uploads = match self.uploads(fields.get("uploads").unwrap_or(&Value::Null)) {
            Err(missing) => return not_saved(missing),
            Ok(_) if !applied.errors.is_empty() => return refused(&applied.errors),
            Ok(uploads) => uploads,
        };
        let number = self.store.message_number();
        for (id, upload) in uploads {
            let name = self.attach(id, &upload, Some(number), &mut ticket);
            applied.detail("attachment", &id.to_string(), &Value::Null, &json!(name));
        }
        let notes = fields
            .get("notes")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let may_note = user.is_admin || !self.reporter_edits;
        let has_notes = may_note && !notes.trim().is_empty();
        let took_effect = has_notes || !applied.details.is_empty();
        if took_effect {
            // Without the right to write private notes, a note becomes public.
            let is_private = user.is_admin && fields.get("private_notes").is_some_and(is_true);
            let notes = if has_notes { notes } else { "" };
            let details = &applied.details;
            add_journal(
                &mut ticket,
                number,
                user,
                (notes, is_private),
                details,
                call.date,
            );
        }
        ticket
            .changes
            .insert("updated_on".into(), json!(call.date.utc()));
        let id = ticket.id.clone();
        self.store.change(&id, |known| *known = ticket);
        Reply {
            took_effect,
            ..Reply::empty(204)
        }
    }

    /// The fields of the ticket in a request. What is not JSON has none.
    fn fields(&self, call: &Call<'_>) -> Result<Map<String, Value>, Reply> {
        if call.content_type() != Some("application/json") {
            return Ok(Map::new());
        }
        let body: Value = match serde_json::from_slice(call.body.unwrap_or_default()) {
            Ok(body) => body,
            Err(_) => return Err(self.error(None, 400)),
        };
        match body.get("issue") {
            Some(Value::Object(fields)) => Ok(fields.clone()),
            None | Some(Value::Null) => Ok(Map::new()),
            Some(_) => Err(self.error(None, 500)),
        }
    }
}

/// Adds a journal to a ticket, and its notes to the ticket's messages.
pub(super) fn add_journal(
    ticket: &mut Ticket,
    number: u64,
    user: &User,
    (notes, is_private): (&str, bool),
    details: &[Value],
    date: Date,
) {
    ticket.log.push(LogEntry {
        number,
        kind: "journal",
        date,
        fields: object(json!({
            "user": user.named(), "notes": notes, "private_notes": is_private,
            "details": details,
        })),
    });
    if !notes.is_empty() {
        ticket.messages.push(Message {
            number,
            kind: if is_private {
                MessageKind::Note
            } else {
                MessageKind::Outgoing
            },
            text: notes.to_owned(),
            date,
        });
    }
}

fn refused(errors: &[String]) -> Reply {
    json_reply(422, &json!({ "errors": errors }))
}

fn not_saved(files: usize) -> Reply {
    refused(&[format!("{files} file(s) could not be saved.")])
}

impl Redmine {
    /// Deletes the ticket that the path names, or those of the parameters `ids[]`, each with everything below it.
    pub(super) fn delete(&mut self, call: &Call<'_>, user: Option<&User>) -> Reply {
        let ids = super::named_by(call).into_iter();
        let found: Vec<String> = ids.filter(|id| self.store.get(id).is_some()).collect();
        if found.is_empty() {
            return not_found();
        }
        if !user.is_some_and(|user| user.is_admin) {
            return denied(user);
        }
        for id in found {
            self.remove(&id);
        }
        Reply::empty(204).changed_state()
    }

    fn remove(&mut self, id: &str) {
        let below = self.subtasks(id).into_iter();
        let below: Vec<String> = below.map(|child| child.id.clone()).collect();
        for child in below {
            self.remove(&child);
        }
        if let Some(ticket) = self.store.remove(id) {
            self.parents.remove(&ticket.id);
            self.forget_files(&ticket);
        }
    }
}
