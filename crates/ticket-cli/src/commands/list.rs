//! `tickets list`: prints the tickets of an account, page by page.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use clap::ValueEnum as _;
use futures_util::stream::StreamExt as _;
use jiff::Timestamp;
use tickets::TicketQuery;
use tickets::model::{Order, Priority, Sort};
use tickets::provider::{Field, LeavesOut};

use super::print_stream::print_stream;
use super::ticket::{Row, Shown};
use crate::accounts::Accounts;
use crate::args::{self, Global, List, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::ledger::Purpose;
use crate::output::Output;
use crate::status::say;
use crate::text;

pub(super) async fn run(list: List, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let account = accounts.connect(&accounts.meant(list.account.as_deref())?)?;
    let asked = asked(&list);
    let none = nothing_found(&asked, &account.name);
    let (limit, size, is_paged) = (list.limit, list.page_size, !list.paging.no_pager);
    let mut query = query(list)?;
    let left_out = account.tickets.info().left_out(&query);
    // Only of a whole list of everything: nobody takes the first tickets, or a search's, for all.
    let left_out = left_out
        .filter(|_| limit.is_none() && asked.is_empty())
        .map(|left_out| note(&account.tickets.info().title, left_out));
    query.page.limit = size.map(NonZeroU32::get);
    let tickets = match limit {
        Some(limit) => account.tickets.list_first(query, limit),
        None => account.tickets.list_all(query),
    };
    let rows = tickets.map(|ticket| match ticket {
        Ok(ticket) => Ok(Row(Shown::new(&account, ticket))),
        Err(error) => Err(account.diagnose(error, None).into()),
    });
    let ended = print_stream(rows, output, &none, is_paged).await?;
    if let Some(note) = left_out.filter(|_| output.format == OutputFormat::Table) {
        say(&note);
    }
    Ok(ended)
}

/// What a list of all tickets does not have, and how that is listed.
fn note(vendor: &str, left_out: &LeavesOut) -> String {
    let what = &left_out.what;
    let by = left_out.unless.iter().find_map(|field| match field {
        Field::UpdatedBefore => Some("; --updated-before lists them too"),
        _ => None,
    });
    let by = by.unwrap_or_default();
    format!("note: {vendor}'s list leaves out {what}{by}")
}

/// The options that say what is asked for; empty for all tickets.
fn asked(list: &List) -> String {
    let filters = &list.filters;
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let state = filters.state.and_then(|state| state.to_possible_value());
    let fields = filters.fields.iter();
    let fields = fields.map(|(name, value)| format!("{name}={value}"));
    let tags = filters.tags.iter().cloned().map(|tag| ("--tag", Some(tag)));
    let mut asked = vec![
        ("--state", state.map(|state| state.get_name().to_owned())),
        ("--created-after", time(filters.created_after)),
        ("--created-before", time(filters.created_before)),
        ("--updated-after", time(filters.updated_after)),
        ("--updated-before", time(filters.updated_before)),
        ("--search", list.search.clone()),
        ("--priority", list.priority.clone()),
        ("--category", list.category.clone()),
        ("--requester", list.requester.clone()),
        ("--query", list.query.clone()),
    ];
    asked.extend(tags);
    asked.extend(fields.map(|field| ("--field", Some(field))));
    let asked = asked.into_iter().filter_map(|(option, value)| {
        let value = text::shell(std::path::Path::new(&value?));
        Some(format!(" {option} {value}"))
    });
    asked.collect()
}

/// What is said of an empty list: what was asked for.
fn nothing_found(asked: &str, account: &str) -> String {
    let account = text::line(account);
    if asked.is_empty() {
        return format!("No tickets: the list of {account} is empty.");
    }
    format!("No tickets match: {account} has none with{asked}.")
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
