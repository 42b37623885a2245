//! Zendesk as a ticket provider: which requests each operation is. The types are translated in `mapping.rs`.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use ticket_core::model::{AttachedFile, Attachment, Created, Direction, PageRequest, Status};
use ticket_core::provider::{Connect, Documented, Download, Request, Setting, VendorJob};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Message, NewComment,
    NewTicket, Operation, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch,
    TicketProvider, TicketQuery,
};
use ticket_http::WireId;

use crate::client::{UpdatedTicket, Zendesk, preparing};
use crate::config::{SETTINGS, ZendeskConfig};
use crate::cursor::{Walk, size};
use crate::info::{DOCUMENTED, ID, info};
use crate::pages::{next_page, readable, taken};
use crate::wire::ChangedTicket;
use crate::{job, mapping, query, wire};

/// The longest idempotency key, in characters (page `introduction`).
const MAX_KEY: usize = 255;

impl Connect for Zendesk {
    type Config = ZendeskConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;
    const DOCUMENTED: &'static [Documented] = DOCUMENTED;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: ZendeskConfig, timeout: Duration) -> ZendeskConfig {
        config.timeout(timeout)
    }

    fn connect(config: ZendeskConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for Zendesk {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        let (ticket, users) = self.get_ticket(id.as_str()).await?;
        same_ticket(id, &ticket.value.id, Operation::Get)?;
        Ok(mapping::ticket(ticket, &users))
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(query))?;
        let failed = |error: Error| error.in_operation(ID, Operation::List);
        let walk = query::walk(query).map_err(failed)?;
        let after = walk.after(&query.page).map_err(failed)?;
        let size = size(&query.page);
        match walk {
            Walk::Trash => {
                let page = self.deleted_tickets(after, size).await?;
                let (tickets, gap) = readable(page.deleted_tickets);
                let tickets = tickets.into_iter().map(mapping::deleted).collect();
                Ok(next_page(Page::last(tickets), walk, page.meta)?.gaps(gap))
            }
            Walk::Changed => self.changed(query, after, size).await,
            _ => {
                let page = if walk == Walk::Search {
                    let text = query::text(query).map_err(failed)?;
                    self.export_search(&text, after, size).await?
                } else {
                    self.list_tickets(after, size).await?
                };
                let taken = taken(page.tickets, |ticket| query::takes(query, ticket));
                next_page(taken, walk, page.meta)
            }
        }
    }

    async fn create(&self, context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        let operation = Operation::Create;
        self.info.check(&Request::Create(ticket))?;
        let failed = |error: Error| error.in_operation(ID, operation);
        let key = context.idempotency_key.as_deref();
        if key.is_some_and(|key| key.is_empty() || key.chars().count() > MAX_KEY) {
            let message = "the idempotency key must have 1 to 255 characters";
            return Err(failed(Error::invalid_input(message)));
        }
        let mut wire = mapping::create(ticket).map_err(failed)?;
        let uploads = self.stage(operation, &ticket.attachments).await?;
        if let Some(comment) = &mut wire.comment {
            comment.uploads = uploads;
        }
        let created = self.create_ticket(&wire, key).await?;
        let id = TicketId::from(created.ticket.value.id.clone());
        let raw = created.ticket.raw.clone();
        let is_repeat = created.is_repeat;
        let mut asked = TicketPatch::new();
        asked.priority.clone_from(&ticket.priority);
        asked.assignee.clone_from(&ticket.assignee);
        asked.custom.clone_from(&ticket.custom);
        let mut dropped = mapping::not_applied(&asked, &mapping::ticket(created.ticket, &[]));
        add_ignored(&mut dropped, created.ignored);
        if dropped.is_empty() {
            return Ok(Created::new(id, raw).by_earlier_attempt(is_repeat));
        }
        // The ticket exists, so that a repeat would be a second one.
        let message = format!(
            "ticket {id} was created, but not with what was given for `{}`",
            dropped.join("`, `")
        );
        let error = Error::new(ErrorKind::Conflict, message).with_effect(Effect::Unknown);
        Err(failed(error).on_ticket(&id))
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        let operation = Operation::Update;
        self.info.check(&Request::Update(id, patch))?;
        let wire = mapping::update(patch).map_err(|error| error.in_operation(ID, operation))?;
        self.change(operation, id, &wire, patch).await
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        let operation = Operation::Resolve;
        self.info.check(&Request::Resolve(id))?;
        let patch = TicketPatch::new().status(Status::Resolved);
        let wire = mapping::update(&patch).map_err(|error| error.in_operation(ID, operation))?;
        self.change(operation, id, &wire, &patch).await
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(targets))?;
        match targets {
            [target] => {
                let id = &target.id;
                DeleteReport::of_one(id, self.delete_ticket(id.as_str()).await)
            }
            [] => Ok(DeleteReport::default()),
            targets => {
                let job = self.delete_tickets(&distinct(targets)).await?;
                Err(Error::accepted(VendorJob::new(job.id)).in_operation(ID, Operation::Delete))
            }
        }
    }

    async fn purge(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        self.info.check(&Request::Purge(targets))?;
        let ids = distinct(targets);
        let job = match ids.as_slice() {
            [] => return Ok(DeleteReport::default()),
            [id] => self.purge_ticket(id).await,
            ids => self.purge_tickets(ids).await,
        };
        match (job, targets) {
            (Ok(job), _) => {
                Err(Error::accepted(VendorJob::purge(job.id)).in_operation(ID, Operation::Purge))
            }
            (Err(error), [target]) => DeleteReport::of_one(&target.id, Err(error)),
            (Err(error), _) => Err(error),
        }
    }

    async fn job(
        &self,
        _context: &CallContext,
        job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        self.info.check(&Request::Job(job, targets))?;
        let status = self.job_status(job.id()).await?;
        if status.id != job.id() {
            let message = "the vendor answered about another job than the one asked for";
            let error = Error::new(ErrorKind::BadResponse, message);
            return Err(error.in_operation(ID, Operation::Job));
        }
        Ok((!job::is_open(&status)).then(|| job::report(job, targets, &status)))
    }

    /// One that is not in the trash is not found there; then a read tells whether it was deleted at all.
    async fn restore(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Restore(id))?;
        let error = match self.restore_ticket(id.as_str()).await {
            Err(error) if error.kind() == ErrorKind::NotFound => error,
            other => return other,
        };
        match self.ticket_of(Operation::Restore, id.as_str()).await {
            Ok((ticket, _)) => same_ticket(id, &ticket.value.id, Operation::Restore)
                .map_err(|error| error.with_effect(Effect::None)),
            Err(read) if read.kind() == ErrorKind::NotFound => Err(error),
            Err(read) => Err(read.with_effect(Effect::None)),
        }
    }

    async fn messages(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let operation = Operation::Messages;
        self.info.check(&Request::Messages(id, page))?;
        let reply = self.comment_page(operation, id, page).await?;
        let users = reply.users.unwrap_or_default();
        let (comments, gap) = readable(reply.comments);
        let messages = comments.into_iter();
        let messages = messages.map(|comment| mapping::message(comment, &users));
        Ok(next_page(Page::last(messages.collect()), Walk::Comments, reply.meta)?.gaps(gap))
    }

    async fn comment(
        &self,
        _context: &CallContext,
        id: &TicketId,
        comment: &NewComment,
    ) -> Result<()> {
        let operation = Operation::Comment;
        self.info.check(&Request::Comment(id, comment))?;
        let public = comment.direction != Direction::Internal;
        let mut wire = wire::NewComment::new(&comment.body, public);
        wire.uploads = self.stage(operation, &comment.attachments).await?;
        let wire = ChangedTicket {
            comment: Some(wire),
            ..ChangedTicket::default()
        };
        let updated = self.put_ticket(operation, id.as_str(), &wire).await?;
        confirmed_comment(id, &updated, public)
            .map_err(|error| error.in_operation(ID, operation).on_ticket(id))
    }

    async fn attachments(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        let operation = Operation::Attachments;
        self.info.check(&Request::Attachments(id, page))?;
        let reply = self.comment_page(operation, id, page).await?;
        let (comments, gap) = readable(reply.comments);
        let (mut files, mut unreadable, mut without) = (Vec::new(), 0, 0);
        for comment in comments {
            without += usize::from(comment.value.attachments.is_empty());
            let at = comment.value.created_at;
            for file in comment.value.attachments {
                match file {
                    Some(file) => files.push(mapping::file(file, at)),
                    None => unreadable += 1,
                }
            }
        }
        Ok(next_page(Page::last(files), Walk::Comments, reply.meta)?
            .left_out(without)
            .gaps(gap)
            .gaps(mapping::unreadable_rows(unreadable)))
    }

    async fn download(&self, _context: &CallContext, file: &AttachedFile) -> Result<Download> {
        let operation = Operation::Download;
        self.info.check(&Request::Download(file))?;
        let failed = |error: Error| error.in_operation(ID, operation);
        if !file.id.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = "the id of a file is a number in Zendesk";
            return Err(failed(Error::invalid_input(message)));
        }
        let attachment = self.attachment(&file.id).await?;
        let bad = |message| failed(Error::new(ErrorKind::BadResponse, message));
        if attachment.id.as_str() != file.id {
            let message = "the vendor answered with another file than the one asked for";
            return Err(bad(message));
        }
        let url = attachment.content_url;
        let url = url.ok_or_else(|| bad("the vendor's reply does not tell where the file is"))?;
        let parts = self.content(&url).await?.into_stream();
        let parts = parts.map_err(move |error| error.in_operation(ID, operation));
        Ok(Download::new(Box::pin(parts)))
    }
}

impl Zendesk {
    /// Uploads the files of an operation. Nothing has been changed if this fails.
    async fn stage(&self, operation: Operation, files: &[Attachment]) -> Result<Vec<String>> {
        let mut tokens = Vec::with_capacity(files.len());
        for file in files {
            tokens.push(self.upload(file).await.map_err(preparing(operation))?.token);
        }
        Ok(tokens)
    }

    /// Changes a ticket. The reply shows the ticket as it is then, and names what was ignored.
    async fn change(
        &self,
        operation: Operation,
        id: &TicketId,
        wire: &ChangedTicket,
        patch: &TicketPatch,
    ) -> Result<()> {
        let updated = self.put_ticket(operation, id.as_str(), wire).await?;
        same_ticket(id, &updated.ticket.value.id, operation)?;
        let mut missing = mapping::not_applied(patch, &mapping::ticket(updated.ticket, &[]));
        add_ignored(&mut missing, updated.ignored);
        if missing.is_empty() {
            return Ok(());
        }
        let given = [
            patch.subject.is_some(),
            patch.status.is_some(),
            patch.priority.is_some(),
            patch.assignee.is_some(),
        ];
        let given = given.iter().filter(|given| **given).count() + patch.custom.len();
        let error = Error::not_applied(&missing, missing.len() < given);
        Err(error.in_operation(ID, operation).on_ticket(id))
    }
}

/// Adds the fields that the vendor says it ignored, each once: the ticket may have shown the same.
fn add_ignored(missing: &mut Vec<String>, ignored: Vec<String>) {
    for name in ignored {
        if !missing.contains(&name) {
            missing.push(name);
        }
    }
}

/// The ids, each once.
fn distinct(targets: &[DeleteTarget]) -> Vec<&str> {
    let ids: BTreeSet<&str> = targets.iter().map(|target| target.id.as_str()).collect();
    ids.into_iter().collect()
}

/// Whether the log of the change has the comment, as it should be.
fn confirmed_comment(id: &TicketId, updated: &UpdatedTicket, public: bool) -> Result<()> {
    same_ticket(id, &updated.ticket.value.id, Operation::Comment)?;
    let events = updated
        .audit
        .as_ref()
        .and_then(|audit| audit.events.as_ref());
    let Some(events) = events else {
        let message = "the vendor's reply does not confirm the comment";
        return Err(Error::new(ErrorKind::BadResponse, message).with_effect(Effect::Unknown));
    };
    let mut comments = events
        .iter()
        .filter(|event| event.kind.as_deref() == Some("Comment"));
    match comments.next() {
        None => Err(Error::not_applied(&["body".to_owned()], true)),
        Some(comment) if comment.public.is_some_and(|told| told != public) => {
            let message = if public {
                "the comment was added, but Zendesk made it private"
            } else {
                "the comment was added, but Zendesk made it public"
            };
            Err(Error::new(ErrorKind::Conflict, message).with_effect(Effect::Unknown))
        }
        Some(_) => Ok(()),
    }
}

/// Rejects a reply about another ticket than the one that was asked for. A write may have changed that one.
fn same_ticket(asked: &TicketId, answered: &WireId, operation: Operation) -> Result<()> {
    if answered.as_str() == asked.as_str() {
        return Ok(());
    }
    let other: String = answered.as_str().chars().take(40).collect();
    let message = format!("the vendor answered about another ticket, {other}, not {asked}");
    Err(Error::new(ErrorKind::Conflict, message)
        .with_status(200)
        .with_effect(Effect::Unknown)
        .in_operation(ID, operation)
        .on_ticket(asked))
}
