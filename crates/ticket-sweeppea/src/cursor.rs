//! What a cursor of a list says, and which page comes next.

use ticket_core::model::{Cursor, State};
use ticket_core::{Error, ErrorKind, Result, TicketQuery};

/// How many tickets a full page has (pages `support/open.md`, `support/closed.md`).
const FULL_PAGE: u64 = 20;

/// The position in a list: the vendor has one list of open tickets and one of closed tickets. A query for all walks
/// the open ones first. A cursor is `open:2:20:45`: the list, its page, the number of rows before that page, and the
/// total that the vendor stated with the page before, if it did.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) list: State,
    pub(crate) page: u64,
    before: u64,
    pub(crate) total: Option<u64>,
}

/// What the vendor says about a page.
#[derive(Clone, Copy, Default)]
pub(crate) struct Arrived {
    pub(crate) rows: usize,
    pub(crate) total: Option<u64>,
    pub(crate) pages: Option<u64>,
}

/// What follows a page.
pub(crate) struct Following {
    pub(crate) next: Option<Position>,
    /// Why tickets of this list may be missing.
    pub(crate) gap: Option<String>,
}

impl Position {
    const fn start(list: State) -> Self {
        Self {
            list,
            page: 1,
            before: 0,
            total: None,
        }
    }

    pub(crate) fn of(query: &TicketQuery) -> Result<Self> {
        let Some(cursor) = &query.page.cursor else {
            return Ok(Self::start(query.state.unwrap_or(State::Open)));
        };
        Self::read(cursor.as_str())
            .filter(|position| query.state.is_none_or(|state| state == position.list))
            .ok_or_else(|| {
                Error::invalid_input(
                    "the `cursor` is not one that Sweeppea's list gave for this query",
                )
            })
    }

    fn read(cursor: &str) -> Option<Self> {
        let mut parts = cursor.splitn(4, ':');
        let list = match parts.next()? {
            "open" => State::Open,
            "closed" => State::Closed,
            _ => return None,
        };
        let page = parts.next()?.parse().ok().filter(|page| *page > 0)?;
        let before = parts.next()?.parse().ok()?;
        let total = match parts.next() {
            None => None,
            Some(total) => Some(total.parse().ok()?),
        };
        Some(Self {
            list,
            page,
            before,
            total,
        })
    }

    pub(crate) fn cursor(self) -> Cursor {
        let list = self.name();
        let start = format!("{list}:{}:{}", self.page, self.before);
        Cursor::new(match self.total {
            Some(total) => format!("{start}:{total}"),
            None => start,
        })
    }

    fn name(self) -> &'static str {
        if self.list == State::Closed {
            "closed"
        } else {
            "open"
        }
    }

    /// Whether this error is the vendor's way to say that there is no such page: the page was asked for only because
    /// the one before was full, and nothing was promised on it. What the vendor answers there is not documented.
    pub(crate) fn is_behind_the_last(self, error: &Error) -> bool {
        self.page > 1
            && self.total.is_none_or(|total| self.before >= total)
            && matches!(error.status(), Some(400 | 404))
            && matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound)
    }

    /// What follows this page. The next page is read after every full page and wherever the total or the number of
    /// pages promises more. An empty page ends the list.
    pub(crate) fn following(self, asked: Option<State>, arrived: Arrived) -> Following {
        let rows = u64::try_from(arrived.rows).unwrap_or(u64::MAX);
        let count = self.before.saturating_add(rows);
        let promises_more = match (arrived.total, arrived.pages) {
            (None, None) => true,
            (total, pages) => {
                total.is_some_and(|total| count < total)
                    || pages.is_some_and(|pages| self.page < pages)
            }
        };
        // Of one list alone, the core compares the totals.
        let fell = self.total.zip(arrived.total);
        let fell = fell.filter(|(before, now)| now < before && asked.is_none());
        let fell = fell.map(|(before, now)| {
            let list = self.name();
            format!(
                "the total of {list} tickets fell from {before} to {now}, so that rows may have moved to a page that \
                 was already read"
            )
        });
        let below = || {
            let total = arrived
                .total
                .filter(|total| *total < count && asked.is_none())?;
            let list = self.name();
            Some(format!(
                "the vendor stated a total of {total} {list} tickets when {count} rows had come"
            ))
        };
        if rows > 0 && (rows >= FULL_PAGE || promises_more) {
            let next = Self {
                list: self.list,
                page: self.page.saturating_add(1),
                before: count,
                total: arrived.total,
            };
            return Following {
                next: Some(next),
                gap: fell.or_else(below),
            };
        }
        let closed = self.list == State::Open && asked.is_none();
        Following {
            next: closed.then_some(Self::start(State::Closed)),
            gap: fell
                .or_else(|| self.gap(count, arrived.total))
                .or_else(|| self.missing_pages(arrived.pages)),
        }
    }

    /// An empty page ends the list, although the vendor states more pages.
    fn missing_pages(self, pages: Option<u64>) -> Option<String> {
        let (list, page) = (self.name(), self.page);
        let pages = pages.filter(|pages| *pages > page)?;
        Some(format!(
            "page {page} of the list of {list} tickets is empty, but the vendor states {pages} pages"
        ))
    }

    fn gap(self, count: u64, total: Option<u64>) -> Option<String> {
        let total = total.filter(|total| *total != count)?;
        let list = self.name();
        Some(format!(
            "the list of {list} tickets has {count} rows, but the vendor states a total of {total}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_page_before_the_last_one_is_a_gap() {
        let page = Position {
            page: 2,
            before: FULL_PAGE,
            ..Position::start(State::Open)
        };
        let arrived = |pages| Arrived {
            pages: Some(pages),
            ..Arrived::default()
        };
        let open = Some(State::Open);
        let gap = page.following(open, arrived(3)).gap;
        let said = "page 2 of the list of open tickets is empty, but the vendor states 3 pages";
        assert_eq!(gap.as_deref(), Some(said));
        assert_eq!(page.following(open, arrived(2)).gap, None);
    }
}
