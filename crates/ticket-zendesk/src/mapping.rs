//! Domain types to Zendesk's and back. What is sent where is `provider.rs`.

use serde_json::{Number, Value};
use ticket_core::model::{
    AttachedFile, CustomFields, Direction, FieldValue, Person, Priority, Status, Version,
};
use ticket_core::{Error, Message, NewTicket, Result, Ticket, TicketPatch};
use ticket_http::Reply;

use crate::wire::{self, ChangedTicket, NewComment, NewCustomField, NewRequester};

/// The fields of a ticket that are sent by Zendesk's own names (page `tickets`).
const OTHERS: &[&str] = &[
    "external_id",
    "type",
    "due_at",
    "group_id",
    "brand_id",
    "organization_id",
    "problem_id",
    "ticket_form_id",
];

pub(crate) fn ticket(reply: Reply<wire::Ticket>, users: &[wire::User]) -> Ticket {
    let wire = reply.value;
    let mut ticket = Ticket::new(wire.id, reply.raw);
    ticket.subject = wire.subject;
    ticket.description = wire.description;
    ticket.status = wire.status.as_deref().map(status);
    ticket.priority = wire.priority.as_deref().map(priority);
    ticket.category = wire.kind;
    ticket.requester = wire.requester_id.map(|id| person(id, users));
    ticket.assignee = wire.assignee_id.map(|id| person(id, users));
    ticket.tags = wire.tags.unwrap_or_default();
    ticket.created_at = wire.created_at;
    let updated = wire.updated_at.as_deref();
    ticket.updated_at = updated.and_then(|at| at.parse().ok());
    ticket.version = wire.updated_at.as_deref().map(Version::new);
    let custom = wire.custom_fields.unwrap_or_default().into_iter();
    ticket.custom = custom
        .filter_map(|field| {
            let value = FieldValue::from_json(field.value)?;
            Some((format!("custom_field_{}", field.id), value))
        })
        .collect();
    ticket
}

/// A ticket in the trash tells little.
pub(crate) fn deleted(reply: Reply<wire::DeletedTicket>) -> Ticket {
    let mut ticket = Ticket::new(reply.value.id, reply.raw);
    ticket.subject = reply.value.subject;
    ticket.status = Some(Status::Deleted);
    ticket
}

fn person(id: u64, users: &[wire::User]) -> Person {
    let mut person = Person::with_id(id.to_string());
    if let Some(user) = users.iter().find(|user| user.id == id) {
        person.name.clone_from(&user.name);
        person.email.clone_from(&user.email);
    }
    person
}

pub(crate) fn status(name: &str) -> Status {
    match name {
        "new" | "open" => Status::Open,
        "pending" | "hold" => Status::OnHold,
        "solved" => Status::Resolved,
        "closed" => Status::Closed,
        "deleted" => Status::Deleted,
        other => Status::Other(other.to_owned()),
    }
}

fn status_name(status: &Status) -> Result<String> {
    Ok(match status {
        Status::Open => "open".to_owned(),
        // For the customer; the vendor's `hold` waits for others.
        Status::OnHold => "pending".to_owned(),
        Status::Resolved => "solved".to_owned(),
        Status::Closed => "closed".to_owned(),
        Status::Deleted => {
            return Err(Error::invalid_input(
                "a ticket is deleted by a delete, not by a `status`",
            ));
        }
        Status::Other(name) => name.clone(),
        _ => return Err(Error::invalid_input("Zendesk has no such `status`")),
    })
}

fn priority(name: &str) -> Priority {
    match name {
        "normal" => Priority::Medium,
        // Its own `medium` would be another one.
        "medium" => Priority::Other(name.to_owned()),
        name => Priority::from_name(name),
    }
}

pub(crate) fn priority_name(priority: &Priority) -> &str {
    match priority {
        Priority::Medium => "normal",
        other => other.as_str(),
    }
}

/// The direction is told by whether a comment is public and by the role of its author.
pub(crate) fn message(reply: Reply<wire::Comment>, users: &[wire::User]) -> Message {
    let comment = reply.value;
    let author = comment.author_id;
    let role = author
        .and_then(|id| users.iter().find(|user| user.id == id))
        .and_then(|user| user.role.as_deref());
    let direction = match (comment.public, role) {
        (Some(false), _) => Some(Direction::Internal),
        (Some(true), Some("end-user")) => Some(Direction::Inbound),
        (Some(true), Some("agent" | "admin")) => Some(Direction::Outbound),
        _ => None,
    };
    let mut message = Message::new(comment.body.unwrap_or_default(), reply.raw);
    message.id = Some(comment.id.into_string());
    message.author = author.map(|id| person(id, users));
    message.direction = direction;
    message.created_at = comment.created_at;
    message
}

pub(crate) fn file(
    reply: Reply<wire::Attachment>,
    created_at: Option<jiff::Timestamp>,
) -> AttachedFile {
    let wire = reply.value;
    let mut file = AttachedFile::new(wire.id.into_string(), reply.raw);
    file.name = wire.file_name;
    file.media_type = wire.content_type;
    file.size = wire.size;
    file.created_at = created_at;
    file
}

/// The gap that rows leave which cannot be read.
pub(crate) fn unreadable_rows(rows: usize) -> Option<String> {
    match rows {
        0 => None,
        1 => Some("a row of the page has no readable id".to_owned()),
        rows => Some(format!("{rows} rows of the page have no readable id")),
    }
}

/// A new ticket, without its files.
pub(crate) fn create(ticket: &NewTicket) -> Result<ChangedTicket> {
    let mut wire = ChangedTicket {
        subject: Some(ticket.subject.clone()),
        priority: ticket
            .priority
            .as_ref()
            .map(|priority| priority_name(priority).to_owned()),
        assignee_id: ticket.assignee.as_deref().map(assignee).transpose()?,
        tags: ticket.tags.clone(),
        ..ChangedTicket::default()
    };
    let text = ticket.description.as_deref().unwrap_or_default();
    wire.comment = Some(NewComment::new(text, true));
    if let Some(requester) = &ticket.requester {
        match (&requester.id, &requester.email) {
            (Some(id), None) if requester.name.is_none() => {
                wire.requester_id = Some(user(id, "requester_id")?);
            }
            (None, Some(email)) => {
                wire.requester = Some(NewRequester::new(requester.name.clone(), email));
            }
            (Some(_), _) => {
                return Err(Error::invalid_input(
                    "Zendesk takes a `requester_id` without a name and without an address",
                ));
            }
            (None, None) => {
                return Err(Error::invalid_input(
                    "Zendesk takes a `requester_name` only together with a `requester_email`",
                ));
            }
        }
    }
    custom(&mut wire, &ticket.custom)?;
    Ok(wire)
}

pub(crate) fn update(patch: &TicketPatch) -> Result<ChangedTicket> {
    let mut wire = ChangedTicket {
        subject: patch.subject.clone(),
        status: patch.status.as_ref().map(status_name).transpose()?,
        priority: patch
            .priority
            .as_ref()
            .map(|priority| priority_name(priority).to_owned()),
        assignee_id: patch.assignee.as_deref().map(assignee).transpose()?,
        ..ChangedTicket::default()
    };
    custom(&mut wire, &patch.custom)?;
    if let Some(version) = &patch.if_version {
        wire.safe_update = Some(true);
        wire.updated_stamp = Some(version.as_str().to_owned());
    }
    Ok(wire)
}

/// The fields of a patch that a ticket does not show. Zendesk's own words are read as those of the ticket are. What a ticket
/// does not model is compared with the reply itself, where that has the field.
pub(crate) fn not_applied(patch: &TicketPatch, ticket: &Ticket) -> Vec<String> {
    let mut asked = patch.clone();
    if let Some(Status::Other(name)) = &patch.status {
        asked.status = Some(status(name));
    }
    if let Some(Priority::Other(name)) = &patch.priority {
        asked.priority = Some(priority(name));
    }
    asked.custom.retain(|name, _| custom_field(name).is_some());
    let mut missing = asked.not_in(ticket);
    if asked.custom.len() == patch.custom.len() {
        return missing;
    }
    let told: serde_json::Map<String, Value> =
        serde_json::from_str(ticket.raw.get()).unwrap_or_default();
    let others = patch.custom.iter().filter(|(name, value)| {
        let told = told.get(*name);
        custom_field(name).is_none()
            && told.is_some_and(|told| !is_shown(name, &id_or_json(name, value), told))
    });
    missing.extend(others.map(|(name, _)| name.clone()));
    missing
}

/// Whether a reply shows the value of a field as it was sent. Ids are told as numbers, and what was emptied as null.
fn is_shown(name: &str, sent: &Value, told: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (sent, told) = (text(sent), text(told));
    if name != "due_at" || sent.is_empty() || told.is_empty() {
        return sent == told;
    }
    let [sent, told] = [sent, told].map(|time| time.parse::<jiff::Timestamp>());
    match (sent, told) {
        (Ok(sent), Ok(told)) => sent.as_second() == told.as_second(),
        // A day without a time is one in the account's time zone, which is not known here.
        _ => true,
    }
}

fn custom(wire: &mut ChangedTicket, fields: &CustomFields) -> Result<()> {
    for (name, value) in fields {
        if let Some(id) = custom_field(name) {
            wire.custom_fields
                .push(NewCustomField::new(id, json(value)));
        } else if OTHERS.contains(&name.as_str()) && !matches!(value, FieldValue::Many(_)) {
            wire.others.insert(name.clone(), id_or_json(name, value));
        } else {
            let name: String = name.chars().take(40).collect();
            return Err(Error::invalid_input(format!(
                "Zendesk has no field {name:?} with this value, and would ignore it; a custom field is `custom_field_` and its id, others are {}",
                OTHERS.join(", ")
            )));
        }
    }
    Ok(())
}

/// Ids are numbers, also where they were given as texts.
fn id_or_json(name: &str, value: &FieldValue) -> Value {
    let is_id = name.ends_with("_id") && name != "external_id";
    let number = value.to_text().and_then(|text| text.parse::<u64>().ok());
    number
        .filter(|_| is_id)
        .map_or_else(|| json(value), |id| Value::Number(Number::from(id)))
}

fn json(value: &FieldValue) -> Value {
    match value {
        FieldValue::Bool(value) => Value::Bool(*value),
        FieldValue::Number(number) => Value::Number(number.clone()),
        FieldValue::Text(text) => Value::String(text.clone()),
        FieldValue::Many(values) => Value::Array(values.iter().map(json).collect()),
        _ => Value::Null,
    }
}

/// The id of a custom field by its name in Zendesk's search, such as `custom_field_17`.
pub(crate) fn custom_field(name: &str) -> Option<u64> {
    let id = name.strip_prefix("custom_field_")?;
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    id.parse().ok().filter(|_| is_number)
}

fn assignee(id: &str) -> Result<u64> {
    user(id, "assignee")
}

/// People are named by their ids.
fn user(id: &str, field: &str) -> Result<u64> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let number = id.parse().ok().filter(|_| is_id);
    number.ok_or_else(|| {
        Error::invalid_input(format!("the `{field}` must be the id of a Zendesk user"))
    })
}
