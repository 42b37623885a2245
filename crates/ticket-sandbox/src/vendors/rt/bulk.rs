//! `PUT /tickets/bulk`: one list per element, with its id as sent and its messages.

use serde_json::{Value, json};

use super::{Rt, User, answered, crashed, json_body, refused};
use crate::reply::Reply;
use crate::vendors::call::{Call, id_text};

/// The ids of the elements.
pub(super) fn named_ids(call: &Call<'_>) -> Vec<String> {
    let body: Value = serde_json::from_slice(call.body.unwrap_or_default()).unwrap_or_default();
    let elements = body.as_array().map(Vec::as_slice).unwrap_or_default();
    elements
        .iter()
        .filter_map(|element| id_text(element.get("id")?))
        .collect()
}

impl Rt {
    pub(super) fn update_many(&mut self, call: &Call<'_>, user: User) -> Reply {
        let elements = match json_body(call) {
            Ok(Value::Array(elements)) => elements,
            Ok(_) => return refused(400, "JSON object must be a ARRAY"),
            Err(refused) => return refused,
        };
        if call.header("if-match").is_some() {
            return refused(412, "Precondition Failed");
        }
        if !elements.iter().all(Value::is_object) {
            return crashed();
        }
        let mut changed = false;
        let replies = elements.iter().filter_map(Value::as_object).map(|element| {
            let asked = element.get("id").unwrap_or(&Value::Null);
            let ticket = id_text(asked).and_then(|id| self.store.get(&id));
            let messages = match ticket {
                None => vec!["Resource does not exist".to_owned()],
                Some(ticket) if !user.sees(ticket) => {
                    let status = element.get("Status").and_then(Value::as_str);
                    let status = status.unwrap_or_default();
                    vec![format!(
                        "Ticket {}: You can't change status from '' to '{status}'.",
                        ticket.id
                    )]
                }
                Some(ticket) => {
                    let id = ticket.id.clone();
                    let (messages, has_changed) = self.apply(&id, element, call.date, user);
                    changed |= has_changed;
                    messages
                }
            };
            let mut reply = vec![asked.clone()];
            reply.extend(messages.into_iter().map(Value::from));
            Value::Array(reply)
        });
        let replies: Vec<Value> = replies.collect();
        let reply = answered(200, &json!(replies));
        if changed {
            reply.changed_state()
        } else {
            reply
        }
    }
}
