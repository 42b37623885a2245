//! What goes over the wire, exactly as the vendor prints it.
//!
//! Source: the vendor's pages in `support/`: `create.md`, `single.md`, `open.md`, `closed.md`, `update.md`, `resolve.md`, `delete.md`. The same thing has
//! several names: a ticket's key is `CaseId` or `caseNumber` in requests and `CaseNumber` in replies, its
//! title is `Title` in requests and `Subject` in replies.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use ticket_http::{Reply, WireId};

/// The body of `POST /tickets/delete`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CaseId<'a> {
    pub(crate) case_id: &'a str,
}

/// The body of `POST /tickets/fetchSingleTicket`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseNumber<'a> {
    pub(crate) case_number: &'a str,
}

/// The body of `POST /tickets/create`. `Debug` prints no texts.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CreateTicket {
    /// The subject line, at most 200 characters.
    pub title: String,
    /// The text, at most 20,000 characters; of HTML only `b`, `strong`, `i`, `hr` and `br`.
    pub description: String,
    /// 1 is low, 2 medium, 3 high.
    pub priority: u8,
    /// An administrator's full name or e-mail address; all administrators where absent. Newer servers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign_to: Option<String>,
}

impl CreateTicket {
    /// A ticket with the three fields that the vendor requires.
    pub fn new(title: impl Into<String>, description: impl Into<String>, priority: u8) -> Self {
        Self {
            title: title.into(),
            description: description.into(),
            priority,
            assign_to: None,
        }
    }

    /// Assigns it to one administrator, by full name or e-mail address.
    #[must_use]
    pub fn assign_to(mut self, admin: impl Into<String>) -> Self {
        self.assign_to = Some(admin.into());
        self
    }
}

impl fmt::Debug for CreateTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateTicket")
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}

/// A created ticket: `Data` of the reply of `POST /tickets/create`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CreatedTicket {
    /// The new ticket's key: 7 characters, not always digits.
    pub case_number: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient")]
    pub subject: Option<String>,
    /// 1 is low, 2 medium, 3 high.
    #[serde(default, deserialize_with = "lenient")]
    pub priority: Option<u8>,
    /// Who works on it: null without `AssignTo`, absent in older replies.
    #[serde(default, deserialize_with = "lenient")]
    pub assigned_to: Option<AssignedTo>,
    /// When it was filed.
    #[serde(default, deserialize_with = "lenient")]
    pub creation_date: Option<Timestamp>,
    /// Here a text, `Open`; in [`Ticket`] a truth value.
    #[serde(default, deserialize_with = "lenient")]
    pub status: Option<String>,
}

impl fmt::Debug for CreatedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedTicket")
            .field("case_number", &self.case_number)
            .finish_non_exhaustive()
    }
}

/// Who works on a ticket.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct AssignedTo {
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

impl fmt::Debug for AssignedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssignedTo").finish_non_exhaustive()
    }
}

/// A ticket: `Data` of the reply of `POST /tickets/fetchSingleTicket`, as far as it is modelled. `Debug`
/// prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket's key: 7 characters, not always digits.
    pub case_number: WireId,
    /// When it was filed.
    pub date: Option<Timestamp>,
    /// Who filed it, with much personal data.
    pub account_info: Option<AccountInfo>,
    /// The subject line.
    pub subject: Option<String>,
    /// The text, often HTML.
    pub description: Option<String>,
    /// 1 is low, 2 medium, 3 high.
    pub priority: Option<i64>,
    /// When it was closed.
    pub close_date: Option<Timestamp>,
    /// The platform that is affected, the nearest thing to a category. Case differs from call to call.
    pub resource_affected: Option<String>,
    /// **False is open, true is closed.**
    pub status: Option<bool>,
    /// What the people who work on it wrote. Read-only: no call adds one.
    #[serde(default)]
    pub notes: Option<Vec<Note>>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("case_number", &self.case_number)
            .finish_non_exhaustive()
    }
}

/// A note on a ticket. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Note {
    /// The note's id.
    pub id: Option<String>,
    /// When it was written.
    pub date: Option<Timestamp>,
    /// The text.
    pub note: Option<String>,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The notes of a ticket, as they came.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RawNotes {
    #[serde(default)]
    pub(crate) notes: Option<Vec<Box<RawValue>>>,
}

/// The body of `POST /tickets/fetchOpenTickets` and `…/fetchClosedTickets`; here names are in lower case.
/// What is absent does not filter. `Debug` prints no text.
#[derive(Clone, Default, Serialize)]
#[non_exhaustive]
pub struct TicketFilter {
    /// Only tickets with this in subject or description, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only tickets about this platform, such as `general` or `renaissance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Only tickets of this priority: 1 is low, 2 medium, 3 high.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// The page, from 1; the first where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
}

impl TicketFilter {
    /// All tickets, from the first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only tickets with this in subject or description.
    #[must_use]
    pub fn search(mut self, search: impl Into<String>) -> Self {
        self.search = Some(search.into());
        self
    }

    /// Only tickets about this platform.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// Only tickets of this priority.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = Some(priority);
        self
    }

    /// The page, from 1.
    #[must_use]
    pub fn page(mut self, page: u64) -> Self {
        self.page = Some(page);
        self
    }
}

impl fmt::Debug for TicketFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketFilter")
            .field("platform", &self.platform)
            .field("priority", &self.priority)
            .field("page", &self.page)
            .finish_non_exhaustive()
    }
}

/// A page of tickets, each row with its own JSON: `Data` of the reply of the two lists. Pages hold 20 tickets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TicketList {
    /// How many tickets the filter finds in this list.
    pub total_tickets: Option<u64>,
    /// The page.
    pub page: Option<u64>,
    /// How many pages there are.
    pub total_pages: Option<u64>,
    /// The tickets.
    pub tickets: Vec<Reply<TicketRow>>,
}

/// A page of tickets, its rows not read yet.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TicketRows {
    pub(crate) total_tickets: Option<u64>,
    pub(crate) page: Option<u64>,
    pub(crate) total_pages: Option<u64>,
    pub(crate) tickets: Vec<Box<RawValue>>,
}

/// A row of a list. It has no status (which list it stands in says that) and no description, and its subject is
/// cut to 100 characters. `Debug` prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TicketRow {
    /// The ticket's key.
    pub case_number: WireId,
    /// The first 100 characters of the subject line.
    pub subject: Option<String>,
    /// When it was filed.
    pub date: Option<Timestamp>,
    /// 1 is low, 2 medium, 3 high.
    pub priority: Option<i64>,
    /// The platform that is affected.
    pub resource_affected: Option<String>,
}

impl fmt::Debug for TicketRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketRow")
            .field("case_number", &self.case_number)
            .finish_non_exhaustive()
    }
}

/// The body of `POST /tickets/update`. `Debug` prints no texts.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct UpdateTicket {
    /// The ticket's key.
    pub case_id: String,
    /// The new subject line, at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The new text, at most 20,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl UpdateTicket {
    /// Changes nothing yet; the vendor refuses that.
    pub fn new(case_id: impl Into<String>) -> Self {
        Self {
            case_id: case_id.into(),
            title: None,
            description: None,
        }
    }

    /// Changes the subject line.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Changes the text.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }
}

impl fmt::Debug for UpdateTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateTicket")
            .field("case_id", &self.case_id)
            .finish_non_exhaustive()
    }
}

/// The reply of `POST /tickets/update`: **`Ticket` where every other one has `Data`.**
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateEnvelope {
    #[serde(deserialize_with = "object")]
    pub(crate) ticket: UpdatedTicket,
}

/// An updated ticket. `Debug` prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct UpdatedTicket {
    /// The ticket's key.
    pub case_number: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient")]
    pub subject: Option<String>,
    /// The text.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<String>,
    /// 1 is low, 2 medium, 3 high.
    #[serde(default, deserialize_with = "lenient")]
    pub priority: Option<i64>,
    /// False is open.
    #[serde(default, deserialize_with = "lenient")]
    pub status: Option<bool>,
}

impl fmt::Debug for UpdatedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdatedTicket")
            .field("case_number", &self.case_number)
            .finish_non_exhaustive()
    }
}

/// A resolved ticket: `Data` of the reply of `POST /tickets/resolve`. `Debug` prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct ResolvedTicket {
    /// The ticket's key.
    pub case_number: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient")]
    pub subject: Option<String>,
    /// True is closed.
    pub status: Option<bool>,
    /// When it was closed.
    #[serde(default, deserialize_with = "lenient")]
    pub close_date: Option<Timestamp>,
    /// Who closed it, by name.
    #[serde(default, deserialize_with = "lenient")]
    pub closed_by: Option<String>,
}

impl fmt::Debug for ResolvedTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedTicket")
            .field("case_number", &self.case_number)
            .finish_non_exhaustive()
    }
}

/// Who filed a ticket. The vendor sends much more (address, location, device), which is in `raw` only.
/// `Debug` prints nothing of it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct AccountInfo {
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The phone number.
    pub mobile_number: Option<String>,
}

impl fmt::Debug for AccountInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountInfo").finish_non_exhaustive()
    }
}

/// Whatever is odd about these counts as absent: a write that was confirmed must not become unknown over a
/// decoration.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// An object and nothing else: of a list serde would take the items for the fields, by their order.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// The envelope of a success.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Envelope<T> {
    #[serde(deserialize_with = "object")]
    pub(crate) data: T,
}

/// What every reply says of itself. `Code` equals the HTTP status, and is missing from some errors.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Verdict {
    pub(crate) response: bool,
    pub(crate) message: Option<String>,
    pub(crate) code: Option<u16>,
}
