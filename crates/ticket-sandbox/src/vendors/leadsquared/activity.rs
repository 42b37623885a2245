//! The messages of a ticket: conversations, portal activities, internal notes.
//!
//! Inferred: a portal activity is a conversation of the kind `PortalInbound`; filtering by an unknown ticket returns
//! nothing; the replies to a comment on an unknown ticket (404), to an empty comment (a failure with status 200) and
//! to undocumented values (400).

use serde_json::{Value, json};

use super::LeadSquared;
use super::account::json_body;
use crate::credentials::LEADSQUARED_ORG_ID;
use crate::reply::Reply;
use crate::store::Message;
use crate::ticket::MessageKind;
use crate::vendors::call::Call;

const CUSTOMER: &str = "a443f7b7-d1fd-11ec-993a-06f221480cd8";
const AGENT: &str = "b554a8c8-e2ae-22fd-aa4b-17a332591de9";

impl LeadSquared {
    pub(super) fn conversations(&self, call: &Call<'_>) -> Reply {
        let body = json_body(call).unwrap_or_default();
        let number = |name: &str| body.get(name).and_then(Value::as_u64);
        let kinds = body.get("ActivityType").and_then(Value::as_array);
        let kinds: Option<Vec<&str>> =
            kinds.and_then(|kinds| kinds.iter().map(known_kind).collect());
        let (Some(id), Some(org), Some(kinds)) = (number("TicketId"), number("OrgId"), kinds)
        else {
            return Reply::empty(400);
        };
        if org.to_string() != LEADSQUARED_ORG_ID {
            return Reply::empty(400);
        }
        let ticket = self.store.get(&id.to_string());
        let messages = ticket.map(|ticket| ticket.messages.as_slice());
        let rows: Vec<Value> = messages
            .unwrap_or_default()
            .iter()
            .filter_map(|message| {
                let kind = conversation(message.kind)?;
                kinds.contains(&kind).then(|| row(kind, message))
            })
            .collect();
        Reply::json(
            200,
            &json!({ "Total": rows.len(), "Conversations": null, "ConversationList": rows }),
        )
    }

    pub(super) fn portal_activity(&mut self, call: &Call<'_>) -> Reply {
        let id = call.segments.get(4).copied().unwrap_or_default();
        let body = json_body(call).unwrap_or_default();
        let text = body.get("Text").and_then(Value::as_str);
        let (Some(text), Some("INBOUND")) = (text, body.get("Direction").and_then(Value::as_str))
        else {
            return Reply::empty(400);
        };
        if self.store.get(id).is_none() {
            return Reply::empty(404);
        }
        if text.is_empty() {
            let reply = json!({ "Id": null, "Status": "Failure", "Message": "Text is empty" });
            return Reply::json(200, &reply);
        }
        self.write(id, MessageKind::PortalIncoming, text, call);
        self.activities += 1;
        let number = self.activities.to_string();
        Reply::json(
            200,
            &json!({ "Id": number, "Status": "Success", "Message": null }),
        )
        .changed_state()
    }

    pub(super) fn internal_note(&mut self, call: &Call<'_>) -> Reply {
        let body = json_body(call).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let id = body.get("RelatedTicketId").and_then(Value::as_u64);
        // The vendor spells it `Permament`.
        let (Some(note), Some("CreateInternalNote"), Some("Permament"), Some(id)) = (
            text("TextPart").filter(|note| !note.is_empty()),
            text("ActivityType"),
            text("StorageType"),
            id.map(|id| id.to_string()),
        ) else {
            return Reply::empty(400);
        };
        if self.store.get(&id).is_none() {
            return Reply::empty(404);
        }
        self.write(&id, MessageKind::Note, note, call);
        Reply::json(
            200,
            &json!({
                "Message": "Activity Created", "RelatedTicketId": id,
                "RelatedOrgId": LEADSQUARED_ORG_ID, "RelatedChannelMonitoringRequestId": 0,
            }),
        )
        .changed_state()
    }

    fn write(&mut self, id: &str, kind: MessageKind, text: &str, call: &Call<'_>) {
        let message = self.store.message(kind, text, call.date);
        self.store
            .change(id, |ticket| ticket.messages.push(message));
    }
}

/// The vendor's name of a kind of conversation. An internal note is not a conversation.
fn conversation(kind: MessageKind) -> Option<&'static str> {
    match kind {
        MessageKind::Incoming => Some("InboundEmail"),
        MessageKind::Outgoing => Some("OutboundEmail"),
        MessageKind::PortalIncoming => Some("PortalInbound"),
        MessageKind::PortalOutgoing => Some("PortalOutbound"),
        MessageKind::Note => None,
    }
}

fn known_kind(kind: &Value) -> Option<&str> {
    let known = [
        "InboundEmail",
        "OutboundEmail",
        "PortalInbound",
        "PortalOutbound",
    ];
    kind.as_str().filter(|kind| known.contains(kind))
}

fn row(kind: &str, message: &Message) -> Value {
    let author = if kind.starts_with("Inbound") || kind.ends_with("Inbound") {
        CUSTOMER
    } else {
        AGENT
    };
    let html = message.text.replace('&', "&amp;").replace('<', "&lt;");
    json!({
        "RelatedActivityType": kind, "Html": format!("<p>{html}</p>"), "Text": message.text,
        "Attachments": [], "CreatedBy": author, "CreatedOn": message.date.zoneless_millis(),
        "Id": message.number,
    })
}
