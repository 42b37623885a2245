//! Domain types to the vendor's and back.

use ticket_core::{
    Cursor, Direction, Error, ErrorKind, Message, NewTicket, Operation, Person, Priority, Result,
    State, Status, Ticket, TicketQuery,
};
use ticket_http::Reply;

use crate::info::ID;
use crate::wire;

/// Where a list stands: the vendor has one for open tickets and one for closed ones. A query for all goes
/// through the open ones first. A cursor is `open:2:20`: the list, its page, the tickets before that.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) list: State,
    pub(crate) page: u64,
    before: u64,
}

impl Place {
    const fn start(list: State) -> Self {
        Self {
            list,
            page: 1,
            before: 0,
        }
    }

    pub(crate) fn of(query: &TicketQuery) -> Result<Self> {
        let Some(cursor) = &query.page.cursor else {
            return Ok(Self::start(query.state.unwrap_or(State::Open)));
        };
        Self::read(cursor.as_str())
            .filter(|place| query.state.is_none_or(|state| state == place.list))
            .ok_or_else(|| {
                Error::invalid_input(
                    "the `cursor` is not one that Sweeppea's list gave for this query",
                )
            })
    }

    fn read(cursor: &str) -> Option<Self> {
        let mut parts = cursor.splitn(3, ':');
        let list = match parts.next()? {
            "open" => State::Open,
            "closed" => State::Closed,
            _ => return None,
        };
        let page = parts.next()?.parse().ok().filter(|page| *page > 0)?;
        Some(Self {
            list,
            page,
            before: parts.next()?.parse().ok()?,
        })
    }

    pub(crate) fn cursor(self) -> Cursor {
        let list = if self.list == State::Closed {
            "closed"
        } else {
            "open"
        };
        Cursor::new(format!("{list}:{}:{}", self.page, self.before))
    }

    /// Pages by what arrived and by the total, never by the echoed limit; without a total, until a page is
    /// empty.
    pub(crate) fn next(
        self,
        asked: Option<State>,
        arrived: usize,
        total: Option<u64>,
    ) -> Result<Option<Self>> {
        let before = self
            .before
            .saturating_add(u64::try_from(arrived).unwrap_or(u64::MAX));
        if total.map_or(arrived > 0, |total| before < total) {
            if arrived == 0 {
                let message = "the list ends before the total that the vendor states";
                return Err(Error::new(ErrorKind::BadResponse, message));
            }
            let page = self.page.saturating_add(1);
            return Ok(Some(Self {
                list: self.list,
                page,
                before,
            }));
        }
        Ok((self.list == State::Open && asked.is_none()).then_some(Self::start(State::Closed)))
    }
}

pub(crate) fn ticket_filter(query: &TicketQuery, page: u64) -> Result<wire::TicketFilter> {
    Ok(wire::TicketFilter {
        search: query.search.clone(),
        platform: query.category.clone(),
        priority: query.priority.as_ref().map(priority_number).transpose()?,
        page: Some(page),
    })
}

pub(crate) fn create_ticket(ticket: &NewTicket) -> Result<wire::CreateTicket> {
    let priority = ticket.priority.as_ref().map_or(Ok(0), priority_number);
    let priority = priority.map_err(|error| error.in_operation(ID, Operation::Create))?;
    Ok(wire::CreateTicket {
        title: ticket.subject.clone(),
        description: ticket.description.clone().unwrap_or_default(),
        priority,
        assign_to: ticket.assignee.clone(),
    })
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
    ticket.created_at = wire.date;
    ticket.closed_at = wire.close_date;
    ticket
}

pub(crate) fn row_ticket(reply: Reply<wire::TicketRow>, status: &Status) -> Ticket {
    let row = reply.value;
    let mut ticket = Ticket::new(row.case_number, reply.raw);
    ticket.subject = row.subject;
    ticket.status = Some(status.clone());
    ticket.priority = row.priority.map(priority);
    ticket.category = row.resource_affected;
    ticket.created_at = row.date;
    ticket
}

/// That a note is one among the people who work on the ticket is inferred: the page does not say whom it is for.
pub(crate) fn message(reply: Reply<wire::Note>) -> Message {
    let note = reply.value;
    let mut message = Message::new(note.note.unwrap_or_default(), reply.raw);
    message.id = note.id;
    message.direction = Some(Direction::Internal);
    message.created_at = note.date;
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
