//! Lists: what to look for, and the pages they come in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ticket::Priority;

/// Which tickets a list holds, by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Those not yet closed.
    Open,
    /// Those closed.
    Closed,
}

/// What to look for. A filter that the vendor does not have is refused by name, never ignored.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct TicketQuery {
    /// Only tickets in this state; all of them where absent.
    pub state: Option<State>,
    /// Only tickets with this text, as the vendor's search understands it.
    pub search: Option<String>,
    /// Only tickets of this priority.
    pub priority: Option<Priority>,
    /// Only tickets of this category.
    pub category: Option<String>,
    /// Which page.
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
            .field(
                "search",
                &self.search.as_deref().map(crate::model::hidden::Hidden),
            )
            .field("priority", &self.priority)
            .field("category", &self.category)
            .field("page", &self.page)
            .finish()
    }
}

/// Where a page begins: the provider's own mark, good only for the query that it came with.
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
    /// Where the page begins; the first page where absent.
    pub cursor: Option<Cursor>,
    /// How many items at most; the vendor's own number where absent. Fewer may come.
    pub limit: Option<u32>,
}

impl PageRequest {
    /// The first page, in the vendor's own size.
    pub fn first() -> Self {
        Self::default()
    }

    /// The page at this cursor.
    #[must_use]
    pub fn at(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// At most so many items.
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
    /// What is on this page. A page in the middle of a list may be empty.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last page.
    pub next: Option<Cursor>,
    /// How many items the whole list has, where the vendor says so.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// A page that is the last one.
    pub fn last(items: Vec<T>) -> Self {
        Self {
            items,
            next: None,
            total: None,
        }
    }

    /// Says where the next page begins.
    #[must_use]
    pub fn next(mut self, next: Option<Cursor>) -> Self {
        self.next = next;
        self
    }

    /// Says how many items the whole list has.
    #[must_use]
    pub fn total(mut self, total: Option<u64>) -> Self {
        self.total = total;
        self
    }
}
