//! A table of persons: the CSV files that privacy platforms exchange, with a header and a row for each person.
//!
//! What is in it is never quoted in a message.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use tickets::model::escape_formula;

use super::bulk::Refused;
use super::input::{self, MARK};
use crate::failure::Failure;
use crate::text;

/// What may separate columns, the usual one first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// How many columns a message names.
const NAMED: usize = 20;

/// A table with a column of e-mail addresses.
pub(super) struct Identifiers {
    delimiter: u8,
    has_mark: bool,
    has_crlf: bool,
    header: StringRecord,
    column: usize,
    rows: Vec<StringRecord>,
    /// The file, for messages.
    place: String,
}

impl Identifiers {
    /// Reads a table. All addresses that are none are told, and not only the first.
    pub(super) fn read(path: &Path, column: &str) -> Result<Self, Failure> {
        let place = input::place(path);
        let text = input::read_whole_text(path)?;
        Self::parse(&text, column, place)
    }

    fn parse(text: &str, column: &str, place: String) -> Result<Self, Failure> {
        let body = text.strip_prefix(MARK).unwrap_or(text);
        let (delimiter, header, column) =
            header(body, column).map_err(|failure| failure.at(place.clone()))?;
        let first = body.split('\n').next().unwrap_or_default();
        let mut table = Self {
            delimiter,
            has_mark: body.len() != text.len(),
            has_crlf: first.ends_with('\r'),
            header,
            column,
            rows: Vec::new(),
            place,
        };
        let mut refused = Refused::default();
        let (mut read, mut line) = (0, 1);
        let mut reader = ReaderBuilder::new();
        reader.delimiter(delimiter).flexible(true);
        for row in reader.from_reader(body.as_bytes()).into_records() {
            let row = row.map_err(|error| {
                Failure::refused(format!("this is not CSV: {error}")).at(table.place.clone())
            })?;
            // The reader counts blank lines before a row to it.
            let start = row.position().map_or(0, csv::Position::byte);
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            let blank = body.get(start..).map_or(0, |rest| {
                rest.len() - rest.trim_start_matches(['\r', '\n']).len()
            });
            let skipped = body.get(read..start + blank).unwrap_or_default();
            line += skipped.matches('\n').count();
            read = start + blank;
            if let Err(why) = table.check(&row) {
                let place = format!("{}, line {line}", table.place);
                refused.push(Failure::refused(why).at(place));
            }
            table.rows.push(row);
        }
        refused.into_result()?;
        if table.addresses().next().is_none() {
            let message = format!("no row has an address in the column `{}`", table.title());
            return Err(Failure::refused(message).at(table.place));
        }
        Ok(table)
    }

    /// Why this row cannot be read.
    fn check(&self, row: &StringRecord) -> Result<(), String> {
        if row.len() != self.header.len() {
            return Err(format!(
                "this row has {}, and the header {}",
                text::counted(row.len(), "cell"),
                self.header.len()
            ));
        }
        match self.cell(row) {
            Some(address) if !is_address(address) => Err(format!(
                "the cell of the column `{}` is not an e-mail address",
                self.title()
            )),
            _ => Ok(()),
        }
    }

    /// The name of the column.
    fn title(&self) -> String {
        self.header
            .get(self.column)
            .map(|name| text::line(name.trim()))
            .unwrap_or_default()
    }

    /// The address of a row, if it has one.
    fn cell<'a>(&self, row: &'a StringRecord) -> Option<&'a str> {
        row.get(self.column)
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
    }

    /// The addresses, row by row.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(|row| self.cell(row))
    }

    /// The number of rows without an address.
    pub(super) fn without_address(&self) -> usize {
        self.rows.len() - self.addresses().count()
    }

    /// The same table with more columns, whose cells are those of each row's address. What was in it stays as it is; a cell
    /// that is added cannot be taken for a formula.
    pub(super) fn with<const N: usize>(
        &self,
        names: [&str; N],
        cells: impl Fn(Option<&str>) -> [String; N],
    ) -> Result<Vec<u8>, Failure> {
        if let Some(name) = names
            .iter()
            .find(|name| self.header.iter().any(|one| one.trim() == **name))
        {
            let message = format!("there is a column `{name}` already; give the file as it was");
            return Err(Failure::refused(message).at(self.place.clone()));
        }
        let mut bytes = Vec::new();
        if self.has_mark {
            bytes.extend(MARK.to_string().as_bytes());
        }
        let terminator = if self.has_crlf {
            Terminator::CRLF
        } else {
            Terminator::Any(b'\n')
        };
        let mut writer = WriterBuilder::new();
        let writer = writer.delimiter(self.delimiter).terminator(terminator);
        let mut writer = writer.from_writer(bytes);
        let failed =
            |error: csv::Error| Failure::local(format!("the table cannot be written: {error}"));
        let header = self.header.iter().chain(names);
        writer.write_record(header).map_err(failed)?;
        for row in &self.rows {
            let added = cells(self.cell(row));
            let added = added.iter().map(|cell| escape_formula(cell));
            let mut all: Vec<_> = row.iter().map(std::borrow::Cow::Borrowed).collect();
            all.extend(added);
            writer
                .write_record(all.iter().map(|cell| cell.as_bytes()))
                .map_err(failed)?;
        }
        writer
            .into_inner()
            .map_err(|error| Failure::output(error.error()))
    }
}

/// The header, what separates its columns, and the place of this column.
fn header(text: &str, column: &str) -> Result<(u8, StringRecord, usize), Failure> {
    let headers: Vec<_> = DELIMITERS
        .into_iter()
        .filter_map(|delimiter| {
            let mut reader = ReaderBuilder::new();
            reader.delimiter(delimiter).flexible(true);
            let header = reader.from_reader(text.as_bytes()).headers().ok()?.clone();
            Some((delimiter, header))
        })
        .collect();
    let wanted = column.trim();
    for (delimiter, header) in &headers {
        let mut places = header
            .iter()
            .enumerate()
            .filter(|(_, name)| name.trim() == wanted);
        match (places.next(), places.next()) {
            (Some((place, _)), None) => return Ok((*delimiter, header.clone(), place)),
            (Some(_), Some(_)) => {
                let message = format!("there are several columns `{}`", text::line(wanted));
                return Err(Failure::refused(message));
            }
            _ => {}
        }
    }
    // Of the ways to read it, the one with the most columns.
    let header = headers
        .into_iter()
        .map(|(_, header)| header)
        .max_by_key(StringRecord::len);
    let header = header.filter(|header| header.iter().any(|name| !name.trim().is_empty()));
    let Some(header) = header else {
        return Err(Failure::refused(
            "this is empty: it has no header with the names of its columns",
        ));
    };
    // A file without a header begins with a person, of whom nothing is shown.
    if header.iter().any(|name| name.contains('@')) {
        let message = format!(
            "there is no column `{}`, and no header with the names of columns",
            text::line(wanted)
        );
        return Err(Failure::refused(message));
    }
    let names = header
        .iter()
        .map(|name| format!("`{}`", text::line(&text::cut(name.trim(), 40))));
    let mut names: Vec<_> = names.take(NAMED).collect();
    if header.len() > NAMED {
        names.push("more".to_owned());
    }
    let message = format!(
        "there is no column `{}`; there are {}",
        text::line(wanted),
        names.join(", ")
    );
    Err(Failure::refused(message))
}

/// Whether this is one e-mail address, and nothing else.
pub(super) fn is_address(text: &str) -> bool {
    let is_wrong = |character: char| {
        character.is_whitespace() || character.is_control() || ",;<>()\"\\".contains(character)
    };
    match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && !domain.is_empty()
                && !domain.contains('@')
                && !text.chars().any(is_wrong)
                // A cell in quotes, or one that was kept from being a formula.
                && !text.starts_with('\'')
                && !text.ends_with('\'')
        }
        None => false,
    }
}
