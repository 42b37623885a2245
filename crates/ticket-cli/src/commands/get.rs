//! `tickets get`: prints one ticket.

use serde::Serialize;
use tickets::accounts::Account;
use tickets::model::Person;
use tickets::{Ticket, TicketRef};

use crate::accounts::Accounts;
use crate::args::{Get, Global};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
pub(super) use crate::output::shown;
use crate::output::{Output, Record};
use crate::shape::{ANY, Known, PERSON};

/// The fields of a ticket in JSON.
pub(super) const FIELDS: &[Known] = &[
    ("ticket", &[]),
    ("id", &[]),
    ("subject", &[]),
    ("description", &[]),
    ("status", &[]),
    ("priority", &[]),
    ("category", &[]),
    ("requester", PERSON),
    ("other_requesters", &[]),
    ("assignee", PERSON),
    ("tags", &[]),
    ("created_at", &[]),
    ("updated_at", &[]),
    ("closed_at", &[]),
    ("due_at", &[]),
    ("custom", ANY),
    ("subtickets", &[]),
    ("merged_into", &[]),
    ("version", &[]),
    ("raw", &[]),
];

pub(super) async fn run(asked: &Get, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let reference: TicketRef = asked.ticket.parse()?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let account = accounts.connect(&reference.account)?;
    let ticket = account
        .tickets
        .get(&reference.id)
        .await
        .map_err(|error| account.diagnose(error, Some(&reference)))?;
    output
        .one(&Shown::new(&account, ticket))
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

/// A ticket with its account.
#[derive(Serialize)]
pub(super) struct Shown {
    #[serde(rename = "ticket")]
    pub(super) reference: TicketRef,
    #[serde(flatten)]
    pub(super) ticket: Ticket,
}

impl Shown {
    pub(super) fn new(account: &Account, ticket: Ticket) -> Self {
        Self {
            reference: TicketRef::new(&account.name, &ticket.id),
            ticket,
        }
    }
}

impl Record for Shown {
    const COLUMNS: &'static [&'static str] = &[
        "ticket",
        "id",
        "subject",
        "status",
        "priority",
        "category",
        "requester_id",
        "requester_name",
        "requester_email",
        "requester_phone",
        "assignee_id",
        "assignee_name",
        "assignee_email",
        "tags",
        "created_at",
        "updated_at",
        "closed_at",
        "due_at",
        "description",
        "merged_into",
        "version",
    ];

    fn cells(&self) -> Vec<String> {
        let ticket = &self.ticket;
        let requester = ticket.requester.clone().unwrap_or_default();
        let assignee = ticket.assignee.clone().unwrap_or_default();
        let Person {
            id,
            name,
            email,
            phone,
            ..
        } = requester;
        let text = Option::unwrap_or_default;
        vec![
            self.reference.to_string(),
            ticket.id.to_string(),
            text(ticket.subject.clone()),
            shown(ticket.status.as_ref()),
            shown(ticket.priority.as_ref()),
            text(ticket.category.clone()),
            text(id),
            text(name),
            text(email),
            text(phone),
            text(assignee.id),
            text(assignee.name),
            text(assignee.email),
            ticket.tags.join(", "),
            shown(ticket.created_at),
            shown(ticket.updated_at),
            shown(ticket.closed_at),
            shown(ticket.due_at),
            text(ticket.description.clone()),
            shown(ticket.merged_into.as_ref()),
            ticket
                .version
                .as_ref()
                .map(|version| version.as_str().to_owned())
                .unwrap_or_default(),
        ]
    }
}
