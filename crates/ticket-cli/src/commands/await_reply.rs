//! Waits for the reply of a call that changes one ticket. Changes of many tickets are in `bulk`.

use tickets::accounts::Account;
use tickets::{Operation, TicketRef};

use crate::failure::Failure;
use crate::interrupt::Signals;
use crate::stdout;

/// Waits for the reply. Ctrl-C ends the wait with an error, because the request may have succeeded.
pub(super) async fn await_reply<T>(
    call: impl Future<Output = tickets::Result<T>>,
    operation: Operation,
    account: &Account,
    ticket: Option<&TicketRef>,
) -> Result<T, Failure> {
    stdout::refuse_unwritable()?;
    // Listen before anything is sent.
    let mut signals = Signals::listen()?;
    tokio::select! {
        biased;
        answer = call => answer.map_err(|error| account.diagnose(error, ticket).into()),
        _ = signals.next() => Err(Failure::not_waited_for(account.unanswered(operation, ticket))),
    }
}
