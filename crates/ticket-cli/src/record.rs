//! The records that commands print, and how programs read them.

use comfy_table::Color;
use jiff::Timestamp;
use serde::Serialize;

/// A record that can be printed in every format.
pub(crate) trait Record: Serialize {
    /// The names of the columns.
    const COLUMNS: &'static [&'static str];
    /// One unmodified text per column.
    fn cells(&self) -> Vec<String>;
    /// The columns of the table format, if they differ.
    const TABLE_COLUMNS: &'static [&'static str] = Self::COLUMNS;
    /// One text per column of the table format.
    fn table_cells(&self) -> Vec<String> {
        self.cells()
    }
    /// The same on terminals, where times are told beside the present.
    fn terminal_cells(&self, _now: Timestamp) -> Vec<String> {
        self.table_cells()
    }
    /// The table column that is cut on terminals, so that a row is one line. Without one, the last column is
    /// wrapped.
    const CUT: Option<usize> = None;
    /// The index and the colour of a table cell, on terminals.
    fn colour(&self) -> Option<(usize, Color)> {
        None
    }
}

impl<R: Record> Record for &R {
    const COLUMNS: &'static [&'static str] = R::COLUMNS;
    const TABLE_COLUMNS: &'static [&'static str] = R::TABLE_COLUMNS;
    const CUT: Option<usize> = R::CUT;

    fn cells(&self) -> Vec<String> {
        (*self).cells()
    }

    fn table_cells(&self) -> Vec<String> {
        (*self).table_cells()
    }

    fn terminal_cells(&self, now: Timestamp) -> Vec<String> {
        (*self).terminal_cells(now)
    }

    fn colour(&self) -> Option<(usize, Color)> {
        (*self).colour()
    }
}

/// The version of the records that programs read. `docs/formats.md` says what makes a new one.
const SCHEMA: u32 = 1;

/// A record for programs. It says first by which rules it is written.
#[derive(Serialize)]
struct Versioned<'r, R> {
    schema: u32,
    #[serde(flatten)]
    record: &'r R,
}

/// A record for programs as one line of JSON.
pub(crate) fn json(record: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(&Versioned {
        schema: SCHEMA,
        record,
    })
}
