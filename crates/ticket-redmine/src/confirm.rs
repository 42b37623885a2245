//! Holds a ticket as it is after a change against what was sent: Redmine drops without a word what the caller may not
//! change, what the workflow forbids, and what it does not know.

use serde_json::Value;
use ticket_core::model::FieldValue;
use ticket_core::{Effect, Error, ErrorKind, Result};

use crate::wire::{ChangedIssue, Issue, Named};

/// Rejects a change of which something was dropped, naming it.
pub(crate) fn confirm(sent: &ChangedIssue, issue: &Issue) -> Result<()> {
    // Every issue has a status: a reply without it does not show what was dropped.
    if issue.status.is_none() {
        let message = "the vendor's reply does not show the ticket as it is after the change";
        return Err(Error::new(ErrorKind::BadResponse, message).with_effect(Effect::Unknown));
    }
    let dropped = dropped(sent, issue);
    if dropped.is_empty() {
        return Ok(());
    }
    let partly = dropped.len() < checks(sent, issue).len() || !sent.uploads.is_empty();
    Err(Error::not_applied(&dropped, partly))
}

/// The names of the fields that were sent and that the issue does not have.
pub(crate) fn dropped(sent: &ChangedIssue, issue: &Issue) -> Vec<String> {
    let checks = checks(sent, issue).into_iter();
    let dropped = checks.filter(|(_, is_there)| !is_there);
    dropped.map(|(name, _)| name).collect()
}

/// The names of the fields that were sent, each with whether the ticket has its value.
fn checks(sent: &ChangedIssue, issue: &Issue) -> Vec<(String, bool)> {
    let mut checks = Vec::new();
    let mut check = |name: &str, is_there: bool| checks.push((name.to_owned(), is_there));
    let id = |named: &Option<Named>| named.as_ref().map(|named| named.id);
    if let Some(subject) = &sent.subject {
        check("subject", issue.subject.as_ref() == Some(subject));
    }
    if let Some(description) = &sent.description {
        let read = issue.description.as_deref().unwrap_or_default();
        check("description", lines(description) == lines(read));
    }
    if let Some(status) = sent.status_id {
        let read = issue.status.as_ref().map(|status| status.id);
        check("status", read == Some(status));
    }
    if let Some(priority) = sent.priority_id {
        check("priority", id(&issue.priority) == Some(priority));
    }
    if let Some(assignee) = &sent.assigned_to_id {
        let read = id(&issue.assigned_to);
        let is_there = match assignee.as_str() {
            // Of a new ticket only, whose author is the account; an update names the account by its id.
            "me" => read.is_some() && read == id(&issue.author),
            assignee => read.map(|id| id.to_string()).as_deref() == Some(assignee),
        };
        check("assignee", is_there);
    }
    for field in &sent.custom_fields {
        let mut fields = issue.custom_fields.iter().flatten();
        let read = fields.find(|known| known.id == field.id);
        let read = read.map_or(Value::Null, |field| field.value.clone());
        check(&format!("cf_{}", field.id), is_same(&field.value, &read));
    }
    for (name, value) in &sent.others {
        let read = match name.as_str() {
            // An identifier is only sent for a new ticket, and Redmine files none in another project (observed).
            "project_id" if !value.as_str().is_none_or(is_number) => continue,
            "project_id" => id(&issue.project).map(Value::from),
            "tracker_id" => id(&issue.tracker).map(Value::from),
            "category_id" => id(&issue.category).map(Value::from),
            "parent_issue_id" => id(&issue.parent).map(Value::from),
            "fixed_version_id" => id(&issue.fixed_version).map(Value::from),
            "start_date" => issue.start_date.clone().map(Value::from),
            "due_date" => issue.due_date.clone().map(Value::from),
            "done_ratio" => issue.done_ratio.map(Value::from),
            "estimated_hours" => {
                let hours = value.as_f64().or_else(|| value.as_str()?.parse().ok());
                check(name, hours == issue.estimated_hours);
                continue;
            }
            "is_private" => issue.is_private.map(Value::from),
            _ => None,
        };
        check(name, is_same(value, &read.unwrap_or_default()));
    }
    checks
}

/// Redmine ends lines with `\r\n`, whatever was sent (observed).
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether this is an id: no identifier of a project consists of digits only.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_same(sent: &Value, read: &Value) -> bool {
    let value = |json: &Value| FieldValue::from_json(json.clone());
    let nothing = || FieldValue::Many(Vec::new());
    let read = value(read).unwrap_or_else(nothing);
    value(sent).unwrap_or_else(nothing).is_same(&read)
}
