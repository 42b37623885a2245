//! Queries and pages of lists.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::hidden::Hidden;
use crate::model::status::{Priority, Status};

/// The state of the tickets in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Tickets that are not closed.
    Open,
    /// Closed tickets.
    Closed,
    /// Tickets in the vendor's trash.
    Deleted,
}

impl State {
    /// Whether a ticket with this status is in this state; `None` if the status is the vendor's own, which may be either.
    ///
    /// ```
    /// use ticket_core::model::{State, Status};
    ///
    /// assert_eq!(State::Closed.covers(&Status::Resolved), Some(true));
    /// assert_eq!(State::Closed.covers(&Status::OnHold), Some(false));
    /// assert_eq!(State::Closed.covers(&Status::Other("TS9".to_owned())), None);
    /// ```
    pub const fn covers(self, status: &Status) -> Option<bool> {
        let state = match status {
            Status::Open | Status::OnHold => Self::Open,
            Status::Resolved | Status::Closed => Self::Closed,
            Status::Deleted => Self::Deleted,
            Status::Other(_) => return None,
        };
        Some(matches!(
            (self, state),
            (Self::Open, Self::Open)
                | (Self::Closed, Self::Closed)
                | (Self::Deleted, Self::Deleted)
        ))
    }

    /// The state in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Deleted => "deleted",
        }
    }
}

/// A span of time. Both ends are optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Times {
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sort {
    /// The time of creation.
    Created,
    /// The time of the last change.
    Updated,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// The smallest or oldest first.
    Ascending(Sort),
    /// The largest or newest first.
    Descending(Sort),
}

/// The filters of a list. A filter that the vendor does not support is rejected by name, never ignored.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct TicketQuery {
    /// Only tickets in this state. Absent: tickets in any state.
    pub state: Option<State>,
    /// Only tickets with this text, as the vendor's search understands it.
    pub search: Option<String>,
    /// Only tickets of this priority.
    pub priority: Option<Priority>,
    /// Only tickets of this category.
    pub category: Option<String>,
    /// Only tickets of this requester: an e-mail address, a name or an id, depending on the vendor.
    pub requester: Option<String>,
    /// Only tickets created in this span.
    pub created: Times,
    /// Only tickets that last changed in this span.
    pub updated: Times,
    /// Only tickets with all of these labels.
    pub tags: Vec<String>,
    /// Only tickets with these values of custom fields, by the vendor's names.
    pub custom: BTreeMap<String, String>,
    /// The order. Absent: the one in which the provider reads lists most reliably.
    pub order: Option<Order>,
    /// Only tickets that match this query, in the vendor's own language.
    pub raw: Option<String>,
    /// The page to read.
    pub page: PageRequest,
}

impl TicketQuery {
    /// All tickets, from the first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only tickets in this state.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }

    /// Only tickets with this text.
    #[must_use]
    pub fn search(mut self, search: impl Into<String>) -> Self {
        self.search = Some(search.into());
        self
    }

    /// Only tickets of this priority.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Only tickets of this category.
    #[must_use]
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.category = Some(category.into());
        self
    }

    /// Only tickets of this requester.
    #[must_use]
    pub fn requester(mut self, requester: impl Into<String>) -> Self {
        self.requester = Some(requester.into());
        self
    }

    /// Only tickets created at this time or later.
    #[must_use]
    pub fn created_after(mut self, time: Timestamp) -> Self {
        self.created.from = Some(time);
        self
    }

    /// Only tickets created before this time.
    #[must_use]
    pub fn created_before(mut self, time: Timestamp) -> Self {
        self.created.before = Some(time);
        self
    }

    /// Only tickets that last changed at this time or later.
    #[must_use]
    pub fn updated_after(mut self, time: Timestamp) -> Self {
        self.updated.from = Some(time);
        self
    }

    /// Only tickets that last changed before this time.
    #[must_use]
    pub fn updated_before(mut self, time: Timestamp) -> Self {
        self.updated.before = Some(time);
        self
    }

    /// Only tickets with this label, and those named before.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Only tickets with this value of a custom field.
    #[must_use]
    pub fn custom(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.custom.insert(name.into(), value.into());
        self
    }

    /// Sets the order.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Only tickets that match this query, in the vendor's own language.
    #[must_use]
    pub fn raw(mut self, query: impl Into<String>) -> Self {
        self.raw = Some(query.into());
        self
    }

    /// The page to read.
    #[must_use]
    pub fn page(mut self, page: PageRequest) -> Self {
        self.page = page;
        self
    }
}

impl fmt::Debug for TicketQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketQuery")
            .field("state", &self.state)
            .field("search", &self.search.as_deref().map(Hidden))
            .field("priority", &self.priority)
            .field("category", &self.category)
            .field("requester", &self.requester.as_deref().map(Hidden))
            .field("created", &self.created)
            .field("updated", &self.updated)
            .field("tags", &self.tags.len())
            .field("custom", &self.custom.keys())
            .field("order", &self.order)
            .field("raw", &self.raw.as_deref().map(Hidden))
            .field("page", &self.page)
            .finish()
    }
}

/// The start of a page, in the provider's own format. Valid only for the query that returned it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor with this text.
    pub fn new(cursor: impl Into<String>) -> Self {
        Self(cursor.into())
    }

    /// The cursor's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which page to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// The start of the page. Absent: the first page.
    pub cursor: Option<Cursor>,
    /// Maximum number of items. Absent: the vendor's default. The vendor may return fewer.
    pub limit: Option<u32>,
}

impl PageRequest {
    /// The first page, in the vendor's default size.
    pub fn first() -> Self {
        Self::default()
    }

    /// The page at this cursor.
    #[must_use]
    pub fn at(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// Sets the maximum number of items.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items. A page in the middle of a list may be empty.
    pub items: Vec<T>,
    /// The start of the next page; absent on the last page.
    pub next: Option<Cursor>,
    /// Total number of items in the list, if the vendor returns it. A hint: vendors' totals are often wrong.
    pub total: Option<u64>,
    /// Why items may be missing from this page, one sentence each, such as a row without an id. Empty if none
    /// is known to be.
    pub gaps: Vec<String>,
    /// How many rows of the vendor's page are not among the items, such as those that the provider's own filter dropped.
    #[serde(skip)]
    pub left_out: usize,
}

impl<T> Page<T> {
    /// Creates the last page of a list.
    pub fn last(items: Vec<T>) -> Self {
        Self {
            items,
            next: None,
            total: None,
            gaps: Vec::new(),
            left_out: 0,
        }
    }

    /// Sets the start of the next page.
    #[must_use]
    pub fn next(mut self, next: Option<Cursor>) -> Self {
        self.next = next;
        self
    }

    /// Sets the total number of items in the list.
    #[must_use]
    pub fn total(mut self, total: Option<u64>) -> Self {
        self.total = total;
        self
    }

    /// Adds reasons why items may be missing from this page.
    #[must_use]
    pub fn gaps(mut self, gaps: impl IntoIterator<Item = String>) -> Self {
        self.gaps.extend(gaps);
        self
    }
    /// Says how many rows of the vendor's page are not among the items. A page without items that has such rows is not
    /// empty, so that any number of them may follow each other.
    #[must_use]
    pub fn left_out(mut self, rows: usize) -> Self {
        self.left_out = rows;
        self
    }
}
