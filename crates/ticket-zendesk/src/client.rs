//! The native client: one function per endpoint of Zendesk, in Zendesk's own terms. Those that delete are in `deletes.rs`.
//!
//! Pages named here are the vendor's developer pages; "recordings" are public recordings of the real service.

use std::sync::Arc;

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use ticket_core::model::Attachment;
use ticket_core::{Effect, Error, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpConfig, HttpRequest, HttpResponse, Reply, basic_auth};

use crate::config::ZendeskConfig;
use crate::error::{self, Names};
use crate::info::{ID, info_of};
use crate::{limits, wire};

/// The path of the API, below the base URL.
pub(crate) const API: [&str; 2] = ["api", "v2"];

/// A client of Zendesk's Support API, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// What is said of Zendesk here has its page, is from public recordings of the real service, or is inferred.
///
/// Cloning is cheap. `Debug` prints no credentials.
#[derive(Clone, Debug)]
pub struct Zendesk {
    pub(crate) http: HttpClient,
    pub(crate) info: ProviderInfo,
    pub(crate) max_attachment_bytes: u64,
    /// The domains that files are read from.
    pub(crate) content_hosts: Arc<[String]>,
    /// For clients of other hosts, which have no credentials.
    pub(crate) config: HttpConfig,
}

impl Zendesk {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL or token, and for an API token together with an OAuth token, or neither.
    pub fn new(config: &ZendeskConfig) -> Result<Self> {
        let authorization = match (&config.email, &config.api_token, &config.oauth_token) {
            (Some(email), Some(token), None) => basic_auth(&format!("{email}/token"), token)?,
            (None, None, Some(token)) => {
                use secrecy::ExposeSecret as _;
                SecretString::from(format!("Bearer {}", token.expose_secret()))
            }
            _ => {
                return Err(Error::config(
                    "Zendesk needs either `email` and `api_token`, or `oauth_token`",
                ));
            }
        };
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let own = config.http.clone().or_user_agent(product);
        let http = HttpClient::new(&config.base_url, &own, &[("authorization", authorization)])?;
        let domains = config.content_hosts.split(',').map(str::trim);
        let domains = domains.filter(|domain| !domain.is_empty());
        Ok(Self {
            http,
            info: info_of(config.plan, config.reuses_ids),
            max_attachment_bytes: config.max_attachment_bytes,
            content_hosts: domains.map(str::to_ascii_lowercase).collect(),
            config: own,
        })
    }

    /// `GET /tickets/{id}?include=users` (page `tickets`; that people can be included: page `side_loading`). The comments
    /// are not in it.
    ///
    /// # Errors
    ///
    /// `NotFound` for a ticket that does not exist, and for one in the trash (inferred).
    pub async fn get_ticket(&self, id: &str) -> Result<(Reply<wire::Ticket>, Vec<wire::User>)> {
        self.ticket_of(Operation::Get, id).await
    }

    pub(crate) async fn ticket_of(
        &self,
        operation: Operation,
        id: &str,
    ) -> Result<(Reply<wire::Ticket>, Vec<wire::User>)> {
        let request = self.get(&["tickets", id]).query("include", "users");
        let reply: wire::TicketReply = self.read(operation, Names::Record, request).await?;
        Ok((reply.ticket, reply.users.unwrap_or_default()))
    }

    /// `GET /tickets` by cursor, at most 100 a page (page `tickets`, `pagination`). Without tickets in the trash.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a cursor that is not of this list.
    pub async fn list_tickets(&self, after: Option<&str>, size: u32) -> Result<wire::TicketPage> {
        let request = paged(self.get(&["tickets"]), after, size);
        self.read(Operation::List, Names::Nothing, request).await
    }

    /// `GET /search/export` for tickets, by a cursor that lives for an hour; 100 calls a minute (`OpenAPI` text).
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a query that Zendesk does not understand, and for a cursor that is older than an hour (the status
    /// is inferred).
    pub async fn export_search(
        &self,
        query: &str,
        after: Option<&str>,
        size: u32,
    ) -> Result<wire::TicketPage> {
        let request = self.get(&["search", "export"]);
        let request = request
            .query("query", query)
            .query("filter[type]", "ticket");
        let request = paged(request, after, size);
        self.read(Operation::List, Names::Nothing, request).await
    }

    /// `GET /incremental/tickets/cursor`: what changed since a time in seconds since 1970, deleted tickets included, the
    /// last minute not; 10 calls a minute (page `incremental_exports`; `after_cursor` and `end_of_stream` in recordings).
    /// Also returns the vendor's time.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a time that is not in the past.
    pub async fn changed_tickets(
        &self,
        since: i64,
        after: Option<&str>,
        size: u32,
    ) -> Result<(wire::TicketExport, Option<jiff::Timestamp>)> {
        let request = self.get(&["incremental", "tickets", "cursor"]);
        let request = match after {
            Some(cursor) => request.query("cursor", cursor),
            None => request.query("start_time", &since.to_string()),
        };
        let request = request.query("per_page", &size.to_string());
        let response = self
            .call(Operation::List, Names::Nothing, 200, request)
            .await?;
        Ok((told(&response, Operation::List)?, response.date()))
    }

    /// `POST /tickets` (recordings). With a key of at most 255 characters, a repeat within two hours is answered with the
    /// first reply and creates nothing (page `introduction`).
    ///
    /// # Errors
    ///
    /// `InvalidInput` for wrong values, and for a key that was used with other values. With an unknown effect the ticket
    /// may exist.
    pub async fn create_ticket(
        &self,
        ticket: &wire::ChangedTicket,
        key: Option<&str>,
    ) -> Result<CreatedTicket> {
        let mut request = self.http.post(&[API[0], API[1], "tickets"]);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.json(&wire::Body { ticket });
        let operation = Operation::Create;
        let response = self.call(operation, Names::Nothing, 201, request).await?;
        let reply: wire::TicketReply = told(&response, operation)?;
        Ok(CreatedTicket {
            ticket: reply.ticket,
            ignored: ignored(&response),
            is_repeat: response.header("x-idempotency-lookup") == Some("hit"),
        })
    }

    /// `PUT /tickets/{id}` (recordings): changes fields, adds a comment. What Zendesk does not know is named in a header of
    /// the reply (recordings).
    ///
    /// # Errors
    ///
    /// `NotFound`; `InvalidInput` for wrong values; `Conflict` if the ticket does not have the stamp of a safe update (the
    /// status is documented in the list of errors, its body is inferred).
    pub async fn update_ticket(
        &self,
        id: &str,
        ticket: &wire::ChangedTicket,
    ) -> Result<UpdatedTicket> {
        self.put_ticket(Operation::Update, id, ticket).await
    }

    pub(crate) async fn put_ticket(
        &self,
        operation: Operation,
        id: &str,
        ticket: &wire::ChangedTicket,
    ) -> Result<UpdatedTicket> {
        let request = self.http.put(&[API[0], API[1], "tickets", id]);
        let request = request.json(&wire::Body { ticket });
        let response = self.call(operation, Names::Record, 200, request).await?;
        let reply: wire::TicketReply = told(&response, operation)?;
        Ok(UpdatedTicket {
            ticket: reply.ticket,
            audit: reply.audit,
            ignored: ignored(&response),
        })
    }

    /// `GET /tickets/{id}/comments` by cursor, with their authors, the oldest first (page `ticket_comments`; recordings).
    ///
    /// # Errors
    ///
    /// `NotFound`.
    pub async fn comments(
        &self,
        id: &str,
        after: Option<&str>,
        size: u32,
    ) -> Result<wire::CommentPage> {
        self.comments_of(Operation::Messages, id, after, size).await
    }

    pub(crate) async fn comments_of(
        &self,
        operation: Operation,
        id: &str,
        after: Option<&str>,
        size: u32,
    ) -> Result<wire::CommentPage> {
        let request = self
            .get(&["tickets", id, "comments"])
            .query("include", "users");
        self.read(operation, Names::Record, paged(request, after, size))
            .await
    }

    /// `POST /uploads?filename=`: sends a file that a comment attaches by its token, within 60 minutes (page
    /// `ticket-attachments`; recordings).
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that is larger than configured.
    pub async fn upload(&self, file: &Attachment) -> Result<wire::Staged> {
        let operation = Operation::Create;
        let request = self.http.post(&[API[0], API[1], "uploads"]);
        let request = request.query("filename", &file.name);
        let request = request.file(file.clone(), self.max_attachment_bytes);
        let response = self.call(operation, Names::Nothing, 201, request).await?;
        let reply: wire::StagedReply = told(&response, operation)?;
        Ok(reply.upload)
    }

    /// `GET /attachments/{id}`: where a file is (page `ticket-attachments`).
    ///
    /// # Errors
    ///
    /// `NotFound`.
    pub async fn attachment(&self, id: &str) -> Result<wire::Attachment> {
        let request = self.get(&["attachments", id]);
        let reply: wire::AttachmentReply = self
            .read(Operation::Download, Names::Record, request)
            .await?;
        Ok(reply.attachment)
    }

    pub(crate) fn get(&self, path: &[&str]) -> HttpRequest<'_> {
        self.http.get(&[&API[..], path].concat())
    }

    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        operation: Operation,
        names: Names,
        request: HttpRequest<'_>,
    ) -> Result<T> {
        let response = self.call(operation, names, 200, request).await?;
        told(&response, operation)
    }

    pub(crate) async fn call(
        &self,
        operation: Operation,
        names: Names,
        documented: u16,
        request: HttpRequest<'_>,
    ) -> Result<HttpResponse> {
        let reply = async {
            let response = request.send().await?;
            if let Some(learned) = &self.info.learned {
                limits::learn(learned, operation, &response);
            }
            error::check(&response, documented, names)?;
            Ok(response)
        };
        reply
            .await
            .map_err(|error: Error| error.in_operation(ID, operation))
    }
}

/// A ticket that was created (page `tickets`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedTicket {
    /// The ticket.
    pub ticket: Reply<wire::Ticket>,
    /// The parameters that Zendesk ignored, by its names.
    pub ignored: Vec<String>,
    /// Whether the reply is that of an earlier create with the same key: this call created nothing.
    pub is_repeat: bool,
}

/// A ticket that was changed (page `tickets`).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UpdatedTicket {
    /// The ticket as it is now.
    pub ticket: Reply<wire::Ticket>,
    /// What was changed.
    pub audit: Option<wire::Audit>,
    /// The parameters that Zendesk ignored, by its names.
    pub ignored: Vec<String>,
}

pub(crate) fn paged<'a>(
    request: HttpRequest<'a>,
    after: Option<&str>,
    size: u32,
) -> HttpRequest<'a> {
    let request = request.query("page[size]", &size.to_string());
    match after {
        Some(after) => request.query("page[after]", after),
        None => request,
    }
}

/// What a reply says.
pub(crate) fn told<T: DeserializeOwned>(
    response: &HttpResponse,
    operation: Operation,
) -> Result<T> {
    let told = response.expect_object().and_then(|()| response.json());
    told.map_err(|error| error.in_operation(ID, operation))
}

/// The names in the warning header: `{.. unpermitted_keys=>["ticket.colour"] ..}` (recordings).
fn ignored(response: &HttpResponse) -> Vec<String> {
    let warning = response.header("x-zendesk-api-warn").unwrap_or_default();
    ignored_in(warning)
}

fn ignored_in(warning: &str) -> Vec<String> {
    let list = warning
        .split_once("unpermitted_keys")
        .and_then(|(_, rest)| {
            let (_, list) = rest.split_once('[')?;
            Some(list.split_once(']')?.0)
        });
    let names = list.unwrap_or_default().split(',');
    let names = names.map(|name| name.trim().trim_matches('"'));
    let names = names.map(|name| name.strip_prefix("ticket.").unwrap_or(name));
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A failure of a request that only prepares an operation: nothing was changed, and nothing is said of the ticket.
pub(crate) fn preparing(operation: Operation) -> impl Fn(Error) -> Error {
    move |error| {
        let error = error.in_operation(ID, operation);
        error.with_effect(Effect::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_parameters_are_named_in_every_spelling_of_the_warning() {
        for warning in [
            r#"{:action=>"update", :unpermitted_keys=>["ticket.id", "ticket.colour"], :controller=>"x"}"#,
            r#"{"unpermitted_keys"=>["ticket.id","ticket.colour"]}"#,
        ] {
            assert_eq!(ignored_in(warning), ["id", "colour"], "{warning}");
        }
        for warning in [
            "",
            "unpermitted_keys",
            "unpermitted_keys=>[",
            "unpermitted_keys=>[]",
        ] {
            assert!(ignored_in(warning).is_empty(), "{warning}");
        }
    }
}
