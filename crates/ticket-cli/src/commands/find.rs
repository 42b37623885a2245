//! `tickets find`: prints the tickets of several accounts as they are found, with the rows of `tickets list`.

use tickets::find::{Find, Jq};

use super::list;
use super::people;
use super::search::Search;
use super::ticket::{Row, Shown};
use crate::accounts::Accounts;
use crate::args::{self, Filters, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Purpose;
use crate::output::Output;

pub(super) async fn run(
    asked: args::Find,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let named = asked.account.clone();
    let find = criteria(asked)?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let mut search = Search::new(find, &named, &accounts, None)?;
    if output.format == OutputFormat::Table || output.format == OutputFormat::Csv {
        search.say_cost();
    }
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
    writer.finish().map_err(|error| Failure::output(&error))?;
    search.say_summary(output.format, "No tickets found.");
    Ok(search.exit())
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
