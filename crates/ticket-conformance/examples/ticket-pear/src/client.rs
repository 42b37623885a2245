//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! What the vendor does not document does not exist here.

use ticket_core::{Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpResponse, Reply, basic_auth};

use crate::config::PearConfig;
use crate::info::{self, ID};
use crate::{error, wire};

/// A client of Pear's ticket API, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the API key.
///
/// Every call is authenticated by the account's e-mail address and its key (basic authentication; page `api.html`).
#[derive(Clone, Debug)]
pub struct Pear {
    http: HttpClient,
    pub(crate) info: ProviderInfo,
}

impl Pear {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL or API key.
    pub fn new(config: &PearConfig) -> Result<Self> {
        let basic = basic_auth(&config.email, &config.api_key)?;
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            &[("authorization", basic)],
        )?;
        Ok(Self {
            http,
            info: info::info(),
        })
    }

    /// `GET /tickets/{id}` (page `api.html`).
    pub async fn get_ticket(&self, id: &str) -> Result<Reply<wire::Ticket>> {
        let reply = async {
            let response = self.http.get(&["tickets", id]).send().await?;
            error::check(&response)?;
            response.reply()
        };
        of(Operation::Get, reply).await
    }

    /// `GET /tickets?cursor=..` (page `api.html`): a page of 20 tickets, the first where no cursor is given.
    pub async fn list_tickets(&self, cursor: Option<&str>) -> Result<wire::TicketPage> {
        let reply = async {
            let request = self.http.get(&["tickets"]);
            let request = match cursor {
                Some(cursor) => request.query("cursor", cursor),
                None => request,
            };
            let response = request.send().await?;
            error::check(&response)?;
            response.json()
        };
        of(Operation::List, reply).await
    }

    /// `DELETE /tickets/{id}` (page `api.html`): 202 without a body is the confirmation. The ticket is gone at
    /// once, its files follow.
    ///
    /// # Errors
    ///
    /// `BadResponse` with an unknown effect for any other success.
    pub async fn delete_ticket(&self, id: &str) -> Result<()> {
        let reply = async {
            let response = self.http.delete(&["tickets", id]).send().await?;
            error::check(&response)?;
            confirm(&response)
        };
        of(Operation::Delete, reply).await
    }
}

/// Only what is documented confirms a deletion.
fn confirm(response: &HttpResponse) -> Result<()> {
    if response.status() == 202 && response.body().is_empty() {
        return Ok(());
    }
    Err(error::unconfirmed(response))
}

/// Says where an error comes from.
async fn of<T>(operation: Operation, reply: impl Future<Output = Result<T>>) -> Result<T> {
    reply
        .await
        .map_err(|error| error.in_operation(ID, operation))
}
