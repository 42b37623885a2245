//! What goes over the wire, exactly as the vendor prints it.
//!
//! Source: the vendor's pages `support/create.md`, `support/single.md`, `support/delete.md`. The same thing has
//! several names: a ticket's key is `CaseId` or `caseNumber` in requests and `CaseNumber` in replies, its
//! title is `Title` in requests and `Subject` in replies.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_http::WireId;

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
    pub subject: Option<String>,
    /// 1 is low, 2 medium, 3 high.
    pub priority: Option<u8>,
    /// Who works on it: null without `AssignTo`, absent in older replies.
    pub assigned_to: Option<AssignedTo>,
    /// When it was filed.
    pub creation_date: Option<Timestamp>,
    /// Here a text, `Open`; in [`Ticket`] a truth value.
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
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
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

/// The envelope of a success.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Envelope<T> {
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
