//! `tickets find`: prints the tickets of several accounts as they are found, with the rows of `tickets list`. People read
//! them in their pager.

use tickets::Stop;
use tickets::find::{Find, Jq};

use super::get::Shown;
use super::list::{self, Row};
use super::people;
use super::search::{Next, Search};
use crate::accounts::Accounts;
use crate::args::{self, Filters, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Purpose;
use crate::output::Output;
use crate::pager::{Ended, Pager};

pub(super) async fn run(
    asked: args::Find,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let (named, is_paged) = (asked.account.clone(), !asked.paging.no_pager);
    let find = criteria(asked)?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let mut search = Search::new(find, &named, &accounts, None)?;
    if output.format == OutputFormat::Table || output.format == OutputFormat::Csv {
        search.say_cost();
    }
    match Pager::start_running(output, is_paged)? {
        Some(pager) => print_in(pager, &mut search, output).await?,
        None => print(&mut search, output).await?,
    }
    search.say_summary(output.format, "No tickets found.");
    Ok(search.exit())
}

/// Prints the tickets as they are found.
async fn print(search: &mut Search, output: &Output) -> Result<(), Failure> {
    let interruption = interrupt::stop_on_ctrl_c()?;
    let mut writer = output.writer();
    let result = search.run(&interruption, output.format, |hit| {
        let printed = match hit {
            Some((account, found)) => {
                let row = Row(Shown::new(account, found.ticket));
                writer.push(row)
            }
            // Nobody waits for a full block.
            None if output.is_terminal() => writer.flush(),
            None => Ok(()),
        };
        printed.map_err(|error| Failure::output(&error))
    });
    result.await?;
    writer.finish().map_err(|error| Failure::output(&error))
}

/// Prints them in the pager. The search waits for its reader, and ends when they leave.
async fn print_in(mut pager: Pager, search: &mut Search, output: &Output) -> Result<(), Failure> {
    let mut writer = output.writer();
    writer.collect();
    // Ctrl-C is for the pager.
    let mut searching = search.begin(&Stop::new(), output.format);
    let ended = loop {
        let found = match pager.during(search.next(&mut searching)).await {
            Ok(Next::Found(index, found)) => search.account(index).map(|account| (account, *found)),
            Ok(Next::Nothing) => None,
            Ok(Next::End) => break None,
            Err(ended) => break Some(ended),
        };
        if let Some((account, found)) = found {
            let row = Row(Shown::new(account, found.ticket));
            if let Err(error) = writer.push(row) {
                break Some(Ended::Failed(error));
            }
        }
        let rows = writer.collected();
        if !rows.is_empty()
            && let Err(ended) = pager.write(&rows).await
        {
            break Some(ended);
        }
    };
    drop(searching);
    let (stop, failed) = match ended {
        None => (None, None),
        Some(Ended::ReaderLeft) => {
            search.stop(Exit::Done);
            (None, None)
        }
        Some(Ended::Stopped(exit)) => {
            search.stop(exit);
            (Some(exit), None)
        }
        Some(Ended::Failed(error)) => (None, Some(error)),
    };
    let failed = failed.or(writer.finish().err());
    // Nobody reads it if the pager has ended.
    let _ = pager.write(&writer.collected()).await;
    if let Some(exit) = pager.finish(stop).await {
        search.stop(exit);
    }
    failed.map_or(Ok(()), |error| Err(Failure::output(&error)))
}

fn criteria(asked: args::Find) -> Result<Find, Failure> {
    let mut find = Find::new();
    for requester in people::requesters(&asked.people)? {
        find = find.requester(requester);
    }
    if asked.people.ignore_plus_tags {
        find = find.ignoring_plus_tags();
    }
    for domain in asked.domains {
        find = find.domain(domain);
    }
    if let Some(text) = asked.subject {
        find = find.subject(text);
    }
    if let Some(text) = asked.text {
        find = find.text(text);
    }
    if let Some(expression) = &asked.condition {
        let condition = Jq::compile(expression);
        let condition = condition.map_err(|error| Failure::from(error).at("--where"))?;
        find = find.condition(condition);
    }
    filtered(find, asked.filters)
}

/// The same with the filters of lists.
fn filtered(mut find: Find, filters: Filters) -> Result<Find, Failure> {
    if let Some(state) = filters.state {
        find = find.state(state.known());
    }
    if let Some(time) = filters.created_after {
        find = find.created_after(time);
    }
    if let Some(time) = filters.created_before {
        find = find.created_before(time);
    }
    if let Some(time) = filters.updated_after {
        find = find.updated_after(time);
    }
    if let Some(time) = filters.updated_before {
        find = find.updated_before(time);
    }
    for tag in filters.tags {
        find = find.tag(tag);
    }
    for (name, value) in list::fields(filters.fields)? {
        find = find.custom(name, value);
    }
    Ok(find)
}
