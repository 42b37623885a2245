//! Redmine's own shapes: what is sent and what comes back.

mod received;
mod sent;

pub use received::{
    Attachment, CustomField, FoundUser, FoundUsers, Issue, IssueList, Journal, Membership, Named,
    Role, Staged, Status, Subtask, User,
};
pub(crate) use received::{
    CurrentUser, IssueReply, IssueWithFiles, IssueWithJournals, Journalled, Priorities,
    ProjectReply, Refusal, Roles, StagedReply, Statuses,
};
pub(crate) use sent::Body;
pub use sent::{ChangedIssue, Filter, ListQuery, NewCustomField, Upload};
