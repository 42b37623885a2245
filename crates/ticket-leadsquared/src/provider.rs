//! LeadSquared as a ticket provider: which call each operation is. The types are translated in `mapping.rs`.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::{
    Capabilities, Created, DeleteOutcome, DeleteReport, Direction, Error, ErrorKind, Field, Fields,
    Message, NewComment, NewTicket, Operation, Page, PageRequest, ProviderInfo, Quota, Quotas,
    Request, Result, Ticket, TicketId, TicketPatch, TicketProvider,
};
use ticket_http::WireId;

use crate::client::LeadSquared;
use crate::config::DEFAULT_DELETE_BATCH;
use crate::mapping::Mapping;
use crate::wire;

pub(crate) const ID: &str = "leadsquared";

/// Any other field of the account goes as a custom one by its `SchemaName`. The names of the lead's name,
/// of the owner and the format of tags are not documented, so these are refused.
const CREATE: Fields = Fields::carrying(&[
    Field::Subject,
    Field::Description,
    Field::Category,
    Field::Priority,
    Field::RequesterId,
    Field::RequesterEmail,
    Field::RequesterPhone,
    Field::Attachments,
])
.requiring(&[Field::Subject])
.any_custom();

/// As [`CREATE`]: the name of the owner is not documented, so the assignee is refused.
const UPDATE: Fields = Fields::carrying(&[
    Field::Subject,
    Field::Description,
    Field::Status,
    Field::Priority,
    Field::Category,
    Field::Attachments,
])
.any_custom();

/// The vendor documents no paging.
const MESSAGES: Fields = Fields::carrying(&[]);

/// Sending to the customer is not documented, and neither are files.
const COMMENT: Fields =
    Fields::carrying(&[Field::Body, Field::Internal, Field::Inbound]).requiring(&[Field::Body]);

/// Who LeadSquared is and what it can do, with the default batch size.
///
/// 25 calls in 5 seconds (page `delete-tickets`); newer plans have other limits.
pub fn info() -> ProviderInfo {
    info_with_batch(DEFAULT_DELETE_BATCH)
}

pub(crate) fn info_with_batch(delete_batch: usize) -> ProviderInfo {
    let capabilities = Capabilities::none()
        .get()
        .create(CREATE)
        .update(UPDATE)
        .resolve()
        .delete(delete_batch)
        .messages(MESSAGES)
        .comment(COMMENT);
    let quotas = Quotas::none().window(Quota::new(25, Duration::from_secs(5)));
    ProviderInfo::new(ID, "LeadSquared", capabilities).quotas(quotas)
}

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
        let numbers: Vec<&str> = ids
            .iter()
            .map(TicketId::as_str)
            .filter(|id| seen.insert(*id))
            .collect();
        let reply = self.trash_tickets(&numbers).await?.value;
        let deleted: HashSet<&str> = reply.successful_ids.iter().map(WireId::as_str).collect();
        let refused: HashSet<&str> = reply.failed_ids.iter().map(WireId::as_str).collect();
        Ok(DeleteReport::from_fn(ids, |id| {
            outcome(
                id,
                deleted.contains(id.as_str()),
                refused.contains(id.as_str()),
            )
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
