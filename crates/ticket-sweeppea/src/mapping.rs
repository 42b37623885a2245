//! Domain types to the vendor's and back.

use jiff::Timestamp;
use ticket_core::model::{Direction, Person, Priority, Status};
use ticket_core::{Error, Message, NewTicket, Result, Ticket, TicketId, TicketPatch, TicketQuery};
use ticket_http::Reply;

use crate::wire;

pub(crate) fn ticket_filter(query: &TicketQuery, page: u64) -> Result<wire::TicketFilter> {
    Ok(wire::TicketFilter {
        search: query.search.clone(),
        platform: query.category.clone(),
        priority: query.priority.as_ref().map(priority_number).transpose()?,
        page: Some(page),
    })
}

pub(crate) fn create_ticket(ticket: &NewTicket) -> Result<wire::CreateTicket> {
    let priority = ticket.priority.as_ref().map_or(Ok(0), priority_number)?;
    Ok(wire::CreateTicket {
        title: ticket.subject.clone(),
        description: ticket.description.clone().unwrap_or_default(),
        priority,
        assign_to: ticket.assignee.clone(),
    })
}

pub(crate) fn update_ticket(id: &TicketId, patch: &TicketPatch) -> wire::UpdateTicket {
    wire::UpdateTicket {
        case_id: id.to_string(),
        title: patch.subject.clone(),
        description: patch.description.clone(),
    }
}

pub(crate) fn ticket(reply: Reply<wire::Ticket>) -> Ticket {
    let wire = reply.value;
    let mut ticket = Ticket::new(wire.case_number, reply.raw);
    ticket.subject = wire.subject;
    ticket.description = wire.description;
    ticket.status = wire
        .status
        .map(|closed| if closed { Status::Closed } else { Status::Open });
    ticket.priority = wire.priority.map(priority);
    ticket.category = wire.resource_affected;
    ticket.requester = wire.account_info.map(|account| {
        let mut person = Person::default();
        person.name = account.full_name;
        person.email = account.email;
        person.phone = account.mobile_number;
        person
    });
    ticket.created_at = wire.date.filter(is_plausible);
    ticket.closed_at = wire.close_date.filter(is_plausible);
    ticket
}

pub(crate) fn row_ticket(reply: Reply<wire::TicketRow>, status: &Status) -> Ticket {
    let row = reply.value;
    let mut ticket = Ticket::new(row.case_number, reply.raw);
    ticket.subject = row.subject;
    ticket.status = Some(status.clone());
    ticket.priority = row.priority.map(priority);
    ticket.category = row.resource_affected;
    ticket.created_at = row.date.filter(is_plausible);
    ticket
}

/// The gap that rows leave which cannot be read.
pub(crate) fn unreadable_rows(rows: usize) -> String {
    match rows {
        1 => "a row of the page has no readable id".to_owned(),
        rows => format!("{rows} rows of the page have no readable id"),
    }
}

/// That a note is one among the people who work on the ticket is inferred: the page does not say whom it is for.
pub(crate) fn message(reply: Reply<wire::Note>) -> Message {
    let note = reply.value;
    let mut message = Message::new(note.note.unwrap_or_default(), reply.raw);
    message.id = note.id;
    message.direction = Some(Direction::Internal);
    message.created_at = note.date.filter(is_plausible);
    message
}

fn priority_number(priority: &Priority) -> Result<u8> {
    match priority {
        Priority::Low => Ok(1),
        Priority::Medium => Ok(2),
        Priority::High => Ok(3),
        // The vendor's own words for them.
        Priority::Other(code) if matches!(code.as_str(), "1" | "2" | "3") => {
            Ok(code.parse().unwrap_or_default())
        }
        other => {
            let message = format!(
                "Sweeppea has no `priority` {:?}; it has low, medium and high, or 1, 2 and 3",
                other.as_str()
            );
            Err(Error::invalid_input(message))
        }
    }
}

fn priority(number: i64) -> Priority {
    match number {
        1 => Priority::Low,
        2 => Priority::Medium,
        3 => Priority::High,
        other => Priority::Other(other.to_string()),
    }
}

/// Whether a time is one. Servers write the year 1 for "no value"; no ticket is older than 1900.
fn is_plausible(time: &Timestamp) -> bool {
    const FIRST: Timestamp = Timestamp::constant(-2_208_988_800, 0);
    *time > FIRST
}
