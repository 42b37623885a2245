//! A LeadSquared ticket as the details endpoint returns it: a few keys and a list of fields.

use serde_json::{Map, Value, json};

use crate::store::Ticket;
use crate::vendors::call::object;

/// The documented format of a ticket number.
pub(super) fn key(id: &str) -> String {
    format!("#{id:0>3}")
}

/// A GUID that depends only on the ticket's id. That of ticket 143 is the documented one.
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

/// The keys of the details other than `Id`, and the fields other than title and description.
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

/// The only change that is not a field: the lead of the ticket.
pub(super) const LEAD: &str = "LeadId";

/// Whether a status closes a ticket. Status names differ per account; these are the ones in the vendor's help.
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

/// A ticket as the details endpoint returns it, including `TypeId` as the string "null".
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
