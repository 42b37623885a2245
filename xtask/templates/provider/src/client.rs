//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! What the vendor does not document does not exist here.

use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpResponse, Reply};

use crate::config::AcmeConfig;
use crate::info::{self, ID};
use crate::{error, wire};

/// A client of Acme's ticket API, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the API key.
///
/// To be done: name the pages that the facts come from. Until then every call is inferred.
#[derive(Clone, Debug)]
pub struct Acme {
    http: HttpClient,
    pub(crate) info: ProviderInfo,
}

impl Acme {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL or API key.
    pub fn new(config: &AcmeConfig) -> Result<Self> {
        let bearer = SecretString::from(format!("Bearer {}", config.api_key.expose_secret()));
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            &[("authorization", bearer)],
        )?;
        Ok(Self {
            http,
            info: info::info(),
        })
    }

    /// `GET /tickets/{id}` (inferred).
    pub async fn get_ticket(&self, id: &str) -> Result<Reply<wire::Ticket>> {
        let reply = async {
            let response = self.http.get(&["tickets", id]).send().await?;
            error::check(&response)?;
            response.reply()
        };
        of(Operation::Get, reply).await
    }

    /// `DELETE /tickets/{id}` (inferred): 204 without a body is the confirmation.
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
    if response.status() == 204 && response.body().is_empty() {
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
