//! Domain types to the vendor's and back. What is sent where is `provider.rs`, how it is printed is `wire.rs`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ticket_core::model::{CustomFields, Direction, Person, Priority, Status};
use ticket_core::{Error, Message, NewTicket, Result, Ticket, TicketPatch};
use ticket_http::Reply;

use crate::config::{DEFAULT_CLOSED_STATUS, DEFAULT_RESOLVED_STATUS, LeadSquaredConfig};
use crate::wire::{self, NewField};

/// What is each account's own: the zone of its times, and what it calls its statuses.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    time_zone: TimeZone,
    resolved_status: String,
    closed_status: String,
}

impl Account {
    pub(crate) fn new(config: &LeadSquaredConfig) -> Result<Self> {
        let time_zone = TimeZone::get(&config.time_zone).map_err(|_| {
            Error::config(format!(
                "{:?} is no IANA time zone, such as UTC",
                config.time_zone
            ))
        })?;
        for (name, value) in [
            ("resolved_status", &config.resolved_status),
            ("closed_status", &config.closed_status),
        ] {
            if value.trim().is_empty() {
                return Err(Error::config(format!("`{name}` is empty")));
            }
        }
        Ok(Self {
            time_zone,
            resolved_status: config.resolved_status.clone(),
            closed_status: config.closed_status.clone(),
        })
    }
}

pub(crate) fn ticket(reply: Reply<wire::Ticket>, account: &Account) -> Ticket {
    let wire = reply.value;
    let text = |name: &str| wire.field(name).map(str::to_owned);
    let mut ticket = Ticket::new(wire.id.as_str(), reply.raw);
    ticket.subject = text("Title");
    ticket.description = text("Description");
    ticket.status = text("Status").map(|name| status(name, account));
    ticket.priority = text("Priority").map(|name| Priority::from_name(&name));
    ticket.category = text("Type");
    ticket.requester = person(wire.lead_id.clone());
    ticket.due_at = wire
        .field("DueDate")
        .and_then(|due| timestamp(due, &account.time_zone));
    ticket
}

/// The gap that rows leave which cannot be read.
pub(crate) fn unreadable_rows(rows: usize) -> String {
    match rows {
        1 => "a row of the page has no readable id".to_owned(),
        rows => format!("{rows} rows of the page have no readable id"),
    }
}

pub(crate) fn message(reply: Reply<wire::Conversation>, account: &Account) -> Message {
    let wire = reply.value;
    let body = [wire.text, wire.html]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    let mut message = Message::new(body.unwrap_or_default(), reply.raw);
    message.id = Some(wire.id.into_string());
    message.author = person(wire.created_by);
    message.direction = wire.related_activity_type.as_deref().and_then(direction);
    message.created_at = wire
        .created_on
        .and_then(|time| timestamp(&time, &account.time_zone));
    message
}

pub(crate) fn create_ticket(ticket: &NewTicket) -> Result<wire::CreateTicket> {
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
    let fields = fields(known, &ticket.custom)?;
    Ok(wire::CreateTicket::new(requester.id, fields))
}

pub(crate) fn update_ticket(patch: &TicketPatch, account: &Account) -> Result<wire::UpdateTicket> {
    let known = [
        ("Title", patch.subject.clone()),
        ("Description", patch.description.clone()),
        ("Type", patch.category.clone()),
        (
            "Status",
            patch
                .status
                .as_ref()
                .map(|status| status_name(status, account)),
        ),
        ("Priority", patch.priority.as_ref().map(priority_name)),
    ];
    Ok(wire::UpdateTicket::new(None, fields(known, &patch.custom)?))
}

/// What resolves a ticket: no call of its own is documented, but its status can be changed.
pub(crate) fn resolve_ticket(account: &Account) -> wire::UpdateTicket {
    let status = NewField::new("Status", &account.resolved_status);
    wire::UpdateTicket::new(None, vec![status])
}

/// Accounts name their statuses as they like: these are the names configured, then those seen.
fn status(name: String, account: &Account) -> Status {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is(&account.closed_status) {
        Status::Closed
    } else if is(&account.resolved_status) {
        Status::Resolved
    } else if is("Open") {
        Status::Open
    } else if is("On Hold") {
        Status::OnHold
    } else if is(DEFAULT_RESOLVED_STATUS) {
        Status::Resolved
    } else if is(DEFAULT_CLOSED_STATUS) {
        Status::Closed
    } else {
        Status::Other(name)
    }
}

fn status_name(status: &Status, account: &Account) -> String {
    match status {
        Status::Open => "Open",
        Status::OnHold => "On Hold",
        Status::Resolved => &account.resolved_status,
        Status::Closed => &account.closed_status,
        other => other.as_str(),
    }
    .to_owned()
}

/// The fields that have a value, then the custom ones.
fn fields<const N: usize>(
    known: [(&str, Option<String>); N],
    custom: &CustomFields,
) -> Result<Vec<NewField>> {
    let mut fields = Vec::with_capacity(N + custom.len());
    for (name, value) in known {
        if value.is_some() && custom.contains_key(name) {
            return Err(Error::invalid_input(format!(
                "the field `{name}` is given twice"
            )));
        }
        fields.extend(value.map(|value| NewField::new(name, value)));
    }
    let custom = custom
        .iter()
        .filter_map(|(name, value)| Some((name, value.to_text()?)));
    fields.extend(custom.map(|(name, value)| NewField::new(name, value)));
    Ok(fields)
}

fn person(id: Option<String>) -> Option<Person> {
    id.filter(|id| !id.is_empty()).map(Person::with_id)
}

fn direction(activity_type: &str) -> Option<Direction> {
    match activity_type {
        "InboundEmail" | "PortalInbound" => Some(Direction::Inbound),
        "OutboundEmail" | "PortalOutbound" => Some(Direction::Outbound),
        _ => None,
    }
}

/// `Low` and `Medium` are seen; the others follow their form (inferred).
fn priority_name(priority: &Priority) -> String {
    match priority {
        Priority::Low => "Low",
        Priority::Medium => "Medium",
        Priority::High => "High",
        Priority::Urgent => "Urgent",
        other => other.as_str(),
    }
    .to_owned()
}

/// A time of the vendor, absent if it cannot be read. Servers write the year 1 for "no value".
fn timestamp(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let time = ticket_http::timestamp(text, zone)?;
    (time > FIRST_TIME).then_some(time)
}

/// 1 January 1900. No ticket is older.
const FIRST_TIME: Timestamp = Timestamp::constant(-2_208_988_800, 0);
