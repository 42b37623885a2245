//! Walks a list that the vendor counts from its start: each page begins with the last row of the page before.
//!
//! Rows that are filed, removed or sorted anew between two calls move others across the border of two pages. If the last
//! row comes again where it is expected, none has crossed it. This costs one row of each page, and one call for a list
//! that fits into one page.

use ticket_core::model::{Cursor, PageRequest};
use ticket_core::{Error, Result};
use ticket_http::Reply;

use crate::info::DEFAULT_PAGE;
use crate::mapping::unreadable_rows;
use crate::wire;

/// Where a page begins, and what is known of the page before.
pub(crate) struct Start {
    offset: u64,
    before: Option<Before>,
}

/// The page before, whose last row comes again.
struct Before {
    /// How many rows it had.
    rows: u64,
    total: Option<u64>,
    last_id: String,
}

impl Start {
    /// The start of the page that is asked for. A cursor is `offset`, or `offset:rows:total:last id`.
    pub(crate) fn of(page: &PageRequest) -> Result<Self> {
        let Some(cursor) = &page.cursor else {
            return Ok(Self {
                offset: 0,
                before: None,
            });
        };
        let start = Self::parse(cursor.as_str());
        start.ok_or_else(|| {
            Error::invalid_input("the `cursor` is not one that OneCloud's list gave")
        })
    }

    fn parse(cursor: &str) -> Option<Self> {
        let mut parts = cursor.splitn(4, ':');
        let offset = parts.next()?.parse().ok()?;
        let before = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(rows), Some(total), Some(last_id)) => Some(Before {
                rows: rows.parse().ok()?,
                total: match total {
                    "" => None,
                    total => Some(total.parse().ok()?),
                },
                last_id: last_id.to_owned(),
            }),
            _ => return None,
        };
        Some(Self { offset, before })
    }

    /// The vendor's parameters.
    pub(crate) fn query(&self, page: &PageRequest) -> wire::FindTickets {
        wire::FindTickets {
            since_id: None,
            limit: page.limit,
            offset: page.cursor.is_some().then_some(self.offset),
        }
    }

    /// Takes the row that comes again out of `found`. Returns the cursor of the next page, and what may be missing.
    pub(crate) fn join(
        &self,
        found: &mut wire::FoundTickets,
        limit: Option<u32>,
    ) -> (Option<Cursor>, Vec<String>) {
        let total = found.total;
        let arrived = u64::try_from(found.data.len()).unwrap_or(u64::MAX);
        let end = self.offset.saturating_add(arrived);
        let next = self.next(found, end, limit);
        let mut gaps = Vec::new();
        let unreadable = found.data.iter().filter(|row| row.is_none()).count();
        if unreadable > 0 {
            gaps.push(unreadable_rows(unreadable));
        }
        if let Some(total) = total.filter(|total| arrived == 0 && end < *total) {
            gaps.push(format!(
                "the list ends after {end} tickets, before the total of {total} that the vendor states"
            ));
        }
        if let Some(before) = &self.before {
            match before.place_in(found) {
                Some(place) => drop(found.data.remove(place)),
                None => gaps.push(format!(
                    "ticket {}, the last one of a page, did not come first on the next page, so that others may have \
                     moved to a page that was already read",
                    before.last_id
                )),
            }
        }
        (next, gaps)
    }

    fn next(&self, found: &wire::FoundTickets, end: u64, limit: Option<u32>) -> Option<Cursor> {
        let arrived = end.saturating_sub(self.offset);
        let is_full = arrived >= u64::from(limit.unwrap_or(DEFAULT_PAGE));
        // A page with fewer rows than asked for may still have as many as this server gives at most.
        let is_shorter = self
            .before
            .as_ref()
            .is_some_and(|before| arrived < before.rows);
        let has_new = arrived > u64::from(self.before.is_some());
        let is_end = match found.total {
            Some(total) => is_shorter && total == end,
            None => is_shorter && !has_new,
        };
        if arrived == 0 || (is_end && !is_full) {
            return None;
        }
        let last = found.data.last().and_then(Option::as_ref);
        Some(Cursor::new(match last {
            Some(last) if arrived > 1 => {
                let total = found.total.map(|total| total.to_string());
                let total = total.unwrap_or_default();
                format!("{}:{arrived}:{total}:{}", end - 1, last.value.id.as_str())
            }
            _ => end.to_string(),
        }))
    }
}

impl Before {
    /// Where the last row of the page before came again: first, or behind those that were filed since, where the vendor
    /// lists the newest first.
    fn place_in(&self, found: &wire::FoundTickets) -> Option<usize> {
        let is_last = |row: &Option<Reply<wire::TicketRow>>| {
            row.as_ref()
                .is_some_and(|row| row.value.id.as_str() == self.last_id)
        };
        let mut rows = found.data.iter();
        let place = rows.position(is_last)?;
        // Twice in one page: once in the place of another row.
        if rows.any(is_last) {
            return None;
        }
        let filed = found.total.zip(self.total);
        let filed = filed.map_or(0, |(now, before)| now.saturating_sub(before));
        (place == 0 || u64::try_from(place) == Ok(filed)).then_some(place)
    }
}
