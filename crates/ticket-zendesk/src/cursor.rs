//! What a cursor says: which of Zendesk's lists it is of, and that list's own cursor.

use ticket_core::model::{Cursor, PageRequest};
use ticket_core::{Error, Result};

use crate::info::LARGEST_PAGE;

/// One of Zendesk's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// All tickets, without the trash and without archived ones.
    Tickets,
    /// What changed since or before a time, with archived tickets.
    Changed,
    /// The export of a search. Its cursor lives for an hour.
    Search,
    /// The trash.
    Trash,
    /// The comments of a ticket.
    Comments,
}

impl Walk {
    fn name(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::Changed => "changed",
            Self::Search => "search",
            Self::Trash => "trash",
            Self::Comments => "comments",
        }
    }

    /// Zendesk's cursor of the page; `None` for the first one.
    pub(crate) fn after(self, page: &PageRequest) -> Result<Option<&str>> {
        let Some(cursor) = &page.cursor else {
            return Ok(None);
        };
        let after = cursor.as_str().split_once(':');
        match after.filter(|(name, after)| *name == self.name() && !after.is_empty()) {
            Some((_, after)) => Ok(Some(after)),
            None => Err(Error::invalid_input(
                "the `cursor` is not one that Zendesk's list gave for this query",
            )),
        }
    }

    pub(crate) fn cursor(self, after: &str) -> Cursor {
        Cursor::new(format!("{}:{after}", self.name()))
    }
}

pub(crate) fn size(page: &PageRequest) -> u32 {
    page.limit.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE)
}
