//! A provider of a desk that retires tickets. Such a desk shows a retired ticket to who reads it by its id, and confirms
//! every further delete of it. Only the list hides it, and each change and delete must name the version. So a delete is two
//! requests: the row of the list, and the write. An update is three, because the desk may drop a field; a restore and a purge are one.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value, json};
use ticket_core::model::{RawValue, Version};
use ticket_core::provider::Request as Asked;
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Operation, Page,
    ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider, TicketQuery,
};

use crate::flaws::Flaw;
use crate::provider::Memory;
use crate::wire::percent;

#[derive(Debug)]
pub(crate) struct Careful(pub(crate) Memory);

impl Careful {
    /// The text of the ticket, where it is not retired.
    async fn row(&self, operation: Operation, id: &TicketId) -> Result<String> {
        let memory = &self.0;
        if memory.has(Flaw::LooksWhereTheRetiredAre) {
            let path = memory.path(id, "");
            return memory.send(operation, "GET", path, Value::Null).await;
        }
        let path = format!("/tickets?id={}", percent(id.as_str()));
        let text = memory.send(operation, "GET", path, Value::Null).await?;
        let rows = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&text);
        let rows = rows.ok().and_then(|mut rows| rows.remove("tickets"));
        let rows =
            rows.and_then(|rows| serde_json::from_str::<Vec<Box<RawValue>>>(rows.get()).ok());
        match rows.as_deref() {
            Some([row]) => Ok(row.get().to_owned()),
            Some([]) => {
                let error = Error::new(ErrorKind::NotFound, "there is no such ticket");
                Err(memory.place(error.with_effect(Effect::None), operation))
            }
            _ => Err(memory.bad(operation, "the row cannot be read")),
        }
    }

    /// The write with this version, or with the one that the ticket has now.
    async fn write(
        &self,
        operation: Operation,
        method: &'static str,
        path: String,
        id: &TicketId,
        version: Option<&Version>,
        mut body: Value,
    ) -> Result<String> {
        let memory = &self.0;
        let mut attempts = 0;
        loop {
            let row = self.row(operation, id).await;
            let row = row.map_err(|error| match memory.flaw {
                Some(Flaw::FailedLooksAreUnknown) => error.with_effect(Effect::Unknown),
                _ => error.with_effect(Effect::None),
            })?;
            let row: Value = serde_json::from_str(&row).unwrap_or_default();
            body["version"] = match version {
                Some(_) if memory.has(Flaw::RefusesEveryVersion) => json!("old"),
                Some(version) if !memory.has(Flaw::IgnoresTheVersion) => {
                    json!(version.as_str().parse::<u64>().ok())
                }
                _ => row["version"].clone(),
            };
            let sent = memory.send(operation, method, path.clone(), body.clone());
            let sent = sent.await;
            attempts += 1;
            let is_stale = |error: &Error| error.status() == Some(412);
            let again = memory.has(Flaw::RepeatsWithANewVersion) && attempts < 2;
            if again && sent.as_ref().is_err_and(is_stale) {
                continue;
            }
            return sent;
        }
    }

    /// Reads the ticket back, because the desk confirms an update also where it drops a field.
    async fn confirm(&self, id: &TicketId, patch: &TicketPatch) -> Result<()> {
        let operation = Operation::Update;
        let read = self.row(operation, id).await;
        let read = read.and_then(|row| self.0.ticket(&row, operation));
        let ticket = read.map_err(|error| error.with_effect(Effect::Unknown))?;
        let dropped = patch.not_in(&ticket);
        if dropped.is_empty() {
            return Ok(());
        }
        let given = self.0.patch_body(patch);
        let partly = given
            .as_object()
            .is_some_and(|all| all.len() > dropped.len());
        let partly = partly && !self.0.has(Flaw::DropsHaveNoEffect);
        Err(self
            .0
            .place(Error::not_applied(&dropped, partly), operation))
    }
}

#[async_trait]
impl TicketProvider for Careful {
    fn info(&self) -> &ProviderInfo {
        self.0.info()
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.0.check(&Asked::Get(id))?;
        let row = self.row(Operation::Get, id).await?;
        self.0.ticket(&row, Operation::Get)
    }

    async fn list(&self, context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        let mut page = self.0.list(context, query).await?;
        // What the desk says there is not true.
        let is_past_the_end = page.items.is_empty() && query.page.cursor.is_some();
        if is_past_the_end && !self.0.has(Flaw::BelievesATotalPastTheEnd) {
            page.total = None;
        }
        Ok(page)
    }

    async fn update(
        &self,
        _context: &CallContext,
        id: &TicketId,
        patch: &TicketPatch,
    ) -> Result<()> {
        let operation = Operation::Update;
        self.0.check(&Asked::Update(id, patch))?;
        let body = self.0.patch_body(patch);
        let address = self.0.path(id, "");
        let text = self
            .write(
                operation,
                "PATCH",
                address,
                id,
                patch.if_version.as_ref(),
                body,
            )
            .await?;
        self.0.expect_named(id, &text, operation)?;
        if self.0.has(Flaw::BelievesTheStatus) {
            return Ok(());
        }
        self.confirm(id, patch).await
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let operation = Operation::Delete;
        self.0.check(&Asked::Delete(targets))?;
        let [DeleteTarget { id, version, .. }] = targets else {
            return Ok(DeleteReport::default());
        };
        let path = "/tickets".to_owned();
        let body = json!({ "ids": [id.as_str()] });
        let mut unasked = Vec::new();
        let sent = self
            .write(operation, "DELETE", path, id, version.as_ref(), body)
            .await;
        let result = sent.and_then(|text| {
            let json: Value = serde_json::from_str(&text).unwrap_or_default();
            let ids = json["deleted"].as_array().into_iter().flatten();
            let ids: Vec<_> = ids.filter_map(Value::as_str).map(TicketId::new).collect();
            unasked.extend(ids.iter().filter(|deleted| *deleted != id).cloned());
            if ids.contains(id) {
                return Ok(());
            }
            Err(self.0.bad(operation, "the reply does not name the ticket"))
        });
        Ok(DeleteReport::of_one(id, result)?.with_unasked(unasked))
    }

    async fn purge(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let (memory, operation) = (&self.0, Operation::Purge);
        memory.check(&Asked::Purge(targets))?;
        let [DeleteTarget { id, .. }] = targets else {
            return Ok(DeleteReport::default());
        };
        let path = match memory.flaw {
            Some(Flaw::PurgesNothing) => return DeleteReport::of_one(id, Ok(())),
            Some(Flaw::PurgesWhatIsNotInTheTrash) => memory.path(id, "/erase"),
            _ => memory.path(id, "/purge"),
        };
        let sent = memory.send(operation, "POST", path, Value::Null).await;
        let named = sent.and_then(|text| memory.expect_named(id, &text, operation));
        DeleteReport::of_one(id, named)
    }

    async fn restore(&self, _context: &CallContext, id: &TicketId) -> Result<()> {
        let (memory, operation) = (&self.0, Operation::Restore);
        memory.check(&Asked::Restore(id))?;
        let path = match memory.flaw {
            Some(Flaw::RestoresNothing) => return Ok(()),
            Some(Flaw::MovesBackAndForth) => memory.path(id, "/move"),
            _ => memory.path(id, "/restore"),
        };
        let text = memory.send(operation, "POST", path, Value::Null).await?;
        memory.expect_named(id, &text, operation)
    }
}
