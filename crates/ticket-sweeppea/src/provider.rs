//! Sweeppea as a ticket provider: domain types to the vendor's and back.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::value::RawValue;
use ticket_core::{
    Capabilities, Created, Cursor, DeleteReport, Direction, Error, ErrorKind, Field, Fields,
    Message, NewTicket, Operation, Page, PageRequest, Person, Priority, ProviderInfo, Quota,
    Quotas, Request, Result, State, Status, Ticket, TicketId, TicketPatch, TicketProvider,
    TicketQuery,
};
use ticket_http::Reply;

use crate::client::Sweeppea;
use crate::wire;

pub(crate) const ID: &str = "sweeppea";

/// No requester (it is the caller), no category and no files can be sent (page `support/create.md`). What
/// the vendor does with longer texts is not stated, so they are refused here.
const CREATE: Fields = Fields::carrying(&[
    Field::Subject,
    Field::Description,
    Field::Priority,
    Field::Assignee,
])
.requiring(&[Field::Subject, Field::Description, Field::Priority])
.max_chars(&[(Field::Subject, 200), (Field::Description, 20_000)]);

/// The category is what the vendor calls the platform.
const LIST: Fields = Fields::carrying(&[
    Field::State,
    Field::Search,
    Field::Priority,
    Field::Category,
    Field::Cursor,
]);

/// Nothing else can be changed (page `support/update.md`).
const UPDATE: Fields = Fields::carrying(&[Field::Subject, Field::Description])
    .max_chars(&[(Field::Subject, 200), (Field::Description, 20_000)]);

/// Who Sweeppea is and what it can do. No way to comment is documented: notes are read only.
///
/// 150 calls a minute and one at a time per endpoint, as documented in 2026 (page `concurrency.md`); other
/// samples say 60 a minute.
pub fn info() -> ProviderInfo {
    let capabilities = Capabilities::none()
        .get()
        .list(LIST)
        .create(CREATE)
        .update(UPDATE)
        .resolve()
        .delete(1)
        .messages(Fields::carrying(&[]));
    ProviderInfo::new(ID, "Sweeppea", capabilities).quotas(
        Quotas::none()
            .window(Quota::new(150, Duration::from_secs(60)))
            .one_call_per_operation(),
    )
}

#[async_trait]
impl TicketProvider for Sweeppea {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(ticket(self.fetch_single_ticket(id.as_str()).await?))
    }

    async fn list(&self, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(query))?;
        let place = Place::of(query).map_err(|error| error.in_operation(ID, Operation::List))?;
        let filter = ticket_filter(query, place.page)
            .map_err(|error| error.in_operation(ID, Operation::List))?;
        let reply = match place.list {
            State::Closed => self.fetch_closed_tickets(&filter).await?,
            _ => self.fetch_open_tickets(&filter).await?,
        };
        let rows: wire::Envelope<wire::RawRows> =
            serde_json::from_str(reply.raw.get()).map_err(|_| {
                // The same text was read as rows before.
                Error::new(ErrorKind::BadResponse, "the rows cannot be read")
                    .in_operation(ID, Operation::List)
            })?;
        let list = reply.value;
        let next = place.next(query.state, list.tickets.len(), list.total_tickets);
        let status = if place.list == State::Closed {
            Status::Closed
        } else {
            Status::Open
        };
        let items = list.tickets.into_iter().zip(rows.data.tickets);
        let items = items
            .map(|(row, raw)| row_ticket(row, raw, &status))
            .collect();
        // The total is one list's; of both together nothing is known.
        Ok(Page::last(items)
            .next(next.map(Place::cursor))
            .total(list.total_tickets.filter(|_| query.state.is_some())))
    }

    async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let created = self.create_ticket(&create_ticket(ticket)?).await?;
        Ok(Created::new(
            created.value.case_number.into_string(),
            created.raw,
        ))
    }

    async fn update(&self, id: &TicketId, patch: &TicketPatch) -> Result<()> {
        self.info.check(&Request::Update(id, patch))?;
        let update = wire::UpdateTicket {
            case_id: id.to_string(),
            title: patch.subject.clone(),
            description: patch.description.clone(),
        };
        self.update_ticket(&update).await.map(drop)
    }

    async fn resolve(&self, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Resolve(id))?;
        self.resolve_ticket(id.as_str()).await.map(drop)
    }

    async fn delete(&self, ids: &[TicketId]) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(ids))?;
        match ids {
            [id] => DeleteReport::of_one(id, self.delete_ticket(id.as_str()).await),
            _ => Ok(DeleteReport::default()),
        }
    }

    async fn messages(&self, id: &TicketId, page: &PageRequest) -> Result<Page<Message>> {
        self.info.check(&Request::Messages(id, page))?;
        let reply = self.fetch_for(Operation::Messages, id.as_str()).await?;
        let raw: wire::Envelope<wire::RawNotes> =
            serde_json::from_str(reply.raw.get()).map_err(|_| {
                // The same text was read as notes before.
                Error::new(ErrorKind::BadResponse, "the notes cannot be read")
                    .in_operation(ID, Operation::Messages)
            })?;
        let notes = reply.value.notes.unwrap_or_default().into_iter();
        Ok(Page::last(
            notes
                .zip(raw.data.notes.unwrap_or_default())
                .map(|(note, raw)| message(note, raw))
                .collect(),
        ))
    }
}

/// Where a list stands: the vendor has one for open tickets and one for closed ones. A query for all goes
/// through the open ones first. A cursor is `open:2:20`: the list, its page, the tickets before that.
#[derive(Clone, Copy)]
struct Place {
    list: State,
    page: u64,
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

    fn of(query: &TicketQuery) -> Result<Self> {
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

    fn cursor(self) -> Cursor {
        let list = if self.list == State::Closed {
            "closed"
        } else {
            "open"
        };
        Cursor::new(format!("{list}:{}:{}", self.page, self.before))
    }

    /// Pages by what arrived and by the total, never by the echoed limit; without a total, until a page is
    /// empty.
    fn next(self, asked: Option<State>, arrived: usize, total: Option<u64>) -> Option<Self> {
        let before = self
            .before
            .saturating_add(u64::try_from(arrived).unwrap_or(u64::MAX));
        if arrived > 0 && total.is_none_or(|total| before < total) {
            return Some(Self {
                list: self.list,
                page: self.page.saturating_add(1),
                before,
            });
        }
        (self.list == State::Open && asked.is_none()).then_some(Self::start(State::Closed))
    }
}

fn ticket_filter(query: &TicketQuery, page: u64) -> Result<wire::TicketFilter> {
    Ok(wire::TicketFilter {
        search: query.search.clone(),
        platform: query.category.clone(),
        priority: query.priority.as_ref().map(priority_number).transpose()?,
        page: Some(page),
    })
}

fn create_ticket(ticket: &NewTicket) -> Result<wire::CreateTicket> {
    let priority = ticket.priority.as_ref().map_or(Ok(0), priority_number);
    let priority = priority.map_err(|error| error.in_operation(ID, Operation::Create))?;
    Ok(wire::CreateTicket {
        title: ticket.subject.clone(),
        description: ticket.description.clone().unwrap_or_default(),
        priority,
        assign_to: ticket.assignee.clone(),
    })
}

fn ticket(reply: Reply<wire::Ticket>) -> Ticket {
    let wire = reply.value;
    let mut ticket = Ticket::new(wire.case_number.into_string(), reply.raw);
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

fn row_ticket(row: wire::TicketRow, raw: Box<RawValue>, status: &Status) -> Ticket {
    let mut ticket = Ticket::new(row.case_number.into_string(), raw);
    ticket.subject = row.subject;
    ticket.status = Some(status.clone());
    ticket.priority = row.priority.map(priority);
    ticket.category = row.resource_affected;
    ticket.created_at = row.date;
    ticket
}

fn message(note: wire::Note, raw: Box<RawValue>) -> Message {
    let mut message = Message::new(note.note.unwrap_or_default(), raw);
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
        other => {
            let message = format!(
                "Sweeppea has no `priority` {:?}; it has low, medium and high",
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
