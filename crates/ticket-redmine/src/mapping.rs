//! Domain types to Redmine's and back. What is sent where is `provider.rs`.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use ticket_core::model::{AttachedFile, CustomFields, Direction, FieldValue, Person, State, Times};
use ticket_core::{Error, Message, NewTicket, Result, Ticket, TicketId, TicketPatch, TicketQuery};
use ticket_http::Reply;

use crate::cursor::Position;
use crate::site::{Site, priority};
use crate::wire::{self, ChangedIssue, Filter, Issue, NewCustomField};

/// The fields of an issue that are sent by Redmine's own names. Nothing else is: Redmine would drop it without a word.
const OTHERS: &[&str] = &[
    "project_id",
    "tracker_id",
    "category_id",
    "parent_issue_id",
    "fixed_version_id",
    "start_date",
    "due_date",
    "done_ratio",
    "estimated_hours",
    "is_private",
];

/// The filters by ids that are sent by Redmine's own names.
const FILTERS: &[&str] = &[
    "project_id",
    "tracker_id",
    "category_id",
    "assigned_to_id",
    "parent_id",
    "fixed_version_id",
];

pub(crate) fn ticket(reply: Reply<Issue>, site: &Site) -> Ticket {
    let issue = reply.value;
    let mut ticket = Ticket::new(issue.id, reply.raw);
    ticket.subject = issue.subject;
    ticket.description = issue.description;
    ticket.status = issue.status.and_then(|status| site.status(&status));
    ticket.priority = name(issue.priority).map(|name| priority(&name));
    ticket.category = name(issue.category);
    ticket.requester = issue.author.map(person);
    ticket.assignee = issue.assigned_to.map(person);
    ticket.created_at = issue.created_on;
    ticket.updated_at = issue.updated_on;
    // It stays when the ticket is opened again.
    let is_open = ticket.status.as_ref().is_some_and(|status| {
        use ticket_core::model::Status;
        matches!(status, Status::Open | Status::OnHold)
    });
    ticket.closed_at = issue.closed_on.filter(|_| !is_open);
    let custom = issue.custom_fields.unwrap_or_default().into_iter();
    below(issue.children, &mut ticket.subtickets);
    ticket.custom = custom
        .filter_map(|field| {
            let value = FieldValue::from_json(field.value)?;
            Some((format!("cf_{}", field.id), value))
        })
        .collect();
    ticket
}

/// The subtasks, and theirs.
fn below(subtasks: Vec<wire::Subtask>, ids: &mut Vec<TicketId>) {
    for subtask in subtasks {
        ids.push(TicketId::new(subtask.id.as_str()));
        below(subtask.children, ids);
    }
}

/// A public note of the ticket's author is taken for one of the customer (inferred): Redmine has users, and no customers.
pub(crate) fn message(reply: Reply<wire::Journal>, author: Option<u64>) -> Message {
    let journal = reply.value;
    let by = journal.user.as_ref().map(|user| user.id);
    let direction = match journal.private_notes {
        Some(true) => Some(Direction::Internal),
        Some(false) if author.is_some() && by == author => Some(Direction::Inbound),
        Some(false) if by.is_some() => Some(Direction::Outbound),
        _ => None,
    };
    let mut message = Message::new(journal.notes.unwrap_or_default(), reply.raw);
    message.id = Some(journal.id.into_string());
    message.author = journal.user.map(person);
    message.direction = direction;
    message.created_at = journal.created_on;
    message
}

pub(crate) fn file(reply: Reply<wire::Attachment>) -> AttachedFile {
    let wire = reply.value;
    let mut file = AttachedFile::new(wire.id.into_string(), reply.raw);
    file.name = wire.filename;
    file.media_type = wire.content_type;
    file.size = wire.filesize;
    file.created_at = wire.created_on;
    file
}

/// The gap that rows leave which cannot be read.
pub(crate) fn unreadable_rows(rows: usize) -> String {
    match rows {
        1 => "a row of the page has no readable id".to_owned(),
        rows => format!("{rows} rows of the page have no readable id"),
    }
}

/// A new issue, without the id of its priority and its files.
pub(crate) fn create(ticket: &NewTicket, site: &Site) -> Result<ChangedIssue> {
    let mut issue = ChangedIssue {
        subject: Some(ticket.subject.clone()),
        description: ticket.description.clone(),
        assigned_to_id: ticket.assignee.as_deref().map(assignee).transpose()?,
        ..ChangedIssue::default()
    };
    custom(&mut issue, &ticket.custom)?;
    // A ticket may name another project than the configured one.
    if !issue.others.contains_key("project_id") {
        let Some(project) = &site.project else {
            return Err(Error::invalid_input(
                "Redmine requires a project; give `project_id`, or see REDMINE_PROJECT",
            ));
        };
        issue.project_id = Some(project.clone());
    }
    Ok(issue)
}

/// The changes of an issue, without the ids of its status and priority and without its files.
pub(crate) fn update(patch: &TicketPatch) -> Result<ChangedIssue> {
    let mut issue = ChangedIssue {
        subject: patch.subject.clone(),
        description: patch.description.clone(),
        assigned_to_id: patch.assignee.as_deref().map(assignee).transpose()?,
        ..ChangedIssue::default()
    };
    custom(&mut issue, &patch.custom)?;
    Ok(issue)
}

fn custom(issue: &mut ChangedIssue, fields: &CustomFields) -> Result<()> {
    for (name, value) in fields {
        if let Some(id) = custom_field(name) {
            let value = match value {
                FieldValue::Many(values) => {
                    let values = values
                        .iter()
                        .filter_map(|value| text(value).map(Value::from));
                    Value::Array(values.collect())
                }
                single => text(single).map_or(Value::Null, Value::from),
            };
            issue.custom_fields.push(NewCustomField::new(id, value));
        } else if OTHERS.contains(&name.as_str()) {
            let Some(value) = text(value) else {
                return Err(Error::invalid_input(format!(
                    "Redmine cannot carry several values of `{name}`"
                )));
            };
            issue.others.insert(name.clone(), value.into());
        } else {
            return Err(unknown_field(name));
        }
    }
    Ok(())
}

/// A single value as Redmine reads it.
fn text(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Bool(value) => Some(if *value { "1" } else { "0" }.to_owned()),
        other => other.to_text().map(std::borrow::Cow::into_owned),
    }
}

fn unknown_field(name: &str) -> Error {
    let name: String = name.chars().take(40).collect();
    Error::invalid_input(format!(
        "Redmine has no field {name:?}, and would ignore it; a custom field is `cf_` and its id, others are {}",
        OTHERS.join(", ")
    ))
}

/// The id of a custom field by its name in Redmine's filters, such as `cf_1`.
fn custom_field(name: &str) -> Option<u64> {
    let id = name.strip_prefix("cf_")?;
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    id.parse().ok().filter(|_| is_number)
}

/// An id of a user, or `me`: Redmine takes no names.
fn assignee(name: &str) -> Result<String> {
    user(name, "assignee")
}

fn user(name: &str, field: &str) -> Result<String> {
    let is_id = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    if is_id || name == "me" {
        return Ok(name.to_owned());
    }
    Err(Error::invalid_input(format!(
        "the `{field}` must be the id of a user, or `me`"
    )))
}

/// The id of a requester who is given by it.
pub(crate) fn author(requester: Option<&str>) -> Result<Vec<String>> {
    let id = requester.map(|requester| user(requester, "requester"));
    Ok(Vec::from_iter(id.transpose()?))
}

/// The filters of a list, with the ids of the authors whose tickets it takes. The state is always one of them, since Redmine's own default hides closed tickets.
pub(crate) fn filters(
    query: &TicketQuery,
    authors: &[String],
    position: Position,
    priority: Option<u64>,
) -> Result<Vec<Filter>> {
    let none: [&str; 0] = [];
    let state = match query.state {
        None => "*",
        Some(State::Open) => "o",
        Some(State::Closed) => "c",
        Some(_) => return Err(Error::invalid_input("Redmine keeps no deleted tickets")),
    };
    let mut filters = vec![Filter::new("status_id", state, none)];
    if let Some(search) = &query.search {
        filters.push(Filter::new("subject", "~", [search.as_str()]));
    }
    if let Some(priority) = priority {
        filters.push(Filter::new("priority_id", "=", [priority.to_string()]));
    }
    if !authors.is_empty() {
        filters.push(Filter::new("author_id", "=", authors));
    }
    filters.extend(times("created_on", &query.created));
    filters.extend(times("updated_on", &query.updated));
    for (name, value) in &query.custom {
        let is_id = value.bytes().all(|byte| byte.is_ascii_digit());
        let known = custom_field(name).is_some() || (FILTERS.contains(&name.as_str()) && is_id);
        if !known || value.is_empty() {
            let name: String = name.chars().take(40).collect();
            return Err(Error::invalid_input(format!(
                "Redmine has no filter {name:?} with this value, and would ignore it; a custom field is `cf_` and its \
                 id, others, each with an id, are {}",
                FILTERS.join(", ")
            )));
        }
        filters.push(Filter::new(name.as_str(), "=", [value.as_str()]));
    }
    if position.after > 0 {
        let next = position.after.saturating_add(1).to_string();
        filters.push(Filter::new("issue_id", ">=", [next]));
    }
    Ok(filters)
}

/// Redmine keeps and compares whole seconds (observed).
fn times(field: &str, span: &Times) -> Option<Filter> {
    let from = span.from.map(first_second);
    let last = span
        .before
        .map(|before| first_second(before).saturating_sub(SignedDuration::from_secs(1)))
        .map(|last| last.unwrap_or(Timestamp::MIN));
    let shown = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Some(match (from, last) {
        (Some(from), Some(last)) => Filter::new(field, "><", [shown(from), shown(last)]),
        (Some(from), None) => Filter::new(field, ">=", [shown(from)]),
        (None, Some(last)) => Filter::new(field, "<=", [shown(last)]),
        (None, None) => return None,
    })
}

/// The first whole second that is not before this time.
fn first_second(time: Timestamp) -> Timestamp {
    let seconds = time.as_second() + i64::from(time.subsec_nanosecond() > 0);
    Timestamp::from_second(seconds).unwrap_or(time)
}

/// The name of a filter that a listed issue contradicts: the server ignored it. What the issue does not show is not held
/// against it.
pub(crate) fn ignored_filter<'a>(
    query: &'a TicketQuery,
    authors: &[String],
    issue: &Issue,
) -> Option<&'a str> {
    let closed = issue.status.as_ref().and_then(|status| status.is_closed);
    if let (Some(state), Some(closed)) = (query.state, closed) {
        if (state == State::Closed) != closed {
            return Some("state");
        }
    }
    let is_outside = |time: Option<Timestamp>, span: &Times| {
        time.is_some_and(|time| {
            span.from.is_some_and(|from| time < from)
                || span.before.is_some_and(|before| time >= before)
        })
    };
    if is_outside(issue.created_on, &query.created) {
        return Some("created");
    }
    if is_outside(issue.updated_on, &query.updated) {
        return Some("updated");
    }
    if let Some(author) = issue.author.as_ref().map(|author| author.id.to_string()) {
        let is_one = |asked: &String| *asked == author || asked == "me";
        if !authors.is_empty() && !authors.iter().any(is_one) {
            return Some("requester");
        }
    }
    let ignored = query.custom.iter().find(|(name, asked)| {
        let Some(id) = custom_field(name) else {
            return false;
        };
        let mut fields = issue.custom_fields.iter().flatten();
        let read = fields.find(|field| field.id == id);
        !read.is_some_and(|field| match &field.value {
            Value::Array(values) => values.iter().any(|value| value == asked.as_str()),
            value => value == asked.as_str(),
        })
    });
    ignored.map(|(name, _)| name.as_str())
}

fn name(named: Option<wire::Named>) -> Option<String> {
    named.and_then(|named| named.name)
}

fn person(named: wire::Named) -> Person {
    let mut person = Person::with_id(named.id.to_string());
    person.name = named.name;
    person
}
