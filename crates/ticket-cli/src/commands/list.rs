//! `tickets list`: prints the tickets of an account, page by page.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use futures_util::stream::StreamExt as _;
use serde::Serialize;
use tickets::TicketQuery;
use tickets::model::{Order, Priority, Sort};

use super::get::{Shown, shown};
use super::print_stream::print_stream;
use crate::accounts::Accounts;
use crate::args::{self, Global, List};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::{Output, Record};
use crate::text;

pub(super) async fn run(list: List, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let account = accounts.connect(&accounts.meant(list.account.as_deref())?)?;
    // The stream reads no further pages once `take` has enough tickets.
    let limit = list.limit.map_or(usize::MAX, NonZeroUsize::get);
    let size = list.page_size.or(account.tickets.page_size());
    let mut query = query(list)?;
    // A page needs no more items than the limit.
    let most = u32::try_from(limit).unwrap_or(u32::MAX);
    query.page.limit = size.map(|size| size.get().min(most));
    let tickets = account.tickets.list_all(query).take(limit);
    let rows = tickets.map(|ticket| match ticket {
        Ok(ticket) => Ok(Row(Shown::new(&account, ticket))),
        Err(error) => Err(account.diagnose(error, None).into()),
    });
    print_stream(rows, output, "No tickets found.").await
}

fn query(list: List) -> Result<TicketQuery, Failure> {
    let mut query = TicketQuery::new();
    let filters = list.filters;
    query.state = filters.state.map(args::State::known);
    query.search = list.search;
    query.priority = list.priority.as_deref().map(Priority::from_name);
    query.category = list.category;
    query.requester = list.requester;
    query.created.from = filters.created_after;
    query.created.before = filters.created_before;
    query.updated.from = filters.updated_after;
    query.updated.before = filters.updated_before;
    query.tags = filters.tags;
    query.custom = fields(filters.fields)?;
    query.raw = list.query;
    let sort = list.sort.map(|sort| match sort {
        args::Sort::Created => Sort::Created,
        args::Sort::Updated => Sort::Updated,
    });
    query.order = sort.map(if list.newest_first {
        Order::Descending
    } else {
        Order::Ascending
    });
    Ok(query)
}

/// The wanted values of custom fields, by name.
pub(super) fn fields(given: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Failure> {
    let mut fields = BTreeMap::new();
    for (name, value) in given {
        if fields.contains_key(&name) {
            let message = format!("the field `{}` is given twice", text::line(&name));
            return Err(Failure::refused(message));
        }
        fields.insert(name, value);
    }
    Ok(fields)
}

/// A ticket with the columns of `tickets get`, on one line of a table.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Row(pub(super) Shown);

impl Record for Row {
    const COLUMNS: &'static [&'static str] = Shown::COLUMNS;
    const TABLE_COLUMNS: &'static [&'static str] =
        &["ticket", "subject", "status", "priority", "created"];
    const CUT: Option<usize> = Some(1);

    fn cells(&self) -> Vec<String> {
        self.0.cells()
    }

    fn table_cells(&self) -> Vec<String> {
        let Shown { reference, ticket } = &self.0;
        vec![
            reference.to_string(),
            ticket.subject.clone().unwrap_or_default(),
            shown(ticket.status.as_ref()),
            shown(ticket.priority.as_ref()),
            text::minute(&shown(ticket.created_at)),
        ]
    }
}
