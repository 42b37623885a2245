//! What a cursor of a list says.
//!
//! A list is walked by id, since pages counted from the start move when tickets are deleted (observed): each page asks for
//! the ids behind the last one.

use ticket_core::model::Cursor;
use ticket_core::{Error, Result, TicketQuery};

/// The position in a list. A cursor is `121:100`: the last id before the page, and how many tickets came before it.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) after: u64,
    pub(crate) seen: u64,
}

impl Position {
    pub(crate) fn of(query: &TicketQuery) -> Result<Self> {
        let Some(cursor) = &query.page.cursor else {
            return Ok(Self { after: 0, seen: 0 });
        };
        let position = cursor.as_str().split_once(':').and_then(|(after, seen)| {
            let number = |text: &str| {
                let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse::<u64>().ok().filter(|_| is_number)
            };
            Some(Self {
                after: number(after).filter(|id| *id > 0)?,
                seen: number(seen)?,
            })
        });
        position.ok_or_else(|| {
            Error::invalid_input("the `cursor` is not one that Redmine's list gave for this query")
        })
    }

    pub(crate) fn cursor(self) -> Cursor {
        Cursor::new(format!("{}:{}", self.after, self.seen))
    }
}
