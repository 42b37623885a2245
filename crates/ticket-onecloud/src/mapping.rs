//! Domain types to the vendor's and back.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ticket_core::model::{Direction, Person, Priority, Status};
use ticket_core::{Message, NewTicket, Ticket};
use ticket_http::Reply;

use crate::info::COORDINATE;
use crate::wire;

pub(crate) fn create_ticket(ticket: &NewTicket) -> wire::CreateTicket {
    let requester = ticket.requester.clone().unwrap_or_default();
    wire::CreateTicket {
        full_name: requester.name.unwrap_or_default(),
        contact: requester.email.unwrap_or_default(),
        subject: ticket.subject.clone(),
        category: ticket.category.clone().unwrap_or_default(),
        content: ticket.description.clone().unwrap_or_default(),
        coordinate: ticket
            .custom
            .get(COORDINATE)
            .and_then(|value| value.to_text().map(Cow::into_owned)),
    }
}

pub(crate) fn ticket(reply: Reply<wire::Ticket>, zone: &TimeZone) -> Ticket {
    let wire = reply.value;
    let time = |text: Option<String>| timestamp(&given(text)?, zone);
    let mut ticket = Ticket::new(wire.id, reply.raw);
    ticket.subject = given(wire.subject);
    ticket.description = given(wire.content).or(given(wire.description));
    ticket.status = given(wire.status_id).map(status);
    ticket.priority = given(wire.priority_id).map(priority);
    ticket.category = given(wire.category_id);
    ticket.requester = given(wire.requestor).map(Person::with_id);
    ticket.assignee = person(
        given(wire.assignee).or(given(wire.assignee_list)),
        given(wire.assignee_text_list),
    );
    ticket.created_at = time(wire.create_date);
    ticket.updated_at = time(wire.modify_date);
    ticket.closed_at = time(wire.close_date);
    ticket.due_at = time(wire.due_date);
    ticket
}

pub(crate) fn row_ticket(reply: Reply<wire::TicketRow>, zone: &TimeZone) -> Ticket {
    let row = reply.value;
    let time = |text: Option<String>| timestamp(&given(text)?, zone);
    let mut ticket = Ticket::new(row.id, reply.raw);
    ticket.subject = given(row.subject);
    ticket.description = given(row.description);
    ticket.status = given(row.status).map(status_name);
    ticket.priority = given(row.priority).map(|name| Priority::from_name(&name));
    ticket.category = given(row.category);
    ticket.requester = given(row.requestor).map(Person::named);
    ticket.assignee = given(row.assignee).map(Person::named);
    // How several labels are written is not documented, so the text stays one.
    ticket.tags = given(row.tags).into_iter().collect();
    ticket.created_at = time(row.create_date);
    ticket.updated_at = time(row.modify_date);
    ticket.due_at = time(row.due_date);
    ticket
}

/// The gap that rows leave which cannot be read.
pub(crate) fn unreadable_rows(rows: usize) -> String {
    match rows {
        1 => "a row of the page has no readable id".to_owned(),
        rows => format!("{rows} rows of the page have no readable id"),
    }
}

pub(crate) fn message(reply: Reply<wire::Message>, zone: &TimeZone) -> Message {
    let wire = reply.value;
    let parts = wire.contents.unwrap_or_default();
    let body = given(wire.content)
        .or_else(|| {
            let mut parts = parts.into_iter();
            parts.find_map(|part| given(part.body_text).or(given(part.body)))
        })
        .or(given(wire.description));
    let mut message = Message::new(body.unwrap_or_default(), reply.raw);
    message.id = Some(wire.id.into_string());
    // An id in the channel, or an address.
    let (email, id) = match given(wire.from) {
        Some(from) if from.contains('@') => (Some(from), None),
        from => (None, from),
    };
    message.author = person(id, given(wire.from_name));
    if let Some(email) = email {
        message.author = Some(message.author.unwrap_or_default().email(email));
    }
    // Inferred from the sample's texts.
    message.direction = match wire.incoming.as_deref() {
        Some("1") => Some(Direction::Inbound),
        Some("0") => Some(Direction::Outbound),
        _ => None,
    };
    message.created_at = given(wire.date).and_then(|date| timestamp(&date, zone));
    message
}

/// Only `Closed` is seen (page `tiketfind`); the other names are the usual ones (inferred).
fn status_name(name: String) -> Status {
    match name.to_ascii_lowercase().as_str() {
        "open" => Status::Open,
        "closed" => Status::Closed,
        _ => Status::Other(name),
    }
}

/// The vendor writes "no value" as null and as an empty text.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn person(id: Option<String>, name: Option<String>) -> Option<Person> {
    if id.is_none() && name.is_none() {
        return None;
    }
    let mut person = Person::default();
    person.id = id;
    person.name = name;
    Some(person)
}

/// Inferred from one ticket that the vendor prints both with codes and with names.
fn status(code: String) -> Status {
    match code.as_str() {
        "TS7" => Status::Closed,
        _ => Status::Other(code),
    }
}

/// Inferred from one ticket that the vendor prints both with codes and with names.
fn priority(code: String) -> Priority {
    match code.as_str() {
        "TP1" => Priority::Low,
        _ => Priority::Other(code),
    }
}

/// A time of the vendor, absent if it cannot be read. Servers write the year 1 for "no value".
fn timestamp(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let time = ticket_http::timestamp(text, zone)?;
    (time > FIRST_TIME).then_some(time)
}

/// 1 January 1900. No ticket is older.
const FIRST_TIME: Timestamp = Timestamp::constant(-2_208_988_800, 0);
