//! What there is to say of a call, from the fields of its spans and events.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use tracing::Level;

/// The span of an operation.
pub(super) const OPERATION: &str = "ticket_operation";
/// The span of a request.
pub(super) const REQUEST: &str = "http_request";

/// The fields that are read of a span or an event.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) begun: Instant,
    pub(super) is_entered: bool,
    pub(super) message: String,
    account: Option<String>,
    provider: Option<String>,
    operation: Option<String>,
    tickets: Vec<String>,
    count: Option<u64>,
    error: Option<String>,
    effect: Option<String>,
    status: Option<u64>,
    method: Option<String>,
    path: Option<String>,
    attempts: Option<u64>,
    max_attempts: Option<u64>,
    reason: Option<String>,
    wait_ms: Option<u64>,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            is_entered: false,
            message: String::new(),
            account: None,
            provider: None,
            operation: None,
            tickets: Vec::new(),
            count: None,
            error: None,
            effect: None,
            status: None,
            method: None,
            path: None,
            attempts: None,
            max_attempts: None,
            reason: None,
            wait_ms: None,
        }
    }
}

impl Fields {
    pub(super) fn text(&mut self, name: &str, value: String) {
        let place = match name {
            "message" => {
                self.message = value;
                return;
            }
            "ticket.id" => {
                self.tickets = vec![value];
                return;
            }
            "ticket.ids" => {
                self.tickets = value.split(' ').map(str::to_owned).collect();
                return;
            }
            "ticket.account" => &mut self.account,
            "ticket.provider" => &mut self.provider,
            "ticket.operation" => &mut self.operation,
            "ticket.effect" => &mut self.effect,
            "error.type" => &mut self.error,
            "http.request.method" => &mut self.method,
            "url.template" => &mut self.path,
            "wait.reason" | "retry.reason" => &mut self.reason,
            _ => return,
        };
        *place = Some(value);
    }

    pub(super) fn number(&mut self, name: &str, value: u64) {
        let place = match name {
            "ticket.count" => &mut self.count,
            "http.response.status_code" => &mut self.status,
            "retry.attempts" => &mut self.attempts,
            "retry.max_attempts" => &mut self.max_attempts,
            "retry.wait_ms" | "wait.estimate_ms" | "wait.ms" => &mut self.wait_ms,
            _ => return,
        };
        *place = Some(value);
    }
}

/// The name of what an event says; `None` if the spans say it already.
pub(super) fn event(message: &str) -> Option<&'static str> {
    Some(match message {
        "retrying" => "retrying",
        "giving up" => "gave_up",
        "the rest is not tried" => "account_ended",
        "the vendor says that there are too many calls" => "rate_limited",
        "waits to be sent" => "waiting",
        "waits no longer" => "waited",
        "the vendor changed tickets that nobody asked for" => "unasked",
        _ => return None,
    })
}

/// One thing that is said. For programs: `docs/formats.md` says what the fields mean.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) time: String,
    pub(super) level: &'static str,
    pub(super) event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operation: Option<String>,
    /// The first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tickets: Vec<String>,
    /// How many tickets the call is about, if it may be about several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ticket_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_attempts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) wait_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_ms: Option<u64>,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            time: crate::clock::now()
                .strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
                .to_string(),
            level: "info",
            event: "",
            account: None,
            provider: None,
            operation: None,
            tickets: Vec::new(),
            ticket_count: None,
            method: None,
            path: None,
            status: None,
            error: None,
            effect: None,
            attempts: None,
            max_attempts: None,
            reason: None,
            wait_ms: None,
            duration_ms: None,
        }
    }
}

impl Told {
    /// Adds what a span says, unless one further inside says it already.
    pub(super) fn of_span(&mut self, name: &str, fields: &Fields) {
        if name == REQUEST {
            self.level = "debug";
            self.method.clone_from(&fields.method);
            self.path.clone_from(&fields.path);
            self.status = fields.status;
            self.error.clone_from(&fields.error);
        }
        if name == OPERATION {
            self.account.clone_from(&fields.account);
            self.provider.clone_from(&fields.provider);
            self.operation.clone_from(&fields.operation);
            self.tickets.clone_from(&fields.tickets);
            self.ticket_count = fields.count;
            if self.method.is_none() {
                self.status = fields.status;
                self.error.clone_from(&fields.error);
                self.effect.clone_from(&fields.effect);
            }
        }
    }

    /// Adds what an event says.
    pub(super) fn of_event(&mut self, name: &'static str, level: Level, fields: &Fields) {
        self.event = name;
        self.level = super::level(level);
        let or = |own: &Option<String>, other: &mut Option<String>| {
            if own.is_some() {
                other.clone_from(own);
            }
        };
        or(&fields.provider, &mut self.provider);
        or(&fields.operation, &mut self.operation);
        self.error.clone_from(&fields.error);
        self.status = fields.status;
        self.effect = None;
        self.attempts = fields.attempts;
        self.max_attempts = fields.max_attempts;
        self.reason.clone_from(&fields.reason);
        self.wait_ms = fields.wait_ms;
        if fields.count.is_some() {
            self.ticket_count = fields.count;
            self.tickets.clear();
        }
    }

    /// Sets how long it took.
    pub(super) fn duration(&mut self, time: Duration) {
        self.duration_ms = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    }
}
