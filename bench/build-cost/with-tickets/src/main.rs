//! Deletes the ticket that is named, and says what became of it. The key is in the environment.

use std::error::Error;

use tickets::AccountConfig;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let id = std::env::args().nth(1).ok_or("which ticket?")?;
    let tickets = tickets::connect(&AccountConfig::from_env("sweeppea"))?;
    for (id, outcome) in tickets.delete([id]).await {
        println!("{id}: {outcome}");
    }
    Ok(())
}
