//! Request Tracker as a ticket provider: which calls each operation is. The types are translated in `mapping.rs`.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use futures_util::stream;
use ticket_core::model::{AttachedFile, Created, Direction, PageRequest, Status, Version};
use ticket_core::provider::{Connect, Documented, Download, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Message, NewComment,
    NewTicket, Operation, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch,
    TicketProvider, TicketQuery,
};

use crate::client::Rt;
use crate::config::{RtConfig, SETTINGS};
use crate::cursor::{InHistory, Place, page_of};
use crate::info::{DOCUMENTED, ID, LARGEST_PAGE, info};
use crate::messages::{self, Texts};
use crate::said::Said;
use crate::{mapping, query, wire};

/// How many rows a page has unless the caller says how many.
const DEFAULT_PAGE: u32 = 20;

impl Connect for Rt {
    type Config = RtConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;
    const DOCUMENTED: &'static [Documented] = DOCUMENTED;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: RtConfig, timeout: Duration) -> RtConfig {
        config.timeout(timeout)
    }

    fn connect(config: RtConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for Rt {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    /// Observed: RT's own pages lead there.
    fn web_url(&self, id: &TicketId) -> Option<String> {
        self.info.check_id(id).ok()?;
        Some(format!(
            "{}/Ticket/Display.html?id={id}",
            self.http.base_url()
        ))
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        let (reply, tag) = self.get_ticket(id.as_str()).await?;
        Ok(mapping::ticket(reply, tag.as_deref()))
    }

    async fn list(&self, _context: &CallContext, asked: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(asked))?;
        let in_list = |error: Error| error.in_operation(ID, Operation::List);
        let place =
            Place::of(asked.page.cursor.as_ref(), asked.order.is_some()).map_err(in_list)?;
        let (after, page) = match place {
            Place::After(id, _) => (Some(id), 1),
            Place::Page(page) => (None, page),
        };
        let search = wire::TicketSearch {
            query: query::ticket_sql(asked, after).map_err(in_list)?,
            page,
            per_page: per_page(&asked.page),
            order: mapping::order(asked.order).map_err(in_list)?,
        };
        let reply = self.search_tickets(&search).await?;
        Ok(list_page(asked, place, reply))
    }

    async fn create(&self, _context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let wire = mapping::create_ticket(ticket)
            .map_err(|error| error.in_operation(ID, Operation::Create))?;
        let created = self
            .create_ticket(&wire, ticket.attachments.clone())
            .await?;
        let created = Created::new(created.value.id, created.raw);
        self.check_created(ticket, &created.id).await?;
        Ok(created)
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        self.info.check(&Request::Update(id, patch))?;
        let ticket = self.read_same(Operation::Update, id).await?;
        let sets_status = patch.status.is_some();
        if sets_status && *known_status(Operation::Update, &ticket)? == Status::Deleted {
            let message = "the ticket is deleted, and a status would restore it; restore it first";
            return Err(conflict(Operation::Update, id, message));
        }
        self.change(Operation::Update, id, patch).await
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Resolve(id))?;
        let ticket = self.read_same(Operation::Resolve, id).await?;
        match known_status(Operation::Resolve, &ticket)? {
            Status::Resolved => Ok(()),
            // RT would restore it.
            Status::Deleted => Err(conflict(Operation::Resolve, id, "the ticket is deleted")),
            _ => {
                let patch = TicketPatch::new().status(Status::Resolved);
                self.change(Operation::Resolve, id, &patch).await
            }
        }
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(targets))?;
        match targets {
            [] => Ok(DeleteReport::default()),
            [target] if target.version.is_some() => {
                let tag = target.version.as_ref().map(Version::as_str);
                let id = &target.id;
                DeleteReport::of_one(id, self.delete_ticket(id.as_str(), tag).await)
            }
            targets => self.delete_batch(targets).await,
        }
    }

    async fn restore(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Restore(id))?;
        let ticket = self.read_same(Operation::Restore, id).await?;
        if *known_status(Operation::Restore, &ticket)? != Status::Deleted {
            return Ok(());
        }
        let mut patch = TicketPatch::new().status(Status::Open);
        patch.if_version = ticket.version;
        self.change(Operation::Restore, id, &patch).await
    }

    async fn messages(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.info.check(&Request::Messages(id, page))?;
        let place = InHistory::of(page.cursor.as_ref())
            .map_err(|error| error.in_operation(ID, Operation::Messages))?;
        let ticket = self.read_same(Operation::Messages, id).await?;
        let history = self
            .get_history(id.as_str(), place.page, per_page(page))
            .await?;
        let last = messages::last_entry(&history);
        let mut texts = Texts::default();
        texts.add(place.texts, self.get_texts(id.as_str(), place.texts).await?);
        let next = texts
            .next_page()
            .filter(|_| last.is_some_and(|last| !texts.reach(last)));
        if let Some(next) = next {
            texts.add(next, self.get_texts(id.as_str(), next).await?);
        }
        Ok(messages::page(&ticket, place, history, texts))
    }

    async fn comment(
        &self,
        _context: &CallContext,
        id: &TicketId,
        comment: &NewComment,
    ) -> Result<()> {
        self.info.check(&Request::Comment(id, comment))?;
        let message = wire::NewMessage {
            content: comment.body.clone(),
            content_type: "text/plain",
        };
        let ticket = self.read_same(Operation::Comment, id).await?;
        let files = comment.attachments.clone();
        match comment.direction {
            Direction::Internal => Rt::comment(self, id.as_str(), &message, files).await,
            Direction::Outbound
                if *known_status(Operation::Comment, &ticket)? == Status::Deleted =>
            {
                Err(conflict(
                    Operation::Comment,
                    id,
                    "the ticket is deleted, and a message to the customer would restore it",
                ))
            }
            Direction::Outbound => self.correspond(id.as_str(), &message, files).await,
            _ => Err(Error::unsupported(ID, Operation::Comment)),
        }
    }

    async fn attachments(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        self.info.check(&Request::Attachments(id, page))?;
        let number = page_of(page.cursor.as_ref())
            .map_err(|error| error.in_operation(ID, Operation::Attachments))?;
        let reply = self
            .get_attachments(id.as_str(), number, per_page(page))
            .await?;
        // Read after the list, so that a merge in between is noticed. An empty list may be that of a ticket that does not
        // exist or that the account does not see.
        self.read_same(Operation::Attachments, id).await?;
        let has_more = reply.next_page.is_some();
        let unreadable = reply.items.iter().filter(|row| row.is_none()).count();
        let came = reply.items.len();
        let files = reply.items.into_iter().flatten().filter_map(mapping::file);
        let files: Vec<_> = files.collect();
        let left_out = came - files.len();
        Ok(Page::last(files)
            .left_out(left_out)
            .next(has_more.then(|| Place::Page(number + 1).cursor()))
            .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable))))
    }

    async fn download(&self, _context: &CallContext, file: &AttachedFile) -> Result<Download> {
        self.info.check(&Request::Download(file))?;
        let attachment = self.get_attachment(&file.id).await?.value;
        let bad = |message: &str| {
            Error::new(ErrorKind::BadResponse, message).in_operation(ID, Operation::Download)
        };
        if attachment.id.as_str() != file.id {
            return Err(bad(
                "the vendor answered with another file than the one asked for",
            ));
        }
        let content = attachment
            .content
            .ok_or_else(|| bad("the attachment has no content"))?;
        let content: String = content.split_ascii_whitespace().collect();
        let bytes = BASE64_STANDARD.decode(content);
        let bytes = bytes.map_err(|_| bad("the file is not in base64"))?;
        Ok(Download::new(stream::iter([Ok(bytes)]).boxed()))
    }
}

impl Rt {
    /// Reads a ticket before a call that would be about another one if its id is merged. Nothing has been done if this
    /// fails.
    async fn read_same(&self, operation: Operation, id: &TicketId) -> Result<Ticket> {
        let read = self.read_ticket(operation, id.as_str()).await;
        let (reply, tag) = read.map_err(|error| error.with_effect(Effect::None))?;
        let ticket = mapping::ticket(reply, tag.as_deref());
        if ticket.id != *id {
            let message = format!("the ticket is merged into {}", ticket.id);
            return Err(conflict(operation, id, &message));
        }
        Ok(ticket)
    }

    /// Changes a ticket. RT's words prove each field; for the others it is read again.
    async fn change(&self, operation: Operation, id: &TicketId, patch: &TicketPatch) -> Result<()> {
        let about = |error: Error| error.in_operation(ID, operation).on_ticket(id);
        let update = mapping::update_ticket(patch).map_err(about)?;
        let tag = patch.if_version.as_ref().map(Version::as_str);
        let sentences = self
            .change_ticket(operation, id.as_str(), &update, tag)
            .await?;
        let said = Said::of(id, patch, &sentences);
        if let Some(error) = said.objection(id) {
            return Err(about(error));
        }
        let given = [
            ("subject", patch.subject.is_some()),
            ("status", patch.status.is_some()),
            ("priority", patch.priority.is_some()),
            ("category", patch.category.is_some()),
            ("assignee", patch.assignee.is_some()),
        ];
        let is_proven = |name: &str| said.changed.contains(&name);
        if patch.custom.is_empty() && given.iter().all(|(name, given)| !given || is_proven(name)) {
            return Ok(());
        }
        let unread = |error: Error| error.with_effect(Effect::Unknown);
        let (reply, tag) = self
            .read_ticket(operation, id.as_str())
            .await
            .map_err(unread)?;
        let ticket = mapping::ticket(reply, tag.as_deref());
        let mut missing = patch.not_in(&ticket);
        missing.retain(|name| !is_proven(name));
        if missing.is_empty() {
            return Ok(());
        }
        let partly = said.custom || !said.changed.is_empty();
        Err(about(Error::not_applied(&missing, partly)))
    }

    /// Tells what RT dropped of a new ticket without a word: an owner or a custom field that it does not know.
    async fn check_created(&self, ticket: &NewTicket, id: &TicketId) -> Result<()> {
        if ticket.assignee.is_none() && ticket.custom.is_empty() {
            return Ok(());
        }
        let about = |error: Error| {
            let error = error.in_operation(ID, Operation::Create).on_ticket(id);
            error.with_effect(Effect::Unknown)
        };
        let (reply, _) = self
            .read_ticket(Operation::Create, id.as_str())
            .await
            .map_err(about)?;
        let mut asked = TicketPatch::new();
        asked.assignee.clone_from(&ticket.assignee);
        asked.custom.clone_from(&ticket.custom);
        let missing = asked.not_in(&mapping::ticket(reply, None));
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "the ticket was created, but the vendor did not take over `{}`",
            missing.join("`, `")
        );
        Err(about(Error::new(ErrorKind::Conflict, message)))
    }
}

/// The status of a ticket that was read. Without it nobody knows whether a change would restore the ticket.
fn known_status(operation: Operation, ticket: &Ticket) -> Result<&Status> {
    ticket.status.as_ref().ok_or_else(|| {
        Error::new(
            ErrorKind::BadResponse,
            "the vendor's reply does not tell the ticket's status",
        )
        .with_effect(Effect::None)
        .in_operation(ID, operation)
        .on_ticket(&ticket.id)
    })
}

fn list_page(
    asked: &TicketQuery,
    place: Place,
    reply: wire::Collection<wire::Ticket>,
) -> Page<Ticket> {
    // Totals are hints; RT names the next page where there is one.
    let has_more = reply.next_page.is_some();
    let rows = reply.items.iter().flatten();
    let numbers = rows.filter_map(|row| row.value.id.as_str().parse::<u64>().ok());
    let numbers: Vec<_> = numbers.collect();
    let last = numbers.iter().copied().max();
    // The next page begins behind the highest id: whatever a page leaves out below that is not listed at all.
    let is_disordered = matches!(place, Place::After(..)) && !numbers.is_sorted();
    let total = match place {
        Place::After(_, Some(total)) => Some(total),
        _ => reply.total,
    };
    let next = match (place, last) {
        _ if !has_more => None,
        (Place::After(after, _), Some(last)) if last > after => Some(Place::After(last, total)),
        // No row can be read, so that nothing says where the next page begins.
        (Place::After(..), _) => None,
        (Place::Page(page), _) => Some(Place::Page(page + 1)),
    };
    let unreadable = reply.items.iter().filter(|row| row.is_none()).count();
    let cut = (has_more && next.is_none()).then(|| "the rest of the list was not read".to_owned());
    let came = reply.items.len();
    let rows = reply.items.into_iter().flatten();
    let rows = rows.filter(|row| query::takes(asked, &row.value));
    let mut others = 0;
    let rows = rows.filter(|row| {
        let is_of_others = query::is_of_others(asked, &row.value);
        others += usize::from(is_of_others);
        !is_of_others
    });
    let tickets: Vec<_> = rows.map(|row| mapping::ticket(row, None)).collect();
    let others = (others > 0).then(|| {
        "tickets that Request Tracker finds by the address are of users who show another one"
            .to_owned()
    });
    let left_out = came - tickets.len();
    Page::last(tickets)
        .left_out(left_out)
        .next(next.map(Place::cursor))
        .total(total.filter(|_| !query::filters_rows(asked)))
        .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable)))
        .gaps(others)
        .gaps(is_disordered.then(|| "the server does not list in the order of ids".to_owned()))
        .gaps(cut)
}

fn per_page(page: &PageRequest) -> u32 {
    page.limit.unwrap_or(DEFAULT_PAGE).min(LARGEST_PAGE)
}

fn conflict(operation: Operation, id: &TicketId, message: &str) -> Error {
    Error::new(ErrorKind::Conflict, message)
        .in_operation(ID, operation)
        .on_ticket(id)
}
