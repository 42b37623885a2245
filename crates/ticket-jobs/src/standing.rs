//! Looks again at tickets that were changed: whether they still are as the change left them. Changes nothing.

use std::sync::Arc;

use futures_core::stream::{BoxStream, Stream};
use futures_util::StreamExt as _;
use ticket_core::model::{State, Status};
use ticket_core::provider::NotFound;
use ticket_core::{Change, Error, ErrorKind, Operation, Result, Ticket, TicketId, Tickets};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How many tickets are read at once.
const AT_ONCE: usize = 8;

/// Why a *not found* says nothing.
pub(crate) const NO_OTHER_READ: &str = "not proven gone, since no other read is answered";

/// How a ticket stands after a change.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Standing {
    /// It is as the change left it: a deleted one is gone, or in the vendor's trash.
    Holds,
    /// It is not: a deleted one is there.
    DoesNotHold,
    /// Nobody can say, for this reason.
    Unknown(Error),
}

/// Reads each ticket, and says whether it is as `change` left it. In the order of the answers.
///
/// Where the vendor documents no form of *not found*, a gateway's would look the same, so another read has to succeed after
/// it. Where the vendor also answers *not found* for tickets that exist, it proves nothing.
pub fn look_again<'a>(
    change: &'a Change,
    account: &'a Tickets,
    tickets: impl Stream<Item = TicketId> + Send + 'a,
) -> BoxStream<'a, (TicketId, Standing)> {
    let control = Arc::new(Control::default());
    let looks = tickets.map(move |id| {
        let control = Arc::clone(&control);
        async move {
            let standing = look(change, account, &id, &control).await;
            (id, standing)
        }
    });
    looks.buffer_unordered(AT_ONCE).boxed()
}

async fn look(change: &Change, account: &Tickets, id: &TicketId, control: &Control) -> Standing {
    if change.is_delete() {
        return match sight(account, id, control).await {
            Ok(Sight::Gone) => Standing::Holds,
            Ok(Sight::There(ticket)) => of_ticket(change, &ticket),
            Err(error) => Standing::Unknown(error),
        };
    }
    match read(account, id).await {
        Ok(ticket) => of_ticket(change, &ticket),
        Err(error) => Standing::Unknown(error),
    }
}

/// What is seen of a ticket.
#[derive(Debug)]
pub(crate) enum Sight {
    /// It is proven that there is none with this id.
    Gone,
    /// It is there, or in the vendor's trash.
    There(Box<Ticket>),
}

/// Looks whether a ticket is there. It fails if that cannot be told.
pub(crate) async fn sight(account: &Tickets, id: &TicketId, control: &Control) -> Result<Sight> {
    let error = match read(account, id).await {
        Ok(ticket) => return Ok(Sight::There(Box::new(ticket))),
        Err(error) if error.kind() == ErrorKind::NotFound => error,
        Err(error) => return Err(error),
    };
    let answered = Instant::now();
    let unproven = |note: &str| Err(error.with_context(note));
    let get = account.info().capabilities.support(Operation::Get);
    match get.map_or(NotFound::Ambiguous, |get| get.not_found) {
        NotFound::Gone => Ok(Sight::Gone),
        NotFound::Undocumented if control.succeeds(account, answered).await => Ok(Sight::Gone),
        NotFound::Undocumented => unproven(NO_OTHER_READ),
        _ => unproven("not proven gone, since the vendor says so of tickets that exist"),
    }
}

/// Whether a *not found* that was answered at this time is the vendor's, and not that of a gateway or a wrong address.
pub(crate) async fn is_the_vendors(
    account: &Tickets,
    control: &Control,
    answered: Instant,
) -> bool {
    let get = account.info().capabilities.support(Operation::Get);
    get.is_some_and(|get| get.not_found != NotFound::Undocumented)
        || control.succeeds(account, answered).await
}

/// Reads a ticket.
async fn read(account: &Tickets, id: &TicketId) -> Result<Ticket> {
    let info = account.info();
    if info.capabilities.support(Operation::Get).is_none() {
        let message = format!("{} has no way to read a ticket", info.title);
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let ticket = account.get(id).await?;
    info.check_same(id, &ticket.id)?;
    Ok(ticket)
}

/// What a ticket that is there says.
fn of_ticket(change: &Change, ticket: &Ticket) -> Standing {
    let unknown = |message: String| Standing::Unknown(Error::new(ErrorKind::BadResponse, message));
    if let Change::Update(patch) = change {
        // A field that differs proves nothing: the vendor may show it in another form.
        return match &*patch.not_in(ticket) {
            _ if patch.is_shown_by(ticket) => Standing::Holds,
            [] => unknown("it does not show all fields that were set".to_owned()),
            others => unknown(format!("it shows other values of {}", others.join(", "))),
        };
    }
    let status = ticket.status.as_ref();
    let is_in = |state: State| status.and_then(|status| state.covers(status));
    let holds = match change {
        Change::Delete => Some(is_in(State::Deleted).unwrap_or(false)),
        // It is there, if only in the trash.
        Change::Purge => Some(false),
        Change::Resolve => is_in(State::Closed),
        Change::Restore => status.map(|status| *status != Status::Deleted),
        _ => None,
    };
    match holds {
        Some(true) => Standing::Holds,
        Some(false) => Standing::DoesNotHold,
        None => unknown("its status does not tell".to_owned()),
    }
}

/// The read that shows that the vendor answers. One serves all that was not found before it began.
#[derive(Debug, Default)]
pub(crate) struct Control(Mutex<Option<(Instant, bool)>>);

impl Control {
    /// Whether the vendor answers a read that began after this time.
    pub(crate) async fn succeeds(&self, account: &Tickets, since: Instant) -> bool {
        let mut last = self.0.lock().await;
        if let Some((begun, succeeded)) = *last
            && begun >= since
        {
            return succeeded;
        }
        let begun = Instant::now();
        let succeeded = account.is_answered().await;
        *last = Some((begun, succeeded));
        succeeded
    }
}
