//! `tickets get`: prints one ticket, or several as a list.

use std::collections::BTreeMap;
use std::pin::pin;

use comfy_table::Color;
use futures_util::future;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;
use tickets::accounts::Account;
use tickets::model::Person;
use tickets::{Ticket, TicketRef};

use super::list::Row;
use crate::accounts::Accounts;
use crate::args::{Get, Global};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Purpose;
pub(super) use crate::output::shown;
use crate::output::{Output, Record};
use crate::shape::{ANY, Known, PERSON};
use crate::{table, text};

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

/// How many tickets are read at the same time, where the accounts' limits allow that.
const AT_ONCE: usize = 8;

pub(super) async fn run(asked: &Get, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let references = asked.tickets.iter().map(|ticket| ticket.parse());
    let references: Vec<TicketRef> = references.collect::<Result<_, _>>()?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let mut connected = BTreeMap::new();
    for reference in &references {
        if !connected.contains_key(&reference.account) {
            let account = accounts.connect(&reference.account)?;
            connected.insert(&reference.account, account);
        }
    }
    let read = stream::iter(&references).filter_map(|reference| {
        let account = connected.get(&reference.account);
        future::ready(account.map(|account| shown_of(account, reference)))
    });
    let mut read = pin!(read.buffered(AT_ONCE));
    if references.len() == 1 {
        let Some(ticket) = read.next().await.transpose()? else {
            return Ok(Exit::Done);
        };
        let printed = output.one(&ticket);
        printed.map_err(|error| Failure::output(&error))?;
        return Ok(Exit::Done);
    }
    let interruption = interrupt::stop_on_ctrl_c()?;
    let mut writer = output.writer();
    let mut failures = Vec::new();
    loop {
        let ticket = tokio::select! {
            biased;
            () = interruption.stop.finishing() => {
                let exit = interruption.exit().unwrap_or(Exit::Interrupted);
                failures.push(Failure::stopped("stopped before all tickets were read", exit));
                break;
            }
            ticket = read.next() => ticket,
        };
        match ticket {
            Some(Ok(ticket)) => writer
                .push(Row(ticket))
                .map_err(|error| Failure::output(&error))?,
            Some(Err(failure)) => failures.push(failure),
            None => break,
        }
    }
    writer.finish().map_err(|error| Failure::output(&error))?;
    for failure in &failures {
        failure.print(output.format);
    }
    Ok(failures.last().map_or(Exit::Done, Failure::exit))
}

async fn shown_of(account: &Account, reference: &TicketRef) -> Result<Shown, Failure> {
    let ticket = account.tickets.get(&reference.id).await;
    let ticket = ticket.map_err(|error| account.diagnose(error, Some(reference)))?;
    Ok(Shown::new(account, ticket))
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

    fn terminal_cells(&self, now: Timestamp) -> Vec<String> {
        let ticket = &self.ticket;
        let times = [
            ("created_at", ticket.created_at),
            ("updated_at", ticket.updated_at),
            ("closed_at", ticket.closed_at),
            ("due_at", ticket.due_at),
        ];
        let mut cells = self.cells();
        for (column, cell) in Self::COLUMNS.iter().zip(&mut cells) {
            let time = times.iter().find(|(name, _)| name == column);
            if let Some((_, Some(time))) = time {
                let absolute = text::minute(&time.to_string());
                *cell = format!("{absolute} ({})", text::ago(*time, now));
            }
        }
        cells
    }

    fn colour(&self) -> Option<(usize, Color)> {
        let mut columns = Self::COLUMNS.iter();
        let status = columns.position(|column| *column == "status")?;
        Some((status, table::colour_of(self.ticket.status.as_ref()?)?))
    }
}
