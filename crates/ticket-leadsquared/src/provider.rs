//! LeadSquared as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use async_trait::async_trait;
use std::collections::HashSet;
use ticket_core::{
    Created, DeleteOutcome, DeleteReport, Direction, Error, ErrorKind, Message, NewComment,
    NewTicket, Operation, Page, PageRequest, ProviderInfo, Request, Result, Ticket, TicketId,
    TicketPatch, TicketProvider,
};
use ticket_http::WireId;

use crate::client::{LeadSquared, number};
use crate::info::ID;
use crate::mapping::Mapping;
use crate::wire;

#[async_trait]
impl TicketProvider for LeadSquared {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, id: &TicketId) -> Result<Ticket> {
        self.info.check(&Request::Get(id))?;
        Ok(self.mapping.ticket(self.get_ticket(id.as_str()).await?))
    }

    async fn create(&self, ticket: &NewTicket) -> Result<Created> {
        self.info.check(&Request::Create(ticket))?;
        let wire = Mapping::create_ticket(ticket)
            .map_err(|error| error.in_operation(ID, Operation::Create))?;
        let created = if ticket.attachments.is_empty() {
            self.create_ticket(&wire).await?
        } else {
            self.create_ticket_with_files(&wire, ticket.attachments.clone())
                .await?
        };
        Ok(Created::new(created.value.id.into_string(), created.raw))
    }

    async fn update(&self, id: &TicketId, patch: &TicketPatch) -> Result<()> {
        self.info.check(&Request::Update(id, patch))?;
        let wire = self
            .mapping
            .update_ticket(patch)
            .map_err(|error| error.in_operation(ID, Operation::Update))?;
        self.update_ticket(id.as_str(), &wire, patch.attachments.clone())
            .await?;
        Ok(())
    }

    async fn resolve(&self, id: &TicketId) -> Result<()> {
        self.info.check(&Request::Resolve(id))?;
        let wire = self.mapping.resolve_ticket();
        let updated = self.update_ticket(id.as_str(), &wire, Vec::new()).await;
        updated.map_err(|error| error.in_operation(ID, Operation::Resolve))?;
        Ok(())
    }

    async fn delete(&self, ids: &[TicketId]) -> Result<DeleteReport> {
        self.info.check(&Request::Delete(ids))?;
        if ids.is_empty() {
            return Ok(DeleteReport::default());
        }
        let mut seen = HashSet::with_capacity(ids.len());
        let is_number = |id: &&str| number(id).is_some();
        let asked = ids.iter().map(TicketId::as_str);
        let numbers: Vec<&str> = asked
            .filter(is_number)
            .filter(|id| seen.insert(*id))
            .collect();
        let reply = match numbers.as_slice() {
            [] => None,
            numbers => Some(self.trash_tickets(numbers).await?.value),
        };
        let texts = |ids: Option<&Vec<WireId>>| -> HashSet<String> {
            let ids = ids.into_iter().flatten();
            ids.map(|id| id.as_str().to_owned()).collect()
        };
        let deleted = texts(reply.as_ref().map(|reply| &reply.successful_ids));
        let refused = texts(reply.as_ref().map(|reply| &reply.failed_ids));
        Ok(DeleteReport::from_fn(ids, |id| match id.as_str() {
            text if number(text).is_none() => {
                let error = Error::invalid_input(
                    "the vendor's ticket ids are numbers, this is none; nothing was sent",
                );
                DeleteOutcome::Failed(error.in_operation(ID, Operation::Delete).on_ticket(id))
            }
            text => outcome(id, deleted.contains(text), refused.contains(text)),
        }))
    }

    async fn messages(&self, id: &TicketId, page: &PageRequest) -> Result<Page<Message>> {
        self.info.check(&Request::Messages(id, page))?;
        let reply = self
            .filter_conversations(id.as_str(), wire::ActivityType::ALL)
            .await?
            .value;
        let rows = reply.conversation_list.into_iter();
        let messages = rows.map(|row| self.mapping.message(row)).collect();
        Ok(Page::last(messages).total(reply.total))
    }

    async fn comment(&self, id: &TicketId, comment: &NewComment) -> Result<()> {
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

/// What the two lists of the reply say about one ticket. Ids are compared as texts.
fn outcome(id: &TicketId, deleted: bool, refused: bool) -> DeleteOutcome {
    let error = |kind, message: &str| {
        Error::new(kind, message)
            .with_status(200)
            .in_operation(ID, Operation::Delete)
            .on_ticket(id)
    };
    match (deleted, refused) {
        (true, false) => DeleteOutcome::Deleted,
        (false, true) => {
            // That an unknown id lands here is inferred.
            let message = "the vendor did not delete it and gives no reason; an unknown ticket is answered so as well";
            DeleteOutcome::Failed(error(ErrorKind::Conflict, message))
        }
        (false, false) => DeleteOutcome::Unknown(error(
            ErrorKind::BadResponse,
            "the vendor's reply does not mention this ticket",
        )),
        (true, true) => DeleteOutcome::Unknown(error(
            ErrorKind::BadResponse,
            "the vendor's reply calls it both deleted and not",
        )),
    }
}
