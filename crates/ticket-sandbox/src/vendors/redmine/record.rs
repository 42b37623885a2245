//! A ticket as Redmine prints it.

use serde_json::{Map, Value, json};

use super::site::{self, CLOSED, NEW, NORMAL, PRIVATE_PROJECT, USERS, User};
use super::{Redmine, is_private};
use crate::store::{LogEntry, Ticket};
use crate::vendors::call::{object, with_changes};

/// The keys of a ticket other than its id and its texts.
pub(super) fn attributes(ticket: &Ticket) -> Map<String, Value> {
    let of = |name: &str| default_id(ticket, name).unwrap_or_default();
    let new = object(json!({
        "project": site::project(of("project")),
        "tracker": site::entry(&site::TRACKERS, of("tracker")),
        "status": site::status(of("status")),
        "priority": site::entry(&site::PRIORITIES, of("priority")),
        "author": User::by_id(of("author")).map(User::named),
        "start_date": ticket.created.day(), "due_date": null, "done_ratio": 0,
        "is_private": false, "estimated_hours": null, "total_estimated_hours": null,
        "custom_fields": site::custom_fields(),
        "created_on": ticket.created.utc(), "updated_on": ticket.created.utc(),
        "closed_on": ticket.closed.then(|| ticket.created.utc()),
    }));
    with_changes(new, ticket)
}

/// The id of the project, tracker and so on of a new ticket.
fn default_id(ticket: &Ticket, name: &str) -> Option<u64> {
    Some(match name {
        "project" if ticket.owned_by_other => PRIVATE_PROJECT,
        "status" if ticket.closed => CLOSED,
        "project" | "tracker" | "author" => 1,
        "status" => NEW,
        "priority" => NORMAL,
        _ => return None,
    })
}

/// The id of the project, tracker and so on of a ticket. Cheaper than [`attributes`].
pub(super) fn id_of(ticket: &Ticket, name: &str) -> Option<u64> {
    match ticket.changes.get(name) {
        Some(changed) => changed.get("id")?.as_u64(),
        None => default_id(ticket, name),
    }
}

/// The value of a custom field.
pub(super) fn custom_field(ticket: &Ticket, id: u64) -> Option<&Value> {
    let fields = ticket.changes.get("custom_fields")?.as_array()?;
    let field = fields.iter().find(|field| has_id(field, id))?;
    field.get("value")
}

/// Whether an entry such as `{"id": 1, "name": "New"}` has this id.
pub(super) fn has_id(entry: &Value, id: u64) -> bool {
    entry.get("id").and_then(Value::as_u64) == Some(id)
}

pub(super) fn printed(ticket: &Ticket) -> Map<String, Value> {
    let mut issue = attributes(ticket);
    let number: Option<u64> = ticket.id.parse().ok();
    issue.insert("id".into(), number.map_or(json!(ticket.id), Value::from));
    issue.insert("subject".into(), json!(ticket.subject));
    // An empty text stands in the changes if it was given, and otherwise there is none.
    if !ticket.description.is_empty() {
        issue.insert("description".into(), json!(ticket.description));
    }
    issue.entry("description").or_insert(Value::Null);
    issue
}

impl Redmine {
    /// A ticket with what the request includes.
    pub(super) fn printed_with(
        &self,
        ticket: &Ticket,
        include: &str,
        host: &str,
        user: Option<&User>,
    ) -> Map<String, Value> {
        let mut issue = printed(ticket);
        for name in include.split(',') {
            let included = match name {
                "journals" => json!(journals(ticket, user)),
                "attachments" => {
                    let files = ticket.attachments.iter();
                    json!(
                        files
                            .map(|file| self.file(file, ticket, host))
                            .collect::<Vec<_>>()
                    )
                }
                "watchers" => json!([]),
                "allowed_statuses" => json!(self.allowed_statuses(ticket, user)),
                "children" => {
                    let children = self.children(&ticket.id);
                    if children.is_empty() {
                        continue;
                    }
                    json!(children)
                }
                _ => continue,
            };
            issue.insert(name.to_owned(), included);
        }
        issue
    }

    fn children(&self, id: &str) -> Vec<Value> {
        let children = self.subtasks(id);
        let children = children.into_iter().map(|child| {
            let below = self.children(&child.id);
            let issue = printed(child);
            let mut child = object(json!({
                "id": issue.get("id"), "tracker": issue.get("tracker"), "subject": child.subject,
            }));
            if !below.is_empty() {
                child.insert("children".into(), json!(below));
            }
            Value::Object(child)
        });
        children.collect()
    }

    /// The tickets directly below this one, by id.
    pub(super) fn subtasks(&self, id: &str) -> Vec<&Ticket> {
        if !self.parents.contains(id) {
            return Vec::new();
        }
        let parent: Option<u64> = id.parse().ok();
        let tickets = self.store.iter();
        let mut below: Vec<_> = tickets
            .filter(|ticket| parent.is_some() && id_of(ticket, "parent") == parent)
            .collect();
        below.sort_by_key(|ticket| ticket.id.parse::<u64>().ok());
        below
    }

    /// The statuses that the workflow lets this user give the ticket, and the current one.
    pub(super) fn allowed_statuses(&self, ticket: &Ticket, user: Option<&User>) -> Vec<Value> {
        let current = id_of(ticket, "status");
        let has_open = self.subtasks(&ticket.id).iter().any(|child| !child.closed);
        let statuses = site::STATUSES.iter().filter(|(id, name, closes)| {
            current == Some(*id)
                || user.is_some_and(|user| user.is_admin)
                    && !self.forbidden_statuses.iter().any(|known| known == name)
                    && !(*closes && has_open)
        });
        statuses.filter_map(|(id, ..)| site::status(*id)).collect()
    }
}

/// The journals that the user may read, oldest first.
fn journals(ticket: &Ticket, user: Option<&User>) -> Vec<Value> {
    let may_read_private = user.is_some_and(|user| user.is_admin);
    let journals = ticket.log.iter();
    journals
        .filter(|journal| may_read_private || !is_private(journal))
        .map(journal)
        .collect()
}

fn journal(entry: &LogEntry) -> Value {
    let mut journal = entry.fields.clone();
    journal.insert("id".into(), json!(entry.number));
    journal.insert("created_on".into(), json!(entry.date.utc()));
    Value::Object(journal)
}

/// The author of what is filed without a request.
pub(super) fn default_author() -> &'static User {
    let [admin, ..] = &USERS;
    admin
}
