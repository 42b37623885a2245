//! A LeadSquared ticket as the details page prints it: a few keys and a list of fields.

use serde_json::{Map, Value, json};

use crate::store::Ticket;
use crate::vendors::object;

/// The printed form of a ticket number.
pub(super) fn key(id: &str) -> String {
    format!("#{id:0>3}")
}

/// A GUID that is always the same for the same ticket; that of 143 is as printed.
pub(super) fn guid(id: &str) -> String {
    if id == "143" {
        return "03913666-6ab8-4355-9a50-a63fe3204d0a".to_owned();
    }
    let mut random = fastrand::Rng::with_seed(id.parse().unwrap_or_default());
    let high = random.u64(..) & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = random.u64(..) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// The keys of the details beside `Id`, and the fields beside title and description.
pub(super) fn attributes(ticket: &Ticket) -> Map<String, Value> {
    let mut attributes = object(json!({
        "TicketId": guid(&ticket.id), "LeadId": "330fba67-6795-46c2-9dad-077794077f70",
        "Fields": [],
    }));
    for (name, value) in [
        ("Type", json!("General")),
        ("TicketKey", json!(key(&ticket.id))),
        (
            "Status",
            json!(if ticket.closed { "Closed" } else { "Open" }),
        ),
        ("Priority", json!("Medium")),
        ("Channel", json!("Email")),
        ("CcEmails", json!("")),
        ("Tags", json!("")),
        ("DueDate", json!(ticket.created.zoneless())),
        ("SubType", Value::Null),
    ] {
        set_field(&mut attributes, name, value);
    }
    for (name, value) in &ticket.changes {
        if name == LEAD {
            attributes.insert(name.clone(), value.clone());
        } else {
            set_field(&mut attributes, name, value.clone());
        }
    }
    attributes
}

/// The one change that is no field: the lead of the ticket.
pub(super) const LEAD: &str = "LeadId";

/// Whether a status closes a ticket. Its names belong to the account; these are the states that
/// the vendor's help speaks of.
pub(super) fn is_closed(status: &str) -> bool {
    ["Resolved", "Closed"].contains(&status)
}

fn set_field(attributes: &mut Map<String, Value>, name: &str, value: Value) {
    let Some(Value::Array(fields)) = attributes.get_mut("Fields") else {
        return;
    };
    match fields
        .iter_mut()
        .find(|field| field.get("SchemaName") == Some(&json!(name)))
    {
        Some(Value::Object(field)) => {
            field.insert("Value".into(), value);
        }
        _ => fields.push(json!({ "SchemaName": name, "Value": value, "SubFields": null })),
    }
}

/// A ticket as the details page prints it, `TypeId` as the text "null" included.
pub(super) fn printed(ticket: &Ticket) -> Value {
    let mut body = attributes(ticket);
    set_field(&mut body, "Title", json!(ticket.subject));
    set_field(&mut body, "Description", json!(ticket.description));
    body.extend(object(json!({
        "TypeId": "null", "Id": ticket.id, "OpportunityId": null, "Association": 0,
        "BulkUpdate": false, "Dispose": false,
    })));
    Value::Object(body)
}
