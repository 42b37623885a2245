//! What comes back: the replies, as far as they are modelled. What is not as observed counts as absent, except for ids.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use ticket_http::{Reply, WireId, debug_fields, lenient};

/// An entry of one of the site's lists: a project, a tracker, a priority, a user. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Named {
    /// The id.
    pub id: u64,
    /// The name. The parent of an issue has none.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
}

debug_fields!(Named { id });

/// A status.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The id.
    pub id: u64,
    /// The name, which each site chooses.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// Whether an issue with this status is closed. Servers before Redmine 5 do not say so with an issue.
    #[serde(default, deserialize_with = "lenient::value")]
    pub is_closed: Option<bool>,
}

/// A custom field of an issue. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct CustomField {
    /// The field's id.
    pub id: u64,
    /// The field's name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// A text, a list of texts, or null.
    #[serde(default)]
    pub value: Value,
}

debug_fields!(CustomField { id });

/// An issue. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// The issue's number.
    pub id: WireId,
    /// The project.
    #[serde(default, deserialize_with = "lenient::value")]
    pub project: Option<Named>,
    /// The tracker.
    #[serde(default, deserialize_with = "lenient::value")]
    pub tracker: Option<Named>,
    /// The status.
    #[serde(default, deserialize_with = "lenient::value")]
    pub status: Option<Status>,
    /// The priority.
    #[serde(default, deserialize_with = "lenient::value")]
    pub priority: Option<Named>,
    /// Who filed it: the owner of the key, if it was filed through the API.
    #[serde(default, deserialize_with = "lenient::value")]
    pub author: Option<Named>,
    /// Who works on it.
    #[serde(default, deserialize_with = "lenient::value")]
    pub assigned_to: Option<Named>,
    /// The category.
    #[serde(default, deserialize_with = "lenient::value")]
    pub category: Option<Named>,
    /// The issue that this one is a subtask of.
    #[serde(default, deserialize_with = "lenient::value")]
    pub parent: Option<Named>,
    /// Its subtasks, if they were asked for. They are not read leniently: a delete takes them along.
    #[serde(default)]
    pub children: Vec<Subtask>,
    /// The target version.
    #[serde(default, deserialize_with = "lenient::value")]
    pub fixed_version: Option<Named>,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The text. Lines end with `\r\n`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// The first day, such as `2026-11-28`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub start_date: Option<String>,
    /// The last day.
    #[serde(default, deserialize_with = "lenient::text")]
    pub due_date: Option<String>,
    /// How much of it is done, in per cent.
    #[serde(default, deserialize_with = "lenient::value")]
    pub done_ratio: Option<u64>,
    /// Whether only some people can see it.
    #[serde(default, deserialize_with = "lenient::value")]
    pub is_private: Option<bool>,
    /// The estimate, in hours.
    #[serde(default, deserialize_with = "lenient::value")]
    pub estimated_hours: Option<f64>,
    /// The custom fields.
    #[serde(default, deserialize_with = "lenient::value")]
    pub custom_fields: Option<Vec<CustomField>>,
    /// When it was filed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created_on: Option<Timestamp>,
    /// When it was last written, also by an update that changed nothing.
    #[serde(default, deserialize_with = "lenient::value")]
    pub updated_on: Option<Timestamp>,
    /// When it was last closed. It stays when the issue is opened again.
    #[serde(default, deserialize_with = "lenient::value")]
    pub closed_on: Option<Timestamp>,
}

debug_fields!(Issue { id });

/// A subtask, with its own. `Debug` prints the ids only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Subtask {
    /// The issue's number.
    pub id: WireId,
    /// Its subtasks.
    #[serde(default)]
    pub children: Vec<Subtask>,
}

debug_fields!(Subtask { id, children });

/// A page of issues, each row with its own JSON.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct IssueList {
    /// The issues; `None` for a row that cannot be read or has no id.
    #[serde(deserialize_with = "lenient::rows")]
    pub issues: Vec<Option<Reply<Issue>>>,
    /// How many issues the filters take.
    #[serde(default, deserialize_with = "lenient::value")]
    pub total_count: Option<u64>,
    /// How many of them were skipped.
    #[serde(default, deserialize_with = "lenient::value")]
    pub offset: Option<u64>,
    /// How many the page may have.
    #[serde(default, deserialize_with = "lenient::value")]
    pub limit: Option<u64>,
}

/// A note or an entry of the log. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Journal {
    /// The journal's id.
    pub id: WireId,
    /// Who wrote it.
    #[serde(default, deserialize_with = "lenient::value")]
    pub user: Option<Named>,
    /// The note; empty if the journal is only an entry of the log.
    #[serde(default, deserialize_with = "lenient::text")]
    pub notes: Option<String>,
    /// Whether only some people can read the note.
    #[serde(default, deserialize_with = "lenient::value")]
    pub private_notes: Option<bool>,
    /// When it was written.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created_on: Option<Timestamp>,
}

debug_fields!(Journal { id });

/// An attached file. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Attachment {
    /// The file's id.
    pub id: WireId,
    /// The file's name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub filename: Option<String>,
    /// The length in bytes.
    #[serde(default, deserialize_with = "lenient::value")]
    pub filesize: Option<u64>,
    /// The media type.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content_type: Option<String>,
    /// When it was attached.
    #[serde(default, deserialize_with = "lenient::value")]
    pub created_on: Option<Timestamp>,
}

debug_fields!(Attachment { id });

/// A staged file. `Debug` prints nothing of it.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct Staged {
    /// What attaches the file, once.
    pub token: String,
}

debug_fields!(Staged {});

/// Who the key belongs to. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The user's id.
    pub id: u64,
    /// Whether the user may do everything.
    #[serde(default, deserialize_with = "lenient::value")]
    pub admin: Option<bool>,
    /// The user's roles, by project.
    #[serde(default, deserialize_with = "lenient::value")]
    pub memberships: Option<Vec<Membership>>,
}

debug_fields!(User { id });

/// A user, as an administrator sees one. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct FoundUser {
    /// The user's id.
    pub id: u64,
    /// The name to sign in with.
    #[serde(default, deserialize_with = "lenient::text")]
    pub login: Option<String>,
    /// The first name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub firstname: Option<String>,
    /// The last name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub lastname: Option<String>,
    /// The main address; administrators see it also where others do not. A user may have further ones, which no reply
    /// shows.
    #[serde(default, deserialize_with = "lenient::text")]
    pub mail: Option<String>,
}

debug_fields!(FoundUser { id });

/// Users, at most a hundred.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct FoundUsers {
    /// The users.
    pub users: Vec<FoundUser>,
    /// How many there are in all.
    pub total_count: u64,
}

/// The roles of a user in a project.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Membership {
    /// The project.
    pub project: Named,
    /// The roles.
    pub roles: Vec<Named>,
}

/// What people of a role may do.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// The role's id.
    pub id: u64,
    /// The names of its rights.
    #[serde(default, deserialize_with = "lenient::value")]
    pub permissions: Option<Vec<String>>,
}

/// `{"issue": {..}}`, with the JSON of the issue.
#[derive(Deserialize)]
pub(crate) struct IssueReply {
    pub(crate) issue: Reply<Issue>,
}

#[derive(Deserialize)]
pub(crate) struct IssueWithJournals {
    pub(crate) issue: Journalled,
}

/// An issue of which the journals count, each with its own JSON.
#[derive(Deserialize)]
pub(crate) struct Journalled {
    pub(crate) id: WireId,
    #[serde(default, deserialize_with = "lenient::value")]
    pub(crate) project: Option<Named>,
    #[serde(default, deserialize_with = "lenient::value")]
    pub(crate) author: Option<Named>,
    #[serde(deserialize_with = "lenient::rows")]
    pub(crate) journals: Vec<Option<Reply<Journal>>>,
}

#[derive(Deserialize)]
pub(crate) struct IssueWithFiles {
    pub(crate) issue: Filed,
}

/// An issue of which the files count, each with its own JSON.
#[derive(Deserialize)]
pub(crate) struct Filed {
    pub(crate) id: WireId,
    #[serde(deserialize_with = "lenient::rows")]
    pub(crate) attachments: Vec<Option<Reply<Attachment>>>,
}

#[derive(Deserialize)]
pub(crate) struct ProjectReply {
    pub(crate) project: Named,
}

#[derive(Deserialize)]
pub(crate) struct StagedReply {
    pub(crate) upload: Staged,
}

#[derive(Deserialize)]
pub(crate) struct CurrentUser {
    pub(crate) user: User,
}

#[derive(Deserialize)]
pub(crate) struct Statuses {
    pub(crate) issue_statuses: Vec<Status>,
}

#[derive(Deserialize)]
pub(crate) struct Priorities {
    pub(crate) issue_priorities: Vec<Named>,
}

#[derive(Deserialize)]
pub(crate) struct Roles {
    pub(crate) role: Role,
}

/// The body of a refusal: `{"errors": ["Subject cannot be blank"]}`, or of a failure: `{"status": 500, "error": ".."}`.
#[derive(Deserialize)]
pub(crate) struct Refusal {
    #[serde(default, deserialize_with = "lenient::value")]
    pub(crate) errors: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) error: Option<String>,
}
