//! What each site names in its own way: statuses and priorities.

use std::sync::{Mutex, OnceLock, PoisonError};

use ticket_core::model::{Priority, Status};
use ticket_core::{Error, Result};

use crate::config::RedmineConfig;
use crate::wire;

/// A site, as configured and as far as it is known. `Debug` prints the configuration only.
pub(crate) struct Site {
    pub(crate) project: Option<String>,
    pub(crate) resolved_status: Option<String>,
    pub(crate) max_attachment_bytes: u64,
    /// Read once, before the first write that names a status: one that is added later needs a new client.
    pub(crate) statuses: OnceLock<Vec<wire::Status>>,
    /// Likewise.
    pub(crate) priorities: OnceLock<Vec<wire::Named>>,
    /// The id of the account, read before the first update that assigns a ticket to `me`.
    pub(crate) account: OnceLock<u64>,
    /// The identifier of the project that an update named last, and its id.
    last_project: Mutex<Option<(String, u64)>>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site")
            .field("project", &self.project)
            .field("resolved_status", &self.resolved_status)
            .field("max_attachment_bytes", &self.max_attachment_bytes)
            .finish_non_exhaustive()
    }
}

impl Site {
    pub(crate) fn new(config: &RedmineConfig) -> Result<Self> {
        for (name, value) in [
            ("project", &config.project),
            ("resolved_status", &config.resolved_status),
        ] {
            if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
                return Err(Error::config(format!("`{name}` is empty")));
            }
        }
        Ok(Self {
            project: config.project.clone(),
            resolved_status: config.resolved_status.clone(),
            max_attachment_bytes: config.max_attachment_bytes,
            statuses: OnceLock::new(),
            priorities: OnceLock::new(),
            account: OnceLock::new(),
            last_project: Mutex::new(None),
        })
    }

    /// The id of a project, if it is the one that was named last.
    pub(crate) fn project_id(&self, identifier: &str) -> Option<u64> {
        let last = self.last_project.lock();
        let last = last.unwrap_or_else(PoisonError::into_inner);
        let (known, id) = last.as_ref()?;
        (known == identifier).then_some(*id)
    }

    pub(crate) fn keep_project(&self, identifier: &str, id: u64) {
        let last = self.last_project.lock();
        *last.unwrap_or_else(PoisonError::into_inner) = Some((identifier.to_owned(), id));
    }

    /// Whether the status has this name or this id.
    pub(crate) fn is(status: &wire::Status, name: &str) -> bool {
        status.id.to_string() == name
            || status
                .name
                .as_ref()
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
    }

    /// A status as it is read. Sites name their statuses themselves: these are the names of the default data.
    pub(crate) fn status(&self, status: &wire::Status) -> Option<Status> {
        let name = status.name.clone()?;
        let resolved = self.resolved_status.as_deref();
        if resolved.is_some_and(|resolved| Self::is(status, resolved)) {
            return Some(Status::Resolved);
        }
        if status.is_closed == Some(true) {
            return Some(Status::Closed);
        }
        Some(match name.as_str() {
            "New" | "In Progress" => Status::Open,
            "Resolved" => Status::Resolved,
            "Feedback" => Status::OnHold,
            // An older server does not say which statuses close a ticket.
            "Closed" | "Rejected" if status.is_closed.is_none() => Status::Closed,
            _ => Status::Other(name),
        })
    }
}

/// A priority as it is read, by the names of the default data.
pub(crate) fn priority(name: &str) -> Priority {
    match name {
        "Normal" => Priority::Medium,
        name => Priority::from_name(name),
    }
}
