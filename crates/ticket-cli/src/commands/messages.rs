//! `tickets messages`: prints the messages of a ticket, page by page.

use futures_util::stream::TryStreamExt as _;
use serde::Serialize;
use tickets::model::Direction;
use tickets::{Message, TicketRef};

use super::get::shown;
use super::print_stream::print_stream;
use crate::accounts::Accounts;
use crate::args::{Global, One};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::{Output, Record};
use crate::text;

/// Maximum length of an author in a table; some vendors return a GUID.
const AUTHOR: usize = 20;

pub(super) async fn run(one: &One, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let reference: TicketRef = one.ticket.parse()?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let account = accounts.connect(&reference.account)?;
    let messages = account
        .tickets
        .messages_all(reference.id.clone())
        .map_ok(|message| Row {
            reference: reference.clone(),
            message,
        })
        .map_err(|error| account.diagnose(error, Some(&reference)).into());
    print_stream(messages, output, "This ticket has no messages.").await
}

#[derive(Serialize)]
struct Row {
    #[serde(rename = "ticket")]
    reference: TicketRef,
    #[serde(flatten)]
    message: Message,
}

impl Row {
    fn direction(&self) -> &'static str {
        match self.message.direction {
            Some(Direction::Inbound) => "inbound",
            Some(Direction::Outbound) => "outbound",
            Some(Direction::Internal) => "internal",
            _ => "",
        }
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &[
        "ticket",
        "id",
        "created_at",
        "direction",
        "author_id",
        "author_name",
        "author_email",
        "author_phone",
        "body",
    ];
    const TABLE_COLUMNS: &'static [&'static str] = &["when", "direction", "author", "text"];
    const CUT: Option<usize> = Some(3);

    fn cells(&self) -> Vec<String> {
        let message = &self.message;
        let author = message.author.clone().unwrap_or_default();
        let text = Option::unwrap_or_default;
        vec![
            self.reference.to_string(),
            text(message.id.clone()),
            shown(message.created_at),
            self.direction().to_owned(),
            text(author.id),
            text(author.name),
            text(author.email),
            text(author.phone),
            message.body.clone(),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        let author = self.message.author.clone().unwrap_or_default();
        let author = author.name.or(author.email).or(author.id);
        vec![
            text::minute(&shown(self.message.created_at)),
            self.direction().to_owned(),
            text::cut(&author.unwrap_or_default(), AUTHOR),
            text::first_line(&self.message.body),
        ]
    }
}
