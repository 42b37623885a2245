//! Zendesk: the Support API, version 2, under `api/v2`.
//!
//! Sources are the vendor's `OpenAPI` text, its developer pages, and public recordings of the real service: paths, statuses,
//! limits, the shapes of tickets, jobs, pages and uploads, the words of *not found*, of a reused key and of too many
//! values. Nothing was tried on the real service. Inferred: the bodies of 401, 403, 409, 422 and 429, that a deleted
//! ticket is not found, that a closed one cannot be changed, that unknown custom fields are dropped, what a dead cursor is
//! answered, the results of a delete by ticket, and the names of the headers of most endpoints' limits. Named
//! differences: each change of a ticket is at least a second later than the one before, so that its stamp differs; a
//! content URL is on the same host and needs no redirect; no groups, no macros, no triggers.

mod change;
mod comments;
mod files;
mod jobs;
mod limits;
mod list;
mod record;
mod search;
mod trash;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Call, VendorServer};
use crate::calendar::Date;
use crate::credentials::{ZENDESK_API_TOKEN, ZENDESK_EMAIL, ZENDESK_OAUTH_TOKEN};
use crate::reply::{ErrorFormat, Reply};
use crate::store::{List, Store, Ticket};
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Endpoint;
use change::Kept;
use files::Upload;
pub(crate) use jobs::JobSettings;
use jobs::Jobs;
pub use limits::LimitHeaders;
pub(crate) use limits::Limits;
use record::{User, attributes};

use crate::vendors::call::Settled;

#[derive(Debug)]
pub(crate) struct Zendesk {
    store: Store,
    limits: Limits,
    jobs: Jobs,
    /// The people, by id. The first is the owner of the credentials.
    users: BTreeMap<u64, User>,
    /// Uploads by token.
    uploads: BTreeMap<String, Upload>,
    next_file: u64,
    /// The replies to creates, by idempotency key.
    kept: BTreeMap<String, Kept>,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Route {
    Tickets,
    ShowMany,
    Ticket,
    Create,
    Update,
    Delete,
    DeleteMany,
    Comments,
    DeletedTickets,
    Restore,
    RestoreMany,
    Destroy,
    DestroyMany,
    Job,
    Jobs,
    Search,
    Export,
    Incremental,
    Upload,
    Attachment,
    Content,
    Me,
}

impl Route {
    fn of(method: &str, segments: &[&str]) -> Option<Self> {
        if let ["attachments", "token", _] | ["attachments", "token", _, ""] = segments {
            return (method == "GET").then_some(Self::Content);
        }
        let [version @ .., last] = segments else {
            return None;
        };
        let path: Vec<&str> = version
            .strip_prefix(&["api", "v2"])?
            .iter()
            .copied()
            .chain([stem(last)])
            .collect();
        Some(match (method, path.as_slice()) {
            ("GET", ["tickets"]) => Self::Tickets,
            ("POST", ["tickets"]) => Self::Create,
            ("GET", ["tickets", "show_many"]) => Self::ShowMany,
            ("DELETE", ["tickets", "destroy_many"]) => Self::DeleteMany,
            ("GET", ["tickets", _]) => Self::Ticket,
            ("PUT", ["tickets", _]) => Self::Update,
            ("DELETE", ["tickets", _]) => Self::Delete,
            ("GET", ["tickets", _, "comments"]) => Self::Comments,
            ("GET", ["deleted_tickets"]) => Self::DeletedTickets,
            ("PUT", ["deleted_tickets", "restore_many"]) => Self::RestoreMany,
            ("PUT", ["deleted_tickets", _, "restore"]) => Self::Restore,
            ("DELETE", ["deleted_tickets", "destroy_many"]) => Self::DestroyMany,
            ("DELETE", ["deleted_tickets", _]) => Self::Destroy,
            ("GET", ["job_statuses", "show_many"]) => Self::Jobs,
            ("GET", ["job_statuses", _]) => Self::Job,
            ("GET", ["search"]) => Self::Search,
            ("GET", ["search", "export"]) => Self::Export,
            ("GET", ["incremental", "tickets", "cursor"]) => Self::Incremental,
            ("POST", ["uploads"]) => Self::Upload,
            ("GET", ["attachments", _]) => Self::Attachment,
            ("GET", ["users", "me"]) => Self::Me,
            _ => return None,
        })
    }

    fn endpoint(self) -> Endpoint {
        match self {
            Self::Tickets
            | Self::DeletedTickets
            | Self::Search
            | Self::Export
            | Self::Incremental => Endpoint::List,
            Self::Ticket | Self::ShowMany => Endpoint::Get,
            Self::Create => Endpoint::Create,
            Self::Update | Self::Restore | Self::RestoreMany => Endpoint::Update,
            Self::Delete | Self::DeleteMany | Self::Destroy | Self::DestroyMany => Endpoint::Delete,
            Self::Comments => Endpoint::Messages,
            Self::Job | Self::Jobs => Endpoint::Job,
            Self::Upload => Endpoint::Stage,
            Self::Attachment | Self::Content => Endpoint::Attachments,
            Self::Me => Endpoint::Lookup,
        }
    }
}

impl Zendesk {
    pub(crate) fn new(limits: Limits, jobs: JobSettings) -> Self {
        Self {
            store: Store::new(1, 1, |ticket| Some((List::Open, ticket.id.parse().ok()?))),
            limits,
            jobs: Jobs::new(jobs),
            users: User::first(),
            uploads: BTreeMap::new(),
            next_file: 1,
            kept: BTreeMap::new(),
        }
    }

    pub(crate) fn seed(&mut self, date: Date) {
        for seed in [
            TicketSeed::new("Printer on fire")
                .description("Smoke and flames.")
                .attribute("priority", "high")
                .attribute("tags", json!(["hardware", "urgent"])),
            TicketSeed::new("Cannot log in").description("Since Monday."),
            TicketSeed::new("Old invoice")
                .description("Of last year.")
                .closed(),
            TicketSeed::new("Buy now").description("Cheap watches."),
        ] {
            self.add(seed, date);
        }
    }

    fn route(&mut self, route: Route, call: &Call<'_>) -> Reply {
        match route {
            Route::Tickets => self.list(call),
            Route::ShowMany => self.show_many(call),
            Route::Ticket => self.get(call),
            Route::Create => self.create(call),
            Route::Update => self.update(call),
            Route::Delete => self.delete(call),
            Route::DeleteMany => self.delete_many(call),
            Route::Comments => self.comments(call),
            Route::DeletedTickets => self.deleted(call),
            Route::Restore => self.restore(call),
            Route::RestoreMany => self.restore_many(call),
            Route::Destroy | Route::DestroyMany => self.destroy_many(call, route == Route::Destroy),
            Route::Job => self.job(call),
            Route::Jobs => self.many_jobs(call),
            Route::Search => self.search(call),
            Route::Export => self.export(call),
            Route::Incremental => self.incremental(call),
            Route::Upload => self.upload(call),
            Route::Attachment => self.attachment(call),
            Route::Content => self.content(call),
            Route::Me => self.me(),
        }
    }
}

impl VendorServer for Zendesk {
    fn endpoint(&self, method: &str, segments: &[&str]) -> Option<Endpoint> {
        Route::of(method, segments).map(Route::endpoint)
    }

    fn knows(&self, call: &Call<'_>) -> bool {
        let by_token = call.bearer() == Some(ZENDESK_OAUTH_TOKEN);
        by_token
            || call.basic().is_some_and(|(name, token)| {
                name.strip_suffix("/token") == Some(ZENDESK_EMAIL) && token == ZENDESK_API_TOKEN
            })
    }

    fn admit(&mut self, endpoint: Endpoint, call: &Call<'_>) -> Result<(), Reply> {
        let Some(route) = Route::of(call.method, call.segments) else {
            return Ok(());
        };
        // Whoever has a content URL may read it.
        if route == Route::Content {
            return Ok(());
        }
        if !self.knows(call) {
            return Err(self.error(Some(endpoint), 401));
        }
        let of_ticket = (route == Route::Update).then(|| id(call));
        let refused = self.limits.admit(route, of_ticket, call.now);
        refused.map_or(Ok(()), |wait| {
            let reply = self.error(Some(endpoint), 429);
            let seconds = wait.as_secs_f64().ceil().max(1.0).to_string();
            let reply = reply.header("retry-after", seconds);
            Err(self.limits.mark(reply, route, call.now))
        })
    }

    fn named_ids(&self, endpoint: Endpoint, call: &Call<'_>) -> Vec<String> {
        match (endpoint, Route::of(call.method, call.segments)) {
            (_, Some(Route::ShowMany | Route::DeleteMany | Route::DestroyMany)) => ids(call),
            (_, Some(Route::Comments | Route::Restore)) => {
                let segments = call.segments.iter().rev().nth(1);
                Vec::from_iter(segments.map(|id| (*id).to_owned()))
            }
            (Endpoint::Get | Endpoint::Update | Endpoint::Delete, _) => vec![id(call)],
            _ => Vec::new(),
        }
    }

    fn call(&mut self, _endpoint: Endpoint, call: &Call<'_>) -> Reply {
        let Some(route) = Route::of(call.method, call.segments) else {
            return self.no_endpoint();
        };
        let reply = self.route(route, call);
        if route == Route::Content {
            return reply;
        }
        self.limits.mark(reply, route, call.now)
    }

    fn settle(&mut self, now: tokio::time::Instant, date: Date) -> Vec<Settled> {
        self.work(now, date)
    }

    fn add(&mut self, seed: TicketSeed, date: Date) -> String {
        let mut ticket = self.store.ticket(seed, date);
        let status = ticket.changes.get("status").and_then(Value::as_str);
        ticket.closed |= status.is_some_and(record::is_closed);
        // The address of a person, who is added if nobody has it.
        if let Some(Value::String(email)) = ticket.changes.remove("requester") {
            let id = self.person(&email, None);
            ticket.changes.insert("requester_id".into(), id.into());
        }
        if !ticket.description.is_empty() {
            let text = ticket.description.clone();
            let message = self.store.message(MessageKind::Incoming, &text, date);
            ticket.messages.push(message);
        }
        let id = ticket.id.clone();
        self.store.insert(ticket);
        id
    }

    fn record(&self, ticket: &Ticket) -> TicketRecord {
        ticket.record(attributes(ticket))
    }

    fn store(&self) -> &Store {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

impl ErrorFormat for Zendesk {
    fn error(&self, _endpoint: Option<Endpoint>, status: u16) -> Reply {
        let (error, description) = match status {
            400 => ("BadRequest", "The request could not be understood"),
            401 => return json_reply(401, &json!({ "error": "Couldn't authenticate you" })),
            403 => ("Forbidden", "You do not have access to this page."),
            404 => ("RecordNotFound", "Not found"),
            409 => (
                "UpdateConflict",
                "Safe Update prevented the update due to outdated ticket data. Please fetch the \
                 latest ticket data and try again.",
            ),
            422 => ("RecordInvalid", "Record validation errors"),
            429 => (
                "APIRateLimitExceeded",
                "Number of allowed API requests per minute exceeded",
            ),
            503 => ("ServiceUnavailable", "Please try again in a moment"),
            _ => ("InternalError", "An internal error occurred"),
        };
        refusal(status, error, description)
    }

    fn no_endpoint(&self) -> Reply {
        refusal(404, "InvalidEndpoint", "Not found")
    }

    fn error_inside_200(&self) -> Reply {
        refusal(200, "InternalError", "An internal error occurred")
    }
}

/// A body with one more key.
fn with(mut body: Value, name: &str, value: Value) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
    body
}

fn json_reply(status: u16, body: &Value) -> Reply {
    Reply::empty(status)
        .header("content-type", "application/json; charset=utf-8")
        .body(body.to_string())
}

fn refusal(status: u16, error: &str, description: &str) -> Reply {
    json_reply(
        status,
        &json!({ "error": error, "description": description }),
    )
}

fn not_found() -> Reply {
    refusal(404, "RecordNotFound", "Not found")
}

/// A refusal of a value, with the field that it is of.
fn invalid(field: &str, why: &str) -> Reply {
    let details = json!({ field: [{ "description": why }] });
    json_reply(
        422,
        &json!({
            "error": "RecordInvalid", "description": "Record validation errors",
            "details": details,
        }),
    )
}

fn too_many(count: usize) -> Option<Reply> {
    (count > 100).then(|| {
        json_reply(
            400,
            &json!({
                "error": "TooManyValues", "max_count": 100,
                "description": "Parameter  cannot specify more than 100 values",
            }),
        )
    })
}

/// The name in a path without its format.
fn stem(name: &str) -> &str {
    name.strip_suffix(".json").unwrap_or(name)
}

/// The id that the path ends with.
fn id(call: &Call<'_>) -> String {
    stem(call.last_segment()).to_owned()
}

/// The ids of the parameter `ids`.
fn ids(call: &Call<'_>) -> Vec<String> {
    let ids = call.parameter("ids").unwrap_or_default();
    let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(str::to_owned).collect()
}

/// The URL of the server, as the request names it.
fn host(call: &Call<'_>) -> String {
    let host = call.header("host").unwrap_or("127.0.0.1");
    format!("http://{host}/zendesk")
}
