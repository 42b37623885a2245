//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! Only calls that the vendor documents are implemented.

use secrecy::SecretString;
use ticket_core::model::Attachment;
use ticket_core::{Effect, Error, ErrorKind, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Multipart, Reply, WireId};

use crate::config::LeadSquaredConfig;
use crate::info::{self, ID};
use crate::mapping::Account;
use crate::wire::number;
use crate::{error, wire};

/// A client of LeadSquared Service CRM's ticket API, and a
/// [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the keys.
///
/// The pages named here are those of <https://apidocs.leadsquared.com>.
#[derive(Clone, Debug)]
pub struct LeadSquared {
    http: HttpClient,
    org_id: String,
    max_attachment_bytes: u64,
    pub(crate) account: Account,
    pub(crate) info: ProviderInfo,
}

impl LeadSquared {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL, org id, key, time zone, status name or batch size.
    pub fn new(config: &LeadSquaredConfig) -> Result<Self> {
        let account = Account::new(config)?;
        if config.delete_batch == 0 {
            return Err(Error::config("`delete_batch` must be at least 1"));
        }
        let org_id = config.org_id.trim();
        if org_id.is_empty() || [".", ".."].contains(&org_id) || org_id.contains(char::is_control) {
            return Err(Error::config(
                "`org_id` must be the account number (environment LEADSQUARED_ORG_ID)",
            ));
        }
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let keys: &[(&'static str, SecretString)] = &[
            ("x-lsq-access-key", config.access_key.clone()),
            ("x-lsq-secret-key", config.secret_key.clone()),
        ];
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            keys,
        )?;
        Ok(Self {
            http,
            org_id: org_id.to_owned(),
            max_attachment_bytes: config.max_attachment_bytes,
            account,
            info: info::info_with_batch(config.delete_batch),
        })
    }

    /// `GET /api/tenants/{OrgId}/tickets/{id}` (page `get-a-tickets-details-by-id`), `id` being the ticket
    /// number. The page prints the address without the id: that it ends in the id is inferred.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown ticket (inferred) and for a wrong address alike.
    pub async fn get_ticket(&self, id: &str) -> Result<Reply<wire::Ticket>> {
        let request = self
            .http
            .get(&["api", "tenants", &self.org_id, "tickets", id]);
        self.call(Operation::Get, request, HttpResponse::reply)
            .await
    }

    /// `POST /api/tenants/{OrgId}/tickets` (page `create-tickets`).
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the account requires a field that is absent. With an unknown effect the ticket
    /// may exist: there is no idempotency key.
    pub async fn create_ticket(
        &self,
        ticket: &wire::CreateTicket,
    ) -> Result<Reply<wire::CreatedTicket>> {
        let request = self
            .http
            .post(&["api", "tenants", &self.org_id, "tickets"])
            .json(ticket);
        self.call(Operation::Create, request, created).await
    }

    /// `POST /api/tenants/{OrgId}/tickets` as a form with files (page `create-ticket-with-attachments`).
    ///
    /// # Errors
    ///
    /// As [`create_ticket`](Self::create_ticket). `InvalidInput`, and nothing is sent, if a file cannot be
    /// read or is larger than [`LeadSquaredConfig::max_attachment_bytes`].
    pub async fn create_ticket_with_files(
        &self,
        ticket: &wire::CreateTicket,
        files: Vec<Attachment>,
    ) -> Result<Reply<wire::CreatedTicket>> {
        let form = self.form(Operation::Create, &ticket.dto(), files)?;
        let request = self
            .http
            .post(&["api", "tenants", &self.org_id, "tickets"])
            .multipart(form);
        self.call(Operation::Create, request, created).await
    }

    /// `PUT /api/tenants/{OrgId}/tickets/{id}/update`, a form, with or without files (page
    /// `update-a-ticket-with-attachments`). That the id in the address is the ticket number is inferred.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the account does not have a field or a value (inferred); and, with nothing sent,
    /// if a file cannot be read or is larger than [`LeadSquaredConfig::max_attachment_bytes`].
    pub async fn update_ticket(
        &self,
        id: &str,
        update: &wire::UpdateTicket,
        files: Vec<Attachment>,
    ) -> Result<Reply<wire::UpdatedTicket>> {
        let form = self.form(Operation::Update, &update.dto(id), files)?;
        let request = self
            .http
            .put(&["api", "tenants", &self.org_id, "tickets", id, "update"])
            .multipart(form);
        self.call(Operation::Update, request, |response| {
            let updated = response.reply::<wire::UpdatedTicket>()?;
            about(response, id, &updated.value.id).map(|()| updated)
        })
        .await
    }

    /// `PUT /api/tenants/{OrgId}/tickets/trash` (page `delete-tickets`), for admin users only.
    ///
    /// The address says "trash", so the delete is taken for a soft one (inferred); no way back is documented.
    ///
    /// # Errors
    ///
    /// Only for the call as a whole: what became of each ticket is in the reply.
    pub async fn trash_tickets(&self, ticket_ids: &[&str]) -> Result<Reply<wire::TrashedTickets>> {
        self.trash(ticket_ids, HttpResponse::reply).await
    }

    pub(crate) async fn trash<T>(
        &self,
        ticket_ids: &[&str],
        read: impl FnOnce(&HttpResponse) -> Result<T>,
    ) -> Result<T> {
        let body = wire::TrashTickets { ticket_ids };
        let request = self
            .http
            .put(&["api", "tenants", &self.org_id, "tickets", "trash"])
            .json(&body);
        self.call(Operation::Delete, request, read).await
    }

    /// `POST /api/tenants/{OrgId}/conversation/filter` (page `get-ticket-conversations`): the messages of these
    /// kinds. Internal notes are not among them. No paging is documented.
    ///
    /// # Errors
    ///
    /// With nothing sent: `InvalidInput` if the id is not a number, `Config` if the org id is not a number.
    pub async fn filter_conversations(
        &self,
        ticket_id: &str,
        activity_types: &[wire::ActivityType],
    ) -> Result<Reply<wire::Conversations>> {
        let body = wire::FilterConversations {
            ticket_id: ticket_number(Operation::Messages, ticket_id)?,
            org_id: number(&self.org_id).ok_or_else(|| {
                Error::config("`org_id` is no number, but the vendor wants one to read messages")
                    .in_operation(ID, Operation::Messages)
            })?,
            activity_type: activity_types,
        };
        let request = self
            .http
            .post(&["api", "tenants", &self.org_id, "conversation", "filter"])
            .json(&body);
        self.call(Operation::Messages, request, HttpResponse::reply)
            .await
    }

    /// `POST /api/tenants/{OrgId}/internalnote/upload` (page `post-an-internal-note-on-a-ticket-2`).
    ///
    /// # Errors
    ///
    /// `InvalidInput`, and nothing is sent, if the id is not a number. `Conflict`, with unknown effect, if the reply is
    /// about another ticket.
    pub async fn upload_internal_note(
        &self,
        ticket_id: &str,
        text: &str,
    ) -> Result<Reply<wire::InternalNote>> {
        let number = ticket_number(Operation::Comment, ticket_id)?;
        let request = self
            .http
            .post(&["api", "tenants", &self.org_id, "internalnote", "upload"])
            .json(&wire::UploadInternalNote::new(number, text));
        self.call(Operation::Comment, request, |response| {
            let note = response.reply::<wire::InternalNote>()?;
            let message = note.value.message.as_deref().unwrap_or_default();
            if !message.to_ascii_lowercase().starts_with("activity created") {
                let why = "the vendor's reply does not confirm the note";
                return Err(response.rejection(ErrorKind::BadResponse, why, message));
            }
            about(response, ticket_id, &note.value.related_ticket_id).map(|()| note)
        })
        .await
    }

    /// `POST /api/tenants/{OrgId}/ticket/{id}/portal/activity` (page `?p=5010`; `ticket` in the singular): a
    /// message in the customer's name. Only this direction is documented.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the vendor refuses it with status 200 (inferred).
    pub async fn add_portal_activity(
        &self,
        ticket_id: &str,
        text: &str,
    ) -> Result<Reply<wire::PortalActivity>> {
        let org_id = self.org_id.as_str();
        let request = self
            .http
            .post(&[
                "api", "tenants", org_id, "ticket", ticket_id, "portal", "activity",
            ])
            .json(&wire::AddPortalActivity::inbound(text));
        self.call(Operation::Comment, request, HttpResponse::reply)
            .await
    }

    fn form(
        &self,
        operation: Operation,
        ticket: &wire::TicketDto<'_>,
        files: Vec<Attachment>,
    ) -> Result<Multipart> {
        let ticket = serde_json::to_string(ticket).map_err(|_| {
            Error::invalid_input("the ticket cannot be written as JSON; nothing was sent")
                .in_operation(ID, operation)
        })?;
        let form = Multipart::new()
            .max_file_bytes(self.max_attachment_bytes)
            .text("ticketDTO", ticket);
        Ok(files
            .into_iter()
            .fold(form, |form, file| form.file("files", file)))
    }

    async fn call<T>(
        &self,
        operation: Operation,
        request: HttpRequest<'_>,
        read: impl FnOnce(&HttpResponse) -> Result<T>,
    ) -> Result<T> {
        let reply = async {
            let response = request.send().await?;
            error::check(&response, operation)?;
            read(&response)
        };
        reply
            .await
            .map_err(|error| error::with_effect_of_status(error).in_operation(ID, operation))
    }
}

/// A ticket that was created has a number.
fn created(response: &HttpResponse) -> Result<Reply<wire::CreatedTicket>> {
    let created = response.reply::<wire::CreatedTicket>()?;
    match created.value.id.as_str() {
        "0" => Err(response.error_of(
            ErrorKind::BadResponse,
            "the vendor's reply names no new ticket",
        )),
        _ => Ok(created),
    }
}

/// Rejects a reply about another ticket than the one that was asked for: that one may have been changed. Callers of the
/// native client may name a ticket by its GUID, which the reply does not repeat.
fn about(response: &HttpResponse, asked: &str, answered: &WireId) -> Result<()> {
    if answered.as_str() == asked || number(asked).is_none() {
        return Ok(());
    }
    let other: String = answered.as_str().chars().take(40).collect();
    let message = format!("the vendor answered about another ticket, {other}, not {asked}");
    Err(response
        .error_of(ErrorKind::Conflict, &message)
        .with_effect(Effect::Unknown))
}

fn ticket_number(operation: Operation, id: &str) -> Result<u64> {
    number(id).ok_or_else(|| {
        Error::invalid_input("the vendor requires a ticket number of at most 64 bits here")
            .in_operation(ID, operation)
    })
}
