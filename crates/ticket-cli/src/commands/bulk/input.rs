//! Reads the tickets one by one from the arguments, a file and standard input, without holding all of them in
//! memory. `plan.rs` checks whether the account supports the operation.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::rc::Rc;

use tickets::TicketRef;
use tickets::config_file::is_foreign;

use crate::args::Many;
use crate::failure::Failure;
use crate::text;

/// Maximum length of a quoted line in a message, in characters.
const QUOTED: usize = 80;

/// Maximum length of a line in bytes, far longer than any ticket reference.
const LONGEST_LINE: u64 = 64 * 1024;

/// A ticket of the input, and its position.
pub(super) struct InputTicket {
    pub(super) ticket: TicketRef,
    /// The file and the line, for a ticket from a file.
    place: Option<(Rc<str>, usize)>,
}

impl InputTicket {
    /// Adds the position of this ticket to an error.
    pub(super) fn located(&self, failure: Failure) -> Failure {
        match &self.place {
            Some((file, line)) => failure.at(line_of(file, *line)),
            None => failure,
        }
    }
}

/// All tickets of the input, in order.
pub(super) fn read(many: &Many) -> impl Iterator<Item = Result<InputTicket, Failure>> + '_ {
    let named = many.tickets.iter().filter(|text| *text != "-");
    let named = named.map(|text| {
        let ticket = reference(text)?;
        Ok(InputTicket {
            ticket,
            place: None,
        })
    });
    let files = many.from.as_deref().into_iter();
    let stdin = many.tickets.iter().any(|text| text == "-");
    let stdin = stdin.then_some(Path::new("-"));
    named.chain(files.chain(stdin).flat_map(lines))
}

/// Whether the tickets are read from standard input.
pub(super) fn from_stdin(many: &Many) -> bool {
    many.from
        .as_deref()
        .is_some_and(|path| path.as_os_str() == "-")
        || many.tickets.iter().any(|text| text == "-")
}

fn lines(path: &Path) -> Box<dyn Iterator<Item = Result<InputTicket, Failure>>> {
    let (name, reader): (_, io::Result<Box<dyn BufRead>>) = if path.as_os_str() == "-" {
        (
            "standard input".to_owned(),
            Ok(Box::new(io::stdin().lock())),
        )
    } else {
        let file = File::open(path).map(|file| Box::new(BufReader::new(file)) as _);
        (path.display().to_string(), file)
    };
    match reader {
        Ok(reader) => Box::new(Lines {
            name: name.into(),
            reader,
            line: Vec::new(),
            number: 0,
        }),
        Err(error) => Box::new(std::iter::once(Err(unreadable(&error).at(name)))),
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::refused(format!("cannot be read: {error}"))
}

/// The lines of a file.
struct Lines {
    name: Rc<str>,
    reader: Box<dyn BufRead>,
    line: Vec<u8>,
    number: usize,
}

impl Iterator for Lines {
    type Item = Result<InputTicket, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let asked = self.next_line()?;
            match asked {
                Ok(None) => {}
                Ok(Some(ticket)) => {
                    let place = Some((Rc::clone(&self.name), self.number));
                    return Some(Ok(InputTicket { ticket, place }));
                }
                Err(failure) => {
                    return Some(Err(failure.at(line_of(&self.name, self.number))));
                }
            }
        }
    }
}

impl Lines {
    /// The ticket of the next line, if it has one; `None` after the last line.
    fn next_line(&mut self) -> Option<Result<Option<TicketRef>, Failure>> {
        self.line.clear();
        self.number += 1;
        let mut bounded = self.reader.by_ref().take(LONGEST_LINE);
        match bounded.read_until(b'\n', &mut self.line) {
            Ok(0) => None,
            Ok(_) => Some(self.named()),
            Err(error) => Some(Err(unreadable(&error))),
        }
    }

    fn named(&self) -> Result<Option<TicketRef>, Failure> {
        let cut = u64::try_from(self.line.len()) == Ok(LONGEST_LINE);
        if cut && !self.line.ends_with(b"\n") {
            return Err(Failure::refused(
                "this line is too long for a ticket reference",
            ));
        }
        let line = std::str::from_utf8(&self.line)
            .map_err(|_| Failure::refused("cannot be read: it is not UTF-8 text"))?;
        // Windows programs write a byte order mark at the start of a file.
        let line = match self.number {
            1 => line.strip_prefix('\u{feff}').unwrap_or(line),
            _ => line,
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        reference(line).map(Some)
    }
}

fn line_of(file: &str, line: usize) -> String {
    format!("{file}, line {line}")
}

/// Parses a ticket reference. It is stricter than elsewhere, because lines come from other programs: a list,
/// a row or an object must not become the id of a ticket to delete.
fn reference(text: &str) -> Result<TicketRef, Failure> {
    if text.contains(is_foreign) {
        let quoted = text::line(&text::cut(text, QUOTED));
        let failure = Failure::refused(format!(
            "`{quoted}` is not a ticket reference; use ACCOUNT:ID"
        ));
        return Err(failure.hinting(text.starts_with(['{', '[', '"']).then(|| {
            "this looks like JSON; `jq -r .ticket` extracts the ticket references".to_owned()
        })));
    }
    match text.parse::<TicketRef>() {
        Ok(ticket) => Ok(ticket),
        Err(_) if text.chars().count() > QUOTED => Err(Failure::refused(format!(
            "`{}` is not a ticket reference; use ACCOUNT:ID",
            text::line(&text::cut(text, QUOTED))
        ))),
        Err(error) => Err(error.into()),
    }
}
