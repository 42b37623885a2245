//! Lists the tickets of an account that are open and were filed before a point in time.
//!
//! ```sh
//! cargo run -p tickets --features all --example list_and_filter -- sweeppea 2024-01-01T00:00:00Z > refs.txt
//! ```
//!
//! What the vendor can filter by it filters, and what it cannot is refused by name. The rest is the program's.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::error::Error;

use futures_util::TryStreamExt as _;
use tickets::model::{State, Status};
use tickets::provider::Field;
use tickets::{AccountConfig, Operation, Ticket, TicketQuery, TicketRef};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let account = arguments.next().ok_or("name an account")?;
    let before = arguments.next().ok_or("name a point in time")?.parse()?;
    let tickets = tickets::connect(&AccountConfig::from_env(&account))?;

    let mut query = TicketQuery::new();
    let fields = tickets.info().capabilities.fields(Operation::List);
    if fields.is_some_and(|fields| fields.carried().contains(&Field::State)) {
        query = query.state(State::Open);
    }
    let is_old = |ticket: &Ticket| ticket.created_at.is_some_and(|created| created < before);
    let is_open = |ticket: &Ticket| ticket.status != Some(Status::Closed);

    // Page by page, as they are taken: memory does not grow with the list. Nothing is deleted meanwhile, since rows
    // would move to pages that are read already.
    let mut found = tickets.list_all(query);
    while let Some(ticket) = found.try_next().await? {
        if is_old(&ticket) && is_open(&ticket) {
            println!("{}", TicketRef::new(&account, ticket.id));
        }
    }
    Ok(())
}
