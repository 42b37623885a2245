//! The fields of a ticket: where they are kept, their names in replies, and what RT knows about them.

use serde_json::{Map, Value, json};

use crate::store::{LogEntry, Ticket};
use crate::vendors::call::with_changes;

/// What RT shows for a time that is not set.
pub(super) const NEVER: &str = "1970-01-01T00:00:00Z";
pub(super) const ROLES: [&str; 3] = ["AdminCc", "Cc", "Requestor"];
pub(super) const TIMES: [&str; 6] = [
    "Created",
    "Due",
    "LastUpdated",
    "Resolved",
    "Started",
    "Starts",
];
/// The names and ids of the queues.
pub(super) const QUEUES: [(&str, &str); 2] = [("General", "1"), ("Billing", "3")];
/// The names, ids and kinds of the custom fields: whether they take several values.
pub(super) const CUSTOM: [(&str, &str, bool); 2] = [("Order", "2", false), ("Labels", "3", true)];
/// The names and ids of the users who can own tickets.
pub(super) const OWNERS: [(&str, &str); 3] = [("Nobody", "6"), ("root", "14"), ("agent", "27")];
pub(super) const STATUSES: [&str; 6] =
    ["new", "open", "stalled", "resolved", "rejected", "deleted"];

/// A subject as RT keeps it: without line breaks, and no more than 200 bytes of it (observed).
pub(super) fn subject(given: &str) -> String {
    let mut kept = given.replace(['\n', '\r'], "");
    let end = (0..=200).rev().find(|end| kept.is_char_boundary(*end));
    kept.truncate(end.unwrap_or_default());
    kept
}

pub(super) fn is_inactive(status: &str) -> bool {
    ["resolved", "rejected", "deleted"].contains(&status)
}

/// A queue's name and id by either of them.
pub(super) fn queue(given: &str) -> Option<(&'static str, &'static str)> {
    let known = |(name, id): &(&str, &str)| name.eq_ignore_ascii_case(given) || *id == given;
    QUEUES.into_iter().find(known)
}

/// The names of the fields of a ticket.
const NAMES: [&str; 23] = [
    "Subject",
    "Queue",
    "Status",
    "Priority",
    "InitialPriority",
    "FinalPriority",
    "Owner",
    "Creator",
    "LastUpdatedBy",
    "Requestor",
    "Cc",
    "AdminCc",
    "CustomFields",
    "Created",
    "LastUpdated",
    "Due",
    "Starts",
    "Started",
    "Resolved",
    "TimeWorked",
    "TimeLeft",
    "TimeEstimated",
    "Type",
];

/// A field of a ticket before any change; `None` if RT has no such field.
fn initial(ticket: &Ticket, name: &str) -> Option<Value> {
    Some(match name {
        "Subject" => ticket.subject.clone().into(),
        "Queue" => "General".into(),
        "Status" => "new".into(),
        "Owner" => "Nobody".into(),
        "Creator" | "LastUpdatedBy" => "root".into(),
        "Created" | "LastUpdated" => ticket.created.utc().into(),
        "Due" | "Starts" | "Started" | "Resolved" => NEVER.into(),
        "Type" => "ticket".into(),
        "CustomFields" => json!({}),
        _ if ROLES.contains(&name) => json!([]),
        _ if NAMES.contains(&name) => "0".into(),
        _ => return None,
    })
}

/// All fields of a ticket, by the names of the reply to a `GET`, with queue and users by name only.
pub(super) fn all(ticket: &Ticket) -> Map<String, Value> {
    let names = NAMES.into_iter();
    let fields = names.filter_map(|name| Some((name.to_owned(), initial(ticket, name)?)));
    with_changes(fields.collect(), ticket)
}

pub(super) fn value(ticket: &Ticket, name: &str) -> Option<Value> {
    ticket
        .changes
        .get(name)
        .cloned()
        .or_else(|| initial(ticket, name))
}

pub(super) fn text(ticket: &Ticket, name: &str) -> String {
    match value(ticket, name) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The addresses of a role.
pub(super) fn list(ticket: &Ticket, name: &str) -> Vec<String> {
    texts(ticket.changes.get(name).unwrap_or(&Value::Null))
}

/// The values of a custom field.
pub(super) fn custom(ticket: &Ticket, name: &str) -> Vec<String> {
    let fields = ticket
        .changes
        .get("CustomFields")
        .and_then(Value::as_object);
    let values = fields.and_then(|fields| {
        let mut fields = fields.iter();
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name))
    });
    values.map(|(_, values)| texts(values)).unwrap_or_default()
}

/// One value or several, as texts.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

/// The addresses in a value of a role: one text with commas, or several. What is no address is dropped.
pub(super) fn addresses(value: &Value) -> Vec<String> {
    let texts = texts(value);
    let parts = texts.iter().flat_map(|text| text.split(','));
    let bare = parts.map(|part| match part.split_once('<') {
        Some((_, rest)) => rest.trim_end_matches([' ', '>']),
        None => part.trim(),
    });
    let mut found: Vec<String> = Vec::new();
    for address in bare {
        let valid = address.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !address.contains(' ') && !host.contains('@')
        });
        if valid
            && !found
                .iter()
                .any(|known| known.eq_ignore_ascii_case(address))
        {
            found.push(address.to_owned());
        }
    }
    found
}

/// A priority by its number or its name.
pub(super) fn priority(value: &Value) -> u64 {
    let text = texts(value).into_iter().next().unwrap_or_default();
    match text.to_lowercase().as_str() {
        "low" => 0,
        "medium" => 50,
        "high" => 100,
        number => number.parse().unwrap_or(0),
    }
}

/// The name that RT's messages have for a priority.
pub(super) fn priority_name(priority: u64) -> &'static str {
    match priority {
        0..50 => "Low",
        50..100 => "Medium",
        _ => "High",
    }
}

/// A time as the client wrote it, as RT keeps it. What is no time is none.
pub(super) fn time(given: &str) -> String {
    let utc = |given: jiff::civil::DateTime| {
        let zoned = given.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    };
    let parsed = given.parse::<jiff::Timestamp>().ok();
    let parsed = parsed.or_else(|| utc(given.parse::<jiff::civil::DateTime>().ok()?));
    let parsed = parsed.or_else(|| {
        utc(given
            .parse::<jiff::civil::Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight()))
    });
    parsed.map_or_else(
        || NEVER.to_owned(),
        |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// A time as RT's messages have it.
pub(super) fn told_time(time: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(at) if time != NEVER => at.strftime("%a %b %d %H:%M:%S %Y").to_string(),
        _ => "Not set".to_owned(),
    }
}

/// Adds an entry to the log, which makes a new version of the ticket.
pub(super) fn touch(ticket: &mut Ticket, entry: LogEntry) {
    ticket
        .changes
        .insert("LastUpdated".into(), entry.date.utc().into());
    let by = entry.fields.get("Creator").and_then(Value::as_str);
    // What RT does by itself, it does in the name of who caused it.
    let by = by.filter(|by| *by != "RT_System");
    if by.is_some() || ticket.changes.contains_key("LastUpdatedBy") {
        let by = by.unwrap_or("root").to_owned();
        ticket.changes.insert("LastUpdatedBy".into(), by.into());
    }
    ticket.log.push(entry);
}
