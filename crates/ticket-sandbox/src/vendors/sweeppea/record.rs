//! A Sweeppea ticket as fetchSingleTicket returns it.

use serde_json::{Map, Value, json};

use crate::calendar::Date;
use crate::store::Ticket;
use crate::vendors::call::{object, with_changes};

/// The user who closes tickets in the documented samples.
pub(super) const CLOSED_BY: &str = "John Doe";

/// A ticket as fetchSingleTicket returns it.
pub(super) fn printed(ticket: &Ticket) -> Value {
    let mut data = attributes(ticket);
    data.insert("CaseNumber".into(), json!(ticket.id));
    data.insert("Subject".into(), json!(ticket.subject));
    data.insert("Description".into(), json!(ticket.description));
    data.insert("Status".into(), json!(ticket.closed));
    Value::Object(data)
}

/// The other keys of fetchSingleTicket, with the values of the documented sample if it has any.
pub(super) fn attributes(ticket: &Ticket) -> Map<String, Value> {
    let notes: Vec<Value> = ticket
        .messages
        .iter()
        .map(|note| {
            json!({
                "Id": note.number.to_string(), "Date": note.date.utc_millis(), "Note": note.text,
            })
        })
        .collect();
    let new = object(json!({
        "Date": ticket.created.utc_millis(),
        "AccountInfo": {
            "UserToken": "sandbox-user-token", "FullName": "John Doe",
            "Email": "john.doe@example.com", "MobileNumber": "5551234567",
            "UserType": "Administrator", "UserAgent": "Mozilla/5.0...",
            "IpAddress": "192.168.1.1", "Language": "en", "GeoLat": 40.7128, "GeoLon": -74.006,
            "SweepstakesName": "Summer Giveaway 2025",
        },
        "Priority": NEW_PRIORITY, "NotifyUsers": ["support@example.com"], "Collaborators": [],
        "ClosedBy": null, "CloseDate": null, "Notes": notes, "Files": [], "Survey": {},
        "Pin": false, "Views": 0, "Completion": 0, "ResourceAffected": NEW_PLATFORM,
        "Documentation": [], "AttachmentInfo": {}, "GitHubIssue": {},
        "Statistics": [statistic("1", ticket.created, "create")],
    }));
    with_changes(new, ticket)
}

const NEW_PRIORITY: u64 = 2;
const NEW_PLATFORM: &str = "general";

pub(super) fn priority(ticket: &Ticket) -> Value {
    let changed = ticket.changes.get("Priority").cloned();
    changed.unwrap_or_else(|| json!(NEW_PRIORITY))
}

pub(super) fn platform(ticket: &Ticket) -> &str {
    let changed = ticket.changes.get("ResourceAffected");
    changed.and_then(Value::as_str).unwrap_or(NEW_PLATFORM)
}

/// The fields that resolving a ticket changes, other than its status and its notes.
pub(super) fn resolution(ticket: &Ticket, date: Date) -> Map<String, Value> {
    let statistics = [
        statistic("1", ticket.created, "create"),
        statistic("2", date, "resolve"),
    ];
    object(json!({
        "ClosedBy": CLOSED_BY, "CloseDate": date.utc_millis(), "Completion": 100,
        "Statistics": statistics,
    }))
}

fn statistic(id: &str, date: Date, action: &str) -> Value {
    json!({
        "Id": id, "Date": date.utc_millis(), "UserToken": "sandbox-user-token", "Action": action,
    })
}
