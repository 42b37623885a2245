//! A Sweeppea ticket as fetchSingleTicket prints it.

use serde_json::{Map, Value, json};

use crate::calendar::Date;
use crate::store::TicketRecord;
use crate::vendors::object;

/// A record as fetchSingleTicket prints it.
pub(super) fn printed(record: &TicketRecord) -> Value {
    let mut data = record.attributes.clone();
    data.insert("CaseNumber".into(), json!(record.id));
    data.insert("Subject".into(), json!(record.subject));
    data.insert("Description".into(), json!(record.description));
    data.insert("Status".into(), json!(record.closed));
    Value::Object(data)
}

/// The other keys of fetchSingleTicket, with the values of the printed sample where it has any.
pub(super) fn attributes(date: Date) -> Map<String, Value> {
    let date = date.utc_millis();
    object(json!({
        "Date": date,
        "AccountInfo": {
            "UserToken": "sandbox-user-token", "FullName": "John Doe",
            "Email": "john.doe@example.com", "MobileNumber": "5551234567",
            "UserType": "Administrator", "UserAgent": "Mozilla/5.0...",
            "IpAddress": "192.168.1.1", "Language": "en", "GeoLat": 40.7128, "GeoLon": -74.006,
            "SweepstakesName": "Summer Giveaway 2025",
        },
        "Priority": 2, "NotifyUsers": ["support@example.com"], "Collaborators": [],
        "ClosedBy": null, "CloseDate": null, "Notes": [], "Files": [], "Survey": {},
        "Pin": false, "Views": 0, "Completion": 0, "ResourceAffected": "general",
        "Documentation": [], "AttachmentInfo": {}, "GitHubIssue": {},
        "Statistics": [
            { "Id": "1", "Date": date, "UserToken": "sandbox-user-token", "Action": "create" },
        ],
    }))
}
