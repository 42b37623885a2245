//! Prints that a ticket was changed. If this fails, the error says that the ticket was changed.

use serde::Serialize;
use tickets::TicketRef;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::record::Record;

/// A ticket and the change that was made to it.
#[derive(Serialize)]
struct Confirmation<'a> {
    ticket: &'a TicketRef,
    outcome: &'static str,
}

impl Record for Confirmation<'_> {
    const COLUMNS: &'static [&'static str] = &["ticket", "outcome"];

    fn cells(&self) -> Vec<String> {
        vec![self.ticket.to_string(), self.outcome.to_owned()]
    }
}

/// Prints the outcome of a change.
pub(super) fn confirm(
    ticket: &TicketRef,
    outcome: &'static str,
    output: &Output,
) -> Result<Exit, Failure> {
    print(&Confirmation { ticket, outcome }, ticket, outcome, output)
}

/// Prints a record of a change. If stdout fails, the returned error contains the outcome.
pub(super) fn print(
    record: &impl Record,
    ticket: &TicketRef,
    outcome: &str,
    output: &Output,
) -> Result<Exit, Failure> {
    output
        .one(record)
        .map_err(|error| Failure::changed_but_unprinted(outcome, ticket, &error))?;
    Ok(Exit::Done)
}
