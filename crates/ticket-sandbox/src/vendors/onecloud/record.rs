//! A OneCloud ticket as Get returns it: 55 keys, each a string or null.

use serde_json::{Map, Value, json};

use super::messages::FROM;
use crate::store::Ticket;
use crate::vendors::call::{object, with_changes};

pub(super) fn printed(ticket: &Ticket) -> Value {
    let mut body = attributes(ticket);
    body.insert("Id".into(), json!(ticket.id));
    body.insert("Subject".into(), json!(ticket.subject));
    body.insert("Content".into(), json!(ticket.description));
    Value::Object(body)
}

/// An id as a number, by which the vendor's lists are sorted.
pub(super) fn number(id: &str) -> u64 {
    id.parse().unwrap_or(u64::MAX)
}

/// The 52 keys other than `Id`, `Subject` and `Content`, with the values of the documented sample.
pub(super) fn printed_attributes() -> Map<String, Value> {
    let mut attributes = object(json!({
        "SiteId": "169", "Requestor": "31329", "Description": "", "Remarks": "",
        "ContactId": "31329", "PriorityId": "TP1", "PriorityValue": "0", "CategoryId": "332",
        "Progress": "0", "OrganizationId": "245", "ViewDate": "2017-07-10 07:48:55",
        "OpenDate": "2017-07-12 09:18:16", "OpenUser": "268",
        "CloseDate": "2018-10-17 01:53:21", "Comment": "1", "Viewer": "268",
        "MessageId": "53370", "TypeId": "TT1", "MediaId": "EMAIL", "StatusId": "TS7",
        "Responder": "268", "CommentDate": "2017-07-10 07:08:46", "UnseenComment": "0",
        "IsAgentSaveContact": "1", "ModifyDate": "2018-10-17 01:53:21",
        "ResolutionTime": "40070675", "CloseUser": "55", "SolveUser": "55",
        "StatusDate": "2018-10-17 01:53:21", "Modifier": "55", "Creator": "1",
        "CreateDate": "2017-07-10 07:08:46", "ExpireDate": "3000-01-01 00:00:00",
        "AssigneeList": "268", "AssigneeTextList": "admin22",
    }));
    for key in [
        "Assignee",
        "Cc",
        "Solution",
        "ProductId",
        "ProjectId",
        "RegionId",
        "BranchId",
        "DueDate",
        "ReOpenDate",
        "SolveDate",
        "PendingDate",
        "LocationId",
        "Handler",
        "ResponseTime",
        "HandlingTime",
        "WaitingTime",
        "AssignDate",
    ] {
        attributes.insert(key.into(), Value::Null);
    }
    attributes
}

/// The status codes of an open and of a closed ticket. `TS1` (open) is inferred: the vendor documents only a closed
/// ticket.
pub(super) const OPEN: &str = "TS1";
pub(super) const CLOSED: &str = "TS7";
pub(super) const REQUESTOR: &str = "31329";
pub(super) const PRIORITY: &str = "TP1";
pub(super) const CATEGORY: &str = "332";
pub(super) const MEDIUM: &str = "EMAIL";

/// The same keys for this ticket.
pub(super) fn attributes(ticket: &Ticket) -> Map<String, Value> {
    let mut attributes = printed_attributes();
    for value in attributes.values_mut() {
        *value = Value::Null;
    }
    let date = ticket.created.spaced();
    attributes.extend(object(json!({
        "SiteId": "169", "Requestor": REQUESTOR, "Description": "", "ContactId": REQUESTOR,
        "PriorityId": PRIORITY, "PriorityValue": "0", "CategoryId": CATEGORY, "Progress": "0",
        "Comment": "0", "TypeId": "TT1", "MediaId": MEDIUM, "StatusId": OPEN,
        "UnseenComment": "0", "IsAgentSaveContact": "1", "ModifyDate": date, "StatusDate": date,
        "Creator": "1", "CreateDate": date, "ExpireDate": "3000-01-01 00:00:00",
    })));
    if ticket.closed {
        attributes.insert("StatusId".into(), json!(CLOSED));
        attributes.insert("CloseDate".into(), json!(date));
    }
    let mut attributes = with_changes(attributes, ticket);
    attributes.remove(FROM);
    attributes
}
