//! Tickets as they are read, shared by all providers. New tickets and patches are in `draft.rs`.
//!
//! `Debug` of these types prints ids and lengths, never subjects, texts or names, because `Debug` output
//! often ends up in logs.

use std::fmt;

use ecow::EcoString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::custom::CustomFields;
use crate::model::hidden::Hidden;
use crate::model::raw::RawJson;
use crate::model::status::{Priority, Status};

/// A ticket's id in the vendor's system. It is always text, even if it looks like a number.
///
/// This type accepts any text. Before anything is sent, an id that is empty, longer than 256 bytes or has
/// control characters is rejected with `InvalidInput`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketId(EcoString);

impl TicketId {
    /// The id with this text.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().into())
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for TicketId {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for TicketId {
    fn from(id: String) -> Self {
        Self::new(id)
    }
}

impl From<&String> for TicketId {
    fn from(id: &String) -> Self {
        Self::new(id)
    }
}

impl From<&TicketId> for TicketId {
    fn from(id: &TicketId) -> Self {
        id.clone()
    }
}

/// The version of a ticket, as the vendor identifies it: an `ETag`, a time stamp. It is opaque: it can only
/// be compared and sent back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Version(EcoString);

impl Version {
    /// The version with this text.
    pub fn new(version: impl AsRef<str>) -> Self {
        Self(version.as_ref().into())
    }

    /// The version's text, as the vendor wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person in a ticket: the requester, the assignee, an author. Absent fields are unknown.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// The person's id in the vendor's system. `Debug` prints it, so it must not be an address or a name.
    pub id: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The phone number, as written.
    pub phone: Option<String>,
}

impl Person {
    /// The person with this id in the vendor's system.
    pub fn with_id(id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..Self::default()
        }
    }

    /// The person with this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::default()
        }
    }

    /// Adds the id in the vendor's system.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Adds the full name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds the e-mail address.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Adds the phone number.
    #[must_use]
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("name", &self.name.as_deref().map(Hidden))
            .field("email", &self.email.as_deref().map(Hidden))
            .field("phone", &self.phone.as_deref().map(Hidden))
            .finish()
    }
}

/// A ticket, as the vendor returned it.
///
/// [`raw`](Self::raw) holds everything that the vendor sent, including fields that this type does not model.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Ticket {
    /// The id, for use in operations.
    pub id: TicketId,
    /// The subject line.
    pub subject: Option<String>,
    /// The text. It is HTML if the vendor sends HTML.
    pub description: Option<String>,
    /// The status.
    pub status: Option<Status>,
    /// The priority.
    pub priority: Option<Priority>,
    /// The vendor's category, topic or type of request.
    pub category: Option<String>,
    /// The requester; the first one, if the vendor has several.
    pub requester: Option<Person>,
    /// The requesters after the first one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_requesters: Vec<Person>,
    /// The assignee.
    pub assignee: Option<Person>,
    /// Labels.
    pub tags: Vec<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// Custom fields of this vendor or account, by the vendor's names.
    #[serde(skip_serializing_if = "CustomFields::is_empty")]
    pub custom: CustomFields,
    /// The tickets below this one, and those below them, which a delete takes along where the provider
    /// [declares](crate::provider::Support::takes_along) that. Empty in the rows of lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subtickets: Vec<TicketId>,
    /// The ticket that this one was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<TicketId>,
    /// The version, if the vendor has one that an update or a delete can depend on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The vendor's JSON, unmodified.
    pub raw: RawJson,
}

impl Ticket {
    /// Creates a ticket with an id and the vendor's JSON only.
    pub fn new(id: impl Into<TicketId>, raw: impl Into<RawJson>) -> Self {
        Self {
            id: id.into(),
            subject: None,
            description: None,
            status: None,
            priority: None,
            category: None,
            requester: None,
            other_requesters: Vec::new(),
            assignee: None,
            tags: Vec::new(),
            created_at: None,
            updated_at: None,
            closed_at: None,
            due_at: None,
            custom: CustomFields::new(),
            subtickets: Vec::new(),
            merged_into: None,
            version: None,
            raw: raw.into(),
        }
    }

    /// All requesters.
    pub fn requesters(&self) -> impl Iterator<Item = &Person> {
        self.requester.iter().chain(&self.other_requesters)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("id", &self.id)
            .field("subject", &self.subject.as_deref().map(Hidden))
            .field("description", &self.description.as_deref().map(Hidden))
            .field("status", &self.status)
            .field("priority", &self.priority)
            .field("category", &self.category)
            .field("requester", &self.requester)
            .field("other_requesters", &self.other_requesters)
            .field("assignee", &self.assignee)
            .field("tags", &self.tags.len())
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .field("closed_at", &self.closed_at)
            .field("due_at", &self.due_at)
            .field("custom", &self.custom)
            .field("subtickets", &self.subtickets)
            .field("merged_into", &self.merged_into)
            .field("version", &self.version)
            .field("raw", &self.raw)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::model::attachment::Attachment;
    use crate::model::draft::{Created, NewTicket, TicketPatch};
    use crate::model::message::{Message, NewComment};
    use crate::model::query::TicketQuery;

    #[test]
    fn debug_prints_ids_and_lengths_but_no_texts() {
        let secret = "what people wrote";
        let raw = || RawValue::from_string(format!("\"{secret}\"")).unwrap();
        let mut ticket = Ticket::new("121", raw());
        ticket.subject = Some(secret.to_owned());
        ticket.description = Some(secret.to_owned());
        ticket.tags = vec![secret.to_owned()];
        ticket.requester = Some(Person::named(secret).email(secret).phone(secret));
        let new = NewTicket::new(secret)
            .description(secret)
            .assignee(secret)
            .tag(secret)
            .custom("name", secret)
            .attachment(Attachment::new(secret, secret.as_bytes()));
        let patch = TicketPatch::new()
            .subject(secret)
            .description(secret)
            .assignee(secret)
            .custom("name", secret);
        let mut message = Message::new(secret, raw());
        message.author = Some(Person::named(secret));
        for debug in [
            format!("{ticket:?}"),
            format!("{:?}", Person::named(secret)),
            format!("{new:?}"),
            format!("{patch:?}"),
            format!("{:?}", Created::new("1", raw())),
            format!("{message:?}"),
            format!("{:?}", NewComment::internal(secret)),
            format!("{:?}", TicketQuery::new().search(secret)),
        ] {
            assert!(!debug.contains(secret), "{debug}");
            assert!(debug.contains("characters]"), "{debug}");
        }
    }

    #[test]
    fn raw_is_serialised_to_the_letter() {
        let raw =
            RawValue::from_string(r#"{"b":1.10,"a":12345678901234567890123,"b":2}"#.to_owned())
                .unwrap();
        let json = serde_json::to_string(&Ticket::new("1", raw)).unwrap();
        assert!(
            json.contains(r#""raw":{"b":1.10,"a":12345678901234567890123,"b":2}"#),
            "{json}"
        );
    }
}
