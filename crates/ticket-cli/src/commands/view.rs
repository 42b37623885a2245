//! `tickets view`: shows a ticket with its whole conversation, page by page, or opens it in a browser.

use std::pin::pin;

use futures_util::stream::{Stream, StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use tickets::accounts::Account;
use tickets::{Message, Operation, TicketRef};

use super::attachments::File;
use super::ticket::Shown;
use crate::accounts::Accounts;
use crate::args::{Global, OutputFormat, View};
use crate::conversation::Conversation;
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::{ObjectWriter, Output};
use crate::pager::{Ended, Pager};
use crate::record::Record as _;
use crate::shape::Known;
use crate::status::say;
use crate::table::Blocks;
use crate::{text, web};

/// The fields behind those of the ticket.
pub(super) const FIELDS: &[Known] = &[("messages", &[]), ("attachments", &[]), ("complete", &[])];

/// How many files are laid out together.
const BLOCK: usize = 100;

pub(super) async fn run(view: &View, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let reference: TicketRef = view.ticket.parse()?;
    if output.format == OutputFormat::Csv && !view.web {
        let message = "a ticket and its messages have different columns, so csv cannot hold both";
        let hint =
            "`tickets get` and `tickets messages` print each as csv; json and ndjson hold both";
        return Err(Failure::refused(message).hinting(hint.to_owned()));
    }
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let account = accounts.connect(&reference.account)?;
    if view.web {
        return open_page(&account, &reference, output);
    }
    let ticket = account.tickets.get(&reference.id).await;
    let ticket = ticket.map_err(|error| account.diagnose(error, Some(&reference)))?;
    let reading = Reading {
        account: &account,
        reference: &reference,
    };
    let mut failures = Vec::new();
    let mut pager = Pager::start(output, !view.paging.no_pager)?;
    let shown = Shown::new(&account, ticket);
    let ended = match output.format {
        OutputFormat::Table => {
            let page = Conversation::new(output.target());
            let mut shown_to = People {
                page,
                pager: &mut pager,
                failures: &mut failures,
            };
            reading.show_to(&shown, &mut shown_to).await
        }
        _ => {
            reading
                .write(&shown, output, &mut pager, &mut failures)
                .await
        }
    };
    let ended_by = pager.finish(stopped_by(&ended)).await;
    failures.extend(failure_of(ended)?);
    for failure in &failures {
        failure.print(output.format);
    }
    let exits = failures.iter().map(Failure::exit);
    let worst = exits.reduce(|one, other| if one == Exit::Incomplete { other } else { one });
    Ok(ended_by.or(worst).unwrap_or(Exit::Done))
}

/// The exit code of the signal that ended it.
pub(super) fn stopped_by<T>(ended: &Result<T, Ended>) -> Option<Exit> {
    match ended {
        Err(Ended::Stopped(exit)) => Some(*exit),
        _ => None,
    }
}

/// What is to be told of a conversation that ended early.
pub(super) fn failure_of(ended: Result<(), Ended>) -> Result<Option<Failure>, Failure> {
    match ended {
        Ok(()) | Err(Ended::ReaderLeft) => Ok(None),
        Err(Ended::Stopped(exit)) => Ok(Some(Failure::stopped(
            "stopped before the end of the conversation",
            exit,
        ))),
        Err(Ended::Failed(error)) => Err(Failure::output(&error)),
    }
}

fn open_page(account: &Account, reference: &TicketRef, output: &Output) -> Result<Exit, Failure> {
    let info = account.tickets.info();
    info.check_id(&reference.id)
        .map_err(|error| account.diagnose(error, Some(reference)))?;
    let Some(address) = account.tickets.web_url(&reference.id) else {
        let message = format!("{} documents no address of a ticket's page", info.title);
        return Err(Failure::refused(message).at(reference.to_string()));
    };
    if output.is_terminal() && web::open(&address) {
        say(&format!(
            "Opening {} in your browser.",
            text::line(&address)
        ));
        return Ok(Exit::Done);
    }
    let printed = crate::output::write(&format!("{}\n", text::line(&address)));
    printed.map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

/// What people see, where it goes, and what could not be read.
struct People<'a> {
    page: Conversation,
    pager: &'a mut Pager,
    failures: &'a mut Vec<Failure>,
}

impl People<'_> {
    async fn remark(&mut self, sentence: &str) -> Result<(), Ended> {
        self.pager.write(&self.page.remark(sentence)).await
    }

    /// Says where the conversation ends early. The rest is shown all the same.
    async fn fail(&mut self, what: &str, failure: Failure) -> Result<(), Ended> {
        let remark = format!("The {what} end here: {}", failure.sentence());
        self.failures.push(failure);
        self.remark(&remark).await
    }
}

/// The ticket whose messages and files are read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    account: &'a Account,
    reference: &'a TicketRef,
}

impl<'a> Reading<'a> {
    async fn show_to(self, shown: &Shown, people: &mut People<'_>) -> Result<(), Ended> {
        people
            .pager
            .write(&people.page.head(self.reference, &shown.ticket))
            .await?;
        let description = shown.ticket.description.as_deref().unwrap_or_default();
        self.show_messages(description, people).await?;
        self.show_files(people).await
    }

    async fn show_messages(self, description: &str, people: &mut People<'_>) -> Result<(), Ended> {
        let are_read = self.supports(Operation::Messages);
        let mut messages = pin!(
            self.messages()
                .take(if are_read { usize::MAX } else { 0 })
                .peekable()
        );
        let first = people.pager.during(messages.as_mut().peek()).await?;
        // Some vendors return the description as the first message.
        let is_repeated =
            matches!(first, Some(Ok(first)) if first.body.trim() == description.trim());
        if !is_repeated && !description.trim().is_empty() {
            people
                .pager
                .write(&people.page.description(description))
                .await?;
        }
        let (count, failure) = print_messages(messages, &people.page, people.pager, "\n").await?;
        match failure {
            Some(failure) => people.fail("messages", failure).await,
            None if !are_read => people.remark(&self.has_no_call("Messages")).await,
            None if count == 0 => people.remark("No messages.").await,
            None => Ok(()),
        }
    }

    async fn show_files(self, people: &mut People<'_>) -> Result<(), Ended> {
        if !self.supports(Operation::Attachments) {
            return people.remark(&self.has_no_call("Attachments")).await;
        }
        let mut blocks = pin!(self.files().ready_chunks(BLOCK));
        let mut table = Blocks::new(people.page.target(), File::TABLE_COLUMNS, File::CUT);
        let mut count = 0;
        while let Some(block) = people.pager.during(blocks.next()).await? {
            let mut files = Vec::new();
            let mut failure = None;
            for file in block {
                match file {
                    Ok(file) => files.push((file.table_cells(), None)),
                    Err(error) => failure = Some(error),
                }
            }
            if count == 0 && !files.is_empty() {
                let heading = people.page.heading("Attachments");
                people.pager.write(&format!("\n{heading}")).await?;
            }
            count += files.len();
            if !files.is_empty() {
                people.pager.write(&table.next(files)).await?;
            }
            if let Some(failure) = failure {
                return people.fail("attachments", failure).await;
            }
        }
        if count == 0 {
            return people.remark("No attachments.").await;
        }
        if !self.supports(Operation::Download) {
            return Ok(());
        }
        let reference = self.reference.to_string();
        let reference = text::shell(reference.as_ref());
        let saved = format!("Download: `tickets attachments {reference} --download FOLDER`");
        people.remark(&saved).await
    }

    /// One object: the ticket, its messages and its files. A list is null if the vendor has no call for it.
    async fn write(
        self,
        shown: &Shown,
        output: &Output,
        pager: &mut Pager,
        failures: &mut Vec<Failure>,
    ) -> Result<(), Ended> {
        let later: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        let mut object = output.object(shown, &later).map_err(Ended::Failed)?;
        let mut ended = Ok(());
        let wants = |name| output.shape().wants(name);
        if wants("messages") && self.supports(Operation::Messages) {
            let messages = self.messages();
            ended = write_list(&mut object, "messages", messages, pager, failures).await;
        } else if wants("messages") {
            object.field("messages", "null").map_err(Ended::Failed)?;
        }
        if ended.is_ok() && wants("attachments") && self.supports(Operation::Attachments) {
            let files = self.files().map_ok(|file| file.about);
            ended = write_list(&mut object, "attachments", files, pager, failures).await;
        } else if wants("attachments") {
            // Nobody came to them, or the vendor has no call for them.
            let none = if self.supports(Operation::Attachments) {
                "[]"
            } else {
                "null"
            };
            object.field("attachments", none).map_err(Ended::Failed)?;
        }
        let is_complete = ended.is_ok() && failures.is_empty();
        let finished = if wants("complete") {
            object.field("complete", if is_complete { "true" } else { "false" })
        } else {
            Ok(())
        };
        finished
            .and_then(|()| object.finish())
            .map_err(Ended::Failed)?;
        ended
    }

    fn supports(self, operation: Operation) -> bool {
        self.account.tickets.info().capabilities.supports(operation)
    }

    fn has_no_call(self, what: &str) -> String {
        let title = &self.account.tickets.info().title;
        format!("{what} are not shown: {title} documents no call that reads them.")
    }

    fn messages(self) -> impl Stream<Item = Result<Message, Failure>> + use<'a> {
        let messages = self.account.tickets.messages_all(self.reference.id.clone());
        messages.map_err(move |error| self.told(error))
    }

    fn files(self) -> impl Stream<Item = Result<File, Failure>> + use<'a> {
        let files = self
            .account
            .tickets
            .attachments_all(self.reference.id.clone());
        files
            .map_ok(move |file| File::listed(self.reference, file))
            .map_err(move |error| self.told(error))
    }

    fn told(self, error: tickets::Error) -> Failure {
        self.account.diagnose(error, Some(self.reference)).into()
    }
}

/// Writes a list to its end, or to the first error, which is kept.
async fn write_list<T: Serialize>(
    object: &mut ObjectWriter<'_>,
    name: &str,
    items: impl Stream<Item = Result<T, Failure>>,
    pager: &mut Pager,
    failures: &mut Vec<Failure>,
) -> Result<(), Ended> {
    object.begin_list(name).map_err(Ended::Failed)?;
    let mut items = pin!(items);
    let ended = loop {
        match pager.during(items.next()).await {
            Ok(Some(Ok(item))) => object.push(&item).map_err(Ended::Failed)?,
            Ok(Some(Err(failure))) => {
                failures.push(failure);
                break Ok(());
            }
            Ok(None) => break Ok(()),
            Err(ended) => break Err(ended),
        }
    };
    object.end_list().map_err(Ended::Failed)?;
    ended
}

/// Prints messages, one below the other, and `gap` before the first one. Returns how many there were, and what ended them early.
pub(super) async fn print_messages(
    mut messages: impl Stream<Item = Result<Message, Failure>> + Unpin,
    page: &Conversation,
    pager: &mut Pager,
    mut gap: &str,
) -> Result<(usize, Option<Failure>), Ended> {
    let mut count = 0;
    while let Some(message) = pager.during(messages.next()).await? {
        match message {
            Ok(message) => {
                count += 1;
                let message = page.message(count, &message);
                pager.write(&format!("{gap}{message}")).await?;
                gap = "\n";
            }
            Err(failure) => return Ok((count, Some(failure))),
        }
    }
    Ok((count, None))
}
