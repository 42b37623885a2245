//! Examines an account with a few reads: whether its host is reached, the clocks agree, the credentials are accepted, and
//! the replies still look as the vendor documents them.

use futures_util::TryStreamExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use ticket_core::model::{PageRequest, RawJson, State, Status};
use ticket_core::provider::{Field, Removal};
use ticket_core::{Error, ErrorKind, Operation, Result, TicketId, TicketQuery};

use super::account::Account;
use super::check::{Check, Level};
use super::reach;
use super::shape::{Difference, Shape};
use crate::diagnosis::ErrorObject;

/// How many tickets are listed, and how many of these are read.
const LISTED: u32 = 10;
const READ: usize = 3;

/// What [`Account::examine`] found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Examination {
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
    /// What was exchanged, without anything that it says: structure and types, but no text, no number, no name that the
    /// vendor does not document, no address and no credential. Of the host's first reply, which is asked for without
    /// credentials, it has the names of the headers, and the values of a few that only say what kind of server it is. It can be
    /// sent to the maintainers of a provider.
    pub record: Value,
}

/// The reads of an account.
struct Reads<'a> {
    account: &'a Account,
    checks: Vec<Check>,
    allowed: Vec<&'static str>,
    exchanges: Vec<Value>,
}

impl Account {
    /// Examines the account. It sends at most thirteen reads, paced as every call, and one request without credentials for a file
    /// of the host that need not exist.
    ///
    /// `ticket` is read too, where a provider cannot list tickets.
    pub async fn examine(&self, ticket: Option<&TicketId>) -> Examination {
        let mut reads = Reads {
            account: self,
            checks: Vec::new(),
            allowed: Vec::new(),
            exchanges: Vec::new(),
        };
        let mut is_reached = true;
        if let Some(base_url) = &self.base_url {
            let reached = reach::reach(base_url).await;
            is_reached = reached
                .checks
                .iter()
                .all(|check| check.check != "reachability" || check.level != Level::Wrong);
            reads.checks = reached.checks;
            reads.exchanges.push(json!({
                "operation": null, "outcome": if is_reached { "ok" } else { "connect" },
                "status": reached.status, "headers": reached.headers, "body": null,
            }));
        }
        if is_reached {
            reads.all(ticket).await;
        }
        let info = self.tickets.info();
        Examination {
            checks: reads.checks,
            record: json!({
                "schema": 1,
                "tickets": env!("CARGO_PKG_VERSION"),
                "provider": info.id,
                "verified_against": info.verified_against,
                "exchanges": reads.exchanges,
            }),
        }
    }
}

impl Reads<'_> {
    async fn all(&mut self, ticket: Option<&TicketId>) {
        let mut tickets: Vec<TicketId> = ticket.into_iter().cloned().collect();
        let tells = |operation| self.account.tickets.info().capabilities.supports(operation);
        let (lists, gets) = (tells(Operation::List), tells(Operation::Get));
        let (messages, attachments) = (tells(Operation::Messages), tells(Operation::Attachments));
        if lists {
            let Some(listed) = self.list().await else {
                return;
            };
            tickets.extend(listed);
        } else if gets && tickets.is_empty() {
            match self.account.check().await {
                Ok(_) => self.accepted(),
                Err(wrong) => return self.refused(Operation::Get, &wrong.error),
            }
        }
        tickets.truncate(READ);
        if gets && !tickets.is_empty() && !self.get(&tickets).await {
            return;
        }
        if let Some(first) = tickets.first() {
            if messages {
                let read = self
                    .account
                    .tickets
                    .messages(first.clone(), &PageRequest::first())
                    .await;
                let raws =
                    read.map(|page| page.items.into_iter().map(|message| message.raw).collect());
                self.compare(Operation::Messages, raws);
            }
            if attachments {
                let read = self.account.tickets.attachments_all(first.clone());
                let raws = read.map_ok(|file| file.raw).try_collect::<Vec<_>>().await;
                self.compare(Operation::Attachments, raws);
            }
        } else {
            let why = "there is no ticket to read; name one to compare the vendor's replies";
            self.checks.push(Check::new("drift", Level::Note, why));
        }
        if lists {
            self.filters().await;
            self.trash().await;
        }
        let may = match self.allowed.as_slice() {
            [] => "nothing was read".to_owned(),
            allowed => format!("may {}", allowed.join(", ")),
        };
        let rights =
            format!("{may}; whether it may change tickets cannot be told without changing one");
        self.checks.push(Check::new("rights", Level::Ok, rights));
    }

    /// Lists some tickets. `None` if the account cannot be used.
    async fn list(&mut self) -> Option<Vec<TicketId>> {
        let tickets = &self.account.tickets;
        let mut page = PageRequest::first();
        if self.carries(Field::PageLimit) {
            page = page.limit(LISTED);
        }
        match tickets.list(&TicketQuery::new().page(page)).await {
            Ok(page) => {
                self.accepted();
                let ids = page.items.iter().map(|ticket| ticket.id.clone()).collect();
                let raws = page.items.into_iter().map(|ticket| ticket.raw);
                self.compare(Operation::List, Ok(raws.collect()));
                Some(ids)
            }
            Err(error) => {
                self.refused(Operation::List, &error);
                None
            }
        }
    }

    /// Reads these tickets. Whether the account can be used.
    async fn get(&mut self, tickets: &[TicketId]) -> bool {
        let mut raws = Vec::new();
        for id in tickets {
            match self.account.tickets.get(id.clone()).await {
                Ok(ticket) => raws.push(ticket.raw),
                // It was deleted meanwhile, or nobody has it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    self.refused(Operation::Get, &error);
                    return false;
                }
            }
        }
        if !self.checks.iter().any(|check| check.check == "credentials") {
            self.accepted();
        }
        self.compare(Operation::Get, Ok(raws));
        true
    }

    /// Whether the vendor understands filters that other lists or a search answer.
    async fn filters(&mut self) {
        let hour_ago = reach::now() - SignedDuration::from_hours(1);
        let queries = [
            (Field::State, TicketQuery::new().state(State::Open)),
            (
                Field::UpdatedAfter,
                TicketQuery::new().updated_after(hour_ago),
            ),
        ];
        for (field, query) in queries {
            if !self.carries(field) {
                continue;
            }
            let (level, message) = match self.first(query).await {
                Ok(_) => (Level::Ok, format!("list: the filter `{field}` is answered")),
                Err(error) => (
                    Level::Wrong,
                    format!("list by `{field}`: {}", sentence(&error)),
                ),
            };
            self.checks.push(Check::new("filters", level, message));
        }
    }

    /// Whether a read tells a ticket in the trash from one that is not. A trash that cannot be listed is not examined.
    async fn trash(&mut self) {
        let info = self.account.tickets.info();
        let delete = info.capabilities.support(Operation::Delete);
        let has_trash =
            delete.is_some_and(|delete| matches!(delete.removal, Removal::Trash { .. }));
        if !has_trash || !self.carries(Field::State) {
            return;
        }
        let deleted = match self.first(TicketQuery::new().state(State::Deleted)).await {
            Ok(Some(id)) => id,
            Ok(None) => {
                let why = "the trash is empty, so that a read of a deleted ticket was not tried";
                return self.checks.push(Check::new("trash", Level::Note, why));
            }
            // The provider knows no such list.
            Err(error) if error.kind() == ErrorKind::InvalidInput && error.status().is_none() => {
                return;
            }
            Err(error) => {
                let message = format!("list: {}", sentence(&error));
                return self.checks.push(Check::new("trash", Level::Wrong, message));
            }
        };
        let (level, message) = match self.account.tickets.get(deleted).await {
            Ok(ticket) if ticket.status == Some(Status::Deleted) => {
                (Level::Ok, "a deleted ticket is read as one".to_owned())
            }
            Ok(_) => (
                Level::Wrong,
                "a ticket of the trash is read as if it were not deleted".to_owned(),
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => (
                Level::Ok,
                "a deleted ticket is not found by a read".to_owned(),
            ),
            Err(error) => (Level::Wrong, format!("get: {}", sentence(&error))),
        };
        self.checks.push(Check::new("trash", level, message));
    }

    fn carries(&self, field: Field) -> bool {
        let capabilities = &self.account.tickets.info().capabilities;
        let fields = capabilities.fields(Operation::List);
        fields.is_some_and(|fields| fields.carried().contains(&field))
    }

    /// The first ticket of a list.
    async fn first(&self, query: TicketQuery) -> Result<Option<TicketId>> {
        let mut page = PageRequest::first();
        if self.carries(Field::PageLimit) {
            page = page.limit(1);
        }
        let page = self.account.tickets.list(&query.page(page)).await?;
        Ok(page.items.into_iter().next().map(|ticket| ticket.id))
    }

    fn accepted(&mut self) {
        self.checks.push(Check::new(
            "credentials",
            Level::Ok,
            "the vendor accepts them",
        ));
    }

    /// The error of a read without which the others say nothing.
    fn refused(&mut self, operation: Operation, error: &Error) {
        let check = match error.kind() {
            ErrorKind::Unauthenticated | ErrorKind::TokenExpired => "credentials",
            ErrorKind::Forbidden => "rights",
            ErrorKind::BadResponse => "drift",
            _ => "reads",
        };
        let wrong = self.account.hint(error, None);
        let hint = wrong.map_or_else(String::new, |hint| format!("; {hint}"));
        let message = format!("{operation}: {}{hint}", sentence(error));
        self.checks.push(Check::new(check, Level::Wrong, message));
        self.exchanges.push(exchange(operation, Some(error), &[]));
    }

    /// Compares the replies of an operation with the documented ones.
    fn compare(&mut self, operation: Operation, raws: Result<Vec<RawJson>>) {
        let raws = match raws {
            Ok(raws) => raws,
            Err(error) => return self.refused(operation, &error),
        };
        self.allowed.push(operation.as_str());
        let examples = self.account.documented.iter().copied();
        let documented = Shape::documented(examples.filter(|one| one.operation == operation));
        let values = raws
            .iter()
            .filter_map(|raw| serde_json::from_str(raw.get()).ok());
        let values: Vec<Value> = values.collect();
        let clean = values.iter().map(|value| documented.sanitised(value));
        let clean: Vec<_> = clean.collect();
        self.exchanges.push(exchange(operation, None, &clean));
        let mut found = Shape::default();
        for value in &values {
            found.add("", value);
        }
        let check = |level, message: String| Check::new("drift", level, message);
        if documented.is_empty() || found.is_empty() {
            let why = if found.is_empty() {
                "nothing to compare"
            } else {
                "no documented reply to compare with"
            };
            self.checks
                .push(check(Level::Note, format!("{operation}: {why}")));
            return;
        }
        let differences = found.differences(&documented);
        let mut undocumented = Vec::new();
        let mut is_wrong = false;
        for difference in differences {
            let message = match difference {
                Difference::Undocumented(place) => {
                    undocumented.push(place);
                    continue;
                }
                Difference::Missing(place) => format!("{operation}: `{place}` is missing"),
                Difference::Retyped {
                    place,
                    documented,
                    found,
                } => {
                    format!("{operation}: `{place}` is {found}, documented as {documented}")
                }
            };
            is_wrong = true;
            self.checks.push(check(Level::Wrong, message));
        }
        if !undocumented.is_empty() {
            let message = format!("{operation}: not documented: {}", undocumented.join(", "));
            self.checks.push(check(Level::Note, message));
        }
        if !is_wrong {
            let message = format!("{operation}: {} as documented", replies(values.len()));
            self.checks.push(check(Level::Ok, message));
        }
    }
}

fn sentence(error: &Error) -> String {
    ErrorObject::from(error).sentence()
}

fn replies(count: usize) -> String {
    match count {
        1 => "1 reply".to_owned(),
        count => format!("{count} replies"),
    }
}

/// What was exchanged, without what it says.
fn exchange(operation: Operation, error: Option<&Error>, replies: &[Value]) -> Value {
    json!({
        "operation": operation.as_str(),
        "outcome": error.map_or("ok", |error| error.kind().as_str()),
        "status": error.and_then(Error::status),
        "headers": {},
        "body": replies,
    })
}
