//! What is looked up before a write: the ids of statuses and priorities, once, and what the account may do.

use serde_json::Value;
use ticket_core::model::{Priority, Status};
use ticket_core::{Error, ErrorKind, Operation, Result};

use crate::client::{Redmine, preparing};
use crate::confirm::is_number;
use crate::info::{ID, MAX_ROLES};
use crate::site::Site;
use crate::wire::{self, ChangedIssue, Named};

/// The right without which a private note becomes public.
const PRIVATE_NOTES: &str = "set_notes_private";

impl Redmine {
    async fn statuses(&self, operation: Operation) -> Result<&[wire::Status]> {
        if let Some(known) = self.site.statuses.get() {
            return Ok(known);
        }
        let read = self.issue_statuses().await.map_err(preparing(operation))?;
        Ok(self.site.statuses.get_or_init(|| read))
    }

    async fn priorities(&self, operation: Operation) -> Result<&[wire::Named]> {
        if let Some(known) = self.site.priorities.get() {
            return Ok(known);
        }
        let read = self
            .issue_priorities()
            .await
            .map_err(preparing(operation))?;
        Ok(self.site.priorities.get_or_init(|| read))
    }

    /// The id of the status that a resolved ticket gets.
    pub(crate) async fn resolved_status(&self, operation: Operation) -> Result<u64> {
        let statuses = self.statuses(operation).await?;
        let found = match &self.site.resolved_status {
            Some(name) => statuses.iter().find(|status| Site::is(status, name)),
            None => statuses
                .iter()
                .find(|status| status.is_closed == Some(true)),
        };
        found.map(|status| status.id).ok_or_else(|| {
            let error = Error::config(
                "the site has no such status; see REDMINE_RESOLVED_STATUS, which must be a name or an id",
            );
            error.in_operation(ID, operation)
        })
    }

    /// The id of a status to set.
    pub(crate) async fn status_id(&self, operation: Operation, status: &Status) -> Result<u64> {
        let statuses = self.statuses(operation).await?;
        let named = |name: &str| statuses.iter().find(|status| Site::is(status, name));
        let found = match status {
            Status::Open => statuses
                .iter()
                .find(|status| status.is_closed == Some(false)),
            Status::OnHold => named("Feedback"),
            Status::Resolved => match named("Resolved") {
                Some(resolved) if self.site.resolved_status.is_none() => Some(resolved),
                _ => return self.resolved_status(operation).await,
            },
            Status::Closed => statuses
                .iter()
                .find(|status| status.is_closed == Some(true)),
            other => named(other.as_str()),
        };
        found
            .map(|status| status.id)
            .ok_or_else(|| unknown(operation, "status", status.as_str()))
    }

    /// The id of a priority.
    pub(crate) async fn priority_id(
        &self,
        operation: Operation,
        priority: &Priority,
    ) -> Result<u64> {
        let names: &[&str] = match priority {
            Priority::Medium => &["Normal", "Medium"],
            other => &[other.as_str()],
        };
        let priorities = self.priorities(operation).await?;
        let is_named = |known: &&wire::Named| {
            names.iter().any(|name| {
                known.id.to_string() == *name
                    || known
                        .name
                        .as_ref()
                        .is_some_and(|known| known.eq_ignore_ascii_case(name))
            })
        };
        let found = priorities.iter().find(is_named);
        found
            .map(|priority| priority.id)
            .ok_or_else(|| unknown(operation, "priority", priority.as_str()))
    }

    /// Puts ids in the place of names that no issue shows, so that the change can be held against the ticket afterwards.
    pub(crate) async fn replace_names(
        &self,
        operation: Operation,
        issue: &mut ChangedIssue,
    ) -> Result<()> {
        if let Some(Value::String(project)) = issue.others.get_mut("project_id") {
            if !is_number(project) {
                *project = self.project_id(operation, project).await?.to_string();
            }
        }
        if issue.assigned_to_id.as_deref() == Some("me") {
            issue.assigned_to_id = Some(self.account_id(operation).await?.to_string());
        }
        Ok(())
    }

    /// The id of the account.
    async fn account_id(&self, operation: Operation) -> Result<u64> {
        if let Some(known) = self.site.account.get() {
            return Ok(*known);
        }
        let user = self.current_user().await.map_err(preparing(operation))?;
        Ok(*self.site.account.get_or_init(|| user.id))
    }

    /// The id of the project with this identifier.
    async fn project_id(&self, operation: Operation, identifier: &str) -> Result<u64> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if identifier.is_empty() || !identifier.bytes().all(is_letter) {
            return Err(unknown_project(
                operation,
                ErrorKind::InvalidInput,
                identifier,
            ));
        }
        if let Some(known) = self.site.project_id(identifier) {
            return Ok(known);
        }
        let read = self.project(identifier).await;
        let project = read.map_err(|error| match error.kind() {
            ErrorKind::NotFound => unknown_project(operation, ErrorKind::InvalidInput, identifier),
            ErrorKind::Forbidden => unknown_project(operation, ErrorKind::Forbidden, identifier),
            _ => preparing(operation)(error),
        })?;
        self.site.keep_project(identifier, project.id);
        Ok(project.id)
    }

    /// Refuses a private note where the account may not write one: Redmine would make it public without a word.
    pub(crate) async fn expect_private_notes(&self, project: Option<&Named>) -> Result<()> {
        let operation = Operation::Comment;
        let user = self.current_user().await.map_err(preparing(operation))?;
        if user.admin == Some(true) {
            return Ok(());
        }
        let project = project.map(|project| project.id);
        let memberships = user.memberships.unwrap_or_default().into_iter();
        let here = memberships.filter(|membership| Some(membership.project.id) == project);
        for role in here.flat_map(|membership| membership.roles).take(MAX_ROLES) {
            let role = self.role(role.id).await.map_err(preparing(operation))?;
            let mut rights = role.permissions.unwrap_or_default().into_iter();
            if rights.any(|right| right == PRIVATE_NOTES) {
                return Ok(());
            }
        }
        let message = "the account has no role with the right to private notes in the ticket's project, and Redmine \
                       would make the note public; nothing was sent";
        Err(Error::new(ErrorKind::Forbidden, message).in_operation(ID, operation))
    }
}

fn unknown_project(operation: Operation, kind: ErrorKind, name: &str) -> Error {
    let name: String = name.chars().take(40).collect();
    let message = format!(
        "the account sees no project {name:?}; `project_id` must be the id or the identifier of one"
    );
    Error::new(kind, message).in_operation(ID, operation)
}

fn unknown(operation: Operation, what: &str, name: &str) -> Error {
    let name: String = name.chars().take(40).collect();
    let message = format!("the site has no {what} {name:?}; give one of its names or ids");
    Error::invalid_input(message).in_operation(ID, operation)
}
