//! Lists that leave nothing out: where the vendor's list lacks some tickets, such as archived ones, it is followed by one
//! that has them.

use std::collections::HashSet;

use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use jiff::{SignedDuration, Timestamp};
use ticket_core::provider::Field;
use ticket_core::{
    Error, ErrorKind, Operation, ProviderInfo, Result, Ticket, TicketId, TicketQuery, Tickets,
};

use super::way::is_exact;

/// How long before now the second list ends: vendors leave out of it what changes while it is read. What changed since
/// then is in the first list.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);

/// The tickets of a query, with those that the vendor's list of it leaves out, each once.
pub(super) fn list(
    account: &Tickets,
    query: TicketQuery,
) -> impl Stream<Item = Result<Ticket>> + Send + use<> {
    let info = account.info();
    let rest = info.left_out(&query).map(|left_out| {
        let by = Field::UpdatedBefore;
        let has_rest = left_out.unless.contains(&by) && is_exact(info, by);
        let rest = match local_clock().checked_sub(MARGIN) {
            Ok(before) if has_rest => account.list_all(query.clone().updated_before(before)),
            _ => stream::iter([Err(not_listed(info))]).boxed(),
        };
        (left_out.what.to_string(), rest)
    });
    let whole = Whole {
        rows: account.list_all(query),
        rest,
        of: None,
        listed: HashSet::new(),
    };
    stream::unfold(whole, |mut whole| async {
        let row = whole.next().await?;
        Some((row, whole))
    })
}

struct Whole {
    /// The list that is read.
    rows: BoxStream<'static, Result<Ticket>>,
    /// The list to read after it, and what it is read for.
    rest: Option<(String, BoxStream<'static, Result<Ticket>>)>,
    /// What the second list is read for, while it is.
    of: Option<String>,
    /// The ids of the first list.
    listed: HashSet<TicketId>,
}

impl Whole {
    async fn next(&mut self) -> Option<Result<Ticket>> {
        loop {
            let Some(row) = self.rows.next().await else {
                let (what, rest) = self.rest.take()?;
                (self.rows, self.of) = (rest, Some(what));
                continue;
            };
            match (row, &self.of) {
                (Ok(ticket), Some(_)) if self.listed.contains(&ticket.id) => {}
                (Ok(ticket), None) if self.rest.is_some() => {
                    self.listed.insert(ticket.id.clone());
                    return Some(Ok(ticket));
                }
                (Err(error), Some(what)) => return Some(Err(not_searched(what, error))),
                (row, _) => return Some(row),
            }
        }
    }
}

fn not_listed(info: &ProviderInfo) -> Error {
    let message = format!("{} has no list of them", info.title);
    Error::new(ErrorKind::Incomplete, message).in_operation(&info.id, Operation::List)
}

/// Who may read the first list may not be allowed to read the second one: what was found is then not all.
fn not_searched(what: &str, error: Error) -> Error {
    let message = format!("not all {what} were searched: {}", error.message());
    if error.kind() != ErrorKind::Forbidden {
        return error.with_message(message);
    }
    let told = Error::new(ErrorKind::Incomplete, message);
    let told = match (error.provider(), error.operation()) {
        (Some(provider), Some(operation)) => told.in_operation(provider, operation),
        _ => told,
    };
    told.with_source(error)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the vendor is asked for what changed before a time of day"
)]
fn local_clock() -> Timestamp {
    Timestamp::now()
}
