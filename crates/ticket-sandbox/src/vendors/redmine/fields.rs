//! What becomes of the fields of a new ticket or an update.

use serde_json::{Map, Value, json};

use super::Redmine;
use super::record::{custom_field, has_id, id_of, printed};
use super::site::{self, CATEGORIES, LABEL_VALUES, LABELS, ORDER, PRIORITIES, TRACKERS, User};
use crate::calendar::Date;
use crate::store::Ticket;
use crate::vendors::call::id_text;

const MAX_SUBJECT: usize = 255;

/// What was made of the fields of a request.
#[derive(Default)]
pub(super) struct Applied {
    /// What changed, as journals list it.
    pub(super) details: Vec<Value>,
    pub(super) errors: Vec<String>,
}

impl Applied {
    pub(super) fn refuse(&mut self, error: &str) {
        self.errors.push(error.to_owned());
    }

    pub(super) fn detail(&mut self, property: &str, name: &str, old: &Value, new: &Value) {
        if old != new {
            self.details.push(json!({
                "property": property, "name": name, "old_value": old, "new_value": new,
            }));
        }
    }
}

impl Redmine {
    pub(super) fn apply(
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
    let whole = |value: &Value| {
        value
            .as_u64()
            .or_else(|| value.as_str()?.trim().parse().ok())
    };
    match fields.get("done_ratio").map(whole) {
        None => {}
        Some(Some(ratio)) if ratio <= 100 && ratio % 10 == 0 => {
            set(ticket, "done_ratio", json!(ratio), applied);
        }
        Some(_) => applied.refuse("% Done is not included in the list"),
    }
    let hours = |value: &Value| {
        value
            .as_f64()
            .or_else(|| value.as_str()?.trim().parse().ok())
    };
    match fields.get("estimated_hours").map(hours) {
        None => {}
        Some(Some(hours)) => {
            set(ticket, "estimated_hours", json!(hours), applied);
            ticket
                .changes
                .insert("total_estimated_hours".into(), json!(hours));
        }
        Some(None) => applied.refuse("Estimated time is invalid"),
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

pub(super) fn is_true(value: &Value) -> bool {
    *value == true || id_text(value).is_some_and(|text| text == "1" || text == "true")
}
