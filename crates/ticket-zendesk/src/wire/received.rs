//! What comes back: the replies, as far as they are modelled. What is not as documented counts as absent, except for ids.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use ticket_http::{Reply, WireId, debug_fields, lenient};

/// A ticket, without its comments. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket's number.
    pub id: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The text of the first comment.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// `new`, `open`, `pending`, `hold`, `solved`, `closed`; in the incremental export also `deleted`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// `low`, `normal`, `high`, `urgent`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub priority: Option<String>,
    /// `problem`, `incident`, `question`, `task`.
    #[serde(default, rename = "type", deserialize_with = "lenient::text")]
    pub kind: Option<String>,
    /// Who asks.
    #[serde(default, deserialize_with = "lenient::value")]
    pub requester_id: Option<u64>,
    /// Who works on it.
    #[serde(default, deserialize_with = "lenient::value")]
    pub assignee_id: Option<u64>,
    /// Labels.
    #[serde(default, deserialize_with = "lenient::value")]
    pub tags: Option<Vec<String>>,
    /// The custom fields.
    #[serde(default, deserialize_with = "lenient::value")]
    pub custom_fields: Option<Vec<CustomField>>,
    /// When it was created.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created_at: Option<Timestamp>,
    /// When it last changed, as written: the stamp of a safe update.
    #[serde(default, deserialize_with = "lenient::text")]
    pub updated_at: Option<String>,
}

debug_fields!(Ticket { id });

/// A custom field of a ticket. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct CustomField {
    /// The field's id.
    pub id: u64,
    /// A text, a number, a boolean, a list of texts, or null.
    #[serde(default)]
    pub value: Value,
}

debug_fields!(CustomField { id });

/// A person. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The person's id.
    pub id: u64,
    /// The name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// The main address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    /// `end-user`, `agent` or `admin`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub role: Option<String>,
}

debug_fields!(User { id });

/// Where a page ends.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Meta {
    /// Whether there is another page. The link to it is there even if not (recordings).
    pub has_more: bool,
    /// The cursor of the next page.
    #[serde(default, deserialize_with = "lenient::text")]
    pub after_cursor: Option<String>,
}

impl Meta {
    /// Of a page that is followed by another one.
    pub(crate) fn more(after_cursor: Option<String>) -> Self {
        Self {
            has_more: true,
            after_cursor,
        }
    }
}

/// A page of tickets, each row with its own JSON.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct TicketPage {
    /// The tickets; `None` for a row that cannot be read or has no id.
    #[serde(alias = "results", deserialize_with = "lenient::rows")]
    pub tickets: Vec<Option<Reply<Ticket>>>,
    /// Where the page ends.
    pub meta: Meta,
}

/// A page of the incremental export.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct TicketExport {
    /// The tickets, deleted ones among them.
    #[serde(deserialize_with = "lenient::rows")]
    pub tickets: Vec<Option<Reply<Ticket>>>,
    /// The cursor of the next page.
    #[serde(default, deserialize_with = "lenient::text")]
    pub after_cursor: Option<String>,
    /// Whether this is the last page for now.
    pub end_of_stream: bool,
}

/// A ticket in the trash. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct DeletedTicket {
    /// The ticket's number.
    pub id: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// When it was deleted.
    #[serde(default, deserialize_with = "lenient::value")]
    pub deleted_at: Option<Timestamp>,
}

debug_fields!(DeletedTicket { id });

/// A page of the trash.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct DeletedTicketPage {
    /// The tickets.
    #[serde(deserialize_with = "lenient::rows")]
    pub deleted_tickets: Vec<Option<Reply<DeletedTicket>>>,
    /// Where the page ends.
    pub meta: Meta,
}

/// A comment. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Comment {
    /// The comment's id.
    pub id: WireId,
    /// Who wrote it.
    #[serde(default, deserialize_with = "lenient::value")]
    pub author_id: Option<u64>,
    /// The text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub body: Option<String>,
    /// Whether the requester can read it.
    #[serde(default, deserialize_with = "lenient::value")]
    pub public: Option<bool>,
    /// Its files, each with its own JSON.
    #[serde(default, deserialize_with = "lenient::rows_or_none")]
    pub attachments: Vec<Option<Reply<Attachment>>>,
    /// When it was written.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created_at: Option<Timestamp>,
}

debug_fields!(Comment { id });

/// A page of comments.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct CommentPage {
    /// The comments.
    #[serde(deserialize_with = "lenient::rows")]
    pub comments: Vec<Option<Reply<Comment>>>,
    /// Their authors, if they were asked for.
    #[serde(default, deserialize_with = "lenient::value")]
    pub users: Option<Vec<User>>,
    /// Where the page ends.
    pub meta: Meta,
}

/// A file. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Attachment {
    /// The file's id.
    pub id: WireId,
    /// The file's name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub file_name: Option<String>,
    /// Where its content is, which may be another host. Never send credentials there.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content_url: Option<String>,
    /// The media type.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content_type: Option<String>,
    /// The length in bytes.
    #[serde(default, deserialize_with = "lenient::value")]
    pub size: Option<u64>,
}

debug_fields!(Attachment { id });

/// An uploaded file. `Debug` prints nothing of it.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Staged {
    /// What attaches the file, within 60 minutes.
    pub token: String,
}

debug_fields!(Staged {});

/// What a change did. `Debug` prints no values.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Audit {
    /// Its parts.
    #[serde(default, deserialize_with = "lenient::value")]
    pub events: Option<Vec<AuditEvent>>,
}

debug_fields!(Audit {});

/// A part of a change. `Debug` prints the kind only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct AuditEvent {
    /// `Create`, `Change`, `Comment` and so on.
    #[serde(default, rename = "type", deserialize_with = "lenient::text")]
    pub kind: Option<String>,
    /// Whether the requester can read it, of a comment.
    #[serde(default, deserialize_with = "lenient::value")]
    pub public: Option<bool>,
}

debug_fields!(AuditEvent { kind });

/// A job. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct JobStatus {
    /// The job's id.
    pub id: String,
    /// `queued`, `working`, `completed` or `failed`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// What the job says, if anything.
    #[serde(default, deserialize_with = "lenient::text")]
    pub message: Option<String>,
    /// Null, a list with an entry for each record, or one object for all of them.
    #[serde(default)]
    pub results: Value,
}

debug_fields!(JobStatus { id });

#[derive(Deserialize)]
pub(crate) struct JobReply {
    pub(crate) job_status: JobStatus,
}

/// `{"ticket": {..}, "audit": {..}, "users": [..]}`
#[derive(Deserialize)]
pub(crate) struct TicketReply {
    pub(crate) ticket: Reply<Ticket>,
    #[serde(default, deserialize_with = "lenient::value")]
    pub(crate) audit: Option<Audit>,
    #[serde(default, deserialize_with = "lenient::value")]
    pub(crate) users: Option<Vec<User>>,
}

#[derive(Deserialize)]
pub(crate) struct StagedReply {
    pub(crate) upload: Staged,
}

#[derive(Deserialize)]
pub(crate) struct AttachmentReply {
    pub(crate) attachment: Attachment,
}

/// The body of a refusal.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    #[serde(default)]
    pub(crate) error: Option<Value>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) details: Option<Value>,
    /// Not Zendesk's: servers on the way have it.
    #[serde(default)]
    pub(crate) status: Option<Value>,
    /// Not Zendesk's either.
    #[serde(default)]
    pub(crate) path: Option<Value>,
}
