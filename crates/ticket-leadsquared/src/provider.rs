//! LeadSquared as a ticket provider: domain types to the vendor's and back.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ticket_core::{
    Capabilities, Created, DeleteOutcome, DeleteReport, Error, ErrorKind, Field, Fields, NewTicket,
    Operation, Person, Priority, ProviderInfo, Quota, Quotas, Request, Result, Status, Ticket,
    TicketId, TicketProvider,
};
use ticket_http::{Reply, WireId};

use crate::client::LeadSquared;
use crate::config::DEFAULT_DELETE_BATCH;
use crate::wire::{self, NewField};

pub(crate) const ID: &str = "leadsquared";

/// Any other field of the account goes as a custom one by its `SchemaName`. The names of the lead's name,
/// of the owner and the format of tags are not documented, so these are refused.
const CREATE: Fields = Fields::carrying(&[
    Field::Subject,
    Field::Description,
    Field::Category,
    Field::Priority,
    Field::RequesterId,
    Field::RequesterEmail,
    Field::RequesterPhone,
])
.requiring(&[Field::Subject])
.any_custom();

/// Who LeadSquared is and what it can do, with the default batch size.
///
/// 25 calls in 5 seconds (page `delete-tickets`); newer plans have other limits.
pub fn info() -> ProviderInfo {
    info_with_batch(DEFAULT_DELETE_BATCH)
}

pub(crate) fn info_with_batch(delete_batch: usize) -> ProviderInfo {
    let capabilities = Capabilities::none()
        .get()
        .create(CREATE)
        .delete(delete_batch);
    let quotas = Quotas::none().window(Quota::new(25, Duration::from_secs(5)));
    ProviderInfo::new(ID, "LeadSquared", capabilities).quotas(quotas)
}

#[async_trait]
impl TicketProvider for LeadSquared {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(ticket(self.get_ticket(id.as_str()).await?, &self.time_zone))
    }

    async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let wire =
            create_ticket(ticket).map_err(|error| error.in_operation(ID, Operation::Create))?;
        let created = self.create_ticket(&wire).await?;
        Ok(Created::new(created.value.id.into_string(), created.raw))
    }

    async fn delete(&self, ids: &[TicketId]) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(ids))?;
        if ids.is_empty() {
            return Ok(DeleteReport::default());
        }
        let mut seen = HashSet::with_capacity(ids.len());
        let numbers: Vec<&str> = ids
            .iter()
            .map(TicketId::as_str)
            .filter(|id| seen.insert(*id))
            .collect();
        let reply = self.trash_tickets(&numbers).await?.value;
        let deleted: HashSet<&str> = reply.successful_ids.iter().map(WireId::as_str).collect();
        let refused: HashSet<&str> = reply.failed_ids.iter().map(WireId::as_str).collect();
        Ok(DeleteReport::from_fn(ids, |id| {
            outcome(
                id,
                deleted.contains(id.as_str()),
                refused.contains(id.as_str()),
            )
        }))
    }
}

/// What the two lists of the reply say about one ticket. Ids are compared as texts.
fn outcome(id: &TicketId, deleted: bool, refused: bool) -> DeleteOutcome {
    let error = |kind, message: &str| {
        Error::new(kind, message)
            .with_status(200)
            .in_operation(ID, Operation::Delete)
            .on_ticket(id)
    };
    match (deleted, refused) {
        (true, false) => DeleteOutcome::Deleted,
        (false, true) => {
            // That an unknown id lands here is inferred.
            let message = "the vendor did not delete it and gives no reason; an unknown ticket is answered so as well";
            DeleteOutcome::Failed(error(ErrorKind::Conflict, message))
        }
        (false, false) => DeleteOutcome::Unknown(error(
            ErrorKind::BadResponse,
            "the vendor's reply does not mention this ticket",
        )),
        (true, true) => DeleteOutcome::Unknown(error(
            ErrorKind::BadResponse,
            "the vendor's reply calls it both deleted and not",
        )),
    }
}

fn create_ticket(ticket: &NewTicket) -> Result<wire::CreateTicket> {
    let requester = ticket.requester.clone().unwrap_or_default();
    if requester.id.is_none() && requester.email.is_none() && requester.phone.is_none() {
        return Err(Error::invalid_input(
            "LeadSquared requires `requester_id`, `requester_email` or `requester_phone`",
        ));
    }
    let known = [
        ("Title", Some(ticket.subject.clone())),
        ("Description", ticket.description.clone()),
        ("Type", ticket.category.clone()),
        ("Priority", ticket.priority.as_ref().map(priority_name)),
        ("RelatedCustomerId", requester.id.clone()),
        ("LeadDetail.EmailAddress", requester.email),
        ("LeadDetail.Phone", requester.phone),
    ];
    let mut fields = Vec::with_capacity(known.len() + ticket.custom.len());
    for (name, value) in known {
        if value.is_some() && ticket.custom.contains_key(name) {
            return Err(Error::invalid_input(format!(
                "the field `{name}` is given twice"
            )));
        }
        fields.extend(value.map(|value| NewField::new(name, value)));
    }
    fields.extend(
        ticket
            .custom
            .iter()
            .map(|(name, value)| NewField::new(name, value)),
    );
    Ok(wire::CreateTicket::new(requester.id, fields))
}

fn ticket(reply: Reply<wire::Ticket>, zone: &TimeZone) -> Ticket {
    let wire = reply.value;
    let text = |name: &str| wire.field(name).map(str::to_owned);
    let mut ticket = Ticket::new(wire.id.as_str(), reply.raw);
    ticket.subject = text("Title");
    ticket.description = text("Description");
    ticket.status = text("Status").map(status);
    ticket.priority = text("Priority").map(|name| Priority::from_name(&name));
    ticket.category = text("Type");
    ticket.requester = wire
        .lead_id
        .clone()
        .filter(|id| !id.is_empty())
        .map(Person::with_id);
    ticket.due_at = wire.field("DueDate").and_then(|due| timestamp(due, zone));
    ticket
}

/// Accounts may name their statuses as they like; these are the names seen.
fn status(name: String) -> Status {
    match name.to_ascii_lowercase().as_str() {
        "open" => Status::Open,
        "on hold" => Status::OnHold,
        "resolved" => Status::Resolved,
        "closed" => Status::Closed,
        _ => Status::Other(name),
    }
}

/// `Low` and `Medium` are seen; the others follow their form (inferred).
fn priority_name(priority: &Priority) -> String {
    match priority {
        Priority::Low => "Low".to_owned(),
        Priority::Medium => "Medium".to_owned(),
        Priority::High => "High".to_owned(),
        Priority::Urgent => "Urgent".to_owned(),
        other => other.as_str().to_owned(),
    }
}

/// A time of the vendor's, which names no zone. What is no time is absent here and stays in `raw`.
fn timestamp(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}
