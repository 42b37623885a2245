//! The provider of a desk that carries out the delete of several tickets later.

use async_trait::async_trait;
use serde_json::{Value, json};
use ticket_core::provider::{Request as Asked, VendorJob};
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, Operation, Outcome, ProviderInfo,
    Result, Ticket, TicketId, TicketProvider,
};

use crate::flaws::Flaw;
use crate::provider::Memory;
use crate::wire::percent;

#[derive(Debug)]
pub(crate) struct Later(pub(crate) Memory);

#[async_trait]
impl TicketProvider for Later {
    fn info(&self) -> &ProviderInfo {
        self.0.info()
    }

    async fn get(&self, context: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.0.get(context, id).await
    }

    async fn delete(
        &self,
        context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let (memory, operation) = (&self.0, Operation::Delete);
        if targets.len() < 2 {
            return memory.delete(context, targets).await;
        }
        memory.check(&Asked::Delete(targets))?;
        let ids: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
        let path = "/jobs".to_owned();
        let text = memory.send(operation, "POST", path, json!({ "ids": ids }));
        let json: Value = serde_json::from_str(&text.await?).unwrap_or_default();
        let Some(job) = json["job"].as_u64() else {
            return Err(memory.bad(operation, "the reply names no job"));
        };
        if memory.has(Flaw::TakesAcceptedForDone) {
            return Ok(DeleteReport::from_fn(targets, |_| Outcome::Done));
        }
        let job = VendorJob::new(job.to_string());
        Err(memory.place(Error::accepted(job), operation))
    }

    async fn job(
        &self,
        _context: &CallContext,
        job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        let (memory, operation) = (&self.0, Operation::Job);
        memory.check(&Asked::Job(job, targets))?;
        let path = format!("/jobs/{}", percent(job.as_str()));
        let text = match memory.send(operation, "GET", path, Value::Null).await {
            Err(error) if error.kind() == ErrorKind::NotFound => match memory.flaw {
                Some(Flaw::CallsUnknownJobsBad) => return Err(memory.bad(operation, "no job")),
                Some(Flaw::KeepsUnknownJobsRunning) => return Ok(None),
                _ => return Err(error),
            },
            text => text?,
        };
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        let names = |list: &str, id: &TicketId| {
            let ids = json[list].as_array().into_iter().flatten();
            ids.filter_map(Value::as_str)
                .any(|known| known == id.as_str())
        };
        if json["state"] == "working" {
            return Ok(None);
        }
        if !json["deleted"].is_array() {
            return Err(memory.bad(operation, "the reply tells no outcomes"));
        }
        Ok(Some(DeleteReport::from_fn(targets, |id| {
            let error = |kind| Error::new(kind, "not deleted").on_ticket(id);
            if names("deleted", id) {
                Outcome::Done
            } else if names("missing", id) {
                Outcome::NotFound(memory.place(error(ErrorKind::NotFound), Operation::Delete))
            } else {
                let error = memory.place(error(ErrorKind::BadResponse), Operation::Delete);
                Outcome::Unknown(error)
            }
        })))
    }
}
