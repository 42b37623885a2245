//! Sweeppea as a ticket provider: domain types to the vendor's and back.

use std::time::Duration;

use async_trait::async_trait;
use ticket_core::{
    Capabilities, Created, DeleteReport, Error, Field, Fields, NewTicket, Operation, Person,
    Priority, ProviderInfo, Quota, Quotas, Request, Result, Status, Ticket, TicketId,
    TicketProvider,
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

/// Who Sweeppea is and what it can do.
///
/// 150 calls a minute and one at a time per endpoint, as documented in 2026 (page `concurrency.md`); other
/// samples say 60 a minute.
pub fn info() -> ProviderInfo {
    let capabilities = Capabilities::none().get().create(CREATE).delete(1);
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

    async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let created = self.create_ticket(&create_ticket(ticket)?).await?;
        Ok(Created::new(
            created.value.case_number.into_string(),
            created.raw,
        ))
    }

    async fn delete(&self, ids: &[TicketId]) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(ids))?;
        match ids {
            [id] => DeleteReport::of_one(id, self.delete_ticket(id.as_str()).await),
            _ => Ok(DeleteReport::default()),
        }
    }
}

fn create_ticket(ticket: &NewTicket) -> Result<wire::CreateTicket> {
    let priority = match &ticket.priority {
        Some(Priority::Low) => 1,
        Some(Priority::Medium) => 2,
        Some(Priority::High) => 3,
        other => {
            let given = other.as_ref().map_or("none", |priority| priority.as_str());
            let message =
                format!("Sweeppea has no `priority` {given:?}; it has low, medium and high");
            return Err(Error::invalid_input(message).in_operation(ID, Operation::Create));
        }
    };
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

fn priority(number: i64) -> Priority {
    match number {
        1 => Priority::Low,
        2 => Priority::Medium,
        3 => Priority::High,
        other => Priority::Other(other.to_string()),
    }
}
