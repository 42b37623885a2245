//! The tickets that are asked for, one after the other: from the arguments, a file, standard input. Read once and
//! never held together. Not for whether the account has such an operation: see `plan.rs`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::rc::Rc;

use tickets::TicketRef;
use tickets::config_file::is_foreign;

use crate::args::Many;
use crate::failure::Failure;
use crate::text;

/// How many characters of a wrong line are shown.
const QUOTED: usize = 80;

/// How many bytes of a line are looked at. No ticket's name is nearly as long.
const LONGEST_LINE: u64 = 64 * 1024;

/// A ticket that was asked for, and where.
pub(super) struct InputTicket {
    pub(super) ticket: TicketRef,
    /// The file and the line, for a ticket from a file.
    place: Option<(Rc<str>, usize)>,
}

impl InputTicket {
    /// Says of a failure that it is about this one.
    pub(super) fn located(&self, failure: Failure) -> Failure {
        match &self.place {
            Some((file, line)) => failure.at(line_of(file, *line)),
            None => failure,
        }
    }
}

/// All tickets that are asked for, in the order asked.
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

/// Whether standard input is taken by the list of tickets.
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
    Failure::refused(format!("this cannot be read: {error}"))
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
    /// What the next line names, if it names anything; `None` after the last line.
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
            return Err(Failure::refused("this line is too long to name a ticket"));
        }
        let line = std::str::from_utf8(&self.line)
            .map_err(|_| Failure::refused("this cannot be read: it is no text in UTF-8"))?;
        // Windows programs put a byte order mark before the first line.
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

/// The ticket that is named. Stricter than elsewhere: here lines of other programs arrive, and what looks like
/// one ticket but is a list, a row or an object must not become the id of something to delete.
fn reference(text: &str) -> Result<TicketRef, Failure> {
    if text.contains(is_foreign) {
        let quoted = text::line(&text::cut(text, QUOTED));
        let failure = Failure::refused(format!("`{quoted}` names no ticket; write account:id"));
        return Err(failure.hinting(text.starts_with(['{', '[', '"']).then(|| {
            "this looks like JSON: `jq -r .ticket` makes a list of tickets of it".to_owned()
        })));
    }
    match text.parse::<TicketRef>() {
        Ok(ticket) => Ok(ticket),
        Err(_) if text.chars().count() > QUOTED => Err(Failure::refused(format!(
            "`{}` names no ticket; write account:id",
            text::line(&text::cut(text, QUOTED))
        ))),
        Err(error) => Err(error.into()),
    }
}
