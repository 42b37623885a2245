//! OneCloud as a ticket provider: domain types to the vendor's and back.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ticket_core::{
    Capabilities, Created, DeleteReport, Field, Fields, NewTicket, Person, Priority, ProviderInfo,
    Request, Result, Status, Ticket, TicketId, TicketProvider,
};
use ticket_http::Reply;

use crate::client::OneCloud;
use crate::wire;

pub(crate) const ID: &str = "onecloud";

/// The vendor's name for where a ticket was filed, as `latitude,longitude`.
const COORDINATE: &str = "coordinate";

/// Priority, assignee and status cannot be set, and how files are sent is not documented (page
/// `tiketcreate`).
const CREATE: Fields = {
    const CARRIED: &[Field] = &[
        Field::Subject,
        Field::Description,
        Field::Category,
        Field::RequesterName,
        Field::RequesterEmail,
    ];
    Fields::carrying(CARRIED)
        .requiring(CARRIED)
        .custom(&[COORDINATE])
};

/// Who OneCloud is and what it can do. No limit on calls per minute is documented.
pub fn info() -> ProviderInfo {
    ProviderInfo::new(
        ID,
        "OneCloud",
        Capabilities::none().get().create(CREATE).delete(1),
    )
}

#[async_trait]
impl TicketProvider for OneCloud {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(ticket(self.get_ticket(id.as_str()).await?, &self.time_zone))
    }

    async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let created = self.create_ticket(&create_ticket(ticket)).await?;
        Ok(Created::new(
            created.value.ticket_id.into_string(),
            created.raw,
        ))
    }

    async fn delete(&self, ids: &[TicketId]) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(ids))?;
        match ids {
            [id] => DeleteReport::of_one(id, self.remove_ticket(id.as_str()).await),
            _ => Ok(DeleteReport::default()),
        }
    }
}

fn create_ticket(ticket: &NewTicket) -> wire::CreateTicket {
    let requester = ticket.requester.clone().unwrap_or_default();
    wire::CreateTicket {
        full_name: requester.name.unwrap_or_default(),
        contact: requester.email.unwrap_or_default(),
        subject: ticket.subject.clone(),
        category: ticket.category.clone().unwrap_or_default(),
        content: ticket.description.clone().unwrap_or_default(),
        coordinate: ticket.custom.get(COORDINATE).cloned(),
    }
}

fn ticket(reply: Reply<wire::Ticket>, zone: &TimeZone) -> Ticket {
    let wire = reply.value;
    let time = |text: Option<String>| timestamp(&given(text)?, zone);
    let mut ticket = Ticket::new(wire.id.into_string(), reply.raw);
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

/// A time of the vendor's, which names no zone. What is no time (such as `0000-00-00 00:00:00`) is absent
/// here and stays in `raw`.
fn timestamp(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}
