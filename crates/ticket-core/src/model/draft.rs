//! Input of creates and updates: new tickets and patches; and the result of a create.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::attachment::{Attachment, no_files};
use crate::model::custom::{CustomFields, FieldValue};
use crate::model::hidden::Hidden;
use crate::model::raw::RawJson;
use crate::model::status::{Priority, Status};
use crate::model::ticket::{Person, Ticket, TicketId, Version};

/// A ticket to create. A field that the vendor does not support is rejected by name, never dropped.
///
/// ```
/// use ticket_core::NewTicket;
/// use ticket_core::model::{Person, Priority};
///
/// let ticket = NewTicket::new("Card refused")
///     .description("The till says: declined.")
///     .requester(Person::named("A customer").email("customer@example.com"))
///     .priority(Priority::High);
/// assert_eq!(ticket.subject, "Card refused");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct NewTicket {
    /// The subject line.
    pub subject: String,
    /// The text.
    pub description: Option<String>,
    /// The requester.
    pub requester: Option<Person>,
    /// The vendor's category, topic or type of request, by name.
    pub category: Option<String>,
    /// The priority.
    pub priority: Option<Priority>,
    /// The assignee: a name, an address or an id, depending on the vendor.
    pub assignee: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Custom fields of this vendor or account, by the vendor's names.
    pub custom: CustomFields,
}

impl NewTicket {
    /// Creates a ticket with this subject line.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            description: None,
            requester: None,
            category: None,
            priority: None,
            assignee: None,
            tags: Vec::new(),
            attachments: Vec::new(),
            custom: CustomFields::new(),
        }
    }

    /// Sets the text.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the requester.
    #[must_use]
    pub fn requester(mut self, requester: Person) -> Self {
        self.requester = Some(requester);
        self
    }

    /// Sets the category.
    #[must_use]
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.category = Some(category.into());
        self
    }

    /// Sets the priority.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets the assignee.
    #[must_use]
    pub fn assignee(mut self, assignee: impl Into<String>) -> Self {
        self.assignee = Some(assignee.into());
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn attachment(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Sets a custom field of this vendor or account.
    #[must_use]
    pub fn custom(mut self, name: impl Into<String>, value: impl Into<FieldValue>) -> Self {
        self.custom.insert(name.into(), value.into());
        self
    }
}

impl fmt::Debug for NewTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTicket")
            .field("subject", &Hidden(&self.subject))
            .field("description", &self.description.as_deref().map(Hidden))
            .field("requester", &self.requester)
            .field("category", &self.category)
            .field("priority", &self.priority)
            .field("assignee", &self.assignee.as_deref().map(Hidden))
            .field("tags", &self.tags.len())
            .field("attachments", &self.attachments)
            .field("custom", &self.custom.keys())
            .finish()
    }
}

/// The result of a create. Few vendors return the whole ticket; call `get` to read it.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Created {
    /// The new ticket's id.
    pub id: TicketId,
    /// The vendor's JSON, unmodified.
    pub raw: RawJson,
    /// Whether an earlier attempt with the same [idempotency key](crate::CallContext::idempotency_key) created it, so that this
    /// one created nothing. Left out of the JSON if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_earlier_attempt: bool,
}

impl Created {
    /// Creates the result for the ticket with this id; `raw` is the vendor's reply.
    pub fn new(id: impl Into<TicketId>, raw: impl Into<RawJson>) -> Self {
        Self {
            id: id.into(),
            raw: raw.into(),
            by_earlier_attempt: false,
        }
    }

    /// Says whether an earlier attempt with the same idempotency key created the ticket.
    #[must_use]
    pub fn by_earlier_attempt(mut self, is_so: bool) -> Self {
        self.by_earlier_attempt = is_so;
        self
    }
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Created")
            .field("id", &self.id)
            .field("raw", &self.raw)
            .field("by_earlier_attempt", &self.by_earlier_attempt)
            .finish()
    }
}

/// Changes to a ticket. Absent fields stay as they are. A patch without files can be written to storage and read back.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TicketPatch {
    /// The new subject line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The new text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The new status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The new priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The new category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The new assignee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Files to add.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "no_files")]
    pub attachments: Vec<Attachment>,
    /// New values of custom fields of this vendor or account.
    #[serde(skip_serializing_if = "CustomFields::is_empty")]
    pub custom: CustomFields,
    /// Change the ticket only while it has this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_version: Option<Version>,
}

impl TicketPatch {
    /// A patch that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the subject line.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Changes the text.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Changes the status.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// Changes the priority.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Changes the category.
    #[must_use]
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.category = Some(category.into());
        self
    }

    /// Changes the assignee.
    #[must_use]
    pub fn assignee(mut self, assignee: impl Into<String>) -> Self {
        self.assignee = Some(assignee.into());
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn attachment(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Changes a custom field of this vendor or account.
    #[must_use]
    pub fn custom(mut self, name: impl Into<String>, value: impl Into<FieldValue>) -> Self {
        self.custom.insert(name.into(), value.into());
        self
    }

    /// Changes the ticket only while it has this version.
    #[must_use]
    pub fn if_version(mut self, version: Version) -> Self {
        self.if_version = Some(version);
        self
    }

    /// Whether `ticket` shows all fields of this patch, and as it sets them. A patch with files is never shown.
    ///
    /// ```
    /// use ticket_core::model::{Priority, RawJson};
    /// use ticket_core::{Ticket, TicketPatch};
    ///
    /// let (_, raw) = RawJson::read::<serde_json::Value>("{}")?;
    /// let mut ticket = Ticket::new("121", raw);
    /// let patch = TicketPatch::new().priority(Priority::High);
    /// assert!(!patch.is_shown_by(&ticket));
    /// ticket.priority = Some(Priority::High);
    /// assert!(patch.is_shown_by(&ticket));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn is_shown_by(&self, ticket: &Ticket) -> bool {
        let shown = [
            (self.subject.is_some(), ticket.subject.is_some()),
            (self.description.is_some(), ticket.description.is_some()),
            (self.status.is_some(), ticket.status.is_some()),
            (self.priority.is_some(), ticket.priority.is_some()),
            (self.category.is_some(), ticket.category.is_some()),
        ];
        self.attachments.is_empty()
            && shown.iter().all(|(is_set, is_shown)| !is_set || *is_shown)
            && self.not_in(ticket).is_empty()
    }

    /// The names of the fields that `ticket`, read after the update, does not have as this patch sets them. Files and
    /// fields that the ticket does not show are left out.
    ///
    /// ```
    /// use ticket_core::model::RawJson;
    /// use ticket_core::{Ticket, TicketPatch};
    ///
    /// let (_, raw) = RawJson::read::<serde_json::Value>("{}")?;
    /// let mut ticket = Ticket::new("121", raw);
    /// ticket.subject = Some("Printer".to_owned());
    /// let patch = TicketPatch::new().subject("Printer on fire");
    /// assert_eq!(patch.not_in(&ticket), ["subject"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn not_in(&self, ticket: &Ticket) -> Vec<String> {
        let Self {
            subject,
            description,
            status,
            priority,
            category,
            assignee,
            attachments: _,
            custom,
            if_version: _,
        } = self;
        let differs = |set: Option<&str>, read: Option<&str>| {
            set.zip(read)
                .is_some_and(|(set, read)| set.trim() != read.trim())
        };
        let is_assignee = |set: &String| {
            let person = ticket.assignee.as_ref();
            let names = person.map(|person| [&person.id, &person.name, &person.email]);
            names.is_some_and(|names| names.into_iter().flatten().any(|name| name == set))
        };
        let text =
            |set: &Option<String>, read: &Option<String>| differs(set.as_deref(), read.as_deref());
        let named = [
            ("subject", text(subject, &ticket.subject)),
            ("description", text(description, &ticket.description)),
            (
                "status",
                status.is_some() && ticket.status.is_some() && *status != ticket.status,
            ),
            (
                "priority",
                priority.is_some() && ticket.priority.is_some() && *priority != ticket.priority,
            ),
            ("category", text(category, &ticket.category)),
            (
                "assignee",
                assignee.as_ref().is_some_and(|set| !is_assignee(set)),
            ),
        ];
        let named = named.into_iter().filter(|(_, differs)| *differs);
        let custom = custom.iter().filter(|(name, set)| {
            let nothing = FieldValue::Many(Vec::new());
            !ticket.custom.get(*name).unwrap_or(&nothing).is_same(set)
        });
        named
            .map(|(name, _)| name.to_owned())
            .chain(custom.map(|(name, _)| name.clone()))
            .collect()
    }
}

impl fmt::Debug for TicketPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketPatch")
            .field("subject", &self.subject.as_deref().map(Hidden))
            .field("description", &self.description.as_deref().map(Hidden))
            .field("status", &self.status)
            .field("priority", &self.priority)
            .field("category", &self.category)
            .field("assignee", &self.assignee.as_deref().map(Hidden))
            .field("attachments", &self.attachments)
            .field("custom", &self.custom.keys())
            .field("if_version", &self.if_version)
            .finish()
    }
}
