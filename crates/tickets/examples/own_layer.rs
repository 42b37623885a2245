//! A layer of one's own: it sees every call before it is sent, and can answer in its place. This one keeps a program
//! from changing anything.
//!
//! ```sh
//! cargo run -p tickets --features all --example own_layer -- sweeppea 2531581
//! ```
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::error::Error as StdError;

use tickets::call::{Call, Layer, Next, Reply};
use tickets::{AccountConfig, Effect, Error, ErrorKind, Result};

/// Refuses every call that changes something.
#[derive(Debug)]
struct ReadOnly;

impl Layer for ReadOnly {
    // One function for all operations: `T` is what this one answers.
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let operation = call.operation();
        if operation.is_write() {
            let error = Error::new(ErrorKind::Forbidden, "this program only reads");
            // Nothing was sent, so nothing can have happened.
            return Err(error.with_effect(Effect::None));
        }
        next.call(call).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let mut arguments = std::env::args().skip(1);
    let account = arguments.next().ok_or("name an account")?;
    let id = arguments.next().ok_or("name a ticket")?;
    let tickets = tickets::connect(&AccountConfig::from_env(account))?;
    // Around all that is there: it sees a call before it waits for the quota, and once however often it is tried.
    let tickets = tickets.layer(ReadOnly);

    println!("{:?}", tickets.get(&id).await?.subject);
    for (id, outcome) in tickets.delete([&id]).await.iter() {
        println!("{id}: {outcome}");
    }
    Ok(())
}
