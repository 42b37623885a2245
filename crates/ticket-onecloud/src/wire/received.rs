//! What comes back: the replies, as far as they are modelled.

use secrecy::SecretString;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use ticket_http::{Reply, WireId, debug_fields};

/// A ticket as `GET /api/ticketrz/<id>` answers (page `tiketget`): 55 keys, every value a text or null,
/// ids, counters and times too. An empty text means no value.
///
/// Times are `YYYY-MM-DD HH:MM:SS` without a zone. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket's id. The only key that a ticket must have.
    pub id: WireId,
    /// The tenant ("site").
    pub site_id: Option<String>,
    /// The contact who asked, by id.
    pub requestor: Option<String>,
    /// Who works on it, by id.
    pub assignee: Option<String>,
    /// Who else is kept informed.
    pub cc: Option<String>,
    /// The subject line.
    pub subject: Option<String>,
    /// The text.
    pub content: Option<String>,
    /// Often empty although `Content` holds the text.
    pub description: Option<String>,
    /// How it was solved.
    pub solution: Option<String>,
    /// Remarks.
    pub remarks: Option<String>,
    /// `ProductId`.
    pub product_id: Option<String>,
    /// `ProjectId`.
    pub project_id: Option<String>,
    /// `RegionId`.
    pub region_id: Option<String>,
    /// `ContactId`.
    pub contact_id: Option<String>,
    /// `TP1` is Low (inferred).
    pub priority_id: Option<String>,
    /// `PriorityValue`.
    pub priority_value: Option<String>,
    /// `332` is Question (inferred).
    pub category_id: Option<String>,
    /// `Progress`.
    pub progress: Option<String>,
    /// `OrganizationId`.
    pub organization_id: Option<String>,
    /// `BranchId`.
    pub branch_id: Option<String>,
    /// When it is due.
    pub due_date: Option<String>,
    /// `ViewDate`.
    pub view_date: Option<String>,
    /// `OpenDate`.
    pub open_date: Option<String>,
    /// `OpenUser`.
    pub open_user: Option<String>,
    /// `ReOpenDate`.
    #[serde(rename = "ReOpenDate")]
    pub reopen_date: Option<String>,
    /// `SolveDate`.
    pub solve_date: Option<String>,
    /// When it was closed.
    pub close_date: Option<String>,
    /// `PendingDate`.
    pub pending_date: Option<String>,
    /// `Comment`.
    pub comment: Option<String>,
    /// `Viewer`.
    pub viewer: Option<String>,
    /// `LocationId`.
    pub location_id: Option<String>,
    /// `MessageId`.
    pub message_id: Option<String>,
    /// `TypeId`.
    pub type_id: Option<String>,
    /// `EMAIL` is Email (inferred).
    pub media_id: Option<String>,
    /// `TS7` is Closed (inferred).
    pub status_id: Option<String>,
    /// `Responder`.
    pub responder: Option<String>,
    /// `Handler`.
    pub handler: Option<String>,
    /// `CommentDate`.
    pub comment_date: Option<String>,
    /// `UnseenComment`.
    pub unseen_comment: Option<String>,
    /// `IsAgentSaveContact`.
    pub is_agent_save_contact: Option<String>,
    /// When it last changed.
    pub modify_date: Option<String>,
    /// `ResponseTime`.
    pub response_time: Option<String>,
    /// Seconds from creation to closing (inferred).
    pub resolution_time: Option<String>,
    /// `HandlingTime`.
    pub handling_time: Option<String>,
    /// `WaitingTime`.
    pub waiting_time: Option<String>,
    /// `CloseUser`.
    pub close_user: Option<String>,
    /// `SolveUser`.
    pub solve_user: Option<String>,
    /// `StatusDate`.
    pub status_date: Option<String>,
    /// `Modifier`.
    pub modifier: Option<String>,
    /// `Creator`.
    pub creator: Option<String>,
    /// When it was filed.
    pub create_date: Option<String>,
    /// The year 3000 means never (inferred).
    pub expire_date: Option<String>,
    /// `AssignDate`.
    pub assign_date: Option<String>,
    /// The assignees' ids.
    pub assignee_list: Option<String>,
    /// The assignees' names.
    pub assignee_text_list: Option<String>,
}

debug_fields!(Ticket { id });

/// The reply of `POST /api/ticket/create` (page `tiketcreate`).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreatedTicket {
    /// The new ticket's id.
    pub ticket_id: WireId,
}

/// The reply of `GET /api/ticketrz`, each row with its own JSON. Its `limit` is not modelled: it echoes what was sent,
/// as a text, and not what was done.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct FoundTickets {
    /// How many tickets there are in all.
    pub total: Option<u64>,
    /// The rows.
    pub data: Vec<Reply<TicketRow>>,
}

/// A row of a list, as far as it is modelled: names where [`Ticket`] has ids. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TicketRow {
    /// The ticket's id.
    pub id: WireId,
    /// Who asked, by name.
    pub requestor: Option<String>,
    /// Who works on it, by name.
    pub assignee: Option<String>,
    /// The subject line.
    pub subject: Option<String>,
    /// The text, or a remark such as `Junk`.
    pub description: Option<String>,
    /// When it is due.
    pub due_date: Option<String>,
    /// When it was filed.
    pub create_date: Option<String>,
    /// When it last changed.
    pub modify_date: Option<String>,
    /// How it came in, by name.
    pub media: Option<String>,
    /// The category, by name.
    pub category: Option<String>,
    /// The status, by name.
    pub status: Option<String>,
    /// The priority, by name.
    pub priority: Option<String>,
    /// Labels, as one text.
    pub tags: Option<String>,
}

debug_fields!(TicketRow { id });

/// The reply of `GET /api/ticket/conversations/<id>`.
#[derive(Deserialize)]
pub(crate) struct Conversations<T = Messages> {
    pub(crate) data: Vec<T>,
}

/// An item of that reply: a message, or an object that wraps several of them once more.
pub(crate) struct Messages(pub(crate) Vec<Reply<Message>>);

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let item = Box::<RawValue>::deserialize(deserializer)?;
        let json = item.get();
        let object = Some(json).filter(|json| json.starts_with('{'));
        let is_wrapper = object
            .is_some_and(|json| serde_json::from_str::<Conversations<IgnoredAny>>(json).is_ok());
        let messages = if is_wrapper {
            serde_json::from_str::<Conversations<_>>(json).map(|wrapper| wrapper.data)
        } else {
            serde_json::from_str(json).map(|message| vec![message])
        };
        messages.map(Self).map_err(D::Error::custom)
    }
}

/// A message of a ticket (page `tiketconversations`), as far as it is modelled. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Message {
    /// The message's id.
    pub id: WireId,
    /// When it was sent or received.
    pub date: Option<String>,
    /// `1` is from the customer, `0` from an agent (inferred).
    pub incoming: Option<String>,
    /// Who wrote it: an address or an id in the channel.
    pub from: Option<String>,
    /// Who wrote it, by name.
    pub from_name: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// The text.
    pub content: Option<String>,
    /// The text once more, in parts.
    pub contents: Option<Vec<MessageContent>>,
    /// Seen empty only.
    pub description: Option<String>,
}

/// A part of a message's text. `Debug` prints nothing of it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct MessageContent {
    /// The text as it was sent, which may be HTML.
    pub body: Option<String>,
    /// The text without markup.
    pub body_text: Option<String>,
}

debug_fields!(MessageContent {});

debug_fields!(Message { id });

/// The reply of `POST /api/authenticate` (page `authenticationtoken`).
#[derive(Deserialize)]
pub(crate) struct Token {
    pub(crate) token: SecretString,
}

/// What may stand in any reply instead of what was asked for: the `ERROR` envelope, or a
/// `response_code` other than 200. No odd value in it can hide an error.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    /// `{"status": "ERROR", "count": 1}`.
    #[serde(rename = "_meta", default)]
    pub(crate) meta: Value,
    /// `{"errorCode": 401 or "401", "userMessage": "…", …}`.
    #[serde(default)]
    pub(crate) records: Value,
    #[serde(default)]
    pub(crate) response_code: Value,
    #[serde(default)]
    pub(crate) response_status: Value,
}

impl Envelope {
    /// One of these fields is in every reply that is an error.
    pub(crate) const TELLING: &[&str] = &["_meta", "response_code"];
}
