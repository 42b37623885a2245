//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! What the vendor does not document does not exist here.

use jiff::tz::TimeZone;
use secrecy::SecretString;
use ticket_core::{Error, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Reply};

use crate::config::LeadSquaredConfig;
use crate::provider::{self, ID};
use crate::{error, wire};

/// A client of LeadSquared Service CRM's ticket API, and a
/// [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the keys.
#[derive(Clone, Debug)]
pub struct LeadSquared {
    http: HttpClient,
    org_id: String,
    pub(crate) time_zone: TimeZone,
    pub(crate) info: ProviderInfo,
}

impl LeadSquared {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL, org id, key, time zone or batch size.
    pub fn new(config: &LeadSquaredConfig) -> Result<Self> {
        let time_zone = TimeZone::get(&config.time_zone).map_err(|_| {
            Error::config(format!(
                "{:?} is no IANA time zone, such as UTC",
                config.time_zone
            ))
        })?;
        if config.delete_batch == 0 {
            return Err(Error::config("`delete_batch` must be at least 1"));
        }
        if config.org_id.trim().is_empty() {
            return Err(Error::config("`org_id` is empty"));
        }
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let keys: &[(&'static str, SecretString)] = &[
            ("x-lsq-access-key", config.access_key.clone()),
            ("x-lsq-secret-key", config.secret_key.clone()),
        ];
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().user_agent(product),
            keys,
        )?;
        Ok(Self {
            http,
            org_id: config.org_id.clone(),
            time_zone,
            info: provider::info_with_batch(config.delete_batch),
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
    /// `InvalidInput` where the account requires a field that is absent. With an unknown effect the ticket
    /// may exist: there is no idempotency key.
    pub async fn create_ticket(
        &self,
        ticket: &wire::CreateTicket,
    ) -> Result<Reply<wire::CreatedTicket>> {
        let request = self
            .http
            .post(&["api", "tenants", &self.org_id, "tickets"])
            .json(ticket);
        self.call(Operation::Create, request, HttpResponse::reply)
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
        let body = wire::TrashTickets { ticket_ids };
        let request = self
            .http
            .put(&["api", "tenants", &self.org_id, "tickets", "trash"])
            .json(&body);
        self.call(Operation::Delete, request, HttpResponse::reply)
            .await
    }

    async fn call<T>(
        &self,
        operation: Operation,
        request: HttpRequest<'_>,
        read: impl FnOnce(&HttpResponse) -> Result<T>,
    ) -> Result<T> {
        let reply = async {
            let response = request.send().await?;
            error::check(&response)?;
            read(&response)
        };
        reply
            .await
            .map_err(|error| error.in_operation(ID, operation))
    }
}
