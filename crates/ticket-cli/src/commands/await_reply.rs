//! Waits for the answer of a call that changes one ticket. Not for many of them: see `bulk`.

use tickets::accounts::Account;
use tickets::{Operation, TicketRef};

use crate::failure::Failure;
use crate::interrupt::Signals;

/// The answer. Ctrl-C ends the waiting, but never silently: the request may have been carried out.
pub(super) async fn await_reply<T>(
    call: impl Future<Output = tickets::Result<T>>,
    operation: Operation,
    account: &Account,
    ticket: Option<&TicketRef>,
) -> Result<T, Failure> {
    // Before anything is sent.
    let mut signals = Signals::listen()?;
    tokio::select! {
        biased;
        answer = call => answer.map_err(|error| account.diagnose(error, ticket).into()),
        () = signals.next() => Err(Failure::not_waited_for(account.unanswered(operation, ticket))),
    }
}
