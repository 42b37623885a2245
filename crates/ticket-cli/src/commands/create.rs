//! `tickets create`: files one ticket and says its id.

use std::path::Path;

use serde::Serialize;
use tickets::{Created, NewTicket, Person, Priority, TicketRef};

use crate::accounts::Accounts;
use crate::args::{Create, Global};
use crate::failure::{Exit, Failure};
use crate::output::{Output, Record, say};
use crate::text;

pub(super) async fn run(create: Create, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let accounts = Accounts::open(global).await?;
    let account = accounts.connect(&create.account)?;
    let ticket = new_ticket(create)?;
    let created = account
        .tickets
        .create(&ticket)
        .await
        .map_err(|error| Failure::of_call(&error, &account, None))?;
    let reference = TicketRef::new(&account.name, &created.id);
    let shown = Shown { reference, created };
    output.one(&shown).map_err(|error| {
        // The ticket exists now, and nothing else would name it.
        say(&format!(
            "created {}",
            text::line(&shown.reference.to_string())
        ));
        Failure::output(&error)
    })?;
    Ok(Exit::Done)
}

fn new_ticket(create: Create) -> Result<NewTicket, Failure> {
    let mut ticket = NewTicket::new(create.subject);
    ticket.description = match create.description_file {
        Some(path) => Some(read_text(&path)?),
        None => create.description,
    };
    let mut requester = Person::default();
    requester.id = create.requester_id;
    requester.name = create.requester_name;
    requester.email = create.requester_email;
    requester.phone = create.requester_phone;
    ticket.requester = (requester != Person::default()).then_some(requester);
    ticket.category = create.category;
    ticket.priority = create.priority.as_deref().map(Priority::from_name);
    ticket.assignee = create.assignee;
    ticket.tags = create.tags;
    ticket.custom = create.fields.into_iter().collect();
    Ok(ticket)
}

/// The text of a file, or of standard input where its name is `-`.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let (text, place) = if path.as_os_str() == "-" {
        (
            std::io::read_to_string(std::io::stdin()),
            "standard input".to_owned(),
        )
    } else {
        (std::fs::read_to_string(path), path.display().to_string())
    };
    text.map_err(|error| Failure::refused(format!("this cannot be read: {error}")).at(place))
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
