//! The four output formats. Commands pass records; only this module decides how a record looks in each
//! format.

mod csv_line;
mod object;

use std::io::{self, IsTerminal as _, Write as _};

use jiff::Timestamp;
use serde::Serialize;

use crate::args::OutputFormat;
use crate::record::{Record, json};
use crate::shape::{self, Shape};
use crate::table::{self, Blocks, Target, Texts};
use crate::{status, text};

use csv_line::csv_line;
use object::Document;
pub(crate) use object::ObjectWriter;

/// Number of table rows that are laid out, and held in memory, together.
const BLOCK: usize = 100;

/// Stdout, in one output format.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) format: OutputFormat,
    target: Target,
    shape: Shape,
    now: Timestamp,
}

impl Output {
    /// Creates an output to stdout in this format.
    #[expect(
        clippy::disallowed_methods,
        reason = "people read times beside the present"
    )]
    pub(crate) fn new(format: OutputFormat, shape: Shape) -> Self {
        Self {
            format,
            target: Target::of_stdout(),
            shape,
            now: Timestamp::now(),
        }
    }

    /// A row of a table, or the values of a listing.
    fn texts(&self, record: &impl Record) -> Texts {
        match self.target {
            Target::File => (record.table_cells(), None),
            Target::Terminal(_) => (record.terminal_cells(self.now), record.colour()),
        }
    }

    /// Whether stdout is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.target != Target::File
    }

    pub(crate) fn target(&self) -> Target {
        self.target
    }

    /// What is printed of each record.
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Starts one JSON object with the fields of this record; more fields follow, those of the names `later` among them.
    pub(crate) fn object(
        &self,
        record: &impl Serialize,
        later: &[&str],
    ) -> io::Result<ObjectWriter<'_>> {
        let object = self.shape.select(json(record)?, later)?;
        let object = match self.format {
            OutputFormat::Json => text::pretty_json(&object),
            _ => text::compact_json(&object),
        };
        ObjectWriter::begin(self, &object)
    }

    /// A record as one line of JSON.
    fn line(&self, record: &impl Serialize) -> io::Result<String> {
        let line = self.shape.select(json(record)?, &[])?;
        Ok(text::compact_json(&line))
    }

    fn pretty(&self, record: &impl Serialize) -> io::Result<String> {
        Ok(text::pretty_json(&self.shape.select(json(record)?, &[])?))
    }

    /// Prints the outputs of the expression for this JSON, or the JSON itself without one.
    fn write_filtered(&self, json: &str) -> io::Result<()> {
        if !self.shape.is_filtered() {
            return self.write_data(json);
        }
        let outputs = self.shape.filter(json)?;
        let lines = outputs.iter().map(|output| {
            let line = shape::printed(output, self.is_terminal());
            line + "\n"
        });
        let lines = lines.collect::<String>();
        status::beside(|| write_bytes(lines.as_bytes()))
    }

    /// Writes text that only the table format contains.
    pub(crate) fn write_in_table_only(&self, text: &str) -> io::Result<()> {
        match self.format {
            OutputFormat::Table => write(&format!("{text}\n")),
            OutputFormat::Json | OutputFormat::Ndjson | OutputFormat::Csv => Ok(()),
        }
    }

    /// Writes a table that is CSV already. On a terminal, control characters are escaped.
    pub(crate) fn write_csv(&self, text: &str) -> io::Result<()> {
        match self.target {
            Target::File => write_bytes(text.as_bytes()),
            Target::Terminal(_) => status::beside(|| write_bytes(text::lines(text).as_bytes())),
        }
    }

    /// Prints one record. The table format has one line per column that is not empty.
    pub(crate) fn one<R: Record>(&self, record: &R) -> io::Result<()> {
        match self.format {
            OutputFormat::Table => write(&table::listing(
                self.target,
                R::TABLE_COLUMNS,
                &self.texts(record),
            )),
            OutputFormat::Json => self.write_filtered(&(self.pretty(record)? + "\n")),
            OutputFormat::Ndjson | OutputFormat::Csv => {
                let mut writer = self.writer();
                writer.push(record)?;
                writer.finish()
            }
        }
    }

    /// Writes data for programs, unmodified. On a terminal, control characters are escaped, which does not
    /// change the meaning of JSON.
    fn write_data(&self, text: &str) -> io::Result<()> {
        if self.format == OutputFormat::Csv {
            return self.write_csv(text);
        }
        match self.target {
            Target::File => write_bytes(text.as_bytes()),
            Target::Terminal(_) => {
                status::beside(|| write_bytes(text::visible_json(text).as_bytes()))
            }
        }
    }

    fn csv_header<R: Record>(&self) -> io::Result<String> {
        if self.shape.has_no_headers {
            return Ok(String::new());
        }
        csv_line(R::COLUMNS)
    }

    /// Starts a list of records.
    pub(crate) fn writer<R: Record>(&self) -> TableWriter<'_, R> {
        TableWriter {
            output: self,
            held: Vec::new(),
            block: BLOCK,
            blocks: Blocks::new(self.target, R::TABLE_COLUMNS, R::CUT)
                .with_header(!self.shape.has_no_headers),
            begun: false,
            document: Document::default(),
            collected: None,
        }
    }

    /// Starts a list of records that are printed at once: a log of changes that must survive a crash of this
    /// process. `widest` are table cells that reserve the width of later rows.
    pub(crate) fn record_writer<R: Record>(&self, widest: &[String]) -> TableWriter<'_, R> {
        let mut writer = self.writer();
        writer.block = 1;
        writer.blocks.expect(widest);
        writer
    }
}

/// Writes a list of records: line by line as they arrive, and a table in blocks of rows, unless the list is a
/// log of changes.
#[derive(Debug)]
pub(crate) struct TableWriter<'o, R> {
    output: &'o Output,
    /// The rows of the current block.
    held: Vec<R>,
    /// The number of rows of a full block.
    block: usize,
    blocks: Blocks,
    begun: bool,
    document: Document,
    /// The blocks of a table that somebody else writes; `None` if they are written here.
    collected: Option<String>,
}

impl<R: Record> TableWriter<'_, R> {
    /// Keeps the blocks of a table for [`collected`](Self::collected).
    pub(crate) fn collect(&mut self) {
        self.collected = Some(String::new());
    }

    /// Takes the blocks of a table that are complete.
    pub(crate) fn collected(&mut self) -> String {
        self.collected
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Adds a record.
    pub(crate) fn push(&mut self, record: R) -> io::Result<()> {
        let begun = std::mem::replace(&mut self.begun, true);
        match self.output.format {
            OutputFormat::Table => {
                self.held.push(record);
                if self.held.len() < self.block {
                    return Ok(());
                }
                self.write_block()
            }
            OutputFormat::Json => {
                // JSON strings contain no line breaks: each line break is between values.
                let json = self.output.pretty(&record)?.replace('\n', "\n  ");
                let before = if begun { "," } else { "[" };
                let text = format!("{before}\n  {json}");
                self.document.write(self.output, &text)
            }
            OutputFormat::Ndjson => {
                let line = self.output.line(&record)? + "\n";
                self.output.write_filtered(&line)
            }
            OutputFormat::Csv => {
                let line = csv_line(&record.cells())?;
                let header = if begun {
                    String::new()
                } else {
                    self.output.csv_header::<R>()?
                };
                self.output.write_data(&(header + &line))
            }
        }
    }

    /// Prints the rows of a table that wait for others.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.write_block()
    }

    /// Prints the remaining rows and ends the list.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.output.format {
            OutputFormat::Table => self.flush(),
            OutputFormat::Json => {
                let end = if self.begun { "\n]\n" } else { "[]\n" };
                self.document.write(self.output, end)?;
                self.document.finish(self.output)
            }
            OutputFormat::Csv if !self.begun => {
                self.output.write_data(&self.output.csv_header::<R>()?)
            }
            OutputFormat::Ndjson | OutputFormat::Csv => Ok(()),
        }
    }

    fn write_block(&mut self) -> io::Result<()> {
        let rows = self.held.iter();
        let rows: Vec<_> = rows.map(|record| self.output.texts(record)).collect();
        self.held.clear();
        // Cells with several lines cannot be cut: without room for a table, each record is a listing.
        if R::CUT.is_none() && self.block == BLOCK && !self.blocks.fits(&rows) {
            let listings = rows
                .iter()
                .map(|texts| table::listing(self.output.target, R::TABLE_COLUMNS, texts));
            let listings = listings.collect::<Vec<_>>().join("\n");
            return self.write_text(&listings);
        }
        let block = self.blocks.next(rows);
        self.write_text(&block)
    }

    fn write_text(&mut self, text: &str) -> io::Result<()> {
        match &mut self.collected {
            Some(collected) => {
                collected.push_str(text);
                Ok(())
            }
            None => write(text),
        }
    }
}

/// Formats an optional value as a cell; empty if absent.
pub(crate) fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Writes to stdout and flushes, so that the reader of a pipe sees each record at once.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let write = || {
        let mut stdout = anstream::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    };
    // The reader of a pipe may take its time, and others have something to say meanwhile.
    if io::stdout().is_terminal() {
        status::beside(write)
    } else {
        write()
    }
}

fn write_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}
