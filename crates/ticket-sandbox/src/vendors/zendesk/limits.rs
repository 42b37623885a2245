//! Limits: of the account by its plan, of single endpoints, and of the updates of one ticket. Replies tell them in headers,
//! whose names have changed over the years.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Route;
use crate::quota::{Counter, Quota, WindowModel};
use crate::reply::Reply;

/// The names of the headers in which Zendesk's replies tell its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitHeaders {
    /// `x-rate-limit` and `ratelimit-limit` of the account, `zendesk-ratelimit-NAME` of an endpoint.
    Current,
    /// `x-rate-limit` and `rate-limit` of the account, `zendesk-rate-limit-NAME` of an endpoint.
    Older,
    /// None.
    Absent,
}

const MINUTE: Duration = Duration::from_secs(60);
const TEN_MINUTES: Duration = Duration::from_secs(600);

impl Route {
    /// The name of the endpoint in headers, and how many calls it takes a minute. The names of the index and of the
    /// permanent delete were seen in recordings, and with them their numbers; the others are documented, without names.
    fn limit(self) -> Option<(&'static str, u32)> {
        Some(match self {
            Self::Tickets => ("tickets-index", 100),
            Self::Update => ("tickets-update", 100),
            Self::Delete => ("tickets-destroy", 400),
            Self::DeletedTickets => ("deleted-tickets-index", 10),
            Self::Destroy | Self::DestroyMany => ("deleted-tickets-destroy", 1000),
            Self::Export => ("search-export", 100),
            Self::Incremental => ("incremental-exports", 10),
            _ => return None,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Limits {
    account: Option<Counter>,
    /// By the name of the endpoint; `None` if endpoints have no limits.
    endpoints: Option<BTreeMap<&'static str, Counter>>,
    /// Of the updates of one ticket.
    tickets: BTreeMap<String, Counter>,
    headers: LimitHeaders,
    start: Instant,
}

impl Limits {
    pub(crate) fn new(
        account: Option<Counter>,
        of_endpoints: bool,
        headers: LimitHeaders,
        start: Instant,
    ) -> Self {
        Self {
            account,
            endpoints: of_endpoints.then(BTreeMap::new),
            tickets: BTreeMap::new(),
            headers,
            start,
        }
    }

    /// Counts a call. The time to wait if it is refused.
    pub(super) fn admit(
        &mut self,
        route: Route,
        updated: Option<String>,
        now: Instant,
    ) -> Option<Duration> {
        let start = self.start;
        let counter = |calls, window| {
            let model = WindowModel::Fixed;
            Counter::new(
                Quota {
                    calls,
                    window,
                    model,
                },
                start,
            )
        };
        if let Some(account) = &mut self.account {
            if !account.admit(now) {
                return Some(account.left(now).1);
            }
        }
        let endpoints = self.endpoints.as_mut()?;
        if let Some((name, calls)) = route.limit() {
            let endpoint = endpoints
                .entry(name)
                .or_insert_with(|| counter(calls, MINUTE));
            if !endpoint.admit(now) {
                return Some(endpoint.left(now).1);
            }
        }
        let ticket = self.tickets.entry(updated?);
        let ticket = ticket.or_insert_with(|| counter(30, TEN_MINUTES));
        (!ticket.admit(now)).then(|| ticket.left(now).1)
    }

    /// Adds the headers that tell the limits.
    pub(super) fn mark(&mut self, reply: Reply, route: Route, now: Instant) -> Reply {
        let mut reply = reply;
        if self.headers == LimitHeaders::Absent {
            return reply;
        }
        let is_current = self.headers == LimitHeaders::Current;
        if let Some(account) = &mut self.account {
            let (left, wait) = account.left(now);
            let (limit, left) = (account.quota().calls.to_string(), left.to_string());
            let reset = seconds(wait);
            let name = if is_current {
                "ratelimit"
            } else {
                "rate-limit"
            };
            for (name, value) in [
                ("x-rate-limit".to_owned(), &limit),
                ("x-rate-limit-remaining".to_owned(), &left),
                (format!("{name}-limit"), &limit),
                (format!("{name}-remaining"), &left),
                (format!("{name}-reset"), &reset),
            ] {
                reply = reply.header(&name, value.clone());
            }
        }
        let endpoint = route.limit();
        let endpoints = self.endpoints.as_mut();
        let known = endpoint.and_then(|(name, _)| Some((name, endpoints?.get_mut(name)?)));
        if let Some((name, endpoint)) = known {
            let (left, wait) = endpoint.left(now);
            let prefix = if is_current {
                "ratelimit"
            } else {
                "rate-limit"
            };
            let value = format!(
                "total={}; remaining={left}; resets={}",
                endpoint.quota().calls,
                seconds(wait)
            );
            reply = reply.header(&format!("zendesk-{prefix}-{name}"), value);
        }
        reply
    }
}

fn seconds(wait: Duration) -> String {
    wait.as_secs_f64().ceil().to_string()
}
