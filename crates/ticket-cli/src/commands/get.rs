//! `tickets get`: one ticket, with the vendor's own JSON under `raw` in the JSON forms.

use serde::Serialize;
use tickets::{Person, Ticket, TicketRef};

use crate::accounts::Accounts;
use crate::args::{Get, Global};
use crate::failure::{Exit, Failure};
use crate::output::{Output, Record};

pub(super) async fn run(get: &Get, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let reference: TicketRef = get.ticket.parse()?;
    let accounts = Accounts::open(global).await?;
    let account = accounts.connect(&reference.account)?;
    let ticket = account
        .tickets
        .get(&reference.id)
        .await
        .map_err(|error| Failure::of_call(&error, &account, Some(&reference)))?;
    output
        .one(&Shown { reference, ticket })
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Shown {
    #[serde(rename = "ticket")]
    reference: TicketRef,
    #[serde(flatten)]
    ticket: Ticket,
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
        ]
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
