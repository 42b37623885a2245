//! `tickets create`: creates one ticket and prints its id.

use std::collections::BTreeMap;

use serde::Serialize;
use tickets::accounts::Account;
use tickets::model::{Created, FieldValue, Person};
use tickets::provider::{Field, Request};
use tickets::{CallContext, NewTicket, Operation, TicketRef, Tickets};

use super::await_reply::await_reply;
use super::{confirm, draft, editor, input};
use crate::accounts::Accounts;
use crate::args::{Create, Global};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::options;
use crate::output::Output;
use crate::record::Record;
use crate::shape::Known;
use crate::status::say;

pub(super) const FIELDS: &[Known] = &[
    ("ticket", &[]),
    ("id", &[]),
    ("raw", &[]),
    ("by_earlier_attempt", &[]),
];

pub(super) async fn run(create: Create, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let content = &create.content;
    let is_text_given = content.description.is_some() || content.description_file.is_some();
    let may_edit = !is_text_given && create.from_json.is_none() && editor::is_possible();
    let (create, custom) = draft::completed(create)?;
    let accounts = Accounts::open(global, Purpose::Write).await?;
    let account = accounts.connect(&accounts.meant(create.account.as_deref())?)?;
    let tickets = with_key(&account, create.idempotency_key.as_deref())?;
    let mut ticket = new_ticket(create, custom)?;
    let info = account.tickets.info();
    let fields = info.capabilities.fields(Operation::Create);
    let may_edit =
        may_edit && fields.is_some_and(|fields| fields.carried().contains(&Field::Description));
    refuse_incomplete(&ticket, &account, may_edit)?;
    let written = if may_edit {
        let explanation = format!(
            "Describe the ticket \"{}\" above. It is filed in {}.",
            ticket.subject, account.name
        );
        Some(editor::write("", &explanation).await?)
    } else {
        None
    };
    if let Some(written) = &written {
        ticket.description = Some(written.text.clone());
    }
    let call = tickets.create(&ticket);
    let created = await_reply(call, Operation::Create, &account, None).await;
    let created = created.map_err(|failure| match written {
        Some(written) => written.kept(failure),
        None => failure,
    })?;
    let reference = TicketRef::new(&account.name, &created.id);
    if created.by_earlier_attempt {
        say(&format!(
            "{reference} was created by an earlier attempt with the same key; no second ticket was created"
        ));
    }
    let shown = Shown { reference, created };
    confirm::print(&shown, &shown.reference, "created", output)
}

/// The account, with this key for what is created. Refuses a key that the vendor does not keep.
fn with_key(account: &Account, key: Option<&str>) -> Result<Tickets, Failure> {
    let Some(key) = key else {
        return Ok(account.tickets.clone());
    };
    let info = account.tickets.info();
    let support = info.capabilities.support(Operation::Create);
    if support.is_none_or(|support| support.keeps_keys_for.is_none()) {
        let title = &info.title;
        let message = format!("{title} does not support --idempotency-key; nothing was sent");
        return Err(Failure::refused(message).at(&account.name));
    }
    let context = CallContext::new().idempotency_key(key);
    Ok(account.tickets.with(context))
}

/// Refuses a ticket that lacks something, and says all that it lacks.
fn refuse_incomplete(
    ticket: &NewTicket,
    account: &Account,
    is_text_to_come: bool,
) -> Result<(), Failure> {
    let info = account.tickets.info();
    if !info.capabilities.supports(Operation::Create) {
        return Ok(());
    }
    let mut missing = info.missing(&Request::Create(ticket));
    if ticket.subject.trim().is_empty() && !missing.contains(&Field::Subject) {
        missing.insert(0, Field::Subject);
    }
    missing.retain(|field| !(is_text_to_come && *field == Field::Description));
    if missing.is_empty() {
        return Ok(());
    }
    let (title, options) = (&info.title, options::list(&missing));
    let message = format!("a ticket of {title} needs {options}; nothing was sent");
    Err(Failure::refused(message).at(&account.name))
}

fn new_ticket(
    create: Create,
    mut custom: BTreeMap<String, FieldValue>,
) -> Result<NewTicket, Failure> {
    let mut ticket = NewTicket::new(create.subject.unwrap_or_default());
    let content = create.content;
    let description = input::text(content.description, content.description_file.as_deref())?;
    ticket.description = description.filter(|text| !text.trim().is_empty());
    let mut requester = Person::default();
    requester.id = create.requester_id;
    requester.name = create.requester_name;
    requester.email = create.requester_email;
    requester.phone = create.requester_phone;
    ticket.requester = (requester != Person::default()).then_some(requester);
    ticket.category = content.category;
    ticket.priority = content
        .priority
        .as_deref()
        .map(input::priority)
        .transpose()?;
    ticket.assignee = content.assignee;
    ticket.tags = create.tags;
    ticket.attachments = input::attachments(content.attachments)?;
    custom.extend(input::custom(content.fields));
    ticket.custom = custom;
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
