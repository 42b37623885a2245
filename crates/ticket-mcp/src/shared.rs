//! What the tools get of the server.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rmcp::service::{RequestContext, RoleServer};
use ticket_jobs::{Job, JobId, Jobs};
use tickets::{Error, ErrorKind, Result};

use crate::ask::Asks;
use crate::audit::{Audit, Entry};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::running::Running;
use crate::scope::Scope;
use crate::search::Searches;
use crate::text;

/// Words that a person types in a terminal: what is done (`confirm`, `run`) with which job.
pub(crate) type Command = dyn Fn(&str, &JobId) -> Option<String> + Send + Sync;

/// What all calls share.
pub(crate) struct Shared {
    pub(crate) scope: Arc<Scope>,
    pub(crate) jobs: Jobs,
    pub(crate) policy: Policy,
    pub(crate) searches: Searches,
    pub(crate) asks: Asks,
    pub(crate) running: Running,
    pub(crate) command: Box<Command>,
    pub(crate) audit: Audit,
    /// Whether a line of the audit could not be written.
    pub(crate) is_unaudited: AtomicBool,
}

/// A call, as its audit tells it.
pub(crate) struct Called {
    pub(crate) entry: Entry,
}

impl Shared {
    /// The job with this id, if the client may see it.
    pub(crate) async fn job(&self, id: &JobId) -> Result<Job, Refusal> {
        let unknown = || Error::new(ErrorKind::NotFound, format!("there is no job {id}"));
        let job = match self.jobs.ledger().job(id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(unknown().into()),
            job => job?,
        };
        if self.scope.covers(&job) {
            Ok(job)
        } else {
            Err(unknown().into())
        }
    }

    /// What a person types to do this with a job.
    pub(crate) fn command(&self, verb: &str, job: &Job) -> Option<String> {
        (self.command)(verb, &job.id)
    }

    /// How a person confirms a job without this server.
    pub(crate) fn person(&self, job: &Job) -> String {
        match (self.command("confirm", job), self.command("run", job)) {
            (Some(confirm), Some(run)) => {
                format!(
                    "a person confirms it in a terminal with `{confirm}`, then runs it with `{run}`"
                )
            }
            _ => "the jobs of this server end with it, so nobody can confirm it later".to_owned(),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("scope", &self.scope)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// The name that a client gives itself.
pub(crate) fn client(context: &RequestContext<RoleServer>) -> Option<String> {
    let client = context.client_info()?;
    Some(text::line(
        &format!("{} {}", client.name, client.version),
        60,
    ))
}
