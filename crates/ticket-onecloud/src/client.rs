//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! What the vendor does not document does not exist here.

use jiff::tz::TimeZone;
use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{Error, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Reply};

use crate::config::OneCloudConfig;
use crate::provider::{self, ID};
use crate::{error, wire};

/// A client of OneCloud's ticket API, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the token.
#[derive(Clone, Debug)]
pub struct OneCloud {
    http: HttpClient,
    pub(crate) time_zone: TimeZone,
    pub(crate) info: ProviderInfo,
}

impl OneCloud {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL, token or time zone.
    pub fn new(config: &OneCloudConfig) -> Result<Self> {
        let time_zone = TimeZone::get(&config.time_zone).map_err(|_| {
            Error::config(format!(
                "{:?} is no IANA time zone, such as Asia/Jakarta",
                config.time_zone
            ))
        })?;
        let bearer = SecretString::from(format!("Bearer {}", config.token.expose_secret()));
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().user_agent(product),
            &[("authorization", bearer)],
        )?;
        Ok(Self {
            http,
            time_zone,
            info: provider::info(),
        })
    }

    /// `GET /api/ticketrz/<id>` (page `tiketget`).
    ///
    /// # Errors
    ///
    /// `NotFound` by the status alone: the vendor documents no body for an unknown id (inferred).
    pub async fn get_ticket(&self, id: &str) -> Result<Reply<wire::Ticket>> {
        let request = self.http.get(&["api", "ticketrz", id]);
        self.call(Operation::Get, request, HttpResponse::reply)
            .await
    }

    /// `POST /api/ticket/create` (page `tiketcreate`). Only the id comes back.
    ///
    /// # Errors
    ///
    /// With an unknown effect the ticket may exist: there is no idempotency key.
    pub async fn create_ticket(
        &self,
        ticket: &wire::CreateTicket,
    ) -> Result<Reply<wire::CreatedTicket>> {
        let request = self.http.post(&["api", "ticket", "create"]).json(ticket);
        self.call(Operation::Create, request, HttpResponse::reply)
            .await
    }

    /// `DELETE /api/ticketrz/<id>` (page `tiketremove`, which calls the id "Contact Id": taken for a slip,
    /// inferred). Success is the status: the body is an empty object, or empty.
    ///
    /// # Errors
    ///
    /// `NotFound` by the status alone (inferred).
    pub async fn remove_ticket(&self, id: &str) -> Result<()> {
        let request = self.http.delete(&["api", "ticketrz", id]);
        self.call(Operation::Delete, request, error::confirm_removed)
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
