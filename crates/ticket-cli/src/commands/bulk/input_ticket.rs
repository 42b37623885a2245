//! A ticket of the input.

use std::rc::Rc;

use tickets::TicketRef;
use tickets::model::Version;

use crate::failure::Failure;

/// A ticket of the input, and its position.
pub(crate) struct InputTicket {
    pub(super) ticket: TicketRef,
    /// The ticket's version, of a row that shows it.
    pub(super) version: Option<Version>,
    /// The file and the line, for a ticket from a file.
    pub(super) place: Option<(Rc<str>, usize)>,
}

impl InputTicket {
    /// A ticket that is not from a file.
    pub(crate) const fn new(ticket: TicketRef) -> Self {
        Self {
            ticket,
            version: None,
            place: None,
        }
    }

    /// Creates the ticket of this line of a file.
    pub(super) fn at(ticket: TicketRef, file: Rc<str>, line: usize) -> Self {
        Self {
            ticket,
            version: None,
            place: Some((file, line)),
        }
    }

    /// Adds the position of this ticket to an error.
    pub(super) fn located(&self, failure: Failure) -> Failure {
        match &self.place {
            Some((file, line)) => failure.within(line_of(file, *line)),
            None => failure,
        }
    }
}

pub(super) fn line_of(file: &str, line: usize) -> String {
    format!("{file}, line {line}")
}
