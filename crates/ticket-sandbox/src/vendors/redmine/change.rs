//! Creating and updating tickets. Redmine refuses few wrong values; most of what it does not accept it drops without
//! a word, also from an update by somebody who may only write notes.

use serde_json::{Map, Value, json};

use super::record::{custom_field, has_id, id_of, printed};
use super::site::{self, CATEGORIES, LABEL_VALUES, LABELS, ORDER, PRIORITIES, TRACKERS, User};
use super::{Redmine, denied, host, item_id, json_reply, may_see, not_found, unauthorized};
use crate::calendar::Date;
use crate::reply::{ErrorFormat as _, Reply};
use crate::store::{LogEntry, Message, Ticket};
use crate::ticket::{MessageKind, TicketSeed};
use crate::vendors::call::{Call, id_text, object};

const MAX_SUBJECT: usize = 255;

/// What was made of the fields of a request.
#[derive(Default)]
struct Applied {
    /// What changed, as journals list it.
    details: Vec<Value>,
    errors: Vec<String>,
}

impl Applied {
    fn refuse(&mut self, error: &str) {
        self.errors.push(error.to_owned());
    }

    fn detail(&mut self, property: &str, name: &str, old: &Value, new: &Value) {
        if old != new {
            self.details.push(json!({
                "property": property, "name": name, "old_value": old, "new_value": new,
            }));
        }
    }
}

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
        if user.is_admin {
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
        let has_notes = !notes.trim().is_empty();
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

    fn apply(
        &mut self,
        ticket: &mut Ticket,
        fields: &Map<String, Value>,
        user: &User,
        (is_new, date): (bool, Date),
    ) -> Applied {
        let mut applied = Applied::default();
        texts(ticket, fields, &mut applied);
        if !is_new {
            let project = fields.get("project_id").and_then(id_text);
            let project = project.and_then(|name| site::project_id(&name));
            set_entry(
                ticket,
                "project",
                project.and_then(site::project),
                &mut applied,
            );
        }
        let given = |name: &str| fields.get(name).map(|id| id_text(id).unwrap_or_default());
        let number = |text: &str| text.parse::<u64>().ok();
        let tracker = given("tracker_id").and_then(|id| site::entry(&TRACKERS, number(&id)?));
        set_entry(ticket, "tracker", tracker, &mut applied);
        if let Some(id) = given("category_id") {
            match number(&id).and_then(|id| site::entry(&CATEGORIES, id)) {
                None if !id.is_empty() => applied.refuse("Category is not included in the list"),
                category => change_entry(ticket, "category", category, &mut applied),
            }
        }
        let status = given("status_id").as_deref().and_then(number);
        let status = status.filter(|id| !is_new || *id == site::NEW);
        self.set_status(ticket, status, user, date, &mut applied);
        if let Some(id) = given("assigned_to_id") {
            let assignee = match id.as_str() {
                "me" => Some(user.named()),
                id => number(id).and_then(User::by_id).map(User::named),
            };
            match assignee {
                None if !id.is_empty() => applied.refuse("Assignee is invalid"),
                assignee => change_entry(ticket, "assigned_to", assignee, &mut applied),
            }
        }
        // The priority of a ticket with subtasks is theirs.
        let is_derived = !self.subtasks(&ticket.id).is_empty();
        if let Some(id) = given("priority_id").filter(|_| !is_derived) {
            match number(&id).and_then(|id| site::entry(&PRIORITIES, id)) {
                None => applied.refuse("Priority cannot be blank"),
                priority => set_entry(ticket, "priority", priority, &mut applied),
            }
        }
        dates_and_numbers(ticket, fields, &mut applied);
        if let Some(id) = given("parent_issue_id") {
            match self.store.get(&id).map(|parent| parent.id.clone()) {
                None if !id.is_empty() => applied.refuse("Parent task is invalid"),
                parent => {
                    let named = parent.as_deref().and_then(number);
                    let named = named.map(|id| json!({ "id": id }));
                    change_entry(ticket, "parent", named, &mut applied);
                    self.parents.extend(parent);
                }
            }
        }
        let custom = fields.get("custom_fields").and_then(Value::as_array);
        for field in custom.into_iter().flatten() {
            set_custom_field(ticket, field, &mut applied);
        }
        applied
    }

    /// Sets a status that the workflow allows; anything else is dropped.
    fn set_status(
        &self,
        ticket: &mut Ticket,
        status: Option<u64>,
        user: &User,
        date: Date,
        applied: &mut Applied,
    ) {
        let allowed = self.allowed_statuses(ticket, Some(user));
        let status = status.and_then(|id| allowed.into_iter().find(|status| has_id(status, id)));
        if let Some(status) = status {
            let closes = status.get("is_closed") == Some(&Value::Bool(true));
            if closes && !ticket.closed {
                // The date is that of the last time; reopening leaves it.
                ticket.changes.insert("closed_on".into(), json!(date.utc()));
            }
            ticket.closed = closes;
            set_entry(ticket, "status", Some(status), applied);
        }
    }
}

fn texts(ticket: &mut Ticket, fields: &Map<String, Value>, applied: &mut Applied) {
    let text = |name: &str| {
        fields
            .get(name)
            .map(|value| id_text(value).unwrap_or_default())
    };
    if let Some(subject) = text("subject") {
        if subject.trim().is_empty() {
            applied.refuse("Subject cannot be blank");
        } else if subject.chars().count() > MAX_SUBJECT {
            applied.refuse("Subject is too long (maximum is 255 characters)");
        }
        applied.detail("attr", "subject", &json!(ticket.subject), &json!(subject));
        ticket.subject = subject;
    }
    if let Some(description) = text("description") {
        let description = description.replace("\r\n", "\n").replace('\r', "\n");
        let description = description.replace('\n', "\r\n");
        let old = printed(ticket).remove("description").unwrap_or_default();
        ticket.changes.remove("description");
        if description.is_empty() && fields.get("description").is_some_and(Value::is_string) {
            ticket.changes.insert("description".into(), json!(""));
        }
        ticket.description = description;
        let new = printed(ticket).remove("description").unwrap_or_default();
        applied.detail("attr", "description", &old, &new);
    }
}

fn dates_and_numbers(ticket: &mut Ticket, fields: &Map<String, Value>, applied: &mut Applied) {
    let set = |ticket: &mut Ticket, name: &str, new: Value, applied: &mut Applied| {
        let old = printed(ticket).remove(name).unwrap_or_default();
        let text = |value: &Value| id_text(value).map_or(Value::Null, Value::from);
        applied.detail("attr", name, &text(&old), &text(&new));
        ticket.changes.insert(name.to_owned(), new);
    };
    for (name, words) in [("start_date", "Start date"), ("due_date", "Due date")] {
        match fields
            .get(name)
            .map(|value| value.as_str().unwrap_or_default())
        {
            None => {}
            Some("") => set(ticket, name, Value::Null, applied),
            Some(date) if date.parse::<jiff::civil::Date>().is_ok() => {
                set(ticket, name, json!(date), applied);
            }
            Some(_) => applied.refuse(&format!("{words} is not a valid date")),
        }
    }
    let issue = printed(ticket);
    let day = |name: &str| issue.get(name).and_then(Value::as_str);
    if let (Some(start), Some(due)) = (day("start_date"), day("due_date")) {
        if due < start && fields.contains_key("due_date") {
            applied.refuse("Due date must be greater than start date");
        }
    }
    if let Some(ratio) = fields.get("done_ratio").and_then(Value::as_u64) {
        set(ticket, "done_ratio", json!(ratio), applied);
    }
    if let Some(hours) = fields.get("estimated_hours").and_then(Value::as_f64) {
        set(ticket, "estimated_hours", json!(hours), applied);
        ticket
            .changes
            .insert("total_estimated_hours".into(), json!(hours));
    }
    if let Some(private) = fields.get("is_private") {
        ticket
            .changes
            .insert("is_private".into(), json!(is_true(private)));
    }
}

/// Sets the project, the tracker and so on; does nothing without a new one.
fn set_entry(ticket: &mut Ticket, name: &str, new: Option<Value>, applied: &mut Applied) {
    if new.is_some() {
        change_entry(ticket, name, new, applied);
    }
}

/// Sets or clears the category, the assignee or the parent.
fn change_entry(ticket: &mut Ticket, name: &str, new: Option<Value>, applied: &mut Applied) {
    let text = |id: Option<u64>| id.map_or(Value::Null, |id| json!(id.to_string()));
    let old = text(id_of(ticket, name));
    match new {
        Some(new) => ticket.changes.insert(name.to_owned(), new),
        None => ticket.changes.remove(name),
    };
    let new = text(id_of(ticket, name));
    applied.detail("attr", &format!("{name}_id"), &old, &new);
}

/// Sets a custom field. Unknown ones are dropped.
fn set_custom_field(ticket: &mut Ticket, field: &Value, applied: &mut Applied) {
    let id = field.get("id").and_then(id_text);
    let id = id.and_then(|id| id.parse::<u64>().ok()).unwrap_or_default();
    let value = field.get("value").unwrap_or(&Value::Null);
    let old = custom_field(ticket, id).cloned();
    let new = match (id, value) {
        (ORDER, Value::Array(_)) => return applied.refuse("Order is invalid"),
        (ORDER, value) => {
            let new = json!(id_text(value).unwrap_or_default());
            applied.detail("cf", "1", &old.unwrap_or_default(), &new);
            new
        }
        (LABELS, value) => {
            let values = match value {
                Value::Array(values) => values.iter().filter_map(id_text).collect(),
                value => Vec::from_iter(id_text(value)),
            };
            let mut new: Vec<String> = Vec::new();
            for value in values {
                if !new.contains(&value) && !value.is_empty() {
                    new.push(value);
                }
            }
            if new
                .iter()
                .any(|value| !LABEL_VALUES.contains(&value.as_str()))
            {
                return applied.refuse("Labels is not included in the list");
            }
            let (old, new) = (old.unwrap_or_else(|| json!([])), json!(new));
            let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
            for gone in array(&old)
                .iter()
                .filter(|value| !array(&new).contains(value))
            {
                applied.detail("cf", "2", gone, &Value::Null);
            }
            for come in array(&new)
                .iter()
                .filter(|value| !array(&old).contains(value))
            {
                applied.detail("cf", "2", &Value::Null, come);
            }
            new
        }
        _ => return,
    };
    let fields = ticket.changes.entry("custom_fields");
    let fields = fields.or_insert_with(site::custom_fields).as_array_mut();
    for field in fields
        .into_iter()
        .flatten()
        .filter(|field| has_id(field, id))
    {
        if let Some(field) = field.as_object_mut() {
            field.insert("value".into(), new.clone());
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

fn is_true(value: &Value) -> bool {
    *value == true || id_text(value).is_some_and(|text| text == "1" || text == "true")
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
