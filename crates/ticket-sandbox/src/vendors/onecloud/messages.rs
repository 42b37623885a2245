//! Conversations: `GET /api/ticket/conversations/{id}`.
//!
//! Inferred: the text of a new ticket is its first message; an unknown ticket is a 404; a ticket that was filed with an
//! address is an e-mail from it. For a ticket that is added, the attribute `From` is that address.

use serde_json::{Value, json};

use super::OneCloud;
use crate::reply::Reply;
use crate::store::{Message, Ticket};
use crate::ticket::MessageKind;
use crate::vendors::call::{Call, object};

/// The participants of the documented conversation: the customer and the page.
const CUSTOMER: &str = "1000000000000001";
const PAGE: &str = "2000000000000002";
/// The attribute of an added ticket that is the address of its customer. Only conversations tell it.
pub(super) const FROM: &str = "From";
/// The medium's ids of the message and of the previous one, as documented.
const REMOTE: &str = "3000000000000003_4000000000000004";
const REMOTE_BEFORE: &str = "2000000000000002_3000000000000003";
/// The keys that are always null.
const NULLS: [&str; 11] = [
    "Description",
    "Remarks",
    "SendDate",
    "SecrecyId",
    "Cc",
    "Bcc",
    "BatchId",
    "ParentId",
    "SourceId",
    "ViewDate",
    "ParentRemoteId",
];

impl OneCloud {
    pub(super) fn messages(&self, call: &Call<'_>) -> Reply {
        let Some(ticket) = self.store.get(call.last_segment()) else {
            return Reply::empty(404);
        };
        let messages = ticket.messages.iter();
        let mut data: Vec<Value> = messages.map(|message| printed(ticket, message)).collect();
        if self.quirks.nested_messages && data.len() > 1 {
            let rest = data.split_off(1);
            data.push(json!({ "type": "message", "ticketId": ticket.id, "data": rest }));
        }
        Reply::json(
            200,
            &json!({
                "response_code": "200", "response_status": "Success", "type": "message",
                "ticketId": ticket.id, "data": data,
            }),
        )
    }
}

fn printed(ticket: &Ticket, message: &Message) -> Value {
    let incoming = matches!(
        message.kind,
        MessageKind::Incoming | MessageKind::PortalIncoming
    );
    let asked = ticket.created_from.as_ref();
    let contact = asked.and_then(|body| body.get("contact"));
    let address = contact.or(ticket.changes.get(FROM)).and_then(Value::as_str);
    let address = address.filter(|address| address.contains('@'));
    let (medium, method) = match address {
        Some(_) => ("EMAIL", "EMAIL"),
        None => ("FCBK", "COMMENT"),
    };
    let customer_from = address.unwrap_or(CUSTOMER);
    let (from, to) = if incoming {
        (customer_from, PAGE)
    } else {
        (PAGE, customer_from)
    };
    let customer = asked.and_then(|body| body.get("fullName")).cloned();
    let customer = customer.unwrap_or_else(|| json!("Agung Januar"));
    let (id, date) = (message.number.to_string(), message.date.spaced());
    let mut printed = object(json!({
        "Id": id, "SiteId": "188", "ConnectionId": "630", "ObjectName": "Ticket",
        "ObjectId": ticket.id, "Subject": ticket.subject, "Date": date, "ReceiveDate": date,
        "MediaId": medium, "MethodId": method, "PriorityValue": "0", "PriorityId": "MSP1",
        "TypeId": "MST2", "Incoming": if incoming { "1" } else { "0" }, "From": from, "To": to,
        "StatusId": "MSS3", "Retry": "0", "Attachment": "0", "Spam": "0", "Processing": 1,
        "CreateDate": date, "Creator": "1", "ModifyDate": date, "Modifier": 1,
        "ExpireDate": "3000-01-01 00:00:00", "ConversationId": "1244514", "Reply": "0",
        "RemoteId": REMOTE, "PrevRemoteId": REMOTE_BEFORE,
        "PreviousId": message.number.saturating_sub(1).to_string(),
        "Content": message.text, "FromName": if incoming { customer } else { Value::Null },
    }));
    let mut content = object(json!({
        "Id": id, "Body": message.text, "BodyText": message.text, "ContentType": "text/html",
    }));
    for key in NULLS {
        printed.insert(key.into(), Value::Null);
    }
    for key in ["ObjectName", "ObjectId", "Meta", "TemplateId", "Encoding"] {
        content.insert(key.into(), Value::Null);
    }
    printed.insert("Contents".into(), json!([content]));
    Value::Object(printed)
}
