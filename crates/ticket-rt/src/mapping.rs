//! Domain types to the vendor's and back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use ticket_core::model::{
    AttachedFile, CustomFields, FieldValue, Order, Person, Priority, Sort, Status, Version,
};
use ticket_core::{Error, NewTicket, Result, Ticket, TicketPatch};
use ticket_http::Reply;

use crate::info::MAX_SUBJECT;
use crate::wire;

pub(crate) fn create_ticket(ticket: &NewTicket) -> Result<wire::NewTicket> {
    let requester = ticket.requester.as_ref();
    let email = requester.and_then(|requester| requester.email.clone());
    if email.as_ref().is_some_and(|email| !is_address(email)) {
        // RT would drop it without a word (observed).
        let message = "the `requester_email` is not an e-mail address";
        return Err(Error::invalid_input(message));
    }
    Ok(wire::NewTicket {
        queue: ticket.category.clone().unwrap_or_default(),
        subject: subject(&ticket.subject)?,
        requestor: email,
        content: ticket.description.clone(),
        content_type: Some("text/plain"),
        priority: ticket.priority.as_ref().map(priority_number).transpose()?,
        owner: ticket.assignee.clone(),
        custom_fields: custom_fields(&ticket.custom)?,
    })
}

pub(crate) fn update_ticket(patch: &TicketPatch) -> Result<wire::TicketUpdate> {
    Ok(wire::TicketUpdate {
        subject: patch.subject.as_deref().map(subject).transpose()?,
        status: patch.status.as_ref().map(status_word).transpose()?,
        priority: patch.priority.as_ref().map(priority_number).transpose()?,
        queue: patch.category.clone(),
        owner: patch.assignee.clone(),
        custom_fields: custom_fields(&patch.custom)?,
    })
}

/// One address and nothing else: RT splits at commas, and drops what it cannot read.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let is_plain = |letter: char| {
        !letter.is_whitespace() && !letter.is_control() && !",;<>\"".contains(letter)
    };
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && text.chars().all(is_plain)
}

/// RT removes line breaks, and cuts a subject after 200 bytes, without a word (observed).
fn subject(text: &str) -> Result<String> {
    if text.contains(['\n', '\r']) {
        let message = "Request Tracker cannot keep line breaks in the `subject`";
        return Err(Error::invalid_input(message));
    }
    if text.len() > MAX_SUBJECT {
        let message = format!(
            "the `subject` has {} bytes as UTF-8, of which Request Tracker keeps {MAX_SUBJECT}",
            text.len()
        );
        return Err(Error::invalid_input(message));
    }
    Ok(text.to_owned())
}

fn custom_fields(custom: &CustomFields) -> Result<BTreeMap<String, Value>> {
    let fields = custom.iter();
    fields
        .map(|(name, value)| Ok((name.clone(), custom_value(name, value)?)))
        .collect()
}

fn custom_value(name: &str, value: &FieldValue) -> Result<Value> {
    Ok(match value {
        FieldValue::Bool(value) => Value::from(if *value { "1" } else { "0" }),
        FieldValue::Number(number) => Value::from(number.to_string()),
        FieldValue::Text(text) => Value::from(text.clone()),
        FieldValue::Many(values) => values
            .iter()
            .map(|value| custom_value(name, value))
            .collect::<Result<_>>()?,
        _ => {
            let message = format!("Request Tracker cannot carry this value of `{name}`");
            return Err(Error::invalid_input(message));
        }
    })
}

fn priority_number(priority: &Priority) -> Result<String> {
    let is_number = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    Ok(match priority {
        // The names and numbers that RT 5 comes with (observed).
        Priority::Low => "0".to_owned(),
        Priority::Medium => "50".to_owned(),
        Priority::High => "100".to_owned(),
        Priority::Other(code) if is_number(code) => code.clone(),
        other => {
            let message = format!(
                "Request Tracker has no `priority` {:?}; it has low, medium, high and numbers",
                other.as_str()
            );
            return Err(Error::invalid_input(message));
        }
    })
}

fn priority(code: String) -> Priority {
    match code.as_str() {
        "0" => Priority::Low,
        "50" => Priority::Medium,
        "100" => Priority::High,
        _ => Priority::Other(code),
    }
}

fn status_word(status: &Status) -> Result<String> {
    Ok(match status {
        Status::Open => "open".to_owned(),
        Status::OnHold => "stalled".to_owned(),
        Status::Resolved => "resolved".to_owned(),
        // RT would delete the ticket, and call it an update.
        Status::Other(code) if code.eq_ignore_ascii_case("deleted") => {
            let message = "an update does not delete a ticket; use delete";
            return Err(Error::invalid_input(message));
        }
        Status::Other(code) => code.clone(),
        other => {
            let message = format!(
                "Request Tracker has no `status` {:?}; it has open, on_hold, resolved, and its own words",
                other.as_str()
            );
            return Err(Error::invalid_input(message));
        }
    })
}

/// The statuses of the lifecycle that RT comes with. A queue may have others.
fn status(code: String) -> Status {
    match code.as_str() {
        "new" | "open" => Status::Open,
        "stalled" => Status::OnHold,
        "resolved" => Status::Resolved,
        "deleted" => Status::Deleted,
        _ => Status::Other(code),
    }
}

pub(crate) fn ticket(reply: Reply<wire::Ticket>, version: Option<&str>) -> Ticket {
    let wire = reply.value;
    let mut ticket = Ticket::new(wire.id, reply.raw);
    let is_active = matches!(wire.status.as_deref(), Some("new" | "open" | "stalled"));
    ticket.subject = wire.subject;
    ticket.status = wire.status.map(status);
    ticket.priority = wire.priority.map(priority);
    ticket.category = wire
        .queue
        .map(|queue| queue.name.unwrap_or_else(|| queue.id.into_string()));
    let mut requesters = wire.requestor.into_iter().flatten().map(person);
    ticket.requester = requesters.next();
    ticket.other_requesters = requesters.collect();
    let owner = wire.owner.filter(|owner| owner.id.as_str() != "Nobody");
    ticket.assignee = owner.map(person);
    ticket.created_at = wire.created.filter(is_set);
    ticket.updated_at = wire.last_updated.filter(is_set);
    ticket.due_at = wire.due.filter(is_set);
    ticket.closed_at = wire.resolved.filter(|time| is_set(time) && !is_active);
    let custom = wire.custom_fields.unwrap_or_default().into_iter();
    ticket.custom = custom
        .filter_map(|field| Some((field.name, value_of(field.values)?)))
        .collect();
    ticket.version = version.map(Version::new);
    ticket
}

/// One value, or several; `None` for none.
fn value_of(mut values: Vec<Value>) -> Option<FieldValue> {
    match values.len() {
        0 => None,
        1 => FieldValue::from_json(values.remove(0)),
        _ => FieldValue::from_json(Value::Array(values)),
    }
}

pub(crate) fn person(user: wire::User) -> Person {
    let mut person = Person::default();
    person.email = address(&user).map(str::to_owned);
    person.name = user.real_name.filter(|name| !name.is_empty());
    person.id = Some(user.id.into_string());
    person
}

/// The address of a user. Users that RT made from an e-mail have it as their login name.
pub(crate) fn address(user: &wire::User) -> Option<&str> {
    let given = user.email_address.as_deref();
    let login = user.id.as_str();
    let given = given.filter(|address| !address.is_empty());
    given.or_else(|| login.contains('@').then_some(login))
}

pub(crate) fn file(row: Reply<wire::AttachmentRow>) -> Option<AttachedFile> {
    let wire = row.value;
    // What has no name is the text of a message, or only holds others.
    let name = wire.filename.filter(|name| !name.is_empty())?;
    let mut file = AttachedFile::new(wire.id.into_string(), row.raw);
    file.name = Some(name);
    file.media_type = wire.content_type.filter(|kind| !kind.is_empty());
    file.size = wire.content_length.and_then(|length| length.parse().ok());
    file.created_at = wire.created.filter(is_set);
    Some(file)
}

/// The fields of RT that an order sorts by. Tickets of the same time are in the order of their ids.
pub(crate) fn order(order: Option<Order>) -> Result<Vec<(&'static str, &'static str)>> {
    let field = |sort| match sort {
        Sort::Created => Ok("Created"),
        Sort::Updated => Ok("LastUpdated"),
        _ => Err(Error::invalid_input(
            "Request Tracker cannot sort by this `order`",
        )),
    };
    Ok(match order {
        None => vec![("id", "ASC")],
        Some(Order::Ascending(sort)) => vec![(field(sort)?, "ASC"), ("id", "ASC")],
        Some(Order::Descending(sort)) => vec![(field(sort)?, "DESC"), ("id", "DESC")],
        Some(_) => {
            return Err(Error::invalid_input(
                "Request Tracker does not have this `order`",
            ));
        }
    })
}

/// The gap that rows leave which cannot be read.
pub(crate) fn unreadable_rows(rows: usize) -> String {
    match rows {
        1 => "a row of the page has no readable id".to_owned(),
        rows => format!("{rows} rows of the page have no readable id"),
    }
}

/// Whether a time is set: RT shows 1970 for none.
pub(crate) fn is_set(time: &Timestamp) -> bool {
    *time > Timestamp::UNIX_EPOCH
}
