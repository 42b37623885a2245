//! Redmine as a ticket provider: which requests each operation is. The types are translated in `mapping.rs`.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use ticket_core::model::{AttachedFile, Attachment, Created, Direction, PageRequest};
use ticket_core::provider::{Connect, Documented, Download, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Message, NewComment,
    NewTicket, Operation, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch,
    TicketProvider, TicketQuery,
};
use ticket_http::WireId;

use crate::authors::Authors;
use crate::client::{Redmine, confirming, preparing};
use crate::config::{RedmineConfig, SETTINGS};
use crate::confirm::{confirm, dropped};
use crate::cursor::Position;
use crate::info::{DOCUMENTED, ID, LARGEST_PAGE, USUAL_PAGE, info};
use crate::mapping;
use crate::wire::{ChangedIssue, Journalled, ListQuery, Upload};

impl Connect for Redmine {
    type Config = RedmineConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;
    const DOCUMENTED: &'static [Documented] = DOCUMENTED;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: RedmineConfig, timeout: Duration) -> RedmineConfig {
        config.timeout(timeout)
    }

    fn connect(config: RedmineConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for Redmine {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    /// Observed: Redmine's own pages lead there.
    fn web_url(&self, id: &TicketId) -> Option<String> {
        self.info.check_id(id).ok()?;
        Some(format!("{}/issues/{id}", self.http.base_url()))
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        let issue = self.get_issue_with_subtasks(id.as_str()).await?;
        same_ticket(id, &issue.value.id, Operation::Get)?;
        Ok(mapping::ticket(issue, &self.site))
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.info.check(&Request::List(query))?;
        let failed = |error: Error| error.in_operation(ID, Operation::List);
        let position = Position::of(query).map_err(failed)?;
        let priority = match &query.priority {
            Some(priority) => Some(self.priority_id(Operation::List, priority).await?),
            None => None,
        };
        // What is wrong is refused before the next request.
        mapping::filters(query, &[], position, priority).map_err(failed)?;
        let authors = match query.requester.as_deref() {
            // A wrong key is refused this.
            Some(address) if address.contains('@') => self.authors(address).await?,
            requester => {
                let author = mapping::author(requester).map_err(failed)?;
                // With a wrong key, Redmine lists what everybody may see, and says nothing.
                if query.page.cursor.is_none() {
                    self.check_key().await?;
                }
                Authors {
                    ids: author,
                    may_be_others: false,
                }
            }
        };
        let others = || {
            let gap = "users whose address has this one as a part may have it as a further address, which Redmine does not show";
            authors.may_be_others.then(|| gap.to_owned())
        };
        let users = &authors.ids;
        if query.requester.is_some() && users.is_empty() {
            return Ok(Page::last(Vec::new()).total(Some(0)).gaps(others()));
        }
        let filters = mapping::filters(query, users, position, priority).map_err(failed)?;
        let mut wanted = ListQuery::new(filters);
        let limit = query.page.limit.map(|limit| limit.min(LARGEST_PAGE));
        wanted.limit = limit;
        let list = self.list_issues(&wanted).await?;
        let rows = list.issues.len() as u64;
        let unreadable = list.issues.iter().filter(|row| row.is_none()).count();
        let mut gaps =
            Vec::from_iter((unreadable > 0).then(|| mapping::unreadable_rows(unreadable)));
        let (mut items, mut seen) = (Vec::new(), HashSet::new());
        let mut highest = position.after;
        for row in list.issues.into_iter().flatten() {
            let number = row.value.id.as_str().parse::<u64>().unwrap_or_default();
            if !seen.insert(number) {
                gaps.push(
                    "a ticket comes twice in the page, perhaps in place of another".to_owned(),
                );
                continue;
            }
            if number <= highest {
                let message =
                    "the server does not list the tickets behind the last page, in order of id";
                return Err(bad_response(Operation::List, message));
            }
            highest = number;
            if let Some(ignored) = mapping::ignored_filter(query, users, &row.value) {
                let message = format!(
                    "the server ignored the filter `{ignored}`: the list has tickets that it does not take"
                );
                return Err(bad_response(Operation::List, &message));
            }
            items.push(mapping::ticket(row, &self.site));
        }
        let before = position.seen;
        // The total is a hint: a page that is not full is the last one.
        let page = list.limit.or(limit.map(u64::from)).unwrap_or(USUAL_PAGE);
        let is_last = rows < page;
        if is_last && list.total_count.is_some_and(|total| total > rows) {
            gaps.push("the server counts tickets that it does not list".to_owned());
        }
        if is_last {
            gaps.extend(others());
        }
        let next = (!is_last && !items.is_empty()).then(|| Position {
            after: highest,
            seen: before.saturating_add(rows),
        });
        let total = list.total_count.map(|total| before.saturating_add(total));
        Ok(Page::last(items)
            .next(next.map(Position::cursor))
            .total(total)
            .gaps(gaps))
    }

    async fn create(&self, _context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        let operation = Operation::Create;
        self.info.check(&Request::Create(ticket))?;
        let mut issue = mapping::create(ticket, &self.site)
            .map_err(|error| error.in_operation(ID, operation))?;
        if let Some(priority) = &ticket.priority {
            issue.priority_id = Some(self.priority_id(operation, priority).await?);
        }
        issue.uploads = self.stage(operation, &ticket.attachments).await?;
        let created = self.create_issue(&issue).await?;
        let id = TicketId::from(created.value.id.clone());
        let dropped = dropped(&issue, &created.value);
        if !dropped.is_empty() {
            // The ticket exists, so that a repeat would be a second one.
            let message = format!(
                "ticket {id} was created, but not with what was given for `{}`",
                dropped.join("`, `")
            );
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_effect(Effect::Unknown)
                .in_operation(ID, operation)
                .on_ticket(&id));
        }
        Ok(Created::new(id, created.raw))
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        let operation = Operation::Update;
        self.info.check(&Request::Update(id, patch))?;
        let mut issue =
            mapping::update(patch).map_err(|error| error.in_operation(ID, operation))?;
        self.replace_names(operation, &mut issue).await?;
        if let Some(status) = &patch.status {
            issue.status_id = Some(self.status_id(operation, status).await?);
        }
        if let Some(priority) = &patch.priority {
            issue.priority_id = Some(self.priority_id(operation, priority).await?);
        }
        issue.uploads = self.stage(operation, &patch.attachments).await?;
        self.change(operation, id, &issue).await
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        let operation = Operation::Resolve;
        self.info.check(&Request::Resolve(id))?;
        let issue = ChangedIssue {
            status_id: Some(self.resolved_status(operation).await?),
            ..ChangedIssue::default()
        };
        self.change(operation, id, &issue).await
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
                DeleteReport::of_one(id, self.delete_issue(id.as_str()).await)
            }
            _ => Ok(DeleteReport::default()),
        }
    }

    async fn messages(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.info.check(&Request::Messages(id, page))?;
        let issue = self.read_notes(Operation::Messages, id).await?;
        let author = issue.author.map(|author| author.id);
        let unreadable = issue.journals.iter().filter(|row| row.is_none()).count();
        let notes = issue.journals.into_iter().flatten();
        // The others are entries of the log.
        let notes = notes.filter(|journal| {
            let notes = journal.value.notes.as_deref().unwrap_or_default();
            !notes.trim().is_empty()
        });
        let notes = notes.map(|journal| mapping::message(journal, author));
        Ok(Page::last(notes.collect())
            .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable))))
    }

    async fn comment(
        &self,
        _context: &CallContext,
        id: &TicketId,
        comment: &NewComment,
    ) -> Result<()> {
        let operation = Operation::Comment;
        self.info.check(&Request::Comment(id, comment))?;
        let is_private = comment.direction == Direction::Internal;
        // An older note with the same text would confirm one that Redmine dropped.
        let before = self.read_notes(operation, id).await;
        let before = before.map_err(preparing(operation))?;
        if is_private {
            self.expect_private_notes(before.project.as_ref()).await?;
        }
        let issue = ChangedIssue {
            notes: Some(comment.body.clone()),
            private_notes: Some(is_private),
            uploads: self.stage(operation, &comment.attachments).await?,
            ..ChangedIssue::default()
        };
        self.put_issue(operation, id.as_str(), &issue).await?;
        let after = self.read_notes(operation, id).await;
        let after = after.map_err(confirming(operation))?;
        let known = before.journals.iter().flatten();
        let known: HashSet<&str> = known.map(|journal| journal.value.id.as_str()).collect();
        let mut newest_first = after.journals.iter().rev().flatten();
        let note = newest_first.find(|journal| {
            !known.contains(journal.value.id.as_str())
                && journal.value.notes.as_deref() == Some(comment.body.as_str())
        });
        let failed = |error: Error| Err(error.in_operation(ID, operation).on_ticket(id));
        match note {
            None => failed(Error::not_applied(
                &["body".to_owned()],
                !issue.uploads.is_empty(),
            )),
            Some(note) if note.value.private_notes != Some(is_private) => {
                let message = if is_private {
                    "the note was added, but Redmine made it public"
                } else {
                    "the note was added, but Redmine made it private"
                };
                failed(Error::new(ErrorKind::Conflict, message).with_effect(Effect::Unknown))
            }
            Some(_) => Ok(()),
        }
    }

    async fn attachments(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        self.info.check(&Request::Attachments(id, page))?;
        let issue = self.files(id.as_str()).await?.issue;
        same_ticket(id, &issue.id, Operation::Attachments)?;
        let unreadable = issue.attachments.iter().filter(|row| row.is_none()).count();
        let files = issue.attachments.into_iter().flatten().map(mapping::file);
        Ok(Page::last(files.collect())
            .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable))))
    }

    async fn download(&self, _context: &CallContext, file: &AttachedFile) -> Result<Download> {
        let operation = Operation::Download;
        self.info.check(&Request::Download(file))?;
        if !file.id.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = "the id of a file is a number in Redmine";
            return Err(Error::invalid_input(message).in_operation(ID, operation));
        }
        let download = self.download_file(&file.id).await?;
        let parts = download.into_stream();
        let parts = parts.map_err(move |error| error.in_operation(ID, operation));
        Ok(Download::new(Box::pin(parts)))
    }
}

impl Redmine {
    /// Reads the notes of a ticket.
    async fn read_notes(&self, operation: Operation, id: &TicketId) -> Result<Journalled> {
        let issue = self.journals(operation, id.as_str()).await?.issue;
        same_ticket(id, &issue.id, operation)?;
        Ok(issue)
    }

    /// Stages the files of an operation.
    async fn stage(&self, operation: Operation, files: &[Attachment]) -> Result<Vec<Upload>> {
        let mut uploads = Vec::with_capacity(files.len());
        for file in files {
            let staged = self.stage_file(file).await.map_err(preparing(operation))?;
            let mut upload = Upload::new(staged.token, &file.name);
            upload.content_type.clone_from(&file.media_type);
            uploads.push(upload);
        }
        Ok(uploads)
    }

    /// Changes a ticket, and reads it back: the reply to a change says nothing of what was dropped.
    async fn change(
        &self,
        operation: Operation,
        id: &TicketId,
        issue: &ChangedIssue,
    ) -> Result<()> {
        self.put_issue(operation, id.as_str(), issue).await?;
        let read = self.get_issue(id.as_str()).await;
        let read = read.map_err(confirming(operation))?.value;
        same_ticket(id, &read.id, operation)?;
        confirm(issue, &read).map_err(|error| error.in_operation(ID, operation).on_ticket(id))
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

fn bad_response(operation: Operation, message: &str) -> Error {
    Error::new(ErrorKind::BadResponse, message).in_operation(ID, operation)
}
