//! A ticket as RT prints it.

use serde_json::{Map, Value, json};

use super::User;
use super::fields::{self, CUSTOM, OWNERS, QUEUES, ROLES};
use super::paged::asked;
use crate::store::Ticket;
use crate::vendors::call::{Call, set};

/// The transitions that RT offers from a status: to, label, and what the form in its web pages does.
fn transitions(status: &str) -> &'static [(&'static str, &'static str, Option<&'static str>)] {
    match status {
        "new" => &[
            ("open", "Open It", Some("Respond")),
            ("resolved", "Resolve", Some("Comment")),
            ("rejected", "Reject", Some("Respond")),
            ("deleted", "Delete", None),
        ],
        "open" => &[
            ("stalled", "Stall", Some("Comment")),
            ("resolved", "Resolve", Some("Comment")),
            ("rejected", "Reject", Some("Respond")),
        ],
        "stalled" => &[("open", "Open It", None)],
        "resolved" | "rejected" => &[("open", "Re-open", Some("Comment"))],
        "deleted" => &[("open", "Undelete", None)],
        _ => &[],
    }
}

pub(super) fn person(name: &str, base: &str) -> Value {
    json!({ "id": name, "type": "user", "_url": format!("{base}/user/{name}") })
}

/// A reference to another record.
pub(super) fn reference(kind: &str, id: &str, base: &str) -> Value {
    json!({ "id": id, "type": kind, "_url": format!("{base}/{kind}/{id}") })
}

/// The custom fields that a user sees.
fn custom_fields(user: User) -> &'static [(&'static str, &'static str, bool)] {
    if user == User::Root { &CUSTOM } else { &[] }
}

/// The reply to a `GET`.
pub(super) fn printed(
    ticket: &Ticket,
    call: &Call<'_>,
    user: User,
    base: &str,
) -> Map<String, Value> {
    let mut printed = fields::all(ticket);
    let names: Vec<String> = printed.keys().cloned().collect();
    for name in names {
        // Only references that stand alone get the fields that are asked for.
        let value = if ROLES.contains(&name.as_str()) {
            field(ticket, &name, user, base)
        } else {
            detailed(ticket, &name, call, user, base)
        };
        if let Some(value) = value {
            printed.insert(name, value);
        }
    }
    let number = ticket
        .id
        .parse::<u64>()
        .map_or_else(|_| json!(ticket.id), Value::from);
    printed.insert("id".into(), number);
    printed.insert("EffectiveId".into(), reference("ticket", &ticket.id, base));
    printed.insert("_hyperlinks".into(), hyperlinks(ticket, user, base));
    printed
}

/// A field of a ticket by its name; `None` if RT has no such field.
pub(super) fn field(ticket: &Ticket, name: &str, user: User, base: &str) -> Option<Value> {
    let value = fields::value(ticket, name)?;
    Some(match name {
        "Queue" => {
            let queue = fields::text(ticket, "Queue");
            let known = QUEUES.iter().find(|(name, _)| *name == queue);
            reference("queue", known.map_or(queue.as_str(), |(_, id)| id), base)
        }
        "Owner" | "Creator" | "LastUpdatedBy" => person(value.as_str().unwrap_or_default(), base),
        _ if ROLES.contains(&name) => {
            let people = fields::texts(&value);
            people
                .iter()
                .map(|person| self::person(person, base))
                .collect()
        }
        "CustomFields" => custom_fields(user)
            .iter()
            .map(|(name, id, _)| {
                let mut field = reference("customfield", id, base);
                set(&mut field, "name", json!(name));
                set(&mut field, "values", shown(fields::custom(ticket, name)));
                field
            })
            .collect(),
        "Priority" => fields::priority(&value).to_string().into(),
        _ => value,
    })
}

/// A field with what `fields[Name]` adds to its references.
pub(super) fn detailed(
    ticket: &Ticket,
    name: &str,
    call: &Call<'_>,
    user: User,
    base: &str,
) -> Option<Value> {
    let mut field = field(ticket, name, user, base)?;
    let details = asked(call, Some(name));
    let add = |reference: &mut Value| {
        let id = reference
            .get("id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        for (id, detail) in id
            .iter()
            .flat_map(|id| details.iter().map(move |detail| (id, detail)))
        {
            set(reference, detail, self::detail(ticket, name, id, detail));
        }
    };
    match &mut field {
        Value::Array(references) => references.iter_mut().for_each(add),
        one => add(one),
    }
    Some(field)
}

/// What `fields[Name]` adds to a reference.
pub(super) fn detail(ticket: &Ticket, of: &str, id: &str, name: &str) -> Value {
    match (of, name) {
        ("Queue", "Name") => fields::text(ticket, "Queue").into(),
        ("Owner" | "Creator" | "LastUpdatedBy", "Name") => id.into(),
        (_, "EmailAddress" | "Name") if !OWNERS.iter().any(|(name, _)| *name == id) => id.into(),
        _ => "".into(),
    }
}

fn hyperlinks(ticket: &Ticket, user: User, base: &str) -> Value {
    let url = format!("{base}/ticket/{}", ticket.id);
    let number = ticket
        .id
        .parse::<u64>()
        .map_or_else(|_| json!(ticket.id), Value::from);
    let mut links = vec![json!({ "ref": "self", "type": "ticket", "id": number, "_url": url })];
    for (name, id, _) in custom_fields(user) {
        let mut link = reference("customfield", id, base);
        set(&mut link, "ref", "customfield");
        set(&mut link, "name", *name);
        links.push(link);
    }
    for call in ["history", "correspond", "comment"] {
        links.push(json!({ "ref": call, "_url": format!("{url}/{call}") }));
    }
    let status = fields::text(ticket, "Status");
    let offered = if user.changes(ticket) {
        transitions(&status)
    } else {
        &[]
    };
    for (to, label, update) in offered {
        let mut link = json!({ "ref": "lifecycle", "from": status, "to": to, "label": label });
        let url = match update {
            Some("Respond") => format!("{url}/correspond"),
            Some(_) => format!("{url}/comment"),
            None => url.clone(),
        };
        set(&mut link, "_url", url);
        if let Some(update) = update {
            set(&mut link, "update", *update);
        }
        links.push(link);
    }
    links.into()
}

/// Values of a custom field as RT shows them: an empty one as null.
fn shown(values: Vec<String>) -> Value {
    let values = values.into_iter();
    let shown = values.map(|value| match value.as_str() {
        "" => Value::Null,
        value => value.into(),
    });
    shown.collect()
}
