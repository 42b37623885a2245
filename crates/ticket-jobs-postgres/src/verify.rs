//! Recounts a job from its rows.

use ticket_core::Result;
use ticket_jobs::JobId;
use tokio_postgres::types::Type;

use crate::ledger::PostgresLedger;
use crate::pool::Again::Always;

impl PostgresLedger {
    pub(crate) async fn verify_job(&self, job: &JobId) -> Result<Vec<String>> {
        self.exists(job).await?;
        let params = [(&job.as_str() as _, Type::TEXT)];
        let rows = self
            .rows(Always, "SELECT tickets.verify($1)", &params)
            .await?;
        let found = rows.iter();
        Ok(found
            .map(|row| row.try_get(0).unwrap_or_default())
            .collect())
    }
}
