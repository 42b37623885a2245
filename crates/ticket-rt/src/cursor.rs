//! Cursors of lists.
//!
//! Without an order, lists are read by id: deletes between two pages move nothing (observed). With an order, RT only has
//! page numbers.

use ticket_core::model::Cursor;
use ticket_core::{Error, Result};

/// Where a page of tickets begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// After the ticket with this id; how many tickets the list had.
    After(u64, Option<u64>),
    /// The page with this number.
    Page(u64),
}

impl Place {
    pub(crate) fn of(cursor: Option<&Cursor>, has_order: bool) -> Result<Self> {
        let Some(cursor) = cursor else {
            return Ok(if has_order {
                Self::Page(1)
            } else {
                Self::After(0, None)
            });
        };
        let place = match (
            has_order,
            cursor.as_str().split(':').collect::<Vec<_>>().as_slice(),
        ) {
            (false, ["after", id]) => id.parse().ok().map(|id| Self::After(id, None)),
            (false, ["after", id, total]) => {
                let numbers = id.parse().ok().zip(total.parse().ok());
                numbers.map(|(id, total)| Self::After(id, Some(total)))
            }
            (true, ["page", page]) => page.parse().ok().map(Self::Page),
            _ => None,
        };
        place.ok_or_else(foreign)
    }

    pub(crate) fn cursor(self) -> Cursor {
        Cursor::new(match self {
            Self::After(id, None) => format!("after:{id}"),
            Self::After(id, Some(total)) => format!("after:{id}:{total}"),
            Self::Page(page) => format!("page:{page}"),
        })
    }
}

/// Where a page of messages begins: in the history and in the attachments, which hold the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InHistory {
    pub(crate) page: u64,
    pub(crate) texts: u64,
    /// The last entry that was read.
    pub(crate) after: u64,
}

impl InHistory {
    pub(crate) fn of(cursor: Option<&Cursor>) -> Result<Self> {
        let Some(cursor) = cursor else {
            return Ok(Self {
                page: 1,
                texts: 1,
                after: 0,
            });
        };
        let numbers = cursor.as_str().split(':').map(str::parse);
        let numbers: Option<Vec<u64>> = numbers.map(std::result::Result::ok).collect();
        match numbers.as_deref() {
            Some([page, texts, after]) if *page > 0 && *texts > 0 => Ok(Self {
                page: *page,
                texts: *texts,
                after: *after,
            }),
            _ => Err(foreign()),
        }
    }

    pub(crate) fn cursor(self) -> Cursor {
        Cursor::new(format!("{}:{}:{}", self.page, self.texts, self.after))
    }
}

/// The number in a cursor of a list of files.
pub(crate) fn page_of(cursor: Option<&Cursor>) -> Result<u64> {
    match Place::of(cursor, true)? {
        Place::Page(page @ 1..) => Ok(page),
        _ => Err(foreign()),
    }
}

fn foreign() -> Error {
    Error::invalid_input("the cursor is not of this list")
}
