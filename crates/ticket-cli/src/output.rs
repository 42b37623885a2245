//! The four forms of output. Commands hand over records; how a record looks in each form is decided here
//! and nowhere else.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::args::Form;
use crate::text;

/// Blanks between the columns of a table.
const GAP: u16 = 2;

/// What the last column of a table on a terminal has at least, if it needs it.
const NARROWEST: u16 = 24;

/// Something that can be printed in every form.
pub(crate) trait Record: Serialize {
    /// The names of the columns.
    const COLUMNS: &'static [&'static str];
    /// One text per column, as it is.
    fn cells(&self) -> Vec<String>;
    /// The names of the columns of a table for people, where they are fewer.
    const TABLE_COLUMNS: &'static [&'static str] = Self::COLUMNS;
    /// One text per column of that table.
    fn table_cells(&self) -> Vec<String> {
        self.cells()
    }
    /// A colour for one of the cells of that table, on terminals.
    fn colour(&self) -> Option<(usize, Color)> {
        None
    }
}

/// Where answers go: stdout, in one form.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) form: Form,
    to_terminal: bool,
}

impl Output {
    /// Stdout, in this form.
    pub(crate) fn new(form: Form) -> Self {
        Self {
            form,
            to_terminal: io::stdout().is_terminal(),
        }
    }

    /// Whether what is written appears on a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.to_terminal
    }

    /// Writes text that is not part of the answer in any of the forms for programs.
    pub(crate) fn narrate(&self, text: &str) -> io::Result<()> {
        match self.form {
            Form::Table => write(&format!("{text}\n")),
            Form::Json | Form::Ndjson | Form::Csv => Ok(()),
        }
    }

    /// Prints one record; as a table, one line per column that is not empty.
    pub(crate) fn one<R: Record>(&self, record: &R) -> io::Result<()> {
        match self.form {
            Form::Table => write(&listing(R::TABLE_COLUMNS, &record.table_cells())),
            Form::Json => write(&pretty(record)?),
            Form::Ndjson | Form::Csv => {
                let mut sheet = self.sheet();
                sheet.push(record)?;
                sheet.finish()
            }
        }
    }

    /// Begins a list of records.
    pub(crate) fn sheet<R: Record>(&self) -> Sheet<'_, R> {
        Sheet {
            output: self,
            held: Vec::new(),
            begun: false,
        }
    }

    fn table<R: Record>(&self, records: &[R]) -> String {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        if self.to_terminal {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.enforce_styling();
        } else {
            table.set_content_arrangement(ContentArrangement::Disabled);
            table.force_no_tty();
        }
        let header = R::TABLE_COLUMNS.iter().map(|name| {
            let cell = Cell::new(name.to_uppercase());
            if self.to_terminal {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        });
        table.set_header(header);
        for record in records {
            let colour = record.colour().filter(|_| self.to_terminal);
            let cells = record
                .table_cells()
                .into_iter()
                .enumerate()
                .map(|(index, content)| {
                    // Cells of several lines are for terminals; in a file a row is a line.
                    let cell = Cell::new(if self.to_terminal {
                        text::lines(&content)
                    } else {
                        text::line(&content.replace('\n', ", "))
                    });
                    match colour {
                        Some((coloured, colour)) if coloured == index => cell.fg(colour),
                        _ => cell,
                    }
                });
            table.add_row(cells);
        }
        let last = table.column_count().saturating_sub(1);
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if index == last { 0 } else { GAP }));
            // What is copied from a table is its first columns: they are never broken.
            if index < last {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let widths = table.column_max_content_widths();
        if let (Some(terminal), Some((last, others))) = (table.width(), widths.split_last()) {
            // Where the others leave hardly any room, a long line is easier to read than a tall one.
            let others: u16 = others.iter().map(|width| width + GAP).sum();
            table.set_width(terminal.max(others + (*last).min(NARROWEST)));
        }
        table.trim_fmt() + "\n"
    }
}

/// A list of records on its way out: line by line in the forms that have lines, at the end in the others.
#[derive(Debug)]
pub(crate) struct Sheet<'o, R> {
    output: &'o Output,
    held: Vec<R>,
    begun: bool,
}

impl<R: Record> Sheet<'_, R> {
    /// Whether records appear as they come.
    pub(crate) fn streams(&self) -> bool {
        matches!(self.output.form, Form::Ndjson | Form::Csv)
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, record: R) -> io::Result<()> {
        match self.output.form {
            Form::Table | Form::Json => self.held.push(record),
            Form::Ndjson => write(&(text::compact_json(&json(&record)?) + "\n"))?,
            Form::Csv => {
                if !std::mem::replace(&mut self.begun, true) {
                    write(&csv_line(R::COLUMNS)?)?;
                }
                write(&csv_line(&record.cells())?)?;
            }
        }
        Ok(())
    }

    /// Prints what is not printed yet.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.output.form {
            Form::Table if self.held.is_empty() => Ok(()),
            Form::Table => write(&self.output.table(&self.held)),
            Form::Json => write(&pretty(&self.held)?),
            Form::Csv if !self.begun => write(&csv_line(R::COLUMNS)?),
            Form::Ndjson | Form::Csv => Ok(()),
        }
    }
}

impl<R: Record> Record for &R {
    const COLUMNS: &'static [&'static str] = R::COLUMNS;
    const TABLE_COLUMNS: &'static [&'static str] = R::TABLE_COLUMNS;

    fn cells(&self) -> Vec<String> {
        (*self).cells()
    }

    fn table_cells(&self) -> Vec<String> {
        (*self).table_cells()
    }

    fn colour(&self) -> Option<(usize, Color)> {
        (*self).colour()
    }
}

/// Writes to stdout at once: whoever reads a pipe sees each answer when it is there.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Says something to people on stderr. If that fails there is nobody left to tell.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

fn json(value: &impl Serialize) -> io::Result<String> {
    serde_json::to_string(value).map_err(io::Error::from)
}

fn pretty(value: &impl Serialize) -> io::Result<String> {
    Ok(text::pretty_json(&json(value)?) + "\n")
}

fn csv_line<T: AsRef<[u8]>>(cells: &[T]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    let bytes = writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Names and values, one below the other; values of several lines stay in their column.
fn listing(names: &[&str], values: &[String]) -> String {
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut lines = String::new();
    for (name, value) in names
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
    {
        let mut name = *name;
        for line in text::lines(value).lines() {
            lines.push_str(format!("{name:width$}  {line}").trim_end());
            lines.push('\n');
            name = "";
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Pair(&'static str, &'static str);

    impl Record for Pair {
        const COLUMNS: &'static [&'static str] = &["ticket", "why"];

        fn cells(&self) -> Vec<String> {
            vec![self.0.to_owned(), self.1.to_owned()]
        }

        fn colour(&self) -> Option<(usize, Color)> {
            Some((0, Color::Green))
        }
    }

    #[test]
    fn a_table_for_a_file_is_plain_and_a_row_is_a_line() {
        let output = Output {
            form: Form::Table,
            to_terminal: false,
        };
        let table = output.table(&[Pair("onecloud:121", "a\nb\u{1b}[2J"), Pair("x:1", "")]);
        assert_eq!(
            table,
            "TICKET        WHY\nonecloud:121  a, b\\u{1b}[2J\nx:1\n"
        );
    }

    #[test]
    fn a_table_for_a_terminal_obeys_no_foreign_escape_sequence() {
        let output = Output {
            form: Form::Table,
            to_terminal: true,
        };
        let table = output.table(&[Pair("x:1", "\u{1b}[2Jb\u{9b}")]);
        assert!(
            !table.contains("\u{1b}[2J") && !table.contains('\u{9b}'),
            "{table}"
        );
        assert!(table.contains("\\u{1b}[2J"), "{table}");
    }

    #[test]
    fn a_listing_leaves_out_what_is_empty_and_keeps_columns() {
        let values = ["1".to_owned(), String::new(), "a\nb".to_owned()];
        assert_eq!(
            listing(&["id", "x", "text"], &values),
            "id    1\ntext  a\n      b\n"
        );
    }

    #[test]
    fn cells_of_csv_are_quoted_where_needed() {
        assert_eq!(
            csv_line(&["a", "b,\"c\"\nd"]).unwrap(),
            "a,\"b,\"\"c\"\"\nd\"\n"
        );
    }
}
