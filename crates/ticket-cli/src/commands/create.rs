//! `tickets create`: creates one ticket and prints its id.

use serde::Serialize;
use tickets::model::{Created, Person, Priority};
use tickets::{NewTicket, Operation, TicketRef};

use super::await_reply::await_reply;
use super::{confirm, input};
use crate::accounts::Accounts;
use crate::args::{Create, Global};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::{Output, Record};
use crate::shape::Known;

pub(super) const FIELDS: &[Known] = &[("ticket", &[]), ("id", &[]), ("raw", &[])];

pub(super) async fn run(create: Create, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let accounts = Accounts::open(global, Purpose::Write).await?;
    let account = accounts.connect(&accounts.meant(create.account.as_deref())?)?;
    let ticket = new_ticket(create)?;
    let call = account.tickets.create(&ticket);
    let created = await_reply(call, Operation::Create, &account, None).await?;
    let reference = TicketRef::new(&account.name, &created.id);
    let shown = Shown { reference, created };
    confirm::print(&shown, &shown.reference, "created", output)
}

fn new_ticket(create: Create) -> Result<NewTicket, Failure> {
    let mut ticket = NewTicket::new(create.subject);
    let content = create.content;
    ticket.description = input::text(content.description, content.description_file.as_deref())?;
    let mut requester = Person::default();
    requester.id = create.requester_id;
    requester.name = create.requester_name;
    requester.email = create.requester_email;
    requester.phone = create.requester_phone;
    ticket.requester = (requester != Person::default()).then_some(requester);
    ticket.category = content.category;
    ticket.priority = content.priority.as_deref().map(Priority::from_name);
    ticket.assignee = content.assignee;
    ticket.tags = create.tags;
    ticket.attachments = input::attachments(content.attachments)?;
    ticket.custom = input::custom(content.fields);
    Ok(ticket)
}

#[derive(Serialize)]
struct Shown {
    #[serde(rename = "ticket")]
    reference: TicketRef,
    #[serde(flatten)]
    created: Created,
}

impl Record for Shown {
    const COLUMNS: &'static [&'static str] = &["ticket", "id"];

    fn cells(&self) -> Vec<String> {
        vec![self.reference.to_string(), self.created.id.to_string()]
    }
}
