//! Recognizes files that are not a list of tickets, from their first line: other encodings, compressed files,
//! documents, JSON and CSV. They are refused for what they are, with the command line that makes a list of them.
//!
//! They are not read themselves, because each holds more than tickets: outcomes of tickets that are done and must
//! not be done again, and text that customers wrote. Only the rows of `tickets list` and `tickets find` are (`listed.rs`).

use std::io::{self, BufRead};

use tickets::TicketRef;

use crate::failure::Failure;
use crate::text;

/// Maximum length of a line in bytes, far longer than any ticket reference.
pub(super) const LONGEST_LINE: u64 = 64 * 1024;

/// How files of other programs begin, what they are, and the program that prints their content.
const MAGIC: [(&[u8], &str, Option<&str>); 14] = [
    (b"\x1f\x8b", "a gzip file", Some("gzip -dc")),
    (b"BZh", "a bzip2 file", Some("bzip2 -dc")),
    (b"\xfd7zXZ\0", "an xz file", Some("xz -dc")),
    (b"\x28\xb5\x2f\xfd", "a zstd file", Some("zstd -dc")),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", None),
    (
        b"PK\x03\x04",
        "a ZIP file, as spreadsheets (.xlsx, .ods) are",
        None,
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "a document of an old Office program (.xls, .doc)",
        None,
    ),
    (b"%PDF", "a PDF document", None),
    (b"{\\rtf", "an RTF document", None),
    (b"SQLite format 3\0", "an SQLite database", None),
    (b"\x7fELF", "a program", None),
    (b"<?xml", "an XML document", None),
    (b"<!", "an HTML document", None),
    (b"<html", "an HTML document", None),
];

const UTF16: &str = "UTF-16 text, as Windows programs write it";

/// A file whose first line was read.
pub(super) struct File<'a> {
    /// `None` for standard input.
    pub(super) name: Option<&'a str>,
    /// Its first line, in full.
    pub(super) first: &'a [u8],
    /// The rest.
    pub(super) rest: &'a mut dyn BufRead,
}

impl File<'_> {
    /// The error for an encoding other than UTF-8, or a format that is not text.
    pub(super) fn binary(&self) -> Option<Failure> {
        let first = self.first;
        let known = MAGIC.iter().find(|(magic, ..)| first.starts_with(magic));
        if let Some((_, what, program)) = known {
            return Some(match program {
                Some(program) => self.refused(what, program),
                None => refused(what).hinting(
                    "save the column of ticket references as plain text, one ACCOUNT:ID per line"
                        .to_owned(),
                ),
            });
        }
        let encoding = if first.starts_with(b"\xff\xfe\0\0") || first.starts_with(b"\0\0\xfe\xff") {
            Some(("UTF-32 text", "UTF-32"))
        } else if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
            Some((UTF16, "UTF-16"))
        } else {
            // Without a mark: every other byte of ASCII text is zero.
            let zeros = |from: usize| {
                let bytes = first.iter().skip(from).step_by(2);
                let (zeros, all) = (bytes.clone().filter(|byte| **byte == 0), bytes);
                let (zeros, all) = (zeros.count(), all.count());
                zeros > 0 && 2 * zeros >= all
            };
            match (zeros(1), zeros(0)) {
                (true, false) => Some((UTF16, "UTF-16LE")),
                (false, true) => Some((UTF16, "UTF-16BE")),
                _ => None,
            }
        };
        encoding.map(|(what, name)| self.refused(what, &format!("iconv -f {name} -t UTF-8")))
    }

    /// The error for a file of which `line` is the first line with content, if that shows that it is JSON or a
    /// table. A single wrong line is not told here.
    pub(super) fn structured(&mut self, line: &str) -> Option<Failure> {
        if line.starts_with('[') {
            return Some(self.refused("a JSON array", "jq -r '.[].ticket'"));
        }
        if line.starts_with('{') {
            return Some(self.json(line));
        }
        if line == "ticket" {
            return Some(self.refused("CSV with a header", "tail -n +2"));
        }
        let delimiter = delimiter(line);
        if delimiter.is_none() && line.len() > 1 && line.starts_with('"') && line.ends_with('"') {
            return Some(match self.name {
                Some(name) => refused("a list of quoted lines").hinting(format!(
                    "`tr -d '\"' < {} > list.txt` makes a list of it",
                    quoted(name)
                )),
                None => self.refused("a list of quoted lines", "tr -d '\"'"),
            });
        }
        delimiter.map(|delimiter| self.csv(line, delimiter))
    }

    fn json(&self, line: &str) -> Failure {
        let keys = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line);
        let has = |key: &str| keys.as_ref().is_ok_and(|keys| keys.contains_key(key));
        if has("outcome") {
            return self.refused(
                "NDJSON with outcomes",
                "jq -r 'select(.outcome == \"unattempted\").ticket'",
            );
        }
        self.refused("JSON", "jq -r .ticket")
    }

    fn csv(&mut self, line: &str, delimiter: u8) -> Failure {
        let header = cells(line, delimiter);
        let rest = FollowingLines::read(self.rest);
        let is_ticket = |cell: &String| cell.parse::<TicketRef>().is_ok();
        let named = header.iter().position(|cell| cell == "ticket");
        let has_header = !header.iter().any(is_ticket);
        let column = named.or_else(|| header.iter().position(is_ticket));
        let column = column.or_else(|| {
            let second = cells(&rest.first, delimiter);
            second.iter().position(is_ticket)
        });
        let is_done = header.iter().any(|cell| cell == "outcome");
        let what = if is_done {
            "CSV with outcomes"
        } else {
            "CSV with columns"
        };
        let Some(column) = column else {
            return refused(what).hinting(
                "none of its columns has ticket references; write one ACCOUNT:ID per line"
                    .to_owned(),
            );
        };
        let option = match delimiter {
            b'\t' => String::new(),
            b',' => " -d,".to_owned(),
            other => format!(" -d'{}'", char::from(other)),
        };
        let file = self
            .name
            .map(|name| " ".to_owned() + &quoted(name))
            .unwrap_or_default();
        let cut = format!("cut{option} -f{}", column + 1);
        let skip = if has_header { " | tail -n +2" } else { "" };
        // `cut` knows no quotes: they do no harm behind the column, unless a cell has several lines.
        let program = if rest.has_lines_in_cells || (rest.has_quotes && column > 0) {
            let rows = if has_header { "[1:]" } else { "" };
            format!(
                "python3 -c 'import csv,sys; [print(row[{column}]) for row in list(csv.reader(sys.stdin, delimiter=\"{}\")){rows}]'{}",
                if delimiter == b'\t' {
                    "\\t".to_owned()
                } else {
                    char::from(delimiter).to_string()
                },
                if file.is_empty() {
                    String::new()
                } else {
                    format!(" <{file}")
                }
            )
        } else if is_done
            && delimiter == b','
            && header.get(1).is_some_and(|cell| cell == "outcome")
        {
            format!("grep ',unattempted,'{file} | {cut}")
        } else {
            format!("{cut}{file}{skip}")
        };
        refused(what).hinting(match self.name {
            Some(_) => format!("`{program} > list.txt` makes a list of it"),
            None => format!("pipe it through `{program}`"),
        })
    }

    fn refused(&self, what: &str, program: &str) -> Failure {
        refused(what).hinting(match self.name {
            Some(name) => format!("`{program} {} > list.txt` makes a list of it", quoted(name)),
            None => format!("pipe it through `{program}`"),
        })
    }
}

fn refused(what: &str) -> Failure {
    Failure::refused(format!("this is {what}, not a list of ticket references"))
}

/// What is known of the lines of a table behind its first one.
#[derive(Default)]
struct FollowingLines {
    first: String,
    has_quotes: bool,
    has_lines_in_cells: bool,
}

impl FollowingLines {
    fn read(lines: &mut dyn BufRead) -> Self {
        let mut rest = Self::default();
        let mut line = Vec::new();
        let mut is_first = true;
        loop {
            line.clear();
            // What cannot be read, or has no line break for long, is not needed here.
            let mut bounded = io::Read::take(&mut *lines, LONGEST_LINE);
            if bounded.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
                return rest;
            }
            let quotes = line.split(|byte| *byte == b'"').count() - 1;
            rest.has_quotes |= quotes > 0;
            rest.has_lines_in_cells |= quotes % 2 == 1;
            if std::mem::take(&mut is_first) {
                String::from_utf8_lossy(&line)
                    .trim()
                    .clone_into(&mut rest.first);
            }
        }
    }
}

/// The character between the columns of a line, if it has columns.
pub(super) fn delimiter(line: &str) -> Option<u8> {
    let count = |delimiter: u8| line.bytes().filter(|byte| *byte == delimiter).count();
    let most = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|delimiter| count(*delimiter));
    most.filter(|delimiter| count(*delimiter) > 0)
}

fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new();
    reader
        .has_headers(false)
        .delimiter(delimiter)
        .trim(csv::Trim::All);
    let mut reader = reader.from_reader(line.as_bytes());
    let row = reader.records().next().and_then(Result::ok);
    row.map(|row| row.iter().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// A file name as an argument of a POSIX shell.
fn quoted(name: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+@%".contains(character);
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) {
        return name.to_owned();
    }
    let name = if name.starts_with('-') {
        format!("./{name}")
    } else {
        name.to_owned()
    };
    format!("'{}'", text::line(&name).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_is_quoted_as_one_shell_argument() {
        assert_eq!(quoted("a/b-1.txt"), "a/b-1.txt");
        assert_eq!(quoted("it's mine; rm"), r"'it'\''s mine; rm'");
        assert_eq!(quoted("-rf"), "'./-rf'");
    }
}
