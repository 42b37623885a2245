//! A ticket as `tickets get`, `list` and `find` print it.

use comfy_table::Color;
use jiff::Timestamp;
use serde::Serialize;
use tickets::accounts::Account;
use tickets::model::Person;
use tickets::{Ticket, TicketRef};

use crate::output::shown;
use crate::record::Record;
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

/// A ticket with the columns of `tickets get`, on one line of a table.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Row(pub(super) Shown);

impl Record for Row {
    const COLUMNS: &'static [&'static str] = Shown::COLUMNS;
    const TABLE_COLUMNS: &'static [&'static str] =
        &["ticket", "subject", "status", "priority", "created"];
    const CUT: Option<usize> = Some(1);

    fn cells(&self) -> Vec<String> {
        self.0.cells()
    }

    fn table_cells(&self) -> Vec<String> {
        let Shown { reference, ticket } = &self.0;
        vec![
            reference.to_string(),
            ticket.subject.clone().unwrap_or_default(),
            shown(ticket.status.as_ref()),
            shown(ticket.priority.as_ref()),
            text::minute(&shown(ticket.created_at)),
        ]
    }

    fn terminal_cells(&self, now: Timestamp) -> Vec<String> {
        let mut cells = self.table_cells();
        if let (Some(cell), Some(time)) = (cells.last_mut(), self.0.ticket.created_at) {
            *cell = text::briefly_ago(time, now);
        }
        cells
    }

    fn colour(&self) -> Option<(usize, Color)> {
        Some((2, table::colour_of(self.0.ticket.status.as_ref()?)?))
    }
}
