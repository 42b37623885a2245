//! The native client's functions that delete: to the trash, out of it, for good, and what came of the jobs that do so.

use ticket_core::{ErrorKind, Operation, Result};
use ticket_http::HttpRequest;

use crate::client::{API, Zendesk, paged, told};
use crate::error::Names;
use crate::info::ID;
use crate::wire;

impl Zendesk {
    /// `GET /deleted_tickets` by cursor: the trash of the last 30 days, without archived tickets; 10 calls a minute, 5
    /// beyond page 100 (page `deleted_tickets`).
    ///
    /// # Errors
    ///
    /// As [`list_tickets`](Self::list_tickets).
    pub async fn deleted_tickets(
        &self,
        after: Option<&str>,
        size: u32,
    ) -> Result<wire::DeletedTicketPage> {
        let request = paged(self.get(&["deleted_tickets"]), after, size);
        self.read(Operation::List, Names::Nothing, request).await
    }

    /// `DELETE /tickets/{id}`: moves a ticket to the trash, where it is for 30 days; 400 calls a minute (`OpenAPI` text).
    ///
    /// # Errors
    ///
    /// `NotFound`, also for a ticket in the trash (inferred).
    pub async fn delete_ticket(&self, id: &str) -> Result<()> {
        let request = self.http.delete(&[API[0], API[1], "tickets", id]);
        self.call(Operation::Delete, Names::Record, 204, request)
            .await?;
        Ok(())
    }

    /// `DELETE /tickets/destroy_many`: begins a job that moves up to 100 tickets to the trash (page `tickets`; recordings). The
    /// account has at most 30 jobs queued or working (page `job_statuses`).
    ///
    /// # Errors
    ///
    /// `RateLimited` if the account has too many jobs (the status is inferred); `InvalidInput` for more than 100 ids.
    pub async fn delete_tickets(&self, ids: &[&str]) -> Result<wire::JobStatus> {
        let operation = Operation::Delete;
        let request = self
            .http
            .delete(&[API[0], API[1], "tickets", "destroy_many"]);
        let request = request.query("ids", &ids.join(","));
        let response = self.call(operation, Names::Nothing, 200, request).await?;
        let reply: wire::JobReply = told(&response, operation)?;
        Ok(reply.job_status)
    }

    /// `DELETE /deleted_tickets/{id}`: begins a job that deletes a ticket in the trash for good; 1,000 calls a minute
    /// together with [`purge_tickets`](Self::purge_tickets) (`OpenAPI` text; the limit in recordings).
    ///
    /// # Errors
    ///
    /// `NotFound` for a ticket that is not in the trash (inferred); `RateLimited` if the account has too many jobs.
    pub async fn purge_ticket(&self, id: &str) -> Result<wire::JobStatus> {
        let request = self.http.delete(&[API[0], API[1], "deleted_tickets", id]);
        self.begin_purge(Names::Record, request).await
    }

    /// `DELETE /deleted_tickets/destroy_many`: begins a job that deletes up to 100 tickets in the trash for good. One that
    /// fails does not stop the others (`OpenAPI` text).
    ///
    /// # Errors
    ///
    /// As [`delete_tickets`](Self::delete_tickets).
    pub async fn purge_tickets(&self, ids: &[&str]) -> Result<wire::JobStatus> {
        let path = [API[0], API[1], "deleted_tickets", "destroy_many"];
        let request = self.http.delete(&path).query("ids", &ids.join(","));
        self.begin_purge(Names::Nothing, request).await
    }

    async fn begin_purge(&self, names: Names, request: HttpRequest<'_>) -> Result<wire::JobStatus> {
        let operation = Operation::Purge;
        let response = self.call(operation, names, 200, request).await?;
        let reply: wire::JobReply = told(&response, operation)?;
        Ok(reply.job_status)
    }

    /// `GET /job_statuses/{id}`: a job and its results, for a day (page `job_statuses`; recordings).
    ///
    /// # Errors
    ///
    /// `NotFound` for a job that Zendesk no longer knows.
    pub async fn job_status(&self, id: &str) -> Result<wire::JobStatus> {
        let request = self.get(&["job_statuses", id]);
        let reply: wire::JobReply = self.read(Operation::Job, Names::Record, request).await?;
        Ok(reply.job_status)
    }

    /// `PUT /deleted_tickets/{id}/restore`: takes a ticket out of the trash (page `deleted_tickets`; recordings).
    ///
    /// # Errors
    ///
    /// `NotFound` for a ticket that is not in the trash.
    pub async fn restore_ticket(&self, id: &str) -> Result<()> {
        let operation = Operation::Restore;
        let request = self
            .http
            .put(&[API[0], API[1], "deleted_tickets", id, "restore"]);
        let response = self.call(operation, Names::Record, 200, request).await?;
        // The reply is an empty object.
        let reply: wire::Refusal = told(&response, operation)?;
        if reply.error.is_some() {
            let message = "the reply to the restore is an error";
            let error = response.error_of(ErrorKind::BadResponse, message);
            return Err(error.in_operation(ID, operation));
        }
        Ok(())
    }
}
