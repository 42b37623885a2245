//! The desk's provider, right in every way but for the flaw that it is told to have.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use ticket_core::model::{
    AttachedFile, Created, Cursor, Direction, PageRequest, Priority, RawValue, State,
};
use ticket_core::provider::{Capabilities, Download, Request as Asked};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, Message, NewComment, NewTicket,
    Operation, Outcome, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider,
    TicketQuery,
};

use crate::desk::{Desk, KEY, Request};
use crate::fixture::Extent;
use crate::flaws::Flaw;
use crate::info::info;
use crate::wire::percent;

pub(crate) const ID: &str = "memory";

pub(crate) struct Memory {
    pub(crate) desk: Arc<Desk>,
    pub(crate) key: String,
    pub(crate) info: ProviderInfo,
    other_info: ProviderInfo,
    pub(crate) limit: Option<Duration>,
    pub(crate) flaw: Option<Flaw>,
    pub(crate) has_fresh_token: AtomicBool,
    pub(crate) flawed: Flawed,
}

/// What only a flawed provider remembers.
#[derive(Default)]
pub(crate) struct Flawed {
    pub(crate) asked: AtomicUsize,
    pub(crate) busy: AtomicBool,
    pub(crate) broken: AtomicBool,
    pub(crate) cut_off: AtomicBool,
    pub(crate) failures: AtomicUsize,
    pub(crate) position: AtomicUsize,
    pub(crate) last: Mutex<Option<Ticket>>,
    pub(crate) known: Mutex<BTreeMap<TicketId, Ticket>>,
    pub(crate) filed: Mutex<BTreeMap<String, TicketId>>,
    pub(crate) newest: Mutex<Option<String>>,
}

impl Memory {
    pub(crate) fn new(
        desk: Arc<Desk>,
        extent: Extent,
        flaw: Option<Flaw>,
        limit: Option<Duration>,
    ) -> Self {
        let info = info(extent, flaw);
        Self {
            desk,
            key: KEY.to_owned(),
            other_info: ProviderInfo::new(ID, "Memory", Capabilities::none()),
            info,
            limit,
            flaw,
            has_fresh_token: AtomicBool::default(),
            flawed: Flawed::default(),
        }
    }

    /// What an update sends.
    pub(crate) fn patch_body(&self, patch: &TicketPatch) -> Value {
        let mut body = json!({});
        let status = patch.status.as_ref().map(ToString::to_string);
        let priority = patch.priority.as_ref().map(ToString::to_string);
        for (name, value) in [
            ("subject", &patch.subject),
            ("description", &patch.description),
            ("category", &patch.category),
            ("status", &status),
            ("priority", &priority),
        ] {
            if self.has(Flaw::SwallowsAPatchedField) && name == "category" {
                continue;
            }
            match value {
                Some(_) if name == "status" && self.has(Flaw::ReopensTickets) => {
                    body[name] = json!("open");
                }
                Some(value) => body[name] = json!(value),
                None if self.has(Flaw::OverwritesTheRest) => body[name] = json!(""),
                None => {}
            }
        }
        body
    }

    fn remember(&self, id: &TicketId, ticket: &Ticket) {
        let mut known = self.flawed.known.lock().unwrap();
        known.insert(id.clone(), ticket.clone());
    }
}

#[async_trait]
impl TicketProvider for Memory {
    fn info(&self) -> &ProviderInfo {
        let asked = self.flawed.asked.fetch_add(1, Ordering::Relaxed);
        if self.has(Flaw::ChangesItsMind) && asked % 2 == 1 {
            return &self.other_info;
        }
        &self.info
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        let operation = Operation::Get;
        self.check(&Asked::Get(id))?;
        if self.has(Flaw::KeepsTheLastTicket) {
            let last = self.flawed.last.lock().unwrap().clone();
            if let Some(last) = last {
                return Ok(last);
            }
        }
        if self.has(Flaw::RemembersTickets) {
            let known = self.flawed.known.lock().unwrap().get(id).cloned();
            if let Some(known) = known {
                return Ok(known);
            }
        }
        if self.has(Flaw::MarksTicketsAsRead) {
            let path = self.path(id, "/seen");
            self.send(operation, "POST", path, Value::Null).await?;
        }
        let text = self
            .send(operation, "GET", self.path(id, ""), Value::Null)
            .await?;
        let mut ticket = self.ticket(&text, operation)?;
        if self.has(Flaw::TakesTheAskedId) {
            ticket.id = id.clone();
        }
        *self.flawed.last.lock().unwrap() = Some(ticket.clone());
        self.remember(id, &ticket);
        if self.has(Flaw::MixesReadsUp) {
            tokio::task::yield_now().await;
            let last = self.flawed.last.lock().unwrap().clone();
            return Ok(last.unwrap());
        }
        Ok(ticket)
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        let operation = Operation::List;
        if !self.has(Flaw::DoesTheUndeclared) {
            self.check(&Asked::List(query))?;
        }
        let from = match &query.page.cursor {
            None => 0,
            Some(_) if self.has(Flaw::IgnoresTheCursor) => 0,
            Some(cursor) => match cursor.as_str().parse::<usize>() {
                Ok(_) if self.has(Flaw::KeepsThePosition) => {
                    self.flawed.position.load(Ordering::Relaxed)
                }
                Ok(from) => from,
                Err(_) => {
                    assert!(!self.has(Flaw::PanicsOnForeignCursors), "no such cursor");
                    let message = "the `cursor` is not one that this list gave";
                    return Err(self.place(Error::invalid_input(message), operation));
                }
            },
        };
        let mut path = format!("/tickets?from={from}");
        match query.page.limit {
            Some(limit) if !self.has(Flaw::IgnoresTheLimit) => {
                path = format!("{path}&limit={limit}");
            }
            _ => {}
        }
        match query.state {
            Some(_) if self.has(Flaw::ForgetsTheFilter) && query.page.cursor.is_some() => {}
            Some(state) if !self.has(Flaw::IgnoresTheState) => path.push_str(match state {
                State::Closed => "&state=closed",
                _ => "&state=open",
            }),
            _ => {}
        }
        if self.has(Flaw::ListsTheRetired) {
            path.push_str("&retired=yes");
        }
        if let Some(search) = query
            .search
            .as_ref()
            .filter(|_| !self.has(Flaw::DropsTheSearch))
        {
            path = format!("{path}&search={}", percent(search));
        }
        let requester = query.requester.as_ref();
        if let Some(requester) = requester.filter(|_| !self.has(Flaw::ListsEverybody)) {
            path = format!("{path}&requester={}", percent(requester));
        }
        let text = self.send(operation, "GET", path, Value::Null).await?;
        self.page(&text, from)
    }

    async fn create(&self, context: &CallContext, ticket: &NewTicket) -> Result<Created> {
        let operation = Operation::Create;
        let mut cut = ticket.clone();
        if self.has(Flaw::CutsTexts) {
            cut.subject = cut.subject.chars().take(100).collect();
            cut.description = cut
                .description
                .map(|text| text.chars().take(1000).collect());
        }
        self.check(&Asked::Create(&cut))?;
        if self.has(Flaw::FilesTheSameOnce) {
            let filed = self.flawed.filed.lock().unwrap();
            if let Some(id) = filed.get(&cut.subject) {
                let raw = RawValue::from_string("null".to_owned()).unwrap();
                return Ok(Created::new(id.clone(), raw));
            }
        }
        if self.has(Flaw::StagesFiles) {
            self.stage(operation, &cut.attachments).await?;
        }
        let requester = cut.requester.clone().unwrap_or_default();
        let mut body = json!({
            "subject": cut.subject, "description": cut.description, "name": requester.name,
            "email": requester.email, "phone": requester.phone, "category": cut.category,
            "priority": cut.priority.as_ref().map(Priority::as_str), "tags": cut.tags,
            "files": self.files(&cut.attachments),
        });
        match self.flaw {
            Some(Flaw::ConfusesPriorities) => {
                body["priority"] = json!(cut.priority.as_ref().map(|_| "low"));
            }
            Some(Flaw::SwapsNameAndAddress) => {
                let name = body["name"].take();
                body["name"] = body["email"].take();
                body["email"] = name;
            }
            Some(Flaw::SendsOneTag) => body["tags"] = json!(cut.tags.first()),
            Some(Flaw::SwallowsAField) => body["phone"] = Value::Null,
            Some(Flaw::SwallowsTheSubject) => body["subject"] = json!("No subject"),
            _ => {}
        }
        let key = context.idempotency_key.as_deref();
        if let Some(key) = key.filter(|_| !self.has(Flaw::SendsNoKey)) {
            body["once"] = json!(key);
        }
        let text = self
            .send(operation, "POST", "/tickets".to_owned(), body)
            .await?;
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let id = match &json["id"] {
            Value::Number(id) => id.to_string(),
            Value::String(id) if !self.has(Flaw::GuessesTypes) => id.clone(),
            _ if self.has(Flaw::GuessesTypes) => "0".to_owned(),
            _ => return Err(self.bad(operation, "the reply names no ticket")),
        };
        *self.flawed.newest.lock().unwrap() = Some(id.clone());
        let id = match self.flaw {
            Some(Flaw::MixesCreatesUp) => {
                tokio::task::yield_now().await;
                let newest = self.flawed.newest.lock().unwrap().clone();
                newest.unwrap()
            }
            Some(Flaw::GuessesTheId) => format!("{id}0"),
            _ => id,
        };
        let mut filed = self.flawed.filed.lock().unwrap();
        filed.insert(ticket.subject.clone(), TicketId::new(&*id));
        let raw = RawValue::from_string(text).map_err(|_| self.bad(operation, "no JSON"))?;
        let is_repeat = json["again"] == true && !self.has(Flaw::HidesTheEarlierAttempt);
        Ok(Created::new(id, raw).by_earlier_attempt(is_repeat))
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        let operation = Operation::Update;
        self.check(&Asked::Update(id, patch))?;
        if self.has(Flaw::UpdatesNothing) {
            return Ok(());
        }
        if self.has(Flaw::ReadsBeforeItWrites) {
            self.send(operation, "GET", self.path(id, ""), Value::Null)
                .await?;
        }
        let body = self.patch_body(patch);
        let text = self
            .send(operation, "PATCH", self.path(id, ""), body)
            .await?;
        self.expect_named(id, &text, operation)
    }

    // Written out, so that it can begin before it is polled.
    fn resolve<'a, 'x, 'b, 'c>(
        &'a self,
        _context: &'x CallContext,
        id: &'b TicketId,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'c>>
    where
        'a: 'c,
        'x: 'c,
        'b: 'c,
        Self: 'c,
    {
        if self.has(Flaw::BeginsBeforeItIsPolled) {
            let request = Request {
                method: "POST",
                path: self.path(id, "/resolve"),
                body: String::new(),
                key: self.key.clone(),
            };
            let desk = Arc::clone(&self.desk);
            let sent = tokio::spawn(async move { desk.serve(request).await });
            return Box::pin(async move {
                let reply = sent.await.unwrap().map_err(|broken| self.broken(broken));
                let reply = reply.and_then(|reply| self.read(reply, Operation::Resolve, "POST"));
                reply
                    .map(drop)
                    .map_err(|error| self.place(error, Operation::Resolve))
            });
        }
        Box::pin(async move {
            let operation = Operation::Resolve;
            self.check(&Asked::Resolve(id))?;
            if self.has(Flaw::ClaimsAnOperation) {
                return Err(Error::unsupported(ID, operation));
            }
            let path = self.path(id, "/resolve");
            let text = self.send(operation, "POST", path, Value::Null).await?;
            self.expect_named(id, &text, operation)
        })
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let operation = Operation::Delete;
        self.check(&Asked::Delete(targets))?;
        if (targets.is_empty() && !self.has(Flaw::SendsEmptyDeletes))
            || self.has(Flaw::DeletesNothing)
        {
            return Ok(DeleteReport::from_fn(targets, |_| Outcome::Done));
        }
        let mut sent: Vec<String> = targets.iter().map(|target| target.id.to_string()).collect();
        sent.dedup();
        match self.flaw {
            Some(Flaw::DeletesByTheNumber) => {
                for id in &mut sent {
                    id.retain(|c| c.is_ascii_digit());
                }
            }
            Some(Flaw::DropsAnId) if sent.len() > 1 => _ = sent.pop(),
            Some(Flaw::DeletesTheNeighbour) => {
                let neighbour = sent[0].parse::<u64>().map(|id| (id - 1).to_string());
                sent.extend(neighbour);
            }
            _ => {}
        }
        let batches: Vec<Vec<String>> = match self.flaw {
            Some(Flaw::SplitsBatches) => sent.into_iter().map(|id| vec![id]).collect(),
            _ => vec![sent],
        };
        let (mut deleted, mut missing) = (Vec::new(), Vec::new());
        for ids_sent in batches {
            let open_only = self.has(Flaw::DeletesTheOpenOnly);
            let body = json!({ "ids": ids_sent, "open_only": open_only });
            let text = match self
                .send(operation, "DELETE", "/tickets".to_owned(), body)
                .await
            {
                Err(error) if self.has(Flaw::MakesErrorsOutcomes) => {
                    return Ok(DeleteReport::from_fn(targets, |_| {
                        Outcome::from_error(error.clone())
                    }));
                }
                text => text?,
            };
            let json: Value = serde_json::from_str(&text).unwrap_or_default();
            let texts = |name: &str| -> Vec<String> {
                let list = json[name].as_array().into_iter().flatten();
                list.filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let named = json["deleted"].as_array().map_or(0, Vec::len);
            if self.has(Flaw::OneOddIdSpoilsTheBatch) && texts("deleted").len() < named {
                return Err(self.bad(operation, "the reply has an odd id"));
            }
            if self.has(Flaw::TakesOddIdsForMissing) && texts("deleted").len() < named {
                let lost = ids_sent.iter().filter(|id| !texts("deleted").contains(id));
                missing.extend(lost.cloned());
            }
            deleted.extend(texts("deleted"));
            missing.extend(texts("missing"));
        }
        let error = |kind, id: &TicketId| {
            self.place(Error::new(kind, "not deleted"), operation)
                .on_ticket(id)
        };
        let outcome = |id: &TicketId| {
            let names = |list: &[String]| list.iter().any(|known| known == id.as_str());
            if names(&deleted) {
                Outcome::Done
            } else if names(&missing) && !self.has(Flaw::CallsMissingDeleted)
                || self.has(Flaw::DeletesByTheNumber)
            {
                Outcome::NotFound(error(ErrorKind::NotFound, id))
            } else if names(&missing) || self.has(Flaw::CallsUnmentionedDeleted) {
                Outcome::Done
            } else {
                Outcome::Unknown(error(ErrorKind::BadResponse, id))
            }
        };
        let mut answered = targets.to_vec();
        match self.flaw {
            Some(Flaw::SortsTheAnswers) => answered.sort_by(|one, next| one.id.cmp(&next.id)),
            Some(Flaw::AnswersDuplicatesOnce) => {
                answered.sort_by(|one, next| one.id.cmp(&next.id));
                answered.dedup();
            }
            Some(Flaw::LosesAnAnswer) => _ = answered.pop(),
            _ => {}
        }
        let unasked = deleted.iter().map(TicketId::new).filter(|id| {
            let is_asked = targets.iter().any(|target| target.id == *id);
            !is_asked && !self.has(Flaw::ForgetsUnaskedIds)
        });
        let unasked: Vec<_> = unasked.collect();
        Ok(DeleteReport::from_fn(&answered, outcome).with_unasked(unasked))
    }

    async fn messages(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let operation = Operation::Messages;
        self.check(&Asked::Messages(id, page))?;
        let mut path = match self.flaw {
            Some(Flaw::ReadsEverybodysMessages) => "/messages".to_owned(),
            _ => self.path(id, "/messages"),
        };
        let cursor = page.cursor.as_ref();
        if let Some(cursor) = cursor.filter(|_| !self.has(Flaw::RepeatsMessages)) {
            path = format!("{path}?from={}", percent(cursor.as_str()));
        }
        let page = self.send(operation, "GET", path, Value::Null).await?;
        let bad = || self.bad(operation, "the messages cannot be read");
        let rows: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(&page).map_err(|_| bad())?;
        let part = |name: &str| rows.get(name).map_or("null", |raw| raw.get());
        let texts: Vec<Box<RawValue>> =
            serde_json::from_str(part("messages")).map_err(|_| bad())?;
        let next: Option<u64> = serde_json::from_str(part("next")).map_err(|_| bad())?;
        let next = next.filter(|_| !self.has(Flaw::ReadsTheFirstMessages));
        let mut items = Vec::new();
        for raw in texts {
            let json: Value = serde_json::from_str(raw.get()).map_err(|_| bad())?;
            let mut body = json["text"].as_str().ok_or_else(bad)?.to_owned();
            if self.has(Flaw::TrimsMessages) {
                body = body.trim().into();
            }
            let raw = match self.flaw {
                Some(Flaw::ReadsMessagesWithoutRaw) => RawValue::from_string("{}".to_owned()),
                _ => Ok(raw),
            };
            items.push(Message::new(body, raw.map_err(|_| bad())?));
        }
        let next = next.map(|next| Cursor::new(next.to_string()));
        Ok(Page::last(items).next(next))
    }

    async fn comment(
        &self,
        _context: &CallContext,
        id: &TicketId,
        comment: &NewComment,
    ) -> Result<()> {
        let operation = Operation::Comment;
        self.check(&Asked::Comment(id, comment))?;
        let mut body = comment.body.clone();
        if self.has(Flaw::CutsComments) {
            body = body.chars().take(255).collect();
        }
        let path = self.path(id, "/comments");
        let public = comment.direction == Direction::Outbound || self.has(Flaw::TellsTheCustomer);
        let files = self.files(&comment.attachments);
        let body = json!({ "text": body, "public": public, "files": files });
        let text = self.send(operation, "POST", path, body).await?;
        self.expect_named(id, &text, operation)
    }

    async fn attachments(
        &self,
        _context: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        self.read_files(id, page).await
    }

    async fn download(&self, _context: &CallContext, file: &AttachedFile) -> Result<Download> {
        self.read_file(file).await
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match self.flaw {
            Some(Flaw::PrintsTheKey) => self.key.as_str(),
            _ => "[hidden]",
        };
        f.debug_struct("Memory")
            .field("key", &key)
            .finish_non_exhaustive()
    }
}
