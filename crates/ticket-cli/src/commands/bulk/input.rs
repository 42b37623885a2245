//! Reads the tickets one by one from the arguments, a file and standard input, without holding all of them in
//! memory. `plan.rs` checks whether the account supports the operation, `listed.rs` reads rows of `tickets list` and
//! `tickets find`, and `reported.rs` reads reports.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::rc::Rc;

use tickets::config_file::is_foreign;
use tickets::model::Version;
use tickets::{Change, TicketRef};

use super::input_ticket::{InputTicket, line_of};
use super::list_format::{self, LONGEST_LINE};
use super::{listed, reported};
use crate::accounts::Accounts;
use crate::args::Many;
use crate::failure::Failure;
use crate::text;

/// Maximum length of a quoted line in a message, in characters.
const QUOTED: usize = 80;

/// All tickets of the input of this change, in order.
pub(super) fn read<'a>(
    change: &'a Change,
    many: &'a Many,
    accounts: &'a Accounts,
) -> impl Iterator<Item = Result<InputTicket, Failure>> + 'a {
    let named = many.tickets.iter().filter(|text| *text != "-");
    let named = named.map(|text| reference(text).map(InputTicket::new));
    let files = many.from.as_deref().into_iter();
    let stdin = many.tickets.iter().any(|text| text == "-");
    let stdin = stdin.then_some(Path::new("-"));
    let lines = move |path| {
        let reported = reported::tickets(path, change, accounts);
        reported.unwrap_or_else(|| lines(path))
    };
    named.chain(files.chain(stdin).flat_map(lines))
}

/// The tickets of a file, or of standard input for `-`.
pub(crate) fn read_list(path: &Path) -> impl Iterator<Item = Result<TicketRef, Failure>> + use<> {
    lines(path).map(|ticket| ticket.map(|ticket| ticket.ticket))
}

fn lines(path: &Path) -> Box<dyn Iterator<Item = Result<InputTicket, Failure>>> {
    let is_stdin = path.as_os_str() == "-";
    let (name, reader): (_, io::Result<Box<dyn BufRead>>) = if is_stdin {
        (
            "standard input".to_owned(),
            Ok(Box::new(io::stdin().lock())),
        )
    } else {
        let file = open(path).map(|file| Box::new(BufReader::new(file)) as _);
        (path.display().to_string(), file)
    };
    match reader {
        Ok(reader) => Box::new(Lines {
            name: name.into(),
            is_stdin,
            reader,
            line: Vec::new(),
            number: 0,
            content: None,
            ended: false,
        }),
        Err(error) => Box::new(std::iter::once(Err(unreadable(&error).at(name)))),
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    Ok(file)
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::refused(format!("cannot be read: {error}"))
}

/// The lines of a file.
struct Lines {
    name: Rc<str>,
    is_stdin: bool,
    reader: Box<dyn BufRead>,
    line: Vec<u8>,
    /// The number of the current line; 0 for the whole file.
    number: usize,
    /// What the lines are; `None` before the first one with content.
    content: Option<Content>,
    /// Whether the rest of the file cannot be read, or makes no sense.
    ended: bool,
}

/// The ticket of a line, and its version if the line shows it.
type Named = (TicketRef, Option<Version>);

/// What the lines of a file are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    References,
    /// Rows of `tickets list` and `tickets find`, in JSON.
    Rows,
}

impl Iterator for Lines {
    type Item = Result<InputTicket, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.ended {
                return None;
            }
            match self.next_line()? {
                Ok(None) => {}
                Ok(Some((ticket, version))) => {
                    let place = Some((Rc::clone(&self.name), self.number));
                    let ticket = InputTicket {
                        ticket,
                        version,
                        place,
                    };
                    return Some(Ok(ticket));
                }
                Err(failure) if self.number == 0 => return Some(Err(failure.at(&*self.name))),
                Err(failure) => {
                    return Some(Err(failure.at(line_of(&self.name, self.number))));
                }
            }
        }
    }
}

impl Lines {
    /// The ticket of the next line, if it has one; `None` after the last line.
    fn next_line(&mut self) -> Option<Result<Option<Named>, Failure>> {
        self.line.clear();
        self.number += 1;
        let mut read = self.read_until(LONGEST_LINE);
        if read.is_ok() && self.is_cut(LONGEST_LINE) && listed::may_be_row(&self.line) {
            read = self.read_until(listed::LONGEST_ROW - LONGEST_LINE);
        }
        match read {
            Ok(()) if self.line.is_empty() => None,
            Ok(()) => Some(self.named()),
            Err(error) => {
                self.end();
                Some(Err(unreadable(&error)))
            }
        }
    }

    /// Reads on to the end of the line, but at most so many bytes.
    fn read_until(&mut self, most: u64) -> io::Result<()> {
        let mut bounded = self.reader.by_ref().take(most);
        bounded.read_until(b'\n', &mut self.line).map(drop)
    }

    /// Whether the line has this length, and no end.
    fn is_cut(&self, length: u64) -> bool {
        u64::try_from(self.line.len()) == Ok(length) && !self.line.ends_with(b"\n")
    }

    /// Reads no further, because of an error that is about the whole file.
    fn end(&mut self) {
        self.ended = true;
        self.number = 0;
    }

    fn named(&mut self) -> Result<Option<Named>, Failure> {
        if self.number == 1 {
            let file = list_format::File {
                name: (!self.is_stdin).then_some(&*self.name),
                first: &self.line,
                rest: &mut *self.reader,
            };
            if let Some(failure) = file.binary() {
                self.end();
                return Err(failure);
            }
        }
        if self.is_cut(LONGEST_LINE) || self.is_cut(listed::LONGEST_ROW) {
            // What follows is no line either.
            self.ended = true;
            return Err(Failure::refused(
                "this line is too long for a ticket reference",
            ));
        }
        let line = std::str::from_utf8(&self.line).map_err(|error| {
            let byte = self.line.get(error.valid_up_to()).copied().unwrap_or(0);
            let hint = "`iconv -f WINDOWS-1252 -t UTF-8` converts text of older Windows programs";
            Failure::refused(format!(
                "cannot be read: it is not UTF-8 text (byte 0x{byte:02X})"
            ))
            .hinting(hint.to_owned())
        })?;
        // Windows programs write a byte order mark at the start of a file.
        let line = match self.number {
            1 => line.strip_prefix('\u{feff}').unwrap_or(line),
            _ => line,
        };
        let line = line.trim_matches(|character: char| character.is_ascii_whitespace());
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let row = match self.content {
            Some(Content::References) => None,
            _ => listed::ticket(line),
        };
        match (self.content, row) {
            (None, Some(ticket)) => {
                self.content = Some(Content::Rows);
                return ticket.map(Some);
            }
            (None, None) => {
                self.content = Some(Content::References);
                let mut file = list_format::File {
                    name: (!self.is_stdin).then_some(&*self.name),
                    first: &[],
                    rest: &mut *self.reader,
                };
                if let Some(failure) = file.structured(line) {
                    self.end();
                    return Err(failure);
                }
            }
            (Some(Content::Rows), row) => {
                let ticket = row.unwrap_or_else(|| Err(listed::not_a_row()));
                return ticket.map(Some);
            }
            (Some(Content::References), _) => {}
        }
        reference(line).map(|ticket| Some((ticket, None)))
    }
}

/// Parses a ticket reference. It is stricter than elsewhere, because lines come from other programs: a list,
/// a row or an object must not become the id of a ticket to delete.
fn reference(text: &str) -> Result<TicketRef, Failure> {
    let refused = |why: &str| {
        let shown = text::line(&text::cut(text, QUOTED));
        Failure::refused(format!("`{shown}` {why}"))
    };
    let usual = "is not a ticket reference; use ACCOUNT:ID";
    if text.starts_with(['{', '[']) {
        return Err(refused("is JSON, not a ticket reference"));
    }
    if list_format::delimiter(text).is_some() {
        return Err(refused("has several columns; use ACCOUNT:ID alone"));
    }
    if text.contains('"') {
        return Err(refused("is quoted; use ACCOUNT:ID without quotes"));
    }
    if text.contains(|character: char| {
        character.is_ascii_graphic() && is_foreign(character) || character == ' '
    }) {
        return Err(refused(usual));
    }
    match text.parse::<TicketRef>() {
        Ok(ticket) => Ok(ticket),
        Err(_) if text.chars().count() > QUOTED => Err(refused(usual)),
        Err(error) => Err(error.into()),
    }
}
