//! Searches: what is asked for, and those that are open between two calls of a client.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{BoxStream, StreamExt as _};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use tickets::find::{Find, Jq};
use tickets::model::State;
use tickets::{Error, Result, Ticket, TicketQuery};
use tokio::time::Instant;

use crate::answer::{Fields, Set as _, fields};
use crate::random;
use crate::refusal::Refusal;
use crate::scope::Scope;

/// How many searches are open at once; a later one ends the earliest.
const OPEN: usize = 8;

/// How many tickets that cannot be decided are named.
const NAMED: usize = 5;

/// What is looked for. All criteria must match.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Criteria {
    accounts: Vec<String>,
    requester: Option<String>,
    domain: Option<String>,
    subject: Option<String>,
    text: Option<String>,
    state: Option<State>,
    created_after: Option<When>,
    created_before: Option<When>,
    updated_after: Option<When>,
    updated_before: Option<When>,
    tags: Vec<String>,
    #[serde(rename = "where")]
    condition: Option<String>,
}

/// A time, or the start of a day in UTC.
#[derive(Clone, Copy)]
struct When(Timestamp);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let day = |text: &str| {
            let day: Date = text.parse().ok()?;
            Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
        };
        let time = text.parse().ok().or_else(|| day(&text));
        let what = "a time is a day such as 2026-11-28 or a full time such as 2026-11-28T09:00:00Z";
        time.map(Self).ok_or_else(|| de::Error::custom(what))
    }
}

impl Criteria {
    /// Reads them from arguments.
    pub(crate) fn read(arguments: Fields) -> Result<Self, Refusal> {
        serde_json::from_value(Value::Object(arguments))
            .map_err(|error| Refusal::input(error.to_string()))
    }

    /// Whether every ticket of the accounts matches.
    pub(crate) fn is_empty(&self) -> bool {
        let Self {
            accounts: _,
            requester,
            domain,
            subject,
            text,
            state,
            created_after,
            created_before,
            updated_after,
            updated_before,
            tags,
            condition,
        } = self;
        let texts = [requester, domain, subject, text, condition];
        let times = [created_after, created_before, updated_after, updated_before];
        texts.iter().all(|text| text.is_none())
            && times.iter().all(|time| time.is_none())
            && state.is_none()
            && tags.is_empty()
    }

    fn find(&self) -> Result<Find> {
        let mut find = Find::new();
        if let Some(requester) = &self.requester {
            find = find.requester(requester);
        }
        if let Some(domain) = &self.domain {
            find = find.domain(domain);
        }
        if let Some(subject) = &self.subject {
            find = find.subject(subject);
        }
        if let Some(text) = &self.text {
            find = find.text(text);
        }
        if let Some(state) = self.state {
            find = find.state(state);
        }
        if let Some(When(time)) = self.created_after {
            find = find.created_after(time);
        }
        if let Some(When(time)) = self.created_before {
            find = find.created_before(time);
        }
        if let Some(When(time)) = self.updated_after {
            find = find.updated_after(time);
        }
        if let Some(When(time)) = self.updated_before {
            find = find.updated_before(time);
        }
        for tag in &self.tags {
            find = find.tag(tag);
        }
        if let Some(condition) = &self.condition {
            find = find.condition(Jq::compile(condition)?);
        }
        Ok(find)
    }
}

/// A search in several accounts, one after the other.
pub(crate) struct Search {
    accounts: VecDeque<(String, BoxStream<'static, Result<Ticket>>)>,
    /// A ticket that did not fit into the last answer.
    held: Option<(String, Ticket)>,
    undecided: u64,
    incomplete: Vec<Value>,
    /// The arguments that began it.
    pub(crate) asked: Fields,
}

/// What a search comes to next.
pub(crate) enum Next {
    Found(String, Box<Ticket>),
    /// The time is over.
    Later,
    End,
}

impl Search {
    /// Begins a search. Sends nothing yet.
    pub(crate) fn begin(criteria: &Criteria, scope: &Scope) -> Result<Self, Refusal> {
        let names = match criteria.accounts.as_slice() {
            [] => scope.names(),
            names => names,
        };
        let find = criteria.find()?;
        let mut accounts = VecDeque::new();
        let mut incomplete = Vec::new();
        for name in names {
            scope.check(name)?;
            let account = match scope.reader(name) {
                Ok(account) => account,
                Err(error) => {
                    incomplete.push(lacking(name, error));
                    continue;
                }
            };
            let tickets = if criteria.is_empty() {
                account.list_all(TicketQuery::new())
            } else {
                find.run(&account)
                    .map(|found| found.map(|found| found.ticket))
                    .boxed()
            };
            accounts.push_back((name.clone(), tickets));
        }
        Ok(Self {
            accounts,
            held: None,
            undecided: 0,
            incomplete,
            asked: Fields::new(),
        })
    }

    /// The next ticket, unless the time is over.
    pub(crate) async fn next(&mut self, until: Instant) -> Next {
        if let Some((account, ticket)) = self.held.take() {
            return Next::Found(account, Box::new(ticket));
        }
        while let Some((name, tickets)) = self.accounts.front_mut() {
            match tokio::time::timeout_at(until, tickets.next()).await {
                Err(_) => return Next::Later,
                Ok(Some(Ok(ticket))) => return Next::Found(name.clone(), Box::new(ticket)),
                Ok(Some(Err(error))) => {
                    if error.ticket().is_none() {
                        self.incomplete.push(lacking(name, error));
                        self.accounts.pop_front();
                        continue;
                    }
                    self.undecided += 1;
                    if self.undecided <= NAMED as u64 {
                        self.incomplete.push(lacking(name, error));
                    }
                }
                Ok(None) => {
                    self.accounts.pop_front();
                }
            }
        }
        Next::End
    }

    /// Gives back a ticket that is found first by the next call.
    pub(crate) fn hold(&mut self, account: String, ticket: Ticket) {
        self.held = Some((account, ticket));
    }

    /// Takes what is missing in what was found so far, for an answer.
    pub(crate) fn tell(&mut self, answer: &mut Fields) {
        if !self.incomplete.is_empty() {
            answer.set("incomplete", std::mem::take(&mut self.incomplete));
        }
        if self.undecided > 0 {
            answer.set("undecided", self.undecided);
        }
    }
}

/// An account that was not searched to its end, or a ticket of it that could not be decided.
fn lacking(account: &str, error: Error) -> Value {
    let ticket = error.ticket().map(|id| crate::row::reference(account, id));
    let mut told = fields(Refusal::from(error).json());
    match ticket {
        Some(ticket) => told.set("ticket", ticket),
        None => told.set("account", account),
    }
    told.into()
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("accounts", &self.accounts.len())
            .finish_non_exhaustive()
    }
}

/// The searches that go on when their cursor is given.
#[derive(Debug, Default)]
pub(crate) struct Searches(Mutex<VecDeque<(String, Search)>>);

impl Searches {
    /// Keeps a search. Returns its cursor, which is good for one call.
    pub(crate) fn keep(&self, search: Search) -> Result<String> {
        let cursor = random::token()?;
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.push_back((cursor.clone(), search));
        if open.len() > OPEN {
            open.pop_front();
        }
        Ok(cursor)
    }

    /// The search with this cursor.
    pub(crate) fn take(&self, cursor: &str) -> Option<Search> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = open.iter().position(|(known, _)| known == cursor)?;
        open.remove(place).map(|(_, search)| search)
    }
}
