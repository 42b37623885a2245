//! `tickets messages`: prints the messages of a ticket, page by page. People get them as `tickets view` shows them.

use futures_util::stream::{Stream, TryStreamExt as _};
use serde::Serialize;
use tickets::model::Direction;
use tickets::{Message, TicketRef};

use super::print_stream::print_stream;
use super::view;
use crate::accounts::Accounts;
use crate::args::{Global, Messages, OutputFormat};
use crate::conversation::Conversation;
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::{Output, shown};
use crate::pager::{Ended, Pager};
use crate::record::Record;
use crate::shape::{Known, PERSON};
use crate::status::say;

pub(super) const FIELDS: &[Known] = &[
    ("ticket", &[]),
    ("id", &[]),
    ("author", PERSON),
    ("direction", &[]),
    ("body", &[]),
    ("created_at", &[]),
    ("raw", &[]),
];

/// What is said of a ticket without messages.
const NONE: &str = "This ticket has no messages.";

pub(super) async fn run(
    asked: &Messages,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let reference: TicketRef = asked.ticket.parse()?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let account = accounts.connect(&reference.account)?;
    let messages = account
        .tickets
        .messages_all(reference.id.clone())
        .map_err(|error| account.diagnose(error, Some(&reference)).into());
    if output.format == OutputFormat::Table {
        return print_for_people(messages, !asked.paging.no_pager, output).await;
    }
    let rows = messages.map_ok(|message| Row {
        reference: reference.clone(),
        message,
    });
    print_stream(rows, output, NONE, false).await
}

async fn print_for_people(
    messages: impl Stream<Item = Result<Message, Failure>> + Unpin,
    is_paged: bool,
    output: &Output,
) -> Result<Exit, Failure> {
    let page = Conversation::new(output.target());
    let mut pager = Pager::start(output, is_paged)?;
    let printed = view::print_messages(messages, &page, &mut pager, "").await;
    let ended_by = pager.finish(view::stopped_by(&printed)).await;
    let (count, failure) = match printed {
        Ok(printed) => printed,
        Err(Ended::ReaderLeft) => return Ok(Exit::Done),
        Err(ended) => {
            return view::failure_of(Err(ended))
                .and_then(|failure| failure.map_or(Ok(Exit::Done), Err));
        }
    };
    match failure {
        Some(failure) => return Err(failure),
        None if count == 0 => say(NONE),
        None => {}
    }
    Ok(ended_by.unwrap_or(Exit::Done))
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
}
