//! `ticket_write`: creates, comments on, updates or resolves one ticket. Nothing of it deletes.

use serde::Deserialize;
use serde_json::json;
use tickets::model::{Person, Priority, Status};
use tickets::{AccountSource as _, NewComment, NewTicket, TicketPatch, TicketRef};

use super::{Outcome, read};
use crate::answer::Fields;
use crate::row;
use crate::shared::Shared;

/// What can be written. Files and custom fields cannot: a file is one of this machine, and a custom field of some vendors
/// is their status.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
enum Write {
    Create {
        account: String,
        subject: String,
        description: Option<String>,
        requester_name: Option<String>,
        requester_email: Option<String>,
        category: Option<String>,
        priority: Option<String>,
        assignee: Option<String>,
        #[serde(default)]
        tags: Vec<String>,
    },
    Comment {
        ticket: TicketRef,
        text: String,
        #[serde(default)]
        public: bool,
    },
    Update {
        ticket: TicketRef,
        subject: Option<String>,
        description: Option<String>,
        status: Option<Settable>,
        priority: Option<String>,
        category: Option<String>,
        assignee: Option<String>,
    },
    Resolve {
        ticket: TicketRef,
    },
}

/// The statuses that can be set. Not the vendor's own words: with some vendors, `deleted` is one of them.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Settable {
    Open,
    OnHold,
    Resolved,
    Closed,
}

impl From<Settable> for Status {
    fn from(status: Settable) -> Self {
        match status {
            Settable::Open => Self::Open,
            Settable::OnHold => Self::OnHold,
            Settable::Resolved => Self::Resolved,
            Settable::Closed => Self::Closed,
        }
    }
}

pub(super) async fn run(shared: &Shared, arguments: Fields) -> Outcome {
    let (ticket, done) = match read(arguments)? {
        Write::Create {
            account,
            subject,
            description,
            requester_name,
            requester_email,
            category,
            priority,
            assignee,
            tags,
        } => {
            let mut new = NewTicket::new(subject);
            new.description = description;
            new.category = category;
            new.priority = priority.as_deref().map(Priority::from_name);
            new.assignee = assignee;
            new.tags = tags;
            if requester_name.is_some() || requester_email.is_some() {
                let mut person = Person::default();
                person.name = requester_name;
                person.email = requester_email;
                new.requester = Some(person);
            }
            let created = shared.scope.connect(&account)?.create(&new).await?;
            let done = if created.by_earlier_attempt {
                "created by an earlier attempt, whose reply was lost"
            } else {
                "created"
            };
            (TicketRef::new(account, created.id), done)
        }
        Write::Comment {
            ticket,
            text,
            public,
        } => {
            let comment = if public {
                NewComment::outbound(text)
            } else {
                NewComment::internal(text)
            };
            shared
                .scope
                .connect(&ticket.account)?
                .comment(&ticket.id, &comment)
                .await?;
            (ticket, "commented")
        }
        Write::Update {
            ticket,
            subject,
            description,
            status,
            priority,
            category,
            assignee,
        } => {
            let mut patch = TicketPatch::new();
            patch.subject = subject;
            patch.description = description;
            patch.status = status.map(Status::from);
            patch.priority = priority.as_deref().map(Priority::from_name);
            patch.category = category;
            patch.assignee = assignee;
            shared
                .scope
                .connect(&ticket.account)?
                .update(&ticket.id, &patch)
                .await?;
            (ticket, "updated")
        }
        Write::Resolve { ticket } => {
            shared
                .scope
                .connect(&ticket.account)?
                .resolve(&ticket.id)
                .await?;
            (ticket, "resolved")
        }
    };
    Ok(json!({ "ticket": row::reference(&ticket.account, &ticket.id), "outcome": done }))
}
