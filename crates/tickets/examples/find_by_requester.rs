//! Finds the tickets of a person in several accounts, and says what could not be searched.
//!
//! ```text
//! cargo run -p tickets --example find_by_requester --features all,find -- ann@example.com onecloud rt
//! ```
//!
//! Each account is connected from its provider's environment variables.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

use futures_util::StreamExt as _;
use tickets::find::Find;
use tickets::{AccountConfig, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let find = Find::new().requester(arguments.next().unwrap_or_default());
    for provider in arguments {
        let account = tickets::connect(&AccountConfig::from_env(&provider))?;
        match find.way(account.info()) {
            Ok(way) => eprintln!("{provider}: {way}"),
            Err(error) => {
                eprintln!("{provider}: not searched: {error}");
                continue;
            }
        }
        let mut search = find.run(&account);
        let progress = search.progress();
        while let Some(found) = search.next().await {
            match found {
                Ok(found) => println!("{provider}:{}", found.ticket.id),
                // About one ticket, or, without one, the end of the search.
                Err(error) => eprintln!("{provider}: {error}"),
            }
        }
        eprintln!("{provider}: {:?}", progress.counts());
    }
    Ok(())
}
