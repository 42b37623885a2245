//! What comes back: the replies, as far as they are modelled.

use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use ticket_http::{Reply, WireId, debug_fields, lenient};

/// A ticket as `GET /api/ticketrz/<id>` answers (page `tiketget`): 55 keys, every value a text or null,
/// ids, counters and times too. An empty text means no value, and a value of another type counts as absent.
///
/// Times are `YYYY-MM-DD HH:MM:SS` without a zone. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket's id. The only key that a ticket must have.
    pub id: WireId,
    /// The tenant ("site").
    #[serde(default, deserialize_with = "lenient::text")]
    pub site_id: Option<String>,
    /// The contact who asked, by id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub requestor: Option<String>,
    /// Who works on it, by id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub assignee: Option<String>,
    /// Who else is kept informed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub cc: Option<String>,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content: Option<String>,
    /// Often empty although `Content` holds the text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// How it was solved.
    #[serde(default, deserialize_with = "lenient::text")]
    pub solution: Option<String>,
    /// Remarks.
    #[serde(default, deserialize_with = "lenient::text")]
    pub remarks: Option<String>,
    /// `ProductId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub product_id: Option<String>,
    /// `ProjectId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub project_id: Option<String>,
    /// `RegionId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub region_id: Option<String>,
    /// `ContactId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub contact_id: Option<String>,
    /// `TP1` is Low (inferred).
    #[serde(default, deserialize_with = "lenient::text")]
    pub priority_id: Option<String>,
    /// `PriorityValue`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub priority_value: Option<String>,
    /// `332` is Question (inferred).
    #[serde(default, deserialize_with = "lenient::text")]
    pub category_id: Option<String>,
    /// `Progress`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub progress: Option<String>,
    /// `OrganizationId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub organization_id: Option<String>,
    /// `BranchId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub branch_id: Option<String>,
    /// When it is due.
    #[serde(default, deserialize_with = "lenient::text")]
    pub due_date: Option<String>,
    /// `ViewDate`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub view_date: Option<String>,
    /// `OpenDate`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub open_date: Option<String>,
    /// `OpenUser`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub open_user: Option<String>,
    /// `ReOpenDate`.
    #[serde(default, deserialize_with = "lenient::text", rename = "ReOpenDate")]
    pub reopen_date: Option<String>,
    /// `SolveDate`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub solve_date: Option<String>,
    /// When it was closed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub close_date: Option<String>,
    /// `PendingDate`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub pending_date: Option<String>,
    /// `Comment`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub comment: Option<String>,
    /// `Viewer`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub viewer: Option<String>,
    /// `LocationId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub location_id: Option<String>,
    /// `MessageId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub message_id: Option<String>,
    /// `TypeId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub type_id: Option<String>,
    /// `EMAIL` is Email (inferred).
    #[serde(default, deserialize_with = "lenient::text")]
    pub media_id: Option<String>,
    /// `TS7` is Closed (inferred).
    #[serde(default, deserialize_with = "lenient::text")]
    pub status_id: Option<String>,
    /// `Responder`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub responder: Option<String>,
    /// `Handler`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub handler: Option<String>,
    /// `CommentDate`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub comment_date: Option<String>,
    /// `UnseenComment`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub unseen_comment: Option<String>,
    /// `IsAgentSaveContact`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub is_agent_save_contact: Option<String>,
    /// When it last changed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub modify_date: Option<String>,
    /// `ResponseTime`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub response_time: Option<String>,
    /// Seconds from creation to closing (inferred).
    #[serde(default, deserialize_with = "lenient::text")]
    pub resolution_time: Option<String>,
    /// `HandlingTime`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub handling_time: Option<String>,
    /// `WaitingTime`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub waiting_time: Option<String>,
    /// `CloseUser`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub close_user: Option<String>,
    /// `SolveUser`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub solve_user: Option<String>,
    /// `StatusDate`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status_date: Option<String>,
    /// `Modifier`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub modifier: Option<String>,
    /// `Creator`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub creator: Option<String>,
    /// When it was filed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub create_date: Option<String>,
    /// The year 3000 means never (inferred).
    #[serde(default, deserialize_with = "lenient::text")]
    pub expire_date: Option<String>,
    /// `AssignDate`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub assign_date: Option<String>,
    /// The assignees' ids.
    #[serde(default, deserialize_with = "lenient::text")]
    pub assignee_list: Option<String>,
    /// The assignees' names.
    #[serde(default, deserialize_with = "lenient::text")]
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
    #[serde(default, deserialize_with = "lenient::value")]
    pub total: Option<u64>,
    /// The rows; `None` for one that cannot be read or has no id.
    #[serde(deserialize_with = "lenient::rows")]
    pub data: Vec<Option<Reply<TicketRow>>>,
}

/// A row of a list, as far as it is modelled: names where [`Ticket`] has ids. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TicketRow {
    /// The ticket's id.
    pub id: WireId,
    /// Who asked, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub requestor: Option<String>,
    /// Who works on it, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub assignee: Option<String>,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The text, or a remark such as `Junk`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// When it is due.
    #[serde(default, deserialize_with = "lenient::text")]
    pub due_date: Option<String>,
    /// When it was filed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub create_date: Option<String>,
    /// When it last changed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub modify_date: Option<String>,
    /// How it came in, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub media: Option<String>,
    /// The category, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub category: Option<String>,
    /// The status, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// The priority, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub priority: Option<String>,
    /// Labels, as one text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub tags: Option<String>,
}

debug_fields!(TicketRow { id });

/// The reply of `GET /api/ticket/conversations/<id>`.
#[derive(Deserialize)]
pub(crate) struct Conversations<T = Messages> {
    pub(crate) data: Vec<T>,
}

/// An item of that reply: a message, or an object that wraps several of them once more. `None` for a message that
/// cannot be read or has no id.
pub(crate) struct Messages(pub(crate) Vec<Option<Reply<Message>>>);

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let item = Box::<RawValue>::deserialize(deserializer)?;
        let json = item.get();
        let object = Some(json).filter(|json| json.starts_with('{'));
        let is_wrapper = object
            .is_some_and(|json| serde_json::from_str::<Conversations<IgnoredAny>>(json).is_ok());
        let wrapper = if is_wrapper {
            serde_json::from_str::<Wrapper>(json).ok()
        } else {
            None
        };
        Ok(Self(match wrapper {
            Some(wrapper) => wrapper.data,
            None => vec![serde_json::from_str(json).ok()],
        }))
    }
}

/// The object that wraps messages once more.
#[derive(Deserialize)]
struct Wrapper {
    #[serde(deserialize_with = "lenient::rows")]
    data: Vec<Option<Reply<Message>>>,
}

/// A message of a ticket (page `tiketconversations`), as far as it is modelled. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Message {
    /// The message's id.
    pub id: WireId,
    /// When it was sent or received.
    #[serde(default, deserialize_with = "lenient::text")]
    pub date: Option<String>,
    /// `1` is from the customer, `0` from an agent (inferred).
    #[serde(default, deserialize_with = "lenient::text")]
    pub incoming: Option<String>,
    /// Who wrote it: an address or an id in the channel.
    #[serde(default, deserialize_with = "lenient::text")]
    pub from: Option<String>,
    /// Who wrote it, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub from_name: Option<String>,
    /// What it is about.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub content: Option<String>,
    /// The text once more, in parts.
    #[serde(default, deserialize_with = "lenient::value")]
    pub contents: Option<Vec<MessageContent>>,
    /// Seen empty only.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
}

/// A part of a message's text. `Debug` prints nothing of it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct MessageContent {
    /// The text as it was sent, which may be HTML.
    #[serde(default, deserialize_with = "lenient::text")]
    pub body: Option<String>,
    /// The text without markup.
    #[serde(default, deserialize_with = "lenient::text")]
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
