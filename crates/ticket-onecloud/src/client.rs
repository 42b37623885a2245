//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! Only calls that the vendor documents are implemented.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{Effect, Error, ErrorKind, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Reply};

use crate::config::OneCloudConfig;
use crate::info::{self, ID};
use crate::token::{TokenSource, Tokens};
use crate::{error, wire};

/// A client of OneCloud's ticket API, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// An expired token is renewed once, if there is a login or a [`TokenSource`](crate::TokenSource), and the call is sent
/// again: the vendor refused it before it did anything. A token that is refused as expired within 10 seconds after it was
/// got is not replaced, since the vendor's other servers may not know it yet (inferred): the call fails with
/// `Unavailable` and effect none, so that it is repeated with the same token. If that goes on for more than 3 seconds,
/// the error is `TokenExpired`. Cloning is cheap; clones share the token. `Debug` prints
/// neither token nor password.
///
/// The pages named here are those of the vendor's API documentation, by their ids.
#[derive(Clone, Debug)]
pub struct OneCloud {
    http: HttpClient,
    tokens: Arc<Tokens>,
    pub(crate) time_zone: TimeZone,
    pub(crate) info: ProviderInfo,
}

impl OneCloud {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL, token or time zone, and if there is no token, no complete login and no
    /// source.
    pub fn new(config: &OneCloudConfig) -> Result<Self> {
        let time_zone = TimeZone::get(&config.time_zone).map_err(|_| {
            Error::config(format!(
                "{:?} is no IANA time zone, such as Asia/Jakarta",
                config.time_zone
            ))
        })?;
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            &[],
        )?;
        let source = config
            .source
            .clone()
            .map_or_else(|| login(&http, config), |source| Ok(Some(source)))?;
        if source.is_none() && config.token.is_none() {
            return Err(Error::config(
                "onecloud is not configured: give `token` (environment ONECLOUD_TOKEN), or `email`, `password` and \
                 `site_id` (environment ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID)",
            ));
        }
        let tokens = Tokens::new(config.token.as_ref(), source)?;
        Ok(Self {
            http,
            tokens: Arc::new(tokens),
            time_zone,
            info: info::info_with_id_form(config.id_form),
        })
    }

    /// `GET /api/ticketrz/<id>` (page `tiketget`).
    ///
    /// # Errors
    ///
    /// `NotFound` by the status alone: the vendor documents no body for an unknown id (inferred).
    pub async fn get_ticket(&self, id: &str) -> Result<Reply<wire::Ticket>> {
        let request = || self.http.get(&["api", "ticketrz", id]);
        self.call(Operation::Get, request, HttpResponse::reply)
            .await
    }

    /// `GET /api/ticketrz?sinceId&limit&offset` (page `tiketfind`). The rows are another shape than
    /// [`get_ticket`](Self::get_ticket)'s: names instead of ids. More rows than `limit` may come.
    pub async fn find_tickets(
        &self,
        query: &wire::FindTickets,
    ) -> Result<Reply<wire::FoundTickets>> {
        let request = || {
            let parameters = [
                ("sinceId", query.since_id),
                ("limit", query.limit.map(u64::from)),
                ("offset", query.offset),
            ];
            let request = self.http.get(&["api", "ticketrz"]);
            parameters
                .into_iter()
                .fold(request, |request, (name, value)| match value {
                    Some(value) => request.query(name, &value.to_string()),
                    None => request,
                })
        };
        self.call(Operation::List, request, HttpResponse::reply)
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
        let request = || self.http.post(&["api", "ticket", "create"]).json(ticket);
        self.call(Operation::Create, request, error::confirm_created)
            .await
    }

    /// `DELETE /api/ticketrz/<id>` (page `tiketremove`, which calls the id "Contact Id": taken for a slip,
    /// inferred). Only a 200 with an empty object confirms it.
    ///
    /// # Errors
    ///
    /// `NotFound` by the status alone (inferred).
    pub async fn remove_ticket(&self, id: &str) -> Result<()> {
        let request = || self.http.delete(&["api", "ticketrz", id]);
        self.call(Operation::Delete, request, error::confirm_removed)
            .await
    }

    /// `GET /api/ticket/conversations/<id>` (page `tiketconversations`): all messages, in one reply. Those
    /// that the vendor wraps once more, as in its own sample, are unwrapped. `None` stands for a message that cannot be
    /// read or has no id.
    pub async fn conversations(&self, id: &str) -> Result<Vec<Option<Reply<wire::Message>>>> {
        let request = || self.http.get(&["api", "ticket", "conversations", id]);
        self.call(Operation::Messages, request, messages).await
    }

    /// `POST /api/authenticate` (page `authenticationtoken`): a token for this login. It is not kept.
    ///
    /// The page does not state how the body is encoded; a form is sent (inferred).
    ///
    /// # Errors
    ///
    /// `Unauthenticated` if the login is not accepted. The effect is always none.
    pub async fn authenticate(
        &self,
        email: &str,
        password: &SecretString,
        site_id: &str,
    ) -> Result<SecretString> {
        authenticate(&self.http, email, password, site_id).await
    }

    fn answered<T>(&self, reply: Result<T>) -> Result<T> {
        if reply.is_ok() {
            self.tokens.accepted();
        }
        reply
    }

    async fn call<'a, T>(
        &'a self,
        operation: Operation,
        request: impl Fn() -> HttpRequest<'a>,
        read: impl Fn(&HttpResponse) -> Result<T>,
    ) -> Result<T> {
        let send = async |request: HttpRequest<'a>, header: &SecretString| {
            let reply = async {
                let response = request
                    .secret_header("authorization", header)
                    .send()
                    .await?;
                error::check(&response)
                    .map_err(|error| error::with_time(error, &response, &self.time_zone))?;
                read(&response)
            };
            reply.await.map_err(error::with_effect_of_status)
        };
        let reply = async {
            // Nobody logs in for what is not sent.
            let first = request().validate()?;
            let bearer = self.tokens.current().await?;
            let (bearer, expired) = match send(first, &bearer.header).await {
                Err(expired) if is_expired(&expired) => (bearer, expired),
                reply => return self.answered(reply),
            };
            if bearer.is_fresh() {
                return Err(self.tokens.refused_fresh(expired));
            }
            let Some(renewed) = self.tokens.renew(&bearer).await else {
                return Err(expired);
            };
            let renewed = renewed?;
            match send(request(), &renewed.header).await {
                Err(expired) if is_expired(&expired) && renewed.is_fresh() => {
                    Err(self.tokens.refused_fresh(expired))
                }
                reply => self.answered(reply),
            }
        };
        reply
            .await
            .map_err(|error| error.in_operation(ID, operation))
    }
}

/// Whether the vendor refused the token as expired, before it did anything.
fn is_expired(error: &Error) -> bool {
    error.kind() == ErrorKind::TokenExpired && error.effect() == Effect::None
}

/// Every message of a reply, those wrapped once more included.
fn messages(response: &HttpResponse) -> Result<Vec<Option<Reply<wire::Message>>>> {
    let conversations = response.json::<wire::Conversations>()?;
    Ok(conversations
        .data
        .into_iter()
        .flat_map(|item| item.0)
        .collect())
}

/// The login of the configuration, if it has one.
fn login(http: &HttpClient, config: &OneCloudConfig) -> Result<Option<Arc<dyn TokenSource>>> {
    match (&config.email, &config.password, &config.site_id) {
        (None, None, None) => Ok(None),
        (Some(email), Some(password), Some(site_id)) => Ok(Some(Arc::new(Login {
            http: http.clone(),
            email: email.clone(),
            password: password.clone(),
            site_id: site_id.clone(),
        }))),
        _ => Err(Error::config(
            "the login of onecloud is incomplete: `email`, `password` and `site_id` go together (environment \
             ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID)",
        )),
    }
}

/// Gets tokens from the vendor.
struct Login {
    http: HttpClient,
    email: String,
    password: SecretString,
    site_id: String,
}

#[async_trait]
impl TokenSource for Login {
    async fn token(&self) -> Result<SecretString> {
        authenticate(&self.http, &self.email, &self.password, &self.site_id).await
    }
}

async fn authenticate(
    http: &HttpClient,
    email: &str,
    password: &SecretString,
    site_id: &str,
) -> Result<SecretString> {
    let fields = [
        ("email", email),
        ("password", password.expose_secret()),
        ("siteId", site_id),
    ];
    let token = async {
        let response = http
            .post(&["api", "authenticate"])
            .form(&fields)
            .secret_in_body(password)
            .send()
            .await?;
        error::check_login(&response)?;
        let token = response.json::<wire::Token>()?.token;
        if token.expose_secret().trim().is_empty() {
            let message = "the vendor's reply to the login holds an empty token";
            return Err(response.error_of(ErrorKind::BadResponse, message));
        }
        Ok(token)
    };
    token
        .await
        .map_err(|error: Error| error.with_effect(Effect::None))
}
