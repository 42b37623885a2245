//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! Only calls that the vendor documents are implemented.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ticket_core::{Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Reply};

use crate::config::SweeppeaConfig;
use crate::info::{self, ID};
use crate::{error, wire};

/// A client of Sweeppea's support-ticket API, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the API key.
///
/// The pages named here are those of <https://apidocs.sweeppea.com>.
#[derive(Clone, Debug)]
pub struct Sweeppea {
    http: HttpClient,
    pub(crate) info: ProviderInfo,
}

impl Sweeppea {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL or API key.
    pub fn new(config: &SweeppeaConfig) -> Result<Self> {
        let bearer = SecretString::from(format!("Bearer {}", config.api_key.expose_secret()));
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            &[("authorization", bearer)],
        )?;
        Ok(Self {
            http,
            info: info::info_with_id_form(config.id_form),
        })
    }

    /// `POST /tickets/fetchSingleTicket` (page `support/single.md`).
    ///
    /// # Errors
    ///
    /// `NotFound` both for a ticket that does not exist and for another user's.
    pub async fn fetch_single_ticket(&self, case_number: &str) -> Result<Reply<wire::Ticket>> {
        let body = wire::CaseNumber { case_number };
        let request = self.post("fetchSingleTicket", &body);
        self.call(Operation::Get, request, data).await
    }

    /// The notes of a ticket come with the ticket itself; here each has its own JSON, and nothing else is read.
    pub(crate) async fn fetch_notes(&self, case_number: &str) -> Result<wire::Notes> {
        let body = wire::CaseNumber { case_number };
        let request = self.post("fetchSingleTicket", &body);
        self.call(Operation::Messages, request, |response, _| {
            let ticket: wire::Envelope<wire::Notes> = response.json()?;
            Ok(ticket.data)
        })
        .await
    }

    /// `POST /tickets/create` (page `support/create.md`). The description is not echoed.
    ///
    /// # Errors
    ///
    /// With an unknown effect the ticket may exist: there is no idempotency key.
    pub async fn create_ticket(
        &self,
        ticket: &wire::CreateTicket,
    ) -> Result<Reply<wire::CreatedTicket>> {
        let request = self.post("create", ticket);
        self.call(Operation::Create, request, data).await
    }

    /// `POST /tickets/fetchOpenTickets` (page `support/open.md`): 20 tickets a page, newest first.
    ///
    /// # Errors
    ///
    /// As [`fetch_closed_tickets`](Self::fetch_closed_tickets) (inferred).
    pub async fn fetch_open_tickets(
        &self,
        filter: &wire::TicketFilter,
    ) -> Result<Reply<wire::TicketList>> {
        self.fetch_list("fetchOpenTickets", filter).await
    }

    /// `POST /tickets/fetchClosedTickets` (page `support/closed.md`): 20 tickets a page, newest first.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a platform that newer servers do not know.
    pub async fn fetch_closed_tickets(
        &self,
        filter: &wire::TicketFilter,
    ) -> Result<Reply<wire::TicketList>> {
        self.fetch_list("fetchClosedTickets", filter).await
    }

    async fn fetch_list(
        &self,
        function: &str,
        filter: &wire::TicketFilter,
    ) -> Result<Reply<wire::TicketList>> {
        let request = self.post(function, filter);
        self.call(Operation::List, request, data).await
    }

    /// `POST /tickets/update` (page `support/update.md`): replaces title or description of an open ticket.
    ///
    /// # Errors
    ///
    /// `Conflict` for a closed ticket, `Forbidden` for another user's. [`delete_ticket`](Self::delete_ticket) answers
    /// `NotFound` for both.
    pub async fn update_ticket(
        &self,
        update: &wire::UpdateTicket,
    ) -> Result<Reply<wire::UpdatedTicket>> {
        let request = self.post("update", update);
        self.call(Operation::Update, request, |response, _| {
            let reply = response.reply::<wire::UpdateEnvelope>()?;
            Ok(reply.map(|envelope| envelope.ticket))
        })
        .await
    }

    /// `POST /tickets/resolve` (page `support/resolve.md`): closes an open ticket. No reason can be sent.
    ///
    /// # Errors
    ///
    /// `NotFound` both for a ticket that does not exist and for a closed one.
    pub async fn resolve_ticket(&self, case_id: &str) -> Result<Reply<wire::ResolvedTicket>> {
        let body = wire::CaseId { case_id };
        let request = self.post("resolve", &body);
        self.call(Operation::Resolve, request, data).await
    }

    /// `POST /tickets/delete` (page `support/delete.md`): deletes for good, open tickets of the caller only. A message
    /// that does not say "deleted" confirms nothing.
    ///
    /// # Errors
    ///
    /// `NotFound` for a ticket that does not exist, is closed or is another user's: the vendor gives all three the same
    /// answer. `Conflict` while the vendor's engineers have it locked.
    pub async fn delete_ticket(&self, case_id: &str) -> Result<()> {
        let body = wire::CaseId { case_id };
        let request = self.post("delete", &body);
        self.call(Operation::Delete, request, error::confirm_deleted)
            .await
    }

    /// Every call is a POST with a JSON body.
    fn post(&self, function: &str, body: &impl Serialize) -> HttpRequest<'_> {
        self.http.post(&["tickets", function]).json(body)
    }

    async fn call<T>(
        &self,
        operation: Operation,
        request: HttpRequest<'_>,
        read: impl FnOnce(&HttpResponse, wire::Verdict) -> Result<T>,
    ) -> Result<T> {
        // Each page documents one status of success.
        let documented = match operation {
            Operation::Create => 201,
            _ => 200,
        };
        let reply = async {
            let response = request.send().await?;
            let verdict = error::check(&response, documented)?;
            read(&response, verdict)
        };
        reply
            .await
            .map_err(|error| error.in_operation(ID, operation))
    }
}

/// What the envelope of a success holds.
fn data<T: DeserializeOwned>(response: &HttpResponse, _: wire::Verdict) -> Result<Reply<T>> {
    let reply = response.reply::<wire::Envelope<T>>()?;
    Ok(reply.map(|envelope| envelope.data))
}
