//! What an update changes, and RT's message for each change or refusal.

use serde_json::{Map, Value, json};

use super::fields::{self, CUSTOM, OWNERS, ROLES, STATUSES, told_time};
use crate::store::Ticket;
use crate::vendors::call::set;

/// A change that was asked for.
pub(super) struct Step {
    pub(super) message: String,
    /// The field and its new value; `None` if the change is refused.
    pub(super) set: Option<(&'static str, Value)>,
    /// The kind of the log entry, and the field, the old and the new value that it names.
    pub(super) entry: (&'static str, String, String, String),
}

impl Step {
    fn refused(message: String) -> Self {
        Self {
            message,
            set: None,
            entry: ("", String::new(), String::new(), String::new()),
        }
    }
}

/// The changes of fields, in the order of their names.
pub(super) fn field_steps(ticket: &Ticket, asked: &Map<String, Value>) -> Vec<Step> {
    let mut names: Vec<&String> = asked.keys().collect();
    names.sort_unstable();
    let given = names.into_iter().filter_map(|name| {
        let value = asked.get(name).filter(|value| !value.is_null())?;
        Some((
            name.as_str(),
            fields::texts(value).into_iter().next().unwrap_or_default(),
        ))
    });
    given
        .filter_map(|(name, given)| field_step(ticket, name, &given))
        .collect()
}

/// The change of a field; `None` if there is no such field or nothing to change.
fn field_step(ticket: &Ticket, name: &str, given: &str) -> Option<Step> {
    let old = fields::text(ticket, name);
    let set = |name: &'static str,
               new: String,
               told: String,
               entry: (&'static str, String, String)| Step {
        message: told,
        set: Some((name, new.into())),
        entry: (entry.0, name.to_owned(), entry.1, entry.2),
    };
    match name {
        "Subject" => {
            let new = fields::subject(given);
            let quote = |text: &str| match text {
                "" => "(no value)".to_owned(),
                _ => format!("'{text}'"),
            };
            let old = ticket.subject.clone();
            let told = format!("Subject changed from {} to {}", quote(&old), quote(&new));
            (old != new).then(|| set("Subject", new.clone(), told, ("Set", old, new)))
        }
        "Due" | "Starts" | "Started" => {
            let name = fields::TIMES.into_iter().find(|time| *time == name)?;
            let new = fields::time(given);
            let told = format!(
                "{name} changed from {} to {}",
                told_time(&old),
                told_time(&new)
            );
            // What is no time is none, and told even if there was none.
            (old != new || new == fields::NEVER)
                .then(|| set(name, new.clone(), told, ("Set", old, new)))
        }
        "Owner" => {
            let known = OWNERS
                .into_iter()
                .find(|(name, id)| *name == given || *id == given);
            let Some((new, number)) = known else {
                return Some(Step::refused("That user does not exist".to_owned()));
            };
            let before = OWNERS.iter().find(|(name, _)| *name == old);
            let before = before.map_or(old.clone(), |(_, id)| (*id).to_owned());
            let told = format!("Owner changed from {old} to {new}");
            (old != new).then(|| {
                set(
                    "Owner",
                    new.to_owned(),
                    told,
                    ("Set", before, number.to_owned()),
                )
            })
        }
        "Priority" => {
            let (before, new) = (
                fields::priority(&old.into()),
                fields::priority(&given.into()),
            );
            let is_text = !given.is_empty() && given.parse::<u64>().is_err() && new == 0;
            if is_text && before == 0 && !given.eq_ignore_ascii_case("low") {
                return Some(Step::refused(
                    "That is already the current value".to_owned(),
                ));
            }
            let (from, to) = (fields::priority_name(before), fields::priority_name(new));
            let told = format!("Priority changed from '{from}' to '{to}'");
            let entry = ("Set", before.to_string(), new.to_string());
            (before != new).then(|| set("Priority", new.to_string(), told, entry))
        }
        "Queue" => {
            let Some((new, number)) = fields::queue(given) else {
                return Some(Step::refused(format!("Queue {given} does not exist")));
            };
            let before = fields::queue(&old).map_or("", |(_, id)| id).to_owned();
            let told = format!("Queue changed from {old} to {new}");
            (old != new).then(|| {
                set(
                    "Queue",
                    new.to_owned(),
                    told,
                    ("Set", before, number.to_owned()),
                )
            })
        }
        "Status" => {
            let new = given.to_lowercase();
            if !STATUSES.contains(&new.as_str()) {
                let told = format!("Status '{given}' isn't a valid status for this ticket.");
                return Some(Step::refused(told));
            }
            let told = match new.as_str() {
                "deleted" => "Ticket deleted".to_owned(),
                _ => format!("Status changed from '{old}' to '{new}'"),
            };
            (old != new).then(|| set("Status", new.clone(), told, ("Status", old, new)))
        }
        _ => None,
    }
}

/// The changes of custom fields, then those of roles.
pub(super) fn other_steps(ticket: &Ticket, asked: &Map<String, Value>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut custom = CUSTOM.to_vec();
    custom.sort_unstable();
    let given = asked.get("CustomFields").and_then(Value::as_object);
    let mut all = fields::value(ticket, "CustomFields").unwrap_or_default();
    for (name, id, is_multiple) in custom {
        let Some(value) = given.and_then(|given| given.get(name)) else {
            continue;
        };
        let old = fields::custom(ticket, name);
        let mut new = fields::texts(value);
        if !is_multiple {
            new.truncate(1);
        }
        set(&mut all, name, json!(new));
        for (told, before, after) in custom_messages(name, is_multiple, &old, &new) {
            steps.push(Step {
                message: told,
                set: Some(("CustomFields", all.clone())),
                entry: ("CustomField", id.to_owned(), before, after),
            });
        }
    }
    for role in ROLES {
        let Some(value) = asked.get(role) else {
            continue;
        };
        let (old, new) = (fields::list(ticket, role), fields::addresses(value));
        let added = new.iter().filter(|address| !old.contains(address));
        let added = added.map(|address| {
            (
                "AddWatcher",
                address,
                format!("Added {address} as {role} for this ticket"),
            )
        });
        let removed = old.iter().filter(|address| !new.contains(address));
        let removed = removed.map(|address| {
            (
                "DelWatcher",
                address,
                format!("{address} is no longer {role} for this ticket"),
            )
        });
        for (kind, address, told) in added.chain(removed) {
            steps.push(Step {
                message: told,
                set: Some((role, json!(new))),
                entry: (kind, role.to_owned(), String::new(), address.clone()),
            });
        }
    }
    steps
}

/// The messages for new values of a custom field, each with the old and the new value of its entry.
fn custom_messages(
    name: &str,
    is_multiple: bool,
    old: &[String],
    new: &[String],
) -> Vec<(String, String, String)> {
    if let ([before], [after], false) = (old, new, is_multiple) {
        let told = match (before.as_str(), after.as_str()) {
            (before, after) if before == after => return Vec::new(),
            ("", after) => format!("{name} {after} added"),
            (before, "") => format!("{name} {before} deleted"),
            (before, after) => format!("{name} {before} changed to {after}"),
        };
        return vec![(told, before.clone(), after.clone())];
    }
    let added = new.iter().filter(|value| !old.contains(value));
    let added = added.map(|value| {
        let told = if is_multiple {
            format!("{value} added as a value for {name}")
        } else {
            format!("{name} {value} added")
        };
        (told, String::new(), value.clone())
    });
    let removed = old.iter().filter(|value| !new.contains(value));
    let removed = removed.map(|value| {
        let told = format!("{value} is no longer a value for custom field {name}");
        (told, value.clone(), String::new())
    });
    added.chain(removed).collect()
}
