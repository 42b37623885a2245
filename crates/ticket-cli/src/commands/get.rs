//! `tickets get`: prints one ticket, or several as a list.

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::future;
use futures_util::stream::{self, StreamExt as _};
use tickets::TicketRef;
use tickets::accounts::Account;

use super::ticket::{Row, Shown};
use crate::accounts::Accounts;
use crate::args::{Get, Global};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Purpose;
use crate::output::Output;

/// How many tickets are read at the same time, where the accounts' limits allow that.
const AT_ONCE: usize = 8;

pub(super) async fn run(asked: &Get, global: &Global, output: &Output) -> Result<Exit, Failure> {
    let references = asked.tickets.iter().map(|ticket| ticket.parse());
    let references: Vec<TicketRef> = references.collect::<Result<_, _>>()?;
    let accounts = Accounts::open(global, Purpose::Read).await?;
    let mut connected = BTreeMap::new();
    for reference in &references {
        if !connected.contains_key(&reference.account) {
            let account = accounts.connect(&reference.account)?;
            connected.insert(&reference.account, account);
        }
    }
    let read = stream::iter(&references).filter_map(|reference| {
        let account = connected.get(&reference.account);
        future::ready(account.map(|account| shown_of(account, reference)))
    });
    let mut read = pin!(read.buffered(AT_ONCE));
    if references.len() == 1 {
        let Some(ticket) = read.next().await.transpose()? else {
            return Ok(Exit::Done);
        };
        let printed = output.one(&ticket);
        printed.map_err(|error| Failure::output(&error))?;
        return Ok(Exit::Done);
    }
    let interruption = interrupt::stop_on_ctrl_c()?;
    let mut writer = output.writer();
    let mut failures = Vec::new();
    loop {
        let ticket = tokio::select! {
            biased;
            () = interruption.stop.finishing() => {
                let exit = interruption.exit().unwrap_or(Exit::Interrupted);
                failures.push(Failure::stopped("stopped before all tickets were read", exit));
                break;
            }
            ticket = read.next() => ticket,
        };
        match ticket {
            Some(Ok(ticket)) => writer
                .push(Row(ticket))
                .map_err(|error| Failure::output(&error))?,
            Some(Err(failure)) => failures.push(failure),
            None => break,
        }
    }
    writer.finish().map_err(|error| Failure::output(&error))?;
    for failure in &failures {
        failure.print(output.format);
    }
    Ok(failures.last().map_or(Exit::Done, Failure::exit))
}

async fn shown_of(account: &Account, reference: &TicketRef) -> Result<Shown, Failure> {
    let ticket = account.tickets.get(&reference.id).await;
    let ticket = ticket.map_err(|error| account.diagnose(error, Some(reference)))?;
    Ok(Shown::new(account, ticket))
}
