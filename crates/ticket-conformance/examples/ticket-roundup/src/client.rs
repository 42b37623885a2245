//! The native client: one function per endpoint of Roundup's REST API, in its own terms. All of it was observed at a
//! Roundup 2.6.0.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use ticket_core::model::Created;
use ticket_core::{Effect, Error, ErrorKind, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Reply, basic_auth};

use crate::config::RoundupConfig;
use crate::error;
use crate::info::{self, ID};
use crate::wire::{Changed, Envelope, Issue, IssuePage, Retired};

/// How many issues a page of the list has if no other size is asked for. The vendor's own default is all of them.
const PAGE: u32 = 50;

/// Properties of an issue, by their names.
pub(crate) type Properties<'a> = BTreeMap<&'static str, &'a str>;

/// A client of a Roundup tracker, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the password. Every request has basic authentication; writes name where they
/// come from (`Origin`, `X-Requested-With`), or they are refused (observed).
#[derive(Clone, Debug)]
pub struct Roundup {
    http: HttpClient,
    origin: String,
    pub(crate) info: ProviderInfo,
}

impl Roundup {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL, login or password.
    pub fn new(config: &RoundupConfig) -> Result<Self> {
        let basic = basic_auth(&config.login, &config.password)?;
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            &[("authorization", basic)],
        )?;
        let (scheme, rest) = config.base_url.split_once("://").unwrap_or_default();
        let host = rest.split('/').next().unwrap_or_default();
        Ok(Self {
            http,
            origin: format!("{scheme}://{host}"),
            info: info::info(),
        })
    }

    /// `GET issue?id=..` (observed): the issue as the list has it; `None` where there is none, or it is retired.
    pub async fn find_issue(&self, id: &str) -> Result<Option<Reply<Issue>>> {
        let found = async {
            let response = self.list().query("id", id).send().await?;
            let mut page = page_of(&response)?;
            match page.collection.pop() {
                Some(None) => Err(error::unconfirmed(&response)),
                row => Ok(row.flatten()),
            }
        };
        of(Operation::Get, found).await
    }

    /// `GET issue?@page_index=..` (observed): a page of the issues that are not retired. The first is 1.
    pub async fn list_issues(&self, page: u64, size: Option<u32>) -> Result<IssuePage> {
        let size = size.unwrap_or(PAGE).to_string();
        let listed = async {
            let request = self.list().query("@sort", "id").query("@page_size", &size);
            let request = request.query("@page_index", &page.to_string());
            page_of(&request.send().await?)
        };
        of(Operation::List, listed).await
    }

    /// `GET issue/{id}` (observed): the version that a write must name. A retired issue has one too.
    pub async fn version(&self, id: &str) -> Result<String> {
        let version = async {
            let response = self.http.get(&["rest", "data", "issue", id]).send().await?;
            error::check(&response, 200)?;
            let version = response.header("etag").map(str::to_owned);
            version.ok_or_else(|| error::unconfirmed(&response))
        };
        of(Operation::Get, version).await
    }

    /// `POST issue` (observed): a new issue with these properties. 201 with its id.
    pub async fn create_issue(&self, issue: &Properties<'_>) -> Result<Created> {
        let created = async {
            let request = self.http.post(&["rest", "data", "issue"]).json(issue);
            let response = self.write(request).send().await?;
            error::check(&response, 201)?;
            let reply = response.reply::<Envelope<Changed>>()?;
            Ok(Created::new(reply.value.data.id, reply.raw))
        };
        of(Operation::Create, created).await
    }

    /// `PUT issue/{id}` (observed): changes an issue that has this version.
    pub async fn update_issue(&self, id: &str, version: &str, to: &Properties<'_>) -> Result<()> {
        let updated = async {
            let request = self.http.put(&["rest", "data", "issue", id]).json(to);
            let request = self.write(request).header("if-match", version);
            let response = request.send().await?;
            error::check(&response, 200)?;
            let changed = response.json::<Envelope<Changed>>()?.data.id;
            if changed.as_str() == id {
                return Ok(());
            }
            let message = format!("the tracker answered about the issue {}", changed.as_str());
            Err(Error::new(ErrorKind::Conflict, message).with_effect(Effect::Unknown))
        };
        of(Operation::Update, updated).await
    }

    /// `DELETE issue/{id}` (observed): retires an issue that has this version. Confirmed by the word `ok`, also where the
    /// issue is retired already.
    pub async fn retire_issue(&self, id: &str, version: &str) -> Result<()> {
        let retired = async {
            let request = self.http.delete(&["rest", "data", "issue", id]);
            let response = self
                .write(request)
                .header("if-match", version)
                .send()
                .await?;
            error::check(&response, 200)?;
            match response.json::<Envelope<Retired>>()?.data.status.as_str() {
                "ok" => Ok(()),
                _ => Err(error::unconfirmed(&response)),
            }
        };
        of(Operation::Delete, retired).await
    }

    /// `PATCH issue/{id}` with the action `restore` (observed).
    pub async fn restore_issue(&self, id: &str, version: &str) -> Result<()> {
        let restored = async {
            let action = Properties::from([("@op", "action"), ("@action_name", "restore")]);
            let request = self
                .http
                .patch(&["rest", "data", "issue", id])
                .json(&action);
            let response = self
                .write(request)
                .header("if-match", version)
                .send()
                .await?;
            error::check(&response, 200)?;
            response.expect_object()?;
            response.json::<Envelope<IgnoredAny>>().map(drop)
        };
        of(Operation::Restore, restored).await
    }

    fn list(&self) -> HttpRequest<'_> {
        let request = self.http.get(&["rest", "data", "issue"]);
        let fields = "title,status,priority,creation,activity";
        request.query("@fields", fields).query("@verbose", "2")
    }

    fn write<'a>(&self, request: HttpRequest<'a>) -> HttpRequest<'a> {
        request
            .header("origin", &self.origin)
            .header("x-requested-with", "rest")
    }
}

fn page_of(response: &HttpResponse) -> Result<IssuePage> {
    error::check(response, 200)?;
    response.expect_object()?;
    Ok(response.json::<Envelope<IssuePage>>()?.data)
}

/// Says where an error comes from.
async fn of<T>(operation: Operation, reply: impl Future<Output = Result<T>>) -> Result<T> {
    reply
        .await
        .map_err(|error| error.in_operation(ID, operation))
}
