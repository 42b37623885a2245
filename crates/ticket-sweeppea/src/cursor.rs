//! What a cursor of a list says, and which page comes next.

use ticket_core::model::{Cursor, State};
use ticket_core::{Error, ErrorKind, Result, TicketQuery};

/// Where a list stands: the vendor has one for open tickets and one for closed ones. A query for all goes
/// through the open ones first. A cursor is `open:2:20`: the list, its page, the tickets before that.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) list: State,
    pub(crate) page: u64,
    before: u64,
}

impl Position {
    const fn start(list: State) -> Self {
        Self {
            list,
            page: 1,
            before: 0,
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
        let mut parts = cursor.splitn(3, ':');
        let list = match parts.next()? {
            "open" => State::Open,
            "closed" => State::Closed,
            _ => return None,
        };
        let page = parts.next()?.parse().ok().filter(|page| *page > 0)?;
        Some(Self {
            list,
            page,
            before: parts.next()?.parse().ok()?,
        })
    }

    pub(crate) fn cursor(self) -> Cursor {
        let list = if self.list == State::Closed {
            "closed"
        } else {
            "open"
        };
        Cursor::new(format!("{list}:{}:{}", self.page, self.before))
    }

    /// Pages by what arrived and by the total, never by the echoed limit; without a total, until a page is
    /// empty.
    pub(crate) fn next(
        self,
        asked: Option<State>,
        arrived: usize,
        total: Option<u64>,
    ) -> Result<Option<Self>> {
        let before = self
            .before
            .saturating_add(u64::try_from(arrived).unwrap_or(u64::MAX));
        if total.map_or(arrived > 0, |total| before < total) {
            if arrived == 0 {
                let message = "the list ends before the total that the vendor states";
                return Err(Error::new(ErrorKind::BadResponse, message));
            }
            let page = self.page.saturating_add(1);
            return Ok(Some(Self {
                list: self.list,
                page,
                before,
            }));
        }
        Ok((self.list == State::Open && asked.is_none()).then_some(Self::start(State::Closed)))
    }
}
