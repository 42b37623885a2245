//! What is sent: the bodies of requests.

use serde::Serialize;
use ticket_http::debug_fields;

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
    /// An administrator's full name or e-mail address; all administrators where absent. Newer servers only: an
    /// older one may pass over it (inferred), and its reply has no [`AssignedTo`](super::AssignedTo).
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

debug_fields!(CreateTicket { priority });

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

debug_fields!(TicketFilter {
    platform,
    priority,
    page
});

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

debug_fields!(UpdateTicket { case_id });
