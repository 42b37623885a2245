//! LeadSquared as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::model::{Created, Direction, PageRequest};
use ticket_core::provider::{Connect, Documented, Request, Setting};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, Message, NewComment, NewTicket,
    Operation, Outcome, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider,
};
use ticket_http::HttpResponse;

use crate::client::LeadSquared;
use crate::config::{LeadSquaredConfig, SETTINGS};
use crate::info::{DOCUMENTED, ID, info};
use crate::mapping;
use crate::wire;

impl Connect for LeadSquared {
    type Config = LeadSquaredConfig;
    const SETTINGS: &'static [Setting] = SETTINGS;
    const DOCUMENTED: &'static [Documented] = DOCUMENTED;

    fn info() -> ProviderInfo {
        info()
    }

    fn with_timeout(config: LeadSquaredConfig, timeout: Duration) -> LeadSquaredConfig {
        config.timeout(timeout)
    }

    fn connect(config: LeadSquaredConfig) -> Result<Self> {
        Self::new(&config)
    }
}

#[async_trait]
impl TicketProvider for LeadSquared {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(mapping::ticket(
            self.get_ticket(id.as_str()).await?,
            &self.account,
        ))
    }

    async fn create(&self, _context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let wire = mapping::create_ticket(ticket)
            .map_err(|error| error.in_operation(ID, Operation::Create))?;
        let created = if ticket.attachments.is_empty() {
            self.create_ticket(&wire).await?
        } else {
            self.create_ticket_with_files(&wire, ticket.attachments.clone())
                .await?
        };
        Ok(Created::new(created.value.id, created.raw))
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        self.info.check(&Request::Update(id, patch))?;
        let wire = mapping::update_ticket(patch, &self.account)
            .map_err(|error| error.in_operation(ID, Operation::Update))?;
        self.update_ticket(id.as_str(), &wire, patch.attachments.clone())
            .await?;
        Ok(())
    }

    async fn resolve(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Resolve(id))?;
        let wire = mapping::resolve_ticket(&self.account);
        let updated = self.update_ticket(id.as_str(), &wire, Vec::new()).await;
        updated.map_err(|error| error.in_operation(ID, Operation::Resolve))?;
        Ok(())
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(targets))?;
        if targets.is_empty() {
            return Ok(DeleteReport::default());
        }
        let asked = Asked::of(targets);
        let ids = asked.without_repeats(targets);
        let reply = self
            .trash(&ids, HttpResponse::json::<wire::Trashed>)
            .await?;
        if asked.are_just(&reply) {
            return Ok(DeleteReport::from_fn(targets, |_| Outcome::Done));
        }
        let mut numbers = asked.numbers.iter().copied();
        let report = DeleteReport::from_fn(targets, |id| {
            let number = numbers.next().flatten();
            let is_in = |ids: &wire::Numbers| number.is_some_and(|number| ids.contains(number));
            outcome(id, is_in(&reply.successful_ids), is_in(&reply.failed_ids))
        });
        let others = reply.successful_ids.as_slice().iter().copied();
        let others = others.filter(|number| !asked.contains(*number));
        Ok(report.with_unasked(others.map(|number| TicketId::new(number.to_string()))))
    }

    async fn messages(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        self.info.check(&Request::Messages(id, page))?;
        let reply = self
            .filter_conversations(id.as_str(), wire::ActivityType::ALL)
            .await?
            .value;
        let rows = reply.conversation_list;
        let unreadable = rows.iter().filter(|row| row.is_none()).count();
        let rows = rows.into_iter().flatten();
        let messages = rows
            .map(|row| mapping::message(row, &self.account))
            .collect();
        Ok(Page::last(messages)
            .total(reply.total)
            .gaps((unreadable > 0).then(|| mapping::unreadable_rows(unreadable))))
    }

    async fn comment(
        &self,
        _context: &CallContext,
        id: &TicketId,
        comment: &NewComment,
    ) -> Result<()> {
        self.info.check(&Request::Comment(id, comment))?;
        match comment.direction {
            Direction::Internal => {
                self.upload_internal_note(id.as_str(), &comment.body)
                    .await?;
                Ok(())
            }
            Direction::Inbound => {
                self.add_portal_activity(id.as_str(), &comment.body).await?;
                Ok(())
            }
            _ => Err(Error::unsupported(ID, Operation::Comment)),
        }
    }
}

/// The tickets that a delete names, as numbers.
struct Asked {
    /// In the order of the targets; `None` for a number that no ticket can have, since it is larger than any.
    numbers: Vec<Option<u64>>,
    /// In ascending order, each once.
    sorted: Vec<u64>,
}

impl Asked {
    fn of(targets: &[DeleteTarget]) -> Self {
        let ids = targets.iter().map(|target| target.id.as_str());
        let numbers: Vec<Option<u64>> = ids.map(wire::number).collect();
        let mut sorted: Vec<u64> = numbers.iter().copied().flatten().collect();
        if !sorted.is_sorted() {
            sorted.sort_unstable();
        }
        sorted.dedup();
        Self { numbers, sorted }
    }

    /// Whether the reply says that these tickets were deleted, and says nothing else. Most replies do.
    fn are_just(&self, reply: &wire::Trashed) -> bool {
        reply.failed_ids.as_slice().is_empty()
            && reply.successful_ids.as_slice() == self.sorted
            && self.numbers.iter().all(Option::is_some)
    }

    fn contains(&self, number: u64) -> bool {
        self.sorted.binary_search(&number).is_ok()
    }

    /// The ids in the order of the targets, each once.
    fn without_repeats<'a>(&self, targets: &'a [DeleteTarget]) -> Vec<&'a str> {
        let ids = targets.iter().map(|target| target.id.as_str());
        if self.sorted.len() == targets.len() {
            return ids.collect();
        }
        let mut seen = BTreeSet::new();
        ids.filter(|id| seen.insert(*id)).collect()
    }
}

/// What the two lists of the reply say about one ticket.
fn outcome(id: &TicketId, deleted: bool, refused: bool) -> Outcome {
    let error = |kind, message: &str| {
        Error::new(kind, message)
            .with_status(200)
            .in_operation(ID, Operation::Delete)
            .on_ticket(id)
    };
    match (deleted, refused) {
        (true, false) => Outcome::Done,
        (false, true) => {
            // That an unknown id lands here is inferred.
            let message = "the vendor did not delete it and gives no reason; an unknown ticket is answered so as well";
            Outcome::Failed(error(ErrorKind::Conflict, message))
        }
        (false, false) => Outcome::Unknown(error(
            ErrorKind::BadResponse,
            "the vendor's reply does not mention this ticket",
        )),
        (true, true) => Outcome::Unknown(error(
            ErrorKind::BadResponse,
            "the vendor's reply calls it both deleted and not",
        )),
    }
}
