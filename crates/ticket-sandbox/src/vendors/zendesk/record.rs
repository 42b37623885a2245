//! People, and a ticket as Zendesk prints it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Zendesk, json_reply};
use crate::credentials::ZENDESK_EMAIL;
use crate::reply::Reply;
use crate::store::Ticket;
use crate::vendors::call::{object, with_changes};

/// The owner of the credentials, and the customer of what is filed without a request.
pub(super) const AGENT: u64 = 3_001;
pub(super) const CUSTOMER: u64 = 3_002;

/// The custom fields of the account: a text, and one with several values. All others are dropped.
pub(super) const CUSTOM_FIELDS: [u64; 2] = [1_001, 1_002];

pub(super) const STATUSES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];
pub(super) const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];

/// A person.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) is_agent: bool,
}

impl User {
    pub(super) fn first() -> BTreeMap<u64, Self> {
        let user = |name: &str, email: &str, is_agent| Self {
            name: name.to_owned(),
            email: email.to_owned(),
            is_agent,
        };
        BTreeMap::from([
            (AGENT, user("Ann Agent", ZENDESK_EMAIL, true)),
            (CUSTOMER, user("Carl Customer", "carl@example.com", false)),
        ])
    }

    pub(super) fn printed(&self, id: u64) -> Value {
        json!({
            "id": id, "name": self.name, "email": self.email,
            "role": if self.is_agent { "admin" } else { "end-user" },
        })
    }
}

/// Whether tickets with this status are solved.
pub(super) fn is_closed(status: &str) -> bool {
    ["solved", "closed"].contains(&status)
}

/// The keys of a ticket other than its id, its URL and its texts.
pub(super) fn attributes(ticket: &Ticket) -> Map<String, Value> {
    let fields = CUSTOM_FIELDS.map(|id| json!({ "id": id, "value": null }));
    let new = object(json!({
        "external_id": null,
        "via": { "channel": "api", "source": { "from": {}, "to": {}, "rel": null } },
        "created_at": ticket.created.utc(), "updated_at": ticket.created.utc(),
        "type": null, "priority": null, "recipient": null,
        "status": if ticket.closed { "closed" } else { "open" },
        "requester_id": CUSTOMER, "submitter_id": CUSTOMER, "assignee_id": null,
        "organization_id": null, "forum_topic_id": null, "group_id": null, "collaborator_ids": [], "follower_ids": [],
        "email_cc_ids": [], "problem_id": null, "has_incidents": false, "is_public": true,
        "due_at": null, "tags": [], "custom_fields": fields, "satisfaction_rating": null,
        "sharing_agreement_ids": [], "followup_ids": [], "brand_id": 4_001,
        "allow_channelback": false, "allow_attachments": true, "from_messaging_channel": false,
    }));
    with_changes(new, ticket)
}

/// One of the attributes. Cheaper than [`attributes`] where it has been changed.
pub(super) fn attribute(ticket: &Ticket, name: &str) -> Value {
    let changed = ticket.changes.get(name).cloned();
    changed.unwrap_or_else(|| attributes(ticket).remove(name).unwrap_or(Value::Null))
}

pub(super) fn printed(ticket: &Ticket, host: &str) -> Value {
    let mut printed = attributes(ticket);
    printed.retain(|name, _| !name.starts_with("sandbox_"));
    let number: Option<u64> = ticket.id.parse().ok();
    let own = json!({
        "url": format!("{host}/api/v2/tickets/{}.json", ticket.id),
        "id": number, "subject": ticket.subject, "raw_subject": ticket.subject,
        "description": ticket.description,
    });
    printed.extend(object(own));
    if ticket.deleted {
        printed.insert("status".into(), json!("deleted"));
    }
    Value::Object(printed)
}

impl Zendesk {
    pub(super) fn me(&self) -> Reply {
        let user = self.users.get(&AGENT).map(|user| user.printed(AGENT));
        json_reply(200, &json!({ "user": user }))
    }

    /// The people that these tickets name, for `include=users`.
    pub(super) fn people<'a>(&self, tickets: impl Iterator<Item = &'a Ticket>) -> Value {
        let mut ids: Vec<u64> = tickets
            .flat_map(|ticket| {
                ["requester_id", "submitter_id", "assignee_id"]
                    .map(|name| attribute(ticket, name).as_u64())
            })
            .flatten()
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let users = ids.into_iter();
        let users = users.filter_map(|id| Some(self.users.get(&id)?.printed(id)));
        Value::Array(users.collect())
    }

    /// The id of the person with this address, who is added if nobody has it.
    pub(super) fn person(&mut self, email: &str, name: Option<&str>) -> u64 {
        let mut users = self.users.iter();
        let known = users.find(|(_, user)| user.email.eq_ignore_ascii_case(email));
        if let Some((id, _)) = known {
            return *id;
        }
        let last = self.users.last_key_value();
        let id = last.map_or(AGENT, |(id, _)| id + 1);
        let user = User {
            name: name.unwrap_or(email).to_owned(),
            email: email.to_owned(),
            is_agent: false,
        };
        self.users.insert(id, user);
        id
    }
}
