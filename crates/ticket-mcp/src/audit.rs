//! The audit: one line of JSON for each call, without the values of its arguments.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use ticket_jobs::Job;

/// What came of a call.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Entry {
    at: Timestamp,
    /// The name that the client gives itself.
    client: Option<String>,
    tool: &'static str,
    /// `ok`, `asked` or the kind of the refusal.
    pub(crate) result: &'static str,
    /// Whether a refused change may have happened all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tickets: Option<u64>,
    /// What a person answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<&'static str>,
}

impl Entry {
    pub(crate) fn new(at: Timestamp, client: Option<String>, tool: &'static str) -> Self {
        Self {
            at,
            client,
            tool,
            ..Self::default()
        }
    }

    /// Notes the job that the call is about, as the ledger has it.
    pub(crate) fn of(&mut self, job: &Job) {
        self.job = Some(job.id.to_string());
        self.digest.clone_from(&job.digest);
        self.tickets = Some(job.tickets);
    }
}

/// Where the lines go.
pub(crate) struct Audit(Mutex<Box<dyn Write + Send>>);

impl Audit {
    pub(crate) fn new(output: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(output)))
    }

    /// Writes a line.
    pub(crate) fn write(&self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(&line)?;
        output.flush()
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit")
    }
}
