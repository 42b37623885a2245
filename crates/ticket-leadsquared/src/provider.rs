//! LeadSquared as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::cell::OnceCell;
use std::collections::HashSet;

use async_trait::async_trait;
use ticket_core::{
    CallContext, Created, DeleteReport, DeleteTarget, Direction, Error, ErrorKind, Message,
    NewComment, NewTicket, Operation, Outcome, Page, PageRequest, ProviderInfo, Request, Result,
    Ticket, TicketId, TicketPatch, TicketProvider,
};
use ticket_http::HttpResponse;

use crate::client::LeadSquared;
use crate::info::ID;
use crate::mapping;
use crate::wire::{self, number};

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
        let ids = targets.iter().map(|target| &target.id);
        let asked: Vec<Option<u64>> = ids.clone().map(|id| number(id.as_str())).collect();
        let numbers = distinct(asked.iter().copied().zip(ids));
        let read = HttpResponse::json::<wire::Trashed>;
        let reply = match numbers.as_slice() {
            [] => wire::Trashed::default(),
            numbers => self.trash(numbers, read).await?,
        };
        let mut deleted = Named::new(&reply.successful_ids);
        let mut refused = Named::new(&reply.failed_ids);
        let mut asked = asked.into_iter();
        Ok(DeleteReport::from_fn(targets, |id| {
            if let Some(number) = asked.next().flatten() {
                return outcome(id, deleted.has(number), refused.has(number));
            }
            let error = Error::invalid_input(
                "the vendor's ticket ids are numbers, this is none; nothing was sent",
            );
            Outcome::Failed(error.in_operation(ID, Operation::Delete).on_ticket(id))
        }))
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
        let rows = reply.conversation_list.into_iter();
        let messages = rows
            .map(|row| mapping::message(row, &self.account))
            .collect();
        Ok(Page::last(messages).total(reply.total))
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

/// The ids that are numbers, each once, in the order of its first appearance.
fn distinct<'a>(ids: impl Iterator<Item = (Option<u64>, &'a TicketId)>) -> Vec<&'a str> {
    let mut numbers = Vec::with_capacity(ids.size_hint().0);
    numbers.extend(ids.filter_map(|(number, id)| Some((number?, id.as_str()))));
    // Most lists are sorted, and need no table.
    if !numbers.is_sorted_by(|one, next| one.0 < next.0) {
        let mut seen = HashSet::with_capacity(numbers.len());
        numbers.retain(|(number, _)| seen.insert(*number));
    }
    numbers.into_iter().map(|(_, id)| id).collect()
}

/// The tickets that one list of the reply names.
struct Named<'a> {
    tickets: &'a [wire::TicketNumber],
    /// Most replies keep the order of the request: so far they did, and this one comes next.
    next: usize,
    /// All of them, once one was asked for out of order.
    set: OnceCell<HashSet<u64>>,
}

impl<'a> Named<'a> {
    fn new(tickets: &'a [wire::TicketNumber]) -> Self {
        Self {
            tickets,
            next: 0,
            set: OnceCell::new(),
        }
    }

    fn has(&mut self, ticket: u64) -> bool {
        if self
            .tickets
            .get(self.next)
            .is_some_and(|next| next.0 == Some(ticket))
        {
            self.next += 1;
            return true;
        }
        let all = || self.tickets.iter().filter_map(|named| named.0).collect();
        self.set.get_or_init(all).contains(&ticket)
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
