//! How the flawed provider reads tickets, lists of them and replies to writes, and how it writes files.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ticket_core::model::{
    Attachment, AttachmentSource, Cursor, Person, Priority, RawValue, Status, Version,
};
use ticket_core::{Effect, Error, ErrorKind, Operation, Page, Result, Ticket, TicketId};

use crate::desk::PAGE;
use crate::flaws::Flaw;
use crate::provider::Memory;
use crate::wire::base64;

/// What the desk writes in place of half of a surrogate pair, which is not valid JSON.
const LONE_SURROGATE: &str = r"\ud83d";

impl Memory {
    /// Files as the desk takes them, in base64.
    pub(crate) fn files(&self, attachments: &[Attachment]) -> Vec<Value> {
        let count = match self.flaw {
            Some(Flaw::SendsOneFile) => 1,
            _ => attachments.len(),
        };
        let files = attachments.iter().take(count).map(|file| {
            let AttachmentSource::Bytes(bytes) = &file.source else {
                panic!("the suite gives bytes")
            };
            let data = match self.flaw {
                Some(Flaw::SendsEmptyFiles) => String::new(),
                _ => base64(&String::from_utf8_lossy(bytes)),
            };
            json!({ "name": file.name, "data": data })
        });
        files.collect()
    }

    pub(crate) fn with_whole_characters(&self, body: String) -> String {
        match self.flaw {
            Some(Flaw::OneOddRowEndsTheList) => body,
            _ => body.replace(LONE_SURROGATE, "\u{fffd}"),
        }
    }

    /// Rejects the reply to a write that names another ticket.
    pub(crate) fn expect_named(
        &self,
        id: &TicketId,
        text: &str,
        operation: Operation,
    ) -> Result<()> {
        let json: Value = serde_json::from_str(text).unwrap_or_default();
        let named = match &json["id"] {
            Value::String(named) => named.clone(),
            named => named.to_string(),
        };
        let looks_not = [Flaw::IgnoresWhomAWriteNames, Flaw::IgnoresErrorsInASuccess];
        if named == id.as_str() || looks_not.into_iter().any(|flaw| self.has(flaw)) {
            return Ok(());
        }
        let message = format!("the vendor answered about the ticket {named}");
        let error = Error::new(ErrorKind::Conflict, message).with_effect(Effect::Unknown);
        Err(self.place(error, operation))
    }

    /// A page of tickets that begins after `from` others.
    pub(crate) fn page(&self, text: &str, from: usize) -> Result<Page<Ticket>> {
        let operation = Operation::List;
        let bad = || self.bad(operation, "the list cannot be read");
        let rows: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(text).map_err(|_| bad())?;
        let part = |name: &str| rows.get(name).map_or("null", |raw| raw.get());
        let tickets: Vec<Box<RawValue>> =
            serde_json::from_str(part("tickets")).map_err(|_| bad())?;
        let end = from + tickets.len();
        let (mut items, mut gaps) = (Vec::new(), Vec::new());
        for raw in tickets {
            let json: Value = serde_json::from_str(raw.get()).map_err(|_| bad())?;
            if json["id"].is_null() && !self.has(Flaw::OneOddRowEndsTheList) {
                gaps.push("a row has no id".to_owned());
                continue;
            }
            let is_date = json["created"]
                .as_str()
                .is_some_and(|date| date.ends_with('Z'));
            if self.has(Flaw::DropsOddRows) && !is_date {
                continue;
            }
            items.push(self.ticket(raw.get(), operation)?);
        }
        let count = |name: &str| serde_json::from_str::<Option<u64>>(part(name)).map_err(|_| bad());
        let (mut next, mut total) = (count("next")?, count("total")?);
        self.flawed
            .position
            .store(end, std::sync::atomic::Ordering::Relaxed);
        match self.flaw {
            Some(Flaw::SkipsARow) => next = next.map(|next| next + 1),
            Some(Flaw::RepeatsARow) => next = next.map(|next| next - 1),
            Some(Flaw::AlwaysHasANextPage) => next = Some(end as u64),
            Some(Flaw::LosesTheLastPage) => {
                next = next.filter(|next| Some(next + PAGE as u64) <= total);
            }
            Some(Flaw::RepeatsAFullLastPage) if next.is_none() && items.len() == PAGE => {
                next = Some(from as u64);
            }
            Some(Flaw::EndsByTheTotal) => next = next.filter(|next| Some(*next) < total),
            Some(Flaw::MakesItsOwnTotal) => total = next.is_none().then_some(end as u64),
            Some(Flaw::LosesRowsInSilence) => gaps.clear(),
            Some(Flaw::CountsThePage) => total = Some(items.len() as u64),
            Some(Flaw::ListsOtherIds) => {
                for item in &mut items {
                    item.id = TicketId::new(format!("T-{}", item.id));
                }
            }
            Some(Flaw::ListsWithoutRaw) => {
                for item in &mut items {
                    item.raw = RawValue::from_string("null".to_owned()).unwrap().into();
                }
            }
            Some(Flaw::CutsListedSubjects) => {
                for item in &mut items {
                    let subject = item.subject.take();
                    item.subject = subject.map(|text| text.chars().take(80).collect());
                }
            }
            Some(Flaw::SwallowsTheFirstRow) => _ = items.drain(..1.min(items.len())),
            _ => {}
        }
        let next = next.map(|next| Cursor::new(next.to_string()));
        Ok(Page::last(items).next(next).total(total).gaps(gaps))
    }

    pub(crate) fn ticket(&self, text: &str, operation: Operation) -> Result<Ticket> {
        let bad = || self.bad(operation, "the ticket cannot be read");
        let json: Value = serde_json::from_str(text).map_err(|_| bad())?;
        let id = match (&json["id"], self.has(Flaw::GuessesTypes)) {
            (Value::Number(id), _) => id.to_string(),
            (Value::String(id), false) => id.clone(),
            (_, true) => json["id"].as_u64().unwrap_or_default().to_string(),
            _ => return Err(bad()),
        };
        let text_of = |name: &str| match &json[name] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ if self.has(Flaw::GuessesTypes) => Ok(None),
            _ => Err(bad()),
        };
        let raw = match self.flaw {
            Some(Flaw::RebuildsRaw) => json.to_string(),
            _ => text.to_owned(),
        };
        let is_date = json["created"]
            .as_str()
            .is_none_or(|date| date.ends_with('Z'));
        let is_date = is_date && !json["created"].is_number();
        if !is_date && self.has(Flaw::OneOddRowEndsTheList) {
            return Err(bad());
        }
        let mut ticket = Ticket::new(id, RawValue::from_string(raw).map_err(|_| bad())?);
        ticket.subject = text_of("subject")?;
        if self.has(Flaw::DropsHalfCharacters) {
            ticket.subject = ticket.subject.filter(|text| !text.contains('\u{fffd}'));
        }
        ticket.description = text_of("description")?;
        let version = json["version"].as_u64();
        ticket.version = version.map(|version| Version::new(version.to_string()));
        ticket.category = text_of("category")?;
        if self.has(Flaw::ShowsTheKeyInATicket) {
            ticket.category = Some(format!("via {}", base64(&format!("x{}", self.key))));
        }
        ticket.status = text_of("status")?.map(|status| match status.as_str() {
            "open" => Status::Open,
            "on_hold" => Status::OnHold,
            "closed" => Status::Closed,
            "resolved" if self.has(Flaw::ReadsResolvedAsOpen) => Status::Open,
            "resolved" => Status::Resolved,
            _ if self.has(Flaw::ReadsUnknownStatusesAsOpen) => Status::Open,
            _ => Status::Other(status),
        });
        ticket.priority = text_of("priority")?.map(|name| match Priority::from_name(&name) {
            Priority::Other(_) if self.has(Flaw::ReadsUnknownPrioritiesAsMedium) => {
                Priority::Medium
            }
            priority => priority,
        });
        ticket.requester = text_of("email")?.map(|email| Person::default().email(email));
        Ok(ticket)
    }
}
