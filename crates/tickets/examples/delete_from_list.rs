//! Deletes the tickets of a list, in any number of accounts at once, and says what became of each.
//!
//! ```sh
//! cargo run -p tickets --features all --example delete_from_list -- refs.txt   # one account:id per line
//! ```
//!
//! An account is a provider's id, and its settings come from the environment.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::collections::BTreeMap;
use std::error::Error;

use futures_util::{StreamExt as _, stream};
use tickets::bulk::BulkOptions;
use tickets::{AccountConfig, Change, Registry, TicketRef, apply_everywhere};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a file")?;
    let text = std::fs::read_to_string(path)?;
    // All are read before the first is sent: a wrong line is no half of a delete.
    let refs: Vec<TicketRef> = text.lines().map(str::parse).collect::<Result<_, _>>()?;

    // One registry for all, so that handles of one account share its quota.
    let registry = Registry::new();
    let mut accounts = BTreeMap::new();
    for reference in &refs {
        if !accounts.contains_key(&reference.account) {
            let config = AccountConfig::from_env(&reference.account);
            accounts.insert(reference.account.clone(), registry.connect(&config)?);
        }
    }

    // The key that goes with each ticket, here its line, comes back with its outcome.
    let keyed = stream::iter(refs).enumerate();
    let options = BulkOptions::default();
    let mut outcomes = apply_everywhere(&Change::Delete, accounts, keyed, &options);
    let mut done = true;
    while let Some(settled) = outcomes.next().await {
        let (line, ticket, outcome) = (settled.key + 1, settled.id, settled.outcome);
        println!("{line}: {ticket}: {outcome}");
        done &= outcome.is_done();
    }
    if done {
        Ok(())
    } else {
        Err("not every ticket is gone".into())
    }
}
